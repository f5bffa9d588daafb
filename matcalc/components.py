"""Groups of factors that share indices."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.terms import Factor, Node, Product


def components(factors: Sequence[Factor]) -> list[list[Factor]]:
    """Groups of factors connected by indices."""
    group_of: dict[int, int] = {}
    groups: dict[int, list[Factor]] = {}
    for number, factor in enumerate(factors):
        merged = [factor]
        for old in sorted({group_of[i] for i in factor[2] if i in group_of}):
            merged = groups.pop(old) + merged
        groups[number] = merged
        for _, _, indices in merged:
            for i in indices:
                group_of[i] = number
    return list(groups.values())


def set_apart(node: Product, count: int) -> tuple[list[Factor], list[Factor]]:
    """The factors that hang together with the first `count` axes, and the others: scalars, and what lies on the rest.

    The sum over the indices of the first is the part of the product that varies along these axes.
    """
    inside: list[Factor] = []
    outside: list[Factor] = []
    for group in components(node.factors):
        touched = any(i < count for _, _, indices in group for i in indices)
        (inside if touched else outside).extend(group)
    return inside, outside


def square_chain(node: Product) -> list[tuple[Node, bool]] | None:
    """The factors of a multiple of a product of square matrices of one size, in order, each with whether it is turned.

    None where the product is none; scalar factors are left out.
    """
    waiting = [factor for factor in node.factors if factor[2]]
    if len(node.axes) != 2 or len(waiting) != len(node.bound) + 1:
        return None
    links: list[tuple[Node, bool]] = []
    at = 0
    while waiting:
        step = next((f for f in waiting if at in f[2]), None)
        if step is None or step[1] != 1 or len(step[2]) != 2 or step[0].axes != node.axes:
            return None
        waiting.remove(step)
        base, _, (a, b) = step
        links.append((base, a != at))
        at = b if a == at else a
    return links if at == 1 else None
