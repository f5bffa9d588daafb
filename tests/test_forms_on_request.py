"""Answers multiplied out, factored and without named parts: the words asked for, the same numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc import differentiate
from matcalc.errors import UnsupportedError
from matcalc.expr import Expr
from matcalc.printers.text import text
from test_cases import CASES, REFUSED, TOLERANCE, answer, check_print
from test_oracle import relative_error

# input, variable, kinds, multiplied out, factored
FORMS: list[tuple[str, str, dict[str, str], str, str]] = [
    ("norm2(X*w - y)^2", "w", {}, "2*X'*X*w - 2*X'*y", "2*X'*(X*w - y)"),
    ("tanh(W*x + b)", "x", {}, "W - diag(tanh(W*x + b).^2)*W", "diag(1 - tanh(W*x + b).^2)*W"),
    ("x/norm2(x)", "x", {}, "eye(n)/norm2(x) - x*x'/norm2(x)^3", "(norm2(x)^2*eye(n) - x*x')/norm2(x)^3"),
    (
        "(w'*r - c)/sqrt(w'*C*w)",
        "w",
        {"C": "spd(n)", "c": "scalar"},
        "s = w'*C*w; r/sqrt(s) - (r'*w)*C*w/s^1.5 + c*C*w/s^1.5",
        "s = w'*C*w; (s*r - (r'*w - c)*C*w)/s^1.5",
    ),
    ("sum_i((w'*x_i - y_i)^2)", "w", {}, "2*sum_i(x_i*x_i')*w - 2*sum_i(y_i*x_i)", "2*sum_i((w'*x_i - y_i)*x_i)"),
    ("logsumexp(x)", "x", {}, "softmax(x)", "softmax(x)"),
    (
        "(a*s + b*t)^3",
        "s",
        dict.fromkeys(["a", "b", "s", "t"], "scalar"),
        "3*a^3*s^2 + 3*a*b^2*t^2 + 6*a^2*b*s*t",
        "3*a*(a*s + b*t)^2",
    ),
    ("a*s^2 + 2*a*b*s", "s", dict.fromkeys(["a", "b", "s"], "scalar"), "2*a*b + 2*a*s", "2*a*(b + s)"),
    ("tr(X'*A*X*B) + tr(C*X*B)", "X", {}, "A*X*B + A'*X*B' + C'*B'", "A*X*B + (A'*X + C')*B'"),
]


@pytest.mark.parametrize(("source", "by", "kinds", "expanded", "factored"), FORMS, ids=[f[0] for f in FORMS])
def test_forms(source: str, by: str, kinds: dict[str, str], expanded: str, factored: str) -> None:
    derivative = differentiate(source, by, variables=kinds)
    assert derivative.expanded().text == expanded
    assert derivative.factored().text == factored


def sums_in_products(expression: Expr) -> list[str]:
    """The sums that are factors, outside of functions and divisors."""
    found, pending = [], [(expression, False)]
    while pending:
        node, inside = pending.pop()
        if node.op == "add" and inside:
            found.append(text(node))
        if node.op in ("add", "neg"):
            pending += [(arg, inside) for arg in node.args]
        elif node.op in ("mul", "had", "transpose"):
            pending += [(arg, True) for arg in node.args]
        elif node.op in ("div", "haddiv", "pow", "hadpow"):
            pending.append((node.args[0], True) if node.op in ("div", "haddiv") else (node.args[0], False))
    return found


SHOWN = [case for case in CASES if case["id"] not in REFUSED]


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in SHOWN[::2]])
def test_forms_of_cases_are_the_same_numbers(case: dict[str, Any]) -> None:
    derivative = answer(case)
    draw = case["draws"][0]
    wanted = np.asarray(derivative.evaluate(draw["values"]), dtype=float)
    for form in ("expanded", "factored"):
        try:
            shown = getattr(derivative, form)()
        except UnsupportedError as refusal:
            assert "terms" in refusal.message
            continue
        assert relative_error(np.asarray(shown.evaluate(draw["values"]), dtype=float), wanted) <= TOLERANCE
        assert (shown.expression is None) == (derivative.expression is None)
        assert getattr(shown, form)().text == shown.text
        if shown.expression is not None:
            found = np.asarray(shown.evaluate(draw["values"]), dtype=float)
            check_print(case, draw, shown.text, found, wanted)
            check_print(case, draw, shown.inlined().text, found, wanted)


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in SHOWN[::3]])
def test_nothing_is_left_to_multiply_out(case: dict[str, Any]) -> None:
    try:
        derivative = answer(case).expanded()
    except UnsupportedError as refusal:
        assert "terms" in refusal.message
        return
    if derivative.expression is not None:
        assert sums_in_products(derivative.expression) == []


def test_what_would_grow_too_large_is_refused() -> None:
    terms = " + ".join(f"A{k}" for k in range(30))
    derivative = differentiate(f"tr(({terms})*({terms})*X)", "X", variables={f"A{k}": "matrix(n,n)" for k in range(30)})
    with pytest.raises(UnsupportedError, match="more than 500 terms"):
        derivative.expanded()
    assert derivative.factored().check().ok


def test_without_named_parts() -> None:
    derivative = differentiate("norm2(inv(eye(n) - A)*(eye(n) + A)*x - y)^2", "A")
    assert list(derivative.parts) == ["P", "r"]
    inlined = derivative.inlined()
    assert inlined.parts == {}
    assert ";" not in inlined.text + inlined.unicode
    assert "where" in derivative.latex()
    assert "where" not in inlined.latex()
    assert inlined.node == derivative.node


def test_forms_compose() -> None:
    derivative = differentiate("norm2(X*w - y)^2", "w")
    assert derivative.expanded().differential().equation == "df = 2*(X*w)'*X*dw - 2*y'*X*dw"
    assert derivative.expanded().trace_form().equation == "df = 2*w'*X'*X*dw - 2*y'*X*dw"
    assert derivative.expanded().diff("w").text == "2*X'*X"
    assert derivative.expanded().factored().text == derivative.factored().text
    assert differentiate("norm2(X*w - y)^2", "w", layout="numerator").expanded().text == "2*w'*X'*X - 2*y'*X"
    assert derivative.expanded().index() == "[i] 2*(X'*X*w)[i] - 2*(X'*y)[i]"
    assert derivative.expanded().latex() == r"2 X^\top X w - 2 X^\top y"
    families = differentiate("sum_i((w'*x_i - y_i)^2)", "w")
    assert families.expanded().matrix_form().text == "2*X'*X*w - 2*X'*y"
    each = differentiate("norm2(W*z - v)^2", "W, z")
    assert each.expanded().text == "W: 2*W*z*z' - 2*v*z'\nz: 2*W'*W*z - 2*W'*v"
    assert each.factored().text == each.text
    product = matcalc.vjp("(A + B)*x", "x", "g")
    assert product.expanded().text == "A'*g + B'*g"
