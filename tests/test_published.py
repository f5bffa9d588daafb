"""Published derivatives: each answer equals the published closed form and is no longer than an author would write it.

`data/published.json` holds facts of textbooks, papers and reference tables, typed in the language of the input, each
with the closed form as published and its source. `sizes` are given where an inverse asks for more columns than rows,
`positive` is an expression whose entries must be positive where a logarithm is taken of it.
"""

from __future__ import annotations

import json
import re
import statistics
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import matcalc
from oracle.differences import hessian, jacobian
from oracle.layouts import relative_error
from oracle.surface import evaluate

CASES = json.loads((Path(__file__).parent / "data" / "published.json").read_text(encoding="utf-8"))
TOLERANCE = 1e-7
# one larger than the next, so that what has names m, n, k in this order is tall: its columns are independent
SIZES = {"m": 5, "n": 3, "p": 7, "k": 2, "d": 4}
FREE = "(),;="

Values = dict[str, np.ndarray]


def answer(case: dict[str, Any]) -> Any:
    return matcalc.differentiate(
        case["expr"],
        wrt=case["wrt"],
        variables=case["variables"],
        order=case["order"],
        symmetric=case.get("symmetric", "projected"),
    )


def sizes_of(case: dict[str, Any], draw: int) -> dict[str, int]:
    """The sizes of the dimensions that the declarations name."""
    used = {name for kind in case["variables"].values() for name in dimensions(kind)}
    known = {**SIZES, **case.get("sizes", {})}
    return {name: known[name] + draw for name in used}


def dimensions(kind: str) -> list[str]:
    return re.findall(r"\w+", kind[kind.find("(") : kind.rfind(")")]) if "(" in kind else []


def drawn(kind: str, sizes: dict[str, int], rng: np.random.Generator) -> np.ndarray:
    """An array of a declared kind."""
    structure = re.split(r"[\s(]", kind)[0]
    shape = tuple(sizes[name] for name in dimensions(kind))
    if structure in ("scalar", "vector", "matrix"):
        return rng.uniform(0.3, 0.9, shape) if kind.endswith("positive") else rng.normal(size=shape)
    if structure == "simplex":
        return rng.dirichlet(np.ones(shape[0]))
    square = rng.normal(size=(shape[0], shape[0]))
    made = {
        "symmetric": square + square.T,
        "spd": square @ square.T + np.eye(len(square)),
        "psd": square @ square.T,
        "skew": square - square.T,
        "diagonal": np.diag(np.diag(square)),
        "orthogonal": np.linalg.qr(square)[0],
    }
    return made[structure]


def values_of(case: dict[str, Any], draw: int) -> tuple[Values, dict[str, int]]:
    rng = np.random.default_rng(zlib.crc32(case["id"].encode()) + draw)
    sizes = sizes_of(case, draw)
    while True:
        values = {name: drawn(kind, sizes, rng) for name, kind in case["variables"].items()}
        if np.all(evaluate(case.get("positive", "1"), values, sizes) > 0.1):
            return values, sizes


def tokens(text: str) -> int:
    """How many names, numbers and operators a text has; brackets, commas and what makes definitions are free."""
    words = re.findall(r"\d+(?:\.\d+)?|\w+|\.\*|\./|\.\^|[^\s\w]", text)
    return max(1, sum(word not in FREE for word in words))


@pytest.mark.parametrize("case", [pytest.param(c, id=c["id"]) for c in CASES])
def test_answer_equals_the_published_form(case: dict[str, Any]) -> None:
    text = answer(case).text
    for draw in (0, 1):
        values, sizes = values_of(case, draw)
        wanted = evaluate(case["published"], values, sizes)
        shown = evaluate(text, values, sizes)
        assert shown.shape == wanted.shape
        assert np.all(np.isfinite(wanted))
        assert relative_error(shown, wanted) <= TOLERANCE, f"{text} is not {case['published']}"


@pytest.mark.parametrize("case", [pytest.param(c, id=c["id"]) for c in CASES if "positive" not in c])
def test_answer_agrees_with_central_differences(case: dict[str, Any]) -> None:
    report = answer(case).check()
    assert report.ok, str(report)


@pytest.mark.parametrize("case", [pytest.param(c, id=c["id"]) for c in CASES if "positive" in c])
def test_answer_agrees_with_differences_at_a_point_of_the_domain(case: dict[str, Any]) -> None:
    """Where few random points lie in the domain: scalars of a column."""
    values, sizes = values_of(case, 0)
    point = values[case["wrt"]].reshape(-1, 1)

    def value(at: np.ndarray) -> np.ndarray:
        return evaluate(case["expr"], {**values, case["wrt"]: at[:, 0]}, sizes)

    shown = evaluate(answer(case).text, values, sizes)
    if case["order"] == 2:
        measured, error = hessian(value, point, step=1e-3)
    else:
        measured, error = jacobian(value, point, step=1e-3)
        measured = measured.reshape(-1, 1)
    assert error <= 1e-4
    assert relative_error(shown, measured) <= 1e-4


def test_answers_are_as_short_as_the_published_forms() -> None:
    """Tokens printed against tokens published: the median, the worst tenth, the worst."""
    printed = [(case, answer(case).text) for case in CASES]
    ratios = {case["id"]: tokens(text) / tokens(case["published"]) for case, text in printed}
    ordered = sorted(ratios.values())
    longer = [(case, text) for case, text in printed if ratios[case["id"]] > 1]
    longer.sort(key=lambda pair: -ratios[pair[0]["id"]])
    listing = "\n".join(f"{ratios[c['id']]:.2f} {c['id']}: {text}   published {c['published']}" for c, text in longer)
    assert statistics.median(ordered) <= 1.0, listing
    assert ordered[int(0.9 * (len(ordered) - 1))] <= 1.10, listing
    assert ordered[-1] <= 2, listing


def test_cases_name_their_sources() -> None:
    assert len(CASES) >= 250
    assert len({case["id"] for case in CASES}) == len(CASES)
    assert all(case["source"] for case in CASES)
