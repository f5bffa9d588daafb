r"""Expressions as LaTeX, with amsmath and nothing else: `2 X^\top (X \theta - y)`.

What is printed reads back to the same expression, with the same declarations. So no two expressions are written in one
way: a size stands below a vector of ones, and a dot after a letter that would look like a function of the bracket
behind it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from matcalc.calls import known_functions
from matcalc.expr import postorder
from matcalc.indicators import split_indicators, with_indicators
from matcalc.printers.latex_calls import Written, bracketed, call_latex, within
from matcalc.printers.latex_names import dimension_latex, looks_applied, name_latex, word_latex
from matcalc.printers.precedence import is_inverse_power, number_text, written_op
from matcalc.printers.text import entry_indices
from matcalc.printers.unfolding import is_structural

if TYPE_CHECKING:
    from matcalc.expr import Expr

_FACTOR = frozenset({"atom", "power", "fraction"})
_BASE = frozenset({"atom"})
_SUMMAND = frozenset({"atom", "power", "fraction", "product", "entrywise", "index sum"})
DOT = r" \cdot "
_DIFFERENTIAL = re.compile(r"d(?![A-Za-z_])")


def latex(expr: Expr, rulebook: Any = None, names: Mapping[str, str] | None = None, besides: Iterable[str] = ()) -> str:
    r"""The expression as a LaTeX fragment for math mode.

    `names` says how some variables are written; `besides` are names that stand for something elsewhere, and are not
    to look like a function here.

    >>> from matcalc.expr import mul, number, symbol, transpose
    >>> from matcalc.kinds import Kind
    >>> from matcalc.dimensions import Dimension
    >>> W = symbol("W1", Kind("matrix", (Dimension.of("m"), Dimension.of("n"))))
    >>> print(latex(mul(number(2), transpose(W))))
    2 W_1^\top

    A scalar indicator that is a factor of the whole gives two cases.
    """
    writer = Writer(expr, rulebook, names or {}, besides)
    conditions, rest = split_indicators(expr)
    if not conditions or with_indicators(conditions, rest) != expr:
        return writer.written(expr)
    positive = r" \text{ and } ".join([writer.condition(condition) for condition in conditions])
    return rf"\begin{{cases}} {writer.written(rest)} & \text{{if }} {positive} \\ 0 & \text{{otherwise}} \end{{cases}}"


class Writer:
    """Writes the parts of one expression, in which every name looks the same throughout."""

    __slots__ = ("functions", "names", "rulebook", "shown")

    def __init__(self, expr: Expr, rulebook: Any, shown: Mapping[str, str], besides: Iterable[str]) -> None:
        order = postorder(expr)
        self.names = _names([*(node.value.name for node in order if node.op == "symbol"), *besides])
        self.shown = shown
        has_words = any(text.startswith(r"\mathrm") for text in self.names.values())
        has_calls = any(node.op == "call" and not is_structural(node) for node in order)
        if rulebook is None and (has_words or has_calls):
            from matcalc.rulebook import default_rulebook

            rulebook = default_rulebook()
        self.rulebook = rulebook
        self.functions: Collection[str] = known_functions(rulebook) if has_words else ()

    def written(self, expr: Expr) -> str:
        """The text of the expression or of a part of it."""
        written: dict[int, Written] = {}
        for node in postorder(expr):
            written[id(node)] = self._node(node, [written[id(arg)] for arg in node.args])
        return written[id(expr)].text

    def _node(self, node: Expr, parts: Sequence[Written]) -> Written:
        if node.op == "symbol":
            name = node.value.name
            return Written(self.shown.get(name) or self.names[name])
        if node.op == "call":
            return call_latex(node, parts, self.rulebook, self.names.values())
        return _mul(node, parts, self.functions) if node.op == "mul" else _WRITERS[node.op](node, parts)

    def condition(self, positive: Expr) -> str:
        """What is to be positive, as a condition."""
        if positive.op == "neg":
            return self.written(positive.args[0]) + " < 0"
        return self.written(positive) + " > 0"


def _names(names: Iterable[str]) -> dict[str, str]:
    """The LaTeX of every name; where two look the same, as W_1 and W1 do, the one without a subscript is a word."""
    unlike: dict[str, str] = {}
    for name in sorted(set(names), key=lambda name: ("_" not in name, name)):
        text = name_latex(name)
        unlike[name] = text if text not in unlike.values() else word_latex(name)
    return unlike


def _number(node: Expr, parts: Sequence[Written]) -> Written:
    if written_op(node) == "number":
        return Written(number_text(node.value))
    return Written(rf"\frac{{{node.value.numerator}}}{{{node.value.denominator}}}", "fraction", True)


def _size(node: Expr, parts: Sequence[Written]) -> Written:
    level = {"size": "atom", "mul": "product", "add": "sum"}[written_op(node)]
    return Written(dimension_latex(node.value.text), level)


def _add(node: Expr, parts: Sequence[Written]) -> Written:
    is_sized = any(part.loose is None and arg.shape == node.shape for arg, part in zip(node.args, parts))
    loose = None if is_sized else _terms_text(node, [part.with_known_size() for part in parts])
    if is_sized:
        parts = [part.with_known_size() if arg.shape == node.shape else part for arg, part in zip(node.args, parts)]
    return Written(_terms_text(node, parts), "sum", _any_tall(parts), loose)


def _terms_text(node: Expr, parts: Sequence[Written]) -> str:
    pieces = [parts[0].text]
    for arg, part in zip(node.args[1:], parts[1:], strict=True):
        if arg.op == "neg":
            pieces.append(" - " + part.text[1:])
        else:
            pieces.append(" + " + (bracketed(part) if part.level == "sum" else part.text))
    return "".join(pieces)


def _neg(node: Expr, parts: Sequence[Written]) -> Written:
    part = parts[0]
    loose = "-" + _term(part.with_known_size()) if part.loose else None
    return Written("-" + _term(part), "minus", part.is_tall, loose)


def _term(part: Written) -> str:
    return bracketed(part) if part.level == "sum" else part.text


def _any_tall(parts: Sequence[Written]) -> bool:
    return any(part.is_tall for part in parts)


def _mul(node: Expr, parts: Sequence[Written], functions: Collection[str]) -> Written:
    known = [_known_size(node, parts, at) for at in range(len(parts))]
    factors = [_factor(part, is_known) for part, is_known in zip(parts, known)]
    open_size = [_factor(part, True) for part in parts]
    if parts[-1].level == "index sum":  # nothing follows that it could reach
        factors[-1] = open_size[-1] = parts[-1].text
    text = _factors_text(node, factors, functions)
    is_loose = any(part.loose for part, is_known in zip(parts, known) if not is_known)
    loose = _factors_text(node, open_size, functions) if is_loose else None
    return Written(text, "product", _any_tall(parts), loose)


def _factor(part: Written, is_known: bool) -> str:
    """A factor, without the size of its ones where that is known from the others."""
    return within(part.with_known_size() if is_known else part, _FACTOR)


def _known_size(node: Expr, parts: Sequence[Written], at: int) -> bool:
    """Whether the size of the ones or the identity in a factor is that of a neighbour."""
    arg = node.args[at]
    before = at > 0 and not node.args[at - 1].is_scalar and parts[at - 1].loose is None
    after = at + 1 < len(parts) and not node.args[at + 1].is_scalar and parts[at + 1].loose is None
    if arg.is_column or arg.is_row:
        return before if arg.is_column else after
    return before or after


def _factors_text(node: Expr, factors: list[str], functions: Collection[str]) -> str:
    """The factors side by side; once one has a dot before it all that follow have, since a dot parts more weakly."""
    pieces = factors[:1]
    sign = ""
    for before, factor in zip(node.args, factors[1:]):
        name = before.value.name if before.op == "symbol" else ""
        sign = sign if sign == DOT else _between(pieces[-1], factor, name, functions)
        pieces += (sign, factor)
    return "".join(pieces)


def _between(left: str, right: str, name: str, functions: Collection[str]) -> str:
    r"""What stands between two factors, of which the left may be a name: mostly the blank that LaTeX drops.

    A dot before a number, and after a name that would look like a function; a thin space beside an upright word.
    """
    if right[0].isdigit() or (name and looks_applied(name, right, functions)):
        return DOT
    return r" \, " if right.startswith(r"\mathrm") or left.startswith(r"\mathrm") else " "


def _entrywise(sign: str) -> Callable[[Expr, Sequence[Written]], Written]:
    def write(node: Expr, parts: Sequence[Written]) -> Written:
        text = f" {sign} ".join([within(part, _FACTOR) for part in parts])
        return Written(text, "entrywise", _any_tall(parts))

    return write


def _div(node: Expr, parts: Sequence[Written]) -> Written:
    above, below = parts[0].text, parts[1].text
    if _DIFFERENTIAL.match(above) and _DIFFERENTIAL.match(below):
        above = f"{{{above}}}"  # a quotient by d x, and no derivative
    return Written(rf"\frac{{{above}}}{{{below}}}", "fraction", True)


def _base(part: Written) -> str:
    """The base of a power; that of e^x is the exponential function unless e stands in braces."""
    return "{e}" if part.text == "e" else within(part, _BASE)


def _pow(node: Expr, parts: Sequence[Written]) -> Written:
    if is_inverse_power(node):
        return Written(f"{parts[0].text.removesuffix('^{-1}')}^{{-{parts[1].text}}}", "power", parts[0].is_tall)
    return Written(f"{_base(parts[0])}^{_script(node.args[1], parts[1])}", "power", parts[0].is_tall)


def _hadpow(node: Expr, parts: Sequence[Written]) -> Written:
    exponent = _script(node.args[1], parts[1]).removeprefix("{").removesuffix("}")
    return Written(rf"{_base(parts[0])}^{{\odot {exponent}}}", "power", parts[0].is_tall)


def _script(exponent: Expr, part: Written) -> str:
    """An exponent: a quotient of numbers with a slash, in braces unless it is one character."""
    text = part.text
    if exponent.op == "div" and all(arg.op == "number" for arg in exponent.args):
        text = "/".join([number_text(arg.value) for arg in exponent.args])
    return text if len(text) == 1 else f"{{{text}}}"


def _transpose(node: Expr, parts: Sequence[Written]) -> Written:
    part, arg = parts[0], node.args[0]
    if arg.op == "call" and arg.value == "inv" and not arg.is_scalar:
        return Written(part.text.removesuffix("^{-1}") + r"^{-\top}", "power", part.is_tall)
    loose = within(part.with_known_size(), _BASE) + r"^\top" if part.loose else None
    return Written(within(part, _BASE) + r"^\top", "power", part.is_tall, loose)


def _entry(node: Expr, parts: Sequence[Written]) -> Written:
    part = parts[0]
    is_plain = node.args[0].op == "symbol" and "_" not in part.text and node.args[0].value.name[0].isupper()
    if is_plain and None not in node.value:
        return Written(f"{part.text}_{{{entry_indices(node)}}}", "atom")
    inside = rf"\left[{part.text}\right]" if part.is_tall else f"[{part.text}]"
    return Written(f"{inside}_{{{entry_indices(node)}}}", "atom", part.is_tall)


def _stack(node: Expr, parts: Sequence[Written]) -> Written:
    _, columns = node.value
    rows = [" & ".join([part.text for part in parts[i : i + columns]]) for i in range(0, len(parts), columns)]
    return Written(r"\begin{bmatrix} " + r" \\ ".join(rows) + r" \end{bmatrix}", "atom", True)


def _index_sum(node: Expr, parts: Sequence[Written]) -> Written:
    r"""What is summed stands in brackets if it is a sum itself; the whole does where a factor follows it."""
    index = node.value
    head = rf"\sum_{{{index.name}=1}}^{{{dimension_latex(index.count.text)}}} "
    return Written(head + within(parts[0], _SUMMAND), "index sum", True)


_WRITERS: dict[str, Callable[[Expr, Sequence[Written]], Written]] = {
    "number": _number,
    "size": _size,
    "add": _add,
    "neg": _neg,
    "had": _entrywise(r"\odot"),
    "haddiv": _entrywise(r"\oslash"),
    "div": _div,
    "pow": _pow,
    "hadpow": _hadpow,
    "transpose": _transpose,
    "entry": _entry,
    "stack": _stack,
    "index_sum": _index_sum,
}
