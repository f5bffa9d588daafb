"""Families as they are declared, `x_i: vector(n), i=1..N`, and the bounds of indices as numbers of members."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn

from matcalc.dimensions import Dimension
from matcalc.errors import MatcalcError, ParseError, UnsupportedError
from matcalc.kinds import Kind

if TYPE_CHECKING:
    from matcalc.nodes import Bounds, Node, Statement
    from matcalc.syntax import SyntaxBuilder

_INDEX = re.compile(r"[A-Za-z]\d*\Z")
_SIZE_OPERATORS = frozenset({"sum", "mul", "number", "name"})

Place = tuple[int, int]


class FamilyDeclaration:
    """The family x of `x_i: vector(n), i=1..N`."""

    __slots__ = ("family", "index", "kind", "name", "place", "size")

    def __init__(self, name: str, kind: Kind, size: Dimension, place: Place | None) -> None:
        self.name = name
        self.family, _, self.index = name.rpartition("_")
        self.kind = kind
        self.size = size
        self.place = place


def declared_families(syntax: SyntaxBuilder) -> list[FamilyDeclaration]:
    """The families that the statements of a text declare."""
    return [_declared(syntax, statement) for statement in syntax.statements if statement.op == "family"]


def _declared(syntax: SyntaxBuilder, statement: Statement) -> FamilyDeclaration:
    bounds, kind, place = statement.bounds, statement.kind, (statement.start, statement.end)
    assert bounds is not None and kind is not None
    if not isinstance(kind, Kind):
        raise syntax.unsupported("families of functions are not supported", *place)
    size = bounded_size(syntax, bounds, place)
    assert size is not None, "a declaration has bounds"
    made = FamilyDeclaration(statement.name, kind, size, place)
    if made.index != bounds[0] or not made.family:
        message = f"the members of a family over {bounds[0]} have names that end in _{bounds[0]}"
        mend = f"write {made.family or made.name}_{bounds[0]}: {kind}, {bounds[0]}=1..{size}"
        syntax.refuse(message, *place, mend)
    return made


def bounded_size(syntax: SyntaxBuilder, bounds: Bounds, place: Place) -> Dimension | None:
    """The number of values that the bounds of an index allow; None where there are none.

    The nodes of the bounds then say nothing more.
    """
    index, lower, upper = bounds
    if not _INDEX.match(index):
        syntax.refuse(f"an index is one letter, not {index!r}", *place, "two sums are written sum_i(sum_j(...))")
    if lower is None or upper is None:
        return None
    if lower.op != "number" or lower.value != 1:
        fail(syntax, lower, "members are counted from 1, and a sum takes all of them", error=UnsupportedError)
    size = _size(syntax, upper)
    if size.number is not None and size.number < 1:
        fail(syntax, upper, f"a family has at least one member, not {size.text}")
    for node in (lower, *_below(upper)):
        syntax.nodes[node.index] = None
    return size


def _size(syntax: SyntaxBuilder, root: Node) -> Dimension:
    """A formula such as 2*n as a size."""
    done: dict[Node, Dimension] = {}
    for node in reversed(_below(root)):
        if node.op not in _SIZE_OPERATORS or (node.op == "number" and not isinstance(node.value, int)):
            fail(syntax, root, "the number of members is a size: a name, a positive whole number, or 2*n")
        if node.op in ("number", "name"):
            done[node] = Dimension.of(node.value)
            continue
        total, *others = (done[arg] for arg in node.args)
        for k, other in enumerate(others, start=1):
            minus = node.op == "sum" and node.value[k]
            total = total * other if node.op == "mul" else total + (other * Dimension.of(-1) if minus else other)
        done[node] = total
    return done[root]


def _below(root: Node) -> list[Node]:
    """A node of the syntax and all below it, operands after what uses them."""
    order, pending = [], [root]
    while pending:
        node = pending.pop()
        order.append(node)
        pending.extend(node.args)
    return order


def fail(
    syntax: SyntaxBuilder,
    node: Node,
    message: str,
    suggestion: str | None = None,
    error: type[MatcalcError] = ParseError,
) -> NoReturn:
    """Refuse what a node says."""
    raise error(message, source=syntax.source, position=(node.start, node.end), suggestion=suggestion)
