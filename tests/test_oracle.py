"""The judge itself: it reads the recorded values and the published answers of all cases, and refuses bad shapes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oracle.differences import hessian, jacobian
from oracle.layouts import arranged, relative_error
from oracle.shapes import SurfaceError, as_matrix
from oracle.surface import evaluate

CASES = json.loads((Path(__file__).parent / "data" / "cases.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES])
def test_value_and_published_answer_of_a_case(case: dict[str, Any]) -> None:
    for draw in case["draws"]:
        value = evaluate(case["expr"], draw["values"], case["sizes"])
        assert relative_error(np.squeeze(value), np.squeeze(draw["value"])) <= 1e-9
        if case.get("published") and np.ndim(draw["answer"]) <= 2:
            shown = evaluate(case["published"], draw["values"], case["sizes"])
            assert relative_error(np.squeeze(shown), np.squeeze(draw["answer"])) <= 1e-9


def has_reference(case: dict[str, Any]) -> bool:
    """Whether differences give it: not another convention, nor a tensor of second derivatives."""
    scalar_by_column = np.ndim(case["draws"][0]["value"]) == 0 and np.ndim(case["draws"][0]["answer"]) <= 2
    by_column = case["vars"][case["wrt"]].startswith(("scalar", "vector"))
    return case.get("convention") != "symmetric-gradient" and (case["order"] == 1 or (scalar_by_column and by_column))


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES if has_reference(case)])
def test_differences_give_the_recorded_answer(case: dict[str, Any]) -> None:
    draw = case["draws"][0]
    point = as_matrix(draw["values"][case["wrt"]])

    def function(at: Any) -> Any:
        return evaluate(case["expr"], {**draw["values"], case["wrt"]: at}, case["sizes"])

    if case["order"] == 2:
        found, _ = hessian(function, point)
    else:
        found = arranged(jacobian(function, point, case["vars"][case["wrt"]].split("(")[0])[0], "mixed")
    assert relative_error(np.squeeze(found), np.squeeze(draw["answer"])) <= 1e-6


A = np.arange(12.0).reshape(4, 3)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("-2^2", [[-4.0]]),
        ("2^-1 + 1.5e1", [[15.5]]),
        ("A[2,:]*2", [[6.0, 8.0, 10.0]]),
        ("[1, 2; 3, 4]'", [[1.0, 3.0], [2.0, 4.0]]),
        ("2.*[1, 2]", [[2.0], [4.0]]),
        ("s = sum(A, 1); s'", [[18.0], [22.0], [26.0]]),
        ("A + sum(A,2)", A + A.sum(axis=1, keepdims=True)),
        ("sum_l(A[2,l])", [[12.0]]),
        ("sum_k(sum_l(A[k,l]))", [[66.0]]),
        ("commutation(4,3)*vec(A) - vec(A')", np.zeros((12, 1))),
    ],
)
def test_reading(text: str, value: Any) -> None:
    np.testing.assert_allclose(evaluate(text, {"A": A}), value)


def test_reading_an_index_form() -> None:
    found = evaluate("[k,l,i,j] A[k,i]*eye(p)[l,j]", {"A": A}, {"p": 2}, shape=(4, 2, 3, 2))
    np.testing.assert_allclose(found, np.einsum("ki,lj->klij", A, np.eye(2)))


BAD = ["A*A", "A + A'", "A.*A'", "A^2", "1/A", "inv(A)", "A[5,1]", "A[1]", "B", "f(A)", "A A", "A +"]


@pytest.mark.parametrize("text", BAD)
def test_refusing(text: str) -> None:
    with pytest.raises(SurfaceError):
        evaluate(text, {"A": A})
