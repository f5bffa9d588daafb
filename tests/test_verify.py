"""The numerical check of an answer: it confirms what is right, in every layout, and refutes what is not."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

import matcalc
from matcalc.answers import Answer
from matcalc.derivatives import Derivative
from matcalc.lower import lower
from matcalc.verify import Report, verified

KINDS = {
    "A": "matrix(n,n)",
    "B": "matrix(n,n)",
    "S": "symmetric(n)",
    "X": "matrix(m,n)",
    "x": "vector(n)",
    "w": "vector(n)",
    "y": "vector(m)",
    "a": "scalar",
}
LAYOUTS = ("mixed", "numerator", "denominator")


def answer(expression: str, wrt: str, **options: Any) -> Derivative:
    """matcalc's derivative, every name declared."""
    return matcalc.differentiate(expression, wrt, **{"variables": KINDS, **options})


def passed_off(expression: str, derivative: Derivative) -> Derivative:
    """The derivative of something else, as if it were that of the expression."""
    false = copy.copy(derivative)
    false.program = matcalc.parse(expression, KINDS)
    return false


RIGHT = [
    ("(X*w - y)'*(X*w - y)", "w", 1),
    ("norm2(X*w - y)^2", "w", 2),
    ("X*w - y", "w", 1),
    ("X*w", "X", 1),
    ("x'*X'", "X", 1),
    ("A*X'", "X", 1),
    ("a*X", "a", 1),
    ("sin(a)*x'", "a", 2),
    ("exp(a*x)", "x", 2),
    ("a^4", "a", 3),
    ("sum(relu(X*w))", "w", 1),
    ("log(w'*x)", "w", 1),
    ("log(det(X'*X))", "X", 1),
    ("inv(A)*x", "A", 1),
    ("sum(softmax(x))", "x", 1),
    ("x[4]^2*w[2]", "x", 1),
    ("tr(X*X')/n", "X", 1),
    ("w'*w", "x", 1),
    ("sum(x'.*w')", "a", 2),
]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("expression", "wrt", "order"), RIGHT)
def test_right_answer_is_confirmed(expression: str, wrt: str, order: int, layout: str) -> None:
    report = answer(expression, wrt, order=order, layout=layout).check()
    assert report.ok, report.text
    assert report.largest_error <= 1e-5 if order > 2 else report.largest_error <= 1e-7


STRUCTURES = ["symmetric(n)", "spd(n)", "skew(n)", "diagonal(n)", "diagonal(n) positive", "invertible(n)"]


@pytest.mark.parametrize("symmetric", ["projected", "independent", "cookbook"])
@pytest.mark.parametrize("kind", STRUCTURES)
@pytest.mark.parametrize("expression", ["tr(A*P)", "logdet(P)", "w'*P*x", "P*x", "tr(P*A*P)", "sum(exp(P))"])
def test_right_answer_by_a_structured_variable_is_confirmed(expression: str, kind: str, symmetric: str) -> None:
    options: dict[str, Any] = {"variables": {**KINDS, "P": kind}, "symmetric": symmetric}
    for order, layout in ((1, "mixed"), (1, "denominator"), (2, "numerator")):
        report = answer(expression, "P", order=order, layout=layout, **options).check()
        assert report.ok, report.text


DATA = Path(__file__).parent / "data"
CASES = json.loads((DATA / "cases.json").read_text(encoding="utf-8"))
REFUSED = set(json.loads((DATA / "refused.json").read_text(encoding="utf-8")))


@pytest.mark.parametrize("case", [pytest.param(c, id=c["id"]) for c in CASES[::6] if c["id"] not in REFUSED])
def test_textbook_answer_is_confirmed(case: dict[str, Any]) -> None:
    report = matcalc.differentiate(case["expr"], case["wrt"], order=case["order"], variables=case["vars"]).check()
    assert report.ok, report.text


