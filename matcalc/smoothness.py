"""Whether a Hessian says all about a node: it is smooth, and the points where it has a value are a convex set.

The second derivative of |x| is 0 wherever there is one, and that of 1/x^2 is positive on both sides of 0, yet one is
not affine and the other not convex.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.composition import AFFINE, UNKNOWN, Composition
from matcalc.errors import MatcalcError
from matcalc.expr import is_reduction
from matcalc.expr import postorder as expressions
from matcalc.opaque_function import OpaqueFunction
from matcalc.structural import STRUCTURAL
from matcalc.terms import Apply, Exponent, Node, Product, postorder

if TYPE_CHECKING:
    from matcalc.rulebook import Function
    from matcalc.signature import Parameter

# structures of parameters outside of which a function has no value; those of their matrices that are positive
# semidefinite and have one are a convex set
SINGULAR = frozenset({"invertible", "positive_stable"})


def is_smooth(root: Node, composition: Composition) -> bool:
    """Whether a node is twice differentiable in the variable, on a convex set of points."""
    for node in postorder(root):
        if node.digest not in composition.live:
            continue
        if isinstance(node, Apply) and not _is_smooth_call(node, composition):
            return False
        if isinstance(node, Product):
            moving = [(b, e) for b, e, _ in node.factors if b.digest in composition.live or isinstance(e, Node)]
            if not all(_is_smooth_power(base, exponent, composition) for base, exponent in moving):
                return False
    return True


def _is_smooth_power(base: Node, exponent: Exponent, composition: Composition) -> bool:
    if isinstance(exponent, int) and exponent >= 0:
        return True
    return composition.known.range(base).is_positive


def _is_smooth_call(node: Apply, composition: Composition) -> bool:
    function = node.function
    if isinstance(function, OpaqueFunction) or not _has_no_kink(function):
        return False
    moving = [(p, arg) for p, arg in zip(function.parameters, node.args) if arg.digest in composition.live]
    if not all(_stays_inside(node, parameter, arg, composition) for parameter, arg in moving):
        return False
    if function.assuming is None or any(map(_is_singular, function.parameters)):
        return True
    return function.keeps == "positive" and composition.known.range(node.args[0]).is_positive


def _is_singular(parameter: Parameter) -> bool:
    return parameter.kind is not None and bool(parameter.kind.facts & SINGULAR)


def _stays_inside(node: Apply, parameter: Parameter, arg: Node, composition: Composition) -> bool:
    """Whether an operand is in the domain of a function at a convex set of points."""
    if _is_singular(parameter):
        return composition.of(arg) == AFFINE and composition.known.is_psd(arg)
    if len(node.args) == 1:
        return composition.stays_inside(node.function, arg, UNKNOWN)
    return parameter.kind is None or not parameter.kind.sign


def _has_no_kink(function: Function) -> bool:
    """Whether neither a function nor its differential, however often taken, has a point without a derivative."""
    pending, seen = [function], {function.where}
    while pending:
        known = pending.pop()
        if known.kink is not None:
            return False
        try:
            formula = known.definition if known.entry.keyword == "def" else known.differential
        except MatcalcError:  # it has no differential
            return False
        if formula is None:
            return False
        for node in expressions(formula):
            if node.op != "call" or (node.value in STRUCTURAL and not is_reduction(node)):
                continue
            used = known.rulebook.function(node.value, node.args)
            if used.where not in seen:
                seen.add(used.where)
                pending.append(used)
    return True
