r"""Pieces of LaTeX as tokens of grammar/latex.lark: what every command means where it stands.

A loop over a list of what is still to be done: ranges of pieces, and tokens that follow on them, such as the brace
after the numerator of a fraction. Nothing recurses on the depth of the formula.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.latex.brackets import Brackets
from matcalc.latex.commands import (
    ANGLES_CLOSE,
    ANGLES_OPEN,
    BARS,
    BARS_CLOSE,
    BARS_OPEN,
    BRACED_ABOVE,
    CASE_SIGNS,
    CASE_WORDS,
    CASES,
    CLOSING,
    COMPARISONS,
    DERIVATIVES,
    EQUALITIES,
    FONTS,
    FRACTIONS,
    FUNCTION_LETTERS,
    GROWING,
    KNOWN,
    OPENING,
    OPTIMA,
    REFUSED,
    SIGNS,
    SWITCHES,
    WORDS,
)
from matcalc.latex.operands import OperandReader
from matcalc.latex.pieces import Piece, written
from matcalc.latex.scripts import Token
from matcalc.spelling import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from matcalc.latex.names import NameReader
    from matcalc.latex.operators import LeadingOperators
    from matcalc.latex.scripts import Task
    from matcalc.latex.statements import Line

DELIMITERS = (
    frozenset(OPENING) | frozenset(CLOSING) | frozenset(BARS) | frozenset(BARS_OPEN) | frozenset(BARS_CLOSE)
) | (ANGLES_OPEN | ANGLES_CLOSE | GROWING)
LEAVE_OUT = "leave it out, and give the formula alone"


class Tokenizer(OperandReader):
    """Turns the lines of a formula into tokens."""

    def __init__(
        self, names: NameReader, notes: list[str], functions: Collection[str], operators: LeadingOperators
    ) -> None:
        super().__init__(names, notes, functions)
        self.operators = operators

    def tokens(self, lines: list[Line]) -> list[Token]:
        self.found: list[Token] = []
        self.brackets = Brackets(self)
        for number, line in enumerate(lines):
            if number:
                place = self.pieces[line.first - 1].start if line.first else 0
                self.found.append(Token("NEWLINE", ("\n", place, place)))
            if line.defined is not None:
                self._run(*line.defined)
                sign = self.pieces[line.defined[1]]
                self.found.append(Token("EQUALS", (sign.text, sign.start, sign.end)))
            self._run(line.first, line.end)
        end = len(self.source.text)
        self.found.append(Token("$END", ("", end, end)))
        return self.found

    def _run(self, first: int, end: int) -> None:
        pending: list[Task] = [(first, end)]
        while pending:
            task = pending.pop()
            if isinstance(task, Token):
                self._emit(task)
                continue
            first, end = task
            if first < end:
                pending += self._step(first, end)[::-1]
        self.brackets.finish()

    def _emit(self, token: Token) -> None:
        """Append a token, once its brackets are seen to match; fonts that begin and end leave none."""
        if token.kind == "FONT":
            self.names.outer.append(token.mark[0])
        elif token.kind == "FONT_END":
            self.names.outer.pop()
        else:
            self.brackets.check(token)
            self.found.append(token)

    # ---- one piece and what belongs to it ----

    def _step(self, first: int, end: int) -> list[Task]:
        piece = self.pieces[first]
        if piece.text in DELIMITERS:
            return self.brackets.delimiter(first, end)
        if self.brackets.in_cases:
            of_case = self._of_case(first, end)
            if of_case is not None:
                return of_case
        operand = self.operand(first, end)
        if operand is not None:
            return operand
        text = piece.text
        if text in SIGNS:
            return self._sign(first, end)
        if text in FRACTIONS:
            return self._fraction(first, end)
        if text == "\\sum":
            return self.sum(first, end)
        handler = HANDLERS.get(piece.kind) or HANDLERS.get(text)
        if handler is not None:
            return handler(self, first, end)
        if text in BRACED_ABOVE:
            return self._braced_above(first, end)
        if text in FONTS:
            return self._font(first, end)
        return self._refused(piece)

    def _sign(self, first: int, end: int) -> list[Task]:
        piece = self.pieces[first]
        if piece.text == "\\circ":
            beside = self.names.at(first + 1, end) if first + 1 < end else None
            if beside is not None and beside.command in FUNCTION_LETTERS and beside.text not in self.names.declared:
                mend = "write \\odot for the product entry by entry"
                self.source.refuse("functions of functions are not read", piece, mend)
        return [Token(SIGNS[piece.text], (piece.text, piece.start, piece.end)), (first + 1, end)]

    def _fraction(self, first: int, end: int) -> list[Task]:
        piece = self.pieces[first]
        above, above_end, middle = self.names.argument(first, end)
        below, below_end, after = self.names.argument(first, end, middle)
        if self.operators.after_operator(first, end) is not None:
            mend = "begin the formula with it: it then names the variable"
            self.source.refuse("a derivative inside of a formula is not read", self.place(first, after), mend)
        frac = Token("FRAC", (piece.text, piece.start, piece.end))
        return [frac, *self.braced(above, above_end), *self.braced(below, below_end), *self.scripted(after, end)]

    def _group(self, first: int, end: int) -> list[Task]:
        last = self.partners[first]
        if last == first + 1:
            return [(last + 1, end)]  # {} only parts what stands around it
        if self.pieces[first + 1].text in SWITCHES:
            return self._switched(first, last, end)
        return [*self.braced(first + 1, last), *self.scripted(last + 1, end)]

    def _font(self, first: int, end: int) -> list[Task]:
        """A font over more than a name."""
        piece = self.pieces[first]
        inside, inside_end, after = self.names.argument(first, end)
        if piece.text in ("\\text", "\\mbox", "\\textrm", "\\operatorname", "\\operatorname*"):
            self.refuse_words(first, after)
        font, ended = (Token(kind, (piece.text, piece.start, piece.end)) for kind in ("FONT", "FONT_END"))
        return [font, *self.braced(inside, inside_end), ended, *self.scripted(after, end)]

    def _switched(self, first: int, last: int, end: int) -> list[Task]:
        r"""`{\bf Ax}`: a font up to the closing brace."""
        piece = self.pieces[first + 1]
        font, ended = (Token(kind, (piece.text, piece.start, piece.end)) for kind in ("FONT", "FONT_END"))
        opened, _, closed = self.braced(first + 1, last)
        return [font, opened, (first + 2, last), closed, ended, *self.scripted(last + 1, end)]

    def _braced_above(self, first: int, end: int) -> list[Task]:
        r"""`\underbrace{a}_{text}` is a."""
        inside, inside_end, after = self.names.argument(first, end)
        while after < end and self.pieces[after].text in ("_", "^"):
            after = self.names.argument(after, end)[2]
        return [*self.braced(inside, inside_end), (after, end)]

    def _of_case(self, first: int, end: int) -> list[Task] | None:
        """The words and signs of conditions; punctuation at the end of a case says nothing."""
        piece = self.pieces[first]
        if piece.text in CASE_SIGNS:
            return [Token(CASE_SIGNS[piece.text], (piece.text, piece.start, piece.end)), (first + 1, end)]
        if piece.text in ",.;" and self.pieces[first + 1].kind in ("ampersand", "row", "matrix_close"):
            return [(first + 1, end)]
        if piece.text not in WORDS:
            return None
        inside, inside_end, after = self.names.argument(first, end)
        word = written(self.pieces[inside:inside_end]).strip(",.;").lower()
        if word not in CASE_WORDS:
            return None
        kind = CASE_WORDS[word]
        return [Token(kind, (word, *self.place(first, after))), (after, end)] if kind else [(after, end)]

    def _matrix(self, first: int, end: int) -> list[Task]:
        piece = self.pieces[first]
        kind = "CASES_OPEN" if piece.text in CASES else "MATRIX_OPEN"
        return [Token(kind, (piece.text, piece.start, piece.end)), (first + 1, end)]

    def _matrix_end(self, first: int, end: int) -> list[Task]:
        piece = self.pieces[first]
        kind = "CASES_CLOSE" if piece.text in CASES else "MATRIX_CLOSE"
        return [Token(kind, (piece.text, piece.start, piece.end)), *self.scripted(first + 1, end)]

    def _row(self, first: int, end: int) -> list[Task]:
        piece = self.pieces[first]
        if self.pieces[first + 1].kind == "matrix_close":
            return [(first + 1, end)]
        return [Token("ROW", (piece.text, piece.start, piece.end)), (first + 1, end)]

    def _plain(self, first: int, end: int) -> list[Task]:
        """A sign that is a token by itself."""
        piece = self.pieces[first]
        kind = "AMPERSAND" if piece.kind == "ampersand" else PLAIN[piece.text]
        return [Token(kind, (piece.text, piece.start, piece.end)), (first + 1, end)]

    # ---- what is not read ----

    def _refused(self, piece: Piece) -> list[Task]:
        text = piece.text
        if text in REFUSED:
            self.source.refuse(REFUSED[text][0], piece, REFUSED[text][1])
        if text in DERIVATIVES or text in OPTIMA:
            mend = "begin the formula with it: it then names the variable"
            self.source.refuse(f"{text} inside of a formula is not read", piece, mend)
        if text in COMPARISONS:
            mend = "a formula has no conditions: leave them out, and declare the signs of variables"
            self.source.refuse(f"{text} is not read", piece, mend)
        if text in ("_", "^", "'", "\u2019"):
            self.source.refuse(f"{text} belongs to nothing here", piece, "write it after a name or a bracket")
        if piece.kind == "command":
            self._unknown(piece)
        if text == ";":
            self.source.refuse("';' is not read in LaTeX", piece, "end a line with \\\\")
        self.source.refuse(f"the character '{text}' is not read in LaTeX", piece)
        raise AssertionError

    def _unknown(self, piece: Piece) -> None:
        near = nearest(piece.text[1:], [name[1:] for name in KNOWN if len(name) > 3 and name[0] == "\\"], 0.75)
        mend = f"did you mean \\{near}?" if near else f"put its \\newcommand{{{piece.text}}}{{...}} before the formula"
        if not piece.text[1].isalpha():
            mend = "leave it out"
        self.source.refuse(f"the command {piece.text} is not known", piece, mend, found=piece.text)


PLAIN = {",": "COMMA", ":=": "EQUALS", "\\over": "OVER_BAR"} | dict.fromkeys(EQUALITIES, "EQUALS")
HANDLERS: dict[str, Callable[[Tokenizer, int, int], list[Task]]] = {
    "{": Tokenizer._group,
    "matrix_open": Tokenizer._matrix,
    "matrix_close": Tokenizer._matrix_end,
    "row": Tokenizer._row,
    "ampersand": Tokenizer._plain,
    **dict.fromkeys(PLAIN, Tokenizer._plain),
}
