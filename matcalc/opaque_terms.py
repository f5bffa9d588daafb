"""The derivative of a call of an opaque function, as an index term."""

from __future__ import annotations

from matcalc.opaque_function import OpaqueFunction
from matcalc.tensor import apply, permuted, product
from matcalc.terms import Apply, Leaf, Node


def opaque_derivative(node: Apply, position: int) -> Node:
    """The derivative by one argument: its axes are those of the node, then those of the argument.

    A function of entries has the axes of the node alone. Raises NotDifferentiableError where it has no name.
    """
    function = node.function
    assert isinstance(function, OpaqueFunction)
    derived = function.derived(position)
    if function.elementwise:
        return apply(derived, node.args, node.axes)
    by = node.args[position].axes
    # the derivative has the axes of the arguments in their order, whichever came first
    later = sum(len(node.args[k].axes) for k in function.opaque.path if k > position)
    before, count = len(node.axes) - later, len(node.axes)
    whole = apply(derived, node.args, node.axes[:before] + by + node.axes[before:])
    own = [*range(before), *range(before + len(by), count + len(by))]
    return permuted(whole, [*own, *range(before, before + len(by))])


def opaque_differential(node: Apply, position: int, differential: Leaf) -> Node:
    """The derivative by one argument, contracted with the differential of that argument."""
    own = tuple(range(len(node.axes)))
    by = tuple(range(len(own), len(own) + len(differential.axes)))
    factors = [(opaque_derivative(node, position), 1, own + by), (differential, 1, by)]
    return product(factors, own, node.axes)
