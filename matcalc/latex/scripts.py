r"""What stands above and below: `X^{-1}`, `X^\top`, `A_{i,j}`, `x_i^2`, in either order."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from matcalc.latex.commands import TRANSPOSED
from matcalc.latex.pieces import written

if TYPE_CHECKING:
    from matcalc.grammar import Mark
    from matcalc.latex.names import NameReader
    from matcalc.latex.pieces import Piece

Range = tuple[int, int]
PRIMES = frozenset({"'", "\u2019"})
HADAMARD = frozenset({"\\odot", "\\circ"})
LONGEST_MARK = 8  # pieces of an exponent that is more than a formula
REAL = "everything is real here"


class Token:
    """A token of the grammar: its kind, and its text with its place."""

    __slots__ = ("kind", "mark")

    def __init__(self, kind: str, mark: Mark) -> None:
        self.kind = kind
        self.mark = mark


Task = Token | Range


class Scripts:
    """The scripts of one operand: the range below, those above in their order, the place of all, what follows."""

    __slots__ = ("above", "after", "below", "below_place")

    def __init__(self, after: int) -> None:
        self.below: Range | None = None
        self.below_place = (0, 0)
        self.above: list[tuple[str, Range, tuple[int, int]]] = []
        self.after = after


def place_before(pieces: list[Piece], at: int) -> int:
    """The piece before the sign of a script."""
    return at - 2 if pieces[at - 1].text == "^" else at - 3


class ScriptReader:
    """Reads the scripts after an operand."""

    def __init__(self, names: NameReader, notes: list[str]) -> None:
        self.names = names
        self.source = names.source
        self.pieces = names.pieces
        self.partners = names.partners
        self.notes = notes

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def place(self, first: int, end: int) -> tuple[int, int]:
        return self.pieces[first].start, self.pieces[end - 1].end

    def braced(self, first: int, end: int) -> list[Task]:
        """A range as a group: in the braces around it, or in braces where it is a single piece."""
        before, behind = self.place(first, end)
        opening, closing = (before, before), (behind, behind)
        if first and self.partners.get(first - 1) == end:
            opening, closing = self.place(first - 1, first), self.place(end, end + 1)
        return [Token("LBRACE", ("{", *opening)), (first, end), Token("RBRACE", ("}", *closing))]

    def scripts(self, at: int, end: int) -> Scripts:
        """The scripts from a piece on."""
        found = Scripts(at)
        while found.after < end:
            text = self.pieces[found.after].text
            first = found.after
            if text in PRIMES:
                found.after += 1
                found.above.append(("'", (first, first + 1), self.place(first, first + 1)))
            elif text in ("^", ".^", "_"):
                inside, inside_end, found.after = self.names.argument(first, end)
                self._check_digits(first, inside, inside_end, end)
                place = self.place(first, found.after)
                if text != "_":
                    found.above.append((text, (inside, inside_end), place))
                    continue
                if found.below is not None:
                    self.source.refuse("two subscripts in a row", place, "write both in one pair of braces")
                found.below, found.below_place = (inside, inside_end), place
            else:
                break
        return found

    def _check_digits(self, sign: int, first: int, end: int, last: int) -> None:
        r"""`x^12` is x^1 followed by 2 in LaTeX, which nobody means."""
        unbraced = first == sign + 1
        if unbraced and end < last and self.pieces[first].kind == self.pieces[end].kind == "digit":
            number = self.pieces[first].text + self.pieces[end].text
            text = self.pieces[sign].text
            self.source.refuse(
                f"in LaTeX only the {self.pieces[first].text} is raised or lowered here",
                self.place(sign, end + 1),
                f"write {text}{{{number}}}",
            )

    # ---- scripts as tokens ----

    def scripted(self, at: int, end: int) -> list[Task]:
        """The tokens of the scripts of a bracket, a fraction, a matrix, and the rest of the range."""
        scripts = self.scripts(at, end)
        tasks: list[Task] = []
        if scripts.below is not None:
            tasks.append(self._entry(scripts))
        return [*tasks, *self.superscripts(scripts), (scripts.after, end)]

    def _entry(self, scripts: Scripts) -> Token:
        """A subscript of a bracket: indices, or the + of the positive part."""
        assert scripts.below is not None
        first, last = scripts.below
        text = self.names.subscript(first, last)
        if written(self.pieces[first:last]) == "+":
            return Token("POSITIVE_PART", ("+", *scripts.below_place))
        if text is None:
            self.source.refuse("this subscript is not read", scripts.below_place, "entries are written [A]_{i,j}")
        if len(text) == 2 and text.isalpha():
            text = f"{text[0]},{text[1]}"
        return Token("ENTRY", (text, *scripts.below_place))

    def superscripts(self, scripts: Scripts) -> list[Task]:
        tasks: list[Task] = []
        signs = [sign for sign, _, _ in scripts.above]
        if ("'", "'") in pairwise(signs):
            places = [place for sign, _, place in scripts.above if sign == "'"]
            place = (places[0][0], places[-1][1])
            self.source.refuse("more than one prime is not read", place, "a prime is a transposition")
        for sign, (first, end), place in scripts.above:
            tasks += self._superscript(sign, first, end, place)
        return tasks

    def _superscript(self, sign: str, first: int, end: int, place: tuple[int, int]) -> list[Task]:
        """A transposition, an inverse, or an exponent."""
        text = written(self.pieces[first : min(end, first + LONGEST_MARK)])
        if sign == ".^":
            return [Token("HADPOWER", (".^", *place)), *self.braced(first, end)]
        if self.is_transposition(first, end):
            return [Token("TRANSPOSE", (text, *place))]
        if text[:1] == "-" and self.is_transposition(first + 1, end):
            return [Token("INVERSE_TRANSPOSE", (text, *place))]
        if text in ("+", "\\dagger"):
            if text == "+" and first and self.pieces[place_before(self.pieces, first)].text in ("]", "\\rbrack"):
                return [Token("POSITIVE_PART", (text, *place))]
            if text != "+":
                self.note("\\dagger is read as the pseudoinverse")
            return [Token("PSEUDOINVERSE", (text, *place))]
        if self.pieces[first].text in HADAMARD and end > first + 1:
            return [Token("HADPOWER", (".^", *place)), *self.braced(first + 1, end)]
        self._refuse_other(text, first, end, place)
        return [Token("POWER", ("^", place[0], place[0] + 1)), *self.braced(first, end)]

    def is_transposition(self, first: int, end: int) -> bool:
        r"""`\top`, `T` in any font, `\prime`; a T that is declared is an exponent."""
        if end == first + 1 and self.pieces[first].text in TRANSPOSED:
            return True
        name = self.names.at(first, end)
        if name is None or name.after != end or name.text not in ("T", "tr"):
            return False
        return self.pieces[first].text != "T" or "T" not in self.names.declared

    def _refuse_other(self, text: str, first: int, end: int, place: tuple[int, int]) -> None:
        """Exponents with a meaning that is not read."""
        name = self.names.at(first, end)
        if name is not None and name.text == "H" and name.after == end and "H" not in self.names.declared:
            self.source.refuse("the conjugate transpose is not read", place, f"{REAL}: write ^\\top")
        if text in ("*", "\\ast", "\\star"):
            mend = "write ^\\top for the transpose; a name of its own is written \\hat{x}"
            self.source.refuse("a star is read on a lower-case letter only, as in x^*", place, mend)
        if text and not text.replace("\\prime", "").strip("'\u2019"):
            self.source.refuse("more than one prime is not read", place)
        if text in HADAMARD:
            self.source.refuse("degrees are not read", place)
