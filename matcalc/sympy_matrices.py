"""SymPy matrix expressions as typed expressions."""

from __future__ import annotations

from functools import reduce
from typing import Any

import sympy
from sympy.matrices import MatrixBase
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.diagonal import DiagonalMatrix, DiagonalOf
from sympy.matrices.expressions.matexpr import MatrixElement
from sympy.matrices.expressions.slice import MatrixSlice

from matcalc.dimensions import ONE, SCALAR, Dimension, Shape
from matcalc.errors import ShapeError, UnsupportedError
from matcalc.expr import Expr, call, div, entry, had, haddiv, hadpow, mul, number, power, size, stack, transpose
from matcalc.kinds import plain_kind
from matcalc.printers.sympy_kit import Commutation, Diagonal, Duplication, Elementwise, Pseudoinverse, Unit, Vec
from matcalc.sympy_scalars import check_same, checked_mul, power_of
from matcalc.sympy_sums import Handler, Indexed, Reader, element, plain, summed


def dimension_of(length: Any) -> Dimension:
    """A size as a polynomial with integer coefficients.

    Raises UnsupportedError for any other size.
    """
    length = sympy.sympify(length)
    names = sorted(symbol.name for symbol in length.free_symbols)
    terms: list[tuple[tuple[int, ...], Any]] = [((), length)]
    try:
        if names:
            terms = sympy.Poly(length, *sorted(length.free_symbols, key=lambda symbol: symbol.name)).terms()
    except sympy.PolynomialError:
        terms = [((), sympy.nan)]
    if not all(count.is_Integer for _, count in terms):
        raise UnsupportedError(f"the size {length} is not a polynomial with integer coefficients")
    return Dimension(
        (tuple(name for name, power in zip(names, powers, strict=True) for _ in range(power)), int(count))
        for powers, count in terms
    )


def shape_of(obj: Any) -> Shape:
    return dimension_of(obj.shape[0]), dimension_of(obj.shape[1])


def _matrix_symbol(reader: Reader, obj: Any, args: list[Indexed]) -> Indexed:
    return plain(reader.variable(obj.name, plain_kind(shape_of(obj))))


def _filled(name: str) -> Handler:
    def read(reader: Reader, obj: Any, args: list[Indexed]) -> Indexed:
        rows, columns = shape_of(obj)
        if (rows, columns) == SCALAR:
            return plain(number(0 if name == "zeros" else 1))
        sizes = (size(rows),) if name == "eye" or columns == ONE else (size(rows), size(columns))
        return plain(call(name, sizes, (rows, columns)))

    return read


def _matrix_power(reader: Reader, obj: Any, args: list[Indexed]) -> Indexed:
    base, exponent = args[0].expr, args[1].expr
    if base.is_scalar:
        return power_of(reader, obj, args)
    _check_square(obj, base)
    if not obj.exp.is_Integer:
        raise UnsupportedError(f"a matrix to the power {obj.exp} is not supported")
    if obj.exp < 0:
        base, exponent = call("inv", (base,), base.shape), number(-int(obj.exp))
    return plain(base if exponent == number(1) else power(base, exponent))


def _check_square(obj: Any, arg: Expr) -> None:
    if arg.shape[0] != arg.shape[1]:
        raise ShapeError(f"{obj} needs a square matrix", expected="n x n", found=f"{arg.shape[0]} x {arg.shape[1]}")


def _inverse(reader: Reader, obj: Any, args: list[Indexed]) -> Indexed:
    arg = args[0].expr
    _check_square(obj, arg)
    return plain(div(number(1), arg) if arg.is_scalar else call("inv", (arg,), arg.shape))


def _transpose(reader: Reader, obj: Any, args: list[Indexed]) -> Indexed:
    return plain(transpose(args[0].expr))


def _hadamard(reader: Reader, obj: Any, args: list[Indexed]) -> Indexed:
    parts = [arg.expr for arg in args]
    check_same(obj, parts)
    others = [p for p in parts if not _is_reciprocal(p)]
    below = [p.args[1] for p in parts if _is_reciprocal(p)]
    above = reduce(had, others) if others else number(1)
    return plain(haddiv(above, reduce(had, below)) if below else above)


def _is_reciprocal(expr: Expr) -> bool:
    return expr.op == "haddiv" and expr.args[0].value == 1


def _hadamard_power(reader: Reader, obj: Any, args: list[Indexed]) -> Indexed:
    base, exponent = args[0].expr, args[1].expr
    if obj.exp == -1:
        return plain(haddiv(number(1), base))
    return plain(hadpow(base, exponent))


def _unary(name: str, is_scalar: bool) -> Handler:
    """A function of a square matrix."""

    def read(reader: Reader, obj: Any, args: list[Indexed]) -> Indexed:
        arg = args[0].expr
        _check_square(obj, arg)
        if arg.is_scalar:
            return args[0]
        return plain(call(name, (arg,), SCALAR if is_scalar else arg.shape))

    return read


def _diag(reader: Reader, obj: Any, args: list[Indexed]) -> Indexed:
    return plain(diagonal_matrix(args[0].expr))


def diagonal_matrix(vector: Expr) -> Expr:
    """The diagonal matrix of a column or row."""
    length = vector.shape[0] if vector.shape[1] == ONE else vector.shape[1]
    return vector if vector.is_scalar else call("diag", (vector,), (length, length))


