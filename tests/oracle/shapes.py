"""Two-dimensional values and the shapes that may meet."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class SurfaceError(Exception):
    """The text is not in the printed language, or its shapes do not fit."""


class Family:
    """The members of a family along the first axis."""

    def __init__(self, array: object) -> None:
        self.members = [as_matrix(member) for member in np.asarray(array, dtype=float)]


def one(value: float) -> Array:
    """A number as a 1 x 1 array."""
    return np.full((1, 1), float(value))


def as_matrix(value: object) -> Array:
    """A scalar as 1 x 1, a vector as a column, a matrix as it is."""
    array = np.asarray(value, dtype=float)
    if array.ndim > 2:
        raise SurfaceError(f"a value with {array.ndim} axes")
    return array.reshape(array.shape or (1, 1)) if array.ndim != 1 else array[:, None]


def is_scalar(value: Array) -> bool:
    return value.shape == (1, 1)


def is_vector(value: Array) -> bool:
    return 1 in value.shape


def square(value: Array, what: str) -> Array:
    """The value itself, if it is square."""
    if value.shape[0] != value.shape[1]:
        raise SurfaceError(f"{what} of a value of shape {value.shape}")
    return value


def require_fit(left: Array, right: Array, sign: str) -> None:
    """Equal shapes, a scalar, or a row or column of a matrix of that width or height."""
    pairs = list(zip(left.shape, right.shape, strict=True))
    alike = all(a == b or 1 in (a, b) for a, b in pairs)
    crossed = is_vector(left) and is_vector(right) and left.shape != right.shape
    if not alike or (crossed and not is_scalar(left) and not is_scalar(right)):
        raise SurfaceError(f"{left.shape} {sign} {right.shape}")
