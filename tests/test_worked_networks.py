"""What the same texts derive for unknown functions, lists, neurons, batches and tensors; each line in its layouts.

The answers are checked numerically by `check`, which knows nothing of how they were found.
"""

from __future__ import annotations

import numpy as np
import pytest
from click.testing import CliRunner

import matcalc
from matcalc.cli import main

LAYOUTS = ("mixed", "numerator", "denominator")
F = "f: function -> scalar; "
ENTRYWISE = "f: elementwise function; g: elementwise function; w: vector(n); x: vector(n); "
NEURON = "max(0, w'*x + b)"
SQUARES = "sum_i((y_i - max(0, w'*x_i + b))^2)/N"
LINKS = (
    "y2: function(vector(n)) -> vector(m); y3: function(vector(m)) -> vector(k); "
    "z: function(vector(k)) -> scalar; y1: vector(n); z(y3(y2(y1)))"
)

# expression, variable, answer in mixed, numerator and denominator layout; an empty one is not named
LINES: list[tuple[str, str, str, str, str]] = [
    # unknown functions of linear maps, with the gradient at the argument
    (F + "f(A*X + B)", "X", "A'*grad(f)(A*X + B)", "grad(f)(A*X + B)'*A", "A'*grad(f)(A*X + B)"),
    (F + "f(A*X + B)", "A", "grad(f)(A*X + B)*X'", "X*grad(f)(A*X + B)'", "grad(f)(A*X + B)*X'"),
    (F + "f(A*X + B)", "B", "grad(f)(A*X + B)", "grad(f)(A*X + B)'", "grad(f)(A*X + B)"),
    (F + "f(X*A + B)", "X", "grad(f)(X*A + B)*A'", "", ""),
    (F + "a: vector(n); f(X*a + b)", "X", "grad(f)(X*a + b)*a'", "", ""),
    (F + "f(A*x + b)", "x", "A'*grad(f)(A*x + b)", "grad(f)(A*x + b)'*A", "A'*grad(f)(A*x + b)"),
    # a matrix in the middle
    (F + "f(x*x')", "x", "(grad(f)(x*x') + grad(f)(x*x')')*x", "", ""),
    (LINKS, "y1", "jac(y2)(y1)'*jac(y3)(y2(y1))'*grad(z)(y3(y2(y1)))", "", ""),
    # lists of functions by lists of variables
    (
        "[3*x^2*y, 2*x + y^8]",
        "[x, y]",
        "[[6*x*y, 3*x^2], [2, 8*y^7]]",
        "[[6*x*y, 3*x^2], [2, 8*y^7]]",
        "[[6*x*y, 2], [3*x^2, 8*y^7]]",
    ),
    ("x: scalar; y: scalar; 3*x^2*y", "[x, y]", "[6*x*y, 3*x^2]", "[[6*x*y, 3*x^2]]", "[6*x*y, 3*x^2]"),
    ("x: scalar; [log(x^2), sin(3*x)]", "x", "[2/x, 3*cos(3*x)]", "[2/x, 3*cos(3*x)]", ""),
    # entry by entry
    (ENTRYWISE + "f(w).*g(x)", "w", "diag(grad(f)(w).*g(x))", "diag(grad(f)(w).*g(x))", "diag(grad(f)(w).*g(x))"),
    (ENTRYWISE + "f(w).*g(x)", "x", "diag(f(w).*grad(g)(x))", "", ""),
    # a neuron and its loss
    (NEURON, "w", "step(x'*w + b)*x", "step(x'*w + b)*x'", ""),
    (NEURON, "b", "step(w'*x + b)", "step(w'*x + b)", "step(w'*x + b)"),
    ("x: vector(n); max(0, x)", "x", "diag(step(x))", "diag(step(x))", "diag(step(x))"),
    (SQUARES, "w", "2/N*sum_i((w'*x_i + b - y_i)*step(w'*x_i + b)*x_i)", "", ""),
    (SQUARES, "b", "2/N*sum_i((w'*x_i + b - y_i)*step(w'*x_i + b))", "", ""),
    (
        "b: scalar; norm2(y - max(0, X*w + b*ones(N)))^2/N",
        "w",
        "2*X'*(step(X*w + b).*(X*w + b - y))/N",
        "",
        "",
    ),
    # augmented weights
    ("sigmoid([w; b]'*[x; 1])", "w", "s = sigmoid(x'*w + b); (1 - s)*s*x", "", ""),
    # a linear map, and a layer over a batch
    ("A*X + B", "X", "[l,p,i,j] A[l,i]*eye(k)[p,j]", "", ""),
    ("L: function -> scalar; x: matrix(N,D); L(x*w + b')", "x", "grad(L)(x*w + b')*w'", "", ""),
    ("L: function -> scalar; x: matrix(N,D); w: matrix(D,M); L(x*w + b')", "w", "x'*grad(L)(x*w + b')", "", ""),
    (
        "L: function -> scalar; x: matrix(N,D); w: matrix(D,M); b: vector(M); L(x*w + b')",
        "b",
        "sum(grad(L)(x*w + b'), 1)'",
        "sum(grad(L)(x*w + b'), 1)",
        "",
    ),
]
NAMED = [
    (expression, wrt, layout, text)
    for expression, wrt, *texts in LINES
    for layout, text in zip(LAYOUTS, texts, strict=True)
    if text
]


