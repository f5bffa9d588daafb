"""What is wrong with LaTeX that the grammar has no way through, in words and with a place."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from matcalc.complaints import fail
from matcalc.latex.commands import CASES, CASES_MEND

if TYPE_CHECKING:
    from matcalc.grammar import Stuck

OPERAND = "a name, a number or a bracket"
SIGNS = frozenset({"PLUS", "MINUS", "TIMES", "DOT", "OVER", "UNDER", "HAD", "HADDIV", "KRON"})
ENDS = frozenset({"$END", "NEWLINE", "RPAR", "RBRACE", "BAR_CLOSE", "NORM_CLOSE", "NORM_BY", "ANGLE_CLOSE"}) | {
    "MATRIX_CLOSE",
    "AMPERSAND",
    "ROW",
}


def complain(text: str, stuck: Stuck) -> NoReturn:
    """Turn a parse without a way on into a ParseError that says what to mend."""
    word, start, end = stuck.mark
    if any(isinstance(value, tuple) and value[0] in CASES for value in stuck.values):
        fail(text, f"'{word}' cannot stand here", start, max(end, start + 1), CASES_MEND, found=word)
    last = stuck.values[-1] if stuck.values else None
    if stuck.kind == "COMMA":
        fail(text, "',' cannot stand here", start, end, "leave out what does not belong to the formula", found=",")
    if stuck.kind == "EQUALS":
        fail(text, "'=' cannot stand here", start, end, "a definition stands on a line of its own", found="=")
    if isinstance(last, tuple) and len(last) == 3 and (stuck.kind in ENDS or stuck.kind in SIGNS):
        message = f"{OPERAND} was expected after '{last[0]}'" if last[0].strip() else f"{OPERAND} was expected"
        fail(text, message, last[1], last[2], expected=OPERAND, found=word or "the end")
    if stuck.kind in ENDS:
        fail(text, f"{OPERAND} was expected", start, end, expected=OPERAND, found=word or "the end")
    fail(text, f"'{word}' cannot stand here", start, end, expected=OPERAND, found=word)
