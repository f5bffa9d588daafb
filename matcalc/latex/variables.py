r"""Names with their scripts: what belongs to the name, what is an index, and what looks like no name after all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.latex.commands import FONTS, FUNCTION_LETTERS, GREEK, GROWING
from matcalc.latex.opaque import OpaqueReader
from matcalc.latex.pieces import written
from matcalc.latex.scripts import Scripts, Token

if TYPE_CHECKING:
    from matcalc.latex.names import Name
    from matcalc.latex.scripts import Range, Task

LABEL_BRACKETS = {"(": ")", "[": "]"}
STARS = frozenset({"*", "\\ast", "\\star"})
EIGENVALUES = frozenset({"lambda_max", "lambda_min"})


class VariableReader(OpaqueReader):
    """Reads a name together with what stands above and below it."""

    def variable(self, name: Name, end: int) -> list[Task]:
        """A name with its subscript, and with a superscript that is a label: `x^{(i)}`, `w^*`."""
        self._number_behind(name, end)
        scripts = self.scripts(name.after, end)
        text, indices = name.text, None
        stop = name.end
        if scripts.below is not None:
            self._check_order(name, scripts)
            stop = scripts.below_place[1]
            text, indices = self._subscripted(name, scripts)
        for number, (sign, above, place) in enumerate(scripts.above):
            label = self._label(text, above, (name.start, max(stop, place[1])))
            if label is None:
                continue
            text, rest = label
            stop = max(stop, place[1])
            scripts.above[number : number + 1] = [(sign, rest, place)] if rest is not None else []
            break
        mark = (self.names.settled(text, name), name.start, stop)
        if text not in self.names.declared:
            self._refuse_other_meaning(text, name, scripts, end)
        tasks: list[Task] = [Token("NAME", mark)]
        if indices is not None:
            tasks.append(Token("ENTRY", (indices, *scripts.below_place)))
        return [*tasks, *self.superscripts(scripts), (scripts.after, end)]

    def _number_behind(self, name: Name, end: int) -> None:
        """`W1` without a blank is nobody's product."""
        pieces, after = self.pieces, name.after
        if after < end and pieces[after].kind == "digit" and pieces[after].start == name.end and not name.is_word:
            text = self.source.text[name.start : name.end]
            digit = pieces[after].text
            mend = f"write {text}_{digit} for a name with a number, {digit}{text} for a multiple"
            self.source.refuse(f"a number right behind a name: {text}{digit}", (name.start, pieces[after].end), mend)

    def _check_order(self, name: Name, scripts: Scripts) -> None:
        """`A^{-1}_{ij}` is an entry of the inverse, or the inverse of A_ij: refused."""
        assert scripts.below is not None
        subscript = self.names.subscript(*scripts.below) or ""
        has_indices = "," in subscript and name.base[0].isupper()
        is_entry = has_indices or (len(subscript) == 2 and subscript.isalpha())
        for sign, (first, end), place in scripts.above:
            inverts = written(self.pieces[first : min(end, first + 3)]) == "-1" or self.is_transposition(first, end)
            comes_first = place[0] < scripts.below_place[0]
            if is_entry and sign == "^" and inverts and (comes_first or has_indices):
                mend = "write [A^{-1}]_{i,j} for the entry, (A_{i,j})^{-1} for its inverse"
                self.source.refuse("is this an entry first, or a power first?", place, mend)

    def _subscripted(self, name: Name, scripts: Scripts) -> tuple[str, str | None]:
        """The name with its subscript, or the name of a matrix and the indices of an entry."""
        assert scripts.below is not None
        subscript = self.names.subscript(*scripts.below)
        if subscript is None:
            mend = "a subscript is a number, a name or a word; entries are written A_{i,j}"
            self.source.refuse("this subscript is not read", scripts.below_place, mend)
        is_matrix = name.base[0].isupper()
        if ":" in subscript or ("," in subscript and is_matrix):
            return name.text, subscript
        text = self.names.with_subscript(name.text, subscript.replace(",", "_"))
        is_entry = len(subscript) == 2 and all(letter in self.indices for letter in subscript)
        if is_entry and text not in self.names.declared:
            return name.text, f"{subscript[0]},{subscript[1]}"
        return text, None

    # ---- labels ----

    def _label(self, text: str, above: Range, place: tuple[int, int]) -> tuple[str, Range | None] | None:
        """The name with a superscript that numbers or marks it, and what follows in the superscript.

        None where the superscript is no label.
        """
        first, end = above
        if end == first + 1 and self.pieces[first].text in STARS:
            if self.pieces[first].text != "\\star" and not text[0].islower():
                return None
            name, rest = f"{text}star", None
        else:
            label, after = self._label_text(first, end)
            if label is None or "," in label or ":" in label:
                return None
            name, rest = self.names.with_subscript(text, label), (after, end) if after < end else None
        self.note(f"{self.source.text[slice(*place)]} is read with the name {name}")
        return name, rest

    def _label_text(self, first: int, end: int) -> tuple[str | None, int]:
        r"""The text of a label, `(i)`, `[1]` or `\text{old}`, and the piece after it; None where there is none."""
        closing = LABEL_BRACKETS.get(self.pieces[first].text)
        if closing is None:
            name = self.names.at(first, end)
            is_word = name is not None and name.is_word and name.after == end
            return (name.text, end) if name is not None and is_word else (None, first)
        last = next((n for n in range(first, end) if self.pieces[n].text == closing), first)
        if last < first + 2 or (last + 1 < end and not self.is_transposition(last + 1, end)):
            return None, first
        return self.names.subscript(first + 1, last), last + 1

    # ---- what looks like no name ----

    def _refuse_other_meaning(self, text: str, name: Name, scripts: Scripts, end: int) -> None:
        """Refuse names that stand for something else than a variable, unless they are declared."""
        typed = self.source.text[name.start : name.end]
        if text == "pi" and (
            name.font == "bold" or any(self.is_transposition(*above) for _, above, _ in scripts.above)
        ):
            mend = "declare it as a variable, pi: vector(n)"
            self.source.refuse("pi is the number unless it is declared", (name.start, name.end), mend)
        if (
            name.command == "\\Delta"
            and text == "Delta"
            and not scripts.above
            and self._begins_name(scripts.after, end)
        ):
            mend = f"write {typed} \\cdot x for a product, \\Delta_x for a name"
            self.source.refuse("a difference is not read as a name", (name.start, name.end), mend)
        self._refuse_application(text, name, scripts, end)

    def _begins_name(self, at: int, end: int) -> bool:
        return at < end and (self.pieces[at].kind == "letter" or self.pieces[at].text in (*GREEK, *FONTS))

    def _refuse_application(self, text: str, name: Name, scripts: Scripts, end: int) -> None:
        """A letter that usually names a function, or a bracket around names alone: no product is meant."""
        at = scripts.after
        primed = bool(scripts.above) and all(sign == "'" for sign, _, _ in scripts.above)
        if (scripts.above and not primed) or not self._opens(at, end):
            return
        typed = self.source.text[name.start : name.end]
        is_function_letter = name.command in FUNCTION_LETTERS or name.font in ("script", "Fraktur")
        is_expectation = text in EIGENVALUES or (text in ("E", "P") and self.pieces[at].text == "[")
        if primed and is_function_letter:
            mend = f"for the transpose write {typed}^\\top"
            self.source.refuse(f"{typed}' looks like the derivative of a function", (name.start, name.end + 1), mend)
        if is_function_letter or is_expectation or (not primed and self._holds_names(at, end)):
            self.source.refuse(
                f"{text}(...) looks like a function, and no function {text} is known",
                (name.start, name.end),
                f"for a product write {typed} \\cdot (...)",
                found=text,
            )

    def _holds_names(self, at: int, end: int) -> bool:
        """Whether the round bracket at a piece holds a name alone, or several parted by commas."""
        while self.pieces[at].text in GROWING:
            at += 1
        if self.pieces[at].text != "(":
            return False
        at += 1
        while at < end:
            name = self.names.at(at, end)
            if name is None:
                return False
            at = self.scripts(name.after, end).after
            while at < end and self.pieces[at].text in GROWING:
                at += 1
            if at < end and self.pieces[at].text == ")":
                return True
            if at >= end or self.pieces[at].text not in (",", ";", "|", "\\mid"):
                return False
            at += 1
        return False
