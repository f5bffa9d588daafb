"""Kinds as they are written: `matrix(m,n) positive`, `spd(n)`, `function -> scalar`, or sizes alone, as in `m n`."""

from __future__ import annotations

from typing import Any, NoReturn

from matcalc.dimensions import ONE, Dimension
from matcalc.errors import ParseError, UnsupportedError
from matcalc.kinds import SIGNS, STRUCTURES, FunctionKind, Kind, plain_kind
from matcalc.spelling import nearest, plain_name

EXAMPLE = {0: "{}", 1: "{}(n)", 2: "{}(m,n)"}
FUNCTION_FORMS = "write function -> scalar, function vector(n) -> vector(m) or elementwise function"
# what an opaque function takes and gives: a structure would have to be kept by every derivative
PLAIN = ("scalar", "vector", "row", "matrix")


class Structure:
    """`matrix(m,n)` before its sign is known; in `function(vector(n))` the sizes are kinds."""

    __slots__ = ("end", "name", "sizes", "start")

    def __init__(self, name: str, sizes: list[Dimension | Structure], start: int, end: int) -> None:
        self.name = name
        self.sizes = sizes
        self.start = start
        self.end = end


class KindBuilder:
    """The methods of the alternatives that make up a kind."""

    __slots__ = ("source",)

    def __init__(self, source: str) -> None:
        self.source = source

    def plain_kind(self, parts: list[Any]) -> Structure:
        name, start, end = parts[0]
        return Structure(name, [], start, end)

    def sized_kind(self, parts: list[Any]) -> Structure:
        return Structure(parts[0][0], parts[2], parts[0][1], parts[3][2])

    def signed_kind(self, parts: list[Any]) -> Kind | FunctionKind:
        structure, (sign, start, end) = parts
        if structure.name == "elementwise" and sign == "function" and not structure.sizes:
            return FunctionKind(None)
        if not SIGNS.get(sign) and structure.name != "function":
            self.unknown_kind(sign, [s for s in SIGNS if s], start, end)
        return self.kind(structure, sign)

    # ---- functions ----

    def function_kind(self, parts: list[Any]) -> FunctionKind:
        """`function -> scalar`, with the kinds of the arguments in brackets or, of a single one, without."""
        head, *taken, _, value = parts
        if head.name != "function" or (head.sizes and taken):
            self.refuse("this is no kind of a function", head.start, value.end, FUNCTION_FORMS)
        for inside in head.sizes:
            named = isinstance(inside, Dimension)
            taken.append(Structure(inside.text, [], head.start, head.end) if named else inside)
        return FunctionKind(self.plain(value), tuple(self.plain(structure) for structure in taken))

    def first_kind(self, parts: list[Any]) -> list[Dimension | Structure]:
        return [parts[0]]

    def next_kind(self, parts: list[Any]) -> list[Dimension | Structure]:
        return [*parts[0], parts[2]]

    def plain(self, structure: Structure) -> Kind:
        """What a function may take or give."""
        kind = self.kind(structure)
        if kind.structure not in PLAIN or kind.sign:
            message = f"an opaque function takes and gives a {', '.join(PLAIN[:-1])} or {PLAIN[-1]}, not {kind}"
            self.refuse(message, structure.start, structure.end)
        return kind

    def quoted_kind(self, parts: list[Any]) -> Kind | FunctionKind:
        text, start, end = parts[0]
        try:
            return parse_declaration(text[1:-1])
        except ParseError as error:
            inside = error.position or (0, 0)
            position = (start + 1 + inside[0], min(end, start + 1 + inside[1]))
            raise ParseError(
                error.message, source=self.source, position=position, suggestion=error.suggestion
            ) from None

    def kind(self, structure: Structure, sign: str = "") -> Kind:
        """The kind, once its name, sizes and sign are known. Raises ParseError."""
        name, start, end = structure.name, structure.start, structure.end
        if not sign and not structure.sizes and SIGNS.get(name):
            return Kind("scalar", (), name)
        if name in ("function", "elementwise"):
            self.refuse("what does this function take and give?", start, end, FUNCTION_FORMS)
        if name not in STRUCTURES:
            self.unknown_kind(name, list(STRUCTURES), start, end)
        wanted, found = STRUCTURES[name][0], len(structure.sizes)
        sizes = tuple(size for size in structure.sizes if isinstance(size, Dimension))
        if len(sizes) < found:
            self.refuse(
                f"{name} has sizes, not kinds, in its brackets", start, end, f"write {EXAMPLE[wanted].format(name)}"
            )
        if wanted != found:
            counted = f"{wanted} size" + ("s" if wanted != 1 else "")
            self.refuse(f"{name} takes {counted}, not {found}", start, end, f"write {EXAMPLE[wanted].format(name)}")
        return Kind(name, sizes, sign)

    def finished(self, kind: Structure | Kind | FunctionKind) -> Kind | FunctionKind:
        """A structure without a sign as a kind, a kind as it is."""
        return self.kind(kind) if isinstance(kind, Structure) else kind

    # ---- sizes ----

    def first_size(self, parts: list[Any]) -> list[Dimension]:
        return [self.at_least_one(parts[0])]

    def next_size(self, parts: list[Any]) -> list[Dimension]:
        parts[0].append(self.at_least_one(parts[2]))
        return list(parts[0])

    def next_word(self, parts: list[Any]) -> list[Dimension]:
        return [*parts[0], parts[1]]

    def last_word_times(self, parts: list[Any]) -> list[Dimension]:
        return [*parts[0][:-1], parts[0][-1] * parts[2]]

    def last_word_plus(self, parts: list[Any]) -> list[Dimension]:
        return [*parts[0][:-1], parts[0][-1] + parts[2]]

    def size_sum(self, parts: list[Any]) -> Dimension:
        left, _, right = parts
        return left + right  # type: ignore[no-any-return]

    def size_difference(self, parts: list[Any]) -> Dimension:
        left, _, right = parts
        return left + right * Dimension.of(-1)  # type: ignore[no-any-return]

    def size_product(self, parts: list[Any]) -> Dimension:
        return parts[0] * parts[2]  # type: ignore[no-any-return]

    def size_quotient(self, parts: list[Any]) -> Dimension:
        dimension: Dimension = parts[0]
        return dimension / (self.size_number(parts[2:]).number or 1)

    def size_number(self, parts: list[Any]) -> Dimension:
        text, start, end = parts[0]
        if not text.isdecimal() or int(text[:12]) == 0:
            self.refuse(f"a size is a name or a positive whole number, not {text}", start, end)
        if len(text) > 12:
            self.refuse("this size is too large", start, end)
        return Dimension.of(int(text))

    def size_name(self, parts: list[Any]) -> Dimension:
        return Dimension.of(plain_name(parts[0][0]))

    def size_group(self, parts: list[Any]) -> Dimension:
        return parts[1]  # type: ignore[no-any-return]

    def at_least_one(self, size: Dimension) -> Dimension:
        if size.number is not None and size.number < 1:
            self.refuse(f"a size is at least 1, not {size.text}", 0, len(self.source))
        return size

    # ---- errors ----

    def refuse(self, message: str, start: int, end: int, suggestion: str | None = None) -> NoReturn:
        raise ParseError(message, source=self.source, position=(start, end), suggestion=suggestion)

    def unsupported(self, message: str, start: int, end: int) -> UnsupportedError:
        return UnsupportedError(message, source=self.source, position=(start, end))

    def unknown_kind(self, name: str, known: list[str], start: int, end: int) -> NoReturn:
        near = nearest(name, known)
        mend = f"did you mean {near}?" if near else "kinds are " + ", ".join(known)
        self.refuse(f"unknown kind {name!r}", start, end, mend)


