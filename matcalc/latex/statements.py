r"""The lines of a text and their sides: `r = Ax - b`, `\mathcal{L}(w) = ...`, `\min_w ...`, `\nabla_x ...`."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from matcalc.latex.commands import CLOSING, EQUALITIES, OPENING, SIGNS, UPRIGHT
from matcalc.latex.operators import LeadingOperators
from matcalc.latex.pieces import Piece, Source, written

if TYPE_CHECKING:
    from matcalc.latex.names import Name, NameReader

END_PUNCTUATION = frozenset(".,;:")
SIGNS_OF_EQUALITY = EQUALITIES | {":="}
BINARY = frozenset(SIGNS) | SIGNS_OF_EQUALITY
# what may stand between the arguments on the left, as in p(y \mid X, \theta)
BETWEEN_ARGUMENTS = frozenset(", ; | || \\| \\mid \\vert \\Vert \\middle : \\, \\cdot".split())
WHERE = tuple("{where}")
DEEPER = {**dict.fromkeys(OPENING, 1), **dict.fromkeys(CLOSING, -1), "{": 1, "}": -1}


class Line:
    """A statement: the pieces from `first` up to `end`, and the range of the name they define, if any."""

    __slots__ = ("defined", "end", "first")

    def __init__(self, first: int, end: int, defined: tuple[int, int] | None = None) -> None:
        self.first = first
        self.end = end
        self.defined = defined


def joined(source: Source, pieces: list[Piece]) -> list[Piece]:
    """The pieces without the line ends at which a formula goes on: beside an operator, and inside brackets."""
    kept: list[Piece] = []
    depth = 0
    braces = 0
    for number, piece in enumerate(pieces):
        depth = max(0, depth + DEEPER.get(piece.text, 0))
        braces += {"{": 1, "}": -1}.get(piece.text, 0)
        if piece.kind != "newline":
            kept.append(piece)
            continue
        if braces:
            source.refuse("a line ends inside of braces", piece)
        following = next((p for p in pieces[number + 1 :] if p.kind != "newline"), None)
        goes_on = depth or (following is not None and following.text in BINARY)
        if kept and kept[-1].kind != "newline" and kept[-1].text not in BINARY and following and not goes_on:
            kept.append(piece)
    return kept


class StatementReader:
    """Takes the lines apart. `notes` says what was left out, `hint` by which variable the text differentiates."""

    def __init__(self, names: NameReader) -> None:
        self.names = names
        self.source = names.source
        self.pieces = names.pieces
        self.notes: list[str] = []
        self.arguments: list[str] = []
        self.operators = LeadingOperators(names, self.notes)

    def lines(self) -> list[Line]:
        ends = [number for number, piece in enumerate(self.pieces) if piece.kind == "newline"]
        found: list[Line] = []
        first = 0
        for end in [*ends, len(self.pieces)]:
            body, parts = self._parted(first, end)
            found += [self._line(*part) for part in self._parts(first, body)] if first < body else []
            # what a formula is said with stands before it here
            found[-1:] = [*[self._line(*part) for part in parts], *found[-1:]]
            first = end + 1
        return found

    def _parted(self, first: int, end: int) -> tuple[int, list[tuple[int, int]]]:
        r"""Where the formula of a line ends, and the definitions that stand behind it: `X r, \text{where } r = ...`."""
        at = next((at for at in range(first, end) if _says_where(self.pieces, at)), None)
        if at is None or not (at > first or first):
            return end, []
        start = at + 1 + len(WHERE)
        parts = self._split(start, end, frozenset({",", ";"}))
        return (at, parts) if start < end and all(len(self._sides(*part)) > 1 for part in parts) else (end, [])

    def _parts(self, first: int, end: int) -> list[tuple[int, int]]:
        """The equations that stand on one line, parted by commas; one part unless all of them are equations."""
        parts = self._split(first, end, frozenset({",", ";"}))
        return parts if all(len(self._sides(*part)) > 1 for part in parts) else [(first, end)]

    def _line(self, first: int, end: int) -> Line:
        while end > first and self.pieces[end - 1].text in END_PUNCTUATION:
            end -= 1
        self._refuse_number(first, end)
        sides = self._sides(first, end)
        if len(sides) == 1:
            return self._body(first, end, None)
        left, right = sides[0], sides[1]
        for side, after in pairwise(sides):
            if side[0] == side[1] or after[0] == after[1]:
                sign = self.pieces[side[1]]
                self.source.refuse("a formula was expected on both sides of the =", sign)
        if len(sides) > 2:
            self.notes.append(f"what stands after the second = is left out: {self._text(sides[2][0], end)}")
        name = self._single_name(*left)
        if name is not None:
            return self._body(*right, left)
        if self._is_label(*left):
            self.notes.append(f"{self._text(*left)} = is left out")
            return self._body(*right, None)
        return Line(first, right[1])  # an equation: the syntax says what to do about it

    def _refuse_number(self, first: int, end: int) -> None:
        """Refuse the number of an equation, which would be a factor."""
        at = end - 1
        while at > first + 1 and self.pieces[at - 1].kind == "digit":
            at -= 1
        if at > first + 1 and at < end - 1 and self.pieces[at - 1].text == "(" and self.pieces[end - 1].text == ")":
            place = (self.pieces[at - 1].start, self.pieces[end - 1].end)
            if self.pieces[at - 2].kind != "command" or self.pieces[at - 2].text in CLOSING:
                self.source.refuse(
                    "is this the number of the equation?", place, "leave it out, or write \\cdot before it"
                )

    def _body(self, first: int, end: int, defined: tuple[int, int] | None) -> Line:
        return Line(*self.operators.stripped(first, end), defined)

    def _sides(self, first: int, end: int) -> list[tuple[int, int]]:
        """The ranges between the signs of equality that stand outside of all brackets."""
        return self._split(first, end, SIGNS_OF_EQUALITY)

    def _split(self, first: int, end: int, signs: frozenset[str]) -> list[tuple[int, int]]:
        """The ranges between signs that stand outside of all brackets."""
        ranges: list[tuple[int, int]] = []
        depth, start = 0, first
        for number in range(first, end):
            piece = self.pieces[number]
            depth = max(0, depth + DEEPER.get(piece.text, 0) + MATRIX_DEPTH.get(piece.kind, 0))
            if depth == 0 and piece.text in signs:
                ranges.append((start, number))
                start = number + 1
        ranges.append((start, end))
        return ranges

    # ---- what stands on the left ----

    def _single_name(self, first: int, end: int) -> Name | None:
        """The name that is all of the left side, with its scripts."""
        name = self.names.at(first, end)
        return name if name is not None and self._after_scripts(name.after, end) == end else None

    def _after_scripts(self, at: int, end: int) -> int:
        while at < end and self.pieces[at].text in ("_", "^"):
            at = self.names.argument(at, end)[2]
        return at

    def _is_label(self, first: int, end: int) -> bool:
        """Whether the left side only says what the formula is called: `f(x)`, `-\\log p(y|X)`, `\\nabla_x f(x)`."""
        at = first
        while at < end and self.pieces[at].text in ("-", "\\log", "\\ln"):
            at += 1
        operated = self.operators.after_operator(at, end)
        at = operated or at
        letters = at
        while True:
            name = self.names.at(at, end)
            if name is None:
                break
            at = self._after_scripts(name.after, end)
        if at == letters:
            return operated is not None and at == end
        if at == end:
            return operated is not None or letters > first
        return self._is_argument_list(at, end)

    def _is_argument_list(self, first: int, end: int) -> bool:
        """Whether the pieces are names in brackets."""
        if self.pieces[first].text == "\\left":
            first += 1
        if self.pieces[first].text not in OPENING or self.pieces[end - 1].text not in CLOSING:
            return False
        at, last = first + 1, end - 1
        arguments = []
        while at < last:
            name = self.names.at(at, last)
            if name is not None:
                at = self._after_scripts(name.after, last)
                arguments.append(name.text)
            elif self.pieces[at].text in BETWEEN_ARGUMENTS or self.pieces[at].text == "\\right":
                at += 1
            else:
                return False
        self.arguments = arguments
        return True

    def _text(self, first: int, end: int) -> str:
        """What the user typed for a range of pieces, shortened."""
        text = self.source.text[self.pieces[first].start : self.pieces[end - 1].end]
        text = " ".join(text.split()) or written(self.pieces[first:end])
        return text if len(text) <= 40 else text[:37] + "..."


def _says_where(pieces: list[Piece], at: int) -> bool:
    r"""Whether the words `\text{where}` stand here."""
    words = pieces[at : at + 1 + len(WHERE)]
    return words[0].text in UPRIGHT and tuple([piece.text for piece in words[1:]]) == WHERE


MATRIX_DEPTH = {"matrix_open": 1, "matrix_close": -1}
