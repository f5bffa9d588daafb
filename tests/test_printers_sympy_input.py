"""SymPy objects as expressions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy
from sympy import (
    Abs,
    Adjoint,
    Determinant,
    DiagMatrix,
    DiagonalMatrix,
    DiagonalOf,
    DotProduct,
    HadamardPower,
    HadamardProduct,
    Identity,
    ImmutableMatrix,
    KroneckerProduct,
    Matrix,
    MatrixSymbol,
    OneMatrix,
    Rational,
    Sum,
    Symbol,
    Trace,
    ZeroMatrix,
    exp,
    log,
    symbols,
)

from expressions import SIZES, values
from matcalc.errors import ShapeError, UnknownNameError, UnsupportedError
from matcalc.kinds import Kind
from matcalc.numeric import evaluate
from matcalc.printers.text import text
from matcalc.sympy_input import from_sympy, program_from_sympy
from test_printers_sympy import numbers

m, n, k = symbols("m n k", integer=True, positive=True)
a, b = symbols("a b", positive=True)
i, j = symbols("i j", integer=True)
A, B, C = MatrixSymbol("A", m, n), MatrixSymbol("B", n, k), MatrixSymbol("C", k, m)
S = MatrixSymbol("S", n, n)
x, y, h = MatrixSymbol("x", n, 1), MatrixSymbol("y", m, 1), MatrixSymbol("h", 1, n)

# object, text; SymPy has rewritten some of them before we see them
OBJECTS: list[tuple[Any, str]] = [
    ((x.T * x)[0, 0], "x'*x"),
    ((x.T * S * x)[0, 0], "x'*S'*x"),
    (((A * x - y).T * (A * x - y))[0, 0], "(A*x - y)'*(A*x - y)"),
    ((A * B * C * y)[0, 0], "y'*C'*B'*A[1,:]'"),
    (2 * DotProduct(x, x) + 1, "1 + 2*(x'*x)"),
    (DotProduct(x, h), "x'*h'"),
    (exp(-Trace(x.T * x)), "exp(-x'*x)"),
    (sympy.sqrt(x.T * x), "sqrt(x'*x)"),
    (log((x.T * x)[0, 0]), "log(x'*x)"),
    (exp(x.T * x), "exp(x'*x)"),
    (2 * A.T * (A * x - y), "2*A'*(A*x - y)"),
    (A.T * y / 2, "0.5*A'*y"),
    (A / 3, "A/3"),
    (-A * Rational(2, 7), "-2/7*A"),
    (1.5 * A, "1.5*A"),
    (A / n, "A/n"),
    (n * x, "n*x"),
    (Trace(S) * A, "tr(S)*A"),
    (A + OneMatrix(m, n), "A + ones(m, n)"),
    (S + Identity(n), "eye(n) + S"),
    (KroneckerProduct(A, B), "kron(A, B)"),
    ((A * x).applyfunc(exp), "exp(A*x)"),
    (x.applyfunc(lambda t: t**2 / 2 + a * t), "0.5*x.^2 + a*x"),
    (x.applyfunc(lambda t: 1 / (1 + exp(-t))), "1./(1 + exp(-x))"),
    (HadamardProduct(x, h.T), "x.*h'"),
    (HadamardPower(x, -1), "1./x"),
    (HadamardPower(x, 2), "x.^2"),
    (DiagMatrix(x), "diag(x)"),
    (Determinant(S), "det(S)"),
    (log(Determinant(S)), "logdet(S)"),
    (log(Abs(Determinant(S))), "logdet(S)"),
    (S.inv() * x, "inv(S)*x"),
    (S**2, "S^2"),
    (S**-2, "inv(S)^2"),
    (Adjoint(A), "A'"),
    (x[0, 0] * a, "a*x[1]"),
    (A[1, 2], "A[2,3]"),
    (A[1, :], "A[2,:]"),
    (A[:, 0], "A[:,1]"),
    (x * x.T, "x*x'"),
    (Sum(y[i, 0], (i, 0, m - 1)), "sum(y)"),
    (Sum(A[i, j] * x[j, 0] * y[i, 0], (j, 0, n - 1), (i, 0, m - 1)), "y'*A*x"),
    (Sum(log(1 + exp(-y[i, 0] * (A * x)[i, 0])), (i, 0, m - 1)), "sum(log(1 + exp(-y.*(A*x))))"),
    (Sum(A[i, j] ** 2, (i, 0, m - 1), (j, 0, n - 1)), "sum((A'.*A')*ones(m))"),
    (Sum(S[i, i], (i, 0, n - 1)), "sum(diag(S))"),
    (Matrix([a, b, a * b]), "[a, b, a*b]"),
    (ImmutableMatrix([[a, b], [b, a + 1]]), "[[a, b], [b, 1 + a]]"),
    (a / (1 + exp(-a)), "a/(1 + exp(-a))"),
    (sympy.sqrt(a) / b, "sqrt(a)/b"),
    (1 / sympy.sqrt(a), "1/sqrt(a)"),
    (a**b, "a^b"),
    (sympy.pi * a, "pi*a"),
    (sympy.Max(a, b), "max(a, b)"),
    (sympy.loggamma(a), "lgamma(a)"),
    (sympy.polygamma(1, a), "trigamma(a)"),
    (sympy.Piecewise((1, Symbol("b") > 0), (0, True)), "step(b)"),
]


@pytest.mark.parametrize(("obj", "expected"), OBJECTS, ids=[expected for _, expected in OBJECTS])
def test_objects(obj: Any, expected: str) -> None:
    expr, found = from_sympy(obj)
    assert text(expr) == expected
    given_values = values()
    assert np.allclose(np.ravel(evaluate(expr, given_values, SIZES)), np.ravel(numbers(obj, given_values)))
    assert {name for name, symbol in found.items() if symbol.kind.structure == "scalar"} <= {"a", "b"}


@pytest.mark.parametrize(
    ("obj", "expected"),
    [
        (DiagonalOf(S), "diag(S)"),
        (DiagonalMatrix(S), "diag(diag(S))"),
        (ZeroMatrix(m, n), "zeros(m, n)"),
        (OneMatrix(m, 1), "ones(m)"),
        (OneMatrix(1, 1), "1"),
        (MatrixSymbol("s", 1, 1), "s"),
        (sympy.E, "exp(1)"),
        (sympy.Float(0.1), "0.1"),
    ],
)
def test_objects_sympy_gives_no_numbers_for(obj: Any, expected: str) -> None:
    assert text(from_sympy(obj)[0]) == expected


def test_kinds() -> None:
    _, found = from_sympy(A * x + h.T[0, 0] * y + a * y)
    assert {name: str(symbol.kind) for name, symbol in found.items()} == {
        "A": "matrix(m,n)",
        "x": "vector(n)",
        "h": "row(n)",
        "y": "vector(m)",
        "a": "scalar positive",
    }
    _, found = from_sympy(S * x, {"S": Kind("spd", S_DIMENSIONS)})
    assert str(found["S"].kind) == "spd(n)"
    assert str(from_sympy(MatrixSymbol("P", 2 * n + 1, m * n))[1]["P"].kind) == "matrix(2*n + 1,m*n)"
    assert str(program_from_sympy(S * x, {"S": "symmetric(n)"}).symbols["S"].kind) == "symmetric(n)"


S_DIMENSIONS = from_sympy(S)[0].shape[:1]


@pytest.mark.parametrize(
    ("obj", "message"),
    [
        (sympy.BlockMatrix([[S]]), "BlockMatrix"),
        (sympy.Derivative(a**2, a), "Derivative"),
        (sympy.Integral(a, a), "Integral"),
        (sympy.Function("f")(a), "the SymPy function f"),
        (sympy.I * a, "ImaginaryUnit"),
        (sympy.oo, "Infinity"),
        (sympy.zoo, "ComplexInfinity"),
        (Symbol("c", real=False), "not to be real"),
        (sympy.Heaviside(a - b), "Heaviside"),
        (sympy.Piecewise((a, b > a), (0, True)), "Piecewise"),
        (sympy.airyai(a), "airyai"),
        (Sum(i * y[i, 0], (i, 0, m - 1)), "the index i is used as a number"),
        (Sum(y[i, 0], (i, 1, m - 1)), "whole axes"),
        (Sum(y[i, 0], (i, 0, n - 1)), "whole axis"),
        (Sum(y[i + 1, 0], (i, 0, m - 1)), "plain symbol"),
        (y[i, 0], "not summed over"),
        (A[0:2, :], "single rows and columns"),
        (MatrixSymbol("P", n / 2, n), "polynomial with integer coefficients"),
        (S ** Rational(1, 2), "power 1/2"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_what_is_not_known_is_refused_by_name(obj: Any, message: str) -> None:
    with pytest.raises(UnsupportedError, match=message):
        from_sympy(obj)


@pytest.mark.parametrize(
    "obj", [A + A.T, A * A, Trace(A * B * C) * A * A, Determinant(S) * x * y, x.T * x * y.T * y * S * A]
)
def test_shapes_sympy_does_not_check(obj: Any) -> None:
    with pytest.raises(ShapeError):
        from_sympy(obj)


def test_names() -> None:
    with pytest.raises(UnknownNameError, match="letters, digits and _ only"):
        from_sympy(MatrixSymbol("b d", n, 1))
    with pytest.raises(ShapeError, match="x is used both as"):
        from_sympy(x * Symbol("x"))
    with pytest.raises(ShapeError, match="S is declared"):
        from_sympy(S * x, {"S": Kind("scalar")})
