"""The LALR tables of the files in grammar/, and the loop that drives a parse with them.

Lark builds the tables, once per grammar, and they are kept in the user's cache folder. After that
neither a start nor a parse needs Lark: the loop reads tokens off one regular expression, follows the
tables, and calls a method of a builder for each alternative, by the name it has in the grammar.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from matcalc import table_cache

if TYPE_CHECKING:
    from collections.abc import Callable

    Method = Callable[[object, list[Any]], Any]
    Factors = Callable[[str], list[str]]

FILE_OF_START = {"program": "expr", "kind": "expr", "shape_words": "expr", "line": "rules", "formula": "latex"}
# a bar after one of these closes the innermost bar that is open
OPERAND_ENDS = frozenset({"NAME", "NUMBER", "TRANSPOSE", "SUPERSCRIPT", "BAR_CLOSE", "NORM_CLOSE", "ANGLE_CLOSE"})
CLOSING = frozenset({"RPAR", "RSQB", "RBRACE"})
# a newline counts for nothing inside these
DEPTH = {"LPAR": 1, "LSQB": 1, "LBRACE": 1, "RPAR": -1, "RSQB": -1, "RBRACE": -1}

Mark = tuple[str, int, int]  # a token: its text, start and end


class Stuck(Exception):
    """The tables have no way on at `mark`; `values` is what was read and not yet put together."""

    def __init__(self, kind: str, mark: Mark, values: list[Any], expected: list[str]) -> None:
        super().__init__(kind)
        self.kind = kind
        self.mark = mark
        self.values = values
        self.expected = expected


def data_folder(name: str) -> str:
    """The folder `grammar` or `rules`: inside an installed package, or beside it in a checkout."""
    here = os.path.dirname(os.path.abspath(__file__))
    inside = os.path.join(here, "_data", name)
    return inside if os.path.isdir(inside) else os.path.join(os.path.dirname(here), name)


class Tables:
    """The tables of one grammar file.

    `rows[state]` maps a terminal to a shift (the next state, >= 0) or a reduction (-1 - rule), and a
    nonterminal to the next state. A rule is (nonterminal, length, alternative); one without a name for
    the alternative passes on its only part.
    """

    __slots__ = ("ends", "keywords", "literals", "match", "methods", "rows", "rules", "starts")

    def __init__(self, data: dict[str, Any]) -> None:
        self.rows: list[dict[str, int]] = data["rows"]
        self.rules: list[tuple[str, int, str]] = data["rules"]
        self.literals: dict[str, str] = data["literals"]
        self.keywords: dict[str, str] = data["keywords"]
        self.starts: dict[str, int] = data["starts"]
        self.ends: dict[str, int] = data["ends"]
        self.match: Any = re.compile(data["pattern"])
        self.methods: dict[type, list[tuple[str, int, Method | None]]] = {}

    def tokens(self, text: str) -> Iterator[tuple[str, Mark]]:
        """The terminals of the text in order, the last one `$END`; `UNKNOWN` is a foreign character."""
        scan = self.match.scanner(text).match
        literals, depth, last = self.literals, 0, ""
        bars: list[str] = []
        while True:
            found: Any = scan()
            kind: str = found.lastgroup
            start, end = found.span(kind)
            word = text[start:end]
            if kind == "LITERAL":
                kind = literals[word]
                if kind in DEPTH:
                    depth = max(0, depth + DEPTH[kind])
            elif kind == "NEWLINE":
                if depth:
                    continue
            elif kind == "BAR_CLOSE" or kind == "NORM_CLOSE":
                after_operand = last in OPERAND_ENDS or last in CLOSING
                for last, mark in _bars(kind, (word, start, end), bars, after_operand):
                    yield last, mark
                continue
            elif kind == "END":
                yield "$END", ("", end, end)
                return
            yield kind, (word, start, end)
            last = kind

    def parse(self, text: str, builder: object, start: str, factors: Factors | None = None) -> Any:
        """The value of `start` over the whole text. Raises Stuck where the text leaves the language.

        `factors` tells of a word whether it is several names side by side.
        """
        tokens = self.tokens(text)
        return self.parse_tokens(tokens if factors is None else _parted(tokens, factors), builder, start)

    def parse_tokens(self, tokens: Iterable[tuple[str, Mark]], builder: object, start: str) -> Any:
        """The value of `start` over tokens, the last of them `$END`; a NEWLINE counts only where one may stand."""
        rows, keywords = self.rows, self.keywords
        rules = self.methods.get(type(builder)) or self._bind(type(builder))
        end_state = self.ends[start]
        states: list[int] = [self.starts[start]]
        values: list[Any] = []
        for kind, mark in tokens:
            row = rows[states[-1]]
            if kind == "NAME" and mark[0] in keywords and keywords[mark[0]] in row:
                kind = keywords[mark[0]]
            action = row.get(kind)
            while action is not None and action < 0:
                origin, length, method = rules[~action]
                if method is None:
                    states[-1] = rows[states[-2]][origin]
                else:
                    parts = values[len(values) - length :]
                    del values[len(values) - length :], states[len(states) - length :]
                    values.append(method(builder, parts))
                    states.append(rows[states[-1]][origin])
                if states[-1] == end_state and kind == "$END":
                    return values[0]
                action = rows[states[-1]].get(kind)
            if action is not None:
                states.append(action)
                values.append(mark)
            elif kind != "NEWLINE":
                raise Stuck(kind, mark, values, [name for name in rows[states[-1]] if name.isupper()])
        raise AssertionError("the tables do not end")

    def _bind(self, builder: type) -> list[tuple[str, int, Method | None]]:
        """The rules with the methods of the builder in place of their names."""
        bound = [
            (origin, length, getattr(builder, name, _absent) if name else None) for origin, length, name in self.rules
        ]
        self.methods[builder] = bound
        return bound


def _absent(builder: object, parts: list[Any]) -> Any:
    raise AssertionError(f"{type(builder).__name__} does not know what to make of {parts}")


def _bars(kind: str, mark: Mark, bars: list[str], after_operand: bool) -> Iterator[tuple[str, Mark]]:
    """Whether `|` and `||` open or close: after an operand they close what is open, else they open."""
    word, start, end = mark
    name = kind[:-6]
    if not after_operand or not bars:
        bars.append(name)
        yield name + "_OPEN", mark
    elif name == "NORM" and word[0] == "|" and bars[-1] == "BAR":
        bars.pop()
        yield "BAR_CLOSE", ("|", start, start + 1)
        yield from _bars("BAR_CLOSE", ("|", start + 1, end), bars, True)
    else:
        bars.pop()
        yield kind, mark


def _parted(tokens: Iterator[tuple[str, Mark]], factors: Factors) -> Iterator[tuple[str, Mark]]:
    """The tokens, with several names in place of a word that is several factors."""
    for kind, mark in tokens:
        if kind != "NAME":
            yield kind, mark
            continue
        word, start, _ = mark
        for name in factors(word):
            yield kind, (name, start, start + len(name))
            start += len(name)


_loaded: dict[str, Tables] = {}


def tables(start: str) -> Tables:
    """The tables in which `start` (program, kind, shape_words, line or formula) can be parsed."""
    name = FILE_OF_START[start]
    known = _loaded.get(name)
    if known is None:
        starts = [s for s, file in FILE_OF_START.items() if file == name]
        known = _loaded[name] = Tables(table_cache.load(data_folder("grammar"), name, starts))
    return known
