"""NumPy code: what it looks like, and that its numbers are those of the expression."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expressions import LEAVES, SIZES, A, K, S, a, random_expression, values, x, y
from matcalc.dimensions import SCALAR
from matcalc.errors import UnsupportedError
from matcalc.expr import Expr, add, call, div, entry, had, mul, neg, number, power, symbol, symbols, transpose
from matcalc.kinds import Kind
from matcalc.numeric import evaluate
from matcalc.parser import parse
from matcalc.printers.numpy import compile_numpy, source

KINDS = {leaf.value.name: leaf.value.kind for leaf in LEAVES}


def body(line: str, **kinds: str) -> list[str]:
    """The lines after the docstring."""
    code = source(parse(line, {**KINDS, **kinds}).expr)
    return [part.strip() for part in code.rpartition('"""')[2].strip().split("\n")]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("2*A'*(A*x - y)", "return 2 * (A.T @ (A @ x - y))"),
        ("x'*S*x", "return x @ S @ x"),
        ("x*y'", "return np.outer(x, y)"),
        ("A*x*y'*A", "return np.outer(A @ x, y @ A)"),
        ("(x'*S*x)*A", "return (x @ S @ x) * A"),
        ("inv(S)*x", "return np.linalg.solve(S, x)"),
        ("inv(S)'*x", "return np.linalg.solve(S.T, x)"),
        ("h*inv(S)", "return np.linalg.solve(S.T, h[0])[None, :]"),
        ("A*inv(S)", "return np.linalg.solve(S.T, A.T).T"),
        ("y'*inv(K)*y", "return y @ np.linalg.solve(K, y)"),
        ("inv(S)*inv(S)", "return np.linalg.solve(S, np.linalg.inv(S))"),
        ("inv(S)", "return np.linalg.inv(S)"),
        ("diag(x)*S*diag(x)", "return x[:, None] * S * x"),
        ("diag(x)*x", "return x * x"),
        ("diag(x)*diag(x)", "return np.diag(x * x)"),
        ("A*diag(x)", "return A * x"),
        ("tr(A*S*A')", "return np.sum((A @ S) * A)"),
        ("tr(S*inv(S))", "return np.trace(np.linalg.solve(S.T, S.T).T)"),
        ("diag(A*A')", "return np.sum(A * A, axis=1)"),
        ("sum(A, 1)", "return np.sum(A, axis=0)[None, :]"),
        ("sum(A, 2)", "return np.sum(A, axis=1)"),
        ("sum(x, 1)", "return np.sum(x)"),
        ("sum(x, 2)", "return x"),
        ("A + h", "return A + h[0]"),
        ("A + y", "return A + y[:, None]"),
        ("h'", "return h[0]"),
        ("x'", "return x[None, :]"),
        ("x - -x", "return x + x"),
        ("-(x + x)./x", "return -(x + x) / x"),
        ("x.^2 + 1./x", "return x**2 + 1 / x"),
        ("x.^(-2)", "return x**-2.0"),
        ("x.^a", "return np.power(x, a)"),
        ("S^2", "return np.linalg.matrix_power(S, 2)"),
        ("logdet(S)", "return np.linalg.slogdet(S)[1]"),
        ("a*x/3", "return a * x / 3"),
        ("1/3*x", "return 1 / 3 * x"),
        ("A[1,2]*x", "return A[0, 1] * x"),
        ("vec(A)", 'return np.ravel(A, order="F")'),
        ("sum(kron(x, y))", "return np.sum(np.kron(x, y))"),
        ("[a, 1; 2, a]", "return np.array([[a, 1], [2, a]])"),
        ("pi*a", "return np.pi * a"),
    ],
)
def test_one_line(line: str, expected: str) -> None:
    assert body(line) == [expected] or body(line)[-1] == expected


def test_whole_function() -> None:
    assert source(parse("sigmoid(-y.*(A*x))/n", KINDS).expr, "loss") == (
        "import numpy as np\n\n\n"
        "def loss(y, A, x):\n"
        '    """sigmoid(-y.*(A*x))/n.\n\n'
        '    With y: vector(m) positive, A: matrix(m,n) positive, x: vector(n) positive.\n    """\n'
        "    n = A.shape[1]\n"
        "    return np.exp(-np.logaddexp(0, -(-y * (A @ x)))) / n\n"
    )


def test_shared_parts_are_computed_once() -> None:
    assert body("tanh(A*x).*tanh(A*x) + A*x") == ["t1 = A @ x", "t2 = np.tanh(t1)", "return t2 * t2 + t1"]
    assert body("inv(S) - inv(S)*x*x'*inv(S)")[0] == "t1 = np.linalg.inv(S)"


def test_sizes_come_from_arrays_else_by_keyword() -> None:
    assert body("ones(n)/n + x") == ["n = x.shape[0]", "return np.ones(n) / n + x"]
    ones = call("ones", (parse("ones(p, q)").expr.args), parse("ones(p, q)").expr.shape)
    assert "def f(*, p, q):" in source(ones)
    assert compile_numpy(ones)(p=2, q=3).shape == (2, 3)
    doubled = parse("z'*ones(2*p)*ones(p)", {"z": "vector(2*p)"}).expr
    assert "p = z.shape[0] // 2" in source(doubled)
    shifted = parse("z'*ones(2*p + 1)*ones(p)", {"z": "vector(2*p + 1)"}).expr
    assert compile_numpy(shifted)(np.ones(7)).shape == (3,)


