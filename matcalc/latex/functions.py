r"""Functions: by their commands, as upright words, and letters such as \\sigma that stand for one before a bracket."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from matcalc.latex.commands import (
    FONTS,
    FUNCTIONS,
    FUSED,
    GROWING,
    LETTER_FUNCTIONS,
    OPENING,
    SIGNS,
    function_of_word,
)
from matcalc.latex.pieces import Piece, written
from matcalc.latex.scripts import HADAMARD, ScriptReader, Scripts, Token
from matcalc.nodes import AS_POWER, OVER_ALL
from matcalc.spelling import ROWWISE

if TYPE_CHECKING:
    from collections.abc import Collection

    from matcalc.latex.names import Name, NameReader
    from matcalc.latex.scripts import Task

# words that join formulas and are no names
PROSE = frozenset(
    """where and for if with st suchthat subjectto subject otherwise when let given or then so hence thus that is are
    because since forall""".split()
)
CONSTRAINTS = frozenset({"st", "s.t.", "subjectto", "suchthat", "subject"})
# functions that are typed without a backslash by mistake
SWALLOWED = ("exp", "log", "det", "diag", "sin", "cos", "tan")
LOGARITHMS = {"2": "log2", "10": "log10", "e": "log"}
# what may follow a name of a function without a bracket so that it is applied all the same
NO_OPERAND = frozenset(SIGNS) | frozenset(", ; . = _ ^ ' ) ] } \\} \\right \\bigr \\rvert \\rVert | \\| || &".split())


class FunctionReader(ScriptReader):
    """Reads what is applied to something. `functions` are the names of all functions known."""

    def __init__(self, names: NameReader, notes: list[str], functions: Collection[str]) -> None:
        super().__init__(names, notes)
        self.functions = functions
        self.uses = self._letter_uses()

    def _opens(self, at: int, end: int) -> bool:
        """Whether a bracket opens at a piece, of whatever size."""
        while at < end and self.pieces[at].text in GROWING:
            at += 1
        return at < end and self.pieces[at].text in OPENING

    def _function(self, name: str, first: int, after: int, end: int) -> list[Task]:
        """A function with its scripts: applied to the bracket that follows, or to what follows."""
        scripts = self.scripts(after, end)
        if scripts.below is not None:
            name = self._with_base(name, scripts)
        power = self._function_power(name, scripts)
        name, after = self._fused(name, scripts, end)
        kind = "FUNCTION" if self._opens(after, end) else "HEAD"
        return [Token(kind, (name, *self.place(first, after))), *power, (after, end)]

    def _with_base(self, name: str, scripts: Scripts) -> str:
        r"""The function that a subscript makes of another: `\log_2`, `\operatorname{softmax}_{\mathrm{all}}`."""
        assert scripts.below is not None
        base = self.names.subscript(*scripts.below)
        found = LOGARITHMS.get(base or "") if name == "log" else None
        if name in ROWWISE and base == "all":
            found = name + OVER_ALL
        if found is None:
            what = f"{name} over an index" if name in ("max", "min") else f"this subscript of {name}"
            self.source.refuse(f"{what} is not read", scripts.below_place, "write it without the subscript")
        return found

    def _function_power(self, name: str, scripts: Scripts) -> list[Task]:
        r"""The exponent of `\sin^2 x`."""
        if not scripts.above:
            return []
        sign, (first, last), place = scripts.above[0]
        digits = written(self.pieces[first:last])
        if sign != "^" or not digits.isdecimal() or int(digits) == 0 or len(scripts.above) > 1:
            mend = f"write ({name}(x))^{{...}} with brackets, or the inverse function by its name"
            mend = "write \\exp(x) or e^{x}" if name == "exp" else mend
            self.source.refuse(f"this superscript of {name} is not read", place, mend)
        return [Token("HADPOWER", ("^", *place)), *self.braced(first, last)]

    def _fused(self, name: str, scripts: Scripts, end: int) -> tuple[str, int]:
        r"""`\log\det` and `\log\Gamma` have a name of their own."""
        after = scripts.after
        if name != "log" or scripts.below or scripts.above or after >= end:
            return name, after
        inner = FUNCTIONS.get(self.pieces[after].text) or LETTER_FUNCTIONS.get(self.pieces[after].text)
        following = after + 1
        word = self.names.at(after, end)
        if word is not None and word.is_word:
            inner, following = word.text, word.after
        fused = FUSED.get((name, inner or ""))
        if fused == "lgamma" and (word is None or not self._is_function(word, end)):
            fused = None
        has_scripts = following < end and self.pieces[following].text in ("^", "_")
        return (fused, following) if fused and not has_scripts else (name, after)

    def _is_function(self, name: Name, end: int) -> bool:
        r"""Whether a letter such as \sigma is a function: every one in the text stands before a bracket."""
        if name.text in self.names.declared or not self._opens(name.after, end) or name.font not in ("",):
            return False
        if not all(self._opens(after, len(self.pieces)) for after in self.uses[name.command]):
            function = LETTER_FUNCTIONS[name.command]
            self.source.refuse(
                f"{name.command} stands for a function here and for a variable elsewhere",
                (name.start, name.end),
                f"write \\operatorname{{{function}}}(...) for the function, {name.command} \\cdot (...) for a product",
            )
        return True

    @cached_property
    def _is_exponential(self) -> bool:
        """Whether e is the base of the exponential: every e has an exponent, which is no number."""
        return "e" not in self.names.declared and all(self._has_exponent(after) for after in self.uses["e"])

    def _has_exponent(self, after: int) -> bool:
        end = len(self.pieces)
        if after >= end or self.pieces[after].text != "^":
            return False
        first, last, _ = self.names.argument(after, end)
        is_number = all(piece.kind == "digit" for piece in self.pieces[first:last])
        return not is_number and self.pieces[first].text not in HADAMARD and not self.is_transposition(first, last)

    def _exponential(self, name: Name, first: int, end: int) -> list[Task]:
        inside, inside_end, after = self.names.argument(name.after, end)
        start, stop = self.place(first, after)
        mark = (f"exp{AS_POWER}", start, name.end)
        opened, closed = Token("LPAR", ("(", name.end, name.end)), Token("RPAR", (")", stop, stop))
        return [Token("FUNCTION", mark), opened, (inside, inside_end), closed, *self.scripted(after, end)]

    # ---- words ----

    def _refuse_swallowed(self, word: str, place: tuple[int, int]) -> None:
        """Refuse `trA` and `logx`, letters that begin with a function."""
        heads = ("tr",) if word[2:3].isupper() else ()
        function = next(
            (f for f in (*heads, *SWALLOWED) if word.startswith(f) and word not in self.names.declared), None
        )
        if function is not None:
            argument = word[len(function) :]
            mend = f"write \\operatorname{{{function}}}({argument}); for a product put blanks: {' '.join(word)}"
            self.source.refuse(f"in LaTeX {word} is a product of letters", place, mend)

    def _word(self, name: Name, first: int, end: int) -> list[Task] | None:
        """An upright word as a function, where it is one; None where it is a name."""
        is_operator = self.pieces[first].text in ("\\operatorname", "\\operatorname*")
        if name.text in self.names.declared and not (is_operator and self._opens(name.after, end)):
            return None
        known = function_of_word(name.text, self.functions)
        word = known or name.text
        follows = self.pieces[name.after].text if name.after < end else "="
        if self._opens(name.after, end) or is_operator:
            return self._function(word, first, name.after, end)
        if known is not None and (follows not in NO_OPERAND or follows in ("|", "\\|", "||")):
            return self._function(word, first, name.after, end)
        self.refuse_words(first, name.after)
        return None

    def refuse_words(self, first: int, after: int) -> None:
        """Refuse prose in the midst of a formula."""
        start, stop = self.place(first, after)
        inside = self.source.text[start:stop].partition("{")[2].rstrip("}")
        word = "".join(inside.split()).lower()
        if word in PROSE or word in CONSTRAINTS or " " in inside.strip() or not word.isidentifier():
            what = "constraints are not read" if word in CONSTRAINTS else "words in a formula are not read"
            self.source.refuse(what, (start, stop), "leave out what is not the formula")

    def _run_of_letters(self, first: int, end: int) -> list[Task] | None:
        """`tr(`, `diag(` and the like without a backslash: the function; other words before a bracket are refused."""
        pieces = self.pieces
        if pieces[first].kind != "letter" or (first and adjoin(pieces[first - 1], pieces[first])):
            return None
        after = first + 1
        while after < end and adjoin(pieces[after - 1], pieces[after]):
            after += 1
        word = written(pieces[first:after])
        if len(word) < 2:
            return None
        known = function_of_word(word, self.functions)
        place = self.place(first, after)
        if known is not None:
            if self._opens(after, end):
                return self._function(known, first, after, end)
            mend = f"write \\operatorname{{{known}}}; for the product of the letters write {' '.join(word)}"
            self.source.refuse(f"in LaTeX {word} is the product of {' and '.join(word)}", place, mend)
        self._refuse_swallowed(word, place)
        if len(word) > 2 and self._opens(after, end) and word not in self.names.declared:
            mend = f"write \\operatorname{{{word}}} for a function; for a product put blanks: {' '.join(word)}"
            self.source.refuse(f"{word}(...) is not known", place, mend, found=word)
        return None

    def _letter_uses(self) -> dict[str, list[int]]:
        """Where the letters that may stand for functions end: the pieces after them."""
        uses: dict[str, list[int]] = {command: [] for command in (*LETTER_FUNCTIONS, "e")}
        number, end = 0, len(self.pieces)
        while number < end:
            piece = self.pieces[number]
            if piece.text in FONTS:
                name = self.names.at(number, end)
                number = name.after if name is not None else number + 1
                continue
            number += 1
            if piece.text in uses and (number >= end or self.pieces[number].text != "_"):
                uses[piece.text].append(number)
        return uses


def adjoin(before: Piece, piece: Piece) -> bool:
    """Whether two letters stand next to each other without a blank."""
    return before.kind == piece.kind == "letter" and before.end == piece.start
