"""Certificates that a matrix is positive semidefinite, found from its structure: never by numbers.

A product with two axes is a kernel K[p,q]. It is positive semidefinite

- as a congruence B*M*B' of such a kernel M: equal edges and equal labels at both ends are taken away
- as an entrywise product of such kernels, by Schur's theorem
- as a diagonal of entries that are not negative
- as `diag(d) - c*u*u'` with d > 0, if and only if c*sum(u.^2./d) <= 1

A quadratic form in a matrix, which has two axes at either end, is one if it is so in each axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from matcalc.components import components
from matcalc.dimensions import Dimension
from matcalc.expr import Rational
from matcalc.ranges import Ranges
from matcalc.simplify import simplified
from matcalc.sums import as_term, linear
from matcalc.tensor import is_symmetric, product
from matcalc.terms import Apply, Delta, Factor, Indices, Leaf, Node, Part, Product, Sum, Summed, Term, factors_of

if TYPE_CHECKING:
    from matcalc.intervals import Interval
    from matcalc.rulebook import Rulebook

Sizes = dict[int, Dimension]
# how deep kernels may stand inside of each other: further in, nothing is known
DEEPEST = 40


class Definiteness:
    """What is known of the signs of entries and of the definiteness of matrices, each node looked at once."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.rulebook = rulebook
        self.ranges = Ranges(self._is_form)
        self._known: dict[bytes, bool] = {}
        self._depth = 0

    def range(self, node: Node) -> Interval:
        """The interval that holds every entry."""
        return self.ranges.of(node)

    def is_psd(self, node: Node, ends: tuple[Indices, Indices] = ((0,), (1,))) -> bool:
        """Whether it is certain that the form over these axes is never negative; False says nothing.

        >>> from matcalc.lower import lower
        >>> from matcalc.parser import parse
        >>> from matcalc.rulebook import default_rulebook
        >>> known = Definiteness(default_rulebook())
        >>> [known.is_psd(lower(parse(text).expr, default_rulebook())) for text in ("X'*X", "X*X")]
        [True, False]
        """
        if len(node.axes) != 2:
            return self._is_psd(node, ends)
        if node.digest not in self._known:
            self._known[node.digest] = self._is_psd(node, ends)
        return self._known[node.digest]

    def _is_psd(self, node: Node, ends: tuple[Indices, Indices]) -> bool:
        if self._depth >= DEEPEST:
            return False
        self._depth += 1
        try:
            return self._by_structure(node, ends)
        finally:
            self._depth -= 1

    def _by_structure(self, node: Node, ends: tuple[Indices, Indices]) -> bool:
        if not node.axes:
            return self.range(node).is_nonnegative
        if isinstance(node, Leaf):
            return "psd" in node.facts
        if isinstance(node, Delta):
            return True
        if isinstance(node, (Part, Summed)):
            return self.is_psd(node.children[0], ends)
        if isinstance(node, Apply):
            return node.function.keeps == "psd" and self.is_psd(node.args[0])
        if isinstance(node, Sum):
            return self._is_psd_sum(node, ends)
        sizes = dict(enumerate(node.axes + node.bound)) if isinstance(node, Product) else {}
        return isinstance(node, Product) and self.is_kernel(list(node.factors), *ends, sizes)

    def is_pd(self, node: Node) -> bool:
        """Whether a symmetric matrix is certain to be positive definite, hence invertible."""
        while isinstance(node, Part) or (isinstance(node, Apply) and node.function.keeps == "psd"):
            node = node.children[0]
        if isinstance(node, (Leaf, Apply)):
            return isinstance(node, Leaf) and "spd" in node.facts
        if isinstance(node, Sum):
            return self.is_psd(node) and any(c > 0 and self.is_pd(term) for c, term in node.terms)
        diagonal = diagonal_of(node)
        if diagonal is not None:
            return self.range(diagonal).is_positive
        factors = factors_of(node)
        matrices = [base for base, exponent, indices in factors if indices and exponent == 1]
        scalars = [factor for factor in factors if not factor[2]]
        single = len(matrices) == 1 and len(scalars) + 1 == len(factors) and matrices[0] != node
        return single and self.ranges.of_factors(scalars).is_positive and self.is_pd(matrices[0])

    # -- sums

    def _is_psd_sum(self, node: Sum, ends: tuple[Indices, Indices]) -> bool:
        rest = [term for term in node.terms if not self._is_psd_term(*term, ends)]
        if not rest:
            return True
        if len(ends[0]) != 1 or len(rest) > 1:
            return False
        others = [term for term in node.terms if term not in rest]
        return self._outweighs([term for term in others if diagonal_of(term[1]) is not None], rest[0])

    def _is_psd_term(self, coefficient: Rational, term: Node, ends: tuple[Indices, Indices]) -> bool:
        """Whether a multiple is positive semidefinite; a minus may stand in front of a difference inside."""
        if coefficient > 0:
            return self.is_psd(term, ends)
        if not isinstance(term, Product):
            return False
        sizes, factors = dict(enumerate(term.axes + term.bound)), list(term.factors)
        for k, (base, exponent, indices) in enumerate(factors):
            if isinstance(base, Sum) and exponent == 1:
                turned = [*factors[:k], (linear([(-1, base)], base.axes), exponent, indices), *factors[k + 1 :]]
                if self.is_kernel(turned, *ends, sizes):
                    return True
        return False

    def _outweighs(self, diagonals: Sequence[Term], taken: Term) -> bool:
        """Whether a diagonal stays positive semidefinite when c*u*u' is taken away."""
        if not diagonals or taken[0] > 0:
            return False
        split = _rank_one(taken[1])
        pieces = [(c, part) for c, term in diagonals if (part := diagonal_of(term)) is not None]
        if split is None or not pieces:
            return False
        column, scalars = split
        diagonal = linear(pieces, column.axes)
        if not self.range(diagonal).is_positive or not self.ranges.of_factors(scalars).is_nonnegative:
            return False
        weight = product([*scalars, (column, 2, (0,)), (diagonal, -1, (0,))], (), (), -taken[0])
        return self.range(simplified(weight, self.rulebook)).high <= 1

    # -- products

    def is_kernel(self, factors: list[Factor], left: Indices, right: Indices, sizes: Sizes) -> bool:
        """Whether these factors, all other indices summed, make a form over the indices that is never negative."""
        if self._depth >= DEEPEST:
            return False
        self._depth += 1
        try:
            return self._is_kernel(factors, left, right, sizes)
        finally:
            self._depth -= 1

    def _is_kernel(self, factors: list[Factor], left: Indices, right: Indices, sizes: Sizes) -> bool:
        if len(left) == 1 and (tie := _tie(factors, left[0], right[0])) is not None:
            rest = [f for k, f in enumerate(factors) if k != tie]
            return self.range(_closed(_merged(rest, right[0], left[0]), left, sizes)).is_nonnegative
        linking: list[list[Factor]] = []
        alone: dict[Indices, list[bytes]] = {left: [], right: []}
        closed: list[Factor] = []
        for group in _groups(factors, {*left, *right}):
            touched = {i for _, _, indices in group for i in indices}
            ends = [side for side in (left, right) if touched & {*side}]
            if len(ends) == 2:
                linking.append(group)
            elif ends:
                alone[ends[0]].append(_closed(group, ends[0], sizes).digest)
            else:
                closed.append((_closed(group, (), sizes), 1, ()))
        if sorted(alone[left]) != sorted(alone[right]) or not self.ranges.of_factors(closed).is_nonnegative:
            return False
        return all(self._links(group, left, right, sizes) for group in linking)

    def _links(self, group: list[Factor], left: Indices, right: Indices, sizes: Sizes) -> bool:
        """Whether factors that hang together make such a form by themselves, over one pair of ends."""
        touched = {i for _, _, indices in group for i in indices}
        ends = [(p, q) for p, q in zip(left, right) if p in touched or q in touched]
        if len(ends) != 1 or not {*ends[0]} <= touched:
            return False
        p, q = ends[0]
        if len(group) == 1:
            base, exponent, indices = group[0]
            whole = isinstance(exponent, int) and exponent > 0
            return whole and sorted(indices) == sorted((p, q)) and self.is_psd(base)
        return self._is_congruence(group, p, q, sizes)

    def _is_congruence(self, group: list[Factor], p: int, q: int, sizes: Sizes) -> bool:
        """Whether B[p,a]*M[a,b]*B[q,b], summed over a and b, is such a form: it is if M is."""
        first, second = ([f for f in group if end in f[2]] for end in (p, q))
        if len(first) != 1 or len(second) != 1 or first[0] is second[0]:
            return False
        (base, exponent, indices), (other, power, places) = first[0], second[0]
        if base != other or exponent != power or len(indices) != 2:
            return False
        if indices.index(p) != places.index(q) and not is_symmetric(base):
            return False
        a, b = (next(i for i in ii if i != end) for ii, end in ((indices, p), (places, q)))
        rest = [f for f in group if f is not first[0] and f is not second[0]]
        if a == b:
            return self.range(_closed(rest, (a,), sizes)).is_nonnegative
        return self.is_kernel(rest, (a,), (b,), sizes)

    def _is_form(self, node: Product) -> bool:
        """Whether a product without axes is x'*M*x, or sum(X.*(M*X*N)), with M and N positive semidefinite."""
        sizes = dict(enumerate(node.bound))
        for k, (base, exponent, indices) in enumerate(node.factors):
            for j in range(k):
                other, power, places = node.factors[j]
                if base == other and exponent == power == 1 and indices and not set(indices) & set(places):
                    rest = [f for n, f in enumerate(node.factors) if n not in (j, k)]
                    if self.is_kernel(rest, places, indices, sizes):
                        return True
        return False


