"""A hundred formulas as people paste them: each is read as what was meant, or refused at a place in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import matcalc
from matcalc.latex.detection import is_latex

DATA = Path(__file__).parent / "data" / "latex_pastes.txt"
FIELD = re.compile(r"^(means|by|with)  +(.*)$", re.MULTILINE)
AT_LEAST = 95


class Paste:
    """One formula: what it is, its LaTeX, and what was meant."""

    def __init__(self, entry: str) -> None:
        self.title, _, rest = entry.partition("\n")
        first = FIELD.search(rest)
        assert first is not None, self.title
        self.latex = rest[: first.start()].strip("\n")
        fields = dict(FIELD.findall(rest))
        self.means = fields["means"]
        self.by = fields.get("by")
        declarations = [item.partition(":") for item in fields.get("with", "").split(";") if item]
        self.kinds = {name.strip(): kind.strip() for name, _, kind in declarations}


PASTES = [Paste(entry) for entry in DATA.read_text(encoding="utf-8").split("\n## ")[1:]]
# not read: rows of a softmax; x' as another point; a norm with two meanings; entries in sums
REFUSED = {
    "attention",
    "kernel of a Gaussian process",
    "graphical lasso",
    "quadratic form with indices",
}


@pytest.mark.parametrize("paste", [pytest.param(p, id=p.title) for p in PASTES if p.title not in REFUSED])
def test_a_paste_is_read_as_it_was_meant(paste: Paste) -> None:
    wanted = matcalc.parse(paste.means, paste.kinds, language="matcalc")
    found = matcalc.parse(paste.latex, paste.kinds, language="latex")
    assert found.expr == wanted.expr
    assert found.wrt_hint == paste.by


@pytest.mark.parametrize("paste", [pytest.param(p, id=p.title) for p in PASTES if p.title in REFUSED])
def test_a_paste_that_is_not_read_is_refused_at_a_place(paste: Paste) -> None:
    with pytest.raises(matcalc.MatcalcError) as caught:
        matcalc.parse(paste.latex, paste.kinds, language="latex")
    assert caught.value.position is not None
    start, end = caught.value.position
    assert 0 <= start < end <= len(paste.latex)
    assert caught.value.suggestion


def test_latex_is_recognised() -> None:
    """All but a formula without a single command, which is text as well."""
    assert [paste.title for paste in PASTES if not is_latex(paste.latex)] == ["update of a Kalman filter"]


def test_at_least_95_of_100_are_read() -> None:
    assert len(PASTES) == 100
    assert len(PASTES) - len(REFUSED) >= AT_LEAST