def test_extra_arguments_show_sizes() -> None:
    gradient = parse("ones(m, n)").expr
    f = compile_numpy(gradient, arguments=[A.value])
    assert f.arguments == ("A",)
    assert f(np.zeros((2, 5))).shape == (2, 5)
    with pytest.raises(UnsupportedError, match="'x' is not among the arguments"):
        source(x, arguments=[A.value])


def test_names_that_python_reserves() -> None:
    code = source(parse("lambda*x + np", {"lambda": "scalar", "np": "vector(n)", "t1": "scalar"}).expr)
    assert "def f(lambda_, x, np_):" in code
    both = mul(symbol("lambda", Kind("scalar")), symbol("lambda_", Kind("scalar")))
    assert "def f(lambda__, lambda_):" in source(both)
    with pytest.raises(UnsupportedError, match="cannot be a name"):
        source(symbol("x; import os", Kind("scalar")))


def test_locals_skip_the_names_in_use() -> None:
    assert body("tanh(t1) + cos(tanh(t1))", t1="scalar")[0] == "t2 = np.tanh(t1)"


def test_imports_only_what_is_used() -> None:
    assert source(parse("A*x", KINDS).expr).startswith("def f(A, x):")
    assert source(parse("erf(x)", KINDS).expr).startswith("import scipy.special\n\n\n")


def test_integer_arrays() -> None:
    f = compile_numpy(parse("x.^(-2) + 2.^(-x)", {"x": "vector(n)"}).expr)
    assert np.allclose(f(np.array([1, 2])), [1.5, 0.5])


def test_unknown_functions_and_indices_are_refused() -> None:
    with pytest.raises(UnsupportedError, match="index"):
        source(entry(x, "i", None))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**9), depth=st.integers(1, 5))
def test_numbers_of_the_code_are_those_of_the_expression(seed: int, depth: int) -> None:
    expr = random_expression(seed, depth)
    given_values = values(seed % 7)
    expected = evaluate(expr, given_values, SIZES)
    if not np.all(np.isfinite(expected)):
        return
    f = compile_numpy(expr, arguments=[leaf.value for leaf in LEAVES])
    found = f(**given_values)
    assert np.shape(found) == expected.shape
    assert np.allclose(found, expected, rtol=1e-7, atol=1e-9 * (1 + np.max(np.abs(expected))))
    assert max(map(len, f.source.split("\n"))) < 180


FUNCTIONS = """
mean(A)  mean(A, 1)  mean(A, 2)  var(A)  var(A, 1)  var(A, 2)  std(x)  std(A, 1)  softmax(x)  softmax(A, 1)
softmax(A, 2)  softmax(A)  logsumexp(x)  logsumexp(A)  logsumexp(A, 1)  logsumexp(A, 2)  prod(x)  prod(A, 1)  prod(A, 2)
clip(A, 0.5, a)  gelu(x)  silu(x)  normcdf(x)  normpdf(A)  dot(x, h')  outer(x, y)  pinv(A)  adj(S)  det(S)  norm1(A)
norm1(x)  norm2(A)  normF(x)  softplus(-x)  log1p(x)  expm1(x)  gamma(x)  lgamma(x)  digamma(x)  trigamma(x)  erfc(x)
logdet(a)  inv(a)  pinv(x)  pinv(h)  pinv(a)  det(a)  adj(a)  prod(a)  mean(x)  mean(h)  var(h)  softmax(h)  norm(x)
"""


@pytest.mark.parametrize("line", [name for row in FUNCTIONS.strip().split("\n") for name in row.split("  ")])
def test_functions_of_the_rules(line: str) -> None:
    try:
        expr = parse(line, KINDS).expr
    except UnsupportedError:
        pytest.fail(f"{line} is not read")
    found = compile_numpy(expr, arguments=[leaf.value for leaf in LEAVES])(**values())
    expected = evaluate(expr, values(), SIZES)
    assert np.shape(found) == expected.shape
    assert np.allclose(found, expected, rtol=1e-9)


def test_matrix_products_of_any_length() -> None:
    chain: Expr = S
    for _ in range(60):
        chain = mul(chain, S)
    expected = np.linalg.matrix_power(values()["S"], 61)
    assert np.allclose(compile_numpy(chain)(values()["S"]), expected)
    assert np.allclose(compile_numpy(mul(chain, x))(**{n: values()[n] for n in "Sx"}), expected @ values()["x"])


def test_depth_is_no_limit() -> None:
    given_values = values()
    deep: Expr = x
    for _ in range(3000):
        deep = call("tanh", (mul(S, deep),), x.shape)
    f = compile_numpy(deep)
    assert np.allclose(f(**{n: given_values[n] for n in f.arguments}), evaluate(deep, given_values, SIZES))
    wide: Expr = y
    for _ in range(3000):
        wide = add(wide, neg(mul(K, y)), had(y, y))
    assert np.isfinite(compile_numpy(wide)(given_values["y"], given_values["K"])).all()
    fraction: Expr = a
    for _ in range(3000):
        fraction = div(number(1), add(number(1), power(fraction, number(2))))
    assert np.allclose(compile_numpy(fraction)(given_values["a"]), evaluate(fraction, given_values, SIZES))


def test_sharing_keeps_the_code_small() -> None:
    node: Expr = x
    for _ in range(200):
        node = add(call("sin", (node,), x.shape), call("cos", (node,), x.shape))
    assert len(source(node).split("\n")) < 220
    assert len(symbols(node)) == 1
    assert transpose(node).shape == (x.shape[1], x.shape[0])
    assert call("sum", (node,), SCALAR).is_scalar
