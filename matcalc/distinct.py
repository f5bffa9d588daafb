"""Whether the entries of a node differ from each other, but for operands of measure zero."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc import expr as ex
from matcalc.opaque_function import OpaqueFunction
from matcalc.terms import Apply, Leaf, Node, Part, Product, Size, Sum, postorder

if TYPE_CHECKING:
    from matcalc.rulebook import Function

# what may be known of the entries of an operand that still move one by one
SIGNS = frozenset({"nonnegative", "positive", "unit", "above_one", "distinct"})


def has_distinct_entries(root: Node) -> bool:
    """Whether no two entries are the same function of the operands.

    Along each axis an operand must vary that occurs nowhere else, and nothing may be flat or zero somewhere.

    >>> from matcalc.lower import lower
    >>> from matcalc.parser import parse
    >>> from matcalc.rulebook import default_rulebook
    >>> texts = ("C*x - y", "x*x'", "A + A'", "relu(x)")
    >>> [has_distinct_entries(lower(parse(text).expr, default_rulebook())) for text in texts]
    [True, False, False, False]
    """
    order = postorder(root)
    if not all(_is_analytic(node) for node in order):
        return False
    times = {node.digest: 0 for node in order}
    times[root.digest] = 1
    for node in reversed(order):
        for child in node.children:
            times[child.digest] += times[node.digest]
    return all(_varies(root, axis, times) for axis in range(len(root.axes)))


def _is_analytic(node: Node) -> bool:
    """Whether a node is no jump, no kink, and zero nowhere but by chance."""
    if isinstance(node, Apply):
        return not isinstance(node.function, OpaqueFunction) and _is_smooth(node.function)
    return isinstance(node, (Leaf, Part, Product, Size, Sum))


def _is_smooth(function: Function) -> bool:
    """Whether a function has no kink, nor one that its differentials call."""
    seen = {function.name}
    pending = [function]
    while pending:
        current = pending.pop()
        if current.kink is not None or current.reason is not None or current.differential is None:
            return False
        for call in ex.postorder(current.differential):
            known = current.rulebook.overloads(call.value) if call.op == "call" and call.args else ()
            if known and call.value not in seen and not (call.value in ("max", "min") and len(call.args) == 2):
                seen.add(call.value)
                pending.append(current.rulebook.function(call.value, call.args))
    return True


def _varies(root: Node, axis: int, times: dict[bytes, int]) -> bool:
    """Whether an operand that occurs once has this axis among its own."""
    pending = [(root, axis)]
    while pending:
        node, place = pending.pop()
        if times[node.digest] != 1:
            continue
        if isinstance(node, Leaf):
            if node.facts <= SIGNS:
                return True
        elif isinstance(node, Product):
            for base, exponent, indices in node.factors:
                if not isinstance(exponent, Node) and indices.count(place) == 1:
                    pending.append((base, indices.index(place)))
        elif isinstance(node, Apply):
            if node.function.elementwise:
                pending += [(arg, place) for arg in node.args]
        else:
            pending += [(child, place) for child in node.children]
    return False
