"""Products in which a part stands both multiplied out and as a divisor: `(A*x)./(A*x)`."""

from __future__ import annotations

from matcalc.sums import add_exponents
from matcalc.tensor import is_symmetric, product
from matcalc.terms import Factor, Indices, Node, Product

# A divisor of more factors than this is not looked for.
LONGEST_DIVISOR = 8

Matched = tuple[dict[int, int], frozenset[int]]  # what the indices of the divisor are, the factors it was found in


def divided(node: Product) -> Node | None:
    """The product with a divisor cancelled that its other factors contain, or None where there is none."""
    for position, (base, exponent, indices) in enumerate(node.factors):
        negative = not isinstance(exponent, Node) and exponent < 0
        if not (negative and isinstance(base, Product) and base.bound and len(base.factors) <= LONGEST_DIVISOR):
            continue
        found = _found(base, indices, node, position)
        if found is not None:
            rest = [f for k, f in enumerate(node.factors) if k != position and k not in found]
            remaining: Factor = (base, add_exponents(exponent, 1), indices)
            return product([*rest, remaining], tuple(range(len(node.axes))), node.axes)
    return None


def _found(divisor: Product, indices: Indices, node: Product, position: int) -> frozenset[int] | None:
    """The positions of the factors that the divisor at these indices is the product of."""
    states: list[Matched] = [(dict(enumerate(indices)), frozenset())]
    for factor in divisor.factors:
        states = [longer for state in states for longer in _extended(state, factor, node, position)]
    for place, used in states:
        if _stands_alone(place, len(divisor.axes), used, node):
            return used
    return None


def _extended(state: Matched, factor: Factor, node: Product, position: int) -> list[Matched]:
    """The ways to find one more factor of the divisor."""
    place, used = state
    base, exponent, indices = factor
    longer: list[Matched] = []
    for k, (other, power, spots) in enumerate(node.factors):
        if k == position or k in used or other is not base or power != exponent:
            continue
        turns = [spots, spots[::-1]] if len(spots) == 2 and is_symmetric(base) else [spots]
        for turn in turns:
            merged = _merged(place, indices, turn)
            if merged is not None:
                longer.append((merged, used | {k}))
    return longer


def _merged(place: dict[int, int], indices: Indices, spots: Indices) -> dict[int, int] | None:
    merged = dict(place)
    for index, spot in zip(indices, spots, strict=True):
        if merged.setdefault(index, spot) != spot:
            return None
    return merged


def _stands_alone(place: dict[int, int], axes: int, used: frozenset[int], node: Product) -> bool:
    """Whether the summed indices of the divisor are summed here too, apart, and in no other factor."""
    bound = [spot for index, spot in place.items() if index >= axes]
    if len(set(bound)) < len(bound) or any(spot < len(node.axes) for spot in bound):
        return False
    return not any(k not in used and set(spots) & set(bound) for k, (_, _, spots) in enumerate(node.factors))
