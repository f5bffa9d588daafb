"""Names with their kinds: variables, families of members, and the indices that run over them.

A family is a list of operands of one kind, written x_1, ..., x_N. Inside a sum over i its member `x_i` is an operand
like any other, which depends on i: `free` says on which indices an operand depends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matcalc.dimensions import Dimension
    from matcalc.kinds import Kind

IndexSet = frozenset["Index"]
NO_INDICES: IndexSet = frozenset()


class Index:
    """A name that runs from 1 to a count.

    >>> from matcalc.dimensions import Dimension
    >>> Index("i", Dimension.of("N"))
    i=1..N
    """

    __slots__ = ("_hash", "count", "name")

    def __init__(self, name: str, count: Dimension) -> None:
        self.name = name
        self.count = count
        self._hash = hash((name, count))

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Index) and self.name == other.name and self.count is other.count

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"{self.name}=1..{self.count}"


class Symbol:
    """A name with its kind.

    `place` orders it among the variables of a problem: its name or, where that is to decide nothing, a rank. Symbols
    that differ in nothing else are equal.
    """

    __slots__ = ("_hash", "free", "kind", "name", "place")

    def __init__(self, name: str, kind: Kind, free: IndexSet = NO_INDICES, place: str | None = None) -> None:
        self.name = name
        self.kind = kind
        self.free = free
        self.place = name if place is None else place
        self._hash = hash((name, kind, free))

    @property
    def key(self) -> str:
        """Under which it stands among operands: its name."""
        return self.name

    def placed(self, place: str) -> Symbol:
        """The same symbol at another place."""
        return Symbol(self.name, self.kind, self.free, place)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(self) is not type(other) or not isinstance(other, Symbol):
            return False
        return self.name == other.name and self.kind is other.kind and self.free == other.free

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return ", ".join([f"{self.name}: {self.kind}", *sorted(map(repr, self.free))])


class Family:
    """The operands x_1, ..., x_N: `kind` is that of each of them, `count` how many there are, `place` their order."""

    __slots__ = ("_hash", "count", "kind", "name", "place")

    def __init__(self, name: str, kind: Kind, count: Dimension, place: str | None = None) -> None:
        self.name = name
        self.kind = kind
        self.count = count
        self.place = name if place is None else place
        self._hash = hash((name, kind, count))

    @property
    def key(self) -> str:
        """Under which all members stand together among values; no variable can have this name."""
        return f"{self.name}[]"

    def member(self, index: str) -> Member:
        """The member at an index of this name."""
        return Member(self, Index(index, self.count))

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Family):
            return False
        return self.name == other.name and self.kind is other.kind and self.count is other.count

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"{self.name}: {self.count} times {self.kind}"


class Member(Symbol):
    """The member of a family at an index: `x_i`.

    >>> from matcalc.dimensions import Dimension
    >>> from matcalc.kinds import Kind
    >>> Family("x", Kind("vector", (Dimension.of("n"),)), Dimension.of("N")).member("i")
    x_i: vector(n), i=1..N
    """

    __slots__ = ("family", "index")

    def __init__(self, family: Family, index: Index) -> None:
        super().__init__(f"{family.name}_{index.name}", family.kind, frozenset((index,)), f"{family.place}_")
        self.family = family
        self.index = index

    @property
    def key(self) -> str:
        """Under which it stands among operands; a variable may have the same name."""
        return f"{self.family.key}{self.index.name}"

    def placed(self, place: str) -> Member:
        family = self.family
        return Member(Family(family.name, family.kind, family.count, place), self.index)
