"""Products with columns of identities and with pairings, in which indices cancel.

`Unit`, `Slot` and `Pairing` have one 1 in every column, so that a product of two of them is an identity, zero,
or one of them alone. `vec(A)'*vec(B)` and `sum(A.*B)` become one node in this way. `Mask`, a triangle of ones, is
nothing on its diagonal and leaves the diagonal beside its transpose.
"""

from __future__ import annotations

from collections.abc import Callable, Container

from matcalc.dimensions import ONE, Dimension
from matcalc.terms import Factor, Mask, Node, Pairing, Product, Slot, Unit, unit

SELECTORS = (Unit, Slot, Pairing, Mask)


class Cancellation:
    """What a step makes of the factors: fewer of them, indices that are the same, indices summed away."""

    __slots__ = ("factors", "gone", "joined", "vanished")

    def __init__(
        self,
        factors: list[Factor],
        joined: tuple[tuple[int, int], ...] = (),
        gone: tuple[int, ...] = (),
        vanished: bool = False,
    ) -> None:
        self.factors = factors
        self.joined = joined
        self.gone = gone
        self.vanished = vanished


def cancellation(factors: list[Factor], free: Container[int]) -> Cancellation | None:
    """The first step that makes a product of these factors simpler, or None when there is no more."""
    carriers: dict[int, list[int]] = {}
    for position, (_, _, indices) in enumerate(factors):
        for i in set(indices):
            carriers.setdefault(i, []).append(position)
    for position, (base, exponent, _) in enumerate(factors):
        if exponent == 1 and isinstance(base, SELECTORS):
            found = _Selector(factors, free, carriers, position).step()
            if found is not None:
                return found
    return None


class _Selector:
    """One such factor among the others."""

    def __init__(
        self, factors: list[Factor], free: Container[int], carriers: dict[int, list[int]], position: int
    ) -> None:
        self.factors = factors
        self.free = free
        self.carriers = carriers
        self.position = position
        self.base, _, self.indices = factors[position]

    def step(self) -> Cancellation | None:
        if isinstance(self.base, Pairing):
            return self._pairing_alone() or self._beside(self._pairing_pair)
        if isinstance(self.base, Mask):
            on_diagonal = self.indices[0] == self.indices[1]
            return Cancellation(self._without()) if on_diagonal else self._beside(self._mask_pair)
        first = self.indices[0]
        if self._is_bare(first):  # every column holds one 1
            return Cancellation(self._without(), gone=(first,))
        return self._beside(self._unit_pair if isinstance(self.base, Unit) else self._slot_pair)

    def _is_bare(self, index: int) -> bool:
        """Whether an index is summed, and nothing but this factor carries it."""
        return index not in self.free and len(self.carriers[index]) == 1

    def _without(self, *others: int) -> list[Factor]:
        dropped = {self.position, *others}
        return [f for k, f in enumerate(self.factors) if k not in dropped]

    def _beside(self, pair: Callable[[int, Node, tuple[int, ...]], Cancellation | None]) -> Cancellation | None:
        """The first step with another such factor that shares an index."""
        for i in self.indices:
            for other in self.carriers[i]:
                base, exponent, indices = self.factors[other]
                if other != self.position and exponent == 1 and isinstance(base, SELECTORS):
                    found = pair(other, base, indices)
                    if found is not None:
                        return found
        return None

    # -- pairings

    def _pairing_alone(self) -> Cancellation | None:
        whole, outer, inner = self.indices
        if self._is_bare(whole):
            return Cancellation(self._without(), gone=(whole,))
        if outer != inner and self._is_bare(outer) and self._is_bare(inner):
            return Cancellation(self._without(), gone=(outer, inner))
        return None

    def _pairing_pair(self, other: int, base: Node, indices: tuple[int, ...]) -> Cancellation | None:
        whole, outer, inner = self.indices
        if base is self.base:
            if indices[0] == whole:
                return Cancellation(self._without(), ((outer, indices[1]), (inner, indices[2])))
            if indices[1:] == (outer, inner):
                return Cancellation(self._without(), ((whole, indices[0]),))
        if isinstance(base, Unit) and indices[0] == whole:
            return self._paired_unit(other, base)
        return None

    def _paired_unit(self, other: int, base: Unit) -> Cancellation | None:
        """A pairing at one place is a place of each of its two indices."""
        whole, outer, inner = self.indices
        _, rows, columns = self.base.axes
        if not isinstance(base.at, int) or columns.number is None or whole in self.free:
            return None
        if len(self.carriers[whole]) > 2:
            return None
        above, beside = divmod(base.at - 1, columns.number)
        units: list[Factor] = [(unit(above + 1, rows), 1, (outer,)), (unit(beside + 1, columns), 1, (inner,))]
        return Cancellation(self._without(other) + units, gone=(whole,))

    # -- triangles of ones

    def _mask_pair(self, other: int, base: Node, indices: tuple[int, ...]) -> Cancellation | None:
        if isinstance(base, Mask) and indices == self.indices[::-1]:
            return Cancellation(self._without(other), (self.indices,))  # type: ignore[arg-type]
        return None

    # -- columns of the identity

    def _unit_pair(self, other: int, base: Node, indices: tuple[int, ...]) -> Cancellation | None:
        assert isinstance(self.base, Unit)
        if indices[0] != self.indices[0]:
            return None
        if isinstance(base, Unit):
            apart = isinstance(base.at, int) and isinstance(self.base.at, int) and base.at != self.base.at
            return Cancellation([], vanished=True) if apart else None
        if isinstance(base, Slot) and isinstance(self.base.at, int):
            return self._unit_in_slot(other, base, indices, self.base.at)
        return None

    def _unit_in_slot(self, other: int, base: Slot, indices: tuple[int, ...], at: int) -> Cancellation | None:
        """A unit vector beside the block it falls into, or not."""
        length = base.axes[1] if len(base.axes) == 2 else ONE
        if at_most(Dimension.of(at), base.offset):
            return Cancellation([], vanished=True)
        if base.offset.number is None:
            return None
        inside = at - base.offset.number
        if length.number is None:
            return None
        if inside > length.number:
            return Cancellation([], vanished=True)
        others = [f for k, f in enumerate(self.factors) if k != other]
        placed: list[Factor] = [(unit(inside, length), 1, indices[1:])] if len(indices) > 1 else []
        return Cancellation(others + placed)

    def _slot_pair(self, other: int, base: Node, indices: tuple[int, ...]) -> Cancellation | None:
        assert isinstance(self.base, Slot)
        if not isinstance(base, Slot) or indices[0] != self.indices[0]:
            return None
        if base is self.base:
            return Cancellation(self._without(), ((self.indices[1], indices[1]),)) if len(indices) == 2 else None
        if are_apart(self.base, base):
            return Cancellation([], vanished=True)
        return None


