"""An order of the summed indices of a product that only its structure decides."""

from __future__ import annotations

from typing import Any

from matcalc.terms import Exponent, Factor, Indices, Node, order_of

# Individualisation of tied indices tries at most this many labellings; beyond it the first is
# taken, which costs canonicity of a very symmetric term, never correctness.
LABELLING_LIMIT = 64


def _exponent_key(exponent: Exponent) -> str:
    return exponent.digest.hex() if isinstance(exponent, Node) else str(exponent)


def factor_key(factor: Factor) -> tuple[bytes, str, Indices, bytes]:
    """The canonical order of factors; names decide last, between identities of different sizes at the same place."""
    base, exponent, indices = factor
    return (order_of(base), _exponent_key(exponent), indices, base.digest)


def canonical_order(factors: list[Factor], symmetric: list[bool], place: dict[int, int], bound: list[int]) -> list[int]:
    """Colour refinement, then individualisation of ties with the least encoding kept.

    `symmetric` says of each factor whether its two indices may be exchanged; `place` numbers the axes.
    """
    heads = [(b.digest, _exponent_key(e), flag) for (b, e, _), flag in zip(factors, symmetric)]
    start: dict[int, int] = {index: k - len(place) for index, k in place.items()}
    start.update(dict.fromkeys(bound, 0))
    best: list[int] | None = None
    best_key: list[Any] | None = None
    pending = [_refined(factors, heads, start, bound)]
    tried = 0
    while pending and tried < LABELLING_LIMIT:
        colours = pending.pop()
        tied = _first_tie(colours, bound)
        if tied:
            for index in tied:
                split = dict(colours)
                split[index] = -1_000_000 - len(place)
                pending.append(_refined(factors, heads, split, bound))
            continue
        tried += 1
        order = sorted(bound, key=colours.__getitem__)
        key = _encoding(factors, heads, place, order)
        if best_key is None or key < best_key:
            best, best_key = order, key
    return best if best is not None else bound


def _refined(
    factors: list[Factor], heads: list[tuple[bytes, str, bool]], colours: dict[int, int], bound: list[int]
) -> dict[int, int]:
    """Colours of indices made finer by the factors around them, until nothing changes.

    An index that meets an axis comes before one that does not, and one that meets an earlier axis first.
    """
    classes = len({colours[i] for i in bound})
    while True:
        around: dict[int, list[Any]] = {i: [] for i in bound}
        for head, (_, _, indices) in zip(heads, factors):
            seen = [colours[i] for i in indices]
            if head[2]:
                seen.sort()
            for slot, i in enumerate(indices):
                if i in around:
                    around[i].append((seen, head, -1 if head[2] else slot))
        signature = {i: (colours[i], sorted(around[i])) for i in bound}
        ranks: dict[int, int] = {}
        previous, rank = None, 0
        for i in sorted(bound, key=signature.__getitem__):
            if signature[i] != previous:
                rank, previous = rank + 1, signature[i]
            ranks[i] = rank
        colours = {**colours, **ranks}
        if rank == classes:
            return colours
        classes = rank


def _first_tie(colours: dict[int, int], bound: list[int]) -> list[int]:
    groups: dict[int, list[int]] = {}
    for i in bound:
        groups.setdefault(colours[i], []).append(i)
    tied = [c for c, members in groups.items() if len(members) > 1]
    return groups[min(tied)] if tied else []


def _encoding(
    factors: list[Factor], heads: list[tuple[bytes, str, bool]], place: dict[int, int], order: list[int]
) -> list[Any]:
    number = dict(place)
    for index in order:
        number[index] = len(number)
    rows = []
    for head, (_, _, indices) in zip(heads, factors):
        spots = [number[i] for i in indices]
        rows.append((head, sorted(spots) if head[2] else spots))
    rows.sort()
    return rows
