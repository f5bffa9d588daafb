"""What rounding makes of numbers: found by computing them again with an error of its size made at every step."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    # of what is computed at a step, and the largest number that was added up there
    Disturb = Callable[[Array, float], Array]
    # numbers, with this done at each step on the way
    Compute = Callable[[Disturb | None], Array]

UNIT = 2.0**-52  # the relative error made at a step
SAMPLES = 3
BEYOND = 30.0  # differences of so many times what rounding makes of the numbers are no rounding


def disturbance(seed: int) -> Disturb:
    """Something that makes a random error of the size of rounding in every entry."""
    rng = np.random.default_rng(seed)

    def disturb(array: Array, summand: float) -> Array:
        return np.asarray(array + UNIT * rng.uniform(-1.0, 1.0, np.shape(array)) * np.maximum(np.abs(array), summand))

    return disturb


def reach(compute: Compute) -> float:
    """How far numbers move, at most, when errors are made on the way; 0 where that cannot be told.

    >>> x = np.asarray(0.3)
    >>> far = reach(lambda disturb: (disturb(1e6 + x, 1e6) if disturb else 1e6 + x) - 1e6)
    >>> 1e-12 < far < 1e-9
    True
    """
    here = compute(None)
    moved = [compute(disturbance(seed)) - here for seed in range(SAMPLES)]
    far = max([float(np.max(np.abs(change), initial=0.0)) for change in moved])
    return far if np.isfinite(far) else 0.0


def lost(difference: float, compute: Compute) -> bool:
    """Whether a difference is no larger than what rounding makes of the numbers it was found in."""
    return difference <= BEYOND * reach(compute)