def shape_kind(sizes: list[Dimension]) -> Kind:
    """The kind of an operand given by its axes: none, one (a column) or two.

    >>> shape_kind([Dimension.of("m"), ONE])
    vector(m)
    """
    rows, columns = [*sizes, ONE, ONE][:2]
    return plain_kind((rows, columns))


_known: dict[str, Kind | FunctionKind] = {}


def parse_kind(text: str) -> Kind:
    """The kind written in `text`: `matrix(m,n)`, `spd(n) positive`, `positive`, or sizes as in `m n`.

    >>> parse_kind("m 2*n"), parse_kind("vector(n) nonnegative")
    (matrix(m,2*n), vector(n) nonnegative)

    Raises ParseError, and UnsupportedError for a kind that is not known yet.
    """
    kind = parse_declaration(text)
    if isinstance(kind, FunctionKind):
        KindBuilder(text).refuse("a function is no operand", 0, len(text))
    return kind


def parse_declaration(text: str) -> Kind | FunctionKind:
    """The same, of an operand or of a function known by name only.

    >>> parse_declaration("function(vector(n), scalar) -> scalar"), parse_declaration("elementwise function")
    (function(vector(n), scalar) -> scalar, elementwise function)
    """
    known = _known.get(text)
    if known is None:
        known = _read_kind(text)
        if len(_known) < 10_000:
            _known[text] = known
    return known


def _read_kind(text: str) -> Kind | FunctionKind:
    from matcalc.grammar import Stuck, tables

    if not text.strip():
        return Kind("scalar")
    builder = KindBuilder(text)
    sizes_only = not _begins_with_structure(text)
    try:
        found = tables("kind").parse(text, builder, "shape_words" if sizes_only else "kind")
    except Stuck as stuck:
        forms = FUNCTION_FORMS if "function" in text else 'write matrix(m,n), vector(n), scalar or "m n"'
        builder.refuse(f"{text!r} is not a kind", stuck.mark[1], stuck.mark[2], forms)
    if not sizes_only:
        return builder.finished(found)
    if len(found) > 2:
        builder.refuse(f"a kind has at most 2 sizes, not {len(found)}", 0, len(text))
    return shape_kind(found)


def _begins_with_structure(text: str) -> bool:
    """Whether the first word is a structure, known or misspelt, rather than a size."""
    before, bracket, _ = text.partition("(")
    words = before.split()
    if not words:
        return False
    known = [*STRUCTURES, *filter(None, SIGNS), "function", "elementwise"]
    return bool(words[0] in known or (bracket and len(words) == 1) or nearest(words[0], known, 0.75))
