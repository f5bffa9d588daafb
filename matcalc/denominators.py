"""Terms over one denominator: `1/(1 + x^2) - 2*x^2/(1 + x^2)^2` as `(1 - x^2)/(1 + x^2)^2`."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from matcalc.expanding import LARGEST_EXPANSION, written_out
from matcalc.expr import Rational
from matcalc.sums import exact, linear
from matcalc.tensor import product
from matcalc.terms import Apply, Factor, Indices, Node, Product, Sum, factors_of

# A denominator to a power that differs from the others by more is left apart.
LARGEST_POWER = 3

Place = tuple[Node, Indices]


class Denominator:
    """A factor with a negative power in some terms of a sum, along axes of the sum."""

    def __init__(self, base: Node, indices: Indices, powers: dict[int, Rational]) -> None:
        self.base = base
        self.indices = indices
        self.powers = powers  # by the number of the term
        self.least = min(powers.values())

    def whole(self, node: Sum, numerator: Node, terms: set[int]) -> Node:
        """The sum with these terms as the numerator over the least power of the denominator."""
        axes = tuple(range(len(node.axes)))
        quotient = product([(self.base, self.least, self.indices), (numerator, 1, axes)], axes, node.axes)
        return linear([(1, quotient), *[t for k, t in enumerate(node.terms) if k not in terms]], node.axes)

    def numerator(self, node: Sum, terms: set[int]) -> Node | None:
        """The terms multiplied by what they lack of the denominator, written out; None where that grows too large."""
        parts = []
        for number in sorted(terms):
            coefficient, term = node.terms[number]
            missing = exact(Fraction(self.powers.get(number, 0)) - Fraction(self.least))
            rest = [f for f in factors_of(term) if not (f[0] == self.base and f[2] == self.indices)]
            multiplied = self._multiplied(rest, missing, node)
            if multiplied is None:
                return None
            parts.append((coefficient, multiplied))
        return linear(parts, node.axes)

    def _multiplied(self, rest: list[Factor], power: Rational, node: Sum) -> Node | None:
        """A term times a power of the denominator; a sum is multiplied through."""
        axes = tuple(range(len(node.axes)))
        if not isinstance(power, int) or power > LARGEST_POWER:
            return None
        if not isinstance(self.base, Sum):
            return product([*rest, (self.base, power, self.indices)], axes, node.axes)
        found: list[Node] = [product(rest, axes, node.axes)]
        for _ in range(power):
            found = [through for part in found for through in self._times_base(part, node)]
            if len(found) > LARGEST_EXPANSION:
                return None
        return linear([(1, part) for part in found], node.axes)

    def _times_base(self, part: Node, node: Sum) -> list[Node]:
        axes = tuple(range(len(node.axes)))
        whole = product([*factors_of(part), (self.base, 1, self.indices)], axes, node.axes)
        place = _position(whole, self.base, self.indices)
        if place is None or not isinstance(whole, Product):
            return [whole]
        opened = written_out(whole, place)
        return [linear([t], node.axes) for t in opened.terms] if isinstance(opened, Sum) else [opened]


def _position(node: Node, base: Node, indices: Indices) -> int | None:
    return next((k for k, (b, e, i) in enumerate(factors_of(node)) if b == base and i == indices and e == 1), None)


def denominators(node: Sum) -> Iterator[tuple[Denominator, set[int]]]:
    """Every denominator that stands with different powers, with the terms that have it, then with all terms."""
    found: dict[tuple[bytes, Indices], tuple[Node, dict[int, Rational]]] = {}
    for number, (_, term) in enumerate(node.terms):
        for base, exponent, indices in factors_of(term):
            # what a function gives is rather left where it is: exp(-x) needs no denominator
            if (
                not isinstance(exponent, Node)
                and not isinstance(base, Apply)
                and all(i < len(node.axes) for i in indices)
            ):
                found.setdefault((base.digest, indices), (base, {}))[1][number] = exponent
    everywhere = set(range(len(node.terms)))
    for (_, indices), (base, powers) in found.items():
        if min(powers.values()) < 0:
            denominator = Denominator(base, indices, powers)
            if len(set(powers.values())) > 1:
                yield denominator, set(powers)
            if len(powers) < len(everywhere):
                yield denominator, everywhere
