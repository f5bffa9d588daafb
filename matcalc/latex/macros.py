r"""Macros that stand before the formula: `\newcommand{\tr}{\operatorname{tr}}`, `\def\x{\mathbf{x}}`."""

from __future__ import annotations

from matcalc.latex.commands import DEFINING
from matcalc.latex.pieces import MOST_PIECES, Piece, Source

MOST_ARGUMENTS = 9


class Macro:
    """What a command of the user's own stands for: pieces, among which `#1` is a place for an argument."""

    __slots__ = ("body", "count")

    def __init__(self, body: list[Piece], count: int) -> None:
        self.body = body
        self.count = count


class Expander:
    """Reads the definitions in a row of pieces and puts their bodies in where they are used."""

    def __init__(self, source: Source, pieces: list[Piece]) -> None:
        self.source = source
        self.pieces = pieces
        self.end = 0  # where the argument read last ends
        self.macros: dict[str, Macro] = {}

    def expanded(self) -> list[Piece]:
        """All pieces, without the definitions and with the macros replaced."""
        if not any(piece.text in DEFINING for piece in self.pieces):
            return self.pieces
        pending = self.pieces[::-1]  # what is still to be read, the next piece last
        found: list[Piece] = []
        steps = 0
        while pending:
            steps += 1
            piece = pending.pop()
            if steps + len(pending) > MOST_PIECES:
                self.source.refuse("the macros of this text have no end", piece)
            if piece.text in DEFINING and piece.kind == "command":
                self._define(piece, pending)
            elif piece.kind == "command" and piece.text in self.macros:
                self._put_in(piece, pending)
            else:
                found.append(piece)
        return found

    # ---- definitions ----

    def _define(self, piece: Piece, pending: list[Piece]) -> None:
        if piece.text == "\\let":
            self.source.refuse("\\let is not read", piece, "write \\newcommand{\\name}{...}")
        name = self._defined_name(piece, pending)
        count = self._places(pending) if piece.text in ("\\def", "\\gdef") else self._count(pending)
        body = self._argument(piece, pending)
        if piece.text.startswith("\\DeclareMathOperator"):
            start, end = piece.start, piece.end
            body = [Piece("command", "\\operatorname", start, end), *_braced(body, start, end)]
        self.macros[name] = Macro(body, count)

    def _defined_name(self, piece: Piece, pending: list[Piece]) -> str:
        inside = self._argument(piece, pending)
        if len(inside) != 1 or inside[0].kind != "command":
            self.source.refuse(f"{piece.text} needs a command to define", piece, f"write {piece.text}{{\\name}}{{...}}")
        return inside[0].text

    def _places(self, pending: list[Piece]) -> int:
        r"""The number of arguments of `\def\x#1#2{...}`."""
        count = 0
        while len(pending) > 1 and pending[-1].text == "#":
            pending.pop()
            pending.pop()
            count += 1
        return count

    def _count(self, pending: list[Piece]) -> int:
        """The number of arguments in `[1]`; a default for the first is refused."""
        if not pending or pending[-1].text != "[":
            return 0
        opened = pending.pop()
        digit = pending.pop() if pending else opened
        closed = pending.pop() if pending else opened
        if digit.kind != "digit" or closed.text != "]":
            self.source.refuse("the number of arguments of a macro was expected here", opened, "write [1]")
        if pending and pending[-1].text == "[":
            self.source.refuse("optional arguments of macros are not read", pending[-1])
        return int(digit.text)

    # ---- uses ----

    def _put_in(self, piece: Piece, pending: list[Piece]) -> None:
        """Put the body of a macro before what is still to be read; its pieces have the place of the use."""
        macro = self.macros[piece.text]
        end = piece.end
        arguments = []
        for _ in range(macro.count):
            arguments.append(self._argument(piece, pending))
            end = self.end
        made: list[Piece] = []
        place, last = (piece.start, piece.end), (max(piece.start, end - 1), end)
        rest = iter(macro.body)
        for part in rest:
            if part.text != "#":
                made.append(Piece(part.kind, part.text, *place))
                continue
            digit = next(rest, part)
            number = int(digit.text) if digit.kind == "digit" else 0
            if not 1 <= number <= len(arguments):
                self.source.refuse(f"#{digit.text} is no argument of {piece.text}", part)
            made += arguments[number - 1]
            place = last
        pending += made[::-1]

    def _argument(self, piece: Piece, pending: list[Piece]) -> list[Piece]:
        """The next braced row of pieces, or the next piece, taken off what is to be read."""
        if not pending or pending[-1].text == "}":
            self.source.refuse(f"an argument of {piece.text} is missing", piece, f"write {piece.text}{{...}}")
        first = pending.pop()
        self.end = first.end
        if first.text != "{":
            return [first]
        inside: list[Piece] = []
        depth = 1
        while depth:
            if not pending:
                self.source.refuse("'{' is never closed", first, "write } where the argument ends", expected="}")
            inside.append(pending.pop())
            depth += {"{": 1, "}": -1}.get(inside[-1].text, 0)
        self.end = inside.pop().end
        return inside


def _braced(inside: list[Piece], start: int, end: int) -> list[Piece]:
    return [Piece("sign", "{", start, end), *inside, Piece("sign", "}", start, end)]
