r"""Index notation as LaTeX: `X[i,k]*eye(n)[j,l]` as `X_{ik} \, \delta_{jl}`.

The text of an entry is taken apart at its top level; what stands under an index, a name or a formula, is written by the
printer of expressions.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from matcalc.steps import entry_latex

# writes a name or a formula
Write = Callable[[str], str]

_SUM = re.compile(r"sum_(\w+)\((.*)\)\Z", re.DOTALL)
_IDENTITY = re.compile(r"eye\([^()]*\)\Z")


def entries_latex(entry: str, write: Write) -> str:
    r"""The entry in LaTeX, for math mode.

    >>> entries_latex("2*X[i,k]*eye(n)[j,l] - sum_q(A[i,q])", str)
    '2 \\, X_{ik} \\, \\delta_{jl} - \\sum_{q} \\left(A_{iq}\\right)'
    """
    terms = _split(entry, ("+", "-"))
    return "".join(
        [f" {sign} " * bool(k) + sign * (not k) + _term(term, write) for k, (sign, term) in enumerate(terms)]
    )


def _term(term: str, write: Write) -> str:
    pieces = [(sign, _factor(factor, write)) for sign, factor in _split(term, ("*", "/"))]
    return "".join([{"": "", "*": r" \, ", "/": " / "}[sign] + piece for sign, piece in pieces])


def _factor(factor: str, write: Write) -> str:
    base, *exponents = [piece for _, piece in _split(factor, ("^",))]
    written = _base(base, write)
    return f"{{{written}}}^{{{exponents[0].strip('()')}}}" if exponents else written


def _base(base: str, write: Write) -> str:
    total = _SUM.match(base)
    if total is not None and _closes_at_end(base, base.index("(")):
        return rf"\sum_{{{total[1]}}} \left({entries_latex(total[2], write)}\right)"
    if base.startswith("(") and _closes_at_end(base, 0):
        return rf"\left({entries_latex(base[1:-1], write)}\right)"
    if base.endswith("]"):
        opening = base.rindex("[")
        return _indexed(base[:opening], base[opening + 1 : -1].split(","), write)
    return write(base)


def _indexed(operand: str, letters: list[str], write: Write) -> str:
    if _IDENTITY.match(operand):
        return entry_latex(r"\delta", letters)
    if operand.isidentifier():
        return entry_latex(write(operand), letters)
    inner = operand[1:-1] if operand.startswith("(") and _closes_at_end(operand, 0) else operand
    return entry_latex(rf"\left({write(inner)}\right)", letters, is_bracketed=True)


def _closes_at_end(written: str, opening: int) -> bool:
    """Whether the bracket that opens there closes at the end."""
    depth = 0
    for place in range(opening, len(written)):
        depth += (written[place] in "([") - (written[place] in ")]")
        if depth == 0:
            return place == len(written) - 1
    return False


def _split(written: str, signs: tuple[str, ...]) -> list[tuple[str, str]]:
    """The pieces between signs outside of brackets, each with the sign in front of it."""
    pieces: list[tuple[str, str]] = []
    depth, start, sign = 0, 0, ""
    for place, letter in enumerate(written):
        depth += (letter in "([") - (letter in ")]")
        if depth == 0 and letter in signs and written[place - 1 : place] not in (".", "^"):
            piece = written[start:place].strip()
            if piece:
                pieces.append((sign, piece))
            sign, start = letter, place + 1
    return [*pieces, (sign, written[start:].strip())]
