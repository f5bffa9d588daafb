"""Equations as they are typed: `lhs = rhs` becomes the difference that is to be zero."""

from __future__ import annotations

import re

_STATEMENT_ENDS = ";\n"
_OPENING, _CLOSING = "([{", ")]}"
_COMMENT = re.compile(r"(?<!\\)%[^\n]*")


def as_residual(text: str) -> tuple[str, bool]:
    """The text with its last statement as lhs - (rhs) where that is an equation, and whether it is.

    >>> as_residual("A = B'*B; A*x = b"), as_residual("x'*x"), as_residual("X'*(X*w - y) = 0")
    (("A = B'*B; A*x  - (b)", True), ("x'*x", False), ("X'*(X*w - y) ", True))
    """
    plain = _COMMENT.sub(lambda match: " " * len(match[0]), text)
    begin, sign, depth = 0, -1, 0
    for at, letter in enumerate(plain):
        if letter in _OPENING + _CLOSING:
            depth += 1 if letter in _OPENING else -1
        elif depth == 0 and letter in _STATEMENT_ENDS and plain[at + 1 :].strip(_STATEMENT_ENDS + " \t"):
            begin, sign = at + 1, -1
        elif depth == 0 and letter == "=" and sign < 0:
            sign = at
    if sign < 0 or ":" in plain[begin:sign] or plain[begin:].lstrip().startswith("let "):
        return text, False
    left, right = plain[:sign], plain[sign + 1 :].rstrip(_STATEMENT_ENDS + " \t")
    return (left, True) if right.strip() == "0" else (f"{left} - ({right.strip()})", True)
