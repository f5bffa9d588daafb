"""Contracting the array of a derivative with directions of the variable, whatever its layout.

This reads the table of layouts anew, from the shapes alone, so that a check with it also checks the layout.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from matcalc.dimensions import ONE, Shape
from matcalc.kinds import Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Sizes = dict[str, int]


class Arrangement:
    """Where the entries of a derivative stand: of a value by a variable, so many times, in a layout."""

    __slots__ = ("by", "layout", "order", "own", "sizes", "value", "variable")

    def __init__(self, value: Shape, variable: Shape, order: int, layout: str, sizes: Sizes) -> None:
        self.value = value
        self.variable = variable
        self.order = order
        self.layout = layout
        self.sizes = sizes
        self.own = _axes(value, sizes)
        self.by = _axes(variable, sizes)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array: of a column (n,), a row (1, n), a matrix (m, n), a scalar (), or of a tensor."""
        if self._is_gradient:
            return _as_array(self.variable, self.sizes, self.layout == "numerator")
        if not self.by:
            return _as_array(self.value, self.sizes, self.layout == "denominator")
        inputs = self.by * self.order
        return inputs + self.own if self.layout == "denominator" else self.own + inputs

    @property
    def _is_gradient(self) -> bool:
        """Whether it has the shape of the variable: of a scalar, at order 1 (or a number, at any)."""
        return not self.own and (self.order == 1 or not self.by)

    def flattened(self, array: Array) -> Array:
        """The array with the entries of the value on one axis, and those of the variable on each later one."""
        if self._is_gradient or not self.by:
            turned = "numerator" if self._is_gradient else "denominator"
            array = array.T if self.layout == turned and array.ndim == 2 else array
        elif self.layout == "denominator":
            count = len(self.by) * self.order
            array = np.moveaxis(array, range(count), range(-count, 0))
        return array.reshape(_count(self.own), *[_count(self.by)] * self.order)

    def contracted(self, array: Array, direction: Array) -> Array:
        """The derivative in a direction, taken as often as the order says: a number for each entry of the value."""
        entries = self.flattened(array)
        for _ in range(self.order):
            entries = entries @ direction.reshape(-1)
        return entries


def along_structure(kind: Kind, convention: str, direction: Array) -> Array:
    """Where a variable moves when a derivative by it is contracted with a direction of free entries.

    The derivative by a structured variable is L(G), with G the one by free entries, and L is its own transpose:
    contracting L(G) with a direction E is contracting G with L(E). L projects onto the structure, or follows
    another convention.
    """
    facts = kind.facts
    if kind.shape[0] == ONE or kind.shape[1] == ONE:
        return direction
    if "diagonal" in facts:
        return np.diag(np.diag(direction))
    if convention == "independent":
        return direction
    if "skew" in facts:
        return np.asarray((direction - direction.T) / 2)
    if "symmetric" in facts and convention == "cookbook":
        return np.asarray(direction + direction.T - np.diag(np.diag(direction)))
    if "symmetric" in facts:
        return np.asarray((direction + direction.T) / 2)
    if "lower" in facts:
        return np.tril(direction)
    return np.triu(direction) if "upper" in facts else direction


def free_kind(kind: Kind) -> Kind:
    """The kind of the same shape without structure or sign."""
    if kind.structure in ("scalar", "vector", "row", "matrix"):
        return Kind(kind.structure, kind.dimensions)
    return Kind("matrix", kind.dimensions * 2)


def _axes(shape: Shape, sizes: Sizes) -> tuple[int, ...]:
    """The sizes of the rows and columns that there are."""
    return tuple(d.value(sizes) for d in shape if d != ONE)


def _as_array(shape: Shape, sizes: Sizes, turned: bool) -> tuple[int, ...]:
    rows, columns = shape[::-1] if turned else shape
    if columns == ONE:
        return _axes((rows, columns), sizes)
    return rows.value(sizes), columns.value(sizes)


def _count(axes: tuple[int, ...]) -> int:
    return int(np.prod(axes, dtype=int))
