r"""Calls as LaTeX: the functions about indices, and those of the rule files by their templates."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from matcalc.dimensions import ONE
from matcalc.opaque_function import OpaqueFunction
from matcalc.printers.latex_names import dimension_latex
from matcalc.printers.opaque_names import opaque_latex
from matcalc.printers.unfolding import is_structural
from matcalc.spelling import ROWWISE, SANS_SERIF

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from matcalc.expr import Expr

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
_OPENS = ("(", "[", "{", "|", ",", r"\langle", r"\lvert", r"\lVert")
_CLOSES = (")", "]", "}", "|", ",", r"\right", r"\rangle", r"\rvert", r"\rVert")
_FACTOR = frozenset({"atom", "power", "fraction"})
_BASE = frozenset({"atom"})


class Written:
    """A piece of LaTeX: `level` names its outermost operation, tall pieces need brackets that grow.

    `loose` is the text for where the shape is known from what stands around it: there an I needs no size.
    """

    __slots__ = ("is_tall", "level", "loose", "text")

    def __init__(self, text: str, level: str = "atom", is_tall: bool = False, loose: str | None = None) -> None:
        self.text = text
        self.level = level
        self.is_tall = is_tall
        self.loose = loose

    def with_known_size(self) -> Written:
        """The piece for where its shape is known."""
        return self if self.loose is None else Written(self.loose, self.level, self.is_tall)


def bracketed(part: Written) -> str:
    """The piece in brackets of its height."""
    return rf"\left({part.text}\right)" if part.is_tall else f"({part.text})"


def within(part: Written, allowed: frozenset[str]) -> str:
    """The piece, in brackets unless its level is allowed to stand bare."""
    return part.text if part.level in allowed else bracketed(part)


def call_latex(node: Expr, parts: Sequence[Written], rulebook: Any, taken: Collection[str] = ()) -> Written:
    """A function with its operands printed already; `taken` are the letters that stand for variables."""
    if is_structural(node):
        if SANS_SERIF.get(node.value) in taken:
            return _named(rf"\operatorname{{{node.value}}}", parts)
        return _structural(node, parts)
    if node.value in ROWWISE and len(parts) == 1 and not _is_line(node.args[0]):
        return _named(rf"\operatorname{{{node.value}}}_{{\mathrm{{all}}}}", parts)
    function = rulebook.function(node.value, node.args)
    if isinstance(function, OpaqueFunction):
        return _named(opaque_latex(function.opaque), parts)
    if function.latex is not None and function.latex not in taken and not _means_another(node, function.latex):
        names = [parameter.name for parameter in function.parameters]
        return _filled(function.latex, dict(zip(names, parts, strict=True)), parts)
    return _named(rf"\operatorname{{{node.value}}}", parts)


def _is_line(arg: Expr) -> bool:
    """Whether this is a column, a row or a scalar."""
    return ONE in arg.shape


def _means_another(node: Expr, template: str) -> bool:
    """Whether the notation means something else of such an operand: a determinant, or another norm or inverse."""
    arg = node.args[0]
    if node.value in ("inv", "pinv"):
        return node.is_scalar or (node.value == "pinv" and _is_line(arg))
    if template.startswith(r"\left|"):
        return not arg.is_scalar
    return template.startswith(r"\left\|") and template.endswith(("_1", "_2")) and not _is_line(arg)


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
        case "eye" if not node.is_scalar:
            return Written("I" + _below(dimension_latex(node.shape[0].text)), loose="I")
        case "unit" | "commutation" | "duplication":
            sizes = ", ".join([part.text for part in parts])
            return Written(rf"\mathsf{{{SANS_SERIF[node.value]}}}_{{{sizes}}}")
        case "ones" | "zeros":
            return _filled_array(node)
        case "kron":
            is_tall = any(part.is_tall for part in parts)
            return Written(r" \otimes ".join([within(part, _FACTOR) for part in parts]), "entrywise", is_tall)
        case "max" | "min":
            return _named("\\" + node.value, parts)
    return _named(rf"\operatorname{{{node.value}}}", parts)


def _filled_array(node: Expr) -> Written:
    r"""`\mathbf{1}_n`, `\mathbf{0}_{m \times n}`: with as many sizes as were given."""
    digit = "1" if node.value == "ones" else "0"
    sizes = r" \times ".join([dimension_latex(d.text) for d in node.shape[: len(node.args)]])
    bold = rf"\mathbf{{{digit}}}"
    return Written(bold + _below(sizes), loose=bold if node.is_column and len(node.args) == 1 else None)


def _below(text: str) -> str:
    """A subscript, in braces unless it is one character."""
    return f"_{text}" if len(text) == 1 else f"_{{{text}}}"


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
