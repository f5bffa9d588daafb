r"""What a formula begins with and does not compute: `\nabla_x`, `\frac{\partial}{\partial X}`, `\arg\min_w`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from matcalc.latex.commands import (
    ANGLES_CLOSE,
    ANGLES_OPEN,
    BARS,
    BARS_CLOSE,
    BARS_OPEN,
    CLOSING,
    FRACTIONS,
    GROWING,
    OPENING,
    OPTIMA,
)

if TYPE_CHECKING:
    from matcalc.latex.names import NameReader

OPENERS = {"{", *OPENING, *BARS_OPEN, *ANGLES_OPEN}
CLOSERS = {"}", *CLOSING, *BARS_CLOSE, *ANGLES_CLOSE}
OPTIMUM_WORDS = frozenset("min max argmin argmax minimize maximize minimise maximise".split())
ORDER_MEND = "leave the operator out, and ask for order 2"


class Operator:
    """A leading operator: the name it differentiates by, and the ranges of what it applies to.

    `inside` is the range in its numerator, as in `\\frac{\\partial f}{\\partial x}`.
    """

    __slots__ = ("after", "inside", "variable")

    def __init__(self, variable: str | None, after: int, inside: tuple[int, int] | None = None) -> None:
        self.variable = variable
        self.after = after
        self.inside = inside


class LeadingOperators:
    """Finds the operators at the start of a formula and takes them off.

    `derivative` is the text of an operator that asks for a derivative, `variable` the name that an operator names,
    `optimum` the place of a minimum or maximum over it.
    """

    def __init__(self, names: NameReader, notes: list[str]) -> None:
        self.names = names
        self.source = names.source
        self.pieces = names.pieces
        self.notes = notes
        self.variable: str | None = None
        self.derivative = ""
        self.optimum: tuple[int, int] | None = None

    def stripped(self, first: int, end: int) -> tuple[int, int]:
        """The range of the formula without its leading operators."""
        optimum = self._optimum(first, end)
        if optimum is not None:
            self.optimum = self._place(first, optimum.after)
            self.variable = optimum.variable
            by = f": by {optimum.variable}" if optimum.variable else ""
            self.notes.append(f"{self._text(first, optimum.after)} is left out{by}")
            first = optimum.after
        operator = self._derivative(first, end)
        if operator is None:
            return first, end
        self.derivative = self._text(first, operator.after)
        self.variable = operator.variable or self.variable
        by = f"the derivative by {operator.variable}" if operator.variable else "the derivative"
        self.notes.append(f"{self.derivative} asks for {by}")
        if operator.inside is None:
            self._check_extent(operator.after, end)
            return operator.after, end
        if operator.after < end:
            place, mend = self._place(operator.after, end), "differentiate the terms one by one"
            self.source.refuse("what follows a whole derivative is not read", place, mend)
        return operator.inside

    def after_operator(self, first: int, end: int) -> int | None:
        """The piece after a derivative on the left side; None where none stands there."""
        operator = self._derivative(first, end, strict=False)
        return operator.after if operator is not None else None

    def _check_extent(self, first: int, end: int) -> None:
        """Refuse a derivative before a sum without brackets: it may mean the first term or all."""
        if first == end:
            self.source.refuse("a formula was expected after the operator", self.pieces[first - 1])
        depth = 0
        bars: set[str] = set()
        for number in range(first, end):
            piece = self.pieces[number]
            text = piece.text
            depth += (text in OPENERS or piece.kind == "matrix_open") - (
                text in CLOSERS or piece.kind == "matrix_close"
            )
            bars ^= {text} & BARS.keys()
            is_sign = text in ("+", "-") and number > first and self.pieces[number - 1].text not in ("_", "^")
            if is_sign and depth == 0 and not bars:
                mend = f"write {self.derivative} [ ... ] with brackets around what it applies to"
                self.source.refuse("how far does the derivative reach?", self.pieces[number], mend)

    # ---- minima ----

    def _optimum(self, first: int, end: int) -> Operator | None:
        r"""`\min_w`, `\arg\min_w`, `\operatorname*{arg\,min}_w`, `\underset{w}{\arg\min}`."""
        if first < end and self.pieces[first].text == "\\underset":
            below, below_end, above = self.names.argument(first, end)
            _, word_end, after = self.names.argument(first, end, above)
            found = self._optimum_word(above + (self.pieces[above].text == "{"), word_end)
            return Operator(self._variables(below, below_end), after) if found == word_end else None
        after_word = self._optimum_word(first, end)
        if after_word is None:
            return None
        if after_word < end and self.pieces[after_word].text == "_":
            below, below_end, after = self.names.argument(after_word, end)
            return Operator(self._variables(below, below_end), after)
        is_call = after_word < end and (
            self.pieces[after_word].text in OPENING or self.pieces[after_word].text in GROWING
        )
        return None if is_call or after_word == end else Operator(None, after_word)

    def _optimum_word(self, first: int, end: int) -> int | None:
        """The piece after a minimum by a command or a word; None where none begins."""
        at = first
        while at < end and self.pieces[at].text in OPTIMA:
            at += 1
        if at > first:
            return at
        name = self.names.at(first, end)
        return name.after if name is not None and name.is_word and name.text in OPTIMUM_WORDS else None

    def _variables(self, first: int, end: int) -> str | None:
        r"""The names below `\min`, without the sets they are from."""
        found: list[str] = []
        at = first
        while at < end:
            if self.pieces[at].text == "\\in":
                break
            name = self._name(at, end)
            if name is None:
                if self.pieces[at].text != ",":
                    break
                at += 1
                continue
            found.append(name[0])
            at = name[1]
        return ",".join(found) or None

    def _name(self, first: int, end: int) -> tuple[str, int] | None:
        """A name with its subscript, and the piece after it."""
        name = self.names.at(first, end)
        if name is None:
            return None
        if name.after < end and self.pieces[name.after].text == "_":
            below, below_end, after = self.names.argument(name.after, end)
            subscript = self.names.subscript(below, below_end)
            return (self.names.with_subscript(name.text, subscript), after) if subscript else None
        return name.text, name.after

    # ---- derivatives ----

    def _derivative(self, first: int, end: int, strict: bool = True) -> Operator | None:
        if first >= end:
            return None
        text = self.pieces[first].text
        if text in ("\\nabla", "\\partial"):
            return self._nabla(first, end, strict)
        if text in FRACTIONS:
            return self._quotient(first, end, strict)
        return None

    def _nabla(self, first: int, end: int, strict: bool) -> Operator | None:
        r"""`\nabla`, `\nabla_x`, `\partial_x`."""
        at = first + 1
        variable = None
        while at < end and self.pieces[at].text in ("_", "^"):
            below, below_end, after = self.names.argument(at, end)
            if self.pieces[at].text == "^" and strict and not self._is_opaque(after, end):
                self._second(first, after)
            if self.pieces[at].text == "_":
                variable = self._variables(below, below_end)
            at = after
        if variable is None and (self.pieces[first].text == "\\partial" or self._is_opaque(at, end)):
            return None
        return Operator(variable, at)

    def _is_opaque(self, at: int, end: int) -> bool:
        """Whether a declared function follows: then this is its gradient, and asks for nothing."""
        while at < end and self.pieces[at].text in ("_", "^"):
            at = self.names.argument(at, end)[2]
        name = self._name(at, end)
        return name is not None and name[0] in self.names.opaque

    def _quotient(self, first: int, end: int, strict: bool) -> Operator | None:
        r"""`\frac{\partial}{\partial X}`, `\frac{\partial f}{\partial x}`, `\frac{d}{dx}`."""
        above, above_end, middle = self.names.argument(first, end)
        if middle >= end or middle == above_end:  # \frac12
            return None
        below, below_end, after = self.names.argument(first, end, middle)
        numerator = self._after_differential(above, above_end)
        denominator = self._after_differential(below, below_end)
        if numerator is None or denominator is None or denominator == below_end:
            return None
        if numerator < above_end and self.pieces[numerator].text == "^" and strict:
            self._second(first, after)
        variable = self._name(denominator, below_end)
        if variable is None or variable[1] != below_end:
            if not strict:
                return Operator(None, after)
            if self.pieces[above].text == "\\partial":
                self._second(first, after)
            return None
        inside = None if numerator == above_end else (numerator, above_end)
        return Operator(variable[0], after, inside)

    def _after_differential(self, first: int, end: int) -> int | None:
        r"""The piece after `\partial` or an upright or slanted d; None where neither stands."""
        if first >= end:
            return None
        if self.pieces[first].text == "\\partial":
            return first + 1
        name = self.names.at(first, end, alone=True)
        is_d = name is not None and name.base == "d" and name.font == "" and "d" not in self.names.declared
        return name.after if name is not None and is_d else None

    def _second(self, first: int, after: int) -> NoReturn:
        self.source.refuse("a second derivative is asked for here", self._place(first, after), ORDER_MEND)

    # ---- places ----

    def _place(self, first: int, end: int) -> tuple[int, int]:
        return self.pieces[first].start, self.pieces[end - 1].end

    def _text(self, first: int, end: int) -> str:
        start, stop = self._place(first, end)
        return " ".join(self.source.text[start:stop].split())
