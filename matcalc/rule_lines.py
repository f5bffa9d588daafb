"""Rule files as entries: where each begins, what it is called. No formula is read here.

This is what a start costs, so it is one regular expression over the file; an entry is parsed when it is first used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from matcalc.errors import MatcalcError, ParseError

# besides `known`, which is for the rules that ship with matcalc alone
KEYWORDS = ("fn", "def", "let", "rule", "open", "fold", "later")
SENTENCES = ("rule", "open", "fold", "known")  # these state an identity and define no name
# an entry is a line that starts at the margin, with the indented lines after it
_ENTRY = re.compile(
    r"^(?P<keyword>fn|def|let|rule|open|fold|known|later)\b[ \t]*(?P<name>\w*).*(?:\n[ \t]+[^\s%#].*)*", re.MULTILINE
)
_BLANK = re.compile(r"\s*(?:[%#].*)?$")
# a comment starts at % or # outside of a string
_COMMENT = re.compile(r'("(?:[^"\n])*")|[%#][^\n]*')


class RuleLine:
    """One entry of a rule file: its keyword, its name (empty where it defines none), its text and its place.

    `text` is as long as the entry in the file, comments blanked out. `trusted` entries ship with matcalc.
    """

    __slots__ = ("file", "keyword", "line", "name", "text", "trusted")

    def __init__(self, keyword: str, name: str, text: str, file: str, line: int, trusted: bool) -> None:
        self.keyword = keyword
        self.name = name
        self.text = text
        self.file = file
        self.line = line
        self.trusted = trusted

    @property
    def where(self) -> str:
        """The file and line, for a person to go to."""
        return f"{self.file}, line {self.line}"

    def error(
        self, message: str, start: int = 0, end: int | None = None, cause: MatcalcError | None = None
    ) -> MatcalcError:
        """The error at `start` to `end` of the text; of the kind of its cause, else a ParseError."""
        first = self.text.rfind("\n", 0, start) + 1
        shown = self.text[first:].split("\n", 1)[0].rstrip()
        last = len(shown) if end is None else min(end - first, len(shown))
        number = self.line + self.text.count("\n", 0, start)
        return (type(cause) if cause else ParseError)(
            f"{self.file}, line {number}, column {start - first + 1}: {message}",
            source=shown,
            position=(start - first, max(start - first + 1, last)),
            expected=cause.expected if cause else None,
            found=cause.found if cause else None,
            suggestion=cause.suggestion if cause else None,
        )

    def __repr__(self) -> str:
        return f"{self.where}: {' '.join(self.text.split())}"


def scan(source: str, file: str, trusted: bool = False) -> Iterator[RuleLine]:
    """The entries of a rule file in order. Raises ParseError for a line that begins none.

    >>> [(e.keyword, e.name, e.line) for e in scan("% squares\\nfn square(x)\\n    d = 2*x.*dx\\n", "my.rules")]
    [('fn', 'square', 2)]
    """
    end, line = 0, 1
    for match in _ENTRY.finditer(source):
        _reject(source, end, match.start(), line, file)
        line += source.count("\n", end, match.start())
        keyword, text = match["keyword"], _without_comments(match[0])
        entry = RuleLine(keyword, "" if keyword in SENTENCES else match["name"], text, file, line, trusted)
        if keyword not in SENTENCES and not entry.name:
            raise entry.error(f"a name was expected after {keyword}", len(keyword), len(keyword) + 1)
        yield entry
        line += source.count("\n", match.start(), match.end())
        end = match.end()
    _reject(source, end, len(source), line, file)


def _reject(source: str, start: int, end: int, line: int, file: str) -> None:
    """Complain about anything but blank lines and comments between two entries."""
    for number, text in enumerate(source[start:end].split("\n"), line):
        if not _BLANK.match(text):
            raise ParseError(
                f"{file}, line {number}: a line must begin with {', '.join(KEYWORDS[:-1])} or {KEYWORDS[-1]}",
                source=text,
                position=(0, len(text)),
                expected="fn, def, let, rule, open or later",
                found=text.split()[0],
                suggestion="an indented line goes on with the line above it",
            )


def _without_comments(text: str) -> str:
    """The same text with blanks in place of comments."""
    if "%" not in text and "#" not in text:
        return text
    return _COMMENT.sub(lambda match: match[1] or " " * len(match[0]), text)
