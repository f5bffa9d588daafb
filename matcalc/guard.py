"""Simplified, and the numbers held against those of the plain form: what does not keep them is not shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from matcalc.agreement import agree
from matcalc.matrixform import MatrixForms
from matcalc.simplify import simplification

if TYPE_CHECKING:
    from matcalc.rulebook import Identity, Rulebook
    from matcalc.terms import Node


def guarded(node: Node, rulebook: Rulebook, forms: MatrixForms | None = None) -> tuple[Node, list[str]]:
    """An equal node whose matrix form costs no more, and notes on what was dropped because it was not equal.

    Where nothing was simplified, nothing is evaluated. What cannot be evaluated is taken as it is.
    """
    short, _, dropped = guarded_simplification(node, rulebook, forms or MatrixForms())
    return short, dropped


def guarded_simplification(
    node: Node, rulebook: Rulebook, forms: MatrixForms
) -> tuple[Node, list[Identity], list[str]]:
    """The same, with the rules of the file that were applied on the way."""
    short, applied = simplification(node, rulebook, forms)
    if short == node or agree(node, short) is not False:
        return short, applied, []
    added = [rule for rule in applied if not rule.entry.trusted]
    if added:
        short, applied = simplification(node, rulebook, forms, without=added)
        if agree(node, short) is not False:
            return short, applied, [f"left out, since with it the numbers of the answer change: {_named(added)}"]
    return node, [], ["not simplified, since the simplified form had other numbers: this is a fault of matcalc"]


def _named(rules: Sequence[Identity]) -> str:
    return "; ".join([f"{rule.text} ({rule.where})" for rule in rules])
