r"""Sums over an index and operands that are filled: `\sum_{i=1}^{n}`, `\mathbf{1}_n`, `I_n`."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from matcalc.latex.commands import SIGNS
from matcalc.latex.functions import FunctionReader, adjoin
from matcalc.latex.pieces import written
from matcalc.latex.scripts import Token

if TYPE_CHECKING:
    from collections.abc import Collection

    from matcalc.latex.names import Name, NameReader
    from matcalc.latex.scripts import Scripts, Task

FILLED_WITH = {"eye": "the identity", "ones": "ones", "zeros": "zeros"}


class FilledReader(FunctionReader):
    """Reads sums, vectors of ones and identities. `indices` are the indices of all sums in the text."""

    def __init__(self, names: NameReader, notes: list[str], functions: Collection[str]) -> None:
        super().__init__(names, notes, functions)
        self.indices = self._sum_indices()

    # ---- sums ----

    def sum(self, first: int, end: int) -> list[Task]:
        r"""`\sum_{i=1}^{n}`, `\sum_i`, `\sum_{i,j}`; the body follows."""
        piece = self.pieces[first]
        scripts = self.scripts(first + 1, end)
        if scripts.below is None:
            mend = "write \\sum_i or \\sum_{i=1}^{n}; of all entries of x, the sum is \\mathbf{1}^\\top x"
            self.source.refuse("a sum needs its index", piece, mend)
        below, below_end = scripts.below
        indices, at = self._indices(below, below_end)
        lower: list[Task] = []
        if at < below_end and self.pieces[at].text == "=" and indices:
            lower = [Token("FROM", ("=", *self.place(at, at + 1))), *self.braced(at + 1, below_end)]
        elif at < below_end or not indices:
            mend = "the index runs over numbers: write \\sum_{i=1}^{n}"
            self.source.refuse("what this sum runs over is not read", scripts.below_place, mend)
        upper = self._upper(scripts)
        mark = (piece.start, scripts.below_place[1])
        tasks: list[Task] = []
        for index in indices:
            tasks += [Token("SUM", (index, *mark)), *lower, *upper]
        return [*tasks, (scripts.after, end)]

    def _upper(self, scripts: Scripts) -> list[Task]:
        if not scripts.above:
            return []
        sign, (first, end), place = scripts.above[0]
        if len(scripts.above) > 1 or sign != "^":
            self.source.refuse("the end of this sum is not read", place, "write \\sum_{i=1}^{n}")
        return [Token("TO", (sign, *place)), *self.braced(first, end)]

    def _indices(self, first: int, end: int) -> tuple[list[str], int]:
        """The names of the indices below a sum, and the piece after them."""
        indices: list[str] = []
        at = first
        while at < end:
            name = self.names.at(at, end)
            if name is not None:
                indices.append(name.text)
                at = name.after
            elif self.pieces[at].text == "," and indices:
                at += 1
            else:
                break
        return indices, at

    def _sum_indices(self) -> set[str]:
        found: set[str] = set()
        for number, piece in enumerate(self.pieces):
            if piece.text == "\\sum" and number + 1 < len(self.pieces):
                scripts = self.scripts(number + 1, len(self.pieces))
                if scripts.below is not None:
                    found.update(self._indices(*scripts.below)[0])
        return found

    # ---- ones, zeros, identities ----

    def filled(self, name: Name, first: int, end: int) -> list[Task]:
        r"""`\mathbf{1}`, `\mathbf{1}_n`, `\mathbf{0}_{m \times n}`, and `\mathbf{1}_{>0}(x)`."""
        kind = "ones" if name.base == "1" else "zeros"
        after = name.after
        if after < end and self.pieces[after].text == "_":
            inside, inside_end, behind = self.names.argument(after, end)
            if written(self.pieces[inside:inside_end]) == ">0" and kind == "ones":
                return self._function("step", first, behind, end)
        elif kind == "ones" and name.font != "bold" and self._opens(after, end):
            mend = "\\mathbf{1}_{>0}(x) is 1 where x > 0; a vector of ones is written \\mathbf{1}"
            self.source.refuse("an indicator is not read in this form", self.place(first, after + 1), mend)
        sized = self.sized(kind, name, end)
        if sized is not None:
            return sized
        return [Token("FILLED", (kind, name.start, name.end)), *self.scripted(after, end)]

    def sized(self, kind: str, name: Name, end: int) -> list[Task] | None:
        """Ones or an identity of the size below it; None where no size stands there."""
        scripts = self.scripts(name.after, end)
        if scripts.below is None:
            return None
        first, last = scripts.below
        if kind == "eye" and not self._is_size(first, last):
            return None
        if kind in FILLED_WITH and written(self.pieces[first:last]) not in self.names.declared:
            text = self.source.text[name.start : scripts.below_place[1]]
            self.note(f"{text} is read as {FILLED_WITH[kind]} of that size")
        middle = next((n for n in range(first, last) if self.pieces[n].text in ("\\times", ",")), None)
        filled = Token("FILLED", (kind, name.start, name.end))
        sizes = Token("SIZES", ("_", scripts.below_place[0], scripts.below_place[0] + 1))
        inside = self.braced(first, last)
        if middle is not None:
            by = Token("BY", ("\\times", *self.place(middle, middle + 1)))
            inside = [inside[0], (first, middle), by, (middle + 1, last), inside[2]]
        return [filled, sizes, *inside, *self.superscripts(scripts), (scripts.after, end)]

    def _is_size(self, first: int, last: int) -> bool:
        """Whether what stands below an I is the size of an identity, and not a mark that tells several I apart."""
        pieces = self.pieces[first:last]
        text = written(pieces)
        name = self.names.subscript(first, last)
        if f"I_{name}" in self.names.declared or text in self.indices:
            return False
        if name in self.names.declared:
            return True
        if text.isdecimal():
            return not self._numbered("I")
        return not any(adjoin(*pair) for pair in pairwise(pieces)) and all(
            piece.kind in ("letter", "digit") or piece.text in SIGNS or piece.text in "_{}," for piece in pieces
        )

    def _numbered(self, letter: str) -> bool:
        """Whether the letter has a 0 or 1 below it somewhere, as the first of several."""
        following = zip(self.pieces, self.pieces[1:], self.pieces[2:])
        return any(a.text == letter and b.text == "_" and c.text in ("0", "1") for a, b, c in following)
