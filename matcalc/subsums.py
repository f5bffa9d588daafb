"""Sums that stand inside longer ones: `V*p - w` in `B*r - V*p + w`, where it has a name that may be used again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from matcalc.expr import Expr, add, neg, postorder, with_args

# How many sums are replaced.
MOST_REPLACED = 4


def sums_inside(expressions: Sequence[Expr]) -> Iterator[list[Expr]]:
    """The expressions with the terms of a shorter sum in a longer one put together, then with a second one, ..."""
    current = list(expressions)
    for _ in range(MOST_REPLACED):
        found = _sum_inside(current)
        if found is None:
            return
        current = [_replaced(expression, *found) for expression in current]
        yield current


def _sum_inside(expressions: Sequence[Expr]) -> tuple[Expr, Expr] | None:
    """A sum that has all terms of another, up to one sign, and what it becomes."""
    sums = [node for node in postorder(*expressions) if node.op == "add"]
    starting: dict[int, list[Expr]] = {}  # by the term that a sum starts with
    for node in sums:
        starting.setdefault(_signed(node.args[0])[0], []).append(node)
    for node in sums:
        signs = dict(map(_signed, node.args))
        shorter = [s for term in signs for s in starting.get(term, ()) if len(s.args) < len(node.args)]
        for inner in sorted(shorter, key=lambda s: -s.cost):
            joined = _joined(node, inner, signs)
            if joined is not None:
                return node, joined
    return None


def _signed(term: Expr) -> tuple[int, int]:
    """A term without its minus, by identity, and its sign."""
    return (id(term.args[0]), -1) if term.op == "neg" else (id(term), 1)


def _joined(node: Expr, inner: Expr, signs: dict[int, int]) -> Expr | None:
    """The longer sum over the shorter one as one term."""
    factors = {signs.get(term, 0) * sign for term, sign in map(_signed, inner.args)}
    if inner.shape != node.shape or factors not in ({1}, {-1}):
        return None
    inside = {_signed(term)[0] for term in inner.args}
    rest = [term for term in node.args if _signed(term)[0] not in inside]
    whole = inner if factors == {1} else neg(inner)
    # a nested sum is flattened where it comes first, so that it would not be found again
    return add(*rest, whole) if rest[0].op != "neg" or factors == {-1} else None


def _replaced(expression: Expr, node: Expr, by: Expr) -> Expr:
    done: dict[int, Expr] = {}
    for part in postorder(expression):
        new = with_args(part, tuple([done[id(a)] for a in part.args])) if part.args else part
        done[id(part)] = by if part is node else new
    return done[id(expression)]
