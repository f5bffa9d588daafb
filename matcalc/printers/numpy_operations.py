"""The operators as NumPy code."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from matcalc.errors import UnsupportedError
from matcalc.printers.numpy_calls import spread_args
from matcalc.printers.numpy_code import ATOM, IN_MINUS, Body, Code, deeper, is_matrix, transposed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matcalc.expr import Expr


def inverse_argument(node: Expr) -> Expr | None:
    """What a node is the inverse of, None if it is no inverse of a matrix."""
    if node.is_scalar:
        return None
    if node.op == "call" and node.value == "inv":
        return node.args[0]
    is_power = node.op == "pow" and node.args[1].op == "neg" and node.args[1].args[0].value == 1
    return node.args[0] if is_power else None


def _number(node: Expr, args: Sequence[Code], body: Body) -> Code:
    value = node.value
    if isinstance(value, int):
        return Code(str(value) if value < 2**53 else repr(_as_float(value)))
    if Fraction(repr(_as_float(value))) == value or max(value.numerator, value.denominator) >= 2**53:
        return Code(repr(_as_float(value)))
    return Code(f"{value.numerator} / {value.denominator}", "product")


def _as_float(value: int | Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        raise UnsupportedError("a number is too large for floating point") from None


def _add(node: Expr, args: Sequence[Code], body: Body) -> Code:
    done: Code | None = None
    for arg, code in zip(node.args, spread_args(node, args), strict=True):
        if done is None:
            done = code
        elif arg.op == "neg" and code.level == "unary":
            done = body.joined(done, "-", _without_minus(code), "sum")
        else:
            done = body.joined(done, "+", code, "sum")
    assert done is not None
    return done


def _without_minus(code: Code) -> Code:
    inner = code.text[1:]
    return Code(inner, "atom", code.nesting)


def _neg(node: Expr, args: Sequence[Code], body: Body) -> Code:
    code = args[0]
    return body.settled(Code("-" + code.within(IN_MINUS), "unary", deeper(code)))


def _had(node: Expr, args: Sequence[Code], body: Body) -> Code:
    done, *rest = spread_args(node, args)
    for code in rest:
        done = body.joined(done, "*", code, "product")
    return done


def _div(node: Expr, args: Sequence[Code], body: Body) -> Code:
    numerator, denominator = spread_args(node, args)
    return body.joined(numerator, "/", denominator, "product")


def _pow(node: Expr, args: Sequence[Code], body: Body) -> Code:
    base, exponent = args
    if node.is_scalar:
        return _hadpow(node, args, body)
    if inverse_argument(node) is not None:
        return body.called("np.linalg.inv", base)
    power = node.args[1].args[0] if node.args[1].op == "neg" else node.args[1]
    if power.op != "number":  # whole or not: SciPy sees
        return body.called("scipy.linalg.fractional_matrix_power", base, exponent)
    return body.called("np.linalg.matrix_power", base, exponent)


def _hadpow(node: Expr, args: Sequence[Code], body: Body) -> Code:
    """`**` with integers; a negative one as a float, since NumPy has no negative powers of integers."""
    base, exponent = spread_args(node, args)
    power = node.args[1]
    is_negative = power.op == "neg"
    value = power.args[0].value if is_negative else power.value
    if (power.args[0] if is_negative else power).op != "number" or not isinstance(value, int):
        return body.called("np.power", _as_real(node.args[0], base), exponent)
    if is_negative:
        exponent = Code(f"-{float(value)}")
    return body.joined(base, "**", exponent, "power")


def _as_real(base: Expr, code: Code) -> Code:
    """An integer as a float, since NumPy refuses negative powers of integers."""
    is_integer = base.op == "number" and isinstance(base.value, int)
    return Code(repr(_as_float(base.value))) if is_integer else code


def _transpose(node: Expr, args: Sequence[Code], body: Body) -> Code:
    return transposed(args[0]) if is_matrix(node) else args[0]


def _entry(node: Expr, args: Sequence[Code], body: Body) -> Code:
    base = node.args[0]
    if any(isinstance(index, str) for index in node.value):
        raise UnsupportedError(f"there is no code for an entry with the index {node.value!r}")
    row, column = (None if index is None else index - 1 for index in node.value)
    if base.is_scalar:
        return args[0]
    if is_matrix(base):
        index = f"{':' if row is None else row}, {':' if column is None else column}"
    else:
        position = row if base.is_column else column
        if position is None:
            return args[0]
        index = str(position)
    return Code(f"{args[0].within(ATOM)}[{index}]", "atom", args[0].nesting)


def _stack(node: Expr, args: Sequence[Code], body: Body) -> Code:
    """Scalars by rows as an array; blocks side by side, then rows of blocks above each other."""
    count = node.value[1]
    rows = [args[k : k + count] for k in range(0, len(args), count)]
    if all(arg.is_scalar for arg in node.args):
        lines = [_listed(row) for row in rows]
        listed = _listed(args) if count == 1 else Code(f"[{', '.join(line.text for line in lines)}]")
        return body.called("np.array", Code(listed.text, "atom", deeper(*args)))
    if node.is_column:
        return body.called("np.hstack", _listed(args))
    beside = [body.called("np.column_stack", _listed(row)) if count > 1 else row[0] for row in rows]
    return body.called("np.vstack", _listed(beside)) if len(beside) > 1 else beside[0]


def _listed(parts: Sequence[Code]) -> Code:
    return Code(f"[{', '.join(part.text for part in parts)}]", "atom", deeper(*parts))


OPERATIONS: dict[str, Callable[[Expr, Sequence[Code], Body], Code]] = {
    "number": _number,
    "add": _add,
    "neg": _neg,
    "had": _had,
    "div": _div,
    "haddiv": _div,
    "pow": _pow,
    "hadpow": _hadpow,
    "transpose": _transpose,
    "entry": _entry,
    "stack": _stack,
}