@pytest.mark.parametrize(("expression", "wrt", "layout", "text"), NAMED)
def test_answer(expression: str, wrt: str, layout: str, text: str) -> None:
    answer = matcalc.differentiate(expression, wrt, layout=layout)
    assert answer.text == text
    result = CliRunner().invoke(main, ["diff", expression, "--wrt", wrt, "--layout", layout, "-q"])
    assert (result.exit_code, result.output.rstrip("\n")) == (0, text)


@pytest.mark.parametrize(("expression", "wrt"), [line[:2] for line in LINES])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_numbers(expression: str, wrt: str, layout: str) -> None:
    assert matcalc.differentiate(expression, wrt, layout=layout).check(seed=3).verdict == "ok"


def test_the_chain_of_jacobians_shows_its_shapes() -> None:
    assert matcalc.differentiate(LINKS, "y1").shape_text == "(n x m)(m x k)(k x 1) -> n x 1"


def test_a_neuron_in_latex_has_two_cases() -> None:
    latex = matcalc.differentiate(NEURON, "w").latex()
    assert latex == r"\begin{cases} x & \text{if } x^\top w + b > 0 \\ 0 & \text{otherwise} \end{cases}"


def test_the_convention_at_the_kink_is_stated() -> None:
    assert any("step(0) = 0" in note for note in matcalc.differentiate(NEURON, "w").notes)


def test_the_loss_over_samples_and_over_the_data_matrix_are_the_same_numbers() -> None:
    rng = np.random.default_rng(1)
    inputs, targets, weights, bias = rng.normal(size=(7, 3)), rng.normal(size=7), rng.normal(size=3), 0.3
    sample = matcalc.differentiate(SQUARES, "w").evaluate({"x": inputs, "y": targets, "w": weights, "b": bias})
    whole = matcalc.differentiate(
        "norm2(y - max(0, X*w + b*ones(N)))^2/N", "w", variables={"b": "scalar", "X": "matrix(N,n)"}
    ).evaluate({"X": inputs, "y": targets, "w": weights, "b": bias})
    np.testing.assert_allclose(sample, whole, rtol=1e-12)
    errors = inputs @ weights + bias
    by_hand = 2 / 7 * inputs.T @ (np.where(errors > 0, errors - targets, 0.0))
    np.testing.assert_allclose(sample, by_hand, rtol=1e-12)


def test_the_linear_map_as_a_kronecker_product() -> None:
    assert matcalc.differentiate("A*X + B", "X", vec=True).text == "kron(eye(k), A)"


def test_augmented_weights_give_the_derivatives_by_both_parts() -> None:
    kinds = {"w": "vector(n)", "b": "scalar", "x": "vector(n)"}
    together = matcalc.differentiate("tanh([w; b]'*[x; 1])", "[w, b]", variables=kinds)
    apart = [matcalc.differentiate("tanh(w'*x + b)", name, variables=kinds) for name in ("w", "b")]
    values = {"w": np.array([0.2, -0.4]), "b": 0.1, "x": np.array([1.5, 0.3])}
    expected = np.concatenate([np.atleast_1d(one.evaluate(values)) for one in apart])
    np.testing.assert_allclose(together.evaluate(values), expected, rtol=1e-12)


def test_an_answer_times_a_perturbation_approximates_the_change() -> None:
    matrix, point = np.array([[1.0, 2.0], [0.5, -1.0], [0.3, 0.2]]), np.array([0.4, -0.7])
    answer = matcalc.differentiate("sum(tanh(A*x))", "x")
    step = np.array([1e-6, -2e-6])
    change = np.tanh(matrix @ (point + step)).sum() - np.tanh(matrix @ point).sum()
    assert change == pytest.approx(answer.evaluate({"A": matrix, "x": point}) @ step, rel=1e-4)
