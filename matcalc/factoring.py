"""Common factors of the terms of a sum."""

from __future__ import annotations

from collections.abc import Iterator

from matcalc.expr import Rational
from matcalc.sums import linear
from matcalc.tensor import product
from matcalc.terms import Axes, Exponent, Factor, Indices, Node, Sum, delta, factors_of


class SharedFactor:
    """One factor found in several terms of a sum, with its place in each; it may be a product such as `X*v`."""

    def __init__(self, base: Node, exponent: Exponent, place: tuple[int | None, ...]) -> None:
        self.base = base
        self.exponent = exponent
        self.place = place  # the axis each of its indices is, or None where it is summed
        self.found: dict[int, tuple[int, ...]] = {}  # term -> where the factor, or its own factors, stand
        self.is_tied = False  # whether one of its indices is an axis in some terms, and summed in others
        self.inner_indices: Indices = ()

    @property
    def leaves_scales(self) -> bool:
        """Whether a matrix is drawn out of which the terms only scale rows or columns."""
        return len(self.base.axes) == 2 and len(self.inner_indices) == 1 and None not in self.place

    def estimate(self) -> int:
        """Tokens saved, roughly: the factor and a product sign for every term but one."""
        own = self.base.height + 1
        return (len(self.found) - 1) * (own + 1)

    def inner_sum(self, node: Sum) -> Node | None:
        """The sum of what is left of the terms, or None where it would not be a matrix."""
        count = len(node.axes)
        slots = [count + k for k in range(len(self.place))]
        rests: list[tuple[Rational, list[Factor], dict[int, int]]] = []
        kept_axes: set[int] = set()
        for number, positions in self.found.items():
            coefficient, term = node.terms[number]
            whole = factors_of(term)
            factors = [factor for k, factor in enumerate(whole) if k not in positions]
            indices = whole[positions[0]][2] if len(positions) == 1 else tuple([i for i in self.place if i is not None])
            if any(b == self.base and i == indices for b, _, i in factors):
                return None
            own = {slots[k]: i for k, i in enumerate(indices) if self.place[k] is None}
            fresh = 1 + max([count, *[i for _, _, ii in whole for i in ii]])
            for slot, index in own.items():
                if index < count:
                    own[slot] = fresh
                    factors.append((delta(self.base.axes[slot - count]), 1, (fresh, index)))
            rests.append((coefficient, factors, own))
            kept_axes.update([i for _, _, ii in factors for i in ii if i < count])
        outer = (*sorted(kept_axes), *[slots[k] for k, axis in enumerate(self.place) if axis is None])
        if len(outer) > 2:
            return None
        self.inner_indices = outer
        axes = tuple([node.axes[i] if i < count else self.base.axes[i - count] for i in outer])
        # an axis that a rest does not carry is left to spread
        terms = [(c, product(factors, tuple([own.get(i, i) for i in outer]), axes)) for c, factors, own in rests]
        return linear(terms, axes)

    def in_front(self, inner: Node, node: Sum) -> Node:
        """The whole sum with the factor drawn out of its terms."""
        count = len(node.axes)
        spots = tuple([count + k if axis is None else axis for k, axis in enumerate(self.place)])
        factors: list[Factor] = [(self.base, self.exponent, spots), (inner, 1, self.inner_indices)]
        drawn = product(factors, tuple(range(count)), node.axes)
        others = [term for k, term in enumerate(node.terms) if k not in self.found]
        return linear([(1, drawn), *others], node.axes)


def shared_factors(node: Sum) -> dict[tuple[object, ...], SharedFactor]:
    """Every factor that stands in two or more terms with the same power on the same axes."""
    found: dict[tuple[object, ...], SharedFactor] = {}
    count = len(node.axes)
    for number, (_, term) in enumerate(node.terms):
        factors = factors_of(term)
        single = [((position,), factor) for position, factor in enumerate(factors)]
        for positions, (base, exponent, indices) in (*single, *products_inside(factors, node.axes)):
            place = tuple([i if i < count else None for i in indices])
            if len(set(indices)) != len(indices):
                continue
            power = exponent.digest if isinstance(exponent, Node) else exponent
            key = (base.digest, power, place)
            shared = found.get(key)
            if shared is None:
                shared = found[key] = SharedFactor(base, exponent, place)
            shared.found.setdefault(number, positions)
    _tie(node, found)
    return {key: shared for key, shared in found.items() if len(shared.found) > 1}


def _tie(node: Sum, found: dict[tuple[object, ...], SharedFactor]) -> None:
    """Join terms that have the same matrix, summed over in one and not in the other: `s*s'*A` and `diag(s)*A`.

    Where an index of the matrix is an axis of the sum, the rest of the term gets an identity.
    """
    matrices: dict[bytes, list[SharedFactor]] = {}
    for shared in found.values():
        if len(shared.place) == 2:
            matrices.setdefault(shared.base.digest, []).append(shared)
    for shared, alike_in_base in [(shared, group) for group in matrices.values() for shared in group]:
        for other in (other for other in alike_in_base if other.place.count(None) == 1):
            ties = [a is not None and b is None for a, b in zip(shared.place, other.place)]
            alike = all(tie or a == b for tie, a, b in zip(ties, shared.place, other.place))
            if any(ties) and alike and shared.exponent == other.exponent == 1:
                other.is_tied = True
                for number, positions in shared.found.items():
                    other.found.setdefault(number, positions)


def products_inside(factors: tuple[Factor, ...], axes: Axes) -> Iterator[tuple[tuple[int, ...], Factor]]:
    """The factors of a term that summed indices connect, as one factor each, where there are others beside them."""
    groups: list[tuple[set[int], list[int]]] = []  # summed indices, and the factors that carry them
    for position, (_, _, indices) in enumerate(factors):
        summed = {i for i in indices if i >= len(axes)}
        if not summed:
            continue
        joined = [group for group in groups if group[0] & summed]
        groups = [group for group in groups if not group[0] & summed]
        positions = [position, *(k for _, others in joined for k in others)]
        groups.append((summed.union(*(others for others, _ in joined)), positions))
    for _, positions in groups:
        if 1 < len(positions) < len(factors):
            own = [factors[k] for k in sorted(positions)]
            out = tuple(sorted({i for _, _, indices in own for i in indices if i < len(axes)}))
            if len(out) <= 2:
                yield tuple(sorted(positions)), (product(own, out, tuple([axes[i] for i in out])), 1, out)
