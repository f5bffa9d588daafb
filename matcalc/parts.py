"""Named parts: what occurs again, or is nested too deep to be read, becomes a definition before the answer.

The expression is a graph; a part is a node that several others use, or a stretch of factors that several products
have. Naming it pays when the text gets shorter by more than a reader's pause costs. So the text stays linear in the
size of the graph. A sum inside another sum over the same index, of which it knows nothing, is named in any case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from matcalc.expr import Expr, postorder, symbol, with_args
from matcalc.kinds import plain_kind
from matcalc.part_names import Names, Numbered
from matcalc.stretches import Statement, total_cost, with_stretches_named
from matcalc.subsums import sums_inside

if TYPE_CHECKING:
    from matcalc.rulebook import Rulebook

# Tokens that a definition must save beyond what it costs itself: in a short answer, in a long one, and where the
# user has made the definition. In a long answer small parts may also stand in the way of a better stretch; then only
# large ones are named first.
LEAST_SAVING, LEAST_SAVING_IN_LONG, LEAST_SAVING_OF_OWN, MOST_SAVING = 4, 2, 1, 20
LONG = 28
# A shorter text cannot hold parts that save so much.
SHORTEST_NAMED = 12
# Brackets inside brackets: what has more levels than the first is divided into parts with no more than the second.
DEEPEST_NESTING, NESTING_OF_PARTS = 8, 2
# a name for these would be no gain to a reader, one for what they are made of may be
_NOT_NAMED = ("neg", "transpose", "pow", "hadpow")


def named_parts(
    expressions: Sequence[Expr], taken: Iterable[str], own: Mapping[str, Expr], rulebook: Rulebook
) -> tuple[list[Statement], list[Expr]]:
    """Definitions in order, and the expressions in terms of them.

    Names skip all those taken; a part that the input defined keeps the name it had there.
    """
    given = {part: name for name, part in own.items()}
    in_use = {*taken, *given.values()}
    cost = sum([expression.cost for expression in expressions])
    order = postorder(*expressions)
    hidden = _hidden_sums(order) if any(node.op == "index_sum" for node in order) else set()
    if cost < SHORTEST_NAMED:
        return written_with(expressions, hidden, given, Names(in_use, [part.shape for part in hidden]))
    candidates: list[list[Statement]] = []
    for whole in (expressions, *sums_inside(expressions)) if cost >= LONG else (expressions,):
        tried: list[set[Expr]] = []
        for least in (LEAST_SAVING, LEAST_SAVING_IN_LONG, MOST_SAVING) if cost >= LONG else (LEAST_SAVING,):
            chosen = _worth_naming(whole, given, least) | hidden
            if chosen not in tried:
                tried.append(chosen)
                candidates.append(_statements(whole, chosen, given, in_use, rulebook))
    best = min(candidates, key=lambda statements: (total_cost(statements), len(statements)))
    return [s for s in best if s[0]], [e for name, e in best if not name]


def _statements(
    expressions: Sequence[Expr], chosen: set[Expr], given: Mapping[Expr, str], in_use: set[str], rulebook: Rulebook
) -> list[Statement]:
    """Definitions of the chosen parts, of what is nested too deep and of repeated stretches, then the expressions."""
    nested = _nested_deep(expressions, chosen)
    chosen = chosen | nested
    names = Names(in_use, [part.shape for part in chosen if part not in given])
    definitions, bodies = written_with(expressions, chosen, given, names)
    statements = [*definitions, *[("", body) for body in bodies]]
    least = _least_saving(sum([e.cost for e in expressions]))
    longer = with_stretches_named(statements, least, names.fresh, rulebook)
    if len(longer) == len(statements):
        return statements
    if not nested:
        longer = _without_single_uses(longer)
    return _named_in_order(longer, in_use, set(given.values()))


def _without_single_uses(statements: list[Statement]) -> list[Statement]:
    """The statements with a part that only one other place still uses written out there."""
    uses: dict[str, int] = {}
    for _, expression in statements:
        for node in postorder(expression):
            for arg in node.args:
                if arg.op == "symbol":
                    uses[arg.value.name] = uses.get(arg.value.name, 0) + 1
    written: dict[str, Expr] = {}
    kept: list[Statement] = []
    for name, expression in statements:
        expression = _substituted([expression], written)[0]
        if name and uses.get(name) == 1:
            written[name] = expression
        else:
            kept.append((name, expression))
    return kept


def _substituted(expressions: Sequence[Expr], by: Mapping[str, Expr]) -> list[Expr]:
    """The expressions with others in place of some names."""
    replaced: dict[int, Expr] = {}
    for node in postorder(*expressions):
        if node.args:
            replaced[id(node)] = with_args(node, tuple([replaced[id(a)] for a in node.args]))
        else:
            replaced[id(node)] = by.get(node.value.name, node) if node.op == "symbol" else node
    return [replaced[id(expression)] for expression in expressions]


def written_with(
    expressions: Sequence[Expr], chosen: set[Expr], given: Mapping[Expr, str], names: Names | Numbered
) -> tuple[list[Statement], list[Expr]]:
    """The chosen parts as definitions, and the expressions over their names."""
    # equal nodes may be different objects, when the tables were emptied in between
    named: dict[Expr, Expr] = {}
    replaced: dict[int, Expr] = {}
    definitions: list[Statement] = []
    for node in postorder(*expressions):
        written = with_args(node, tuple([replaced[id(a)] for a in node.args])) if node.args else node
        if node in chosen:
            if node not in named:
                name = given.get(node) or names.fresh(node.shape)
                definitions.append((name, written))
                named[node] = symbol(name, plain_kind(node.shape))
            written = named[node]
        replaced[id(node)] = written
    return definitions, [replaced[id(expression)] for expression in expressions]


def text_cost(expression: Expr, rulebook: Rulebook) -> int:
    """The tokens of an expression as it is printed, with its named parts."""
    definitions, bodies = named_parts([expression], (), {}, rulebook)
    return total_cost([*definitions, *[("", body) for body in bodies]])


def _named_in_order(statements: Sequence[Statement], taken: set[str], kept: set[str]) -> list[Statement]:
    """The same statements with the letters of their names in order of appearance."""
    new = [(name, expression.shape) for name, expression in statements if name and name not in kept]
    names = Names(taken, [shape for _, shape in new])
    changed = {name: symbol(names.fresh(shape), plain_kind(shape)) for name, shape in new}
    renamed = _substituted([expression for _, expression in statements], changed)
    return [(changed[n].value.name if n in changed else n, e) for (n, _), e in zip(statements, renamed)]


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


def _least_saving(cost: int) -> int:
    return LEAST_SAVING_IN_LONG if cost >= LONG else LEAST_SAVING


def _worth_naming(expressions: Sequence[Expr], given: Mapping[Expr, str], least: int) -> set[Expr]:
    """The nodes whose definition saves tokens, parts of parts counted by their names."""
    order = postorder(*expressions)
    uses: dict[int, int] = {}
    for used in (*expressions, *[arg for node in order for arg in node.args]):
        uses[id(used)] = uses.get(id(used), 0) + 1
    costs: dict[int, int] = {}
    chosen: set[Expr] = set()
    for node in order:
        cost, count = node.cost, uses[id(node)]
        for arg in node.args:
            cost += costs[id(arg)] - arg.cost
        if count > 1 and node.args and node.op not in _NOT_NAMED and not node.free:
            saving = (count - 1) * cost - count - 1
            if saving >= (LEAST_SAVING_OF_OWN if node in given else least):
                chosen.add(node)
                cost = 1
        costs[id(node)] = cost
    return chosen


def _nested_deep(expressions: Sequence[Expr], chosen: set[Expr]) -> set[Expr]:
    """The nodes to name so that no brackets are nested deep, where some are beside those chosen already."""
    order = list(dict.fromkeys(postorder(*expressions)))
    if max(_levels(order, chosen, None)[0].values()) <= DEEPEST_NESTING:
        return set()
    return _levels(order, chosen, NESTING_OF_PARTS)[1].difference(expressions)


def _levels(order: Sequence[Expr], chosen: set[Expr], most: int | None) -> tuple[dict[Expr, int], set[Expr]]:
    """The levels of brackets in each node; with `most`, the nodes to be named so that none has more."""
    levels: dict[Expr, int] = {}
    named: set[Expr] = set()
    for node in order:
        level = max([levels[a] + _is_bracketed(a, node) for a in node.args], default=0)
        if most is not None and level >= most and node.op not in _NOT_NAMED and not node.free:
            named.add(node)
        levels[node] = 0 if node in chosen or node in named else level
    return levels, named


def _is_bracketed(arg: Expr, node: Expr) -> bool:
    """Whether an operand stands in brackets, be it those of a function."""
    if not arg.args or node.op == "add":
        return False
    return node.op == "call" or arg.op not in ("call", "transpose", "pow", "hadpow", "entry", "stack", node.op)
