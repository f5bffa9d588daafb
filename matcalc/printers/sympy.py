"""Expressions as SymPy objects.

Built with constructors, never with operators, which evaluate the whole tree each time. Sizes are
positive integer symbols, scalars plain symbols; a scalar made of matrices is a `Scalar` of sympy_kit.
The value is the same for all operands; SymPy's `==` with an expression typed by hand is not promised.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy
from sympy import (
    BlockMatrix,
    HadamardProduct,
    ImmutableDenseMatrix,
    Integer,
    Inverse,
    Lambda,
    MatAdd,
    MatMul,
    MatPow,
    MatrixSymbol,
    Mul,
    Pow,
    Rational,
    S,
    Symbol,
    Transpose,
    default_sort_key,
)
from sympy.matrices.expressions.matexpr import MatrixElement

from matcalc.errors import UnsupportedError
from matcalc.expr import Expr, postorder
from matcalc.opaque_function import OpaqueFunction
from matcalc.printers.sympy_calls import CALLS, Writer, entrywise
from matcalc.printers.sympy_functions import FUNCTIONS
from matcalc.printers.sympy_kit import (
    ENTRIES,
    Elementwise,
    EntryPower,
    Scalar,
    Slice,
)
from matcalc.printers.sympy_opaque import opaque_sympy
from matcalc.printers.sympy_products import dimension_sympy, flat_product, scaled, sizes_of, spread, spread_all
from matcalc.printers.unfolding import is_structural, unfolded

# sums up to this cost are put in SymPy's order, so that they equal what a user types; sorting walks whole trees
LARGEST_SORTED = 300
_MATRIX_FUNCTIONS = frozenset({"inv", "det", "logdet", "pinv", "norm2", "normF"})


def to_sympy(expr: Expr, rulebook: Any = None) -> Any:
    """A SymPy expression with the value of `expr`: a MatrixExpr, or a scalar Expr.

    Raises UnsupportedError for what SymPy has no object for.
    """
    if rulebook is None:
        from matcalc.rulebook import default_rulebook

        rulebook = default_rulebook()
    try:
        return _written(unfolded(expr, rulebook, _is_known), rulebook)
    except RecursionError:
        raise UnsupportedError("the expression is nested too deep for SymPy, which recurses on it") from None
    except TypeError as error:  # SymPy's own refusal, for example of a matrix within a scalar power
        raise UnsupportedError(f"SymPy cannot hold this expression: {error}") from None


def _written(whole: Expr, rulebook: Any) -> Any:
    made: dict[int, Any] = {}
    for node in postorder(whole):
        args = [made[id(arg)] for arg in node.args]
        declared = rulebook.opaque(node.value) if node.op == "call" else None
        if declared is None or declared.elementwise:
            made[id(node)] = _WRITERS[node.op](node, args)
        else:
            made[id(node)] = opaque_sympy(node, args, declared.opaque)
    return made[id(whole)]


def _is_known(node: Expr, function: Any) -> bool:
    if isinstance(function, OpaqueFunction):
        return True
    if function.elementwise:
        return node.value in FUNCTIONS or function.formula is None
    return node.value in _MATRIX_FUNCTIONS


def _number(node: Expr, args: Sequence[Any]) -> Any:
    return (
        Integer(node.value) if isinstance(node.value, int) else Rational(node.value.numerator, node.value.denominator)
    )


def _symbol(node: Expr, args: Sequence[Any]) -> Any:
    return Symbol(node.value.name) if node.is_scalar else MatrixSymbol(node.value.name, *sizes_of(node))


def _size(node: Expr, args: Sequence[Any]) -> Any:
    return dimension_sympy(node.value)


def _mul(node: Expr, args: Sequence[Any]) -> Any:
    scalars = [made for arg, made in zip(node.args, args, strict=True) if arg.is_scalar]
    matrices = [made for arg, made in zip(node.args, args, strict=True) if not arg.is_scalar]
    if not matrices:
        return Mul(*scalars)
    if not node.is_scalar:
        return flat_product([*scalars, *matrices])
    whole = flat_product(matrices)
    inner = [factor for factor in whole.args if factor.is_Matrix]
    coefficients = [factor for factor in whole.args if not factor.is_Matrix]
    return Mul(*scalars, *coefficients, Scalar(MatMul(*inner)))


def _add(node: Expr, args: Sequence[Any]) -> Any:
    terms = spread_all(node, args)
    if node.is_scalar:
        return sympy.Add(*terms)
    flat = [inner for term in terms for inner in (term.args if isinstance(term, MatAdd) else [term])]
    return MatAdd(*(sorted(flat, key=default_sort_key) if node.cost <= LARGEST_SORTED else flat))


def _neg(node: Expr, args: Sequence[Any]) -> Any:
    return Mul(-1, args[0]) if node.is_scalar else scaled(S.NegativeOne, args[0])


def _had(node: Expr, args: Sequence[Any]) -> Any:
    if node.is_scalar:
        return Mul(*args)
    scalars = [made for arg, made in zip(node.args, args, strict=True) if arg.is_scalar]
    pairs = [(arg, made) for arg, made in zip(node.args, args, strict=True) if not arg.is_scalar]
    return flat_product([*scalars, _hadamard([spread(made, arg, node) for arg, made in pairs])])


def _hadamard(factors: Sequence[Any]) -> Any:
    flat = [f for factor in factors for f in (factor.args if isinstance(factor, HadamardProduct) else [factor])]
    return flat[0] if len(flat) == 1 else HadamardProduct(*flat)


def _div(node: Expr, args: Sequence[Any]) -> Any:
    reciprocal = Pow(args[1], -1)
    return Mul(args[0], reciprocal) if node.is_scalar else flat_product([reciprocal, args[0]])


def _haddiv(node: Expr, args: Sequence[Any]) -> Any:
    if node.args[1].is_scalar:
        return _div(node, args)
    denominator = EntryPower(spread(args[1], node.args[1], node), -1)
    if node.args[0].is_scalar:
        return flat_product([args[0], denominator])
    return _hadamard([spread(args[0], node.args[0], node), denominator])


def _pow(node: Expr, args: Sequence[Any]) -> Any:
    if node.is_scalar:
        return Pow(*args)
    return Inverse(args[0]) if args[1] == -1 else MatPow(args[0], args[1])


def _hadpow(node: Expr, args: Sequence[Any]) -> Any:
    base, exponent = node.args
    if node.is_scalar:
        return Pow(*args)
    if exponent.is_scalar:
        return EntryPower(args[0], args[1])
    if base.is_scalar:
        return Elementwise(Lambda(ENTRIES[0], Pow(args[0], ENTRIES[0])), args[1])
    return Elementwise(Lambda(ENTRIES, Pow(*ENTRIES)), *spread_all(node, args))


def _transpose(node: Expr, args: Sequence[Any]) -> Any:
    return Transpose(args[0])


def _entry(node: Expr, args: Sequence[Any]) -> Any:
    if any(isinstance(index, str) for index in node.value):
        raise UnsupportedError(f"there is no SymPy object for an entry with the index {node.value!r}")
    base = node.args[0]
    if base.is_scalar:
        return args[0]
    row, column = (None if index is None else index - 1 for index in node.value)
    if node.is_scalar:
        return MatrixElement(args[0], row or 0, column or 0)
    rows, columns = sizes_of(base)
    return Slice(
        args[0],
        (0, rows, 1) if row is None else (row, row + 1, 1),
        (0, columns, 1) if column is None else (column, column + 1, 1),
    )


def _stack(node: Expr, args: Sequence[Any]) -> Any:
    rows, columns = node.value
    if all(arg.is_scalar for arg in node.args):
        return ImmutableDenseMatrix(rows, columns, args)
    blocks = [ImmutableDenseMatrix([[made]]) if arg.is_scalar else made for arg, made in zip(node.args, args)]
    return BlockMatrix([blocks[k * columns : k * columns + columns] for k in range(rows)])


def _call(node: Expr, args: Sequence[Any]) -> Any:
    if is_structural(node) or node.value in _MATRIX_FUNCTIONS:
        return CALLS.get(node.value, entrywise)(node, args)
    return entrywise(node, args)


def _index_sum(node: Expr, args: Sequence[Any]) -> Any:
    raise UnsupportedError("SymPy has no sum of matrices over an index: write it with whole matrices")


_WRITERS: dict[str, Writer] = {
    "number": _number,
    "symbol": _symbol,
    "size": _size,
    "call": _call,
    "add": _add,
    "neg": _neg,
    "mul": _mul,
    "had": _had,
    "div": _div,
    "haddiv": _haddiv,
    "pow": _pow,
    "hadpow": _hadpow,
    "transpose": _transpose,
    "entry": _entry,
    "stack": _stack,
    "index_sum": _index_sum,
}
