"""Whether a formula is linear in its differentials, as every differential must be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matcalc.expr import Expr, postorder

LINEAR_CALLS = frozenset({"tr", "sum", "diag", "vec", "tril", "triu"})
PRODUCTS = frozenset({"mul", "had"})
ALONG = frozenset({"neg", "transpose", "entry"})


def is_linear(formula: Expr, differentials: Sequence[str], places: Mapping[str, int] | None = None) -> bool:
    """Whether every term holds exactly one of the differentials, as a factor.

    `places` names further functions that are linear in one argument, with the place of that argument.

    >>> from matcalc.expr import had, symbol
    >>> from matcalc.kinds import Kind
    >>> x, dx = symbol("x", Kind("scalar")), symbol("dx", Kind("scalar"))
    >>> is_linear(had(x, dx), ["dx"]), is_linear(x, ["dx"]), is_linear(had(dx, dx), ["dx"])
    (True, False, False)
    """
    degrees: dict[int, int | None] = {}
    for node in postorder(formula):
        if node.op == "symbol":
            degrees[id(node)] = int(node.value.name in differentials)
        else:
            degrees[id(node)] = _degree(node, [degrees[id(a)] for a in node.args], places or {})
    return degrees[id(formula)] == 1


def _degree(node: Expr, args: list[int | None], places: Mapping[str, int]) -> int | None:
    """The number of differentials multiplied in each term; None where terms differ or one is not a factor."""
    known = [a for a in args if a is not None]
    if len(known) < len(args):
        return None
    if not any(known):
        return 0
    if node.op in PRODUCTS or (node.op == "call" and node.value == "kron"):
        return sum(known)
    if node.op == "add":
        return known[0] if len(set(known)) == 1 else None
    if node.op in ALONG or (node.op == "call" and node.value in LINEAR_CALLS):
        return known[0]
    if node.op in ("div", "haddiv"):
        return known[0] if not known[1] else None
    if node.op == "call" and node.value in places:
        return sum(known) if sum(known) == known[places[node.value]] else None
    return None