# (expression, variable, the expression whose derivative is passed off as that of the first)
WRONG = [
    ("x'*A*x", "x", "2*x'*A*x"),
    ("x'*A*w", "x", "x'*A'*w"),
    ("A*x", "x", "A'*x"),
    ("x'*A*x", "A", "w'*A*x"),
    ("tr(A*B)", "A", "tr(A*B')"),
    ("tr(A*B)", "A", "sum(A*B)"),
    ("log(w'*x)", "w", "0*w'*x"),
    ("norm2(X*w - y)^2", "w", "norm2(X*w)^2"),
    ("exp(a*x)", "x", "exp(x)"),
    ("sum(log(1 + exp(x)))", "x", "sum(log(1 + exp(x))) + x[1]/10^5"),
    ("sum(relu(x))", "x", "sum(abs(x))"),
    ("a*X", "a", "X"),
    ("X*w", "X", "X*x"),
    ("sum(x)", "x", "sum(log(-x.^2))/2"),
    ("inv(A)*x", "A", "-A*x"),
    ("sin(a)", "a", "sinh(a)"),
    ("x.*w", "x", "x.*w.^2"),
]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("expression", "wrt", "other"), WRONG)
def test_wrong_answer_is_refuted(expression: str, wrt: str, other: str, layout: str) -> None:
    report = verified(passed_off(expression, answer(other, wrt, layout=layout)))
    assert (report.ok, report.verdict) == (False, "wrong")
    assert report.largest_error > 1e-7
    assert "the answer gives" in report.text


def test_answer_without_a_value_is_refuted() -> None:
    """NaN agrees with nothing."""
    report = verified(passed_off("sum(x)", answer("sum(x.*log(-x.^2))", "x")))
    assert report.verdict == "wrong"
    assert report.largest_error == float("inf")


@pytest.mark.parametrize("wrt", ["X", "x"])
def test_answer_in_another_layout_is_refuted(wrt: str) -> None:
    for expression in ("w'*A*X'*y + w'*x", "A*x + X'*y"):
        for layout in ("numerator", "denominator"):
            false = copy.copy(answer(expression, wrt, layout=layout))
            false.layout = LAYOUTS[3 - LAYOUTS.index(layout)]
            assert verified(false).verdict == "wrong"
            assert verified(answer(expression, wrt, layout=layout)).ok


@pytest.mark.parametrize("claimed", ["projected", "independent", "cookbook"])
@pytest.mark.parametrize("found", ["projected", "independent", "cookbook"])
def test_another_convention_is_refuted(claimed: str, found: str) -> None:
    for expression, order in (("tr(A*S)", 1), ("tr(A*S*B*S)", 2)):
        derivative = copy.copy(answer(expression, "S", symmetric=found, order=order))
        derivative.symmetric = claimed
        assert verified(derivative).verdict == ("ok" if claimed == found else "wrong")


def test_second_derivatives_that_are_not_symmetric_are_refuted() -> None:
    """2*A gives the same numbers as A + A' in any one direction."""
    false = copy.copy(answer("x'*A*x", "x", order=2))
    program = matcalc.parse("2*A", KINDS)
    false.node, false.expression = lower(program.expr, false.rulebook), program.expr
    assert "not symmetric" in verified(false).text


def test_printed_form_is_checked_too() -> None:
    false = copy.copy(answer("x'*A*x", "x"))
    false.expression = matcalc.parse("(A + A)*x", KINDS).expr
    assert "printed form" in verified(false).text
    false.expression = matcalc.parse("x'*(A + A')", KINDS).expr
    assert verified(false).verdict == "wrong"


@pytest.mark.parametrize("expression", ["log(-norm2(x)^2)", "sqrt(-1 - x'*x)", "logdet(x*w')"])
def test_expression_without_a_value_is_not_checked(expression: str) -> None:
    report = answer(expression, "x").check()
    assert (report.ok, report.verdict) == (False, "not checked")
    assert report.text.startswith("not checked: ")


