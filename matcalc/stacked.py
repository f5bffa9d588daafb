"""Several variables as one: the column of all their entries, one variable below the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from matcalc.dimensions import total_size
from matcalc.expr import Symbol
from matcalc.kinds import Kind
from matcalc.lower import slots, variable
from matcalc.sums import linear
from matcalc.tensor import product
from matcalc.terms import Axes, Factor, Node
from matcalc.variables import Variable

if TYPE_CHECKING:
    from matcalc.dimensions import Dimension
    from matcalc.rulebook import Rulebook


class StackedSymbol(Symbol):
    """Variables in a column, named after them: `[x, y]`."""

    __slots__ = ("parts",)

    def __init__(self, parts: Iterable[Symbol]) -> None:
        self.parts = tuple(parts)
        names = ", ".join(part.name for part in self.parts)
        super().__init__(f"[{names}]", Kind("vector", (total_size(lengths_of(self.parts)),)))


def lengths_of(parts: Sequence[Symbol]) -> list[Dimension]:
    """How many entries each of them has."""
    return [part.kind.shape[0] * part.kind.shape[1] for part in parts]


def parts_of(symbol: Symbol) -> tuple[Symbol, ...]:
    """The variables of a stack; of any other symbol, itself.

    >>> x, a = Symbol("x", Kind("scalar")), Symbol("a", Kind("scalar"))
    >>> parts_of(StackedSymbol([x, a])), parts_of(x)
    ((x: scalar, a: scalar), (x: scalar,))
    """
    return symbol.parts if isinstance(symbol, StackedSymbol) else (symbol,)


class StackedVariable:
    """A stack of scalars, vectors and rows to differentiate by; each part keeps a structure of its own."""

    __slots__ = ("axes", "parts", "places")

    def __init__(self, symbol: StackedSymbol, convention: str) -> None:
        self.parts = [Variable(part, convention) for part in symbol.parts]
        (total,) = self.axes = symbol.kind.dimensions
        self.places = slots(lengths_of(symbol.parts), total)

    @property
    def operands(self) -> dict[str, Node]:
        """What stands for each part in the expression."""
        return {name: node for part in self.parts for name, node in part.operands.items()}

    def derivative(self, node: Node, rulebook: Rulebook) -> Node:
        """The derivative of a node: the axis of the stack, then those of the node."""
        return self._in_place([part.derivative(node, rulebook) for part in self.parts], node.axes)

    def pulled_back(self, node: Node, cotangent: Node, rulebook: Rulebook) -> Node:
        """The product of a cotangent with the Jacobian of a node, along the axis of the stack."""
        return self._in_place([part.pulled_back(node, cotangent, rulebook) for part in self.parts], ())

    def along(self, node: Node, direction: Symbol, rulebook: Rulebook) -> Node:
        """The derivative of a node along a direction: a column, or a stack of one direction for each part."""
        if isinstance(direction, StackedSymbol):
            moved = [part.along(node, own, rulebook) for part, own in zip(self.parts, direction.parts, strict=True)]
        else:
            tangents = [self._taken(variable(direction), k) for k in range(len(self.parts))]
            moved = [part.pushed(node, tangent, rulebook) for part, tangent in zip(self.parts, tangents, strict=True)]
        return linear([(1, term) for term in moved], node.axes)

    def restored(self, node: Node) -> Node:
        """A node in which each part has its declared structure again."""
        for part in self.parts:
            node = part.restored(node)
        return node

    def _in_place(self, derivatives: list[Node], rest: Axes) -> Node:
        """Derivatives by the parts as the blocks of one by the stack; `rest` are the axes of the value."""
        count = len(rest)
        terms = []
        for place, part in zip(self.places, derivatives, strict=True):
            if place is None:
                return part
            own = (count + 1,) if len(place.axes) == 2 else ()
            kept = tuple(range(1, count + 1))
            factors: list[Factor] = [(place, 1, (0, *own)), (part, 1, (*own, *kept))]
            terms.append((1, product(factors, tuple(range(count + 1)), (*self.axes, *rest))))
        return linear(terms, (*self.axes, *rest))

    def _taken(self, column: Node, number: int) -> Node:
        """The entries of a column that belong to one part."""
        place = self.places[number]
        if place is None:
            return column
        own = (1,) if len(place.axes) == 2 else ()
        return product([(column, 1, (0,)), (place, 1, (0, *own))], own, place.axes[1:])


def variable_of(symbol: Symbol, convention: str) -> Variable | StackedVariable:
    """What to differentiate by: one variable, or a stack of them."""
    if isinstance(symbol, StackedSymbol):
        return StackedVariable(symbol, convention)
    return Variable(symbol, convention)
