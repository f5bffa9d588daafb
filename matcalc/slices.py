"""Slices of tensors: index terms with some axes held at an index, as matrices."""

from __future__ import annotations

from collections.abc import Mapping

from matcalc.errors import UnsupportedError
from matcalc.sums import linear
from matcalc.tensor import apply, product
from matcalc.terms import Apply, Factor, Node, Part, Product, Sum, linear_axes, unit

# Calls inside calls are followed so deep; nobody reads a longer nest.
DEEPEST = 40


def held(node: Node, places: Mapping[int, str], depth: int = 0) -> Node:
    """The node with the axes at these places held at an index, and the others left in order.

    A function that works slice by slice is applied to the slice. Raises UnsupportedError where calls nest too deep.
    """
    if depth > DEEPEST:
        raise UnsupportedError(f"a tensor of more than {DEEPEST} calls inside each other is not sliced")
    if not places:
        return node
    axes = tuple([d for k, d in enumerate(node.axes) if k not in places])
    if isinstance(node, Part):
        return held(node.inner, places, depth)
    if isinstance(node, Sum):
        return linear([(c, held(term, places, depth + 1)) for c, term in node.terms], axes)
    if isinstance(node, Apply) and node.function.linear is not None:
        own = linear_axes(node.function, node.args)
        operand = node.args[node.function.linear]
        shift = len(node.axes) - len(operand.axes)  # from a further axis of the operand to the same of the value
        further = {k - shift: letter for k, letter in places.items() if k >= own + shift}
        if len(further) == len(places):
            return _applied_to_slice(node, node.function.linear, held(operand, further, depth + 1))
    return _held_product(node, places, depth)


def _applied_to_slice(node: Apply, place: int, operand: Node) -> Node:
    axes = node.axes[: len(node.axes) - (len(node.args[place].axes) - len(operand.axes))]
    return apply(node.function, (*node.args[:place], operand, *node.args[place + 1 :]), axes)


def _held_product(node: Node, places: Mapping[int, str], depth: int) -> Node:
    """A unit vector on each held index; a factor that is itself a tensor is sliced."""
    whole = tuple(range(len(node.axes)))
    given: tuple[Factor, ...] = node.factors if isinstance(node, Product) else ((node, 1, whole),)
    factors: list[Factor] = []
    for base, exponent, indices in given:
        inside = {k: places[i] for k, i in enumerate(indices) if i in places}
        if len(base.axes) > 2 and inside and isinstance(node, Product):
            base = held(base, inside, depth + 1)
            indices = tuple([i for k, i in enumerate(indices) if k not in inside])
        factors.append((base, exponent, indices))
    carried = {i for _, _, indices in factors for i in indices}
    factors += [(unit(places[k], node.axes[k]), 1, (k,)) for k in sorted(places) if k in carried]
    out = tuple([k for k in whole if k not in places])
    return product(factors, out, tuple([node.axes[k] for k in out]))