def are_apart(first: Slot, second: Slot) -> bool:
    """Whether two blocks of one stack are known to share no entry."""
    return at_most(_end(first), second.offset) or at_most(_end(second), first.offset)


def _end(slot: Slot) -> Dimension:
    return slot.offset + (slot.axes[1] if len(slot.axes) == 2 else ONE)


def at_most(first: Dimension, second: Dimension) -> bool:
    """Whether first <= second for all sizes, which are at least 1."""
    gap = second + first * Dimension.of(-1)
    # with n = 1 + k the polynomial in the k has no negative coefficients
    shifted = gap.substituted({name: Dimension.of(name) + ONE for name in gap.names})
    return all(count >= 0 for _, count in shifted.terms)


def are_determined(count: int, bound: int, factors: tuple[Factor, ...]) -> bool:
    """Whether pairings say of every summed index what it is, so that each entry is one product of the other factors.

    The axes are the indices below `count`. A pairing between indices that are known already is not such a one: it
    leaves zeros.
    """
    known = set(range(count))
    waiting = [indices for base, _, indices in factors if isinstance(base, Pairing)]
    while waiting:
        for indices in waiting:
            whole, outer, inner = indices
            if whole in known and outer != inner and not {outer, inner} & known:
                known |= {outer, inner}
            elif whole not in known and {outer, inner} <= known:
                known.add(whole)
            else:
                continue
            waiting.remove(indices)
            break
        else:
            return False
    return len(known) == count + bound


def paired_indices(node: Product) -> dict[int, tuple[int, ...]]:
    """For an index that counts pairs, the two indices that do in its place: its pairing is not multiplied then."""
    split: dict[int, tuple[int, ...]] = {}
    taken = set(range(len(node.axes)))
    for base, _, indices in node.factors:
        whole, *parts = indices if isinstance(base, Pairing) else (0,)
        apart = len(set(parts)) == 2 and not taken & set(parts) and (whole < len(node.axes) or whole not in taken)
        if apart and whole not in split:
            split[whole] = tuple(parts)
            taken |= {whole, *parts}
    return split