def _diagonal(reader: Reader, obj: Any, args: list[Indexed]) -> Indexed:
    arg = args[0].expr
    _check_square(obj, arg)
    return plain(arg if arg.is_scalar else call("diag", (arg,), (arg.shape[0], ONE)))


def _diagonal_part(reader: Reader, obj: Any, args: list[Indexed]) -> Indexed:
    return plain(diagonal_matrix(_diagonal(reader, obj, args).expr))


def _vec(reader: Reader, obj: Any, args: list[Indexed]) -> Indexed:
    arg = args[0].expr
    return plain(call("vec", (arg,), (arg.shape[0] * arg.shape[1], ONE)))


def _unit(reader: Reader, obj: Any, args: list[Indexed]) -> Indexed:
    return plain(call("unit", (args[0].expr, args[1].expr), shape_of(obj)))


def _commutation(reader: Reader, obj: Any, args: list[Indexed]) -> Indexed:
    return plain(call("commutation", (args[0].expr, args[1].expr), shape_of(obj)))


def _duplication(reader: Reader, obj: Any, args: list[Indexed]) -> Indexed:
    return plain(call("duplication", (args[0].expr,), shape_of(obj)))


def _blocks(reader: Reader, obj: Any, args: list[Indexed]) -> Indexed:
    (grid,) = obj.args
    blocks = tuple(reader.read(block).expr for block in grid)
    return plain(stack(blocks, *map(int, grid.shape)))


def _pinv(reader: Reader, obj: Any, args: list[Indexed]) -> Indexed:
    arg = args[0].expr
    return plain(call("pinv", (arg,), (arg.shape[1], arg.shape[0])))


def _kronecker(reader: Reader, obj: Any, args: list[Indexed]) -> Indexed:
    def kron(left: Expr, right: Expr) -> Expr:
        if left.is_scalar or right.is_scalar:
            return mul(left, right)
        shape = (left.shape[0] * right.shape[0], left.shape[1] * right.shape[1])
        return call("kron", (left, right), shape)

    return plain(reduce(kron, [arg.expr for arg in args]))


def _dot(reader: Reader, obj: Any, args: list[Indexed]) -> Indexed:
    left, right = (transpose(arg.expr) if arg.expr.is_row else arg.expr for arg in args)
    return plain(checked_mul(transpose(left), right))


def _applied(reader: Reader, obj: Any, args: list[Indexed]) -> Indexed:
    """An elementwise function: its body is read with the operands in place of the bound symbols."""
    function = obj.args[0]
    bound = dict(zip(function.variables, args, strict=True))
    found = reader.read(function.expr, bound)
    missing = [arg.expr for arg in args if arg.expr.shape != found.expr.shape]
    if missing:
        raise UnsupportedError(f"the elementwise function {function} does not depend on its argument")
    return found


def _element(reader: Reader, obj: Any, args: list[Indexed]) -> Indexed:
    return element(args[0].expr, obj.args[1], obj.args[2])


def _slice(reader: Reader, obj: Any, args: list[Indexed]) -> Indexed:
    base = args[0].expr
    picks: list[int | None] = []
    for (start, stop, step), length in zip(obj.args[1:], _lengths(obj.args[0]), strict=True):
        if step == 1 and start == 0 and stop == length:
            picks.append(None)
        elif step == 1 and start.is_Integer and stop == start + 1:
            picks.append(int(start) + 1)
        else:
            raise UnsupportedError(f"of slices only single rows and columns are supported: {obj}")
    return plain(base if picks == [None, None] else entry(base, *picks))


def _lengths(matrix: Any) -> tuple[Any, Any]:
    return matrix.shape[0], matrix.shape[1]


def _explicit(reader: Reader, obj: Any, args: list[Indexed]) -> Indexed:
    if any(entry.is_Matrix for entry in obj):
        raise UnsupportedError(f"a matrix of matrices is not understood: {obj}")
    if obj.shape == (1, 1):
        return args[0]
    return plain(stack(tuple(arg.expr for arg in args), *map(int, obj.shape)))


def _entry_sum(reader: Reader, obj: Any, args: list[Indexed]) -> Indexed:
    reader.index_symbols |= {limit[0] for limit in obj.limits}
    return summed(obj, reader.read, dimension_of)


MATRICES: dict[Any, Handler] = {
    sympy.MatrixSymbol: _matrix_symbol,
    sympy.Identity: _filled("eye"),
    sympy.OneMatrix: _filled("ones"),
    sympy.ZeroMatrix: _filled("zeros"),
    sympy.MatPow: _matrix_power,
    sympy.Inverse: _inverse,
    sympy.Transpose: _transpose,
    sympy.Adjoint: _transpose,
    sympy.HadamardProduct: _hadamard,
    sympy.HadamardPower: _hadamard_power,
    sympy.Trace: _unary("tr", True),
    sympy.Determinant: _unary("det", True),
    sympy.DiagMatrix: _diag,
    DiagonalOf: _diagonal,
    DiagonalMatrix: _diagonal_part,
    Diagonal: _diagonal,
    Vec: _vec,
    Unit: _unit,
    Commutation: _commutation,
    Duplication: _duplication,
    Pseudoinverse: _pinv,
    sympy.KroneckerProduct: _kronecker,
    sympy.DotProduct: _dot,
    ElementwiseApplyFunction: _applied,
    Elementwise: _applied,
    MatrixElement: _element,
    MatrixSlice: _slice,
    MatrixBase: _explicit,
    sympy.Sum: _entry_sum,
}
