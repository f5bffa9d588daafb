"""How far a pattern is matched against the factors of a product."""

from __future__ import annotations

from collections.abc import Iterator

from matcalc.expr import magnitude
from matcalc.sums import exact
from matcalc.tensor import is_symmetric
from matcalc.terms import Exponent, Factor, Indices, Node, Product

Bindings = dict[str, Node]


class Match:
    """How far a pattern is matched: bindings, powers taken of each factor, indices."""

    def __init__(self, bound: Bindings) -> None:
        self.bound = bound
        self.taken: dict[int, Exponent] = {}
        self.indices: dict[int, int] = {}  # index of the pattern -> index of the node
        self.inside: tuple[int, ...] = ()  # indices summed within a bound variable
        self.spots: Indices | None = None  # entry by entry: the indices all factors carry

    def copy(self, taken: dict[int, Exponent]) -> Match:
        other = Match(self.bound)
        other.taken, other.indices, other.spots = taken, dict(self.indices), self.spots
        other.inside = self.inside
        return other

    def left_of(self, k: int, power: Exponent) -> Exponent:
        taken = self.taken.get(k)
        if taken is None:
            return power
        if isinstance(power, Node) or isinstance(taken, Node):
            return 0
        return exact(power - taken)

    def at(self, indices: Indices, place: Indices, entrywise: bool) -> Match | None:
        """The match with the indices of one more factor, or None if they clash."""
        other = self.copy(dict(self.taken))
        if entrywise:
            if other.spots is not None and other.spots != place:
                return None
            other.spots = place
            return other
        if len(indices) != len(place):
            return None
        for index, spot in zip(indices, place):
            if other.indices.setdefault(index, spot) != spot:
                return None
        return other

    def taking(self, k: int, exponent: Exponent, bound: Bindings) -> Match:
        taken = dict(self.taken)
        before = taken.get(k, 0)
        taken[k] = exponent if isinstance(exponent, Node) or isinstance(before, Node) else exact(before + exponent)
        other = self.copy(taken)
        other.bound = bound
        return other

    def fills(self, axes: int) -> bool:
        """Whether the axes of the pattern are those of the node, in order."""
        return all(self.indices.get(k, k) == k for k in range(axes))

    def sums_inside(self, node: Product, free: int) -> bool:
        """Whether summed indices of the pattern are summed ones that no other factor carries."""
        spots = [spot for index, spot in self.indices.items() if index >= free] + list(self.inside)
        summed = set(spots)
        if len(summed) != len(spots):
            return False
        if any(s < len(node.axes) for s in summed):
            return False
        kept = {spot for index, spot in self.indices.items() if index < free}
        if summed & kept:
            return False
        for k, (_, exponent, indices) in enumerate(node.factors):
            if self.taken.get(k) != exponent and summed & set(indices):
                return False
        return True


def concrete_factors(
    wanted: list[Factor], node: Product, taken: dict[int, Exponent], places: dict[int, int]
) -> Iterator[tuple[dict[int, Exponent], dict[int, int]]]:
    """Given factors, found as they are among those of the node."""
    if not wanted:
        yield taken, places
        return
    base, exponent, indices = wanted[0]
    for k, (own, power, spots) in enumerate(node.factors):
        before = taken.get(k, 0)
        if own != base or isinstance(power, Node) or isinstance(before, Node):
            continue
        if not divides(exponent, exact(power - before)):
            continue
        for order in {spots, spots[::-1]} if len(spots) == 2 and is_symmetric(own) else {spots}:
            joined = dict(places)
            if all(joined.setdefault(i, s) == s for i, s in zip(indices, order)):
                more = {**taken, k: exact(before + exponent)}  # type: ignore[operator]
                yield from concrete_factors(wanted[1:], node, more, joined)


def divides(wanted: Exponent, given: Exponent) -> bool:
    """Whether a power can be split off another: of one sign and no larger."""
    if isinstance(wanted, Node) or isinstance(given, Node):
        return wanted == given
    return wanted * given > 0 and magnitude(wanted) <= magnitude(given) and exact(given - wanted).denominator == 1
