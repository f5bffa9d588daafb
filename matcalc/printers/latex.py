r"""Expressions as LaTeX, with amsmath and nothing else: `2 X^\top (X \theta - y)`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from matcalc.expr import postorder
from matcalc.printers.latex_calls import Written, bracketed, call_latex, within
from matcalc.printers.latex_cases import split_indicators
from matcalc.printers.latex_names import dimension_latex, name_latex
from matcalc.printers.precedence import number_text, written_op
from matcalc.printers.text import entry_indices
from matcalc.printers.unfolding import is_structural

if TYPE_CHECKING:
    from matcalc.expr import Expr

_FACTOR = frozenset({"atom", "power", "fraction"})
_BASE = frozenset({"atom"})
_SUMMAND = frozenset({"atom", "power", "fraction", "product", "entrywise", "index sum"})


def latex(expr: Expr, rulebook: Any = None, names: Mapping[str, str] | None = None) -> str:
    r"""The expression as a LaTeX fragment for math mode; `names` says how some variables are written.

    >>> from matcalc.expr import mul, number, symbol, transpose
    >>> from matcalc.kinds import Kind
    >>> from matcalc.dimensions import Dimension
    >>> W = symbol("W1", Kind("matrix", (Dimension.of("m"), Dimension.of("n"))))
    >>> print(latex(mul(number(2), transpose(W))))
    2 W_1^\top

    A scalar indicator that is a factor of the whole gives two cases.
    """
    order = postorder(expr)
    if rulebook is None and any(node.op == "call" and not is_structural(node) for node in order):
        from matcalc.rulebook import default_rulebook

        rulebook = default_rulebook()
    conditions, rest = split_indicators(expr)
    if not conditions:
        return _written(expr, rulebook, names)
    written = r" \text{ and } ".join([_condition(condition, rulebook, names) for condition in conditions])
    cases = rf"{_written(rest, rulebook, names)} & \text{{if }} {written} \\ 0 & \text{{otherwise}}"
    return rf"\begin{{cases}} {cases} \end{{cases}}"


def _condition(positive: Expr, rulebook: Any, names: Mapping[str, str] | None) -> str:
    """What is to be positive, as a condition."""
    if positive.op == "neg":
        return _written(positive.args[0], rulebook, names) + " < 0"
    return _written(positive, rulebook, names) + " > 0"


def _written(expr: Expr, rulebook: Any, names: Mapping[str, str] | None) -> str:
    written: dict[int, Written] = {}
    for node in postorder(expr):
        parts = [written[id(arg)] for arg in node.args]
        written[id(node)] = call_latex(node, parts, rulebook) if node.op == "call" else _WRITERS[node.op](node, parts)
        if names and node.op == "symbol" and node.value.name in names:
            written[id(node)] = Written(names[node.value.name])
    return written[id(expr)].text


def _number(node: Expr, parts: Sequence[Written]) -> Written:
    if written_op(node) == "number":
        return Written(number_text(node.value))
    return Written(rf"\frac{{{node.value.numerator}}}{{{node.value.denominator}}}", "fraction", True)


def _symbol(node: Expr, parts: Sequence[Written]) -> Written:
    return Written(name_latex(node.value.name))


def _size(node: Expr, parts: Sequence[Written]) -> Written:
    level = {"size": "atom", "mul": "product", "add": "sum"}[written_op(node)]
    return Written(dimension_latex(node.value.text), level)


def _add(node: Expr, parts: Sequence[Written]) -> Written:
    pieces = [parts[0].text]
    for arg, part in zip(node.args[1:], parts[1:], strict=True):
        if arg.op == "neg":
            pieces.append(" - " + part.text[1:])
        else:
            pieces.append(" + " + (bracketed(part) if part.level == "sum" else part.text))
    return Written("".join(pieces), "sum", _any_tall(parts))


def _neg(node: Expr, parts: Sequence[Written]) -> Written:
    part = parts[0]
    return Written("-" + (bracketed(part) if part.level == "sum" else part.text), "minus", part.is_tall)


def _any_tall(parts: Sequence[Written]) -> bool:
    return any(part.is_tall for part in parts)


def _mul(node: Expr, parts: Sequence[Written]) -> Written:
    pieces = [within(parts[0], _FACTOR)]
    for place, part in enumerate(parts[1:], start=2):
        factor = within(part, _FACTOR | {"index sum"} if place == len(parts) else _FACTOR)
        pieces += (_between(pieces[-1], factor), factor)
    return Written("".join(pieces), "product", _any_tall(parts))


def _between(left: str, right: str) -> str:
    r"""A dot before a number, a thin space beside an upright word, else the blank that LaTeX drops."""
    if right[0].isdigit():
        return r" \cdot "
    return r" \, " if right.startswith(r"\mathrm") or left.startswith(r"\mathrm") else " "


def _entrywise(sign: str) -> Callable[[Expr, Sequence[Written]], Written]:
    def write(node: Expr, parts: Sequence[Written]) -> Written:
        text = f" {sign} ".join([within(part, _FACTOR) for part in parts])
        return Written(text, "entrywise", _any_tall(parts))

    return write


def _div(node: Expr, parts: Sequence[Written]) -> Written:
    return Written(rf"\frac{{{parts[0].text}}}{{{parts[1].text}}}", "fraction", True)


def _pow(node: Expr, parts: Sequence[Written]) -> Written:
    return Written(f"{within(parts[0], _BASE)}^{_script(node.args[1], parts[1])}", "power", parts[0].is_tall)


def _hadpow(node: Expr, parts: Sequence[Written]) -> Written:
    exponent = _script(node.args[1], parts[1]).removeprefix("{").removesuffix("}")
    return Written(rf"{within(parts[0], _BASE)}^{{\odot {exponent}}}", "power", parts[0].is_tall)


def _script(exponent: Expr, part: Written) -> str:
    """An exponent: a quotient of numbers with a slash, in braces unless it is one character."""
    text = part.text
    if exponent.op == "div" and all(arg.op == "number" for arg in exponent.args):
        text = "/".join([number_text(arg.value) for arg in exponent.args])
    return text if len(text) == 1 else f"{{{text}}}"


def _transpose(node: Expr, parts: Sequence[Written]) -> Written:
    part, arg = parts[0], node.args[0]
    if arg.op == "call" and arg.value == "inv":
        return Written(part.text.removesuffix("^{-1}") + r"^{-\top}", "power", part.is_tall)
    return Written(within(part, _BASE) + r"^\top", "power", part.is_tall)


def _entry(node: Expr, parts: Sequence[Written]) -> Written:
    part = parts[0]
    base = part.text if part.level == "atom" and "_" not in part.text else bracketed(part)
    return Written(f"{base}_{{{entry_indices(node)}}}", "atom", part.is_tall)


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
    "symbol": _symbol,
    "size": _size,
    "add": _add,
    "neg": _neg,
    "mul": _mul,
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
