"""Functions about indices, which no rule file could state: their shapes, typed here in code."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from matcalc.constraints import Constraint, combine, is_open, is_scalar
from matcalc.dimensions import Dimension
from matcalc.errors import ParseError, ShapeError
from matcalc.extents import SINGLE, find, unify
from matcalc.signature_shapes import literal, local_extent, overloads, takes, visit_rulebook_call

if TYPE_CHECKING:
    from collections.abc import Callable

    from matcalc.inference import Inference
    from matcalc.nodes import Node


def _counted(inference: Inference, node: Node, counts: tuple[int, ...], usage: str) -> None:
    if len(node.args) not in counts:
        inference.fail(node, f"{node.value} takes {usage}", error=ParseError)


def _visit_trace(inference: Inference, node: Node) -> None:
    _counted(inference, node, (1,), "one square matrix")
    matrix = node.args[0]
    inference.mark_nonscalar(matrix)
    inference.require(matrix, matrix.columns, matrix.rows, "tr takes a square matrix, {text} is {shape}")
    node.rows = node.columns = SINGLE


def _visit_transpose(inference: Inference, node: Node) -> None:
    _counted(inference, node, (1,), "one matrix")
    inner = node.args[0]
    inference.mark_nonscalar(inner)
    node.op = "transpose"
    node.rows, node.columns = inner.columns, inner.rows


def _visit_sum(inference: Inference, node: Node) -> None:
    _counted(inference, node, (1, 2), "a matrix, and 1 or 2 for sums along one axis")
    matrix = node.args[0]
    inference.mark_reduced(matrix)
    axis = literal(node.args[1]) if len(node.args) == 2 else None
    if len(node.args) == 2 and axis not in (1, 2):
        inference.fail(
            node.args[1], "the axis of a sum is 1 (down the columns) or 2 (along the rows)", error=ParseError
        )
    node.rows = matrix.rows if axis == 2 else SINGLE
    node.columns = matrix.columns if axis == 1 else SINGLE


def _visit_reduction_or_pair(inference: Inference, node: Node) -> None:
    """`max(a, b)` and `min(a, b)` entry by entry; other forms only if the rulebook has them."""
    signatures = [s for s in overloads(inference, node, node.value) if takes(s, node.args)]
    if signatures:
        visit_rulebook_call(inference, node, signatures)
    else:
        _counted(inference, node, (1, 2), "one operand, or two to compare entry by entry")
        combine(inference, node, node.args, takes_shape=False)
        if literal(node.args[1]) in (1, 2) and not is_scalar(node.args[0]):
            inference.note(f"{inference.text(node)} compares every entry with {inference.text(node.args[1])}")


def _visit_triangle(inference: Inference, node: Node) -> None:
    _counted(inference, node, (1,), "one matrix")
    inner = node.args[0]
    inference.mark_nonscalar(inner)
    node.rows, node.columns = inner.rows, inner.columns


def _visit_vec(inference: Inference, node: Node) -> None:
    _counted(inference, node, (1,), "one matrix")
    matrix = node.args[0]
    product = Dimension.of("m") * Dimension.of("n")
    if is_scalar(matrix):
        node.rows = node.columns = SINGLE
    else:
        node.rows = local_extent(inference, node, product, {"n": matrix.columns, "m": matrix.rows})
        node.columns = SINGLE


def _visit_kron(inference: Inference, node: Node) -> None:
    _counted(inference, node, (2,), "two matrices")
    left, right = node.args
    product = Dimension.of("m") * Dimension.of("n")
    node.rows = local_extent(inference, node, product, {"m": left.rows, "n": right.rows})
    node.columns = local_extent(inference, node, product, {"m": left.columns, "n": right.columns})


def _visit_diag(inference: Inference, node: Node) -> None:
    _counted(inference, node, (1,), "one vector or square matrix")
    inference.mark_nonscalar(node.args[0])
    diagonal = Diagonal(node)
    inference.wait(node, diagonal)
    inference.apply(diagonal)


class Diagonal(Constraint):
    """`diag`: of a vector the matrix, of a square matrix the vector."""

    __slots__ = ()

    def settle(self, inference: Inference) -> bool:
        node = self.node
        inner = node.args[0]
        if is_open(inner):
            return False
        rows, columns = find(inner.rows), find(inner.columns)
        if rows.is_one or columns.is_one:
            side = columns if rows.is_one else rows
            extents = (side, side)
        else:
            inference.require(inner, columns, rows, "diag takes a vector or a square matrix, {text} is {shape}")
            extents = (rows, SINGLE)
        if not (unify(node.rows, extents[0]) and unify(node.columns, extents[1])):
            inference.contradiction(node)
        return True


def _visit_filled(inference: Inference, node: Node) -> None:
    """`ones(n)` is a column, `ones(m,n)` a matrix; `zeros` likewise."""
    _unpack_pair(node)
    _counted(inference, node, (1, 2), "one or two sizes")
    node.rows = inference.extent(size_of(inference, node.args[0]))
    node.columns = inference.extent(size_of(inference, node.args[1])) if len(node.args) == 2 else SINGLE


def _unpack_pair(node: Node) -> None:
    if len(node.args) == 1 and node.args[0].op == "tuple":
        pair = node.args[0]
        node.args, pair.op = pair.args, "word"  # taken, so that it says nothing by itself


def _visit_eye(inference: Inference, node: Node) -> None:
    _unpack_pair(node)
    _counted(inference, node, (1,), "one size")
    node.rows = node.columns = inference.extent(size_of(inference, node.args[0]))


def _visit_unit(inference: Inference, node: Node) -> None:
    """`unit(i,n)`, the column of n entries with its one at i, counted from 1."""
    _counted(inference, node, (2,), "a position and a size")
    position, length = node.args
    at, size = literal(position), size_of(inference, length)
    if not isinstance(at, int) or at < 1:
        inference.fail(position, "the position in unit(i,n) is a whole number from 1 on", error=ParseError)
    if size.number is not None and at > size.number:
        inference.fail(position, f"{inference.text(node)} has {size.number} entries, there is none numbered {at}")
    node.rows, node.columns = inference.extent(size), SINGLE


def _visit_commutation(inference: Inference, node: Node) -> None:
    """`commutation(m,n)`, square of size m*n."""
    _counted(inference, node, (2,), "the two sizes of the matrix that it transposes")
    rows, columns = (size_of(inference, n) for n in node.args)
    node.rows = node.columns = inference.extent(rows * columns)


def _visit_duplication(inference: Inference, node: Node) -> None:
    """`duplication(n)`, with a row for each entry of an n x n matrix and a column for each of its lower triangle."""
    _counted(inference, node, (1,), "the size of the symmetric matrix")
    side = size_of(inference, node.args[0])
    node.rows = inference.extent(side * side)
    node.columns = inference.extent((side * side + side) / 2)


def _visit_one(inference: Inference, node: Node) -> None:
    """`vector(1)` and `matrix(1)` stand for a one in every entry: the number 1 spreads by itself."""
    if len(node.args) != 1 or literal(node.args[0]) != 1:
        inference.fail(node, f"only {node.value}(1) has a meaning in an expression", error=ParseError)
    inference.note(f"{node.value}(1) is not needed: 1 is enough")
    node.op, node.value, node.args = "number", 1, ()
    node.rows = node.columns = SINGLE


def size_of(inference: Inference, node: Node) -> Dimension:
    """The dimension an argument of eye, ones, zeros or unit stands for."""
    values: list[Dimension] = []
    pending: list[tuple[Node, bool]] = [(node, False)]
    while pending:
        current, operands_done = pending.pop()
        if operands_done:
            values.append(_combined(current, [values.pop() for _ in current.args][::-1]))
        elif current.op == "size" or (current.op == "number" and isinstance(current.value, int)):
            values.append(Dimension.of(current.value))
        elif current.op in ("sum", "mul") or (current.op == "div" and is_whole(current.args[1])):
            pending.append((current, True))
            pending.extend((a, False) for a in reversed(current.args))
        else:
            _no_size(inference, current)
    if values[0].number is not None and values[0].number < 1:
        _no_size(inference, node)
    return values[0]


def is_whole(node: Node) -> bool:
    """Whether a node is a whole number other than 0."""
    return node.op == "number" and isinstance(node.value, int) and node.value > 0


def _combined(node: Node, parts: list[Dimension]) -> Dimension:
    total = parts[0]
    if node.op == "div":
        return total / (parts[1].number or 1)
    for index, part in enumerate(parts[1:], 1):
        subtracted = node.op == "sum" and node.value[index]
        term = part * Dimension.of(-1) if subtracted else part
        total = total * part if node.op == "mul" else total + term
    return total


def _no_size(inference: Inference, node: Node) -> NoReturn:
    inference.fail(
        node,
        f"{inference.text(node)} is no size: a size is a positive whole number, a name that is no variable, or 2*n",
        error=ShapeError,
    )


STRUCTURAL: dict[str, Callable[[Inference, Node], None]] = {
    "tr": _visit_trace,
    "transpose": _visit_transpose,
    "sum": _visit_sum,
    "max": _visit_reduction_or_pair,
    "min": _visit_reduction_or_pair,
    "diag": _visit_diag,
    "tril": _visit_triangle,
    "triu": _visit_triangle,
    "vec": _visit_vec,
    "kron": _visit_kron,
    "eye": _visit_eye,
    "ones": _visit_filled,
    "zeros": _visit_filled,
    "unit": _visit_unit,
    "commutation": _visit_commutation,
    "duplication": _visit_duplication,
    "vector": _visit_one,
    "matrix": _visit_one,
}
