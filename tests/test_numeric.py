"""Numbers of expressions, against the same formula typed in NumPy."""

import builtins

import numpy as np
import pytest

from matcalc import expr as ex
from matcalc.dimensions import ONE, SCALAR, Dimension
from matcalc.errors import MatcalcError, ShapeError, UnsupportedError
from matcalc.expr import Symbol
from matcalc.kinds import Kind
from matcalc.numeric import evaluate, sizes_from

M, N, K = (Dimension.of(name) for name in "mnk")
RNG = np.random.default_rng(7)
# m, n, k are all different: a transpose left out is a shape error
VALUES = {
    "A": RNG.normal(size=(4, 3)),
    "B": RNG.normal(size=(3, 2)),
    "C": RNG.normal(size=(4, 3)),
    "S": RNG.normal(size=(3, 3)) + 3 * np.eye(3),
    "x": RNG.uniform(0.5, 2, size=3),
    "y": RNG.normal(size=4),
    "h": RNG.normal(size=(1, 3)),
    "s": np.array(1.7),
    "t": np.array(-0.6),
}
A, B, C, S, x, y, h, s, t = (VALUES[name] for name in "ABCSxyhst")
a, b, c, sq, col, tall, row, p, q = (
    ex.symbol(name, kind)
    for name, kind in {
        "A": Kind("matrix", (M, N)),
        "B": Kind("matrix", (N, K)),
        "C": Kind("matrix", (M, N)),
        "S": Kind("invertible", (N,)),
        "x": Kind("vector", (N,)),
        "y": Kind("vector", (M,)),
        "h": Kind("row", (N,)),
        "s": Kind("scalar"),
        "t": Kind("scalar"),
    }.items()
)
ONE_, TWO = ex.number(1), ex.number(2)


def call(name, *args, shape=SCALAR):
    return ex.call(name, args, shape)


CASES = {
    "number": (ex.number(3), 3.0),
    "size": (ex.mul(ex.size(M), ex.mul(ex.size(N), call("sum", a))), 12 * np.sum(A)),
    "symbols": (a, A),
    "column": (col, x),
    "row": (row, h),
    "add": (ex.add(a, ex.neg(c), p), A - C + s),
    "a row is added to each row": (ex.add(a, row), A + h),
    "a column is added to each column": (ex.add(a, tall), A + y[:, None]),
    "product": (ex.mul(ex.mul(a, b), ex.transpose(b)), A @ B @ B.T),
    "scaled product": (ex.mul(ex.mul(ex.mul(p, a), b), q), s * t * (A @ B)),
    "inner product": (ex.mul(ex.transpose(col), col), x @ x),
    "outer product": (ex.mul(col, ex.transpose(tall)), np.outer(x, y)),
    "quadratic form": (ex.mul(ex.mul(ex.transpose(tall), a), col), y @ A @ x),
    "a scalar of vectors scales": (ex.mul(ex.mul(ex.transpose(col), col), b), (x @ x) * B),
    "product that is a scalar, then a scalar": (ex.mul(ex.mul(ex.transpose(col), col), p), (x @ x) * s),
    "row times column in a longer product": (ex.mul(ex.mul(col, row), col), x * (h @ x)),
    "hadamard": (ex.had(ex.had(a, c), a), A * C * A),
    "div": (ex.div(a, p), A / s),
    "haddiv": (ex.haddiv(ONE_, col), 1 / x),
    "power": (ex.power(q, ex.number(3)), t**3),
    "matrix power": (ex.power(sq, ex.number(3)), S @ S @ S),
    "negative matrix power": (ex.power(sq, ex.number(-2)), np.linalg.inv(S @ S)),
    "hadpow": (ex.hadpow(col, p), x**s),
    "transpose": (ex.transpose(a), A.T),
    "entry": (ex.entry(a, 2, 3), A[1, 2]),
    "row of a matrix": (ex.entry(a, 2, None), A[1:2]),
    "column of a matrix": (ex.entry(a, None, 3), A[:, 2]),
    "entry of a vector": (ex.entry(col, 3, 1), x[2]),
    "stack": (ex.stack((p, q, ONE_, TWO, p, q), 2, 3), np.array([[s, t, 1], [2, s, t]])),
    "stacked column": (ex.stack((p, q), 2, 1), np.array([s, t])),
    "tr": (call("tr", sq), np.trace(S)),
    "sum": (call("sum", a), np.sum(A)),
    "column sums": (call("sum", a, ONE_, shape=(ONE, N)), np.sum(A, 0)[None]),
    "row sums": (call("sum", a, TWO, shape=(M, ONE)), np.sum(A, 1)),
    "diag of a vector": (call("diag", col, shape=(N, N)), np.diag(x)),
    "diag of a row": (call("diag", row, shape=(N, N)), np.diag(h[0])),
    "diag of a matrix": (call("diag", sq, shape=(N, ONE)), np.diag(S)),
    "vec": (call("vec", a, shape=(M * N, ONE)), A.T.ravel()),
    "kron": (call("kron", a, b, shape=(M * N, N * K)), np.kron(A, B)),
    "eye": (ex.mul(call("eye", ex.size(N), shape=(N, N)), col), x),
    "ones": (ex.mul(call("ones", ex.size(K), ex.size(N), shape=(K, N)), col), np.full(2, np.sum(x))),
    "zeros": (ex.add(call("zeros", ex.size(N), shape=(N, ONE)), col), x),
    "max": (call("max", ex.number(0), a, shape=(M, N)), np.maximum(A, 0)),
    "min": (call("min", a, c, shape=(M, N)), np.minimum(A, C)),
    "pi": (call("pi"), np.pi),
    "elementwise function": (call("exp", a, shape=(M, N)), np.exp(A)),
    "elementwise definition that spreads": (call("clip", a, q, p, shape=(M, N)), np.clip(A, t, s)),
    "matrix function": (call("inv", sq, shape=(N, N)), np.linalg.inv(S)),
    "definition": (call("var", a), np.var(A)),
    "literal": (call("mean", a, ONE_, shape=(ONE, N)), np.mean(A, 0)[None]),
    "softmax of a vector": (call("softmax", col, shape=(N, ONE)), np.exp(x) / np.sum(np.exp(x))),
    "alias": (call("ln", col, shape=(N, ONE)), np.log(x)),
}


