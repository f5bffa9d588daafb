"""Where the entries of index terms lie: signs and bounds, propagated through sums, products and functions."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import inf

from matcalc.intervals import BY_SIGN, NONNEGATIVE, POSITIVE, REAL, Interval
from matcalc.terms import (
    Apply,
    Delta,
    Duplication,
    Exponent,
    Factor,
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

SELECTING = (Delta, Duplication, Mask, Pairing, Slot, Unit)
BETWEEN_0_AND_1 = Interval(0, 1)
AT_LEAST_1 = Interval(1, inf)


class Ranges:
    """The intervals of nodes, each found once. `is_form` says of a product without axes that it is never negative."""

    def __init__(self, is_form: Callable[[Product], bool]) -> None:
        self.is_form = is_form
        self.done: dict[bytes, Interval] = {}

    def of(self, node: Node) -> Interval:
        """The interval that holds every entry of a node."""
        if node.digest not in self.done:
            for inner in postorder(node, self.done):
                self.done.setdefault(inner.digest, self._interval(inner))
        return self.done[node.digest]

    def _interval(self, node: Node) -> Interval:
        if isinstance(node, Leaf):
            return _of_facts(node.facts)
        if isinstance(node, SELECTING):
            return BETWEEN_0_AND_1
        if isinstance(node, Size):
            return AT_LEAST_1
        if isinstance(node, Part):
            return self.done[node.inner.digest]
        if isinstance(node, Summed):
            return self.done[node.body.digest].repeated()
        if isinstance(node, Apply):
            return self._call(node)
        if isinstance(node, Sum):
            return self._sum(node)
        assert isinstance(node, Product)
        return self._product(node)

    def _call(self, node: Apply) -> Interval:
        function = node.function
        at_positive = bool(node.args) and self.done[node.args[0].digest].is_positive
        if function.curve.structure == "positive" and not at_positive:  # what the line says holds there alone
            return REAL
        return function.range.meet(POSITIVE) if function.keeps == "positive" and at_positive else function.range

    def _sum(self, node: Sum) -> Interval:
        total = Interval(0, 0)
        for coefficient, term in node.terms:
            total = total.plus(self.done[term.digest].scaled(coefficient))
        return total

    def _product(self, node: Product) -> Interval:
        found = self.of_factors(node.factors)
        found = found.repeated() if node.bound else found
        if not node.axes and not found.is_nonnegative and self.is_form(node):
            return found.meet(NONNEGATIVE)
        return found

    def of_factors(self, factors: tuple[Factor, ...] | list[Factor]) -> Interval:
        """The interval of one entry of a product, before anything is summed."""
        total = Interval(1, 1)
        for base, exponent, _ in factors:
            total = total.times(self.of(base).to_power(_number(exponent)))
        return total


def _number(exponent: Exponent) -> int | Fraction | None:
    return None if isinstance(exponent, Node) else exponent


def _of_facts(facts: frozenset[str]) -> Interval:
    """What declarations say of entries."""
    found = REAL
    for fact in facts:
        found = found.meet(BY_SIGN.get(fact, REAL))
    return found.meet(POSITIVE) if "constant" in facts else found
