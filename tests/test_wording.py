"""The input's choices of form: kept where they cost no more, whatever the order of operands."""

from __future__ import annotations

import pytest

from matcalc import differentiate
from matcalc.parser import parse
from matcalc.printers.text import text
from matcalc.wording import Wording, worded
from test_cases import CASES, REFUSED, answer

# input, variable, answer: pairs that say the same in two ways
PAIRS: list[tuple[str, str, str]] = [
    ("mean(x)^2", "x", "2*mean(x)*ones(n)/n"),
    ("(sum(x)/n)^2", "x", "2*sum(x)*ones(k)/n^2"),
    ("var(x)", "x", "2*(x - mean(x))/n"),
    ("norm2(x)^2*u'*x", "x", "2*(u'*x)*x + norm2(x)^2*u"),
    ("(x'*x)*(u'*x)", "x", "2*(u'*x)*x + (x'*x)*u"),
    ("0.5*x'*A*x", "x", "0.5*(A + A')*x"),
    ("1/2*x'*A*x", "x", "0.5*(A + A')*x"),
    ("x'*A*x/2", "x", "(A + A')*x/2"),
    (r"\frac{1}{2} x^\top A x", "x", "0.5*(A + A')*x"),
    (r"\frac{x^\top A x}{2}", "x", "(A + A')*x/2"),
    ("norm2(y - X*w)^2 + norm1(w)", "w", "2*X'*(X*w - y) + sign(w)"),
    ("sqrt(x'*A*x)", "x", "(A + A')*x/(2*sqrt(x'*A*x))"),
    ("(x'*A*x)^0.5", "x", "0.5*(A + A')*x/sqrt(x'*A*x)"),
    ("1/N*norm2(X*w - y)^2", "w", "2/N*X'*(X*w - y)"),
    ("norm2(X*w - y)^2/N", "w", "2*X'*(X*w - y)/N"),
    ("sum(x.*x.*x)", "x", "3*(x.*x)"),
    ("sum(x.^3)", "x", "3*x.^2"),
    ("normF(X)^3", "X", "3*normF(X)*X"),
    ("norm2(X)^3", "X", "3*norm2(X)*X"),
    ("tr(inv(X))", "X", "-(inv(X)^2)'"),
    ("tr(inv(X^2))", "X", "-2*(inv(X)^3)'"),
    ("y'*inv(K)*K*inv(K)*inv(K)*z", "y", "inv(K)^2*z"),
    ("y'*inv(K*K)*z", "y", "inv(K)^2*z"),
    ("y'*inv(K^2)*z", "y", "inv(K^2)*z"),
    ("sum(X.^2)^2", "X", "4*sum(X.^2)*X"),
    ("tr(X'*X)^2", "X", "4*normF(X)^2*X"),
    ("log(1 + norm2(x - m)^2)", "x", "2*(x - m)/(norm2(x - m)^2 + 1)"),
    ("log(1 + norm2(m - x)^2)", "x", "2*(x - m)/(norm2(x - m)^2 + 1)"),
    ("-logdet(S) - log(1 + (t - m)'*inv(S)*(t - m))", "S", "r = inv(S)*(t - m); r*r'/((t - m)'*r + 1) - inv(S)"),
]


@pytest.mark.parametrize(("source", "by", "expected"), PAIRS, ids=[pair[0] for pair in PAIRS])
def test_pairs(source: str, by: str, expected: str) -> None:
    kinds = {"S": "spd(n)"} if "inv(S)" in source else {}
    derivative = differentiate(source, by, variables=kinds)
    assert derivative.text == expected
    assert derivative.check().ok


# two orders of the operands
ORDERS = [
    ("mean(x)^2 + norm2(x - y)^2", "norm2(-y + x)^2 + mean(x)^2", "x"),
    ("1/N*norm2(X*w - y)^2 + 0.5*a*w'*w", "0.5*w'*w*a + norm2(-y + X*w)^2*(1/N)", "w"),
    ("exp(-(x - m)'*(x - m)/2)", "exp(-(-m + x)'*(x - m)/2)", "x"),
]


@pytest.mark.parametrize(("one", "other", "by"), ORDERS)
def test_the_order_of_operands_says_nothing(one: str, other: str, by: str) -> None:
    kinds = {"a": "scalar"} if "a*w" in one else {}
    assert differentiate(one, by, variables=kinds).text == differentiate(other, by, variables=kinds).text


EVERY_WORD = Wording(parse("mean(x)*norm2(x)^2/2").expr)


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES if case["id"] not in REFUSED])
def test_other_words_are_equal_and_no_longer(case: dict[str, object]) -> None:
    derivative = answer(case)
    if derivative.expression is None:
        pytest.skip("a tensor has no matrix notation")
    again = worded(derivative.expression, Wording(derivative.program.expr))
    assert text(again) == text(derivative.expression)
    other = worded(derivative.expression, EVERY_WORD)
    assert other.cost <= derivative.expression.cost
    assert other.shape == derivative.expression.shape
