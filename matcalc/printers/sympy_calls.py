"""Calls as SymPy objects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sympy
from sympy import (
    Determinant,
    FunctionMatrix,
    HadamardProduct,
    Identity,
    Inverse,
    KroneckerProduct,
    Lambda,
    MatMul,
    Mul,
    Piecewise,
    Pow,
    S,
    Trace,
    Transpose,
    ZeroMatrix,
)

from matcalc.dimensions import ONE
from matcalc.errors import UnsupportedError
from matcalc.expr import Expr
from matcalc.printers.sympy_functions import FUNCTIONS
from matcalc.printers.sympy_kit import (
    ENTRIES,
    Commutation,
    Diag,
    Diagonal,
    Duplication,
    Elementwise,
    Ones,
    Pseudoinverse,
    Scalar,
    Unit,
    Vec,
)
from matcalc.printers.sympy_products import flat_product, sizes_of, spread

Writer = Callable[[Expr, Sequence[Any]], Any]


def entrywise(node: Expr, args: Sequence[Any]) -> Any:
    """A function of numbers, of all entries where operands are arrays; scalar operands stay in the function."""
    function = FUNCTIONS.get(node.value) or sympy.Function(node.value)
    if node.is_scalar:
        return function(*args)
    bound = iter(ENTRIES)
    variables, operands, inside = [], [], []
    for arg, made in zip(node.args, args, strict=True):
        if arg.is_scalar:
            inside.append(made)
            continue
        variables.append(next(bound))
        operands.append(spread(made, arg, node))
        inside.append(variables[-1])
    return Elementwise(Lambda(tuple(variables), function(*inside)), *operands)


def _tr(node: Expr, args: Sequence[Any]) -> Any:
    return args[0] if node.args[0].is_scalar else Trace(args[0])


def _sum(node: Expr, args: Sequence[Any]) -> Any:
    arg, made = node.args[0], args[0]
    rows, columns = sizes_of(arg)
    axes = (1, 2) if len(node.args) == 1 else (node.args[1].value,)
    left = [Ones(1, rows)] if 1 in axes and arg.shape[0] != ONE else []
    right = [Ones(columns, 1)] if 2 in axes and arg.shape[1] != ONE else []
    if not left and not right:
        return made
    whole = flat_product([*left, made, *right])
    if not node.is_scalar:
        return whole
    coefficients = [factor for factor in whole.args if not factor.is_Matrix]
    return Mul(*coefficients, Scalar(MatMul(*[factor for factor in whole.args if factor.is_Matrix])))


def _diag(node: Expr, args: Sequence[Any]) -> Any:
    arg = node.args[0]
    if arg.is_scalar:
        return args[0]
    return Diag(args[0]) if arg.is_column or arg.is_row else Diagonal(args[0])


def _triangle(node: Expr, args: Sequence[Any]) -> Any:
    """The entrywise product with a triangle of ones."""
    row, column = sympy.symbols("i j", integer=True)
    inside = row >= column if node.value == "tril" else row <= column
    ones = FunctionMatrix(*sizes_of(node), Lambda((row, column), Piecewise((1, inside), (0, True))))
    return args[0] if node.is_scalar else HadamardProduct(args[0], ones)


def _vec(node: Expr, args: Sequence[Any]) -> Any:
    arg = node.args[0]
    return args[0] if arg.is_column or arg.is_scalar else Transpose(args[0]) if arg.is_row else Vec(args[0])


def _kron(node: Expr, args: Sequence[Any]) -> Any:
    if any(arg.is_scalar for arg in node.args):
        return Mul(*args) if node.is_scalar else flat_product(args)
    return KroneckerProduct(*args)


def _inv(node: Expr, args: Sequence[Any]) -> Any:
    return Pow(args[0], -1) if node.is_scalar else Inverse(args[0])


def _det(node: Expr, args: Sequence[Any]) -> Any:
    return args[0] if node.args[0].is_scalar else Determinant(args[0])


def _logdet(node: Expr, args: Sequence[Any]) -> Any:
    """The language takes the logarithm of the size of the determinant."""
    return sympy.log(sympy.Abs(_det(node, args)))


def _pinv(node: Expr, args: Sequence[Any]) -> Any:
    if node.is_scalar:
        raise UnsupportedError("pinv of a scalar has no SymPy object: write 1/a")
    return Pseudoinverse(args[0])


def _norm(node: Expr, args: Sequence[Any]) -> Any:
    arg, made = node.args[0], args[0]
    if arg.is_scalar:
        return sympy.Abs(made)
    if arg.is_column or arg.is_row:
        pair = [Transpose(made), made] if arg.is_column else [made, Transpose(made)]
        return sympy.sqrt(Scalar(MatMul(*pair)))
    return sympy.sqrt(Trace(MatMul(Transpose(made), made)))


def _filled(node: Expr, args: Sequence[Any]) -> Any:
    kind = {"eye": Identity, "ones": Ones, "zeros": ZeroMatrix}[node.value]
    if node.is_scalar:
        return S.Zero if node.value == "zeros" else S.One
    return Identity(sizes_of(node)[0]) if kind is Identity else kind(*sizes_of(node))


CALLS: dict[str, Writer] = {
    "pi": lambda node, args: sympy.pi,
    "tr": _tr,
    "sum": _sum,
    "diag": _diag,
    "tril": _triangle,
    "triu": _triangle,
    "vec": _vec,
    "kron": _kron,
    "unit": lambda node, args: Unit(*args) if not node.is_scalar else S.One,
    "commutation": lambda node, args: Commutation(*args),
    "duplication": lambda node, args: Duplication(*args),
    "eye": _filled,
    "ones": _filled,
    "zeros": _filled,
    "inv": _inv,
    "det": _det,
    "logdet": _logdet,
    "pinv": _pinv,
    "norm2": _norm,
    "normF": _norm,
}
