"""What is wrong with a text that leaves the language, in words and with a place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from matcalc.errors import ParseError

if TYPE_CHECKING:
    from matcalc.grammar import Stuck

LONGEST_TEXT = 1_000_000
OPENING = {"(": ")", "[": "]", "{": "}", "|": "|", "||": "||", "‖": "‖", "<": ">", "⟨": "⟩"}
CLOSING = {")": "(", "]": "[", "}": "{"}
OPERAND = "a name, a number or a bracket"


def refuse_unreadable(text: str) -> None:
    """Refuse what is not even looked at: nothing, or too much. Raises ParseError."""
    if len(text) > LONGEST_TEXT:
        raise ParseError(f"the input has {len(text)} characters, at most {LONGEST_TEXT} are read")
    if not text.strip():
        raise ParseError("the input is empty: an expression was expected", source=text, position=(0, 0))


def complain(text: str, stuck: Stuck) -> NoReturn:
    """Turn a parse without a way on into a ParseError that says what to mend."""
    word, start, end = stuck.mark
    opened = _open_bracket(stuck.values)
    if word == "{":
        fail(text, "'{' cannot stand here", start, end, "write round brackets, as in X^(-1)")
    if stuck.kind == "UNKNOWN":
        fail(text, f"the character {word!r} is not part of the language", start, end)
    closes = word in CLOSING or stuck.kind in ("BAR_CLOSE", "NORM_CLOSE", "ANGLE_CLOSE")
    if closes and (opened is None or OPENING[opened[0]] != word):
        _bracket_clash(text, word, start, end, opened)
    if stuck.kind in ("$END", "NEWLINE", "SEMICOLON"):
        _too_early(text, stuck, opened)
    if stuck.kind in ("NAME", "NUMBER", "LPAR", "LSQB") and _after_operand(stuck):
        fail(text, f"an operator is missing before {word!r}", start, end, "for a product write *")
    if word == "=" and text[start - 1 : start] == "=":
        fail(text, "== is not part of the language", start - 1, end, "a definition is written name = expression")
    expected = OPERAND if not _after_operand(stuck) else "an operator or the end"
    fail(text, f"{word!r} cannot stand here: {expected} was expected", start, end, expected=expected, found=word)


def fail(
    text: str,
    message: str,
    start: int,
    end: int,
    suggestion: str | None = None,
    expected: str | None = None,
    found: str | None = None,
) -> NoReturn:
    raise ParseError(message, source=text, position=(start, end), suggestion=suggestion, expected=expected, found=found)


def _open_bracket(values: list[Any]) -> tuple[str, int, int] | None:
    """The innermost bracket or bar that was opened and not closed."""
    for value in reversed(values):
        if isinstance(value, tuple) and value[0] in OPENING:
            return value
    return None


def _bracket_clash(text: str, word: str, start: int, end: int, opened: tuple[str, int, int] | None) -> NoReturn:
    if opened is None:
        fail(text, f"{word!r} closes a bracket that was never opened", start, end)
    wanted = OPENING[opened[0]]
    fail(text, f"{opened[0]!r} is closed by {word!r}, {wanted!r} was expected", opened[1], opened[2], expected=wanted)


def _too_early(text: str, stuck: Stuck, opened: tuple[str, int, int] | None) -> NoReturn:
    """The text, or a statement, ends inside of something."""
    _, start, end = stuck.mark
    if opened is not None:
        fail(text, f"{opened[0]!r} is never closed", opened[1], opened[2], expected=OPENING[opened[0]])
    if "IN" in stuck.expected:
        fail(text, "a let goes on with `in` and an expression", start, end, "write let z = ... in ...", expected="in")
    last = stuck.values[-1] if stuck.values else None
    if isinstance(last, tuple):
        fail(text, f"{OPERAND} was expected after {last[0]!r}", last[1], last[2], expected=OPERAND, found="the end")
    fail(text, f"{OPERAND} was expected", start, end, expected=OPERAND, found="the end")


def _after_operand(stuck: Stuck) -> bool:
    """Whether what was read last is an operand, so that an operator may follow."""
    return (bool(stuck.values) and not isinstance(stuck.values[-1], tuple)) or "TRANSPOSE" in stuck.expected