@pytest.mark.parametrize("expr, expected", CASES.values(), ids=CASES)
def test_numbers(expr, expected):
    found = evaluate(expr, VALUES, {"m": 4, "n": 3, "k": 2})
    assert found.shape == np.shape(expected)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_symbolic_shapes_decide_where_sizes_are_one():
    """With n = 1 a product of matrices is still a product, a column still a column."""
    one = {"A": np.array([[2.0], [3.0]]), "B": np.array([[5.0, 7.0, 11.0]]), "x": np.array([4.0])}
    assert evaluate(ex.mul(a, b), one).tolist() == [[10, 14, 22], [15, 21, 33]]
    assert evaluate(ex.mul(a, col), one).tolist() == [8, 12]
    assert evaluate(call("diag", col, shape=(N, N)), one).tolist() == [[4]]


def test_deep_expressions_are_evaluated():
    deep = p
    for _ in range(3000):
        deep = call("sin", ex.add(deep, ONE_))
    assert np.isfinite(evaluate(deep, VALUES))


@pytest.mark.parametrize(
    "name, at, expected",
    [
        ("sigmoid", -745.0, np.exp(-745.0)),
        ("softplus", 800.0, 800.0),
        ("softplus", -40.0, np.exp(-40.0)),
        ("silu", 800.0, 800.0),
    ],
)
def test_elementwise_functions_do_not_overflow(name, at, expected):
    assert evaluate(call(name, p), {"s": at}) == pytest.approx(expected, rel=1e-12)


def test_reductions_do_not_overflow():
    big = {"x": np.array([1000.0, 1001.0, -1000.0])}
    assert evaluate(call("logsumexp", col), big) == pytest.approx(1001 + np.log(1 + np.exp(-1)))
    assert np.all(np.isfinite(evaluate(call("softmax", col, shape=(N, ONE)), big)))
    large = {"S": 1e150 * np.diag([1.0, -2.0, 3.0])}
    assert evaluate(call("logdet", sq), large) == pytest.approx(np.log(6) + 450 * np.log(10))


def test_outside_of_the_domain_is_not_a_number():
    assert np.isnan(evaluate(call("log", q), VALUES))


@pytest.mark.parametrize(
    "value, expected",
    [([1, 2, 3], (3,)), (np.ones((3, 1)), (3,)), (np.ones(3, dtype=int), (3,)), (np.ones(3, dtype=bool), (3,))],
)
def test_a_vector_is_given_as_one_or_two_axes(value, expected):
    assert evaluate(col, {"x": value}).shape == expected


