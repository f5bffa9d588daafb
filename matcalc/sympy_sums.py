"""Sums over entries, as SymPy writes them on its own, folded back into products of matrices.

A value may depend on indices: over one it is kept as a column, over two as a matrix, and what multiplies it
entry by entry has the same indices. Summing over an index joins the factors that carry it by a product.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any, Protocol

import sympy

from matcalc.dimensions import ONE, Dimension
from matcalc.errors import UnsupportedError
from matcalc.expr import Expr, add, call, entry, had, mul, size, transpose
from matcalc.kinds import Kind


class Indexed:
    """An expression over indices: none, one (a column), or two (a matrix: rows, then columns)."""

    __slots__ = ("expr", "indices")

    def __init__(self, expr: Expr, indices: tuple[Any, ...]) -> None:
        self.expr = expr
        self.indices = indices


class Reader(Protocol):
    """What reads whole objects, as those that read one class of them see it."""

    size_names: set[str]
    index_symbols: set[Any]

    def read(self, obj: Any, bound: Mapping[Any, Indexed] | None = None) -> Indexed:
        """The expression of an object; `bound` gives what bound symbols stand for."""

    def variable(self, name: str, kind: Kind) -> Expr:
        """A variable; one name has one kind."""


# what reads an object of one class, its operands being read
Handler = Callable[[Reader, Any, "list[Indexed]"], Indexed]


def plain(expr: Expr) -> Indexed:
    """A value that depends on no index."""
    return Indexed(expr, ())


def aligned(parts: Sequence[Indexed]) -> list[Expr]:
    """The expressions arranged for entrywise operations: with two indices the second is across.

    Raises UnsupportedError when they carry more than two indices together.
    """
    indices = all_indices(parts)
    return [_arranged(part, indices) for part in parts]


def all_indices(parts: Sequence[Indexed]) -> tuple[Any, ...]:
    """The indices of several values: those of the one with most, then the others."""
    longest = max((part.indices for part in parts), key=len, default=())
    others = dict.fromkeys(index for part in parts for index in part.indices if index not in longest)
    found = (*longest, *others)
    if len(found) > 2:
        raise UnsupportedError(f"an entry over the indices {', '.join(map(str, found))} is not supported")
    return found


def _arranged(part: Indexed, indices: tuple[Any, ...]) -> Expr:
    if len(part.indices) == 2:
        return part.expr if part.indices == indices else transpose(part.expr)
    if len(part.indices) == 1 and len(indices) == 2 and part.indices[0] == indices[1]:
        return transpose(part.expr)
    return part.expr


def element(matrix: Expr, row: Any, column: Any) -> Indexed:
    """An entry; an index that is a symbol stays free."""
    if matrix.is_scalar:
        return Indexed(matrix, ())
    for index, length in zip((row, column), matrix.shape, strict=True):
        if not index.is_Integer and (not isinstance(index, sympy.Symbol) or length == ONE):
            raise UnsupportedError(f"the index {index} is neither a number nor a plain symbol")
    if row.is_Integer and column.is_Integer:
        at = None if matrix.is_row else int(row) + 1, None if matrix.is_column else int(column) + 1
        return Indexed(entry(matrix, *at), ())
    if row.is_Integer:
        left = matrix if matrix.is_row else entry(matrix, int(row) + 1, None)
        return Indexed(transpose(left), (column,))
    if column.is_Integer:
        return Indexed(matrix if matrix.is_column else entry(matrix, None, int(column) + 1), (row,))
    if row == column:
        return Indexed(call("diag", (matrix,), (matrix.shape[0], ONE)), (row,))
    return Indexed(matrix, (row, column))


def entrywise_product(factors: Sequence[Indexed]) -> Indexed:
    """The product of numbers over indices: scalars first, then entry by entry."""
    indices = all_indices(factors)
    parts = [_arranged(factor, indices) for factor in factors]
    scalars = [part for part in parts if part.is_scalar]
    arrays = [part for part in parts if not part.is_scalar]
    return Indexed(reduce(mul, [*scalars, reduce(had, arrays)]) if arrays else reduce(mul, scalars), indices)


def summed(total: Any, read: Callable[[Any], Indexed], dimension_of: Callable[[Any], Dimension]) -> Indexed:
    """A SymPy Sum over whole axes."""
    limits = []
    for index, low, high in total.limits:
        if low != 0:
            raise UnsupportedError(f"a sum over {index} from {low} is not supported: sums go over whole axes")
        limits.append((index, dimension_of(high + 1)))
    found = [_summed_term(term, limits, read) for term in sympy.Add.make_args(total.function)]
    return Indexed(reduce(add, aligned(found)), all_indices(found))


def _summed_term(term: Any, limits: Sequence[tuple[Any, Dimension]], read: Callable[[Any], Indexed]) -> Indexed:
    factors = [read(factor) for factor in _factors(term)]
    for index, length in limits:
        carrying = [factor for factor in factors if index in factor.indices]
        factors = [factor for factor in factors if index not in factor.indices]
        for factor in carrying:
            if factor.expr.shape[factor.indices.index(index)] != length:
                raise UnsupportedError(f"the sum over {index} does not go over the whole axis")
        factors.append(_contracted(carrying, index) if carrying else Indexed(size(length), ()))
    return entrywise_product(factors)


def _factors(term: Any) -> list[Any]:
    """The factors of a term; a small power is a repeated factor."""
    found = []
    for factor in sympy.Mul.make_args(term):
        is_repeated = isinstance(factor, sympy.Pow) and factor.exp.is_Integer and 2 <= factor.exp <= 3
        found += [factor.base] * int(factor.exp) if is_repeated else [factor]
    return found


def _contracted(factors: Sequence[Indexed], index: Any) -> Indexed:
    """The sum over an index of the product of the factors that carry it."""
    vectors = [factor.expr for factor in factors if len(factor.indices) == 1]
    matrices = [factor for factor in factors if len(factor.indices) == 2]
    if len(matrices) > 2:
        raise UnsupportedError(f"a sum over {index} of more than two matrices is not supported")
    if not matrices:
        if len(vectors) == 1:
            return Indexed(call("sum", tuple(vectors), (ONE, ONE)), ())
        return Indexed(_chain(transpose(reduce(had, vectors[:-1])), vectors[-1]), ())
    left = _with_index_last(matrices[0], index)
    if len(matrices) == 1:
        ones_vector = call("ones", (size(left.expr.shape[1]),), (left.expr.shape[1], ONE))
        return Indexed(_chain(left.expr, reduce(had, vectors) if vectors else ones_vector), left.indices[:1])
    right = _with_index_last(matrices[1], index)
    weighted = left.expr
    if vectors:
        vector = reduce(had, vectors)
        weighted = _chain(weighted, call("diag", (vector,), (vector.shape[0], vector.shape[0])))
    if left.indices[0] == right.indices[0]:
        ones_vector = call("ones", (size(weighted.shape[1]),), (weighted.shape[1], ONE))
        return Indexed(mul(had(weighted, right.expr), ones_vector), left.indices[:1])
    return Indexed(_chain(weighted, transpose(right.expr)), (left.indices[0], right.indices[0]))


def _with_index_last(factor: Indexed, index: Any) -> Indexed:
    if factor.indices[1] == index:
        return factor
    return Indexed(transpose(factor.expr), factor.indices[::-1])


def _chain(left: Expr, right: Expr) -> Expr:
    """The product, with the factors of the right one in line."""
    factors = right.args if right.op == "mul" and not right.is_scalar and not right.args[0].is_scalar else (right,)
    return reduce(mul, factors, left)
