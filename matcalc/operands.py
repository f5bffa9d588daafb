"""Arrays as operands: their shapes checked against the kinds, the sizes read off them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from matcalc.dimensions import ONE, Dimension
from matcalc.errors import MatcalcError, ShapeError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matcalc.expr import Symbol

    Array = NDArray[np.float64]


def as_operand(symbol: Symbol, value: Any) -> Array:
    """The value of a symbol as rows by columns, whatever the sizes are.

    A vector may be given as (n,) or (n, 1), a row as (n,) or (1, n), a scalar as any array of one entry.
    Raises ShapeError where the number of axes does not fit, MatcalcError where the entries are not real numbers.
    """
    array = _as_real(symbol, value)
    rows, columns = symbol.kind.shape
    if rows == ONE and columns == ONE:
        fits, shape = array.size == 1, (1, 1)
    elif columns == ONE:
        fits, shape = array.ndim == 1 or (array.ndim == 2 and array.shape[1] == 1), (-1, 1)
    elif rows == ONE:
        fits, shape = array.ndim == 1 or (array.ndim == 2 and array.shape[0] == 1), (1, -1)
    else:
        fits, shape = array.ndim == 2, array.shape
    if not fits:
        expected, found = f"{symbol.kind.text}", f"an array of shape {array.shape}"
        raise ShapeError(f"{symbol.name} is a {expected}, but its value is {found}", expected=expected, found=found)
    return array.reshape(array.size, 1) if shape == (-1, 1) else array.reshape(shape)


def sizes_from(
    symbols: Iterable[Symbol], values: Mapping[str, Any], given: Mapping[str, int] | None = None
) -> dict[str, int]:
    """The value of every size name that the arrays show, and those given.

    Symbols without a value are passed over. Raises ShapeError where two arrays, or an array and `given`, disagree.

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
    # plain names first, so that an axis such as 2*n + 1 can be compared with what they say
    for dimension, size, name in sorted(axes, key=lambda axis: (len(axis[0].terms), len(axis[0].text))):
        solved = _solve(dimension, size, sizes)
        if solved is not None:
            sizes[solved[0]] = solved[1]
            origin[solved[0]] = name
        elif all(n in sizes for n in dimension.names) and dimension.value(sizes) != size:
            raise _clash(dimension, size, name, sizes, origin)
    return sizes


def _as_real(symbol: Symbol, value: Any) -> Array:
    array = np.asarray(value)
    if array.dtype.kind == "O":
        try:
            array = array.astype(np.float64)
        except (TypeError, ValueError):
            raise MatcalcError(f"the value of {symbol.name} is not an array of numbers") from None
    if array.dtype.kind not in "fiub":
        raise MatcalcError(f"the value of {symbol.name} has entries of type {array.dtype}: only real numbers are read")
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
