"""Which declaration would make an answer shorter: `with A symmetric this is A*x` for `0.5*(A + A')*x`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from matcalc.dimensions import ONE
from matcalc.expr import Expr, Symbol, postorder
from matcalc.kinds import Kind
from matcalc.lower import variable
from matcalc.substitution import substituted
from matcalc.symbols import Member
from matcalc.terms import Leaf, Node
from matcalc.terms import postorder as node_postorder

# An answer must become shorter by this share to be worth a line.
LEAST_SHARE = 0.1
# Longer answers are not tried: a hint must cost little.
LONGEST_TRIED = 300

Shown = Callable[[Node], "Expr | None"]


def symmetric_hint(
    node: Node, expression: Expr, variables: Collection[str], shown: Shown
) -> tuple[list[str], Expr] | None:
    """The fewest matrices that would have to be declared symmetric for a clearly shorter answer, and that answer.

    `node` is the answer as an index term, `expression` as it is printed; `shown` prints another node. `variables` are
    the names of those of the differentiation: by a symmetric one the derivative is another.
    """
    if expression.cost > LONGEST_TRIED:
        return None
    candidates = [symbol for symbol in in_both_orientations(expression) if symbol.name not in variables]
    if not candidates:
        return None
    shorter = _assuming(node, candidates, shown)
    if shorter is None or shorter.cost > (1 - LEAST_SHARE) * expression.cost:
        return None
    needed, best = candidates, shorter
    for symbol in candidates:
        fewer = [other for other in needed if other != symbol]
        without = _assuming(node, fewer, shown) if fewer else None
        if without is not None and without.cost <= best.cost:
            needed, best = fewer, without
    return [symbol.name for symbol in needed], best


def in_both_orientations(expression: Expr) -> list[Symbol]:
    """The square matrices that stand in an expression both as they are and transposed, by name."""
    found: dict[Symbol, set[bool]] = {}
    if not any(node.op == "transpose" for node in postorder(expression)):
        return []
    pending = [(expression, False)]
    seen = {(id(expression), False)}
    while pending:
        node, turned = pending.pop()
        if node.op == "symbol" and _may_be_symmetric(node.value):
            found.setdefault(node.value, set()).add(turned)
        for arg in node.args:
            below = (arg, turned != (node.op == "transpose"))
            if (id(arg), below[1]) not in seen:
                seen.add((id(arg), below[1]))
                pending.append(below)
    return sorted([symbol for symbol, turns in found.items() if len(turns) == 2], key=lambda symbol: symbol.name)


def _may_be_symmetric(symbol: Symbol) -> bool:
    """Whether a symbol is a square matrix of which nothing is known but that it is one, or invertible."""
    if isinstance(symbol, Member):
        return False
    rows, columns = symbol.kind.shape
    return rows == columns != ONE and symbol.kind.structure in ("matrix", "invertible")


def _assuming(node: Node, candidates: Sequence[Symbol], shown: Shown) -> Expr | None:
    """The answer if these were symmetric."""
    return shown(substituted(node, _symmetric_leaves(node, {symbol.name for symbol in candidates})))


def _symmetric_leaves(node: Node, names: set[str]) -> Mapping[bytes, Node]:
    """The variables of these names, each with what it would be if it were symmetric."""
    leaves = [part for part in node_postorder(node) if isinstance(part, Leaf) and part.symbol.name in names]
    return {leaf.digest: variable(Symbol(leaf.symbol.name, _symmetric(leaf.symbol.kind))) for leaf in leaves}


def _symmetric(kind: Kind) -> Kind:
    return Kind("symmetric", (kind.shape[0],), kind.sign)


def hint_text(names: Sequence[str], what: str, shorter: str) -> str:
    """The hint as a line.

    >>> hint_text(["A", "B"], "this", "2*B*A*x")
    'with A and B symmetric this is 2*B*A*x'
    """
    said = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    return f"with {said} symmetric {what} is {shorter}"
