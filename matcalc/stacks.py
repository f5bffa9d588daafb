"""Numbers of what depends on indices: one array for each combination of their values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any, Union

import numpy as np

from matcalc.errors import MatcalcError
from matcalc.operands import as_members
from matcalc.symbols import Family, Index, IndexSet, Member

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matcalc.symbols import Symbol

    Array = NDArray[np.float64]

Value = Union["Array", "Stack"]


class Stack:
    """Arrays of rows and columns by the values of some indices, an axis in front for each of these."""

    __slots__ = ("array", "indices")

    def __init__(self, indices: Sequence[Index], array: Array) -> None:
        self.indices = tuple(indices)
        self.array = array

    def at(self, place: Mapping[Index, int]) -> Array:
        """The array where the indices have these values."""
        found: Array = self.array[tuple([place[index] for index in self.indices])]
        return found


def stacked(
    free: IndexSet, args: Sequence[Value], sizes: Mapping[str, int], function: Callable[[list[Array]], Array]
) -> Stack:
    """The values of a function of some operands wherever the indices can be."""
    indices = sorted(free, key=lambda index: index.name)
    lengths = [index.count.value(sizes) for index in indices]
    values = []
    for spots in product(*map(range, lengths)):
        place = dict(zip(indices, spots, strict=True))
        values.append(function([arg.at(place) if isinstance(arg, Stack) else arg for arg in args]))
    return Stack(indices, np.array(values).reshape(*lengths, *values[0].shape))


def total(index: Index, body: Value, sizes: Mapping[str, int]) -> Value:
    """The sum of a body over all values of an index."""
    if not isinstance(body, Stack) or index not in body.indices:
        count = index.count.value(sizes)
        return Stack(body.indices, count * body.array) if isinstance(body, Stack) else count * body
    array = np.asarray(np.sum(body.array, axis=body.indices.index(index)))
    rest = [other for other in body.indices if other != index]
    return Stack(rest, array) if rest else array


def families_of(symbols: Iterable[Symbol]) -> dict[Family, list[str]]:
    """The families of the members among some symbols, with the indices of these members."""
    found: dict[Family, list[str]] = {}
    for symbol in symbols:
        if isinstance(symbol, Member):
            found.setdefault(symbol.family, []).append(symbol.index.name)
    return found


def rows(family: Family, values: Mapping[str, Any]) -> Array:
    """The members of a family as the rows of a matrix, scalars as the entries of a vector."""
    array = members(family, values)
    return array[:, 0, 0] if family.kind.structure == "scalar" else array.reshape(len(array), -1)


def members(family: Family, values: Mapping[str, Any]) -> Array:
    """The members of a family, one behind the other. Raises MatcalcError where they are not given."""
    if family.key not in values:
        raise MatcalcError(f"no value is given for the family {family.name}, {family.count} times {family.kind}")
    return as_members(family, values[family.key])
