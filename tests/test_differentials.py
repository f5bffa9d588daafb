"""Differentials as equations, in text and LaTeX, compared with the derivative they are read off."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import matcalc
from oracle import differences
from oracle.layouts import LAYOUTS, agree
from oracle.shapes import as_matrix
from oracle.surface import evaluate
from reading_back import reads_back

SIZES = {"m": 3, "n": 2, "k": 4}
KINDS = {
    "A": "matrix(m,n)",
    "B": "matrix(n,k)",
    "N": "matrix(n,n)",
    "X": "invertible(n)",
    "S": "symmetric(n)",
    "K": "skew(n)",
    "P": "diagonal(n)",
    "x": "vector(n)",
    "y": "vector(m)",
    "h": "row(n)",
    "a": "scalar",
    "theta": "vector(n)",
}
# value, variable, its differential, and where it is a scalar the trace form
CASES = [
    ("inv(X)", "X", "dF = -inv(X)*dX*inv(X)", None),
    ("logdet(X)", "X", "df = tr(inv(X)*dX)", "df = tr(inv(X)*dX)"),
    ("det(X)", "X", "df = det(X)*tr(inv(X)*dX)", "df = det(X)*tr(inv(X)*dX)"),
    ("A*x", "A", "dF = dA*x", None),
    ("A*x", "x", "dF = A*dx", None),
    ("eye(n) - (1/2)*N*N", "N", "dF = -0.5*(N*dN + dN*N)", None),
    ("norm2(A*x - y)^2", "x", "df = 2*(A*x - y)'*A*dx", "df = 2*(A*x - y)'*A*dx"),
    ("norm2(A*x - y)^2", "A", "df = 2*(A*x - y)'*dA*x", "df = 2*tr(x*(A*x - y)'*dA)"),
    ("-tr(B*B')", "B", "df = -2*sum(B.*dB)", "df = -2*tr(B'*dB)"),
    ("h*N*h'", "h", "df = h*(N + N')*dh'", "df = dh*((N + N')*h')"),
    ("norm2(x)", "x", "df = x'*dx/norm2(x)", "df = x'*dx/norm2(x)"),
    ("a^2*sum(x)", "a", "df = 2*a*da*sum(x)", "df = 2*a*sum(x)*da"),
    ("exp(x)", "x", "dF = dx.*exp(x)", None),
    ("tr(N*S)", "S", "df = tr(N*dS)", "df = 0.5*tr((N + N')*dS)"),
    ("tr(N*K)", "K", "df = tr(N*dK)", "df = 0.5*tr((N - N')*dK)"),
    ("tr(N*P)", "P", "df = diag(N)'*diag(dP)", "df = tr(diag(diag(N))*dP)"),
    ("x'*x", "theta", "df = 0", "df = 0"),
    ("log(sum(exp(A*x)))", "x", None, "df = softmax(A*x)'*A*dx"),
]


def point(variables: dict[str, Any]) -> dict[str, Any]:
    """Numbers for every name, of its structure."""
    source = np.random.default_rng(5)
    values: dict[str, Any] = {}
    for name, kind in sorted(variables.items()):
        rows, columns = (d.value(SIZES) for d in kind.shape)
        entries = source.uniform(-1.0, 1.0, (rows, columns)) + (2 * np.eye(rows) if "invertible" in kind.facts else 0)
        entries = entries * np.eye(rows) if "diagonal" in kind.facts else entries
        entries = entries + entries.T if "symmetric" in kind.facts else entries
        values[name] = entries - entries.T if "skew" in kind.facts else entries
    return values


def check(differential: Any, expression: str, wrt: str) -> None:
    """The differential is how the value changes to first order; its text reads back, and says the same."""
    values = point(differential.variables)
    (own,) = set(differential.variables) - set(KINDS)
    wanted, error = differences.along(
        lambda at: evaluate(expression, {**values, wrt: at}, SIZES),
        as_matrix(values[wrt]),
        as_matrix(values[own]),
        step=0.005,
    )
    assert error < 1e-6
    assert agree(as_matrix(differential.evaluate(values, SIZES)), wanted, 1e-8)
    assert agree(evaluate(differential.text, values, SIZES), wanted, 1e-8)
    assert reads_back(differential.text, differential.variables, differential.expression)
    assert differential.check().ok, differential.check().text


@pytest.mark.parametrize(("expression", "wrt", "equation", "_"), [case for case in CASES if case[2]])
def test_differential(expression: str, wrt: str, equation: str, _: str | None) -> None:
    differential = matcalc.differentiate(expression, wrt, variables=KINDS).differential()
    assert differential.equation == equation
    assert differential.equation == f"{differential.name} = {differential.text}"
    assert repr(differential) == f"<differential {equation}>"
    check(differential, expression, wrt)


@pytest.mark.parametrize(("expression", "wrt", "_", "equation"), [case for case in CASES if case[3]])
def test_trace_form(expression: str, wrt: str, _: str | None, equation: str) -> None:
    form = matcalc.differentiate(expression, wrt, variables=KINDS).trace_form()
    assert form.equation == equation
    check(form, expression, wrt)


@pytest.mark.parametrize("symmetric", ["projected", "independent", "cookbook"])
@pytest.mark.parametrize("wrt", ["S", "K", "P"])
def test_structured_variable_under_every_convention(wrt: str, symmetric: str) -> None:
    """A differential within the structure does not depend on how the entries of a gradient are counted."""
    derivative = matcalc.differentiate(f"tr(N*{wrt}*N*{wrt})", wrt, variables=KINDS, symmetric=symmetric)
    own = derivative.differential().variables[f"d{wrt}"].text
    assert own == ("matrix(n,n)" if symmetric == "independent" and wrt != "P" else KINDS[wrt])
    for form in (derivative.differential(), derivative.trace_form()):
        check(form, f"tr(N*{wrt}*N*{wrt})", wrt)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_shape_is_that_of_the_value_in_every_layout(layout: str) -> None:
    derivative = matcalc.differentiate("A*x", "x", variables=KINDS, layout=layout)
    assert derivative.differential().equation == "dF = A*dx"
    assert [d.text for d in derivative.differential().shape] == ["m", "1"]
    assert matcalc.differentiate("x'*x", "x", layout=layout).trace_form().equation == "df = 2*x'*dx"


def test_names_skip_those_in_use() -> None:
    assert matcalc.differentiate("inv(F)", "F").differential().equation == "dY = -inv(F)*dF*inv(F)"
    assert matcalc.differentiate("f'*f", "f", variables={"f": "vector(n)"}).differential().equation == "dg = 2*f'*df"
    used = matcalc.differentiate("dX*X", "X", variables={"dX": "matrix(n,n)", "X": "matrix(n,n)"})
    assert used.differential().equation == "dF = dX*dX1"
    sizes = matcalc.differentiate("x'*x", "x", variables={"x": "vector(dx)"})
    assert sizes.differential().equation == "df = 2*x'*dx1"


def test_every_letter_in_use() -> None:
    names = dict.fromkeys("fghqrs", "scalar")
    assert matcalc.differentiate("a^2", "a", variables={**names, "a": "scalar"}).differential().name == "df1"


def test_named_parts_come_before_the_equation() -> None:
    derivative = matcalc.differentiate("r = tanh(A*x + y); norm2(r)^2*sum(r.*exp(r))", "x", variables=KINDS)
    *definitions, equation = derivative.differential().equation.split("; ")
    assert definitions
    assert all(" = " in definition for definition in definitions)
    assert equation.startswith("df = ")
    assert "; ".join([*definitions, equation.removeprefix("df = ")]) == derivative.differential().text


def test_latex() -> None:
    differential = matcalc.differentiate("inv(X)", "X").differential()
    assert differential.latex_equation() == r"\mathrm{d}F = -X^{-1} \, \mathrm{d}X \, X^{-1}"
    assert differential.latex() == r"-X^{-1} \, \mathrm{d}X \, X^{-1}"
    greek = matcalc.differentiate("theta'*theta", "theta").differential()
    assert greek.latex_equation() == r"\mathrm{d}f = 2 \theta^\top \, \mathrm{d}\theta"
    assert matcalc.differentiate("x_0'*x_0", "x_0").differential().latex() == r"2 x_0^\top \, \mathrm{d}x_0"


def test_a_differential_in_index_form_where_there_is_no_matrix_notation() -> None:
    kinds = {"E": "matrix(n,m)", "A": "matrix(k,n)", "D": "matrix(m,k)", "B": "matrix(n,k)", "C": "matrix(k,m)"}
    expression = "sum(E.*(A'*diag(x)*D').*(B*diag(x)*C))"
    differential = matcalc.differentiate(expression, "x", variables={**kinds, "x": "vector(k)"}).differential()
    assert differential.check().ok, differential.check().text


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: matcalc.hessian("x'*x", "x").differential(), "the differential is of a first derivative"),
        (lambda: matcalc.differentiate("x'*A*y", ["x", "y"]).trace_form(), "the trace form is of a first derivative"),
        (lambda: matcalc.differentiate("A*x", "x").trace_form(), "the trace form is of a scalar; this is m x 1"),
        (lambda: matcalc.differentiate("x'*x", "x, x1", 2, variables={"x1": "scalar"}).differential(), "first deriv"),
        (lambda: matcalc.vjp("A*x", "x, A", "u").differential(), "the differential is that of first derivatives"),
    ],
)
def test_refusals(call: Any, said: str) -> None:
    with pytest.raises(matcalc.MatcalcError, match=said):
        call()


def test_total_differential() -> None:
    """The sum of the differentials by each variable."""
    both = matcalc.differentiate("A*x", "A, x", variables=KINDS)
    total = both.differential()
    assert total.equation == "dF = A*dx + dA*x"
    values = point(total.variables)
    assert agree(total.evaluate(values), (values["A"] @ values["dx"] + values["dA"] @ values["x"])[:, 0], 1e-12)
    assert total.check().ok, total.check().text
    trace = matcalc.differentiate("tr(A*B*B'*A') + a*sum(x)", "A, x, a, y", variables=KINDS).trace_form()
    assert trace.equation == "df = 2*tr(B*B'*A'*dA) + a*ones(n)'*dx + sum(x)*da"
    assert trace.check().ok, trace.check().text
    assert matcalc.differentiate("exp(a*b)", "[a, b]").differential().equation == "df = (a*db + b*da)*exp(a*b)"
