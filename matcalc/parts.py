"""Named parts: long subexpressions that occur again become definitions before the answer.

The expression is a graph; a part is a node that several others use. Naming it pays when the text
gets shorter by more than a reader's pause costs. So the text stays linear in the size of the graph.
A sum inside another sum over the same index, of which it knows nothing, is named in any case.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from matcalc.dimensions import ONE, Shape
from matcalc.expr import Expr, postorder, symbol, with_args
from matcalc.kinds import plain_kind

# Tokens that a definition must save beyond what it costs itself.
LEAST_SAVING = 4
# A shorter text cannot hold parts that save so much.
SHORTEST_NAMED = 12
SCALARS, VECTORS, MATRICES = "stcpqrgh", "ruvwzpqgh", "PQRGMNTEFHKLUVWZ"


def named_parts(
    expressions: Sequence[Expr], taken: Iterable[str], own: Mapping[str, Expr] | None = None
) -> tuple[list[tuple[str, Expr]], list[Expr]]:
    """Definitions in order, and the expressions in terms of them.

    Names skip all those taken; a part that the input defined keeps the name it had there.
    """
    order = postorder(*expressions)
    chosen = _worth_naming(expressions)
    if any(node.op == "index_sum" for node in order):
        chosen |= _hidden_sums(order)
    if not chosen:
        return [], list(expressions)
    given = {part: name for name, part in (own or {}).items()}
    names = _Names({*taken, *given.values()})
    # equal nodes may be different objects, when the tables were emptied in between
    named: dict[Expr, Expr] = {}
    replaced: dict[int, Expr] = {}
    definitions: list[tuple[str, Expr]] = []
    for node in order:
        written = with_args(node, tuple([replaced[id(a)] for a in node.args])) if node.args else node
        if node in chosen:
            if node not in named:
                name = given.get(node) or names.fresh(node.shape)
                definitions.append((name, written))
                named[node] = symbol(name, plain_kind(node.shape))
            written = named[node]
        replaced[id(node)] = written
    return definitions, [replaced[id(expression)] for expression in expressions]


def _hidden_sums(order: Iterable[Expr]) -> set[Expr]:
    """The sums inside another sum over an index of the same name, which they do not depend on.

    The same name may also be that of an index further inside.
    """
    sums: dict[int, frozenset[Expr]] = {}  # those at or below a node
    hidden: set[Expr] = set()
    for node in order:
        below: frozenset[Expr] = frozenset().union(*[sums[id(arg)] for arg in node.args])
        if node.op == "index_sum":
            closed = [other for other in below if not other.free]
            hidden |= {s for s in closed if any(part.value.name == node.value.name for part in sums[id(s)])}
            below |= {node}
        sums[id(node)] = below
    return hidden


def _worth_naming(expressions: Sequence[Expr]) -> set[Expr]:
    """The nodes whose definition saves tokens, parts of parts counted by their names."""
    if sum([expression.cost for expression in expressions]) < SHORTEST_NAMED:
        return set()
    order = list(dict.fromkeys(postorder(*expressions)))
    uses: dict[Expr, int] = {}
    for expression in expressions:
        uses[expression] = uses.get(expression, 0) + 1
    for node in order:
        for arg in node.args:
            uses[arg] = uses.get(arg, 0) + 1
    costs: dict[Expr, int] = {}
    chosen: set[Expr] = set()
    for node in order:
        own = node.cost - sum([a.cost for a in node.args])
        cost = own + sum([costs[a] for a in node.args])
        count = uses[node]
        own_text = node.op not in ("neg", "transpose") and node.args and not node.free
        if own_text and (count - 1) * cost - count - 1 >= LEAST_SAVING:
            chosen.add(node)
            cost = 1
        costs[node] = cost
    return chosen


class _Names:
    """Fresh names that fit the shape they stand for."""

    def __init__(self, taken: set[str]) -> None:
        self.taken = taken
        self.candidates = {letters: self._candidates(letters) for letters in (SCALARS, VECTORS, MATRICES)}

    def fresh(self, shape: Shape) -> str:
        scalar = shape[0] == ONE and shape[1] == ONE
        letters = SCALARS if scalar else VECTORS if ONE in shape else MATRICES
        name = next(n for n in self.candidates[letters] if n not in self.taken)
        self.taken.add(name)
        return name

    def _candidates(self, letters: str) -> Iterator[str]:
        yield from letters
        number = 1
        while True:
            yield f"{letters[0]}{number}"
            number += 1
