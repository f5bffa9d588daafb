"""Partial differentiations one after the other: open ones leave the axes of the variable, others go along a direction.

What every answer is made of: a gradient is one open differentiation, a Hessian two, a directional derivative one
along a direction, the product of a Hessian with a vector an open one and one along it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from matcalc.expr import Expr, Symbol
from matcalc.lower import lower, variable
from matcalc.places import placed
from matcalc.stacked import StackedSymbol, parts_of, variable_of
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


def at_places(
    expression: Expr, partials: Sequence[Partial], cotangent: Symbol | None
) -> tuple[dict[str, Symbol], list[Partial], Symbol | None]:
    """The variables of a problem at places that do not depend on their names, and the same differentiations by these.

    The variables come by their keys.
    """
    symbols = placed(expression, _asked(partials, cotangent))

    def moved(symbol: Symbol) -> Symbol:
        if isinstance(symbol, StackedSymbol):
            return StackedSymbol(symbols[part.key] for part in symbol.parts)
        return symbols[symbol.key]

    steps = [Partial(moved(p.by), None if p.along is None else moved(p.along)) for p in partials]
    return symbols, steps, None if cotangent is None else moved(cotangent)


def _asked(partials: Sequence[Partial], cotangent: Symbol | None) -> dict[Symbol, str]:
    """What is asked of variables and directions: in which differentiation, and where in a stack."""
    asked = {cotangent: "times"} if cotangent is not None else {}
    for number, partial in enumerate(partials):
        for role, symbol in (("by", partial.by), ("along", partial.along)):
            for place, part in enumerate(parts_of(symbol) if symbol is not None else ()):
                asked[part] = f"{asked.get(part, '')} {role} {number} {place}"
    return asked


def undifferentiated(
    expression: Expr,
    partials: Sequence[Partial],
    convention: str,
    rulebook: Rulebook,
    symbols: Mapping[str, Symbol] | None = None,
) -> Node:
    """The expression as an index term, of what moves of the variables; `symbols` has those at places of their own."""
    operands = {key: variable(symbol) for key, symbol in (symbols or {}).items()}
    for partial in partials:
        operands |= variable_of(partial.by, convention).operands
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
