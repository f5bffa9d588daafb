r"""Names in LaTeX: a letter, Greek or in a font, with accents and subscripts; words set upright."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from matcalc.kinds import FunctionKind
from matcalc.latex.commands import (
    ACCENTS,
    BOLD,
    FONTS,
    FRACTIONS,
    FUNCTIONS,
    GREEK,
    OPTIMA,
    SWITCHES,
    WORDS,
    style_macro,
)
from matcalc.latex.pieces import Piece, Source, written
from matcalc.shapes import MATRIX, SCALAR_CLASS, VECTOR, letter_convention
from matcalc.spelling import plain_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from matcalc.kinds import Kind

# letters in these are letters of their own
OTHER_FONTS = {"\\mathcal": "script", "\\mathscr": "script", "\\cal": "script"} | {
    "\\mathfrak": "Fraktur",
    "\\mathbb": "blackboard bold",
    "\\mathds": "blackboard bold",
}
_SIGNS_IN_SUBSCRIPTS = {"+": "_plus_", "-": "_minus_", "*": "star", "\\ast": "star", "\\star": "star", ",": ","} | {
    ":": ":",
    "\\infty": "inf",
    "_": "_",
    "{": "",
    "}": "",
}
DEEPEST_SUBSCRIPT = 8
_SUBSCRIPT = re.compile(r"\w+\Z")
_INDICES = re.compile(r"(\d+|[A-Za-z]\w*|:)(,(\d+|[A-Za-z]\w*|:))?\Z")


class Name:
    """A name before its scripts: what it is called, how it is set, and the number of the piece after it.

    `base` is the letter or word below the accents, `command` the piece it was written with.
    """

    __slots__ = ("after", "base", "command", "end", "font", "is_word", "start", "text")

    def __init__(self, base: str, command: str, font: str, is_word: bool, start: int, end: int, after: int) -> None:
        self.base = base
        self.text = base
        self.command = command
        self.font = font
        self.is_word = is_word
        self.start = start
        self.end = end
        self.after = after


class NameReader:
    """Reads names off the pieces of a formula.

    `declared` are the names and sizes that the caller declares, `opaque` the functions among them. Of two
    names that look the same in LaTeX, such as `W1` and `W_1`, the declared one is meant.
    """

    def __init__(
        self,
        source: Source,
        pieces: list[Piece],
        partners: dict[int, int],
        kinds: Mapping[str, Kind | FunctionKind],
        sizes: Iterable[str],
    ) -> None:
        self.source = source
        self.pieces = pieces
        self.partners = partners
        self.declared = {*kinds, *sizes}
        self.opaque = {name: kind for name, kind in kinds.items() if isinstance(kind, FunctionKind)}
        self.outer: list[str] = []  # the fonts of the groups that are open
        self.depth = 0  # of fonts in subscripts of letters in fonts
        self.fonts: dict[str, str] = {}
        self.classes: dict[str, str] = {}  # what the font says of a name, or the letter below an accent
        self.bold_vectors = False
        self.plain: list[str] = []  # the names that begin with a small Latin letter that is not bold

    # ---- a letter or word with its fonts and accents ----

    def at(self, first: int, end: int, alone: bool = False) -> Name | None:
        r"""The name that begins at a piece, without its scripts; None where none begins.

        An upright d belongs to the name after it, as in `\mathrm{d}X`, unless it is read `alone`.
        """
        accents: list[str] = []
        fonts = self.outer[-1:]
        levels: list[tuple[int, int]] = []  # where the arguments end, outer ones first, and what follows each
        number, stop = first, end
        while number < stop and (inside := self._inside(number, stop, accents, fonts)) is not None:
            number, stop, after = inside
            levels.append((stop, after))
        found = self._bare(number, stop, fonts) if number < stop else None
        if found is None:
            return None
        rest = self._rest(found, levels)
        if rest is None:
            if accents:
                place = (self.pieces[first].start, self.pieces[levels[0][1] - 1].end)
                self.source.refuse("an accent is read over a single letter", place)
            return None
        found.text += "".join([ACCENTS[accent] for accent in reversed(accents)]) + rest
        found.start, found.end = self.pieces[first].start, self.pieces[found.after - 1].end
        if found.text == "d" and not alone and any(font in WORDS for font in fonts):
            self._differential(found, end)
        return found

    def _inside(self, number: int, stop: int, accents: list[str], fonts: list[str]) -> tuple[int, int, int] | None:
        """The argument of a font or accent at a piece, which is noted; None where the piece is neither."""
        text = self.pieces[number].text
        if text in FONTS or text in ACCENTS:
            (accents if text in ACCENTS else fonts).append(text)
            return self.argument(number, stop)
        if text == "{" and number + 1 < stop and self.pieces[number + 1].text in SWITCHES:
            fonts.append(self.pieces[number + 1].text)
            return number + 2, self.partners[number], self.partners[number] + 1
        return None

    def _rest(self, found: Name, levels: list[tuple[int, int]]) -> str | None:
        """The subscript in the arguments around a letter; None where they hold more. Moves `found` behind them."""
        rest = ""
        for stop, after in reversed(levels):
            if found.after != stop:
                subscript = self._inner_script(found, stop)
                if subscript is None or rest:
                    return None
                rest = subscript
            found.after = after
        return rest

    def _differential(self, found: Name, end: int) -> None:
        """Add the name after an upright d to it."""
        of = self.at(found.after, end, alone=True)
        if of is not None and not of.is_word:
            found.text, found.base, found.font = f"d{of.text}", of.base, of.font
            found.end, found.after = of.end, of.after

    def _bare(self, number: int, stop: int, fonts: list[str]) -> Name | None:
        """A letter, or the word that an upright font makes of several."""
        piece = self.pieces[number]
        font = next((OTHER_FONTS[f] for f in fonts if f in OTHER_FONTS), "")
        is_bold = not font and any(f in BOLD for f in fonts)
        if any(f in WORDS for f in fonts):
            word = written(self.pieces[number:stop]).replace("\\_", "_")
            if len(word) > 1 and re.fullmatch(r"[^\W\d]\w*", word):
                return Name(plain_name(word), piece.text, "", True, piece.start, piece.end, stop)
        styled = style_macro(piece.text) if piece.text not in GREEK else None
        if piece.kind == "letter":
            base = plain_name(piece.text)
        elif piece.text in GREEK:
            base = GREEK[piece.text]
            font = font or ("variant" if piece.text.startswith("\\var") else "")
        elif styled is not None and piece.text not in FUNCTIONS and piece.text not in OPTIMA:
            base, is_bold = styled
        elif piece.kind == "digit" and piece.text in "01" and (is_bold or font == "blackboard bold"):
            base = piece.text
        else:
            return None
        font = "bold" if is_bold else font
        return Name(base, piece.text, font, False, piece.start, piece.end, number + 1)

    def _inner_script(self, found: Name, stop: int) -> str | None:
        r"""The subscript inside of a font or accent, as in `\mathbf{x_i}`; None where something else follows."""
        if found.after >= stop or self.pieces[found.after].text != "_":
            return None
        first, last, after = self.argument(found.after, stop)
        self.depth += 1
        text = self.subscript(first, last) if self.depth < DEEPEST_SUBSCRIPT else None
        self.depth -= 1
        return f"_{text}" if after == stop and text is not None else None

    def argument(self, command: int, end: int, at: int | None = None) -> tuple[int, int, int]:
        """Where the argument of a command begins and ends, and the number of the piece after it.

        A second argument begins `at` the piece after the first.
        """
        piece = self.pieces[command]
        at = command + 1 if at is None else at
        if at >= end or self.pieces[at].text in ("_", "^"):
            self.source.refuse(
                f"an argument of {piece.text} is missing", piece, f"write {_usage(piece.text)}", expected="{...}"
            )
        if self.pieces[at].text == "{":
            if self.partners[at] == at + 1:
                place = (piece.start, self.pieces[at + 1].end)
                self.source.refuse(f"the argument of {piece.text} is empty", place, f"write {_usage(piece.text)}")
            return at + 1, self.partners[at], self.partners[at] + 1
        last = at
        while last < end and (self.pieces[last].text in FONTS or self.pieces[last].text in ACCENTS):
            last += 1  # a font without braces of its own takes what follows
        last = self.partners.get(last, last) + 1
        return at, min(last, end), min(last, end)

    # ---- subscripts ----

    def subscript(self, first: int, end: int) -> str | None:
        """A subscript as part of a name, or as indices with commas; None where it is neither."""
        text = ""
        number = first
        while number < end:
            piece = self.pieces[number]
            if piece.text in WORDS:
                inside, inside_end, number = self.argument(number, end)
                text += written(self.pieces[inside:inside_end]).replace("\\_", "_")
                continue
            name = self.at(number, end) if piece.text not in ("{", "}") else None
            if name is not None:
                text, number = text + name.text, name.after
                continue
            if piece.text in FUNCTIONS or piece.text in OPTIMA:
                text += piece.text[1:]
            elif piece.kind == "digit":
                text += piece.text
            elif piece.text in _SIGNS_IN_SUBSCRIPTS:
                text += _SIGNS_IN_SUBSCRIPTS[piece.text]
            else:
                return None
            number += 1
        if _SUBSCRIPT.match(text) or _INDICES.match(text):
            return text.removeprefix("_") if text.isidentifier() else text
        return None

    def with_subscript(self, text: str, subscript: str) -> str:
        """A name with its subscript: the declared one of those that look like it, else with an underscore."""
        joined = f"{text}_{subscript}"
        together = text + subscript
        return together if together in self.declared and joined not in self.declared else joined

    def conventions(self) -> dict[str, str]:
        """What undeclared names are by their fonts: where vectors are bold, other small letters are scalars."""
        plain = self.plain if self.bold_vectors else []
        return {**self.classes, **dict.fromkeys(plain, SCALAR_CLASS)}

    def settled(self, text: str, name: Name) -> str:
        """The name as it is used; the same name in two fonts would be two things, and is refused."""
        known = self.fonts.setdefault(text, name.font)
        if known != name.font and text != "I":  # the identity in any font
            first, second = (font or "plain" for font in (known, name.font))
            self.source.refuse(
                f"{text} is written in two ways, {first} and {second}",
                (name.start, name.end),
                "write both in the same way if they are one, or give one of them another name",
            )
        if name.font == "bold":
            self.classes[text] = MATRIX if name.base[0].isupper() else VECTOR
            self.bold_vectors = self.bold_vectors or self.classes[text] == VECTOR
        elif name.font == "" and len(name.base) == 1 and name.base.islower() and name.base.isascii():
            self.plain.append(text)
        if name.font != "bold" and not text.startswith(f"{name.base}_"):
            self.classes[text] = letter_convention(name.base)
        return text


def _usage(command: str) -> str:
    return f"{command}{{...}}{{...}}" if command in FRACTIONS else f"{command}{{...}}"
