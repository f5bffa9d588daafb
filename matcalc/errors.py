"""The exceptions matcalc raises, and how they point into the text the user typed."""

from __future__ import annotations


class MatcalcError(Exception):
    """Base of every error matcalc raises.

    `message` says what is wrong, `position` is the half-open character range in `source`,
    `expected` and `found` name the two things that disagree, `suggestion` what to type instead.
    """

    exit_status = 1

    def __init__(
        self,
        message: str,
        *,
        source: str | None = None,
        position: tuple[int, int] | None = None,
        expected: str | None = None,
        found: str | None = None,
        suggestion: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.source = source
        self.position = position
        self.expected = expected
        self.found = found
        self.suggestion = suggestion

    def __str__(self) -> str:
        lines = [self.message]
        if self.source is not None and self.position is not None:
            lines += [f"  {line}" for line in underlined(self.source, *self.position)]
        if self.suggestion:
            lines.append(f"  {self.suggestion}")
        return "\n".join(lines)


def underlined(source: str, start: int, end: int, width: int = 100) -> list[str]:
    """The line of `source` that holds `start`, clipped to `width`, and carets under the range."""
    start = min(max(start, 0), len(source))
    first = source.rfind("\n", 0, start) + 1
    last = source.find("\n", start)
    last = len(source) if last < 0 else last
    clip = max(first, start - width // 2)
    line = source[clip : min(last, clip + width)].replace("\t", " ")
    count = max(1, min(end, clip + len(line)) - start)
    prefix = "..." if clip > first else ""
    suffix = "..." if clip + width < last else ""
    return [prefix + line + suffix, " " * (len(prefix) + start - clip) + "^" * count]


class ParseError(MatcalcError):
    """The text is not in the language."""

    exit_status = 2


class ShapeError(MatcalcError):
    """Two shapes, or a shape and an operator, do not fit."""


class NotDifferentiableError(MatcalcError):
    """No derivative is known here; the message gives the reason."""


class UnknownNameError(MatcalcError):
    """A function or variable that nothing declares or mentions."""


class UnsupportedError(MatcalcError):
    """Well-formed, but matcalc does not know how to answer it yet."""