ERRORS = {
    "missing": (ex.mul(a, col), {"A": A}, MatcalcError, "no value is given for x, a vector(n)"),
    "a matrix for a vector": (col, {"x": A}, ShapeError, "x is a vector(n), but its value is an array of shape (4, 3)"),
    "a row for a vector": (col, {"x": h}, ShapeError, "x is a vector(n), but its value is an array of shape (1, 3)"),
    "a vector for a matrix": (a, {"A": x}, ShapeError, "A is a matrix(m,n), but its value is an array of shape (3,)"),
    "a vector for a scalar": (p, {"s": x}, ShapeError, "s is a scalar, but its value is an array of shape (3,)"),
    "not square": (sq, {"S": A}, ShapeError, "S has 3 entries along n, which is 4, by S"),
    "clash": (ex.mul(a, col), {"A": A, "x": y}, ShapeError, "x has 4 entries along n, which is 3, by A"),
    "complex": (col, {"x": x * 1j}, MatcalcError, "the value of x has entries of type complex128: only real numbers"),
    "text": (col, {"x": ["a", "b"]}, MatcalcError, "the value of x has entries of type <U1: only real numbers"),
    "ragged": (col, {"x": [object()]}, MatcalcError, "the value of x is not an array of numbers"),
    "singular": (call("inv", sq, shape=(N, N)), {"S": np.ones((2, 2))}, MatcalcError, "inv cannot be evaluated here:"),
    "unknown size": (call("tr", call("eye", ex.size(K), shape=(K, K))), {}, MatcalcError, "the size 'k' is not known"),
    "index": (ex.entry(col, 5, 1), {"x": x}, MatcalcError, "the index 5 is outside 1..3"),
    "bound index": (ex.entry(col, "i", 1), {"x": x}, UnsupportedError, "the index i has no number yet"),
}


@pytest.mark.parametrize("expr, values, error, message", ERRORS.values(), ids=ERRORS)
def test_errors(expr, values, error, message):
    with pytest.raises(error) as caught:
        evaluate(expr, values)
    assert str(caught.value).startswith(message)


def test_more_values_than_needed_are_accepted():
    assert evaluate(p, VALUES) == s


def symbol(name, *axes):
    return Symbol(name, Kind("matrix", axes))


def test_sizes_are_read_off_arrays():
    axes = [symbol("A", M, N), symbol("B", N + N, K * K), symbol("C", M * N, K + ONE)]
    values = {"A": np.ones((4, 3)), "B": np.ones((6, 25)), "C": np.ones((12, 6))}
    assert sizes_from(axes, values) == {"m": 4, "n": 3, "k": 5}
    assert sizes_from([symbol("B", N + N + ONE, K)], {"B": np.ones((7, 2))}) == {"n": 3, "k": 2}
    assert sizes_from(axes[:1], {}, {"m": 2}) == {"m": 2}


def test_sizes_that_disagree_are_errors():
    with pytest.raises(ShapeError, match="A has 4 entries along m, which is 5, by the sizes given"):
        sizes_from([symbol("A", M, N)], {"A": np.ones((4, 3))}, {"m": 5})
    with pytest.raises(ShapeError, match=r"no n makes 2\*n equal to 7"):
        sizes_from([symbol("B", N + N, K)], {"B": np.ones((7, 2))})
    with pytest.raises(ShapeError, match=r"B has 7 entries along m\*n, which is 12, by A"):
        sizes_from([symbol("A", M, N), symbol("B", M * N, K)], {"A": np.ones((4, 3)), "B": np.ones((7, 2))})
    with pytest.raises(ShapeError, match="A has 4 entries along an axis of 5") as caught:
        sizes_from([symbol("A", Dimension.of(5), N)], {"A": np.ones((4, 3))})
    assert (caught.value.expected, caught.value.found) == ("5", "4")


def test_missing_scipy_names_the_extra(monkeypatch):
    from matcalc import templates

    real = builtins.__import__

    def without_scipy(name, *rest, **more):
        if name.startswith("scipy"):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(templates, "_functions", {})
    monkeypatch.setattr(builtins, "__import__", without_scipy)
    with pytest.raises(MatcalcError) as caught:
        evaluate(call("erf", p), VALUES)
    assert str(caught.value).split("\n") == [
        "the numbers of erf need SciPy, which is not installed",
        "  install it with: pip install 'matcalc[scipy]'",
    ]
    assert evaluate(call("sigmoid", p), VALUES) == pytest.approx(1 / (1 + np.exp(-s)))
