"""Derivatives by central differences with Richardson extrapolation and an estimate of their error."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from oracle.shapes import Array

Map = Callable[[Array], Array]

# the projection of a direction onto the matrices of a structure
PROJECTIONS: dict[str, Map] = {
    "symmetric": lambda e: (e + e.T) / 2,
    "spd": lambda e: (e + e.T) / 2,
    "psd": lambda e: (e + e.T) / 2,
    "skew": lambda e: (e - e.T) / 2,
    "diagonal": lambda e: np.diag(np.diag(e)),
    "lower": np.tril,
    "upper": np.triu,
}


def along(function: Map, point: Array, direction: Array, step: float = 0.02) -> tuple[Array, float]:
    """The derivative of `function` at `point` along `direction`, and the estimated error of it."""
    raw = []
    for halving in range(4):
        h = step / 2**halving
        raw.append((function(point + h * direction) - function(point - h * direction)) / (2 * h))
    table = [raw]
    for order in range(1, len(raw)):
        last = table[-1]
        table.append([b + (b - a) / (4**order - 1) for a, b in pairwise(last)])
    best, before = table[-1][0], table[-2][-1]
    return best, float(np.max(np.abs(best - before), initial=0.0))


def jacobian(function: Map, point: Array, structure: str = "", step: float = 0.02) -> tuple[Array, float]:
    """Entry [p, q, i, j] is the derivative of entry (p, q) of the value by entry (i, j) of the point.

    By a structured variable the derivative is taken along the projections of the unit directions, which
    gives the projected gradient. The error is the largest one estimated for an entry.
    """
    project = PROJECTIONS.get(structure, lambda e: e)
    columns, errors = [], [0.0]
    for spot in np.ndindex(point.shape):
        direction = np.zeros(point.shape)
        direction[spot] = 1.0
        direction = project(direction)
        column, error = along(function, point, direction, step)
        columns.append(column)
        errors.append(error)
    return np.stack(columns, axis=-1).reshape(*columns[0].shape, *point.shape), max(errors)


def hessian(function: Map, point: Array, step: float = 0.02) -> tuple[Array, float]:
    """Second derivatives of a scalar by a column: entry [i, j], with the estimated error."""

    def gradient(at: Array) -> Array:
        return jacobian(function, at, step=step)[0].reshape(-1, 1)

    second, error = jacobian(gradient, point, step=step)
    return second[:, 0, :, 0], error
