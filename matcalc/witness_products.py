"""Products of plain lists of floats with their indices, factor by factor.

A value is a list of floats, row by row along its labels; labels are the numbers of indices, or the indices of members.
In which order factors are multiplied, and which entries meet, depends on labels and lengths alone: such a plan is
made once for products of the same form.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import prod
from operator import mul

from matcalc.symbols import Index

Label = int | Index
Labels = tuple[Label, ...]
Extents = tuple[tuple[Label, int], ...]
Places = tuple[int, ...]

# the factor to multiply with, where its entries stand, where those of the product so far, how many are summed to one
Step = tuple[int, Places, Places, int]


class Plan:
    """How a product is found: its steps, and how many products of numbers they take."""

    __slots__ = ("cost", "steps")

    def __init__(self, steps: Sequence[Step]) -> None:
        self.steps = tuple(steps)
        self.cost = sum([len(places) for _, places, _, _ in steps])

    def product(self, scale: float, factors: Sequence[Sequence[float]]) -> list[float]:
        """The product of factors and a number."""
        values: Sequence[float] = (scale,)
        for which, own, places, width in self.steps:
            found = list(map(mul, map(factors[which].__getitem__, own), map(values.__getitem__, places)))
            values = found if width == 1 else [sum(found[k : k + width]) for k in range(0, len(found), width)]
        return list(values)


@lru_cache(maxsize=2048)
def plan(factors: tuple[Labels, ...], extents: Extents, out: Labels) -> Plan:
    """The plan of a product of factors with these labels along `out`; all other labels are summed.

    A label of `out` that no factor carries repeats.
    """
    lengths = dict(extents)
    steps: list[Step] = []
    rest = list(range(len(factors)))
    labels: Labels = ()
    while rest:
        which = rest.pop(_next(labels, [factors[k] for k in rest], lengths))
        needed = {*out, *[label for k in rest for label in factors[k]]}
        met = dict.fromkeys(labels + factors[which])
        # after the last factor also what no factor carries
        kept = tuple([i for i in out if i in met or not rest] + [i for i in met if i in needed and i not in out])
        order = kept + tuple([i for i in met if i not in needed])
        size = tuple([lengths[i] for i in order])
        own, places = (offsets(size, strides(some, lengths, order)) for some in (factors[which], labels))
        steps.append((which, own, places, prod(size[len(kept) :])))
        labels = kept
    return Plan(steps)


def _next(labels: Labels, factors: Sequence[Labels], lengths: dict[Label, int]) -> int:
    """The factor that makes the smallest product with what there is."""
    new = [prod([lengths[i] for i in set(own).difference(labels)]) for own in factors]
    return new.index(min(new))


def strides(labels: Labels, lengths: dict[Label, int], order: Labels) -> tuple[int, ...]:
    """How far apart values along each label of `order` are; a label that occurs twice runs along a diagonal."""
    found: dict[Label, int] = {}
    stride = 1
    for label in reversed(labels):
        found[label] = found.get(label, 0) + stride
        stride *= lengths[label]
    return tuple([found.get(label, 0) for label in order])


def offsets(size: tuple[int, ...], steps: tuple[int, ...]) -> Places:
    """Where the value stands at each position within the size, the last running fastest.

    >>> offsets((2, 3), (1, 2))
    (0, 2, 4, 1, 3, 5)
    """
    places = [0]
    for extent, step in zip(size, steps):
        places = [place + k * step for place in places for k in range(extent)]
    return tuple(places)
