r"""Whether a text is LaTeX or in matcalc's own language, where `A\b` is a left division."""

from __future__ import annotations

import re

# enough to be sure at a glance that a text has nothing of LaTeX
_TRACE = re.compile(r"[\\$]|\^\{")
_COMMAND = re.compile(r"\\(?:[A-Za-z]+|.)", re.DOTALL)
_OPERAND_END = re.compile(r"[\w)\]}'.|⟩‖ᵀ²³]\s*\Z")
_LOOK_BACK = 80  # characters before a backslash: more blanks than that are not looked through


def is_latex(text: str) -> bool:
    r"""Whether a text is read as LaTeX: it has a command of LaTeX, a dollar sign or a braced exponent.

    >>> is_latex(r"\|x\|^2"), is_latex(r"X\beta"), is_latex("x^{T}Ax"), is_latex(r"A\b"), is_latex(r"A\(b + c)")
    (True, True, True, False, False)
    """
    if not _TRACE.search(text):
        return False
    return "$" in text or "^{" in text or any(_counts(text, found) for found in _COMMAND.finditer(text))


def divides_by_letters(text: str) -> str | None:
    r"""The first Greek letter of a text with no other trace of LaTeX, where `X\beta` could be a left division.

    >>> divides_by_letters(r"X\beta"), divides_by_letters(r"\theta^\top X")
    ('\\beta', None)
    """
    from matcalc.latex.commands import GREEK

    if "$" in text or "^{" in text:
        return None
    commands = [found for found in _COMMAND.finditer(text) if _counts(text, found)]
    if any(found[0] not in GREEK or not _follows_operand(text, found) for found in commands):
        return None
    return commands[0][0] if commands else None


def _counts(text: str, found: re.Match[str]) -> bool:
    """Whether a backslash is that of a command: of a known one, or with nothing before it to be divided."""
    from matcalc.latex.commands import KNOWN

    command = found[0]
    if len(command) > 2 and command in KNOWN:
        return True
    return command[1] in ",;:!{}|\\" or not _follows_operand(text, found)


def _follows_operand(text: str, found: re.Match[str]) -> bool:
    return _OPERAND_END.search(text[max(0, found.start() - _LOOK_BACK) : found.start()]) is not None
