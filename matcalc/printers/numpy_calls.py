"""Calls as NumPy code: the functions about indices, and those of the rule files by their templates."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from matcalc.dimensions import ONE
from matcalc.printers.numpy_code import (
    ATOM,
    Body,
    Code,
    as_column,
    as_row,
    deeper,
    is_matrix,
    spread,
    transposed,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matcalc.expr import Expr

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
_CALLED = re.compile(r"[A-Za-z_][\w.]*(?=\()")
# treat all entries alike, however they are arranged: such code needs no (n, 1) arrays
_ARRANGEMENT_FREE = frozenset(
    f"np.{name}"
    for name in (
        *("exp", "log", "abs", "sqrt", "square", "power", "maximum", "minimum", "logaddexp"),
        *("logaddexp.reduce", "ravel", "sum", "prod", "mean", "var", "std", "max", "min", "linalg.norm"),
    )
)
KEPT_AXIS = ", keepdims=True)"


def structural_code(node: Expr, args: Sequence[Code], body: Body) -> Code:
    """The functions about indices, apart from those that only make an array of some size."""
    first = node.args[0]
    match node.value:
        case "sum":
            return _sum(node, args[0], body)
        case "tr":
            return args[0] if first.is_scalar else body.called("np.trace", args[0])
        case "diag":
            return args[0] if first.is_scalar else body.called("np.diag", args[0])
        case "tril" | "triu":
            return _triangle(node, args[0], body)
        case "vec":
            return body.called("np.ravel", args[0], more=', order="F"') if is_matrix(first) else args[0]
        case "kron":
            return _kron(node, args, body)
        case "unit":
            return _unit(node, args)
        case "commutation":
            return _commutation(args)
        case "duplication":
            return _duplication(args[0])
    function = {"max": "np.maximum", "min": "np.minimum"}[node.value]
    return body.called(function, *spread_args(node, args))


def spread_args(node: Expr, args: Sequence[Code]) -> list[Code]:
    """The operands of something that works entry by entry, arranged so that they spread."""
    return [spread(arg, code, is_matrix(node)) for arg, code in zip(node.args, args, strict=True)]


def _sum(node: Expr, code: Code, body: Body) -> Code:
    arg = node.args[0]
    if len(node.args) == 1:
        return code if arg.is_scalar else body.called("np.sum", code)
    axis = node.args[1].value
    if arg.shape[axis - 1] == ONE:
        return code
    return body.called("np.sum", code, more=f", axis={axis - 1}" if is_matrix(arg) else "")


def _commutation(args: Sequence[Code]) -> Code:
    """The rows of the identity in the order in which the transpose stacks its entries."""
    rows, columns = (arg.within(ATOM) for arg in args)
    order = f"np.arange({rows} * {columns}).reshape({columns}, {rows}).T.ravel()"
    return Code(f"np.eye({rows} * {columns})[{order}]", "atom", deeper(*args))


def _duplication(code: Code) -> Code:
    """A column for each pair of the lower triangle: a one where its entry stands, and where the mirrored one does."""
    size = code.within(ATOM)
    pairs = f"np.array(np.triu_indices({size}))"
    straight, turned = (f"{pairs}.T @ [{weights}]" for weights in (f"{size}, 1", f"1, {size}"))
    return Code(f"np.maximum(*np.eye({size} * {size})[[{straight}, {turned}]]).T", "atom", deeper(code))


def _triangle(node: Expr, code: Code, body: Body) -> Code:
    """The entries of a triangle; of a row or column the whole, or the first entry alone."""
    if is_matrix(node):
        return body.called(f"np.{node.value}", code)
    if node.is_scalar or node.is_column == (node.value == "tril"):
        return code
    return body.joined(code, "*", Code(f"(np.arange(len({code.text})) == 0)"), "product")


def _unit(node: Expr, args: Sequence[Code]) -> Code:
    """Column i of the identity."""
    index = node.args[0]
    if node.is_scalar:
        return Code("1")
    position = str(index.value - 1) if index.op == "number" else f"{args[0].text} - 1"
    return Code(f"np.eye({args[1].text})[{position}]", "atom", deeper(*args))


def _kron(node: Expr, args: Sequence[Code], body: Body) -> Code:
    left, right = node.args
    if left.is_scalar or right.is_scalar:
        return body.joined(args[0], "*", args[1], "product")
    if not is_matrix(node):
        return body.called("np.kron", *args)
    return body.called("np.kron", *[two_axes(arg, code) for arg, code in zip(node.args, args, strict=True)])


def two_axes(node: Expr, code: Code) -> Code:
    """The value as an array of two axes."""
    if node.is_scalar:
        return Code(f"np.reshape({code.text}, (1, 1))", "atom", deeper(code))
    if node.is_column:
        return as_column(code)
    return as_row(code) if node.is_row else code


def function_code(node: Expr, args: Sequence[Code], function: Any, body: Body) -> Code:
    """A function of the rule files: its template with the operands put in."""
    template: str = function.numpy
    if function.elementwise:
        return _filled(template, function, spread_args(node, args), body)
    if _is_arrangement_free(template):
        return _filled(template, function, args, body)
    arranged = [
        two_axes(arg, code) if parameter.kind is not None and _has_two_axes(parameter.kind) else code
        for arg, code, parameter in zip(node.args, args, function.parameters, strict=True)
    ]
    if not _has_two_axes(function.result) and template.endswith(KEPT_AXIS):
        template = template[: -len(KEPT_AXIS)] + ")"
    code = _filled(template, function, arranged, body)
    return _reduced_axes(node, code) if _has_two_axes(function.result) else code


def opaque_code(node: Expr, args: Sequence[Code], name: str, body: Body) -> Code:
    """A function that the caller gives: it takes and gives a row as an array (1, n), as users do."""
    given = [as_row(code) if arg.is_row else code for arg, code in zip(node.args, args, strict=True)]
    code = body.called(name, *given)
    return Code(f"{code.text}[0]", "atom", code.nesting) if node.is_row else code


def _has_two_axes(kind: Any) -> bool:
    return kind.structure not in ("scalar", "vector", "row")


def _reduced_axes(node: Expr, code: Code) -> Code:
    """An array of two axes in the form the code keeps: vectors and rows have one, scalars none."""
    index = "[0, 0]" if node.is_scalar else "[:, 0]" if node.is_column else "[0]" if node.is_row else ""
    return Code(code.within(ATOM) + index, "atom", code.nesting) if index else code


def _is_arrangement_free(template: str) -> bool:
    if "axis" in template or "[" in template or "@" in template or ".T" in template:
        return False
    if "np.linalg.norm(" in template and "," in template:
        return False
    return all(name in _ARRANGEMENT_FREE for name in _CALLED.findall(template))


def _filled(template: str, function: Any, args: Sequence[Code], body: Body) -> Code:
    names = [parameter.name for parameter in function.parameters]
    operands = dict(zip(names, args, strict=True))
    for name, code in operands.items():
        if template.count(f"${{{name}}}") > 1 and not code.text.isidentifier():
            operands[name] = body.local(code)

    def operand(match: re.Match[str]) -> str:
        before, after = template[: match.start()][-1:], template[match.end() :][:1]
        code: Code = operands[match[1]]
        if (before in "([" or template[: match.start()].endswith(", ")) and after and after in ")],":
            return code.text
        return code.within(ATOM)

    text = _PLACEHOLDER.sub(operand, template)
    used = [operands[name] for name in set(_PLACEHOLDER.findall(template))]
    return body.settled(Code(text, _level(template), deeper(*used)))


def _level(template: str) -> str:
    """How tightly a template binds: by the operators outside its brackets."""
    depth, outside = 0, ""
    for character in template.replace("${", "").replace("}", ""):
        depth += (character in "([") - (character in ")]")
        outside += character if not depth else ""
    if re.search(r"[-+ ]", outside):
        return "sum"
    return "product" if re.search(r"[*/@]", outside) else "atom"


def half_code(node: Expr, left: Code, right: Code, inner_is_one: bool, body: Body) -> Code:
    """`tr(P*Q)` or `diag(P*Q)` without forming the product."""
    if inner_is_one:
        if node.value == "tr":
            return body.joined(left, "@", right, "matmul")
        return body.joined(left, "*", right, "product")
    entries = body.joined(left, "*", transposed(right), "product")
    return body.called("np.sum", entries, more="" if node.value == "tr" else ", axis=1")