def _tie(factors: list[Factor], p: int, q: int) -> int | None:
    """The place of an identity that ties two ends."""
    return next((k for k, (b, _, ii) in enumerate(factors) if isinstance(b, Delta) and set(ii) == {p, q}), None)


def _merged(factors: list[Factor], index: int, other: int) -> list[Factor]:
    """The factors with one index in place of another."""
    return [(b, e, tuple([other if i == index else i for i in ii])) for b, e, ii in factors]


def _groups(factors: list[Factor], cut: set[int]) -> list[list[Factor]]:
    """The factors that hang together by indices other than those to cut."""
    kept = [(base, exponent, tuple([i for i in indices if i not in cut])) for base, exponent, indices in factors]
    by_place = {id(short): factor for short, factor in zip(kept, factors)}
    groups = components(kept)
    return [[by_place[id(short)] for short in group] for group in groups]


def _closed(factors: list[Factor], out: Indices, sizes: Sizes) -> Node:
    """The product with these axes, everything else summed."""
    return product(factors, out, tuple([sizes[i] for i in out]))


def diagonal_of(node: Node) -> Node | None:
    """The diagonal of a diagonal matrix; None for any other."""
    if isinstance(node, Sum):
        pieces = [(c, diagonal_of(term)) for c, term in node.terms]
        found = [(c, piece) for c, piece in pieces if piece is not None]
        return linear(found, node.axes[:1]) if len(found) == len(pieces) and found else None
    factors = factors_of(node)
    place = next((k for k, (base, _, ii) in enumerate(factors) if isinstance(base, Delta) and set(ii) == {0, 1}), None)
    if place is None:
        return None
    rest = _merged([factor for k, factor in enumerate(factors) if k != place], 1, 0)
    return product(rest, (0,), node.axes[:1])


def _rank_one(node: Node) -> tuple[Node, list[Factor]] | None:
    """The column u of s*u*u', and the scalar factors s; None for any other matrix."""
    factors = factors_of(node)
    sides: list[list[Factor]] = [[], []]
    for base, exponent, indices in factors:
        if len(indices) > 1 or any(i > 1 for i in indices):
            return None
        if indices:
            sides[indices[0]].append((base, exponent, (0,)))
    left, right = (product(side, (0,), node.axes[:1]) for side in sides)
    scalars = [factor for factor in factors if not factor[2]]
    return (left, scalars) if left == right and as_term(left)[0] == 1 else None
