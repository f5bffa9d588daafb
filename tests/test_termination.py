"""Every identity lowers a declared order, and rewriting by any rules at all ends."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from matcalc import differentiate
from matcalc.expr import Expr
from matcalc.rule_entries import Identity
from matcalc.rulebook import default_rulebook, load_rulebook

IDENTITIES = default_rulebook().identities
Order = tuple[int, int, int]


def named(identity: Identity) -> str:
    return f"{identity.line}-{identity.text.strip()}"


def calls(side: Expr) -> list[Expr]:
    """The functions that it applies; a power of a matrix is one."""
    return [n for n in occurrences(side) if n.op == "call" or (n.op == "pow" and not n.is_scalar)]


def occurrences(side: Expr) -> list[Expr]:
    """Every node as often as it is written."""
    found = [side]
    for node in found:
        found += node.args
    return found


def order(side: Expr) -> Order:
    """Tokens, a function inside a function counting two more; then ' and - inside functions; then functions."""
    inside = [part for call in calls(side) for arg in call.args for part in occurrences(arg)]
    nested = sum(part.op == "call" for part in inside)
    marks = sum(part.op in ("transpose", "neg") for part in inside)
    return side.cost + 2 * nested, marks, len(calls(side))


def variables(side: Expr) -> Counter[str]:
    return Counter(node.value.name for node in occurrences(side) if node.op == "symbol")


@pytest.mark.parametrize("identity", IDENTITIES, ids=named)
def test_an_identity_lowers_the_declared_order(identity: Identity) -> None:
    assert order(identity.right) < order(identity.left)


# on the right an operand stands once more than on the left: they pay for short operands, and are tried for no others
REPEATING = {"log(softmax(A))", "adj(inv(X))", "inv(adj(X))"}


@pytest.mark.parametrize("identity", IDENTITIES, ids=named)
def test_an_identity_lowers_it_whatever_the_operands(identity: Identity) -> None:
    left, _, _ = identity.text.partition("->")
    repeats = bool(variables(identity.right) - variables(identity.left))
    assert repeats == (left.strip().removeprefix("rule ").strip() in REPEATING)


BACK_AND_FORTH = """
fn first(x) d = second(x).*dx
fn second(x) d = first(x).*dx
let x: scalar
let y: scalar
"""
# rules that lead in circles, grow, or undo each other; whether they are true does not matter here
ADVERSARIAL = [
    ["rule first(x) -> second(x)", "rule second(x) -> first(x)"],
    ["rule first(x) -> second(second(x))", "rule second(x) -> first(first(x))"],
    ["rule first(x) -> first(x)*second(x)"],
    ["rule first(x)*second(y) -> second(x)*first(y)"],
    ["rule first(x) + second(y) -> second(x) + first(y)", "rule first(x) -> first(-x)"],
    ["rule first(first(x)) -> second(x)", "rule second(x) -> first(first(x))"],
]
EXPRESSIONS = ["a*first(b)", "a*first(first(first(b)))*second(b)", "a*(first(b) + second(c) + first(c)*second(b))"]


@pytest.mark.parametrize("rules", ADVERSARIAL, ids=lambda rules: "; ".join(rules))
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_no_rules_lead_in_circles(rules: list[str], expression: str, tmp_path: Path) -> None:
    """The answer is there, no longer than without the rules, and does not change when it is read once more."""
    plain, file = tmp_path / "plain.rules", tmp_path / "circles.rules"
    plain.write_text(BACK_AND_FORTH, encoding="utf-8")
    file.write_text(BACK_AND_FORTH + "\n".join(rules), encoding="utf-8")
    kinds = dict.fromkeys("abc", "scalar")
    without = differentiate(expression, "a", variables=kinds, rulebook=load_rulebook([plain]))
    answer = differentiate(expression, "a", variables=kinds, rulebook=load_rulebook([file]))
    again = differentiate(f"a*({answer.text})", "a", variables=kinds, rulebook=load_rulebook([file]))
    assert answer.matrix("text").cost <= without.matrix("text").cost
    assert again.text == answer.text
