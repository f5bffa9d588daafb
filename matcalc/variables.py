"""A variable to differentiate by, with the structure that ties its entries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.closed_forms import applies_linear_functions, closes_on_the_way_back
from matcalc.differentiation import derivative, forward, reverse
from matcalc.errors import MatcalcError
from matcalc.expr import Symbol
from matcalc.kinds import Kind, free_kind
from matcalc.layout import SYMMETRIES, structured
from matcalc.lower import diagonal_leaf, variable
from matcalc.substitution import substituted
from matcalc.sums import ones
from matcalc.tensor import product
from matcalc.terms import Axes, Node

if TYPE_CHECKING:
    from matcalc.record import Record
    from matcalc.rulebook import Rulebook

# the structures that a direction shares with the variable that moves along it, the narrower first
TANGENT_STRUCTURES = ("diagonal", "symmetric", "skew", "lower", "upper")


class Variable:
    """A variable under a convention for structured ones: which of its entries move, and what stands for it.

    `node` is the variable in the expression, `leaf` what is differentiated by: the diagonal of a diagonal
    matrix, all entries under the convention `independent`.
    """

    __slots__ = ("convention", "leaf", "moving", "node", "symbol")

    def __init__(self, symbol: Symbol, convention: str) -> None:
        if convention not in SYMMETRIES:
            raise MatcalcError(f"unknown convention {convention!r}", expected=" or ".join(SYMMETRIES), found=convention)
        self.symbol = symbol
        self.convention = convention
        self.moving = _untied(symbol) if convention == "independent" else symbol
        self.node = variable(self.moving)
        self.leaf = diagonal_leaf(self.moving) if "diagonal" in self.moving.kind.facts else self.node

    def derivative(self, node: Node, rulebook: Rulebook, record: Record | None = None) -> Node:
        """The derivative of a node: the axes of the variable, then those of the node."""
        return structured(derivative(node, self.leaf, rulebook, record), self.symbol.kind, self.convention)

    def pulled_back(self, node: Node, cotangent: Node, rulebook: Rulebook, extra: Axes = ()) -> Node:
        """The product of a cotangent with the Jacobian of a node: the axes of the variable, and `extra` ones of it."""
        return structured(reverse(node, cotangent, extra, self.leaf, rulebook), self.symbol.kind, self.convention)

    def along(self, node: Node, direction: Symbol, rulebook: Rulebook, record: Record | None = None) -> Node:
        """The derivative of a node along a direction, with the axes of the node."""
        return self.pushed(node, self._tangent(direction), rulebook, record)

    def pushed(self, node: Node, tangent: Node, rulebook: Rulebook, record: Record | None = None) -> Node:
        """The derivative of a node where the leaf moves by a tangent.

        That of tr(expm(X)) is closed only by way of the gradient, whose adjoints commute with X as no tangent need.
        """
        if not node.axes and closes_on_the_way_back(node):
            gradient = reverse(node, ones(), (), self.leaf, rulebook, record)
            if not applies_linear_functions(gradient):
                whole = tuple(range(len(tangent.axes)))
                return product([(gradient, 1, whole), (tangent, 1, whole)], (), ())
        return forward(node, self.leaf, tangent, (), rulebook, record)

    @property
    def operands(self) -> dict[str, Node]:
        """What stands for the variable in the expression."""
        return {self.symbol.name: self.node}

    def _tangent(self, direction: Symbol) -> Node:
        """How the leaf moves along a direction; one outside the structure is projected onto it."""
        kind, own = self.symbol.kind, direction.kind.facts
        whole = variable(direction)
        if len(self.leaf.axes) < len(whole.axes):
            spread = "diagonal" in own
            return diagonal_leaf(direction) if spread else product([(whole, 1, (0, 0))], (0,), self.leaf.axes)
        if self.convention == "independent" or tangent_kind(kind).structure in own:
            return whole
        return structured(whole, kind, "projected")

    def restored(self, node: Node) -> Node:
        """A node in which the variable has its declared structure again."""
        if self.moving is self.symbol:
            return node
        return substituted(node, {self.leaf.digest: variable(self.symbol)})


def tangent_kind(kind: Kind, convention: str = "projected") -> Kind:
    """The kind of the directions in which a variable of this kind moves.

    >>> from matcalc.dimensions import Dimension
    >>> tangent_kind(Kind("spd", (Dimension.of("n"),))), tangent_kind(Kind("scalar", (), "positive"))
    (symmetric(n), scalar)
    """
    for structure in TANGENT_STRUCTURES:
        if structure in kind.facts and (convention != "independent" or structure == "diagonal"):
            return Kind(structure, kind.dimensions)
    return free_kind(kind)


def _untied(symbol: Symbol) -> Symbol:
    """The symbol without the structure that ties its entries."""
    if not is_tied(symbol.kind):
        return symbol
    return Symbol(symbol.name, Kind("matrix", symbol.kind.shape, symbol.kind.sign), place=symbol.place)


def is_tied(kind: Kind) -> bool:
    """Whether entries of such an operand move together, which a convention is about."""
    return bool(kind.facts & {"symmetric", "skew"}) and "diagonal" not in kind.facts
