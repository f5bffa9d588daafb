"""Parse tables: built by Lark from a grammar file, kept between processes.

A table file is named by the grammar and the Lark that made it, is written under another name and then
moved into place, and begins with a digest of the rest: a half-written file is never used. Where nothing
can be written, the tables are built each time.
"""

from __future__ import annotations

import marshal
import os
import re
import sys
from typing import TYPE_CHECKING, Any

from matcalc.interning import digest_of

if TYPE_CHECKING:
    from lark import Lark

FORMAT = b"1"
DIGEST_SIZE = 16


def load(folder: str, name: str, starts: list[str]) -> dict[str, Any]:
    """The tables of `name`.lark in `folder` for the given start symbols."""
    path = os.path.join(_cache_folder(), f"{name}-{_key(folder, starts)}.tables")
    data = _read(path)
    if data is None:
        data = build(folder, name, starts)
        _write(path, marshal.dumps(data))
    return data


def build(folder: str, name: str, starts: list[str]) -> dict[str, Any]:
    """The tables, made by Lark. An imported rule loses the prefix Lark gives it."""
    from lark import Lark

    lark = Lark.open(os.path.join(folder, f"{name}.lark"), parser="lalr", lexer="basic", start=starts)
    table = lark.parser.parser._parse_table
    order = {state: number for number, state in enumerate(table.states)}
    rules = {rule: number for number, rule in enumerate(lark.rules)}
    rows = [
        {_plain(symbol): order[arg] if action.name == "Shift" else ~rules[arg] for symbol, (action, arg) in row.items()}
        for row in table.states.values()
    ]
    return {
        "rows": rows,
        "rules": [_rule(rule) for rule in lark.rules],
        "starts": {start: order[state] for start, state in table.start_states.items()},
        "ends": {start: order[state] for start, state in table.end_states.items()},
        **(_lexicon(lark) if lark.terminals else NO_LEXICON),
    }


# of a grammar whose tokens come from elsewhere
NO_LEXICON: dict[str, Any] = {"pattern": r"(?P<END>\Z)", "literals": {}, "keywords": {}}


def _plain(name: str) -> str:
    """The name of a symbol or alternative in the file it comes from."""
    return str(name).removeprefix("expr__")


def _rule(rule: Any) -> tuple[str, int, str]:
    passes_on = rule.options.expand1 and rule.alias is None and len(rule.expansion) == 1
    alternative = "" if passes_on else _plain(rule.alias or rule.origin.name)
    return _plain(rule.origin.name), len(rule.expansion), alternative


def _lexicon(lark: Lark) -> dict[str, Any]:
    """One pattern for all terminals: the literals, longest first, then the patterns in the order of the file."""
    patterns: dict[str, str] = {}
    literals: dict[str, str] = {}
    for terminal in lark.terminals:
        held = patterns if terminal.pattern.type == "re" else literals
        held[_plain(terminal.name)] = terminal.pattern.value
    blank, name = patterns.pop("BLANK"), patterns["NAME"]
    keywords = {text: kind for kind, text in literals.items() if re.fullmatch(name, text)}
    signs = {text: kind for kind, text in literals.items() if text not in keywords}
    # whether a bar opens or closes is told by what stands before it
    for kind in ("BAR_OPEN", "NORM_OPEN"):
        patterns.pop(kind)
    patterns.setdefault("NEWLINE", "\n")
    longest_first = sorted(signs, key=lambda text: (-len(text), text))
    patterns = {"LITERAL": "|".join(map(re.escape, longest_first)), **patterns, "END": r"\Z", "UNKNOWN": "."}
    groups = "|".join(f"(?P<{kind}>{pattern})" for kind, pattern in patterns.items())
    return {
        "pattern": f"(?:{blank})?(?:{groups})",
        "literals": signs,
        "keywords": keywords,
    }


def _key(folder: str, starts: list[str]) -> str:
    """A name for the grammar files, the Lark and the Python at hand."""
    from importlib.util import find_spec

    named = [FORMAT]
    for file in sorted(os.listdir(folder)):
        if file.endswith(".lark"):
            with open(os.path.join(folder, file), "rb") as stream:
                named.append(stream.read())
    lark = find_spec("lark")
    made_by = (lark.origin, os.stat(lark.origin).st_mtime_ns) if lark and lark.origin else None
    named.append(repr((starts, made_by, sys.version_info[:2])).encode())
    return digest_of(b"\0".join(named)).hex()


def _cache_folder() -> str:
    """Where this user keeps what can be made again."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or os.path.expanduser("~")
    elif sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(base, "matcalc")


def _read(path: str) -> dict[str, Any] | None:
    """The tables in a file, or None unless they are there and whole."""
    try:
        with open(path, "rb") as stream:
            content = stream.read()
    except OSError:
        return None
    digest, payload = content[:DIGEST_SIZE], content[DIGEST_SIZE:]
    if digest_of(payload) != digest:
        return None
    data: dict[str, Any] = marshal.loads(payload)
    return data


def _write(path: str, payload: bytes) -> None:
    """Put the tables in place in one step; a folder that cannot be written is no error."""
    temporary = f"{path}.{os.getpid()}"
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(temporary, "wb") as stream:
            stream.write(digest_of(payload) + payload)
        os.replace(temporary, path)
    except OSError:
        return
