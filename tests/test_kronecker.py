"""Kronecker products, vec, commutation matrices and stacks of blocks: the text, the numbers, the way back."""

from __future__ import annotations

from inspect import signature

import numpy as np
import pytest

import matcalc
from matcalc import differentiate
from matcalc.parser import parse
from matcalc.printers.numpy import compile_numpy
from oracle.surface import evaluate as read_numbers
from reading_back import reads_back

SQUARES = {"A": "matrix(m,m)", "B": "matrix(n,n)", "x": "vector(m*n)", "y": "vector(m*n)"}
GRID = {"A": "matrix(m,m)", "B": "matrix(m,n)", "C": "matrix(n,m)", "D": "matrix(n,n)", "x": "vector(m + n)"}
PAIRS = {"A": "matrix(m,m)", "B": "matrix(n,n)", "C": "matrix(m,m)", "D": "matrix(n,n)"}

# expression, variable, kinds, answer
ANSWERS = [
    ("vec(A)'*kron(X, eye(p))*vec(B)", "X", {"A": "matrix(p,m)", "X": "matrix(m,n)", "B": "matrix(p,n)"}, "A'*B"),
    ("tr(kron(A, X))", "X", {}, "tr(A)*eye(k)"),
    ("tr(kron(A, B)*kron(C, D))", "A", PAIRS, "tr(B*D)*C'"),
    ("kron(A, B + t^2*C)", "t", {}, "2*t*kron(A, C)"),
    ("x'*kron(A, B)*x", "x", SQUARES, "(kron(A, B) + kron(A, B)')*x"),
    ("kron(A, B)*x", "x", {}, "kron(A, B)"),
    ("vec(A)'*vec(X)", "X", {}, "A"),
    ("vec(X)'*kron(A, B)*vec(X)", "X", {}, "B*X*A' + B'*X*A"),
    ("vec(A*X*B)'*vec(A*X*B)", "X", {}, "2*A'*A*X*B*B'"),
    ("norm2(vec(X))^2", "X", {}, "2*X"),
    ("norm2(kron(A, X))^2", "X", {}, "2*norm2(A)^2*X"),
    ("sum(exp(vec(X)))", "X", {}, "exp(X)"),
    ("vec(B)'*(1./vec(X))", "X", {"X": "matrix(m,n)", "B": "matrix(m,n)"}, "-B./X.^2"),
    ("kron(x, y)", "x", {}, "kron(eye(n), y)"),
    ("kron(x, y)", "y", {}, "kron(x, eye(k))"),
    ("sum(kron(x, y).^2)", "y", {}, "2*(x'*x)*y"),
    ("diag(kron(x, y))*z", "z", {}, "diag(kron(x, y))"),
    ("y'*commutation(m,n)*vec(A)", "y", {"A": "matrix(m,n)"}, "vec(A')"),
    ("y'*commutation(m,n)*vec(A)", "A", {"A": "matrix(m,n)"}, None),
    ("sum(commutation(m,n)*vec(A))", "A", {"A": "matrix(m,n)"}, "ones(m, n)"),
    ("det(kron(X, B))", "X", {"X": "matrix(k,k)", "B": "matrix(n,n)"}, "n*det(B)^k*det(X)^n*inv(X)'"),
    ("logdet(kron(X, B))", "B", {"X": "matrix(k,k)", "B": "matrix(n,n)"}, "k*inv(B)'"),
    ("y'*inv(kron(A, B))*y", "A", SQUARES, None),
    ("vec(A*X*B)", "X", {}, None),
    ("vec(tanh(A*X))", "X", {}, None),
    ("kron(X, B)", "X", {}, None),
    ("kron(B, X)", "X", {}, None),
    ("tr(C*kron(X, B))", "X", {}, None),
    ("kron(kron(A, X), B)*y", "y", {}, "kron(kron(A, X), B)"),
    ("tr(kron(kron(A, X), B))", "X", {}, "tr(A)*tr(B)*eye(k)"),
    ("y'*duplication(n)*v", "v", {"v": "vector((n*n + n)/2)", "y": "vector(n*n)"}, "duplication(n)'*y"),
    ("norm2(duplication(n)*v - vec(A))^2", "A", {"A": "matrix(n,n)", "v": "vector((n*n + n)/2)"}, None),
    ("[w; b]'*[x; 1]", "w", {}, "x"),
    ("[w; b]'*[x; 1]", "b", {}, "1"),
    ("sigmoid([w; b]'*[x; 1])", "b", {}, "s = sigmoid(w'*x + b); (1 - s)*s"),
    ("[A*x; B*x]", "x", {}, "[A; B]"),
    ("norm2([A*x; B*x] - y)^2", "x", {}, "2*[A; B]'*([A; B]*x - y)"),
    ("sum(tanh([W*x; V*y]).^2)", "x", {}, "2*W'*(tanh(W*x).*(1 - tanh(W*x).^2))"),
    ("x'*[A, B; C, D]*x", "x", GRID, "[A, B; C, D]*x + [A, B; C, D]'*x"),
    ("x'*[A, B; C, D]*x", "B", GRID, None),
    ("tr([A, B]*[C; D])", "C", {}, "A'"),
    ("logdet([A, B; B', C])", "B", {"A": "matrix(m,m)", "B": "matrix(m,n)", "C": "matrix(n,n)"}, None),
    ("norm2([x, y])", "x", {"x": "vector(n)", "y": "vector(n)"}, "x/norm2([x, y])"),
    ("y.*kron(a*x, ones(m))", "x", {"y": "vector(m*n)"}, "a*diag(y)*kron(eye(n), ones(m))"),
    ("sum([w; b].*x)", "w", {"x": "vector(n + 1)", "b": "scalar"}, None),
    ("kron(x, ones(m, n))", "x", {"x": "matrix(p,q)"}, None),
    ("[w; b]", "w", {"w": "vector(n)", "b": "scalar"}, "[eye(n); zeros(1, n)]"),
    ("[3*x^2*y, 2*x + y^8]", "x", {}, "[6*x*y, 2]"),
    ("[log(x^2), sin(3*x)]", "x", {"x": "scalar"}, "[2/x, 3*cos(3*x)]"),
    ("[3*x^2, 2; x, y^8]", "x", {}, "[[6*x, 0], [1, 0]]"),
]


