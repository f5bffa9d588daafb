"""Expressions as text in the language: what is printed parses back to the same expression.

Brackets are the fewest with which a reader cannot go wrong: besides those the grammar needs, `*`
and `.*` are never mixed at one level, and a power of a power or of a transpose is bracketed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from matcalc.printers.precedence import number_text, written_op

if TYPE_CHECKING:
    from matcalc.expr import Expr

__all__ = ["entry_indices", "number_text", "text"]

Pieces = list["Expr | str"]

# per position, the operations that need brackets there
_NO_FACTOR = frozenset({"add", "neg", "mul", "div", "had", "haddiv"})
_NO_FIRST_FACTOR = frozenset({"add", "neg", "mul", "had", "haddiv"})  # a product there is a scalar group
_NO_NUMERATOR = frozenset({"add", "neg", "had", "haddiv"})
_NO_FIRST_ENTRYWISE_FACTOR = frozenset({"add", "neg", "mul", "div", "had"})
_NO_ENTRYWISE_NUMERATOR = frozenset({"add", "neg", "mul", "div"})
_NO_BASE = _NO_FACTOR | {"pow", "hadpow", "transpose"}
_NO_EXPONENT = _NO_BASE | {"call", "entry", "stack"}
_NO_TERM = frozenset({"add"})

# `2.*x` would be read as `2. * x`
_NUMBER_BEFORE_DOT = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)\.([*^])")


def text(expr: Expr) -> str:
    """The expression in the language of the input, on one line.

    >>> from matcalc.expr import add, mul, neg, symbol, transpose
    >>> from matcalc.kinds import Kind
    >>> from matcalc.dimensions import Dimension
    >>> x, y = (symbol(name, Kind("vector", (Dimension.of("n"),))) for name in "xy")
    >>> text(mul(transpose(x), add(x, neg(y))))
    "x'*(x - y)"
    """
    pending: Pieces = [expr]
    written: list[str] = []
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            written.append(item)
            continue
        pieces = _WRITERS[item.op](item)
        pieces.reverse()
        pending += pieces
    line = "".join(written)
    return _NUMBER_BEFORE_DOT.sub(r"\1 .\2 ", line) if ".*" in line or ".^" in line else line


def _operand(node: Expr, brackets: frozenset[str]) -> Pieces:
    op = node.op
    if op == "number" or op == "size":
        op = written_op(node)
    return ["(", node, ")"] if op in brackets else [node]


def _number(node: Expr) -> Pieces:
    return [number_text(node.value)]


def _symbol(node: Expr) -> Pieces:
    return [node.value.name]


def _size(node: Expr) -> Pieces:
    return [node.value.text]


def _call(node: Expr) -> Pieces:
    if node.value in ("pi", "inf"):
        return [node.value]
    pieces: Pieces = [node.value, "("]
    for arg in node.args:
        pieces += (arg, ", ")
    if node.args:
        pieces.pop()
    pieces.append(")")
    return pieces


def _add(node: Expr) -> Pieces:
    pieces: Pieces = [node.args[0]]
    for term in node.args[1:]:
        if term.op == "neg":
            pieces.append(" - ")
            term = term.args[0]
        else:
            pieces.append(" + ")
        pieces += _operand(term, _NO_TERM)
    return pieces


def _neg(node: Expr) -> Pieces:
    return ["-", *_operand(node.args[0], _NO_TERM)]


def _joined(node: Expr, sign: str, first: frozenset[str], later: frozenset[str]) -> Pieces:
    pieces = _operand(node.args[0], first)
    for arg in node.args[1:]:
        pieces.append(sign)
        pieces += _operand(arg, later)
    return pieces


def _mul(node: Expr) -> Pieces:
    is_grouped = not node.is_scalar and _is_scalar_made_of_others(node.args[0])
    return _joined(node, "*", _NO_FACTOR if is_grouped else _NO_FIRST_FACTOR, _NO_FACTOR)


def _is_scalar_made_of_others(node: Expr) -> bool:
    """Whether this is a scalar such as `x'*y/2`, which stays a group: `(x'*y/2)*A`."""
    if node.op != "div" or node.args[0].op != "mul" or not node.is_scalar:
        return False
    return not all(factor.is_scalar for factor in node.args[0].args)


def _had(node: Expr) -> Pieces:
    return _joined(node, ".*", _NO_FIRST_ENTRYWISE_FACTOR, _NO_FACTOR)


def _div(node: Expr) -> Pieces:
    return _joined(node, "/", _NO_NUMERATOR, _NO_FACTOR)


def _haddiv(node: Expr) -> Pieces:
    return _joined(node, "./", _NO_ENTRYWISE_NUMERATOR, _NO_FACTOR)


def _pow(node: Expr) -> Pieces:
    return [*_operand(node.args[0], _NO_BASE), "^", *_exponent(node.args[1])]


def _hadpow(node: Expr) -> Pieces:
    return [*_operand(node.args[0], _NO_BASE), ".^", *_exponent(node.args[1])]


def _exponent(node: Expr) -> Pieces:
    """`^T` is the transpose, so a scalar of that name is bracketed; the name pi is no call to a reader."""
    if node.op == "symbol":
        return ["(", node, ")"] if node.value.name == "T" else [node]
    if node.op == "call" and node.value == "pi":
        return [node]
    return _operand(node, _NO_EXPONENT)


def _transpose(node: Expr) -> Pieces:
    return [*_operand(node.args[0], _NO_BASE), "'"]


def _entry(node: Expr) -> Pieces:
    return [*_operand(node.args[0], _NO_BASE), f"[{entry_indices(node)}]"]


def entry_indices(node: Expr) -> str:
    """The indices of an entry as written: `i` of a vector, `i,j`, or `i,:` where a row is left."""
    row, column = node.value
    base = node.args[0]
    if base.is_column and column is None:
        return str(row)
    if base.is_row and row is None:
        return str(column)
    return f"{':' if row is None else row},{':' if column is None else column}"


def _stack(node: Expr) -> Pieces:
    """`[a, b]` is a column, `[[a, b], [c, d]]` a matrix by rows; blocks are written `[A; B]` and `[A, B; C, D]`."""
    rows, columns = node.value
    scalars = all(arg.is_scalar for arg in node.args)
    if columns == 1:
        return ["[", *separated(list(node.args), ", " if scalars else "; "), "]"]
    lines = [separated(list(node.args[k * columns : k * columns + columns]), ", ") for k in range(rows)]
    if scalars:
        lines = [["[", *line, "]"] for line in lines]
    between = ", " if scalars else "; "
    pieces: Pieces = ["["]
    for number, line in enumerate(lines):
        pieces += [between, *line] if number else line
    return [*pieces, "]"]


def separated(pieces: Pieces, mark: str) -> Pieces:
    """The pieces with a mark between them."""
    return [piece for k, part in enumerate(pieces) for piece in ((mark, part) if k else (part,))]


def _index_sum(node: Expr) -> Pieces:
    return [f"sum_{node.value.name}(", node.args[0], ")"]


_WRITERS: dict[str, Callable[[Expr], Pieces]] = {
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
