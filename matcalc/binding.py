"""Which names of the input are members of families, and over how many members the sums run.

Inside `sum_i(...)` the name `x_i` is the i-th member of the family x. How many members there are is found by
unification: members of one family, and members under one sum, are equally many, and so are the values of an index
that several sums run over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from typing import TYPE_CHECKING, NoReturn

from matcalc.dimensions import Dimension
from matcalc.errors import MatcalcError, ParseError, ShapeError, UnsupportedError
from matcalc.extents import Extent, find, unify
from matcalc.kinds import Kind

if TYPE_CHECKING:
    from matcalc.nodes import Bounds, Node, Statement
    from matcalc.syntax import SyntaxBuilder

MOST_NESTED = 20  # sums inside each other
_INDEX = re.compile(r"[A-Za-z]\d*\Z")
_SIZE_OPERATORS = frozenset({"sum", "mul", "number", "name"})

Scope = Mapping[str, "Node"]  # index names with the sums that run over them
Place = tuple[int, int]


class MemberName:
    """What a name such as `x_i` stands for: the member of a family at an index."""

    __slots__ = ("family", "index")

    def __init__(self, family: str, index: str) -> None:
        self.family = family
        self.index = index


class FamilyDeclaration:
    """`x_i: vector(n), i=1..N`"""

    __slots__ = ("family", "index", "kind", "name", "place", "size")

    def __init__(self, name: str, kind: Kind, size: Dimension, place: Place | None) -> None:
        self.name = name
        self.family, _, self.index = name.rpartition("_")
        self.kind = kind
        self.size = size
        self.place = place


class Binding:
    """The members and sums of one input; empty where nothing is summed over an index.

    `members` are the names that stand for members, `counts` says how many values the index of a sum has, and
    `sizes` how many members a family has. `letters` are the indices that run over a family, outer sums first.
    """

    __slots__ = (
        *("_extents", "_plain", "_syntax", "_uses"),
        *("counts", "families", "kinds", "letters", "members", "sizes"),
    )

    def __init__(
        self, syntax: SyntaxBuilder, declared: Mapping[str, Kind], families: Iterable[FamilyDeclaration] = ()
    ) -> None:
        """`families` are declared elsewhere than in the text."""
        self._syntax = syntax
        self._extents: dict[str | Node, Extent] = {}
        self._plain: dict[str, Node] = {}  # other names, with a place where each stands
        self._uses: dict[str, list[tuple[Node, Node]]] = {}  # names of members, with the sums they belong to
        self.members: dict[str, MemberName] = {}
        self.kinds: dict[str, Kind] = {}
        self.counts: dict[Node, Dimension] = {}
        self.sizes: dict[str, Dimension] = {}
        self.letters: dict[str, tuple[str, ...]] = {}
        sums = [node for node in syntax.nodes if node is not None and node.op == "index_sum"]
        self.families = [*families, *[self._declared(s) for s in syntax.statements if s.op == "family"]]
        if sums or self.families:
            self._read(sums, declared)

    def __bool__(self) -> bool:
        return bool(self.members)

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
        for node in sums:
            self._extents[node] = Extent(self._bound(node.value, node.start, node.end))
        for statement in self._syntax.statements:
            if statement.node is not None:
                self._walk(statement.node)
        for family in self.families:
            self._include(family)
        self._refuse_idle(sums)
        self._refuse_clashes(sums, declared)
        for name, member in self.members.items():
            self._take_kind(name, member.family, declared)
        self._unify()
        self._name_counts(sums, declared)

    def _walk(self, root: Node) -> None:
        """Find the names of members, each with the innermost sum over its index."""
        pending: list[tuple[Node, Scope]] = [(root, {})]
        while pending:
            node, scope = pending.pop()
            if node.op == "index_sum":
                scope = {**scope, node.value[0]: node}
                if len(scope) > MOST_NESTED:
                    self._fail(node, f"more than {MOST_NESTED} sums stand inside each other", error=UnsupportedError)
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
            self._fail(node, f"the index {name} is not a number here", mend, UnsupportedError)
        if index in scope and base:
            self.members[name] = MemberName(base, index)
            self._uses.setdefault(name, []).append((node, scope[index]))
            name = base
            base, _, index = name.rpartition("_")
        else:
            self._plain.setdefault(name, node)
        if base and index and (index in scope or (len(index) > 1 and all(letter in scope for letter in index))):
            mend = "give them as the entries of a matrix, in a formula without sums"
            self._fail(node, f"{node.value}: members have one index", mend, UnsupportedError)

    def _entry(self, node: Node, scope: Scope) -> None:
        for index in node.value:
            if index in scope:
                mend = f"write x_{index} for the members of a family x"
                self._fail(node, f"entries at the index of a sum are not supported: {index}", mend, UnsupportedError)
            if isinstance(index, str):
                self._plain.setdefault(index, node)

    def _declared(self, statement: Statement) -> FamilyDeclaration:
        """The family that a statement declares."""
        bounds, kind = statement.bounds, statement.kind
        assert bounds is not None and kind is not None
        place = statement.start, statement.end
        if not isinstance(kind, Kind):
            raise self._syntax.unsupported("families of functions are not supported", *place)
        size = self._bound(bounds, *place)
        assert size is not None, "a declaration has bounds"
        made = FamilyDeclaration(statement.name, kind, size, place)
        if made.index != bounds[0] or not made.family:
            self._syntax.refuse(
                f"the members of a family over {bounds[0]} have names that end in _{bounds[0]}",
                *place,
                f"write {made.family or made.name}_{bounds[0]}: {kind}, {bounds[0]}=1..{size}",
            )
        return made

    def _include(self, made: FamilyDeclaration) -> None:
        name, family = made.name, made.family
        if name in self._plain:
            message = f"{name} is a member of a family, which has a meaning inside sum_{made.index}(...) only"
            self._fail(self._plain[name], message)
        self._set_kind(family, made.kind, made.place)
        if not unify(self._extents.setdefault(family, Extent(made.size)), Extent(made.size)):
            earlier = find(self._extents[family]).dimension
            self._refuse(f"the family {family} is declared with {earlier} and with {made.size} members", made.place)

    def _bound(self, bounds: Bounds, start: int, end: int) -> Dimension | None:
        """The number of values that the bounds of an index allow; None where there are none."""
        index, lower, upper = bounds
        if not _INDEX.match(index):
            self._syntax.refuse(
                f"an index is one letter, not {index!r}", start, end, "two sums are written sum_i(sum_j(...))"
            )
        if lower is None and upper is None:
            return None
        assert lower is not None and upper is not None
        if lower.op != "number" or lower.value != 1:
            self._fail(lower, "members are counted from 1, and a sum takes all of them", error=UnsupportedError)
        size = self._size(upper)
        if size.number is not None and size.number < 1:
            self._fail(upper, f"a family has at least one member, not {size.text}")
        for node in (lower, *_below(upper)):  # they say nothing more
            self._syntax.nodes[node.index] = None
        return size

    def _size(self, root: Node) -> Dimension:
        """A formula such as 2*n as a size."""
        done: dict[Node, Dimension] = {}
        for node in reversed(_below(root)):
            if node.op not in _SIZE_OPERATORS or (node.op == "number" and not isinstance(node.value, int)):
                self._fail(root, "the number of members is a size: a name, a positive whole number, or 2*n")
            if node.op in ("number", "name"):
                done[node] = Dimension.of(node.value)
                continue
            total, *others = (done[arg] for arg in node.args)
            for k, other in enumerate(others, start=1):
                minus = node.op == "sum" and node.value[k]
                total = total * other if node.op == "mul" else total + (other * Dimension.of(-1) if minus else other)
            done[node] = total
        return done[root]

    # ---- what cannot be ----

    def _refuse_idle(self, sums: list[Node]) -> None:
        """A sum without bounds runs over the members in it: there must be some."""
        used = {binder for uses in self._uses.values() for _, binder in uses}
        for node in sums:
            index = node.value[0]
            if node not in used and node.value[2] is None:
                mend = f"write x_{index} for the members of a family x"
                self._fail(node, f"nothing inside sum_{index}(...) depends on {index}", mend)

    def _refuse_clashes(self, sums: list[Node], declared: Mapping[str, Kind]) -> None:
        """A name has one meaning throughout: that of a member, of an index, or of something else."""
        defined = {s.name: s for s in self._syntax.statements if s.op == "definition"}
        for name, member in self.members.items():
            if name in self._plain:
                message = f"{name} is a member inside sum_{member.index}(...) and a name of its own here"
                self._fail(self._plain[name], message, "use another name")
            if name in defined:
                place = defined[name].start, defined[name].end
                self._syntax.refuse(f"{name} is a member of a family and defined", *place, "use another name")
        sizes = self._sizes_of(declared) | {n for e in self._extents.values() if e.dimension for n in e.dimension.names}
        for node in sums:
            index = node.value[0]
            if index in self._plain:
                self._fail(self._plain[index], f"{index} is an index that is summed over elsewhere", "use another name")
            if index in declared or index in defined or index in sizes:
                what = "declared" if index in declared else "defined" if index in defined else "a size"
                self._fail(node, f"the index {index} is {what} as well", f"sum over another index than {index}")
        for extent in self._extents.values():
            for name in extent.dimension.names if extent.dimension is not None else ():
                if name in declared or name in defined:
                    message = f"{name} is the number of members, and cannot be a variable as well"
                    raise ParseError(message, source=self._syntax.source, suggestion="rename one of them")

    @staticmethod
    def _sizes_of(declared: Mapping[str, Kind]) -> set[str]:
        return {name for kind in declared.values() for dimension in kind.dimensions for name in dimension.names}

    # ---- kinds and counts ----

    def _take_kind(self, name: str, family: str, declared: Mapping[str, Kind]) -> None:
        """The kind that the name of a member is declared with is that of all members."""
        if name in declared:
            node = self._uses[name][0][0]
            self._set_kind(family, declared[name], (node.start, node.end))

    def _set_kind(self, family: str, kind: Kind, place: Place | None) -> None:
        earlier = self.kinds.setdefault(family, kind)
        if earlier != kind:
            self._refuse(f"the members of {family} are declared twice, as {earlier} and as {kind}", place)

    def _unify(self) -> None:
        for name, uses in self._uses.items():
            family = self.members[name].family
            for node, binder in uses:
                own, other = self._extents.setdefault(family, Extent()), self._extents[binder]
                if not unify(own, other):
                    found, expected = find(own).dimension, find(other).dimension
                    self._fail(
                        node,
                        f"there are {found} members {name}, but the sum over {binder.value[0]} runs to {expected}",
                        error=ShapeError,
                    )
        self._unify_letters()
        letters: dict[str, dict[str, int]] = {}
        for name, uses in self._uses.items():
            member = self.members[name]
            letters.setdefault(member.family, {})[member.index] = min(binder.start for _, binder in uses)
        self.letters = {family: tuple(sorted(own, key=own.__getitem__)) for family, own in letters.items()}

    def _unify_letters(self) -> None:
        """Sums without bounds over indices of one name are equally long, unless something else is said."""
        firsts: dict[str, Extent] = {}
        for binder, extent in self._extents.items():
            if not isinstance(binder, str) and find(extent).dimension is None:
                unify(extent, firsts.setdefault(binder.value[0], extent))

    def _name_counts(self, sums: list[Node], declared: Mapping[str, Kind]) -> None:
        """N where nothing else is said; where N is not mentioned, families apart from each other get a name each."""
        defined = {s.name for s in self._syntax.statements if s.op == "definition"}
        indices = {node.value[0] for node in sums}
        is_free = "N" not in {*declared, *defined, *indices}
        mentioned = "N" in self._plain or "N" in self._syntax.size_names
        names = self._names(
            {*declared, *defined, *indices}, {*self._plain, *self._sizes_of(declared), *self._syntax.size_names}
        )
        for node in sorted(sums, key=lambda node: node.start):
            extent = find(self._extents[node])
            if extent.dimension is None:
                name = "N" if is_free and mentioned else next(names)
                extent.name(Dimension.of(name))
                if name == "N" and mentioned:
                    self._note_count(node.value[0])
            self.counts[node] = _dimension(extent)
        families = {*self.letters, *self.kinds} & {base for base in self._extents if isinstance(base, str)}
        self.sizes = {family: _dimension(self._extents[family]) for family in sorted(families)}

    def _names(self, variables: set[str], used: set[str]) -> Iterator[str]:
        """N, unless it is a variable; then others that nothing is named yet."""
        if "N" not in variables:
            yield "N"
        others = (letter + (str(number) if number else "") for number in count() for letter in "MKLN")
        yield from (name for name in others if name not in variables and name not in used and name != "N")

    def _note_count(self, index: str) -> None:
        """Say of a name N that does more than divide that it is read as the number of members."""
        nodes = [node for node in self._syntax.nodes if node is not None]
        divisors = {node.args[1] for node in nodes if node.op == "div"}
        if any(node.op == "name" and node.value == "N" and node not in divisors for node in nodes):
            note = f"N is read as the number of members in sum_{index}(...); else declare N"
            if note not in self._syntax.notes:
                self._syntax.notes.append(note)

    def _refuse(self, message: str, place: Place | None) -> NoReturn:
        raise ParseError(message, source=self._syntax.source, position=place)

    def _fail(
        self, node: Node, message: str, suggestion: str | None = None, error: type[MatcalcError] = ParseError
    ) -> NoReturn:
        raise error(message, source=self._syntax.source, position=(node.start, node.end), suggestion=suggestion)


def _dimension(extent: Extent) -> Dimension:
    dimension = find(extent).dimension
    assert dimension is not None, "every number of members has been named"
    return dimension


def _below(root: Node) -> list[Node]:
    """A node of the syntax and all below it, operands after what uses them."""
    order, pending = [], [root]
    while pending:
        node = pending.pop()
        order.append(node)
        pending.extend(node.args)
    return order
