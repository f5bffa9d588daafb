"""The signs of differences: as in the input where that is no longer, and the same throughout an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from matcalc.expr import Expr, Symbol, postorder
from matcalc.lower import lowered_differences, variable
from matcalc.tensor import oriented
from matcalc.terms import Sum

if TYPE_CHECKING:
    from matcalc.rulebook import Rulebook

Signs = Mapping[bytes, bool]  # by the digest of a sum, whether it is written with all signs turned


def signs_of(expression: Expr, rulebook: Rulebook, symbols: Mapping[str, Symbol]) -> Signs:
    """For sums by their digests, whether a reader of this expression expects them with all signs turned.

    `symbols` are its variables at their places, by their keys. What stands there in both ways is left out.
    """
    found: dict[bytes, set[bool]] = {}
    operands = {key: variable(symbol) for key, symbol in symbols.items()}
    for node in lowered_differences(expression, rulebook, operands):
        content, part, _ = oriented(node) if isinstance(node, Sum) else (1, node, False)
        found.setdefault(part.digest, set()).add(content < 0)
    return {digest: turned.pop() for digest, turned in found.items() if len(turned) == 1}


def mixed_differences(expression: Expr) -> int:
    """How many differences an expression has in both ways, `x - y` and `y - x`."""
    found: dict[frozenset[Expr], set[frozenset[Expr]]] = {}
    for node in postorder(expression):
        if node.op == "add":
            terms = frozenset([arg.args[0] if arg.op == "neg" else arg for arg in node.args])
            found.setdefault(terms, set()).add(frozenset([arg for arg in node.args if arg.op == "neg"]))
    return sum(len(signs) > 1 for signs in found.values())


def better_signed(one: Expr, other: Expr) -> Expr:
    """The shorter of two, then the one with fewer differences in both ways, and fewer signs; else the first."""
    return min(
        [one, other], key=lambda expression: (expression.cost, mixed_differences(expression), _minus(expression))
    )


def _minus(expression: Expr) -> int:
    """How many terms and wholes have a minus."""
    return sum(node.op == "neg" for node in postorder(expression))
