"""Differentials of matrix functions in closed form: where the direction commutes with the operand.

The differential of expm has no closed form, but along a direction that commutes with the operand it is that of exp.
So the gradient of a trace, whose adjoint is the identity, and the derivative of expm(t*A) by t are closed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.commuting import commute
from matcalc.lower import lower, sizes_at
from matcalc.sums import linear, zero
from matcalc.tensor import cut, product, transposed
from matcalc.terms import Apply, Factor, Node, Product, Sum, Term, postorder

if TYPE_CHECKING:
    from matcalc.expr import Rational
    from matcalc.rulebook import Rulebook


def closes_on_the_way_back(root: Node) -> bool:
    """Whether a function occurs whose differential is closed where things commute."""
    return any(isinstance(node, Apply) and node.function.commuting is not None for node in postorder(root))


def applies_linear_functions(root: Node) -> bool:
    """Whether a function linear in a direction occurs, such as dexpm: then not all was closed."""
    return any(isinstance(node, Apply) and node.function.linear is not None for node in postorder(root))


def has_closed_form(node: Apply, position: int) -> bool:
    """Whether the rules state the differential by this operand for directions that commute with it."""
    return node.function.commuting is not None and position == 0


def closed_adjoint(node: Apply, adjoint: Node, rulebook: Rulebook) -> tuple[Node, Node]:
    """What the commuting part of an adjoint of a value adds to that of the first operand, and the rest of it."""
    args = (transposed(node.args[0]), *node.args[1:]) if len(node.args[0].axes) == 2 else node.args
    return _closed(node, args, adjoint, rulebook)


def closed_tangent(node: Apply, tangent: Node, rulebook: Rulebook) -> tuple[Node, Node]:
    """The tangent of a value along the commuting part of a tangent of the first operand, and the rest of that."""
    return _closed(node, node.args, tangent, rulebook)


def _closed(node: Apply, args: tuple[Node, ...], direction: Node, rulebook: Rulebook) -> tuple[Node, Node]:
    closed: list[Term] = []
    rest: list[Term] = []
    for coefficient, term in direction.terms if isinstance(direction, Sum) else ((1, direction),):
        found = _closed_term(node, args, coefficient, term, rulebook)
        (rest if found is None else closed).append((coefficient, term) if found is None else (1, found))
    return linear(closed, direction.axes), linear(rest, direction.axes)


def _closed_term(
    node: Apply, args: tuple[Node, ...], coefficient: Rational, term: Node, rulebook: Rulebook
) -> Node | None:
    """The formula at one term of the direction, or None where that is not known to commute with the operand."""
    own = len(args[0].axes)
    core, outside = term, list[Factor]()
    if isinstance(term, Product):
        _, core, outside = cut(term, own)
    if not commute(core, args[0]):
        return None
    whole = tuple(range(len(term.axes)))
    value = at_commuting(node, args, {0: core}, rulebook)
    return product([(value, 1, whole[:own]), *outside], whole, term.axes, coefficient)


def at_commuting(node: Apply, args: tuple[Node, ...], moving: dict[int, Node], rulebook: Rulebook) -> Node:
    """The differential of a function by its formula for what commutes; arguments that are not moving have none."""
    function = node.function
    assert function.commuting is not None
    operands: dict[str, Node] = {}
    for k, (parameter, arg) in enumerate(zip(function.parameters, args)):
        operands[parameter.name] = arg
        operands["d" + parameter.name] = moving.get(k, zero(arg.axes))
    sizes = sizes_at(function, args)
    return lower(function.commuting, rulebook, operands, sizes)
