"""Answers with named parts: how long they are, that they read back, and that deep ones stay readable."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from matcalc import differentiate
from oracle.surface import evaluate
from reading_back import reads_back

# (expression, variable, declarations, order, the closed form as an author has written it)
HARD_FORMS: list[tuple[str, str, dict[str, str], int, str]] = [
    ("(X*theta-y)'*(X*theta-y)", "theta", {}, 1, "2*X'*(X*theta - y)"),
    (
        "(w'*r - rf)/(w'*C*w)^0.5",
        "w",
        {"C": "spd(n)"},
        1,
        "r/(w'*C*w)^0.5 - (w'*r - rf)/(w'*C*w)^1.5*C*w",
    ),
    (
        "-sum(y.*log(sigmoid(X*w)) + (ones(m) - y).*log(ones(m) - sigmoid(X*w)))",
        "w",
        {},
        1,
        "X'*(sigmoid(X*w) - y)",
    ),
    (
        "alpha'*(y*y' .* ((P*K*P').*(Q*K*Q') - (P*K*Q').*(Q*K*P')))*alpha",
        "alpha",
        {"K": "symmetric(n)"},
        1,
        "2*y.*(((P*K*P').*(Q*K*Q') - (P*K*Q').*(Q*K*P'))*(y.*alpha))",
    ),
    ("-y'*log(softmax(W*x + b))", "W", {}, 1, "(sum(y)*softmax(W*x + b) - y)*x'"),
    (
        "(x - mean(x)*ones(n))/sqrt(mean((x - mean(x)*ones(n)).^2) + e)",
        "x",
        {},
        1,
        "c = x - mean(x)*ones(n); s = sqrt(mean(c.^2) + e); (eye(n) - ones(n,n)/n - c*c'/(n*s^2))/s",
    ),
    (
        "(x'*A*x)/(x'*B*x)",
        "x",
        {"A": "symmetric(n)", "B": "symmetric(n)"},
        1,
        "l = (x'*A*x)/(x'*B*x); 2/(x'*B*x)*(A*x - l*B*x)",
    ),
    (
        "norm2(V*(p - B*inv(B'*V'*V*B)*B'*V'*(V*p - w)) - w)^2",
        "B",
        {},
        1,
        "r = V*p - w; G = V*B; c = inv(G'*G)*G'*r; -2*V'*(r - G*c)*c'",
    ),
    (
        "norm2(inv(eye(n) - A)*(eye(n) + A)*x - y)^2",
        "A",
        {},
        1,
        "S = inv(eye(n) - A); q = S*(eye(n) + A)*x; 2*S'*(q - y)*(x + q)'",
    ),
    ("vec(A)'*kron(X, eye(p))*vec(B)", "X", {}, 1, "A'*B"),
    ("-logdet(A'*diag(x)*A)", "x", {}, 2, "(A*inv(A'*diag(x)*A)*A').^2"),
    (
        "0.5*norm2(W4*tanh(W3*tanh(W2*tanh(W1*x + b1) + b2) + b3) + b4 - y)^2",
        "W1",
        {},
        1,
        "t1 = tanh(W1*x + b1); t2 = tanh(W2*t1 + b2); t3 = tanh(W3*t2 + b3); "
        "d3 = (W4'*(W4*t3 + b4 - y)).*(1 - t3.^2); d2 = (W3'*d3).*(1 - t2.^2); ((W2'*d2).*(1 - t1.^2))*x'",
    ),
]


def tokens(text: str) -> int:
    """Names, numbers and operators; brackets, commas and the signs of a definition are free."""
    found = re.findall(r"\d+(?:\.\d+)?|\w+|\.\*|\./|\.\^|[^\s\w]", text)
    return sum(token not in "(),;=" for token in found)


@pytest.mark.parametrize(("expression", "wrt", "kinds", "order", "published"), HARD_FORMS)
def test_no_longer_than_an_author_wrote_it(
    expression: str, wrt: str, kinds: dict[str, str], order: int, published: str
) -> None:
    answer = differentiate(expression, wrt, variables=kinds, order=order)
    assert tokens(answer.text) <= tokens(published), answer.text
    assert answer.check().ok, answer.text
    assert answer.expression is not None
    assert reads_back(answer.text, answer.variables, answer.expression)


def network(layers: int, named: bool) -> str:
    """The squared error of a network, its layers defined one after the other or nested."""
    inner, definitions = "x", []
    for k in range(1, layers + 1):
        inner = f"tanh(W{k}*{inner} + b{k})"
        if named:
            definitions.append(f"h{k} = {inner}")
            inner = f"h{k}"
    return "; ".join([*definitions, f"norm2({inner} - y)^2"])


@pytest.mark.parametrize("named", [True, False])
def test_a_deep_network_has_one_or_two_definitions_a_layer(named: bool) -> None:
    text = differentiate(network(50, named), "W1").text
    assert 50 <= text.count(" = ") <= 100
    assert max(map(nesting, text.split("; "))) <= 3
    assert tokens(text) <= 2.1 * tokens(differentiate(network(25, named), "W1").text)
    if named:
        assert all(f"h{k} = tanh(" in text for k in range(1, 51))


def nesting(text: str) -> int:
    """How deep brackets stand in brackets."""
    level = deepest = 0
    for sign in text:
        level += (sign == "(") - (sign == ")")
        deepest = max(deepest, level)
    return deepest


CASES: list[tuple[str, str, dict[str, str], str]] = [
    # a stretch that stands straight and transposed
    ("y'*X*inv(X'*X)*X'*y", "X", {}, "r = inv(X'*X)*X'*y; 2*(y - X*r)*r'"),
    ("y'*inv(s*eye(n) + Z*Z')*y", "Z", {"s": "scalar"}, "r = inv(Z*Z' + s*eye(n))*y; -2*r*r'*Z"),
    # the diagonal and an outer product of what has a name
    ("V'*softmax(K*q)", "q", {"q": "vector(n)"}, "r = softmax(K*q); V'*(diag(r) - r*r')*K"),
    # the name that the user has given
    ("z = tanh(X*w); norm2(z - y)^2", "w", {}, "z = tanh(X*w); 2*X'*((z - y).*(1 - z.^2))"),
    # a definition that the answer needs once is written out
    ("z = X*theta - y; z'*z", "theta", {}, "2*X'*(X*theta - y)"),
]


@pytest.mark.parametrize(("expression", "wrt", "kinds", "text"), CASES)
def test_what_is_named(expression: str, wrt: str, kinds: dict[str, str], text: str) -> None:
    answer = differentiate(expression, wrt, variables=kinds)
    assert answer.text == text
    assert answer.check().ok


def test_names_skip_those_in_use() -> None:
    kinds: dict[str, Any] = {"r": "matrix(m,n)", "u": "vector(m)", "P": "matrix(n,n)"}
    answer = differentiate("u'*r*inv(r'*r)*r'*u", "r", variables=kinds)
    (name,) = re.findall(r"(\w+) = ", answer.text)
    assert name not in ("r", "u", "P", "m", "n")
    assert answer.check().ok


SHAPES: dict[str, tuple[int, ...]] = {"scalar": (), "vector(n)": (3,), "vector(m)": (7,), "matrix(m,n)": (7, 3)}
ZEROS: list[tuple[str, str, dict[str, str]]] = [
    ("a*sum(x - mean(x))", "a", {"x": "vector(n)", "a": "scalar"}),
    ("b'*X'*(y - X*inv(X'*X)*X'*y)", "b", {"X": "matrix(m,n)", "y": "vector(m)"}),
]
NOT_ZEROS: list[tuple[str, str, dict[str, str]]] = [
    ("b'*X'*(y - X*inv(X'*X)*X'*z)", "b", {"X": "matrix(m,n)", "y": "vector(m)", "z": "vector(m)"}),
    # with weights the residual is orthogonal to S*X, not to X
    ("b'*X'*(y - X*inv(X'*S*X)*X'*S*y)", "b", {"X": "matrix(m,n)", "y": "vector(m)", "S": "spd(m)"}),
    ("b'*Z'*(y - X*inv(X'*X)*X'*y)", "b", {"X": "matrix(m,n)", "y": "vector(m)", "Z": "matrix(m,n)"}),
]


@pytest.mark.parametrize(("expression", "wrt", "kinds"), ZEROS)
def test_what_vanishes_is_zero(expression: str, wrt: str, kinds: dict[str, str]) -> None:
    assert differentiate(expression, wrt, variables=kinds).text in ("0", "zeros(n)")
    source = np.random.default_rng(0)
    values = {name: source.normal(size=SHAPES[kind]) for name, kind in kinds.items()}
    values["b"] = source.normal(size=3)
    assert abs(evaluate(expression, values, {"m": 7, "n": 3})) < 1e-10


@pytest.mark.parametrize(("expression", "wrt", "kinds"), NOT_ZEROS)
def test_what_does_not_vanish_is_not(expression: str, wrt: str, kinds: dict[str, str]) -> None:
    answer = differentiate(expression, wrt, variables=kinds)
    assert answer.text not in ("0", "zeros(n)")
    assert answer.check().ok


SHORTER: list[tuple[str, str, dict[str, str], str]] = [
    ("x/(1 + x^2)", "x", {"x": "scalar"}, "(1 - x^2)/(x^2 + 1)^2"),
    ("log(x/(1 - x))", "x", {"x": "scalar"}, "1/(x*(1 - x))"),
    ("x/sqrt(1 + x^2)", "x", {"x": "scalar"}, "1/(x^2 + 1)^1.5"),
    ("norm2(Q*x - y)^2", "x", {"Q": "orthogonal(n)"}, "2*(x - Q'*y)"),
    ("log(1 + x'*x/v)", "x", {"v": "scalar"}, "2*x/(x'*x + v)"),
    ("x + W*tanh(V*x)", "x", {"x": "vector(n)"}, "W*diag(1 - tanh(V*x).^2)*V + eye(n)"),
]


@pytest.mark.parametrize(("expression", "wrt", "kinds", "text"), SHORTER)
def test_terms_put_together(expression: str, wrt: str, kinds: dict[str, str], text: str) -> None:
    answer = differentiate(expression, wrt, variables=kinds)
    assert answer.text == text
    assert answer.check().ok
