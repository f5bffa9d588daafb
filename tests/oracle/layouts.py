"""Where the table of layouts puts the entries of a derivative."""

from __future__ import annotations

import numpy as np

from oracle.shapes import Array

LAYOUTS = ("mixed", "numerator", "denominator")
Shape = tuple[int, int]


def arranged(entries: Array, layout: str) -> Array:
    """The derivative with entries [p, q, i, j] of a value by a variable, as `layout` shows it.

    Columns have one axis, a row of numbers has shape (1, n), a scalar none: as arrays come and go.
    """
    value, variable = entries.shape[:2], entries.shape[2:]
    if value == (1, 1):
        return _by_shape(entries[0, 0], flip=layout == "numerator")
    if variable == (1, 1):
        return _by_shape(entries[:, :, 0, 0], flip=layout == "denominator")
    if 1 in value and variable[1] == 1:
        jacobian = entries.reshape(max(value), variable[0])
        return jacobian.T if layout == "denominator" else jacobian
    axes = [0, 1, 2, 3] if layout != "denominator" else [2, 3, 0, 1]
    moved = entries.transpose(axes)
    return moved.reshape([n for n in moved.shape if n != 1])


def _by_shape(matrix: Array, flip: bool) -> Array:
    matrix = matrix.T if flip else matrix
    return matrix.reshape(()) if matrix.shape == (1, 1) else matrix[:, 0] if matrix.shape[1] == 1 else matrix


def agree(found: object, wanted: object, tolerance: float) -> bool:
    """Whether two arrays have the same shape and entries, relative to their largest entry; NaN never agrees."""
    left, right = np.asarray(found, dtype=float), np.asarray(wanted, dtype=float)
    if left.shape != right.shape:
        return False
    return relative_error(left, right) <= tolerance


def relative_error(found: object, wanted: object) -> float:
    """The largest difference over the largest entry, infinite where a number is missing."""
    left, right = np.asarray(found, dtype=float), np.asarray(wanted, dtype=float)
    if not (np.isfinite(left).all() and np.isfinite(right).all()):
        return float("inf")
    size = max(np.abs(left).max(initial=0.0), np.abs(right).max(initial=0.0))
    gap = float(np.abs(left - right).max(initial=0.0))
    return gap if size < 1e-12 else gap / float(size)
