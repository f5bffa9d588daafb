"""The source as pieces: commands, letters, digits and signs with their places; what pairs of braces hold."""

from __future__ import annotations

import re
from typing import NamedTuple, NoReturn

from matcalc.errors import ParseError

_PIECE = re.compile(
    r"""(?P<blank>(?:[\s~\xa0]|%[^\n]*)+)
    |(?P<command>\\(?:(?:operatorname|DeclareMathOperator|(?:re)?newcommand|providecommand|[hv]space|tag)\*
                     |[A-Za-z@]+|[^A-Za-z@]|\Z))
    |(?P<digit>[0-9])
    |(?P<letter>[^\W\d_])
    |(?P<sign>\|\||\$\$|\.[*/^]|:=|.)""",
    re.VERBOSE | re.DOTALL,
)
MOST_PIECES = 200_000


class Piece(NamedTuple):
    """A command, letter, digit or sign of the source, with its place there."""

    kind: str
    text: str
    start: int
    end: int


class Source:
    """The text the user gave: what messages quote and point into."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def refuse(
        self,
        message: str,
        place: Piece | tuple[int, int],
        suggestion: str | None = None,
        expected: str | None = None,
        found: str | None = None,
    ) -> NoReturn:
        """Raise the ParseError that points at a piece, or at a range of characters."""
        position = (place.start, place.end) if isinstance(place, Piece) else place
        raise ParseError(
            message, source=self.text, position=position, suggestion=suggestion, expected=expected, found=found
        )


def scanned(source: Source) -> list[Piece]:
    """The pieces of the source, blanks and comments left out."""
    found = []
    for match in _PIECE.finditer(source.text):
        kind = match.lastgroup
        assert kind is not None
        if kind == "command" and len(match[0]) == 1:
            source.refuse("a command is missing after \\", (match.start(), match.end()))
        if kind != "blank":
            found.append(Piece(kind, match[0], *match.span()))
    return found


def matching_braces(source: Source, pieces: list[Piece]) -> dict[int, int]:
    """The closing brace of every opening one, by their numbers. Raises ParseError where one is alone."""
    partners: dict[int, int] = {}
    opened: list[int] = []
    for number, piece in enumerate(pieces):
        if piece.text == "{":
            opened.append(number)
        elif piece.text == "}":
            if not opened:
                source.refuse(
                    "'}' closes a brace that was never opened", piece, "leave it out, or write the brace that it closes"
                )
            partners[opened.pop()] = number
    if opened:
        source.refuse("'{' is never closed", pieces[opened[-1]], "write } where the argument ends", expected="}")
    return partners


def written(pieces: list[Piece]) -> str:
    """Pieces as one text, without blanks."""
    return "".join([piece.text for piece in pieces])
