"""The fields of one entry of a rule file, as text with its place; the formulas in it are left to the parser.

    fn   HEAD -> KIND   = VALUE   d = DIFFERENTIAL   numpy = "..."   latex = "..."   (and more, see FIELDS)
    def  HEAD -> KIND   = FORMULA                    numpy = "..."   latex = "..."
    let  NAME, NAME: KIND
    rule LEFT -> RIGHT
    known FORMULA by VARIABLE -> DERIVATIVE   name = "..."   source = "..."
    later NAME "REASON"

A field ends where the next begins, at a word and `=` outside of brackets and strings.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matcalc.rule_lines import RuleLine

# what a `fn` or `def` may state, besides its head, its result and its value
FIELDS = (
    *("d", "numpy", "latex", "linear", "adjoint", "commutes", "commuting", "assuming", "kink", "printed"),
    *("curve", "range", "keeps"),
)
_TOKEN = re.compile(r'"[^"\n]*"|->|\w+|[^\s\w]')
_OPENING, _CLOSING = "([{", ")]}"


class Field:
    """A piece of an entry: `start` counts from the beginning of the entry."""

    __slots__ = ("start", "text")

    def __init__(self, text: str, start: int) -> None:
        shift = len(text) - len(text.lstrip())
        self.text = text.strip()
        self.start = start + shift

    @property
    def is_string(self) -> bool:
        return self.text.startswith('"')

    @property
    def unquoted(self) -> str:
        return self.text[1:-1]


# a name, its parameters with their kinds where given, and the kind of the result where given
Head = tuple[str, list[tuple[Field, "Field | None"]], "Field | None"]


def split_fields(line: RuleLine) -> dict[str, Field]:
    """The fields of a `fn` or `def`: `head`, `result`, `value` and those of FIELDS, as far as they are there."""
    marks = [("head", len(line.keyword), len(line.keyword))]
    tokens = _outer_tokens(line, line.text)
    for k, (text, start) in enumerate(tokens):
        before, begin = tokens[k - 1] if k else ("", 0)
        if text == "->":
            marks.append(("result", start, start + 2))
        elif text == "=":
            marks.append((before, begin, start + 1) if before in FIELDS else ("value", start, start + 1))
    fields: dict[str, Field] = {}
    for k, (name, begin, content) in enumerate(marks):
        if name in fields:
            raise line.error(f"this is the second {_described(name)} of {line.name}", begin, content)
        end = marks[k + 1][1] if k + 1 < len(marks) else len(line.text)
        fields[name] = Field(line.text[content:end], content)
        if not fields[name].text:
            raise line.error(f"{_described(name)} is empty", begin, content)
    return fields


def split_head(line: RuleLine, fields: dict[str, Field]) -> Head:
    """The name, the parameters and the result of a `fn` or `def`."""
    head = fields["head"]
    match = re.fullmatch(r"(\w+)\s*\((.*)\)", head.text, re.DOTALL)
    if match is None:
        end = head.start + len(head.text)
        raise line.error("a name and its parameters were expected, such as f(x)", head.start, end)
    parameters = []
    for piece in _pieces(line, match[2], head.start + match.start(2), ","):
        if not piece.text:
            raise line.error(f"a parameter of {match[1]} is missing", piece.start, piece.start + 1)
        name, *kind = _pieces(line, piece.text, piece.start, ":")
        parameters.append((name, kind[0] if kind else None))
    return match[1], parameters, fields.get("result")


def split_let(line: RuleLine) -> tuple[list[Field], Field]:
    """The names a `let` declares, and their kind."""
    pieces = _pieces(line, line.text[3:], 3, ":")
    if len(pieces) != 2 or not pieces[1].text:
        raise line.error("a name and a kind were expected, such as let x: vector(n)")
    return _pieces(line, pieces[0].text, pieces[0].start, ","), pieces[1]


def split_rule(line: RuleLine) -> tuple[Field, Field]:
    """The left and the right side of a `rule`."""
    sides = _pieces(line, line.text[4:], 4, "->")
    if len(sides) != 2 or not all(side.text for side in sides):
        raise line.error("two sides were expected, such as rule inv(inv(X)) -> X")
    return sides[0], sides[1]


def split_known(line: RuleLine) -> dict[str, Field]:
    """The parts of a `known`: `formula`, `by`, `derivative`, `name` and `source`, each of them once."""
    marks = [("formula", len(line.keyword), len(line.keyword))]
    tokens = _outer_tokens(line, line.text)
    for k, (text, start) in enumerate(tokens):
        following = tokens[k + 1] if k + 1 < len(tokens) else ("", 0)
        if text in ("by", "->"):
            marks.append(("by" if text == "by" else "derivative", start, start + 2))
        elif text in ("name", "source") and following[0] == "=":
            marks.append((text, start, following[1] + 1))
    if [name for name, _, _ in marks] != ["formula", "by", "derivative", "name", "source"]:
        raise line.error('known FORMULA by VARIABLE -> DERIVATIVE name = "..." source = "..." was expected')
    ends = [begin for _, begin, _ in marks[1:]] + [len(line.text)]
    return {name: Field(line.text[content:end], content) for (name, _, content), end in zip(marks, ends)}


def split_later(line: RuleLine) -> str:
    """The reason why a name is not supported yet."""
    match = re.fullmatch(r'later\s+\w+\s+"([^"]*)"\s*', line.text)
    if match is None:
        raise line.error('a name and a reason were expected, such as later expm "its derivative is not known yet"')
    return match[1]


def _described(name: str) -> str:
    return {"value": "formula (after =)", "result": "result (after ->)", "d": "differential (after d =)"}.get(
        name, name
    )


def _pieces(line: RuleLine, text: str, start: int, separator: str) -> list[Field]:
    """The text cut at every separator outside of brackets and strings."""
    pieces, begin = [], 0
    for token, at in _outer_tokens(line, text, start):
        if token == separator:
            pieces.append(Field(text[begin:at], start + begin))
            begin = at + len(separator)
    return [*pieces, Field(text[begin:], start + begin)]


def _outer_tokens(line: RuleLine, text: str, start: int = 0) -> list[tuple[str, int]]:
    """The tokens outside of brackets, with their positions in the text."""
    opened: list[int] = []
    tokens = []
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token in _OPENING:
            opened.append(match.start())
        elif token in _CLOSING:
            if not opened:
                raise line.error(f"there is nothing that {token} closes", start + match.start(), start + match.end())
            opened.pop()
        elif not opened:
            tokens.append((token, match.start()))
    if opened:
        raise line.error("this bracket is never closed", start + opened[0], start + opened[0] + 1)
    return tokens
