"""Arrays as operands: their shapes checked against the kinds, the sizes read off them."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from matcalc.dimensions import ONE, Dimension
from matcalc.errors import MatcalcError, ShapeError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matcalc.expr import Rational
    from matcalc.kinds import Kind
    from matcalc.symbols import Family, Symbol

    Array = NDArray[np.float64]


def as_float(value: Rational) -> float:
    """An exact number as a floating-point one. Raises MatcalcError where it is too large for that."""
    try:
        return float(value)
    except OverflowError:
        raise MatcalcError("a number is too large for floating-point arithmetic") from None


def as_operand(symbol: Symbol, value: Any) -> Array:
    """The value of a symbol as rows by columns, whatever the sizes are.

    A vector may be given as (n,) or (n, 1), a row as (n,) or (1, n), a scalar as any array of one entry.
    Raises ShapeError where the number of axes does not fit, MatcalcError where the entries are not real numbers.
    """
    array = as_real(symbol.name, value)
    shape = two_axes(symbol.kind, array.shape)
    if shape is None:
        expected, found = f"{symbol.kind.text}", f"an array of shape {array.shape}"
        raise ShapeError(f"{symbol.name} is a {expected}, but its value is {found}", expected=expected, found=found)
    return array.reshape(shape)


def two_axes(kind: Kind, shape: tuple[int, ...]) -> tuple[int, int] | None:
    """Rows and columns of an operand of this kind given as an array of some shape; None where it does not fit."""
    rows, columns = kind.shape
    count = prod(shape)
    if rows == ONE and columns == ONE:
        return (1, 1) if count == 1 else None
    if columns == ONE:
        return (count, 1) if len(shape) == 1 or (len(shape) == 2 and shape[1] == 1) else None
    if rows == ONE:
        return (1, count) if len(shape) == 1 or (len(shape) == 2 and shape[0] == 1) else None
    return (shape[0], shape[1]) if len(shape) == 2 else None


def as_members(family: Family, value: Any) -> Array:
    """The members of a family one behind the other, each as rows by columns: an array of three axes.

    The first axis of the value is that of the members: scalars are given as (N,), vectors as (N, n).
    Raises ShapeError where the axes do not fit.
    """
    array = as_real(f"the family {family.name}", value)
    shape = two_axes(family.kind, array.shape[1:]) if array.ndim else None
    if shape is None:
        expected = f"an array of {family.count} times {family.kind.text}"
        found = f"an array of shape {array.shape}"
        raise ShapeError(
            f"the value of the family {family.name} is {expected}, not {found}", expected=expected, found=found
        )
    return array.reshape(array.shape[0], *shape)


def with_families(
    families: Mapping[Family, Iterable[str]], values: Mapping[str, Any], variables: Container[str]
) -> dict[str, Any]:
    """The values, in which the members of a family stand together under its own key as well.

    They are given under the name of the family, or as `x_i` with one of the indices that run over them. A name
    among the variables is not that of a family.
    """
    found = dict(values)
    for family, letters in families.items():
        names = [] if family.name in variables else [family.name]
        names += [f"{family.name}_{letter}" for letter in letters]
        given = [name for name in names if name in values]
        if len(given) > 1:
            raise MatcalcError(f"the family {family.name} is given twice, as {given[0]} and as {given[1]}")
        if given:
            found[family.key] = values[given[0]]
    return found


def sizes_from(
    symbols: Iterable[Symbol],
    values: Mapping[str, Any],
    given: Mapping[str, int] | None = None,
    families: Iterable[Family] = (),
) -> dict[str, int]:
    """The value of every size name that the arrays show, and those given.

    Symbols and families without a value are passed over. Raises ShapeError where two arrays, or an array and
    `given`, disagree.

    >>> from matcalc.expr import Symbol
    >>> from matcalc.kinds import Kind
    >>> m, n = Dimension.of("m"), Dimension.of("n")
    >>> sizes_from([Symbol("X", Kind("matrix", (m, n)))], {"X": np.zeros((3, 2))})
    {'m': 3, 'n': 2}
    """
    sizes = {name: int(size) for name, size in (given or {}).items()}
    origin = dict.fromkeys(sizes, "the sizes given")
    axes: list[tuple[Dimension, int, str]] = []
    for symbol in symbols:
        if symbol.name in values:
            shape = as_operand(symbol, values[symbol.name]).shape
            axes += [(d, s, symbol.name) for d, s in zip(symbol.kind.shape, shape, strict=True)]
    for family in families:
        if family.key in values:
            shape = as_members(family, values[family.key]).shape
            own = (family.count, *family.kind.shape)
            axes += [(d, s, f"the family {family.name}") for d, s in zip(own, shape, strict=True)]
    # plain names first, so that an axis such as 2*n + 1 can be compared with what they say
    for dimension, size, name in sorted(axes, key=lambda axis: (len(axis[0].terms), len(axis[0].text))):
        solved = _solve(dimension, size, sizes)
        if solved is not None:
            sizes[solved[0]] = solved[1]
            origin[solved[0]] = name
        elif all(n in sizes for n in dimension.names) and dimension.value(sizes) != size:
            raise _clash(dimension, size, name, sizes, origin)
    return sizes


def as_real(name: str, value: Any) -> Array:
    """The value of a name as an array of real numbers. Raises MatcalcError."""
    array = np.asarray(value)
    if array.dtype.kind == "O":
        try:
            array = array.astype(np.float64)
        except (TypeError, ValueError):
            raise MatcalcError(f"the value of {name} is not an array of numbers") from None
    if array.dtype.kind not in "fiub":
        raise MatcalcError(f"the value of {name} has entries of type {array.dtype}: only real numbers are read")
    return array.astype(np.float64)


def _solve(dimension: Dimension, size: int, sizes: Mapping[str, int]) -> tuple[str, int] | None:
    """The one unknown name of a dimension linear in it, such as 2*n + 1, and its value."""
    unknown = [name for name in dimension.names if name not in sizes]
    if len(unknown) != 1:
        return None
    name = unknown[0]
    if any(monomial.count(name) > 1 for monomial, _ in dimension.terms):
        return None
    rest = Dimension([t for t in dimension.terms if name not in t[0]]).value(sizes)
    slope = Dimension([t for t in dimension.terms if name in t[0]]).value({**sizes, name: 1})
    value, remainder = divmod(size - rest, slope) if slope else (0, 1)
    if remainder or value < 0:
        raise ShapeError(f"no {name} makes {dimension.text} equal to {size}", expected=dimension.text, found=str(size))
    return name, value


def _clash(
    dimension: Dimension, size: int, name: str, sizes: Mapping[str, int], origin: Mapping[str, str]
) -> ShapeError:
    """The error that names both arrays."""
    wanted = dimension.value(sizes)
    others = " and ".join(dict.fromkeys(origin[n] for n in dimension.names if n in origin))
    reason = f", by {others}" if others else ""
    return ShapeError(
        f"{name} has {size} entries along {dimension.text}, which is {wanted}{reason}"
        if dimension.names
        else f"{name} has {size} entries along an axis of {wanted}",
        expected=str(wanted),
        found=str(size),
    )
