"""Expressions out of syntax, once every extent is known."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from matcalc import expr
from matcalc.constraints import is_scalar
from matcalc.dimensions import ONE, SCALAR, Dimension, Shape
from matcalc.errors import ParseError, UnsupportedError
from matcalc.extents import dimension_of
from matcalc.indicators import with_indicators
from matcalc.opaque_signature import OpaqueSignature
from matcalc.structural import size_of
from matcalc.symbols import Index

if TYPE_CHECKING:
    from collections.abc import Callable

    from matcalc.expr import Expr
    from matcalc.inference import Inference
    from matcalc.nodes import Node

LARGEST_MATRIX_POWER = 1000
HALF = Fraction(1, 2)
# entrywise functions with a namesake for whole matrices
MATRIX_FUNCTIONS = {"exp": "expm", "log": "logm", "sqrt": "sqrtm"}
MATRIX_NORMS = {"1": "the largest column sum", "2": "the largest singular value", "inf": "the largest row sum"}
SIZED = frozenset({"eye", "ones", "zeros", "unit", "commutation", "duplication"})


def elaborate(inference: Inference, node: Node) -> Expr:
    """The expression of a node whose operands have theirs."""
    return BUILDERS[node.op](inference, node)


def shape_of(node: Node) -> Shape:
    return dimension_of(node.rows), dimension_of(node.columns)


def build_number(inference: Inference, node: Node) -> Expr:
    return expr.number(node.value)


def build_name(inference: Inference, node: Node) -> Expr:
    name = node.value
    return expr.named(inference.member(name)) if name in inference.binding.members else inference.variables[name].expr


def build_index_sum(inference: Inference, node: Node) -> Expr:
    return expr.index_sum(Index(node.value[0], inference.binding.counts[node]), node.args[0].expr)


def build_defined(inference: Inference, node: Node) -> Expr:
    found: Expr = node.value.expr
    return found


def build_size(inference: Inference, node: Node) -> Expr:
    return expr.size(Dimension.of(node.value))


def build_pi(inference: Inference, node: Node) -> Expr:
    return expr.call("pi", (), SCALAR)


def build_order(inference: Inference, node: Node) -> Expr:
    """`inf` where a function takes it."""
    return expr.literal("inf")


def build_infinity(inference: Inference, node: Node) -> Expr:
    inference.fail(node, "inf stands only for the order of a norm, as in norm(x, inf)", error=ParseError)


def build_identity(inference: Inference, node: Node) -> Expr:
    return eye(dimension_of(node.rows))


def build_filled(inference: Inference, node: Node) -> Expr:
    return expr.call(node.value, (expr.size(dimension_of(node.rows)),), shape_of(node))


def eye(side: Dimension) -> Expr:
    return expr.call("eye", (expr.size(side),), (side, side))


def build_neg(inference: Inference, node: Node) -> Expr:
    return expr.neg(node.args[0].expr)


def build_sum(inference: Inference, node: Node) -> Expr:
    terms = (expr.neg(n.expr) if minus else n.expr for n, minus in zip(node.args, node.value, strict=True))
    return expr.add(*terms)


def build_mul(inference: Inference, node: Node) -> Expr:
    return expr.mul(node.args[0].expr, node.args[1].expr)


def build_solve(inference: Inference, node: Node) -> Expr:
    matrix, right = node.args[0].expr, node.args[1].expr
    if matrix.is_scalar:
        return expr.div(right, matrix)
    return expr.mul(expr.call("inv", (matrix,), matrix.shape), right)


def build_div(inference: Inference, node: Node) -> Expr:
    return expr.div(node.args[0].expr, node.args[1].expr)


def build_had(inference: Inference, node: Node) -> Expr:
    left, right = node.args
    if is_scalar(left) or is_scalar(right):
        return expr.mul(left.expr, right.expr)
    return expr.had(left.expr, right.expr)


def build_haddiv(inference: Inference, node: Node) -> Expr:
    left, right = node.args
    return (expr.div if is_scalar(right) else expr.haddiv)(left.expr, right.expr)


def build_transpose(inference: Inference, node: Node) -> Expr:
    return expr.transpose(node.args[0].expr)


def build_inverse_transpose(inference: Inference, node: Node) -> Expr:
    return expr.transpose(inverse(node.args[0].expr))


def inverse(base: Expr) -> Expr:
    """`X^-1`: the inverse of a matrix, the reciprocal of a scalar."""
    return expr.div(expr.number(1), base) if base.is_scalar else expr.call("inv", (base,), base.shape)


def build_power(inference: Inference, node: Node) -> Expr:
    base, exponent = node.args[0].expr, node.args[1].expr
    if base.is_scalar:
        return expr.power(base, exponent)
    if any(part.op in ("symbol", "size") for part in expr.postorder(exponent)):
        return expr.power(base, exponent)
    count = whole_number(exponent)
    if count is None or abs(count) > LARGEST_MATRIX_POWER:
        text, matrix = inference.text(node), inference.text(node.args[0])
        reason = f"a matrix has only whole powers up to {LARGEST_MATRIX_POWER}"
        is_root = exponent in (expr.number(HALF), expr.div(expr.number(1), expr.number(2)))
        mend = f"the square root is sqrtm({matrix})" if is_root else "the entrywise power is .^"
        inference.fail(node, f"{text}: {reason}", suggestion=mend, error=UnsupportedError)
    if count == 0:
        return eye(base.shape[0])
    base = inverse(base) if count < 0 else base
    return base if abs(count) == 1 else expr.power(base, expr.number(abs(count)))


def whole_number(exponent: Expr) -> int | None:
    """The integer an exponent is, if it is one."""
    sign = 1
    if exponent.op == "neg":
        sign, exponent = -1, exponent.args[0]
    return sign * exponent.value if exponent.op == "number" and isinstance(exponent.value, int) else None


def build_hadpower(inference: Inference, node: Node) -> Expr:
    base, exponent = node.args
    scalars = is_scalar(base) and is_scalar(exponent)
    return (expr.power if scalars else expr.hadpow)(base.expr, exponent.expr)


def build_cases(inference: Inference, node: Node) -> Expr:
    value, *conditions = (n.expr for n in node.args)
    return with_indicators(conditions, value)


def build_entry(inference: Inference, node: Node) -> Expr:
    base, (row, column) = node.args[0], node.value
    rows, columns = shape_of(base)
    for index, size in ((row, rows), (column, columns)):
        if isinstance(index, int) and size.number is not None and index > size.number:
            inference.fail(
                node, f"{inference.text(base)} is {inference.shape(base)}: there is no entry numbered {index}"
            )
    if rows.number == 1 and column is not None:
        row = None
    if columns.number == 1 and row is not None:
        column = None
    if base.expr.is_scalar or (row is None and column is None):
        return base.expr
    return expr.entry(base.expr, row, column)


def build_stack(inference: Inference, node: Node) -> Expr:
    return expr.stack(tuple(n.expr for n in node.args), *node.value)


def build_abs(inference: Inference, node: Node) -> Expr:
    inner = node.args[0]
    if is_scalar(inner):
        return expr.call("abs", (inner.expr,), SCALAR)
    inference.note(f"{inference.text(node)} is read as the determinant")
    return expr.call("det", (inner.expr,), SCALAR)


def build_norm(inference: Inference, node: Node) -> Expr:
    """`||x||` is the 2-norm of a vector and the Frobenius norm of a matrix; `_1` and `_2` of a matrix are not."""
    inner, order = node.args[0].expr, node.value
    matrix = not (inner.is_column or inner.is_row or inner.is_scalar)
    if order == "inf" or (matrix and order in ("1", "2")):
        if matrix:
            inference.note(f"{inference.text(node)} is read as {MATRIX_NORMS[order]}; ||X||_F is the Frobenius norm")
        return expr.call("norm", (inner, expr.literal(order if order == "inf" else int(order))), SCALAR)
    name = {"1": "norm1", "2": "norm2", "F": "normF", "": "normF" if matrix else "norm2"}[order]
    return expr.call(name, (inner,), SCALAR)


def build_inner(inference: Inference, node: Node) -> Expr:
    return expr.call("dot", (node.args[0].expr, node.args[1].expr), SCALAR)


def build_call(inference: Inference, node: Node) -> Expr:
    if node.value in SIZED:
        args = tuple(expr.size(size_of(inference, n)) for n in node.args)
    else:
        args = tuple(n.expr for n in node.args)
    shape = shape_of(node)
    if node.value == expr.MATRIX_POWER:
        return expr.power(*args)
    if node.value in MATRIX_FUNCTIONS and shape[0] == shape[1] != ONE:
        inference.note(f"{node.value} is taken entry by entry; the matrix function is {MATRIX_FUNCTIONS[node.value]}")
    return expr.call(node.value, args, shape)


def build_opaque(inference: Inference, node: Node) -> Expr:
    """A call of a declared function, or of a derivative of it by its shortest name."""
    base, path = node.value
    use = inference.functions[base].signature()
    name = OpaqueSignature(base, use.kind, use.arguments, path).name
    return expr.call(name, tuple(n.expr for n in node.args), shape_of(node))


def build_argument(inference: Inference, node: Node) -> Expr:
    """A pair that no call took."""
    mend = "a list is written in square brackets"
    inference.fail(node, f"{inference.text(node)} has no meaning here", suggestion=mend, error=ParseError)


BUILDERS: dict[str, Callable[[Inference, Node], Expr]] = {
    "number": build_number,
    "name": build_name,
    "defined": build_defined,
    "size": build_size,
    "pi": build_pi,
    "order": build_order,
    "inf": build_infinity,
    "identity": build_identity,
    "filled": build_filled,
    "neg": build_neg,
    "sum": build_sum,
    "mul": build_mul,
    "solve": build_solve,
    "div": build_div,
    "had": build_had,
    "haddiv": build_haddiv,
    "transpose": build_transpose,
    "inverse_transpose": build_inverse_transpose,
    "power": build_power,
    "hadpower": build_hadpower,
    "cases": build_cases,
    "entry": build_entry,
    "stack": build_stack,
    "abs": build_abs,
    "norm": build_norm,
    "inner": build_inner,
    "call": build_call,
    "opaque": build_opaque,
    "index_sum": build_index_sum,
    "tuple": build_argument,
}
