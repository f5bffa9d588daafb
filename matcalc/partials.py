"""Partial differentiations one after the other: open ones leave the axes of the variable, others go along a direction.

What every answer is made of: a gradient is one open differentiation, a Hessian two, a directional derivative one
along a direction, the product of a Hessian with a vector an open one and one along it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from matcalc.expr import Expr, Symbol
from matcalc.lower import lower, variable
from matcalc.stacked import variable_of
from matcalc.terms import Node

if TYPE_CHECKING:
    from matcalc.rulebook import Rulebook


class Partial:
    """One differentiation by a variable: with the axes of the variable left open, or along a named direction."""

    __slots__ = ("along", "by")

    def __init__(self, by: Symbol, along: Symbol | None = None) -> None:
        self.by = by
        self.along = along

    @property
    def is_open(self) -> bool:
        """Whether the answer keeps the axes of the variable."""
        return self.along is None

    def __repr__(self) -> str:
        return f"by {self.by.name}" + (f" along {self.along.name}" if self.along else "")


def undifferentiated(expression: Expr, partials: Sequence[Partial], convention: str, rulebook: Rulebook) -> Node:
    """The expression as an index term, of what moves of the variables."""
    variables = [variable_of(partial.by, convention) for partial in partials]
    operands = {name: node for known in variables for name, node in known.operands.items()}
    return lower(expression, rulebook, operands)


def differentiated(
    node: Node,
    partials: Sequence[Partial],
    cotangent: Symbol | None,
    convention: str,
    rulebook: Rulebook,
) -> Node:
    """An undifferentiated node after these differentiations, in the order given; the first one is open.

    Its axes are those of the last open variable, ..., of the first one, then those of the value. With a cotangent,
    which has the shape of the value, the first differentiation is its product with the Jacobian: no such is formed,
    and the value has no axes left.
    """
    variables = {partial.by.name: variable_of(partial.by, convention) for partial in partials}
    rest = iter(partials)
    if cotangent is not None:
        node = variables[next(rest).by.name].pulled_back(node, variable(cotangent), rulebook)
    for partial in rest:
        known, along = variables[partial.by.name], partial.along
        node = known.derivative(node, rulebook) if along is None else known.along(node, along, rulebook)
    for known in variables.values():
        node = known.restored(node)
    return node