def test_failures_on_the_way_become_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    derivative = answer("x'*A*x", "x")

    def failing(*arguments: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(Answer, "evaluate", failing)
    report = derivative.check()
    assert (report.ok, report.text) == (False, "not checked: ZeroDivisionError: by zero")


def test_sizes_are_distinct_and_tall_and_wide() -> None:
    report = answer("norm2(X*w - y)^2", "w").check()
    assert len(report.seeds) == len(report.sizes) == 6
    assert all(sizes["m"] != sizes["n"] for sizes in report.sizes)
    assert {sizes["m"] > sizes["n"] for sizes in report.sizes} == {True, False}
    assert "6 points (m=3 n=2, m=2 n=3, ...)" in report.text


def test_only_sizes_with_a_value_are_kept() -> None:
    """X'*X has an inverse where X is tall only."""
    report = answer("logdet(X'*X)", "X").check()
    assert report.ok
    assert all(sizes["m"] > sizes["n"] for sizes in report.sizes)


@pytest.mark.parametrize("expression", ["sum(sqrt(X))", "sum(acosh(X))", "sum(asin(X))", "log(1 - norm2(x)^2)*sum(X)"])
def test_domain_is_found_where_no_sign_is_declared(expression: str) -> None:
    report = answer(expression, "X").check()
    assert report.ok, report.text


def test_seed_decides() -> None:
    derivative = answer("norm2(X*w - y)^2", "w")
    first, again, other = derivative.check(), derivative.check(seed=0), derivative.check(seed=1)
    assert (first.text, first.largest_error) == (again.text, again.largest_error)
    assert not set(first.seeds) & set(other.seeds)
    assert other.ok


def test_text_of_a_report() -> None:
    good = Report("ok", 3e-11, [0, 1], [{"m": 3, "n": 2}, {"m": 2, "n": 3}], "")
    assert str(good) == "checked at 2 points (m=3 n=2, m=2 n=3): largest relative error 3e-11: ok"
    bad = Report("wrong", 0.5, [0], [{}], "the answer gives 1 where 2 is measured")
    assert bad.text == "checked at 1 point: largest relative error 5e-01: wrong\nthe answer gives 1 where 2 is measured"
    assert repr(bad) == "<report: wrong, largest relative error 5e-01>"


VANISHING = [
    ("b'*X'*(y - X*inv(X'*X)*X'*y)", "b"),
    ("b'*(X*inv(X'*X)*X'*X - X)'*y", "b"),
    ("norm2((A*inv(A) - eye(n))*x)", "x"),
    ("x'*(inv(A)*A - eye(n))*w", "x"),
]
HIDDEN = ["log(1 + exp(a - 30))", "log(1 + exp(a - 25))", "10^9 + a^2 - 10^9"]


@pytest.mark.parametrize(("expression", "wrt"), VANISHING)
def test_a_zero_of_which_only_rounding_is_measured_is_confirmed(expression: str, wrt: str) -> None:
    derivative = answer(expression, wrt, variables={**KINDS, "b": "vector(n)"})
    assert derivative.text == "zeros(n)"
    report = derivative.check()
    assert report.ok, report.text


@pytest.mark.parametrize("expression", HIDDEN)
def test_what_rounding_hides_is_not_called_wrong(expression: str) -> None:
    """Confirmed where there is a point at which enough is left of it, else not checked."""
    for seed in range(3):
        assert answer(expression, "a").check(seed=seed).verdict != "wrong"


def test_rounding_excuses_no_error() -> None:
    """A wrong answer is refuted beside terms that lose their digits, and where the right one is zero."""
    noise = "x'*(inv(A)*A - eye(n))*w"
    for other in (f"{noise} + x'*w/10^6", f"{noise} + sum(x)", "x'*w"):
        assert verified(passed_off(noise, answer(other, "x"))).verdict == "wrong"
    assert verified(passed_off("log(1 + exp(a - 12))", answer("1.001*log(1 + exp(a - 12))", "a"))).verdict == "wrong"
    assert verified(passed_off("10^5 + a^2 - 10^5", answer("1.0001*a^2", "a"))).verdict == "wrong"


def test_points_where_a_matrix_of_the_expression_is_singular_are_left_out() -> None:
    """inv(X'*X) is not in the answer, which is zero, and has no value where X is wide."""
    report = answer("y'*X*inv(X'*X)*X'*X*w - y'*X*w", "w").check()
    assert report.ok, report.text
    assert all(sizes["m"] > sizes["n"] for sizes in report.sizes)
