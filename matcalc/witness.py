"""Plain numbers of index terms at a random point: what tells whether two of them are equal.

Without NumPy, since a text answer does not load it, on sizes of 2 to 5. A value is a list of floats along the indices
of members that the node depends on, by their names, then along its axes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import inf, pi, pow, prod
from operator import add
from typing import Any

from matcalc.opaque_function import OpaqueFunction
from matcalc.selectors import paired_indices
from matcalc.symbols import Index, IndexSet, Member
from matcalc.terms import (
    Apply,
    Axes,
    Delta,
    Duplication,
    Exponent,
    Leaf,
    Mask,
    Node,
    Pairing,
    Part,
    Product,
    Size,
    Slot,
    Sum,
    Summed,
    Unit,
    postorder,
)
from matcalc.witness_calls import value_of_call
from matcalc.witness_draws import Draws, NoValue, Point, draw
from matcalc.witness_opaque import opaque_value
from matcalc.witness_products import Extents, Label, Labels, plan

# how many formulas of rules may lead into each other
DEEPEST_FORMULA = 20


class Witness:
    """The values of nodes at one point, each found once.

    `bound` holds the operands where the nodes are those of a formula. What cannot be computed here raises NoValue,
    what has no value at this point ArithmeticError or ValueError.
    """

    def __init__(self, point: Point, bound: Mapping[str, list[float]] | None = None, depth: int = 0) -> None:
        self.point = point
        self.bound = bound
        self.depth = depth  # how many formulas this one stands in
        self.done: dict[bytes, list[float]] = {}

    def run(self, order: Iterable[Node]) -> None:
        """Find the values of nodes, parts before wholes."""
        done, point = self.done, self.point
        # not inside of a formula: of max(X) - X the entry that is 0 would be lost
        disturbs = point.noise and not self.depth
        for node in order:
            values = _RULES[type(node)](self, node)
            point.spend(len(values))
            done[node.digest] = point.disturbed(values) if disturbs and type(node) in _ROUNDED else values

    # -- labels

    def extents(self, axes: Axes, free: tuple[Index, ...]) -> Extents:
        """The indices 0, 1, ... with these dimensions, and indices of members, with their lengths."""
        length = self.point.length
        found: list[tuple[Label, int]] = [(k, length(d)) for k, d in enumerate(axes)]
        return tuple(found + [(index, length(index.count)) for index in free] if free else found)

    def contracted(
        self, scale: float, values: Sequence[list[float]], labels: tuple[Labels, ...], extents: Extents, out: Labels
    ) -> list[float]:
        """The product of values and a number; what is not in `out` is summed."""
        if not values:
            return [scale] * prod([length for label, length in extents if label in out])
        found = plan(labels, extents, out)
        self.point.spend(found.cost)
        return found.product(scale, values)

    def along(self, node: Node, free: IndexSet) -> list[float]:
        """The values of a node, repeated along further indices of members."""
        values = self.done[node.digest]
        if node.free == free:
            return values
        axes, wanted = tuple(range(len(node.axes))), ordered(free)
        labels = (ordered(node.free) + axes,)
        return self.contracted(1.0, [values], labels, self.extents(node.axes, wanted), wanted + axes)

    # -- one method for each class of nodes

    def leaf(self, node: Leaf) -> list[float]:
        symbol, point = node.symbol, self.point
        if "constant" in node.facts:
            return [_CONSTANTS[symbol.name]]
        if self.bound is not None:
            return self.bound[symbol.name]
        lengths = [point.length(d) for d in node.axes]
        point.spend(prod(lengths))
        if not isinstance(symbol, Member):
            return draw(symbol.kind, lengths, point.sign, point.number, Draws(f"{symbol.name} {point.number}"))
        draws = Draws(f"{symbol.family.key} {point.number}")
        members: list[float] = []
        for _ in range(point.length(symbol.index.count)):
            members += draw(symbol.kind, lengths, point.sign, point.number, draws)
        return members

    def size(self, node: Size) -> list[float]:
        return [float(self.point.length(node.dimension))]

    def delta(self, node: Delta) -> list[float]:
        side = self.point.length(node.axes[0])
        self.point.spend(side * side)
        return [float(i == k) for i in range(side) for k in range(side)]

    def mask(self, node: Mask) -> list[float]:
        rows, columns = (self.point.length(d) for d in node.axes)
        self.point.spend(rows * columns)
        return [float(i >= k) for i in range(rows) for k in range(columns)]

    def unit(self, node: Unit) -> list[float]:
        count = self.point.length(node.axes[0])
        # a free name stands for the first or the second entry
        at = node.at if isinstance(node.at, int) else 1 + sum(map(ord, node.at)) % 2
        if not 1 <= at <= count:
            raise NoValue
        return [float(k + 1 == at) for k in range(count)]

    def slot(self, node: Slot) -> list[float]:
        length = self.point.length
        offset, width = length(node.offset), length(node.axes[1]) if len(node.axes) == 2 else 1
        return [float(i == offset + k) for i in range(length(node.axes[0])) for k in range(width)]

    def pairing(self, node: Pairing) -> list[float]:
        whole = self.point.length(node.axes[0])
        self.point.spend(whole * whole)
        return [float(i == k) for i in range(whole) for k in range(whole)]

    def duplication(self, node: Duplication) -> list[float]:
        side = self.point.length(node.side)
        self.point.spend(side**4)
        places = [(row, column) for column in range(side) for row in range(column, side)]
        entries = [(row, column) for column in range(side) for row in range(side)]
        return [float(place in (entry, entry[::-1])) for entry in entries for place in places]

    def part(self, node: Part) -> list[float]:
        return self.done[node.inner.digest]

    def sum(self, node: Sum) -> list[float]:
        free = ordered(node.free)
        total = [0.0] * prod([length for _, length in self.extents(node.axes, free)])
        for coefficient, term in node.terms:
            values, number = self.along(term, node.free), float(coefficient)
            total = list(map(add, total, values if number == 1.0 else [number * value for value in values]))
        return total

    def summed(self, node: Summed) -> list[float]:
        body, index = node.body, node.index
        free, axes = ordered(body.free | {index}), tuple(range(len(node.axes)))
        values = self.along(body, body.free | {index})
        extents = self.extents(node.axes, free)
        return self.contracted(1.0, [values], (free + axes,), extents, ordered(node.free) + axes)

    def product(self, node: Product) -> list[float]:
        own, free = len(node.axes), ordered(node.free)
        pairs = paired_indices(node) if any(isinstance(base, Pairing) for base, _, _ in node.factors) else {}
        values: list[list[float]] = []
        labels: list[Labels] = []
        scale = 1.0
        for base, exponent, indices in node.factors:
            depends = base.free | exponent.free if isinstance(exponent, Node) else base.free
            if not indices and not depends:
                scale *= self.power(base, exponent, depends)[0]
            elif not isinstance(base, Pairing) or pairs.get(indices[0]) != indices[1:]:
                values.append(self.power(base, exponent, depends))
                labels.append(ordered(depends) + unpaired(indices, pairs))
        extents = self.extents(node.axes + node.bound, free)
        out = free + unpaired(tuple(range(own)), pairs)
        return self.contracted(scale, values, tuple(labels), extents, out)

    def power(self, base: Node, exponent: Exponent, free: IndexSet) -> list[float]:
        """The values of base^exponent along these indices of members and the axes of the base."""
        if isinstance(exponent, Node):
            values, powers = self.along(base, free), self.along(exponent, free)
            width = len(values) // len(powers)
            return [pow(value, powers[k // width]) for k, value in enumerate(values)]
        values = self.done[base.digest]
        if exponent == 1:
            return values
        if exponent == -1:
            return [1.0 / value for value in values]
        if exponent == 2:
            return [value * value for value in values]
        number = float(exponent)
        return [pow(value, number) for value in values]

    def call(self, node: Apply) -> list[float]:
        function = node.function
        args = [self.along(arg, node.free) for arg in node.args]
        if function.elementwise and not isinstance(function, OpaqueFunction):
            return value_of_call(node, args, self.point.length, self.of_formula)
        times = prod([self.point.length(index.count) for index in node.free])
        found: list[float] = []
        for k in range(times):
            here = [arg[k * len(arg) // times : (k + 1) * len(arg) // times] for arg in args]
            if isinstance(function, OpaqueFunction):
                found += opaque_value(function.opaque, here, self.point.length)
            else:
                found += value_of_call(node, here, self.point.length, self.of_formula)
        if len(found) != times * prod([self.point.length(d) for d in node.axes]):
            raise NoValue  # a row that was taken for a column
        return found

    def of_formula(self, formula: Node, operands: Mapping[str, list[float]]) -> list[float]:
        """The value of the formula of a function at operands."""
        if self.depth >= DEEPEST_FORMULA:
            raise NoValue
        inner = Witness(self.point, operands, self.depth + 1)
        inner.run(postorder(formula))
        return inner.done[formula.digest]


def ordered(free: IndexSet) -> tuple[Index, ...]:
    """Indices of members in the order of their labels."""
    return tuple(sorted(free, key=lambda index: index.name)) if free else ()


def unpaired(indices: tuple[int, ...], pairs: Mapping[int, tuple[int, ...]]) -> Labels:
    """The indices, with the two that are counted in pairs in place of the one that counts them."""
    return tuple([k for i in indices for k in pairs.get(i, (i,))]) if pairs else indices


_CONSTANTS = {"pi": pi, "inf": inf}
# what makes errors of its own; a leaf because what errors of it become tells how well a matrix is conditioned
_ROUNDED = (Leaf, Sum, Product, Summed, Apply)
_RULES: dict[type[Node], Callable[[Witness, Any], list[float]]] = {
    Leaf: Witness.leaf,
    Size: Witness.size,
    Delta: Witness.delta,
    Mask: Witness.mask,
    Unit: Witness.unit,
    Slot: Witness.slot,
    Pairing: Witness.pairing,
    Duplication: Witness.duplication,
    Part: Witness.part,
    Sum: Witness.sum,
    Summed: Witness.summed,
    Product: Witness.product,
    Apply: Witness.call,
}
