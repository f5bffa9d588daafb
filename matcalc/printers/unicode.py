"""Expressions as mathematicians type them in Unicode: `2 Xᵀ(Xθ − y)`.

Every sign used is one the language reads, so the line can be pasted back. Products are written side by
side where that can be read back, else with `·`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from matcalc.expr import postorder
from matcalc.printers.greek import LETTERS
from matcalc.printers.opaque_names import opaque_unicode
from matcalc.printers.precedence import is_inverse_power, number_text, written_op
from matcalc.printers.text import entry_indices

if TYPE_CHECKING:
    from matcalc.expr import Expr

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_NAME = re.compile(r"[^\W\d⁰¹²³⁴⁵⁶⁷⁸⁹ᵀ]\w*\Z")
_STEM = re.compile(r"([A-Za-z]+)(\d*|_\w+)\Z")

# (text, level), the level being the outermost operation as a reader sees it
Written = tuple[str, str]
_TIGHT = frozenset({"atom", "power"})
_ATOM = frozenset({"atom"})
_NUMERATOR = _TIGHT | {"product"}


def unicode(expr: Expr) -> str:
    """The expression in Unicode, on one line.

    >>> from matcalc.expr import add, mul, neg, number, symbol, transpose
    >>> from matcalc.kinds import Kind
    >>> from matcalc.dimensions import Dimension
    >>> X, theta = symbol("X", Kind("spd", (Dimension.of("n"),))), symbol("theta", Kind("vector", (Dimension.of("n"),)))
    >>> unicode(mul(mul(number(2), transpose(X)), add(mul(X, theta), neg(theta))))
    '2 Xᵀ(Xθ − θ)'
    """
    written: dict[int, Written] = {}
    for node in postorder(expr):
        written[id(node)] = _WRITERS[node.op](node, [written[id(arg)] for arg in node.args])
    return written[id(expr)][0]


def _within(part: Written, allowed: frozenset[str]) -> str:
    return part[0] if part[1] in allowed else f"({part[0]})"


def name_text(name: str) -> str:
    """A name with its Greek letter, if it is one: `theta` and `theta_1`, not `thetas`."""
    stem = _STEM.match(name)
    return LETTERS[stem[1]] + stem[2] if stem and stem[1] in LETTERS else name


def _number(node: Expr, parts: Sequence[Written]) -> Written:
    return number_text(node.value), "atom" if written_op(node) == "number" else "quotient"


def _symbol(node: Expr, parts: Sequence[Written]) -> Written:
    return name_text(node.value.name), "atom"


def _size(node: Expr, parts: Sequence[Written]) -> Written:
    level = {"size": "atom", "mul": "product", "add": "sum"}[written_op(node)]
    return node.value.text.replace("*", "·").replace("-", "−"), level


def _call(node: Expr, parts: Sequence[Written]) -> Written:
    if node.value in ("pi", "inf"):
        return {"pi": "π", "inf": "inf"}[node.value], "atom"
    inside = [part[0] for part in parts]
    if node.value == "inv":
        return _within(parts[0], _ATOM) + "⁻¹", "power"
    has_bars = any("|" in text or "‖" in text for text in inside)
    if not has_bars and node.value in _BARS and _BARS[node.value][0](node.args[0]):
        _, left, right = _BARS[node.value]
        return f"{left}{', '.join(inside)}{right}", "atom"
    return f"{opaque_unicode(node.value)}({', '.join(inside)})", "atom"


# function -> (for which operand, opening, closing)
_BARS: dict[str, tuple[Callable[[Expr], bool], str, str]] = {
    "norm1": (lambda arg: arg.is_column or arg.is_row, "‖", "‖_1"),
    "norm2": (lambda arg: arg.is_column or arg.is_row, "‖", "‖"),
    "normF": (lambda arg: not (arg.is_column or arg.is_row or arg.is_scalar), "‖", "‖_F"),
    "abs": (lambda arg: arg.is_scalar, "|", "|"),
    "dot": (lambda arg: True, "⟨", "⟩"),
}


def _add(node: Expr, parts: Sequence[Written]) -> Written:
    pieces = [parts[0][0]]
    for arg, part in zip(node.args[1:], parts[1:], strict=True):
        if arg.op == "neg":
            pieces.append(" − " + part[0][1:])
        else:
            pieces.append(" + " + (f"({part[0]})" if part[1] == "sum" else part[0]))
    return "".join(pieces), "sum"


def _neg(node: Expr, parts: Sequence[Written]) -> Written:
    return "−" + (f"({parts[0][0]})" if parts[0][1] == "sum" else parts[0][0]), "minus"


def _mul(node: Expr, parts: Sequence[Written]) -> Written:
    pieces = [_within(parts[0], _TIGHT)]
    for part in parts[1:]:
        factor = _within(part, _TIGHT)
        pieces += (_between(pieces[-1], factor), factor)
    return "".join(pieces), "product"


def _between(left: str, right: str) -> str:
    """What parts two factors: nothing after a transpose, a blank between names, else a dot.

    A name before a bracket would be read as a function, and a bracket or bar before a name as unfinished.
    """
    is_number = left.replace(".", "").isdigit()
    if right[0].isdigit() or right[0] in "|‖⟨[":
        return "·"
    if right[0] == "(":
        return "" if is_number or left[-1] == "ᵀ" else "·"
    if left[-1] == "ᵀ":
        return " " if (left[-3:-1].isalpha() and len(left) > 2) or (right[:2].isalpha() and len(right) > 1) else ""
    if left[-1] in ")]|‖⟩" or left.endswith(("‖_1", "‖_F")):
        return "·"
    # one Latin letter before one Greek letter reads as two names
    is_pair = len(left) == 1 and left.isascii() and left.isalpha() and right[0] in _GREEK and not right[1:2].isalnum()
    return "" if is_pair else " "


_GREEK = "".join(LETTERS.values())


def _had(node: Expr, parts: Sequence[Written]) -> Written:
    return " ⊙ ".join([_within(part, _TIGHT) for part in parts]), "entrywise"


def _haddiv(node: Expr, parts: Sequence[Written]) -> Written:
    return " ⊘ ".join([_within(part, _TIGHT) for part in parts]), "entrywise"


def _div(node: Expr, parts: Sequence[Written]) -> Written:
    return f"{_within(parts[0], _NUMERATOR)}/{_within(parts[1], _TIGHT)}", "quotient"


def _pow(node: Expr, parts: Sequence[Written]) -> Written:
    if is_inverse_power(node):
        return parts[0][0].removesuffix("¹") + parts[1][0].translate(_SUPERSCRIPTS), "power"
    base, exponent = _within(parts[0], _ATOM), parts[1][0].replace("−", "-")
    if exponent.removeprefix("-").isdecimal():
        return base + exponent.translate(_SUPERSCRIPTS), "power"
    return f"{base}^{_exponent(parts[1])}", "power"


def _hadpow(node: Expr, parts: Sequence[Written]) -> Written:
    return f"{_within(parts[0], _ATOM)}.^{_exponent(parts[1])}", "power"


def _exponent(part: Written) -> str:
    is_plain = part[1] == "atom" and part[0] != "T" and (_NAME.match(part[0]) or part[0][0].isdigit())
    return part[0] if is_plain else f"({part[0]})"


def _transpose(node: Expr, parts: Sequence[Written]) -> Written:
    text, _ = parts[0]
    if node.args[0].op == "call" and node.args[0].value == "inv":
        return text.removesuffix("⁻¹") + "⁻ᵀ", "power"
    return _within(parts[0], _ATOM) + "ᵀ", "power"


def _entry(node: Expr, parts: Sequence[Written]) -> Written:
    return f"{_within(parts[0], _ATOM)}[{entry_indices(node)}]", "atom"


def _stack(node: Expr, parts: Sequence[Written]) -> Written:
    _, columns = node.value
    scalars = all(arg.is_scalar for arg in node.args)
    rows = [", ".join([part[0] for part in parts[i : i + columns]]) for i in range(0, len(parts), columns)]
    if scalars and columns > 1:
        rows = [f"[{row}]" for row in rows]
    return f"[{(', ' if scalars else '; ').join(rows)}]", "atom"


def _index_sum(node: Expr, parts: Sequence[Written]) -> Written:
    return f"sum_{node.value.name}({parts[0][0]})", "atom"


_WRITERS: dict[str, Callable[[Expr, Sequence[Written]], Written]] = {
    "number": _number,
    "symbol": _symbol,
    "size": _size,
    "call": _call,
    "add": _add,
    "neg": _neg,
    "mul": _mul,
    "had": _had,
    "div": _div,
    "haddiv": _haddiv,
    "pow": _pow,
    "hadpow": _hadpow,
    "transpose": _transpose,
    "entry": _entry,
    "stack": _stack,
    "index_sum": _index_sum,
}
