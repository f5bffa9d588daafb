"""Directional derivatives by central differences, with an estimate of their own error."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

STEP = 0.05
SHRINK = 1.6
ROWS = 9


def directional_derivative(along: Callable[[float], Array], step: float = STEP) -> tuple[Array, float]:
    """The derivative of `along` at 0, and how far it may be off (the largest entry of the difference).

    `along(t)` is the function at a point moved by t in the direction. Central differences at shrinking steps are
    extrapolated to the step 0 (Ridders' method); the entry of the table that its neighbours confirm best is the answer.

    >>> value, error = directional_derivative(lambda t: np.asarray(np.exp(t)))
    >>> bool(abs(value - 1) <= 1e-11), error < 1e-9
    (True, True)
    """
    best, smallest = np.asarray(np.nan), np.inf
    above: list[Array] = []
    with np.errstate(all="ignore"):
        for row in range(ROWS):
            h = step / SHRINK**row
            current = [np.asarray((along(h) - along(-h)) / (2 * h))]
            for column in range(1, row + 1):
                gain = SHRINK ** (2 * column)
                current.append((gain * current[-1] - above[column - 1]) / (gain - 1))
                error = max(_distance(current[-1], current[-2]), _distance(current[-1], above[column - 1]))
                if error < smallest:
                    best, smallest = current[-1], error
            above = current
    return best, smallest


def relative_error(found: Array, expected: Array) -> float:
    """The largest difference over the largest entry; infinite where a value or a shape is missing.

    >>> relative_error(np.array([1.0, 2.0]), np.array([1.0, np.nan]))
    inf
    """
    found, expected = np.asarray(found, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    if found.shape != expected.shape or not (np.all(np.isfinite(found)) and np.all(np.isfinite(expected))):
        return float("inf")
    scale = max(np.max(np.abs(found), initial=0.0), np.max(np.abs(expected), initial=0.0))
    return float(np.max(np.abs(found - expected), initial=0.0) / max(scale, 1e-12))


def _distance(a: Array, b: Array) -> float:
    """The largest difference of two entries; infinite where one is missing."""
    distance = float(np.max(np.abs(a - b), initial=0.0))
    return distance if np.isfinite(distance) else float("inf")
