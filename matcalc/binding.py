"""Which names of the input are members of families: inside `sum_i(...)`, `x_i` is the i-th member of the family x."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from matcalc.errors import ParseError, UnsupportedError
from matcalc.families import FamilyDeclaration, declared_families, fail
from matcalc.member_counts import MemberCounts

if TYPE_CHECKING:
    from matcalc.dimensions import Dimension
    from matcalc.families import Place
    from matcalc.kinds import Kind
    from matcalc.nodes import Node
    from matcalc.syntax import SyntaxBuilder

MOST_NESTED = 20  # sums inside each other

Scope = Mapping[str, "Node"]  # index names with the sums that run over them


class MemberName:
    """What a name such as `x_i` stands for: the member of a family at an index."""

    __slots__ = ("family", "index", "uses")

    def __init__(self, family: str, index: str) -> None:
        self.family = family
        self.index = index
        self.uses: list[tuple[Node, Node]] = []  # where the name stands, with the sum over its index


class Binding:
    """The members and sums of one input; empty where nothing is summed over an index.

    `members` are the names that stand for members, `counts` says how many values the index of a sum has, and
    `sizes` how many members a family has. `letters` are the indices that run over a family, outer sums first.
    """

    __slots__ = ("_plain", "_syntax", "counts", "families", "kinds", "letters", "members", "sizes")

    def __init__(
        self, syntax: SyntaxBuilder, declared: Mapping[str, Kind], families: Iterable[FamilyDeclaration] = ()
    ) -> None:
        """`families` are declared elsewhere than in the text."""
        self._syntax = syntax
        self._plain: dict[str, Node] = {}  # other names, with a place where each stands
        self.members: dict[str, MemberName] = {}
        self.kinds: dict[str, Kind] = {}
        self.counts: dict[Node, Dimension] = {}
        self.sizes: dict[str, Dimension] = {}
        self.letters: dict[str, tuple[str, ...]] = {}
        sums = [node for node in syntax.nodes if node is not None and node.op == "index_sum"]
        self.families = [*families, *declared_families(syntax)]
        if sums or self.families:
            self._read(sums, declared)

    @property
    def size_names(self) -> set[str]:
        """The names in the numbers of members."""
        sizes = [*self.sizes.values(), *self.counts.values(), *[family.size for family in self.families]]
        return {name for dimension in sizes for name in dimension.names}

    @property
    def declared(self) -> dict[str, Kind]:
        """The kinds of the names of members, as far as the families are declared."""
        named = {name: member.family for name, member in self.members.items()}
        return {name: self.kinds[family] for name, family in named.items() if family in self.kinds}

    # ---- reading ----

    def _read(self, sums: list[Node], declared: Mapping[str, Kind]) -> None:
        counts = MemberCounts(self._syntax, sums)
        for statement in self._syntax.statements:
            if statement.node is not None:
                self._walk(statement.node)
        for family in self.families:
            self._include(family, counts)
        defined = {s.name for s in self._syntax.statements if s.op == "definition"}
        sizes = {name for kind in declared.values() for dimension in kind.dimensions for name in dimension.names}
        self._refuse_idle(sums)
        self._refuse_clashes(defined)
        self._refuse_indices(sums, declared, defined, sizes | counts.named())
        self._refuse_sizes(counts.named() & {*declared, *defined})
        self._take_kinds(declared)
        for member in self.members.values():
            for node, binder in member.uses:
                counts.meet(member.family, node, binder)
        indices = {node.value[0] for node in sums}
        counts.name_all({*declared, *defined, *indices}, {*self._plain, *sizes, *self._syntax.size_names})
        self.counts, self.sizes, self.letters = counts.of_sums(), counts.of_families(), self._letters()

    def _walk(self, root: Node) -> None:
        """Find the names of members, each with the innermost sum over its index."""
        pending: list[tuple[Node, Scope]] = [(root, {})]
        while pending:
            node, scope = pending.pop()
            if node.op == "index_sum":
                scope = {**scope, node.value[0]: node}
                if len(scope) > MOST_NESTED:
                    message = f"more than {MOST_NESTED} sums stand inside each other"
                    fail(self._syntax, node, message, error=UnsupportedError)
            elif node.op in ("name", "head"):
                self._name(node, scope)
            elif node.op == "entry":
                self._entry(node, scope)
            pending.extend((arg, scope) for arg in reversed(node.args))

    def _name(self, node: Node, scope: Scope) -> None:
        name: str = node.value
        base, _, index = name.rpartition("_")
        if name in scope:
            mend = f"give the numbers as a family of their own: sum_{name}(c_{name}*...)"
            fail(self._syntax, node, f"the index {name} is not a number here", mend, UnsupportedError)
        if index in scope and base:
            self.members.setdefault(name, MemberName(base, index)).uses.append((node, scope[index]))
            base, _, index = base.rpartition("_")
        else:
            self._plain.setdefault(name, node)
        if base and index and (index in scope or (len(index) > 1 and all(letter in scope for letter in index))):
            mend = "give them as the entries of a matrix, in a formula without sums"
            fail(self._syntax, node, f"{name}: members have one index", mend, UnsupportedError)

    def _entry(self, node: Node, scope: Scope) -> None:
        for index in node.value:
            if index in scope:
                message = f"entries at the index of a sum are not supported: {index}"
                fail(self._syntax, node, message, f"write x_{index} for the members of a family x", UnsupportedError)
            if isinstance(index, str):
                self._plain.setdefault(index, node)

    def _include(self, made: FamilyDeclaration, counts: MemberCounts) -> None:
        if made.name in self._plain:
            message = f"{made.name} is a member of a family, which has a meaning inside sum_{made.index}(...) only"
            fail(self._syntax, self._plain[made.name], message)
        self._set_kind(made.family, made.kind, made.place)
        if not counts.declare(made):
            self._refuse(f"the family {made.family} is declared with two numbers of members", made.place)

    def _take_kinds(self, declared: Mapping[str, Kind]) -> None:
        """The kind that the name of a member is declared with is that of all members."""
        for name, member in self.members.items():
            if name in declared:
                node = member.uses[0][0]
                self._set_kind(member.family, declared[name], (node.start, node.end))

    def _set_kind(self, family: str, kind: Kind, place: Place | None) -> None:
        earlier = self.kinds.setdefault(family, kind)
        if earlier != kind:
            self._refuse(f"the members of {family} are declared twice, as {earlier} and as {kind}", place)

    def _letters(self) -> dict[str, tuple[str, ...]]:
        letters: dict[str, dict[str, int]] = {}
        for member in self.members.values():
            letters.setdefault(member.family, {})[member.index] = min(binder.start for _, binder in member.uses)
        return {family: tuple(sorted(own, key=own.__getitem__)) for family, own in letters.items()}

    # ---- what cannot be ----

    def _refuse_idle(self, sums: list[Node]) -> None:
        """A sum without bounds runs over the members in it: there must be some."""
        used = {binder for member in self.members.values() for _, binder in member.uses}
        for node in sums:
            index = node.value[0]
            if node not in used and node.value[2] is None:
                mend = f"write x_{index} for the members of a family x"
                fail(self._syntax, node, f"nothing inside sum_{index}(...) depends on {index}", mend)

    def _refuse_clashes(self, defined: set[str]) -> None:
        """A name of members is nothing else."""
        for name, member in self.members.items():
            if name in self._plain:
                message = f"{name} is a member inside sum_{member.index}(...) and a name of its own here"
                fail(self._syntax, self._plain[name], message, "use another name")
            if name in defined:
                fail(self._syntax, member.uses[0][0], f"{name} is a member of a family and defined", "use another name")

    def _refuse_indices(
        self, sums: list[Node], declared: Mapping[str, Kind], defined: set[str], sizes: set[str]
    ) -> None:
        """The name of an index is nothing else."""
        for node in sums:
            index = node.value[0]
            if index in self._plain:
                message = f"{index} is an index that is summed over elsewhere"
                fail(self._syntax, self._plain[index], message, "use another name")
            if index in declared or index in defined or index in sizes:
                what = "declared" if index in declared else "defined" if index in defined else "a size"
                fail(self._syntax, node, f"the index {index} is {what} as well", f"sum over another index than {index}")

    def _refuse_sizes(self, clashes: set[str]) -> None:
        """A number of members is no variable."""
        for name in sorted(clashes):
            message = f"{name} is the number of members, and cannot be a variable as well"
            raise ParseError(message, source=self._syntax.source, suggestion="rename one of them")

    def _refuse(self, message: str, place: Place | None) -> None:
        raise ParseError(message, source=self._syntax.source, position=place)
