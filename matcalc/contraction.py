"""Contracting the array of a derivative with directions of the variable, whatever its layout.

This reads the table of layouts anew, from the shapes alone, so that a check with it also checks the layout.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from matcalc.dimensions import ONE, Shape
from matcalc.kinds import Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Sizes = dict[str, int]


class Arrangement:
    """Where the entries of a derivative stand: of a value, by variables in this order, in a layout.

    With `vec` those of more than two axes stand in a matrix, rows and columns numbered as vec numbers entries.
    """

    __slots__ = ("layout", "own", "sizes", "value", "variables", "vec")

    def __init__(self, value: Shape, variables: Sequence[Shape], layout: str, sizes: Sizes, vec: bool = False) -> None:
        self.value = value
        self.variables = variables
        self.layout = layout
        self.sizes = sizes
        self.own = _axes(value, sizes)
        self.vec = vec and self._model is None and len(self._axes_of_matrix()[0]) + len(self._axes_of_matrix()[1]) > 2

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array: of a column (n,), a row (1, n), a matrix (m, n), a scalar (), or of a tensor."""
        if self._model is not None:
            return _as_array(*self._model, self.sizes)
        if self.vec:
            rows, columns = map(_count, self._axes_of_matrix())
            return (columns, rows) if self.layout == "denominator" else (rows, columns)
        blocks = [_axes(variable, self.sizes) for variable in self.variables]
        if self.layout == "denominator":
            return tuple(length for block in (*reversed(blocks), self.own) for length in block)
        return tuple(length for block in (self.own, *blocks) for length in block)

    def _axes_of_matrix(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The axes that the rows and the columns number: of the value, or else of the first variable, and the rest."""
        blocks = [self.own, *(_axes(variable, self.sizes) for variable in self.variables)]
        first, *others = [block for block in blocks if block] or [()]
        return first, tuple(length for block in others for length in block)

    @property
    def _model(self) -> tuple[Shape, bool] | None:
        """The shape of the one operand that it stands as, and whether transposed; None where there are several."""
        wide = [variable for variable in self.variables if _axes(variable, self.sizes)]
        if not wide:
            return self.value, self.layout == "denominator"
        return (wide[0], self.layout == "numerator") if len(wide) == 1 and not self.own else None

    def flattened(self, array: Array) -> Array:
        """The array with the entries of the value on one axis, and those of each variable on one each, in order."""
        counts = [_count(_axes(variable, self.sizes)) for variable in self.variables]
        if self._model is not None:
            array = array.T if self._model[1] and array.ndim == 2 else array
        elif self.vec:
            rows, columns = self._axes_of_matrix()
            array = array.T if self.layout == "denominator" else array
            array = array.reshape(*rows, *columns, order="F")
        elif self.layout == "denominator":
            array = array.reshape(*reversed(counts), _count(self.own)).transpose()
        return array.reshape(_count(self.own), *counts)

    def contracted(self, array: Array, directions: Sequence[Array]) -> Array:
        """The derivative in a direction of each variable: a number for each entry of the value."""
        entries = self.flattened(array)
        for direction in reversed(directions):
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


def _axes(shape: Shape, sizes: Sizes) -> tuple[int, ...]:
    """The sizes of the rows and columns that there are."""
    return tuple(d.value(sizes) for d in shape if d != ONE)


def _as_array(shape: Shape, turned: bool, sizes: Sizes) -> tuple[int, ...]:
    rows, columns = shape[::-1] if turned else shape
    if columns == ONE:
        return _axes((rows, columns), sizes)
    return rows.value(sizes), columns.value(sizes)


def _count(axes: tuple[int, ...]) -> int:
    return int(np.prod(axes, dtype=int))
