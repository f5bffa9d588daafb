"""Every line of rules/known.rules is true, by numbers, and is recognised under other names; nothing else is."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

import matcalc
from matcalc.errors import MatcalcError
from matcalc.numeric import evaluate as numbers
from matcalc.printers.text import text
from matcalc.rule_known import Known
from matcalc.rulebook import default_rulebook, load_rulebook
from matcalc.sampling import draw_values
from oracle.differences import jacobian
from oracle.layouts import relative_error
from oracle.surface import evaluate

KNOWN = default_rulebook().known
SIZES = {"m": 5, "n": 3, "k": 4, "l": 2}
CASES = json.loads((Path(__file__).parent / "data" / "cases.json").read_text("utf-8"))


def label(known: Known) -> str:
    return f"{known.entry.line}: {known.fields['formula'].text} by {known.variable.name}"


def answer_of(known: Known) -> matcalc.Derivative:
    kinds = {symbol.name: symbol.kind.text for symbol in known.symbols}
    return matcalc.differentiate(text(known.formula), known.variable.name, variables=kinds)


def test_there_are_many() -> None:
    assert len(KNOWN) >= 70 and len({label(known) for known in KNOWN}) == len(KNOWN)


@pytest.mark.parametrize("known", KNOWN, ids=label)
@pytest.mark.parametrize("draw", [0, 1])
def test_the_derivative_is_that_of_central_differences(known: Known, draw: int) -> None:
    """The formula as read by an evaluator that shares no code, against the derivative of the line."""
    values = draw_values(known.symbols, SIZES, np.random.default_rng(draw))
    by = known.variable
    source = text(known.formula)

    def value(operand: np.ndarray) -> np.ndarray:
        return np.atleast_2d(evaluate(source, {**values, **SIZES, by.name: operand}))

    point = values[by.name].reshape([d.value(SIZES) for d in by.kind.shape])
    measured, error = jacobian(value, point, by.kind.structure, step=0.002)
    stated = np.asarray(numbers(known.derivative, values, SIZES))
    assert error < 1e-5 and relative_error(stated.ravel(), measured.ravel()) < 1e-6


@pytest.mark.parametrize("known", KNOWN, ids=label)
def test_the_engine_finds_it(known: Known) -> None:
    answer = answer_of(known)
    assert answer.check().ok
    values = draw_values(known.symbols, SIZES, np.random.default_rng(3))
    stated = np.asarray(numbers(known.derivative, values, SIZES))
    assert relative_error(np.asarray(answer.evaluate(values, SIZES)).ravel(), stated.ravel()) < 1e-8


@pytest.mark.parametrize("known", KNOWN, ids=label)
@pytest.mark.parametrize("reverse", [False, True])
def test_it_is_recognised_under_other_names(known: Known, reverse: bool) -> None:
    """Names given in the order of the line, or the other way round, so that no order of names helps."""
    fresh = [f"q{k}" for k in range(len(known.symbols))]
    names = dict(zip([s.name for s in known.symbols], reversed(fresh) if reverse else fresh))
    pieces = {name: f"({new})" for name, new in names.items()}
    kinds = {names[symbol.name]: symbol.kind.text for symbol in known.symbols}
    answer = matcalc.differentiate(renamed(text(known.formula), pieces), names[known.variable.name], variables=kinds)
    assert f"this is {known.name} (" in "\n".join(answer.notes)
    assert not [note for note in answer.notes if note.startswith("up to")]


def renamed(source: str, names: dict[str, str]) -> str:
    return re.sub(r"[A-Za-z_]\w*(?!\w*\()", lambda match: names.get(match[0], match[0]), source)


@pytest.mark.parametrize(
    ("expression", "wrt", "note"),
    [
        ("det(M)", "M", "this is Jacobi's formula (Matrix Cookbook 49)"),
        ("(b - A*x)'*(b - A*x)", "x", "this is the gradient of least squares (zero in the normal equations)"),
        ("0.5*norm2(b - x)^2", "x", "up to a factor this is the gradient of a squared distance (twice the difference)"),
        ("sum((b - A*x).^2)", "x", "this is the gradient of least squares (zero in the normal equations)"),
        ("tr(X'*M')", "X", "this is the gradient of a trace of a product (Matrix Cookbook 100)"),
        ("z'*A'*z", "z", "this is the gradient of a quadratic form (Matrix Cookbook 81)"),
    ],
)
def test_order_transposes_and_factors_do_not_hide_it(expression: str, wrt: str, note: str) -> None:
    assert note in matcalc.differentiate(expression, wrt).notes


@pytest.mark.parametrize(
    ("expression", "wrt", "kinds"),
    [
        ("z'*A*w", "z", {}),  # the form is not that of one vector
        ("norm2(A*x - b)^3", "x", {}),
        ("det(M)^2", "M", {}),
        ("det(S)", "S", {"S": "spd(n)"}),  # symmetric: another gradient by the entries
        ("a'*S*a", "S", {"a": "vector(n)", "S": "symmetric(n)"}),
        ("logsumexp(u) - v'*w", "u", {"v": "vector(n)", "w": "vector(n)"}),
        ("sum_i((w'*x_i - y_i)^2)", "w", {}),
        ("x'*x", "y", {"y": "vector(n)"}),
    ],
)
def test_what_is_another_has_no_name(expression: str, wrt: str, kinds: dict[str, str]) -> None:
    assert matcalc.differentiate(expression, wrt, variables=kinds).recognition("this") == ""


def test_a_second_derivative_or_a_product_has_no_name() -> None:
    assert matcalc.differentiate("x'*A*x", "x", order=2).recognition("this") == ""
    assert matcalc.hvp("x'*A*x", "x", "v").recognition("this") == ""
    assert matcalc.vjp("softmax(z)", "z", "g").recognition("this") == ""


def test_a_convention_that_changes_the_answer_takes_its_name_away() -> None:
    kinds = {"S": "spd(n)"}
    names = [
        matcalc.differentiate("logdet(S)", "S", variables=kinds, symmetric=way).recognition("this")
        for way in ("projected", "independent", "cookbook")
    ]
    assert names == ["this is the gradient of the log-determinant (Matrix Cookbook 57)", "", ""]


def test_several_variables_are_named_in_their_notes() -> None:
    notes = matcalc.differentiate("norm2(X*w - y)^2", "w, X").notes
    assert notes[0].startswith("the derivative by w is the gradient of least squares")
    assert notes[1].startswith("the derivative by X is the gradient of least squares by the matrix")


def test_no_case_is_called_what_it_is_not() -> None:
    """The lines that the cases of the other tests are taken for, reviewed by hand."""
    reviewed = json.loads((Path(__file__).parent / "data" / "known_cases.json").read_text("utf-8"))
    found = {}
    for case in CASES:
        answer = matcalc.differentiate(case["expr"], case["wrt"], variables=case["vars"], order=case["order"])
        name = answer.recognition("this")
        if name:
            found[case["id"]] = name
    assert found == reviewed


def test_other_files_name_nothing(tmp_path: Path) -> None:
    file = tmp_path / "my.rules"
    file.write_text('let x: vector(n)\nknown x\'*x by x -> 3*x  name = "wrong"  source = "me"\n', "utf-8")
    with pytest.raises(MatcalcError, match="only the rules that ship"):
        load_rulebook([file])
