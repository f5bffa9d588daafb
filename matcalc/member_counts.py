"""How many members families have: members of one family, and members under one sum, are equally many.

So are the values of an index that several sums without bounds run over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import TYPE_CHECKING

from matcalc.dimensions import Dimension
from matcalc.errors import ShapeError
from matcalc.extents import Extent, find, unify
from matcalc.families import FamilyDeclaration, bounded_size, fail

if TYPE_CHECKING:
    from matcalc.nodes import Node
    from matcalc.syntax import SyntaxBuilder


class MemberCounts:
    """The numbers of values of the indices of sums, and of members of families, as far as they are known."""

    __slots__ = ("_families", "_sums", "_syntax")

    def __init__(self, syntax: SyntaxBuilder, sums: Sequence[Node]) -> None:
        self._syntax = syntax
        self._families: dict[str, Extent] = {}
        self._sums = {node: Extent(bounded_size(syntax, node.value, (node.start, node.end))) for node in sums}

    def declare(self, family: FamilyDeclaration) -> bool:
        """Take the size of a declared family; False where another is declared."""
        return unify(self._families.setdefault(family.family, Extent(family.size)), Extent(family.size))

    def meet(self, family: str, node: Node, binder: Node) -> None:
        """A member, at a node, of a family under a sum. Raises ShapeError where they are not equally many."""
        own, other = self._families.setdefault(family, Extent()), self._sums[binder]
        if not unify(own, other):
            found, expected = find(own).dimension, find(other).dimension
            message = f"there are {found} members {node.value}, but the sum over {binder.value[0]} runs to {expected}"
            fail(self._syntax, node, message, error=ShapeError)

    def named(self) -> set[str]:
        """The names in the sizes that are given."""
        known = [extent.dimension for extent in (*self._families.values(), *self._sums.values())]
        return {name for dimension in known if dimension is not None for name in dimension.names}

    def of_families(self) -> dict[str, Dimension]:
        """The number of members of each family, once all have names."""
        return {family: _dimension(extent) for family, extent in self._families.items()}

    def of_sums(self) -> dict[Node, Dimension]:
        """The number of values of the index of each sum, once all have names."""
        return {node: _dimension(extent) for node, extent in self._sums.items()}

    def name_all(self, variables: set[str], used: set[str]) -> None:
        """N where nothing else is said; where N is not used, families apart from each other get a name each.

        No name is that of one of the variables, and none but N is in use.
        """
        self._unify_letters()
        shared = "N" in used and "N" not in variables
        names = _names(variables, used)
        for node in sorted(self._sums, key=lambda node: node.start):
            extent = find(self._sums[node])
            if extent.dimension is None:
                extent.name(Dimension.of("N" if shared else next(names)))
                if shared:
                    self._note(node.value[0])

    def _unify_letters(self) -> None:
        firsts: dict[str, Extent] = {}
        for node, extent in self._sums.items():
            if find(extent).dimension is None:
                unify(extent, firsts.setdefault(node.value[0], extent))

    def _note(self, index: str) -> None:
        """Say of a name N that does more than divide that it is read as the number of members."""
        nodes = [node for node in self._syntax.nodes if node is not None]
        divisors = {node.args[1] for node in nodes if node.op == "div"}
        if any(node.op == "name" and node.value == "N" and node not in divisors for node in nodes):
            note = f"N is read as the number of members in sum_{index}(...); else declare N"
            if note not in self._syntax.notes:
                self._syntax.notes.append(note)


def _names(variables: set[str], used: set[str]) -> Iterator[str]:
    """N, unless it is a variable; then others that nothing is named yet."""
    if "N" not in variables:
        yield "N"
    others = (letter + (str(number) if number else "") for number in count() for letter in "MKLN")
    yield from (name for name in others if name not in variables and name not in used and name != "N")


def _dimension(extent: Extent) -> Dimension:
    dimension = find(extent).dimension
    assert dimension is not None, "every number of members has been named"
    return dimension
