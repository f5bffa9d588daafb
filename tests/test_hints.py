"""Which declaration would make an answer shorter: true when declared, said once, and only where it pays."""

from __future__ import annotations

import re

import pytest

import matcalc
from matcalc import differentiate

# input, variable, kinds, the hint
HINTED: list[tuple[str, str, dict[str, str], str]] = [
    ("x'*A*x", "x", {}, "with A symmetric this is 2*A*x"),
    ("0.5*x'*A*x", "x", {}, "with A symmetric this is A*x"),
    ("0.5*x'*A*x", "x", {"A": "matrix(n,n)"}, "with A symmetric this is A*x"),
    ("x'*inv(S)*x", "x", {}, "with S symmetric this is 2*inv(S)*x"),
    ("tr(X'*B*X*C)", "X", {}, "with B and C symmetric this is 2*B*X*C"),
    ("tr(X'*B*X*C)", "X", {"B": "symmetric(n)"}, "with C symmetric this is 2*B*X*C"),
    ("tr(X'*X*B)", "X", {}, "with B symmetric this is 2*X*B"),
]
# nothing to gain: no square matrix, already declared, in one orientation only, or the variable itself
UNHINTED: list[tuple[str, str, dict[str, str]]] = [
    ("norm2(A*x - y)^2", "x", {}),
    ("x'*A*x", "x", {"A": "symmetric(n)"}),
    ("x'*A*x", "x", {"A": "diagonal(n)"}),
    ("x'*A*x", "A", {}),
    ("tr(A*X*B)", "X", {}),
    ("x'*A*y", "x", {}),
    ("tr(X*X*X)", "X", {}),
    ("A*X*B", "X", {}),
]


@pytest.mark.parametrize(("source", "by", "kinds", "hint"), HINTED, ids=[h[0] for h in HINTED])
def test_hint(source: str, by: str, kinds: dict[str, str], hint: str) -> None:
    assert differentiate(source, by, variables=kinds).notes[-1] == hint


@pytest.mark.parametrize(("source", "by", "kinds", "hint"), HINTED, ids=[h[0] for h in HINTED])
def test_hint_is_the_answer_once_declared(source: str, by: str, kinds: dict[str, str], hint: str) -> None:
    names, shorter = re.fullmatch(r"with (.*) symmetric this is (.*)", hint).groups()  # type: ignore[union-attr]
    plain = differentiate(source, by, variables=kinds)
    sizes = {name: kind.shape[0].text for name, kind in plain.program.kinds.items() if hasattr(kind, "shape")}
    declared = {name: f"symmetric({sizes[name]})" for name in names.split(" and ")}
    answer = differentiate(source, by, variables={**kinds, **declared})
    assert answer.text == shorter
    assert answer.check().ok
    assert not any("symmetric this is" in note for note in answer.notes)


@pytest.mark.parametrize(("source", "by", "kinds"), UNHINTED, ids=[h[0] for h in UNHINTED])
def test_no_hint(source: str, by: str, kinds: dict[str, str]) -> None:
    derivative = differentiate(source, by, variables=kinds)
    assert derivative.hint("this") == ""
    assert not any("with " in note for note in derivative.notes)


def test_hints_by_several_variables_name_them() -> None:
    both = differentiate("x'*A*x + y'*B*y", "x, y")
    assert both.notes == [
        "with A symmetric the derivative by x is 2*A*x",
        "with B symmetric the derivative by y is 2*B*y",
    ]


def test_hint_does_not_depend_on_the_order_of_operands() -> None:
    one, other = differentiate("x'*A*x + x'*B*x", "x"), differentiate("x'*B*x + x'*A*x", "x")
    assert one.notes == other.notes == ["with A and B symmetric this is 2*(A + B)*x"]


def test_hint_keeps_the_form() -> None:
    derivative = differentiate("(x - y)'*A*(x - y)", "x")
    assert derivative.hint("this") == "with A symmetric this is 2*A*(x - y)"
    assert derivative.expanded().hint("this") == "with A symmetric this is 2*A*x - 2*A*y"
    assert differentiate("x'*A*x", "x", layout="numerator").hint("this") == "with A symmetric this is 2*x'*A"


def test_vectors_of_products_are_not_declared() -> None:
    assert matcalc.hvp("logdet(X)", "X", "V").notes == []


DIVISORS = [
    ("sum(x./x)", "x", ["no entry of x is 0"]),
    ("x/norm2(x)", "x", ["norm2(x) is not 0"]),
    ("(a/a)*x", "x", ["a is not 0"]),
    ("sum(x.^-2)", "x", ["no entry of x is 0"]),
    ("a^-2*x", "a", ["a is not 0"]),
    ("1/(1 + exp(-a))", "a", []),
    ("x'*x/2", "x", []),
    ("a: scalar positive; x/a", "x", []),
]


@pytest.mark.parametrize(("expression", "wrt", "assumed"), DIVISORS)
def test_divisors_are_assumed_not_to_be_zero(expression: str, wrt: str, assumed: list[str]) -> None:
    """Also those that have cancelled; not those that are known to be positive."""
    assert matcalc.differentiate(expression, wrt).assumptions == assumed
