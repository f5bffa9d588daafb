"""Extents: the sizes along the axes of operands as variables, and their unification."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.dimensions import ONE, Dimension

if TYPE_CHECKING:
    from matcalc.constraints import Constraint, Spread
    from matcalc.shapes import Variable


class Extent:
    """The size along one axis: a dimension, or not known yet.

    `many` says that it is known not to be 1, `is_one` that it is, `is_open` that neither is known. `watchers` are the
    rules to apply again once more is known of it.
    """

    __slots__ = ("dimension", "is_one", "is_open", "link", "many", "owner", "watchers")

    def __init__(self, dimension: Dimension | None = None, owner: Variable | Spread | None = None) -> None:
        self.link: Extent | None = None
        self.dimension = dimension
        self.is_open = dimension is None
        self.is_one = dimension is not None and dimension == ONE
        self.many = not (self.is_open or self.is_one)
        self.owner = owner
        self.watchers: list[Constraint] = []

    def exceed_one(self) -> None:
        """Take note that this is not 1; one that is known to be 1 stays so."""
        if self.is_open:
            self.many, self.is_open = True, False
            wake(self.watchers)

    def name(self, dimension: Dimension) -> None:
        """Give it a dimension, other than 1."""
        self.dimension = dimension
        self.many, self.is_open = True, False
        wake(self.watchers)


SINGLE = Extent(ONE)


def wake(watchers: list[Constraint]) -> None:
    """Have these rules applied again."""
    for constraint in watchers:
        if not constraint.awake:
            constraint.awake = True
            constraint.queue.append(constraint)


def find(extent: Extent) -> Extent:
    """The extent that stands for all those unified with this one."""
    parent = extent.link
    if parent is None:
        return extent
    while parent.link is not None:
        extent.link = parent.link  # halves the way for the next time
        extent, parent = parent, parent.link
    return parent


def unify(first: Extent, second: Extent) -> bool:
    """Make two extents the same; False, and no change, where they cannot be."""
    a, b = find(first), find(second)
    if a is b:
        return True
    if a.dimension is not None:
        if b.dimension is not None:
            return a.dimension == b.dimension
        a, b = b, a
    if a.many and b.is_one:
        return False
    a.link = b
    if b.dimension is not None:
        wake(a.watchers)
        return True
    b.owner = b.owner or a.owner
    if a.many:
        b.exceed_one()
    elif b.many:
        wake(a.watchers)
    b.watchers += a.watchers
    return True


def differ(first: Extent, second: Extent) -> bool:
    """Whether two extents are known to be different."""
    a, b = find(first), find(second)
    if a.dimension is not None and b.dimension is not None:
        return a.dimension != b.dimension
    return (a.is_one and b.many) or (a.many and b.is_one)


def dimension_of(extent: Extent) -> Dimension:
    """The dimension of an extent that has one."""
    dimension = find(extent).dimension
    assert dimension is not None, "every extent has been named"
    return dimension


def shape_text(rows: Extent, columns: Extent) -> str:
    """`m x n` for a message; an open size is a question mark."""
    return " x ".join(d.text if (d := find(e).dimension) is not None else "?" for e in (rows, columns))