SQUARE = {"X": "matrix(n,n)"}
# expression, variable, kinds, order, answer as d vec(Y)/d vec(X)'
VECTORISED = [
    ("A*x", "A", {}, 1, "kron(x', eye(m))"),
    ("A*X + B", "X", {}, 1, "kron(eye(k), A)"),
    ("A*X*B", "X", {}, 1, "kron(B', A)"),
    ("inv(X)", "X", {}, 1, "-kron(inv(X)', inv(X))"),
    ("X'", "X", {}, 1, "commutation(m, n)"),
    ("X.*B", "X", {}, 1, "diag(vec(B))"),
    ("sum(X, 1)", "X", {}, 1, "kron(eye(n), ones(m)')"),
    ("x*x'", "x", {}, 1, "kron(eye(n), x) + kron(x, eye(n))"),
    ("tr(X)*X", "X", SQUARE, 1, "tr(X)*eye(n*n) + vec(X)*vec(eye(n))'"),
    ("X/norm2(X)", "X", {}, 1, "eye(m*n)/norm2(X) - vec(X)*vec(X)'/norm2(X)^3"),
    ("tanh(A*X)", "X", {}, 1, "diag(vec(1 - tanh(A*X).^2))*kron(eye(k), A)"),
    ("diag(x)*A", "x", {}, 1, "kron(A', ones(n)).*kron(ones(k), eye(n))"),
    ("X'*X", "X", {}, 1, None),
    ("softmax(X, 2)", "X", {}, 1, None),
    ("kron(X, B)", "X", {}, 1, None),
    ("inv(S)", "S", {"S": "spd(n)"}, 1, None),
    ("logdet(X)", "X", {}, 2, "-commutation(n, n)*kron(inv(X)', inv(X))"),
    ("norm2(X*W - Y)^2", "X", {}, 2, "2*kron(W*W', eye(m))"),
    ("norm2(T - U*V')^2", "U", {}, 2, "2*kron(V'*V, eye(m))"),
    ("sum(exp(X*W))", "X", {}, 2, "kron(W, eye(m))*diag(vec(exp(X*W)))*kron(W', eye(m))"),
    ("sum(exp(X*W))", "W", {}, 2, "kron(eye(k), X')*diag(vec(exp(X*W)))*kron(eye(k), X)"),
    ("sum(exp(A*X*B))", "X", {}, 2, "kron(B, A')*diag(vec(exp(A*X*B)))*kron(B', A)"),
    ("det(X)", "X", {}, 2, None),
    ("norm2(U*tanh(X*W) - Y)^2", "W", {}, 2, None),
]


@pytest.mark.parametrize(("expression", "wrt", "kinds", "order", "wanted"), VECTORISED)
@pytest.mark.parametrize("layout", ["mixed", "numerator", "denominator"])
def test_tensors_as_matrices(
    expression: str, wrt: str, kinds: dict[str, str], order: int, wanted: str | None, layout: str
) -> None:
    answer = differentiate(expression, wrt, variables=kinds, order=order, layout=layout, vec=True)
    assert len(answer.shape) == 2
    assert answer.check(seed=1).verdict == "ok"
    if wanted is not None:
        assert layout == "denominator" or answer.text == wanted
        assert reads_back(answer.text, answer.variables, answer.expression)


