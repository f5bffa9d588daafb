"""Sizes, flat products and spreading in SymPy: what its operators would do, without evaluating the tree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import sympy
from sympy import MatMul, Mul, S, Symbol

from matcalc.dimensions import Dimension
from matcalc.printers.sympy_kit import Ones

if TYPE_CHECKING:
    from matcalc.expr import Expr


def size_symbol(name: str) -> Symbol:
    """The symbol of a size name."""
    return Symbol(name, integer=True, positive=True)


def dimension_sympy(dimension: Dimension) -> Any:
    """A size as a SymPy polynomial."""
    return sympy.Add(*[Mul(count, *[size_symbol(name) for name in monomial]) for monomial, count in dimension.terms])


def sizes_of(node: Expr) -> tuple[Any, Any]:
    return dimension_sympy(node.shape[0]), dimension_sympy(node.shape[1])


def scaled(factor: Any, matrix: Any) -> Any:
    """A scalar times a matrix as one flat product."""
    return flat_product([factor, matrix])


def flat_product(parts: Sequence[Any]) -> Any:
    """Scalars and matrices, in order, as a flat MatMul with one coefficient in front."""
    coefficient: Any = S.One
    matrices: list[Any] = []
    for part in parts:
        for factor in part.args if isinstance(part, MatMul) else [part]:
            if factor.is_Matrix:
                matrices.append(factor)
            else:
                coefficient = Mul(coefficient, factor)
    if coefficient == 1 and len(matrices) == 1:
        return matrices[0]
    return MatMul(*([] if coefficient == 1 else [coefficient]), *matrices)


def spread(made: Any, arg: Expr, node: Expr) -> Any:
    """The operand in the shape of the whole: scalars, rows and columns are repeated by products with ones."""
    rows, columns = sizes_of(node)
    if arg.shape == node.shape or node.is_scalar:
        return made
    if arg.is_scalar:
        return scaled(made, Ones(rows, columns))
    return flat_product([made, Ones(1, columns)] if arg.is_column else [Ones(rows, 1), made])


def spread_all(node: Expr, args: Sequence[Any]) -> list[Any]:
    return [spread(made, arg, node) for arg, made in zip(node.args, args, strict=True)]
