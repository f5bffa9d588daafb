"""Sums over an index as they are written: the letter of the index, and which factors stand inside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from matcalc.substitution import bound_sum, drawn_in, renamed
from matcalc.symbols import Index, Member
from matcalc.tensor import product
from matcalc.terms import Leaf, Node, Product, Summed, postorder

# for a family that the input sums over another index, or over none
LETTERS = "ijklpqrstuvabcdefgh"

Letters = Mapping[str, Sequence[str]]  # families with the indices that run over them in the input


def lettered(node: Summed, letters: Letters) -> tuple[Index, Node]:
    """The index of a sum and its body, with a letter that the input has for the families inside.

    No index around and no name inside has that letter; nor has a sum inside, where the input knows enough letters.
    """
    sums = [part for part in postorder(node.body) if isinstance(part, Summed)]
    candidates = _candidates(node.index, node.body, letters)
    fitting = (letter for letter, known in candidates if known and _leaves_letters(letter, node, sums, letters))
    index = Index(next(fitting, candidates[0][0]), node.index.count)
    return index, renamed(node.body, node.index, index)


def with_letters(node: Node, letters: Letters) -> Node:
    """A part of the body of a sum, with letters for the indices that it depends on."""
    for index in sorted(node.free, key=repr):
        letter, _ = _candidates(index, node, letters)[0]
        node = renamed(node, index, Index(letter, index.count))
    return node


def _candidates(index: Index, body: Node, letters: Letters) -> list[tuple[str, bool]]:
    """The letters that an index may have, each with whether the input has it for all families here; these first."""
    order = postorder(body)
    taken = {leaf.symbol.name for leaf in order if isinstance(leaf, Leaf)} | {i.name for i in body.free - {index}}
    sizes = {name for part in order for dimension in part.axes for name in dimension.names}
    own = [letter for letter in _known_letters(index, body, letters) if letter not in taken]
    others = [letter for letter in LETTERS if letter not in taken and letter not in sizes]
    return [*[(letter, True) for letter in own], *[(letter, False) for letter in others]]


def _known_letters(index: Index, body: Node, letters: Letters) -> list[str]:
    """The letters with which the input sums over every family that the index runs over, those of the first in order."""
    members = [leaf.symbol for leaf in postorder(body) if isinstance(leaf, Leaf)]
    families = {s.family.name for s in members if isinstance(s, Member) and s.index == index}
    known = [letters[family] for family in sorted(families) if family in letters]
    return [letter for letter in known[0] if all(letter in other for other in known)] if known else []


def _leaves_letters(letter: str, node: Summed, sums: list[Summed], letters: Letters) -> bool:
    """Whether the sums inside can do without a letter: those that depend on the index must, the others should."""
    for other in sums:
        if node.index in other.free:
            known = _known_letters(other.index, other.body, letters)
            if known and all(own == letter for own in known):
                return False
        elif lettered(other, letters)[0].name == letter:
            return False
    return True


def written_inside(node: Product) -> Iterator[Node]:
    """The product with the factors that meet a sum over an index drawn into it, for each such sum.

    What comes out is equal, but not in normal form: it is only to be written.
    """
    for index, body, axes, others in drawn_in(node):
        whole = bound_sum(index, body)
        yield product([*others, (whole, 1, axes)], tuple(range(len(node.axes))), node.axes)
