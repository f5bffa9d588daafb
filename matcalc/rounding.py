"""What rounding makes of numbers: found by computing them again from operands that differ in the last digits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

# operands are scaled by numbers so far from 1, which keeps their structure and takes other ways of rounding
NUDGES = (1 + 2e-15, 1 - 3e-15, 1 + 7e-15)
BEYOND = 30.0  # differences of so many times what rounding makes of the numbers are no rounding


def nudged(values: Mapping[str, Any], start: int) -> dict[str, Any]:
    """The operands, each scaled by a number close to 1; what is no array, such as a function, stays."""
    scaled: dict[str, Any] = {}
    for place, (name, value) in enumerate(values.items(), start=start):
        scaled[name] = value * NUDGES[place % len(NUDGES)] if isinstance(value, np.ndarray) else value
    return scaled


def reach(compute: Callable[[Mapping[str, Any]], Array], values: Mapping[str, Any]) -> float:
    """How far the numbers computed from these operands move, at most, when the operands move by their rounding.

    >>> x = {"x": np.array(0.3)}
    >>> bool(reach(lambda v: np.asarray(1e6 + v["x"] - 1e6), x) < 1e-9)
    True
    """
    here = compute(values)
    others = [compute(nudged(values, start)) for start in range(len(NUDGES))]
    distances = [float(np.max(np.abs(other - here), initial=0.0)) for other in others]
    return max(distances) if all(np.isfinite(distances)) else 0.0


def lost(difference: float, compute: Callable[[Mapping[str, Any]], Array], values: Mapping[str, Any]) -> bool:
    """Whether a difference is no larger than what rounding makes of the numbers it was found in."""
    return difference <= BEYOND * reach(compute, values)
