"""The verdict on a user's formula: right ones pass in any equivalent form, damaged ones are told by their damage."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import matcalc
from matcalc.cli import main
from matcalc.counterexample import numbers_text
from matcalc.judgement import VERDICTS
from oracle.layouts import relative_error
from oracle.surface import evaluate
from test_cases import CASES, answer, declarations

PUBLISHED = json.loads((Path(__file__).parent / "data" / "published.json").read_text(encoding="utf-8"))


def judged(case: dict[str, Any], formula: str, **options: Any) -> Any:
    symmetric = "cookbook" if case.get("convention") == "symmetric-gradient" else "projected"
    settings = {"variables": declarations(case), "order": case["order"], "symmetric": symmetric, **options}
    return matcalc.check(case["expr"], formula, case["wrt"], **settings)


# -- right formulas


@pytest.mark.parametrize("case", [pytest.param(c, id=c["id"]) for c in PUBLISHED])
def test_a_published_form_is_equal(case: dict[str, Any]) -> None:
    settings = {key: case[key] for key in ("variables", "order", "symmetric") if key in case}
    found = matcalc.check(case["expr"], case["published"], case["wrt"], **settings)
    assert found.verdict == "equal", found.text


@pytest.mark.parametrize("case", [pytest.param(c, id=c["id"]) for c in CASES])
def test_the_forms_of_an_answer_are_equal(case: dict[str, Any]) -> None:
    """As it is printed, multiplied out, factored, without named parts."""
    derivative = answer(case)
    forms = {derivative.text, derivative.inlined().text, derivative.factored().text}
    with suppress(matcalc.UnsupportedError):
        forms.add(derivative.expanded().text)
    for form in sorted(forms):
        if derivative.expression is not None:
            assert judged(case, form).verdict == "equal", form


@pytest.mark.parametrize("layout", ["numerator", "denominator"])
@pytest.mark.parametrize("case", [pytest.param(c, id=c["id"]) for c in CASES[::3]])
def test_a_right_formula_in_another_layout_is_named(case: dict[str, Any], layout: str) -> None:
    settings = {"wrt": case["wrt"], "variables": declarations(case), "order": case["order"]}
    mixed = matcalc.differentiate(case["expr"], **settings)
    other = matcalc.differentiate(case["expr"], layout=layout, **settings)
    if other.expression is None or mixed.expression is None:
        return
    found = matcalc.check(case["expr"], other.text, **settings)
    if same_in_numbers(case, other.text, mixed.text):
        assert found.verdict == "equal"
    else:
        assert found.verdict in ("transposed", "other layout")
        assert f"{layout} layout" in found.text
    assert matcalc.check(case["expr"], other.text, layout=layout, **settings).ok


def same_in_numbers(case: dict[str, Any], formula: str, other: str) -> bool:
    """Whether two texts have the same numbers, as the oracle reads them."""
    for draw in case["draws"]:
        one, two = (evaluate(text, draw["values"], case["sizes"]) for text in (formula, other))
        if one.shape != two.shape or relative_error(one, two) > 1e-9:
            return False
    return True


# -- damaged formulas: (the damage, the formula, the verdicts that name it)

Damage = tuple[str, str, tuple[str, ...]]
FACTORS = {"2": "2", "-3": "-3", "1/2": "0.5", "n": "{size}", "1/n": "1/{size}"}
TERM_VERDICTS = ("missing term", "surplus term", "sign of a term", "factor of a term")


def damages(case: dict[str, Any], derivative: Any) -> Iterator[Damage]:
    """Ways in which the text of an answer goes wrong by hand."""
    body = derivative.inlined().text
    yield "sign", f"-({body})", ("sign",)
    size = next((name for name in sorted(derivative.program.size_names)), None)
    for shown, factor in FACTORS.items():
        if size or "{" not in factor:
            yield f"factor {shown}", f"({factor.format(size=size)})*({body})", ("factor",)
    if derivative.shape[0].text != derivative.shape[1].text:
        yield "transpose", f"({body})'", ("transposed",)
    yield from term_damages(derivative)
    yield from symmetric_damages(derivative)


def term_damages(derivative: Any) -> Iterator[Damage]:
    """A term left out, with the other sign, doubled."""
    try:
        terms = top_level_terms(derivative.expanded().inlined().text)
    except matcalc.UnsupportedError:
        return
    if not 2 <= len(terms) <= 8:
        return
    for place, (sign, term) in enumerate(terms):
        rest = terms[:place] + terms[place + 1 :]
        yield "dropped term", joined(rest), TERM_VERDICTS
        yield "sign of a term", joined([*rest, ("-" if sign == "+" else "+", term)]), TERM_VERDICTS
        yield "doubled term", joined([*rest, (sign, f"2*({term})")]), TERM_VERDICTS


def symmetric_damages(derivative: Any) -> Iterator[Damage]:
    """A square matrix for its transpose."""
    body = derivative.inlined().text
    for name, kind in derivative.variables.items():
        if kind.text.startswith("matrix") and kind.shape[0] == kind.shape[1]:
            yield "symmetric", re.sub(rf"\b{name}\b'", name, body), ("only if symmetric", "transposed")


def top_level_terms(text: str) -> list[tuple[str, str]]:
    """The terms of a sum with their signs."""
    depth, sign, start, found = 0, "+", 0, []
    for place, letter in enumerate(text):
        depth += (letter in "([") - (letter in ")]")
        if depth == 0 and text[place : place + 3] in (" + ", " - "):
            found.append((sign, text[start:place]))
            sign, start = text[place + 1], place + 3
    found.append((sign, text[start:]))
    first = found[0][1]
    return [("-", first[1:]), *found[1:]] if first.startswith("-") else found


def joined(terms: list[tuple[str, str]]) -> str:
    return " ".join(f"{sign} ({term})" for sign, term in terms).removeprefix("+ ")


def all_damages() -> Iterator[tuple[dict[str, Any], Damage]]:
    """Damages of every case whose answer has a text."""
    for case in CASES:
        derivative = answer(case)
        if derivative.expression is None:
            continue
        for damage in damages(case, derivative):
            yield case, damage


def changes_the_numbers(case: dict[str, Any], formula: str) -> bool:
    """Whether a damage is one, as the oracle finds it."""
    try:
        return not same_in_numbers(case, formula, answer(case).inlined().text)
    except Exception:  # the oracle reads less than matcalc
        return False


WANTED = 300
MOST_OF_A_KIND = 40


def test_systematic_damages_are_told_apart() -> None:
    """At least 95 % of more than 300 damages, of every kind, and none is taken to be right."""
    groups: dict[str, list[tuple[dict[str, Any], Damage]]] = {}
    for case, damage in all_damages():
        groups.setdefault(damage[0], []).append((case, damage))
    assert len(groups) == len(FACTORS) + 6, groups.keys()
    chosen = [item for group in groups.values() for item in group[:: max(1, len(group) // MOST_OF_A_KIND)]]
    chosen = [(case, damage) for case, damage in chosen if changes_the_numbers(case, damage[1])]
    assert len(chosen) >= WANTED
    right, wrong = 0, []
    for case, (name, formula, verdicts) in chosen:
        verdict = judged(case, formula)
        assert not verdict.ok, (case["id"], name, formula)
        if {fault for fault, _ in verdict.faults} & set(verdicts):
            right += 1
        else:
            wrong.append(f"{case['id']}: {name}: {formula} for {answer(case).text}: {verdict.verdict}")
    assert right >= 0.95 * len(chosen), f"{right} of {len(chosen)}\n" + "\n".join(wrong)


SMALL = {"X": "matrix(m,n)", "A": "matrix(n,n)", "w": "vector(n)", "y": "vector(m)", "x": "vector(n)"}
TOLD = [
    ("x'*A*x", "2*A*x", "x", "only if symmetric", "A is symmetric"),
    ("x'*A*x", "x'*(A + A')", "x", "transposed", "numerator layout"),
    ("A*x", "A'", "x", "transposed", "denominator layout"),
    ("norm2(X*w - y)^2", "X'*(X*w - y)", "w", "factor", "1/2 times"),
    ("norm2(X*w - y)^2/m", "2*X'*(X*w - y)/n", "w", "factor", "m/n times"),
    ("norm2(X*w - y)^2", "2*X'*(y - X*w)", "w", "sign", "minus the answer"),
    ("norm2(X*w - y)^2", "2*X'*X*w", "w", "missing term", "-2*X'*y is missing"),
    ("norm2(X*w - y)^2", "2*(X*w - y)'*X/2", "w", "transposed", "1/2 times"),
    ("norm2(X*w - y)^2", "2*X'*(X*w - y) + w", "w", "surplus term", "the term w is too much"),
    ("norm2(X*w - y)^2 + a*w'*w", "2*X'*(X*w - y) + 2*w", "w", "factor of a term", "1/a"),
    ("norm2(X*w - y)^2", "2*X*(X*w - y)", "w", "shape", "the inner sizes n and m differ"),
    ("norm2(X*w - y)^2", "2*X*w", "w", "shape", "the answer is n x 1, the formula is m x 1"),
    ("logdet(X'*X)", "2*inv(X)'", "X", "only if square", "m = n"),
    ("sum(sigmoid(X*w))", "X'*(tanh(X*w).*(1 - sigmoid(X*w)))", "w", "damaged factor", "stands where the answer has"),
    ("x'*x", "2*log(-x.^2)", "x", "no value", "no value"),
    ("x'*x", "0", "x", "different", "the formula is zero"),
    ("w'*w", "w", "x", "different", "the answer is zero"),
    ("x'*x", "x.^2", "x", "different", "other numbers"),
]


@pytest.mark.parametrize(("expression", "formula", "wrt", "verdict", "said"), TOLD)
def test_what_is_said(expression: str, formula: str, wrt: str, verdict: str, said: str) -> None:
    found = matcalc.check(expression, formula, wrt, variables=SMALL)
    assert (found.verdict, found.ok) == (verdict, False)
    assert said in found.text
    assert verdict in VERDICTS


def test_symmetric_derivatives_by_another_convention() -> None:
    kinds = {"S": "symmetric(n)"}
    assert matcalc.check("tr(A*S)", "(A + A')/2", "S", variables=kinds).ok
    assert matcalc.check("tr(A*S)", "A'", "S", variables=kinds).verdict == "other convention"
    assert matcalc.check("tr(A*S)", "A'", "S", variables=kinds, symmetric="independent").ok
    cookbook = "A + A' - diag(diag(A))"
    assert "cookbook" in matcalc.check("tr(A*S)", cookbook, "S", variables=kinds).text


def test_tensors_are_compared_in_the_kronecker_form() -> None:
    assert matcalc.check("A*X*B", "kron(B', A)", "X", vec=True).ok
    assert matcalc.check("A*X*B", "kron(B', A)", "X").verdict == "other layout"
    assert not matcalc.check("A*X*B", "kron(B, A)", "X", vec=True).ok


def test_names_of_the_expression_and_of_the_formula() -> None:
    expression = "r = X*w - y; r'*r"
    assert matcalc.check(expression, "2*X'*r", "w").ok
    assert matcalc.check(expression, "r = y - X*w; -2*X'*r", "w").ok
    assert matcalc.check(expression, "e = X*w - y; 2*X'*e", "w").ok
    assert "z does not occur" in matcalc.check(expression, "2*X'*r + z", "w").text
    assert matcalc.check("mean(x)", "ones(n)/n", "x").ok
    assert matcalc.check("x'*x - x'*x", "0", "x").ok


def test_latex() -> None:
    expression = r"\|Xw - y\|_2^2"
    assert matcalc.check(expression, r"2X^\top (Xw - y)", "w").ok
    assert matcalc.check("norm2(X*w - y)^2", r"2X^\top (Xw - y)", "w").ok
    assert matcalc.check("norm2(X*theta - y)^2", r"-2X^\top (X\theta - y)", "theta").verdict == "sign"
    assert matcalc.check("r = X*w - y; r'*r", r"2X^\top r", "w", language=None).ok


def test_functions_known_by_name_only() -> None:
    kinds = {"f": "function -> scalar"}
    assert matcalc.check("f(A*x)", "A'*grad(f)(A*x)", "x", variables=kinds).ok
    assert matcalc.check("f(A*x)", "grad(f)(A*x)'*A", "x", variables=kinds).verdict == "transposed"


def test_families() -> None:
    expression = "sum_i((w'*x_i - y_i)^2)/N"
    assert matcalc.check(expression, "2*sum_i((w'*x_i - y_i)*x_i)/N", "w").ok
    found = matcalc.check(expression, "2*sum_i((w'*x_i - y_i)*x_i)", "w")
    assert (found.verdict, "N times" in found.text) == ("factor", True)


@pytest.mark.parametrize("formula", ["d*s^2 - s^3/2 - s^2/2 + s/2 - d + 0.5", "(d - (s + 1)/2)*(s^2 - 1)"])
def test_rounding_is_told_from_error(formula: str) -> None:
    """Where tanh is close to 1 the terms cancel."""
    expression, given = "((tanh(10*w'*x + b) + 1)/2 - d)^2", f"s = tanh(10*w'*x + b); {formula}"
    assert matcalc.check(expression, given, "b").ok
    assert not matcalc.check(expression, given.replace("s^2", "1.000001*s^2"), "b").ok


def test_the_example_is_true() -> None:
    """The numbers shown are those that the formula and the answer have at the point shown."""
    found = matcalc.check("x'*A*x", "2*A*x", "x")
    shown = re.search(r"x = (\[.*?\]), A = (\[.*?\]): the formula is (\[.*?\]), the answer (\[.*?\])$", found.text)
    assert shown is not None
    values = {name: matcalc_literal(text) for name, text in zip("xA", shown.groups()[:2], strict=True)}
    for text, numbers in (("2*A*x", shown[3]), ("(A + A')*x", shown[4])):
        assert numbers_text(matcalc.evaluate(text, values)) == numbers


def matcalc_literal(text: str) -> Any:
    from matcalc.literals import literal

    return literal(text)


# -- the command


def ran(*words: str) -> Any:
    return CliRunner().invoke(main, ["check", *words])


def test_status_of_the_command() -> None:
    right = ran("x'*A*x", "--wrt", "x", "--equals", "A*x + A'*x")
    assert (right.exit_code, right.output) == (0, "equal\n")
    wrong = ran("x'*A*x", "--wrt", "x", "--equals", "2*A*x")
    assert wrong.exit_code == 1
    assert wrong.output.startswith("true only if A is symmetric\nthe answer is (A + A')*x\n")
    quiet = ran("-x'*A*x", "--wrt", "x", "--equals", "(A + A')*x", "-q")
    assert (quiet.exit_code, quiet.output) == (1, "sign\n")
    assert ran("x'*A*x", "--wrt", "x", "--equals", "x'*(A + A')", "--layout", "numerator").exit_code == 0


@pytest.mark.parametrize(
    ("expression", "formula", "wrt"),
    [
        ("x'*A*x", "2*A*", "x"),
        ("x*y", "x", "x"),
        ("x'*x", "2*x", "z"),
        ("x'*x", "sigmod(x)", "x"),
        ("x'*y", "x", "x,y"),
    ],
)
def test_what_cannot_be_compared_ends_with_status_2(expression: str, formula: str, wrt: str) -> None:
    found = ran(expression, "--wrt", wrt, "--equals", formula)
    assert found.exit_code == 2
    assert "Traceback" not in found.output
