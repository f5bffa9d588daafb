r"""Operands that are no brackets: numbers, roots, names with their scripts, and what names stand for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from matcalc.latex.commands import FUNCTIONS, GROWING, LETTER_FUNCTIONS, OPENING
from matcalc.latex.pieces import written
from matcalc.latex.scripts import Token
from matcalc.latex.variables import VariableReader
from matcalc.spelling import SANS_SERIF

if TYPE_CHECKING:
    from matcalc.latex.names import Name
    from matcalc.latex.scripts import Task

MADE_OF_SIZES = {letter: function for function, letter in SANS_SERIF.items()}


class OperandReader(VariableReader):
    """Reads operands: of what kind one is, and then the operand itself with its scripts."""

    def operand(self, first: int, end: int) -> list[Task] | None:
        """The tokens of the operand that begins at a piece; None where none of this kind begins."""
        piece = self.pieces[first]
        if piece.kind == "digit" or (piece.text == "." and first + 1 < end and self.pieces[first + 1].kind == "digit"):
            return self._number(first, end)
        if piece.text == "\\sqrt":
            return self._root(first, end)
        if piece.text in FUNCTIONS:
            return self._function(FUNCTIONS[piece.text], first, first + 1, end)
        if piece.text == "\\vec" and first + 1 < end and self.pieces[first + 1].text in (*OPENING, *GROWING):
            return self._function("vec", first, first + 1, end)
        if piece.text == "\\nabla" and self.names.opaque:
            return self.gradient(first, end)
        name = self.names.at(first, end)
        if name is None:
            return None
        if piece.text == "\\mathsf" and name.text in MADE_OF_SIZES and name.text not in self.names.declared:
            sized = self.sized(MADE_OF_SIZES[name.text], name, end)
            if sized is not None:
                return sized
        return self._name(name, first, end)

    # ---- numbers and roots ----

    def _number(self, first: int, end: int) -> list[Task]:
        after = first
        while after < end and self.pieces[after].kind == "digit":
            after += 1
        if after + 1 < end and self.pieces[after].text == "." and self.pieces[after + 1].kind == "digit":
            after += 1
            while after < end and self.pieces[after].kind == "digit":
                after += 1
        start, stop = self.place(first, after)
        if re.match(r"[eE][+-]?\d", self.source.text[stop:]):
            self.source.refuse("in LaTeX this e is a letter", (start, stop + 1), "write 10^{-3}, or 0.001")
        return [Token("NUMBER", (written(self.pieces[first:after]), start, stop)), *self.scripted(after, end)]

    def _root(self, first: int, end: int) -> list[Task]:
        piece = self.pieces[first]
        mark = (piece.text, piece.start, piece.end)
        at = first + 1
        if at < end and self.pieces[at].text == "[":
            closing = next((n for n in range(at, end) if self.pieces[n].text == "]"), None)
            if closing is None:
                self.source.refuse("'[' is never closed", self.pieces[at], expected="]")
            inside, inside_end, after = self.names.argument(first, end, closing + 1)
            degree = self.braced(at + 1, closing)
            return [Token("ROOT", mark), *degree, *self.braced(inside, inside_end), *self.scripted(after, end)]
        inside, inside_end, after = self.names.argument(first, end)
        return [Token("SQRT", mark), *self.braced(inside, inside_end), *self.scripted(after, end)]

    # ---- names ----

    def _name(self, name: Name, first: int, end: int) -> list[Task]:
        opaque = self.opaque_function(name, end) if self.names.opaque else None
        if opaque is not None:
            return opaque
        if name.base in "01":
            return self.filled(name, first, end)
        if name.font == "blackboard bold" and name.text != "I":
            self._refuse_blackboard(name)
        if name.is_word:
            word = self._word(name, first, end)
            if word is not None:
                return word
        run = self._run_of_letters(first, end)
        if run is not None:
            return run
        if name.command in LETTER_FUNCTIONS and self._is_function(name, end):
            function = LETTER_FUNCTIONS[name.command]
            self.note(f"{name.command}(...) is read as {function}")
            return self._function(function, first, name.after, end)
        if name.text == "I" and "I" not in self.names.declared:
            sized = self.sized("eye", name, end)
            if sized is not None:
                return sized
        has_exponent = name.after < end and self.pieces[name.after].text == "^"
        if name.text == name.command == "e" and has_exponent and self._is_exponential:
            return self._exponential(name, first, end)
        return self.variable(name, end)

    def _refuse_blackboard(self, name: Name) -> None:
        """Expectations, probabilities and sets."""
        what = {"E": "expectations are", "P": "probabilities are", "R": "sets are"}.get(name.base, "this letter is")
        self.source.refuse(f"{what} not read", (name.start, name.end), "give the formula inside, for one sample")
