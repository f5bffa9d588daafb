"""Closed-form solutions, each put back into its equation with numbers, and steps of gradient descent."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner

from matcalc import NotAffineError, ShapeError, UnsupportedError, parse, solve, update
from matcalc.cli import main
from oracle.surface import evaluate

POSITIVE = {"a": "scalar positive"}
SIZES = {"m": 5, "n": 3, "k": 4, "p": 6, "q": 2, "l": 7}

# objective, unknown, declarations, solution, whether it is known to be a minimum
STATIONARY = [
    ("(X*theta - y)'*(X*theta - y)", "theta", {}, "inv(X'*X)*X'*y", "minimum"),
    ("norm2(X*w - y)^2 + a*norm2(w)^2", "w", POSITIVE, "inv(X'*X + a*eye(n))*X'*y", "minimum"),
    ("norm2(X*w - y)^2/m + a*norm2(w)^2", "w", {**POSITIVE, "X": "matrix(m,n)"}, None, "minimum"),
    ("(X*w - y)'*diag(v)*(X*w - y)", "w", {"v": "vector(m) positive"}, "inv(X'*diag(v)*X)*X'*(v.*y)", "minimum"),
    ("(X*w - y)'*inv(S)*(X*w - y)", "w", {"S": "spd(m)"}, "inv(X'*inv(S)*X)*X'*inv(S)*y", "minimum"),
    ("(X*w - y)'*W*(X*w - y)", "w", {}, "inv(X'*(W + W')*X)*X'*(W + W')*y", "unknown"),
    ("0.5*x'*A*x - b'*x", "x", {"A": "spd(n)", "b": "vector(n)"}, "inv(A)*b", "minimum"),
    ("0.5*x'*A*x - b'*x", "x", {"b": "vector(n)"}, "2*inv(A + A')*b", "unknown"),
    ("b'*x - x'*A*x", "x", {"A": "spd(n)", "b": "vector(n)"}, "0.5*inv(A)*b", "maximum"),
    ("norm2(X*w - y)^2 + b'*w", "w", {"b": "vector(n)", "X": "matrix(m,n)"}, None, "minimum"),
    ("norm2(X*w - y)^2 + a*norm2(D*w - z)^2", "w", POSITIVE, None, "minimum"),
    ("norm2(A*X - B)^2 + a*norm2(X)^2", "X", POSITIVE, "inv(A'*A + a*eye(n))*A'*B", "minimum"),
    ("norm2(X*A - B)^2", "X", {}, "B*A'*inv(A*A')", "minimum"),
    ("norm2(A*X*B - C)^2", "X", {}, "inv(A'*A)*A'*C*B'*inv(B*B')", "minimum"),
    ("norm2(Y - U*V')^2", "V", {}, "Y'*U*inv(U'*U)", "minimum"),
    (
        "norm2(X - M)^2 + a*tr(X'*L*X) + b*tr(X*K*X')",
        "X",
        {**POSITIVE, "b": "scalar positive", "L": "psd(m)", "K": "psd(n)"},
        "sylvester(a*L + eye(m), b*K, M)",
        "minimum",
    ),
    ("tr(X*A*X) - 2*tr(B*X)", "X", {"X": "symmetric(n)", "A": "spd(n)"}, "sylvester(A, A, B + B')", "minimum"),
    ("norm2(A*X - B)^2", "X", {"X": "symmetric(n)"}, "sylvester(A'*A, A'*A, A'*B + B'*A)", "minimum"),
    ("norm2(S - A)^2", "S", {"S": "symmetric(n)"}, "0.5*(A + A')", "minimum"),
    ("norm2(a*x - y)^2", "a", {}, "x'*y/norm2(x)^2", "minimum"),
    ("sum(w.*(x - c).^2)", "x", {"w": "vector(n) positive", "c": "vector(n)"}, "c", "minimum"),
    ("sum(W.*(X - Y).^2) + norm2(X)^2", "X", {"W": "matrix(m,n) positive"}, "W.*Y./(W + 1)", "minimum"),
]
# left side, right side, unknown, declarations, solution
EQUATIONS = [
    ("A*x", "b", "x", {}, "inv(A)*b"),
    ("2*X'*(X*theta - y)", "0", "theta", {}, "inv(X'*X)*X'*y"),
    ("A*X*B", "C", "X", {}, "inv(A)*C*inv(B)"),
    ("A*X + B*X", "C", "X", {}, "inv(A + B)*C"),
    ("X*A + 3*X", "C", "X", {}, None),
    ("A*X'*B", "C", "X", {}, "inv(B)'*C'*inv(A)'"),
    ("A*X + X*B", "C", "X", {}, "sylvester(A, B, C)"),
    ("A*X", "X*B + C", "X", {}, "sylvester(A, -B, C)"),
    ("A*X*B + X", "C", "X", {}, "sylvester(inv(A), B, inv(A)*C)"),
    ("X", "A*X*A' + Q", "X", {}, None),
    ("A*X*B + C*X*D", "F", "X", {}, "sylvester(inv(A)*C, B*inv(D), inv(A)*F*inv(D))"),
    ("A.*X + X", "B", "X", {}, "B./(A + 1)"),
    ("d.*x", "b", "x", {"d": "vector(n)", "b": "vector(n)"}, "b./d"),
    ("D*x + x", "b", "x", {"D": "diagonal(n)"}, None),
    ("a*x + b", "c", "x", {"x": "scalar"}, "(c - b)/a"),
    ("a'*x", "b - 2*x", "x", {"x": "scalar", "a": "scalar", "b": "scalar"}, None),
]


def drawn(kinds, seed):
    """Numbers for every name, in matrices that are well away from singular."""
    rng = np.random.default_rng(seed)
    found = {}
    for name, kind in kinds.items():
        shape = tuple(SIZES[d.text] if d.number is None else d.number for d in kind.shape)
        numbers = rng.uniform(0.3, 1.3, shape) * rng.choice([-1, 1], shape)
        if shape[0] == shape[1] > 1:
            numbers = numbers / 2 + 3 * np.eye(shape[0])
        if "positive" in kind.facts:
            numbers = abs(numbers)
        if kind.structure in ("spd", "psd"):
            numbers = numbers @ numbers.T
        if kind.structure in ("symmetric", "diagonal"):
            numbers = (numbers + numbers.T) / 2 if kind.structure == "symmetric" else np.diag(np.diag(numbers))
        found[name] = numbers
    return found


def solution_value(found, values):
    from scipy.linalg import solve_sylvester

    return evaluate(found.text, values, SIZES, functions={"sylvester": solve_sylvester})


def slopes(text, values, unknown, symmetric):
    """The differences of the objective along each entry, or each pair of entries, of the unknown."""
    base, step = values[unknown], 1e-4
    for i in range(base.shape[0]):
        for j in range(base.shape[1]):
            move = np.zeros_like(base)
            move[i, j] = step
            move = move + move.T if symmetric else move
            ahead, behind = (
                float(np.squeeze(evaluate(text, {**values, unknown: base + s * move}, SIZES))) for s in (1, -1)
            )
            yield (ahead - behind) / (2 * step)


@pytest.mark.parametrize(("text", "unknown", "kinds", "wanted", "point"), STATIONARY)
def test_a_stationary_point_has_no_slope(text, unknown, kinds, wanted, point):
    found = solve(text, unknown, kinds)
    assert wanted is None or found.text == wanted
    assert found.point == point
    for seed in range(2):
        values = drawn(found.variables, seed)
        elsewhere = max(map(abs, slopes(text, values, unknown, "symmetric" in found.unknown.kind.facts)))
        values[unknown] = np.reshape(solution_value(found, values), values[unknown].shape)
        left = max(map(abs, slopes(text, values, unknown, "symmetric" in found.unknown.kind.facts)))
        assert left <= 1e-6 * elsewhere
        if "symmetric" in found.unknown.kind.facts:
            np.testing.assert_allclose(values[unknown], values[unknown].T, atol=1e-9)


@pytest.mark.parametrize(("left", "right", "unknown", "kinds", "wanted"), EQUATIONS)
def test_a_solution_makes_both_sides_equal(left, right, unknown, kinds, wanted):
    found = solve(f"{left} = {right}", unknown, kinds)
    assert wanted is None or found.text == wanted
    assert found.point == ""
    for seed in range(3):
        values = drawn(found.variables, seed)
        values[unknown] = np.reshape(solution_value(found, values), values[unknown].shape)
        one, other = (np.asarray(evaluate(side, values, SIZES)) for side in (left, right))
        np.testing.assert_allclose(one - other, 0 * one, atol=1e-8)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("A*X*B + C*X*D + F*X*G = H", {}),
        ("A*X + X'*B = C", {"X": "matrix(n,n)"}),
        ("A.*X + B*X = C", {}),
    ],
)
def test_any_other_linear_equation_is_solved_for_vec(text, kinds):
    found = solve(text, "X", kinds)
    assert found.in_vec and any("vec(X)" in note for note in found.notes)
    left, right = text.split(" = ")
    values = drawn(found.variables, 1)
    stacked = np.asarray(found.evaluate({name: values[name] for name in values if name != "X"} | {"X": values["X"]}))
    values["X"] = stacked.reshape(values["X"].shape, order="F")
    np.testing.assert_allclose(evaluate(left, values, SIZES), evaluate(right, values, SIZES), atol=1e-8)


@pytest.mark.parametrize(("text", "unknown", "kinds", "wanted", "point"), STATIONARY[::3])
def test_the_check_puts_it_back(text, unknown, kinds, wanted, point):
    report = solve(text, unknown, kinds).check()
    assert report.ok, report.text


def test_the_check_finds_a_wrong_solution():
    found = solve("norm2(X*w - y)^2", "w")
    found.node = solve("norm2(X*w - y)^2 + norm2(w)^2", "w").node
    assert found.check().verdict == "wrong"


@pytest.mark.parametrize(("text", "unknown", "kinds", "wanted", "point"), STATIONARY)
def test_the_text_reads_back(text, unknown, kinds, wanted, point):
    found = solve(text, unknown, kinds)
    kinds = {name: kind for name, kind in found.variables.items() if name in found.text}
    assert parse(found.text, kinds).expr == found.expression


@pytest.mark.parametrize(
    ("text", "unknown", "kinds", "error", "message"),
    [
        ("sum(x.^4)", "x", {"x": "vector(n)"}, NotAffineError, "it has the term x.^3"),
        ("logdet(S) - tr(S*A)", "S", {"S": "spd(n)"}, NotAffineError, "it has the term inv(S)"),
        ("x*x = b", "x", {"x": "scalar"}, NotAffineError, "it has the term x^2"),
        ("b'*x", "x", {"b": "vector(n)"}, UnsupportedError, "does not depend on x"),
        ("A*x = b", "x", {"A": "matrix(m,n)"}, ShapeError, "m x 1 and x is n x 1"),
        ("tr(A*X)*B = C", "X", {}, UnsupportedError, "depend on each other"),
        ("u*v'*x = b", "x", {"u": "vector(n)", "v": "vector(n)"}, UnsupportedError, "depend on each other"),
        ("norm2(Q*A - B)^2", "Q", {"Q": "orthogonal(n)"}, UnsupportedError, "orthogonal"),
        ("A*S = C", "S", {"S": "symmetric(n)"}, UnsupportedError, "symmetric"),
    ],
)
def test_what_is_not_solved_says_why(text, unknown, kinds, error, message):
    with pytest.raises(error, match=message.replace("^", r"\^").replace("(", r"\(").replace(")", r"\)")):
        solve(text, unknown, kinds)


@pytest.mark.parametrize(
    ("text", "unknown", "kinds", "conditions"),
    [
        ("norm2(X*w - y)^2", "w", {}, ["X'*X is invertible"]),
        ("norm2(X*w - y)^2 + a*norm2(w)^2", "w", POSITIVE, []),
        ("norm2(X*w - y)^2 + a*norm2(w)^2", "w", {}, ["X'*X + a*eye(n) is invertible"]),
        ("0.5*x'*A*x - b'*x", "x", {"A": "spd(n)", "b": "vector(n)"}, []),
        ("A*X = X*B + C", "X", {}, ["A and B have no eigenvalue in common"]),
        ("a*x + b = c", "x", {"x": "scalar"}, ["a is not 0"]),
        ("d.*x = b", "x", {"d": "vector(n)", "b": "vector(n)"}, ["no entry of d is 0"]),
        ("norm2(x - y)^2", "x", {"x": "vector(n) positive"}, ["the solution is positive, as x is declared"]),
    ],
)
def test_conditions(text, unknown, kinds, conditions):
    assert solve(text, unknown, kinds).conditions == conditions


# ---- steps


@pytest.mark.parametrize(
    ("text", "wrt", "equation"),
    [
        ("norm2(X*w - y)^2", "w", "w_next = w - 2*eta*X'*(X*w - y)"),
        ("log(sum(exp(D*x)))", "x", "x_next = x - eta*D'*softmax(D*x)"),
        ("eta*norm2(w)^2", "w", "w_next = w - 2*eta*eta1*w"),
        ("w_next'*w", "w", "w_next1 = w - eta*w_next"),
    ],
)
def test_a_step_goes_along_minus_the_gradient(text, wrt, equation):
    found = update(text, wrt)
    assert found.equation == equation
    assert found.check().ok


def test_a_step_in_numbers():
    found = update("norm2(X*w - y)^2", "w", step="s")
    rng = np.random.default_rng(0)
    X, w, y = rng.standard_normal((5, 3)), rng.standard_normal(3), rng.standard_normal(5)
    expected = w - 0.1 * 2 * X.T @ (X @ w - y)
    np.testing.assert_allclose(found.evaluate({"X": X, "w": w, "y": y, "s": 0.1}), expected)
    with pytest.raises(ShapeError):
        update("X*w", "w")


# ---- the commands


def run(*arguments):
    return CliRunner().invoke(main, [*arguments])


def test_solve_on_the_command_line():
    found = run("solve", "norm2(X*theta - y)^2", "--for", "theta", "--check")
    assert found.exit_code == 0
    lines = found.output.splitlines()
    assert lines[:3] == [
        "inv(X'*X)*X'*y",
        "note: a minimum: the objective is convex in theta",
        "note: assuming X'*X is invertible",
    ]
    assert lines[3].endswith(": ok")
    assert run("solve", "sum(x.^4)", "--for", "x").exit_code == 1
    assert run("solve", "norm2(X*w - y)^2", "--for", "w", "--latex", "-q").output == "(X^\\top X)^{-1} X^\\top y\n"
    assert (
        json.loads(run("solve", "A*x = b", "--for", "x", "--to", "json").output.splitlines()[0])["text"] == "inv(A)*b"
    )


def test_update_on_the_command_line():
    found = run("update", "norm2(X*w - y)^2", "--wrt", "w", "--step", "alpha", "-q")
    assert found.output == "w_next = w - 2*alpha*X'*(X*w - y)\n"
    assert json.loads(run("update", "x'*x", "--wrt", "x", "--to", "json").stdout)["equation"] == "x_next = x - 2*eta*x"
