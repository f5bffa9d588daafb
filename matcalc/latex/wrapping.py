r"""What stands around a formula and between its lines: `$...$`, `\begin{align}`, `\label{...}`, `&` and `\\`."""

from __future__ import annotations

from matcalc.latex.commands import (
    BLANKS,
    MATRICES,
    REFUSED_ENVIRONMENTS,
    SECOND_ARGUMENT,
    SWITCHES,
    WITH_ARGUMENT,
    WRAPPERS,
)
from matcalc.latex.pieces import Piece, Source, matching_braces, written
from matcalc.spelling import nearest

MATH_OPEN = {"$": "$", "$$": "$$", "\\(": "\\)", "\\[": "\\]"}
MATH_CLOSE = frozenset({"\\)", "\\]"})
PUNCTUATION = frozenset(".,;:!?")
WITH_SPECIFICATION = frozenset({"array", "alignat", "alignedat"})


class Unwrapper:
    """Drops what is only typesetting; lines end in pieces of the kind `newline`, rows of matrices in `row`."""

    def __init__(self, source: Source, pieces: list[Piece]) -> None:
        self.source = source
        self.pieces = pieces
        self.partners = matching_braces(source, pieces)
        self.kept: list[Piece] = []
        self.dropped: set[int] = set()  # braces that say nothing
        self.environments: list[tuple[str, Piece]] = []
        self.math: Piece | None = None  # what opened the formula, until it is closed
        self.closed_math: Piece | None = None

    def unwrapped(self) -> list[Piece]:
        at = 0
        while at < len(self.pieces):
            at = self._step(at)
        if self.environments:
            name, opened = self.environments[-1]
            self.source.refuse(f"\\begin{{{name}}} is never closed", opened, f"write \\end{{{name}}}")
        if self.math is not None:
            closing = MATH_OPEN[self.math.text]
            self.source.refuse(
                f"'{self.math.text}' is never closed", self.math, f"write {closing} where it ends", expected=closing
            )
        return self.kept

    def _step(self, at: int) -> int:
        """Deal with one piece and what belongs to it; gives the number of the next."""
        piece = self.pieces[at]
        text = piece.text
        if text in BLANKS:
            return at + 1
        if text in MATH_OPEN or text in MATH_CLOSE:
            self._delimit(piece)
            return at + 1
        if self.closed_math is not None and text not in PUNCTUATION:
            self.source.refuse("text outside of the formula is not read", piece, "give one formula at a time")
        if text in WITH_ARGUMENT:
            return self._argument(at, at + 1)[1]
        if text in SECOND_ARGUMENT:
            return self._second_argument(at)
        if text == "\\mathop":
            return self._operator(at)
        if at in self.dropped:
            return at + 1
        if text in ("\\begin", "\\end"):
            return self._begin(at) if text == "\\begin" else self._end(at)
        if text == "\\\\":
            self._break(piece)
            return self._after_break(at + 1)
        if text == "&":
            self._separate(piece)
        else:
            self.kept.append(piece)
        return at + 1

    def _delimit(self, piece: Piece) -> None:
        """A dollar sign or its like."""
        if self.math is not None:
            if piece.text != MATH_OPEN[self.math.text]:
                self.source.refuse(f"'{self.math.text}' is closed by '{piece.text}'", piece)
            self.math, self.closed_math = None, piece
            return
        if piece.text in MATH_CLOSE:
            self.source.refuse(f"'{piece.text}' closes a formula that was never opened", piece)
        if self.closed_math is not None:
            self.source.refuse("a second formula begins here", piece, "give one formula at a time")
        outside = [p for p in self.kept if p.text not in PUNCTUATION]
        if outside:
            self.source.refuse("text outside of the formula is not read", outside[0], "give the formula alone")
        self.math = piece

    def _argument(self, command: int, at: int) -> tuple[str, int]:
        """The text of the braced argument at a piece, and the number of the piece after it."""
        if at >= len(self.pieces) or self.pieces[at].text != "{":
            piece = self.pieces[command]
            self.source.refuse(f"the argument of {piece.text} is missing", piece, f"write {piece.text}{{...}}")
        end = self.partners[at]
        return written(self.pieces[at + 1 : end]), end + 1

    def _operator(self, at: int) -> int:
        r"""`\mathop{\rm tr}` is what stands in its braces."""
        following = [piece.text for piece in self.pieces[at + 1 : at + 3]]
        if following[:1] == ["{"] and following[1] not in SWITCHES:
            self.dropped.update((at + 1, self.partners[at + 1]))
        return at + 1

    def _second_argument(self, at: int) -> int:
        r"""`\overset{a}{b}` is b; a sign such as the = of a definition loses its braces."""
        after = self._argument(at, at + 1)[1]
        end = self._argument(at, after)[1]
        if end == after + 3:
            self.kept.append(self.pieces[after + 1])
            return end
        return after

    def _begin(self, at: int) -> int:
        written_name, after = self._argument(at, at + 1)
        name = written_name.rstrip("*")
        place = Piece("command", f"\\begin{{{written_name}}}", self.pieces[at].start, self.pieces[after - 1].end)
        if name in REFUSED_ENVIRONMENTS:
            self.source.refuse(REFUSED_ENVIRONMENTS[name], place, "write what it means as a formula")
        if name not in WRAPPERS and name not in MATRICES:
            near = nearest(name, WRAPPERS | MATRICES)
            mend = f"did you mean {near}?" if near else "leave it out, or write the formula alone"
            self.source.refuse(f"the environment '{written_name}' is not known", place, mend)
        if name == "array" and after < len(self.pieces) and self.pieces[after].text == "[":
            after = self._after_option(after)
        if name in WITH_SPECIFICATION:
            after = self._argument(at, after)[1]
        self.environments.append((written_name, place))
        if name in MATRICES:
            self.kept.append(Piece("matrix_open", name, place.start, place.end))
        return after

    def _end(self, at: int) -> int:
        name, after = self._argument(at, at + 1)
        place = Piece("command", f"\\end{{{name}}}", self.pieces[at].start, self.pieces[after - 1].end)
        if not self.environments:
            self.source.refuse(f"\\end{{{name}}} closes what was never opened", place)
        opened, _ = self.environments.pop()
        if opened != name:
            self.source.refuse(
                f"\\begin{{{opened}}} is closed by \\end{{{name}}}", place, f"write \\end{{{opened}}}", expected=opened
            )
        if name in MATRICES:
            self.kept.append(Piece("matrix_close", name, place.start, place.end))
        else:
            self.kept.append(Piece("newline", "", place.start, place.end))
        return after

    def _in_matrix(self) -> bool:
        return bool(self.environments) and self.environments[-1][0] in MATRICES

    def _break(self, piece: Piece) -> None:
        self.kept.append(Piece("row" if self._in_matrix() else "newline", "\\\\", piece.start, piece.end))

    def _after_break(self, at: int) -> int:
        r"""The piece after `\\*` and `\\[2pt]`."""
        if at < len(self.pieces) and self.pieces[at].text == "*":
            at += 1
        if at < len(self.pieces) and self.pieces[at].text == "[":
            end = self._after_option(at)
            inside = written(self.pieces[at + 1 : end - 1])
            if inside.lstrip("-")[:1].isdigit() and inside[-2:] in ("pt", "em", "ex", "mm", "cm", "in"):
                return end
        return at

    def _after_option(self, at: int) -> int:
        end = next((n for n in range(at, len(self.pieces)) if self.pieces[n].text == "]"), None)
        if end is None:
            self.source.refuse("'[' is never closed", self.pieces[at], expected="]")
        return end + 1

    def _separate(self, piece: Piece) -> None:
        """`&` parts the entries of a row; at the start of an aligned line it says nothing."""
        if self._in_matrix():
            self.kept.append(Piece("ampersand", "&", piece.start, piece.end))
        elif not self.environments:
            self.source.refuse("'&' stands outside of a matrix", piece, "leave it out")
