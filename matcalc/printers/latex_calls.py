r"""Calls as LaTeX: the functions about indices, and those of the rule files by their templates."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from matcalc.dimensions import ONE
from matcalc.opaque_function import OpaqueFunction
from matcalc.printers.latex_names import dimension_latex
from matcalc.printers.opaque_names import opaque_latex
from matcalc.printers.unfolding import is_structural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matcalc.expr import Expr

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
_OPENS = ("(", "[", "{", "|", ",", r"\langle", r"\lvert", r"\lVert")
_CLOSES = (")", "]", "}", "|", ",", r"\right", r"\rangle", r"\rvert", r"\rVert")
_FACTOR = frozenset({"atom", "power", "fraction"})
_BASE = frozenset({"atom"})
_ENTRY_SUM = frozenset({"atom", "power", "fraction", "product"})


class Written:
    """A piece of LaTeX: `level` names its outermost operation, tall pieces need brackets that grow."""

    __slots__ = ("is_tall", "level", "text")

    def __init__(self, text: str, level: str = "atom", is_tall: bool = False) -> None:
        self.text = text
        self.level = level
        self.is_tall = is_tall


def bracketed(part: Written) -> str:
    """The piece in brackets of its height."""
    return rf"\left({part.text}\right)" if part.is_tall else f"({part.text})"


def within(part: Written, allowed: frozenset[str]) -> str:
    """The piece, in brackets unless its level is allowed to stand bare."""
    return part.text if part.level in allowed else bracketed(part)


def call_latex(node: Expr, parts: Sequence[Written], rulebook: Any) -> Written:
    """A function with its operands printed already."""
    if is_structural(node):
        return _structural(node, parts)
    if node.value == "inv":
        return Written(within(parts[0], _BASE) + "^{-1}", "power", parts[0].is_tall)
    function = rulebook.function(node.value, node.args)
    if isinstance(function, OpaqueFunction):
        return _named(opaque_latex(function.opaque), parts)
    if function.latex is not None:
        names = [parameter.name for parameter in function.parameters]
        return _filled(function.latex, dict(zip(names, parts, strict=True)), parts)
    return _named(rf"\operatorname{{{node.value}}}", parts)


def _named(head: str, parts: Sequence[Written]) -> Written:
    is_tall = any(part.is_tall for part in parts)
    inside = Written(", ".join([part.text for part in parts]), "sum", is_tall)
    return Written(head + bracketed(inside), "atom", is_tall)


def _structural(node: Expr, parts: Sequence[Written]) -> Written:
    match node.value:
        case "pi":
            return Written(r"\pi")
        case "inf":
            return Written(r"\infty")
        case "eye":
            return Written("1" if node.is_scalar else "I")
        case "unit":
            return Written("1" if node.is_scalar else f"e_{{{parts[0].text}}}")
        case "commutation":
            return Written(f"K_{{{parts[0].text}, {parts[1].text}}}")
        case "duplication":
            return Written(f"D_{{{parts[0].text}}}")
        case "ones" | "zeros":
            return _filled_array(node)
        case "sum" if len(node.args) == 2:
            return _axis_sum(node, parts[0])
        case "kron":
            is_tall = any(part.is_tall for part in parts)
            return Written(r" \otimes ".join([within(part, _FACTOR) for part in parts]), "entrywise", is_tall)
        case "max" | "min":
            return _named("\\" + node.value, parts)
    return _named(rf"\operatorname{{{node.value}}}", parts)


def _filled_array(node: Expr) -> Written:
    digit = "1" if node.value == "ones" else "0"
    if node.is_scalar:
        return Written(digit)
    bold = rf"\mathbf{{{digit}}}"
    if node.is_column:
        return Written(bold)
    if node.is_row:
        return Written(rf"{bold}^\top", "power")
    sizes = r" \times ".join([dimension_latex(d.text) for d in node.shape])
    return Written(f"{bold}_{{{sizes}}}")


def _axis_sum(node: Expr, part: Written) -> Written:
    r"""Sums of columns and of rows are products with a vector of ones."""
    if node.args[0].shape[node.args[1].value - 1] == ONE:
        return part
    factor = within(part, _ENTRY_SUM)
    text = rf"\mathbf{{1}}^\top {factor}" if node.args[1].value == 1 else rf"{factor} \mathbf{{1}}"
    return Written(text, "product", part.is_tall)


def _filled(template: str, operands: dict[str, Written], parts: Sequence[Written]) -> Written:
    """A template with the operands put in; a template without a place for them is the head of a call."""
    if not _PLACEHOLDER.search(template):
        return _named(template, parts)
    is_tall = any(part.is_tall for part in parts)
    level = _level(template)
    if not is_tall:
        template = _flat(template)

    def operand(match: re.Match[str]) -> str:
        before, after = template[: match.start()].rstrip(), template[match.end() :].lstrip()
        part = operands[match[1]]
        if (not before or before.endswith(_OPENS)) and after.startswith(_CLOSES):
            return part.text
        return within(part, _BASE if after.startswith(("^", "_")) else _FACTOR)

    return Written(_PLACEHOLDER.sub(operand, template), level, is_tall or r"\frac" in template)


def _flat(template: str) -> str:
    r"""The template without `\left` and `\right`, for operands of the height of a letter."""
    for growing, plain in _FLAT:
        template = template.replace(growing, plain)
    return template


_FLAT = (
    (r"\left\|", r"\lVert "),
    (r"\right\|", r" \rVert"),
    (r"\left|", r"\lvert "),
    (r"\right|", r" \rvert"),
    (r"\left\langle", r"\langle"),
    (r"\right\rangle", r"\rangle"),
    (r"\left", ""),
    (r"\right", ""),
)


def _level(template: str) -> str:
    """How tightly a template binds, by what stands outside its delimiters."""
    depth, outside = 0, ""
    pieces = re.findall(r"\$\{\w+\}|\\left|\\right|[{}]|.", template)
    for piece in pieces:
        if piece in ("}", r"\right"):
            depth -= 1
        if not depth:
            outside += "$" if piece.startswith("$") else piece
        if piece in ("{", r"\left"):
            depth += 1
    if "$ " in outside or " $" in outside:
        return "product"
    return "power" if "^" in outside else "atom"
