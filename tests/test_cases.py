"""Textbook and real-world derivatives: the numbers and the printed text against recorded answers.

`data/cases.json` holds the problems with two draws of numbers each; the answers were computed by automatic
differentiation. What matcalc does not support yet stands in `data/refused.json`, a list that may only shrink.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import matcalc
from oracle.layouts import relative_error
from oracle.surface import evaluate

DATA = Path(__file__).parent / "data"
CASES = json.loads((DATA / "cases.json").read_text(encoding="utf-8"))
REFUSED = set(json.loads((DATA / "refused.json").read_text(encoding="utf-8")))
TOLERANCE = 1e-7


def declarations(case: dict[str, Any]) -> dict[str, str]:
    """The kinds of the case as a user declares them, with the domain of the numbers as a sign or as spd."""
    declared = {}
    for name, kind in case["vars"].items():
        domain = case["domain"].get(name)
        if domain == "spd" and (name != case["wrt"] or kind.startswith("symmetric")):
            kind = f"spd({kind.rstrip(')').split('(')[1].split(',')[0]})"
        declared[name] = kind + (" positive" if domain == "positive" else "")
    return declared


def answer(case: dict[str, Any]) -> Any:
    """matcalc's derivative, or the error it raises."""
    symmetric = "cookbook" if case.get("convention") == "symmetric-gradient" else "projected"
    return matcalc.differentiate(
        case["expr"], wrt=case["wrt"], variables=declarations(case), order=case["order"], symmetric=symmetric
    )


@pytest.mark.parametrize("case", [pytest.param(c, id=c["id"]) for c in CASES if c["id"] not in REFUSED])
def test_case_is_right_in_numbers_and_in_print(case: dict[str, Any]) -> None:
    derivative = answer(case)
    for draw in case["draws"]:
        wanted = np.asarray(draw["answer"], dtype=float)
        found = np.asarray(derivative.evaluate(draw["values"]), dtype=float)
        assert np.squeeze(found).shape == np.squeeze(wanted).shape
        assert relative_error(np.squeeze(found), np.squeeze(wanted)) <= TOLERANCE
        check_print(case, draw, derivative.text, found, wanted)


def check_print(case: dict[str, Any], draw: dict[str, Any], text: str, found: Any, wanted: Any) -> None:
    """The text read by the oracle gives the same numbers, and a gradient is a column."""
    shown = evaluate(text, draw["values"], case["sizes"], shape=found.shape)
    assert np.squeeze(shown).shape == np.squeeze(wanted).shape
    assert relative_error(np.squeeze(shown), np.squeeze(wanted)) <= TOLERANCE
    if np.ndim(draw["value"]) == 0 and wanted.ndim == 1:
        assert shown.shape == (wanted.size, 1)


@pytest.mark.parametrize("case", [pytest.param(c, id=c["id"]) for c in CASES if c["id"] in REFUSED])
def test_unsupported_case_is_refused_with_a_reason(case: dict[str, Any]) -> None:
    with pytest.raises(matcalc.MatcalcError) as refusal:
        answer(case)
    assert refusal.value.message


def test_refused_list_names_cases_and_only_shrinks() -> None:
    assert {case["id"] for case in CASES} >= REFUSED
    assert len(REFUSED) <= 0