def test_a_matrix_of_entries_is_numbered_as_vec_numbers_them() -> None:
    matrix = np.arange(6.0).reshape(2, 3) / 7
    tensor = differentiate("tanh(A*X)*B", "X")
    values = {"A": matrix, "X": matrix.T[:, :1] @ matrix[:1, :] + 0.1, "B": matrix.T}
    entries = tensor.evaluate(values)
    rows, columns = entries.shape[0] * entries.shape[1], entries.shape[2] * entries.shape[3]
    stacked = entries.reshape(rows, columns, order="F")
    found = differentiate("tanh(A*X)*B", "X", vec=True).evaluate(values)
    np.testing.assert_allclose(found, stacked, rtol=1e-12)


@pytest.mark.parametrize(("expression", "wrt", "kinds", "wanted"), ANSWERS)
def test_answer(expression: str, wrt: str, kinds: dict[str, str], wanted: str | None) -> None:
    answer = differentiate(expression, wrt, variables=kinds)
    if wanted is not None:
        assert answer.text == wanted
    assert answer.check(seed=1).verdict == "ok"


@pytest.mark.parametrize(("expression", "wrt", "kinds", "wanted"), [a for a in ANSWERS if a[3] is not None])
@pytest.mark.parametrize("layout", ["mixed", "numerator", "denominator"])
def test_text_reads_back(expression: str, wrt: str, kinds: dict[str, str], wanted: str, layout: str) -> None:
    answer = differentiate(expression, wrt, variables=kinds, layout=layout)
    assert reads_back(answer.text, answer.variables, answer.expression)
    assert answer.check().verdict == "ok"


@pytest.mark.parametrize(("expression", "wrt", "kinds", "wanted"), [a for a in ANSWERS if a[3] is not None])
def test_generated_code_and_sympy_give_the_numbers(
    expression: str, wrt: str, kinds: dict[str, str], wanted: str
) -> None:
    answer = differentiate(expression, wrt, variables=kinds)
    rng = np.random.default_rng(3)
    sizes = {"m": 2, "n": 3, "k": 4, "p": 5, "q": 2, "l": 3}
    values = {
        name: rng.uniform(0.5, 1.5, tuple(d.value(sizes) for d in kind.shape)[: len(_axes(kind))])
        for name, kind in answer.variables.items()
    }
    expected = np.squeeze(answer.evaluate(values, sizes))
    compiled = compile_numpy(answer.expression, answer.rulebook)
    given = {**values, **sizes}
    found = compiled(**{name: given[name] for name in signature(compiled._function).parameters})
    np.testing.assert_allclose(np.squeeze(found), expected, rtol=1e-10)
    assert "\\" in answer.latex() or answer.latex()
    assert answer.sympy() is not None


def _axes(kind: matcalc.kinds.Kind) -> list[object]:
    return [d for d in kind.shape if d.number != 1]


def test_vec_stacks_columns_and_kron_counts_the_inner_index_fastest() -> None:
    matrix = np.arange(6.0).reshape(2, 3)
    other = np.arange(8.0).reshape(4, 2)
    stacked = matcalc.evaluate("vec(A)", {"A": matrix})
    assert stacked.tolist() == matrix.reshape(-1, order="F").tolist()
    np.testing.assert_array_equal(matcalc.evaluate("kron(A, B)", {"A": matrix, "B": other}), np.kron(matrix, other))
    turned = matcalc.evaluate("commutation(m,n)*vec(A)", {"A": matrix}, variables={"A": "matrix(m,n)"})
    assert turned.tolist() == matrix.T.reshape(-1, order="F").tolist()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[A, B; C]", "the rows of this matrix have different lengths"),
        ("commutation(m)", "commutation takes the two sizes"),
        ("kron(A)", "kron takes two matrices"),
    ],
)
def test_errors(text: str, message: str) -> None:
    with pytest.raises(matcalc.MatcalcError) as caught:
        parse(text)
    assert message in str(caught.value)


def test_blocks_of_different_heights_are_refused() -> None:
    with pytest.raises(matcalc.ShapeError, match="same height"):
        parse("[A, B]", {"A": "matrix(m,n)", "B": "matrix(k,n)"})


def test_the_oracle_reads_a_kronecker_answer() -> None:
    answer = differentiate("x'*kron(A, B)*x", "x", variables=SQUARES)
    rng = np.random.default_rng(0)
    values = {"A": rng.normal(size=(2, 2)), "B": rng.normal(size=(3, 3)), "x": rng.normal(size=6)}
    shown = read_numbers(answer.text, values, {"m": 2, "n": 3})
    np.testing.assert_allclose(np.squeeze(shown), answer.evaluate(values), rtol=1e-12)
