r"""Delimiters: `\left(`, `\bigl\|`, `|`, `\langle`; which of them open and close, and whether they match."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from matcalc.latex.commands import (
    ANGLES_CLOSE,
    ANGLES_OPEN,
    BARS,
    BARS_CLOSE,
    BARS_OPEN,
    CLOSING,
    GROWING,
    GROWING_LEFT,
    GROWING_RIGHT,
    OPENING,
)
from matcalc.latex.pieces import written
from matcalc.latex.scripts import Token

if TYPE_CHECKING:
    from matcalc.latex.scripts import Scripts, Task
    from matcalc.latex.tokens import Tokenizer

# after one of these a bar closes
OPERAND_ENDS = frozenset(
    """NAME NUMBER RPAR RBRACE TRANSPOSE INVERSE_TRANSPOSE PSEUDOINVERSE ENTRY POSITIVE_PART BAR_CLOSE NORM_CLOSE
    ANGLE_CLOSE FILLED MATRIX_CLOSE CASES_CLOSE""".split()
)
OPENERS = {"LPAR": "RPAR", "LBRACE": "RBRACE", "BAR_OPEN": "BAR_CLOSE", "NORM_OPEN": "NORM_CLOSE"} | {
    "ANGLE_OPEN": "ANGLE_CLOSE",
    "MATRIX_OPEN": "MATRIX_CLOSE",
    "CASES_OPEN": "CASES_CLOSE",
}
CLOSERS = frozenset(OPENERS.values())
CLOSING_TEXT = {"LBRACE": "}", "ANGLE_OPEN": "\\rangle"}


class Brackets:
    """The brackets that are open while the tokens are found."""

    def __init__(self, reader: Tokenizer) -> None:
        self.reader = reader
        self.source = reader.source
        self.pieces = reader.pieces
        self.open: list[Token] = []

    # ---- matching ----

    def check(self, token: Token) -> None:
        """Take note of a bracket; refuse one that closes another than the last."""
        if token.kind in OPENERS:
            self.open.append(token)
        elif token.kind in CLOSERS or token.kind == "NORM_BY":
            kind = "NORM_CLOSE" if token.kind == "NORM_BY" else token.kind
            if not self.open:
                message = f"'{token.mark[0]}' closes a bracket that was never opened"
                self.source.refuse(message, token.mark[1:], "leave it out, or write the bracket that it closes")
            opened = self.open.pop()
            if OPENERS[opened.kind] != kind:
                self._never_closed(opened)
            if kind == "RPAR" and OPENING[opened.mark[0]] != CLOSING[token.mark[0]]:
                wanted = OPENING[opened.mark[0]]
                message = f"'{opened.mark[0]}' is closed by '{token.mark[0]}'"
                self.source.refuse(message, opened.mark[1:], f"write {wanted} behind", expected=wanted)

    @property
    def in_cases(self) -> bool:
        """Whether conditions may stand here."""
        return bool(self.open) and self.open[-1].kind == "CASES_OPEN"

    def _never_closed(self, opened: Token) -> NoReturn:
        text, closing = opened.mark[0], CLOSING_TEXT.get(opened.kind, opened.mark[0])
        if opened.kind == "LPAR":
            closing = OPENING[text]
        elif opened.kind in ("MATRIX_OPEN", "CASES_OPEN"):
            text, closing = f"\\begin{{{text}}}", f"\\end{{{text}}}"
        message = f"'{text}' is never closed"
        self.source.refuse(message, opened.mark[1:], f"write {closing} where it ends", expected=closing)

    def finish(self) -> None:
        """The end of a line: nothing may be open."""
        if self.open:
            self._never_closed(self.open[-1])

    # ---- one delimiter ----

    def delimiter(self, first: int, end: int) -> list[Task]:
        at = first
        side = ""
        if self.pieces[first].text in GROWING:
            size = self.pieces[first].text
            side = "open" if size in GROWING_LEFT else "close" if size in GROWING_RIGHT else ""
            at += 1
            if at >= end or self.pieces[at].text == ".":
                mend = "a bracket that is not shown is not read: write both brackets"
                self.source.refuse(f"a bracket was expected after {size}", self.pieces[first], mend)
        text = self.pieces[at].text
        if text == "|" and side and self._repeats(first, at, end):  # \\left|\\left|
            at += at + 1 - first
            text = "||"
        mark = (text, self.pieces[first].start, self.pieces[at].end)
        if text in OPENING:
            return [Token("LPAR", mark), (at + 1, end)]
        if text in CLOSING:
            return [Token("RPAR", mark), *self.reader.scripted(at + 1, end)]
        if text in ANGLES_OPEN or (text == "<" and side):
            return [Token("ANGLE_OPEN", mark), (at + 1, end)]
        if text in ANGLES_CLOSE or (text == ">" and side):
            return self._angle_close(mark, at + 1, end)
        if text not in BARS and text not in BARS_OPEN and text not in BARS_CLOSE:
            self.source.refuse(f"{text} is no bracket", self.pieces[at])
        return self._bar(mark, side, at, end)

    def _repeats(self, first: int, at: int, end: int) -> bool:
        """Whether a bar with its size is written twice."""
        width = at + 1 - first
        following = self.pieces[at + 1 : min(at + 1 + width, end)]
        return [p.text for p in following] == [p.text for p in self.pieces[first : at + 1]]

    def _bar(self, mark: tuple[str, int, int], side: str, at: int, end: int) -> list[Task]:
        text = mark[0]
        kind = BARS.get(text) or BARS_OPEN.get(text) or BARS_CLOSE[text]
        side = "open" if text in BARS_OPEN else "close" if text in BARS_CLOSE else side
        if not side:
            side = self._side(kind, text)
        if side == "split":  # |a||b|: the first bar closes, the second opens
            first, second = ("|", mark[1], mark[1] + 1), ("|", mark[1] + 1, mark[2])
            return [Token("BAR_CLOSE", first), Token("BAR_OPEN", second), (at + 1, end)]
        if side == "open":
            return [Token(kind + "_OPEN", mark), (at + 1, end)]
        return self._bar_close(kind, mark, at + 1, end)

    def _side(self, kind: str, text: str) -> str:
        """Whether a bar opens or closes: after an operand it closes what is open."""
        found = self.reader.found
        if not self.open or not found or found[-1].kind not in OPERAND_ENDS:
            return "open"
        innermost = self.open[-1].kind
        if innermost == kind + "_OPEN":
            return "close"
        return "split" if text == "||" and innermost == "BAR_OPEN" else "open"

    def _bar_close(self, kind: str, mark: tuple[str, int, int], at: int, end: int) -> list[Task]:
        scripts = self.reader.scripts(at, end)
        rest: list[Task] = [*self.reader.superscripts(scripts), (scripts.after, end)]
        if kind == "NORM":
            return [*self._norm_close(mark, scripts), *rest]
        if scripts.below is not None:
            self.source.refuse("a subscript of |...| is not read", scripts.below_place)
        return [Token("BAR_CLOSE", mark), *rest]

    def _norm_close(self, mark: tuple[str, int, int], scripts: Scripts) -> list[Task]:
        r"""`\|_2` names a norm, `\|_M` the matrix of a quadratic form."""
        if scripts.below is None:
            return [Token("NORM_CLOSE", ("||", *mark[1:]))]
        first, last = scripts.below
        place = (mark[1], scripts.below_place[1])
        name = self.reader.names.at(first, last)
        is_letter = name is not None and name.after == last and not name.is_word
        word = self.reader.names.subscript(first, last)
        if word is not None and not (is_letter and word not in ("F", "T") and word[0].isupper()):
            return [Token("NORM_CLOSE", (f"||_{'F' if word in FROBENIUS else word}", *place))]
        if name is not None and name.font not in ("", "bold"):
            self.source.refuse(f"the norm of the space {written(self.pieces[first:last])} is not read", place)
        by = Token("NORM_BY", (mark[0], *place))
        return [by, *self.reader.braced(first, last)]

    def _angle_close(self, mark: tuple[str, int, int], at: int, end: int) -> list[Task]:
        scripts = self.reader.scripts(at, end)
        text = mark[0]
        if scripts.below is not None:
            below = self.reader.names.subscript(*scripts.below)
            if below not in FROBENIUS:
                self.source.refuse("this inner product is not read", scripts.below_place, "write x^\\top M y")
            text += "_F"
        return [Token("ANGLE_CLOSE", (text, *mark[1:])), *self.reader.superscripts(scripts), (scripts.after, end)]


FROBENIUS = frozenset({"F", "Fro", "fro", "Frob", "frob", "HS"})
