"""Evaluating typed expressions with NumPy, node by node.

Inside, every operand is an array of rows and columns, a scalar one of shape (1, 1); the symbolic shapes, not the
numbers, decide what a product means, so that a matrix with a single row is still a matrix.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from matcalc.dimensions import ONE
from matcalc.errors import MatcalcError, UnsupportedError
from matcalc.expr import Expr, is_reduction, postorder, symbols
from matcalc.opaque_values import opaque_value
from matcalc.operands import as_float, as_operand, sizes_from, with_families
from matcalc.stacks import Stack, families_of, members, stacked, total
from matcalc.symbols import Member
from matcalc.templates import numpy_function, scipy, solved

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matcalc.rounding import Disturb
    from matcalc.rulebook import Function, Rulebook

    Array = NDArray[np.float64]

__all__ = ["evaluate", "sizes_from"]

DEEPEST_DEFINITION = 100
# what rounding leaves of imaginary parts that cancel, as a part of the largest entry
IMAGINARY = 1e-10


def evaluate(
    expr: Expr,
    values: Mapping[str, Any],
    sizes: Mapping[str, int] | None = None,
    rulebook: Rulebook | None = None,
    disturb: Disturb | None = None,
) -> Array:
    """The numbers of an expression: a column as (n,), a row as (1, n), a matrix as (m, n), a scalar as ().

    `values` gives an array for each variable (more are accepted) and callables for an opaque function, `sizes` the
    size names that no array shows. Raises ShapeError where arrays do not fit, MatcalcError where one is missing or a
    matrix has no inverse. A point outside the domain gives nan or inf. `disturb` is done to what is computed at each
    step.
    """
    names = symbols(expr)
    used = [symbol for symbol in names if not isinstance(symbol, Member)]
    families = families_of(names)
    values = with_families(families, values, {symbol.name for symbol in used})
    for symbol in used:
        if symbol.name not in values:
            raise MatcalcError(f"no value is given for {symbol.name}, a {symbol.kind.text}")
    known = sizes_from(used, values, sizes, families)
    operands = {**values, **{symbol.name: as_operand(symbol, values[symbol.name]) for symbol in used}}
    operands |= {family.key: members(family, values) for family in families}
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of SciPy, where a matrix is close to one without a value
        result = _evaluate(expr, operands, known, rulebook or _default_rulebook(), 0, disturb)
    if expr.is_scalar:
        return result.reshape(())
    return result.reshape(-1) if expr.is_column else result


def _default_rulebook() -> Rulebook:
    from matcalc.rulebook import default_rulebook

    return default_rulebook()


def _evaluate(
    expr: Expr,
    operands: Mapping[str, Any],
    sizes: Mapping[str, int],
    rulebook: Rulebook,
    depth: int,
    disturb: Disturb | None = None,
) -> Array:
    """The numbers of an expression as rows and columns."""
    done: dict[int, Any] = {}  # arrays; of what depends on an index, stacks of them
    exact: set[int] = set()  # numbers and sizes, which are counted with
    for node in postorder(expr):
        args = [done[id(arg)] for arg in node.args]
        if node.op == "index_sum":
            value: Any = total(node.value, args[0], sizes)
        elif node.op == "symbol":
            symbol = node.value
            is_member = isinstance(symbol, Member)
            value = Stack([symbol.index], operands[symbol.family.key]) if is_member else operands[symbol.name]
        elif node.op == "size":
            value = _scalar(node.value.value(sizes))
        elif node.free:
            value = stacked(node.free, args, sizes, partial(_operated, node, operands, sizes, rulebook, depth))
        else:
            value = _operated(node, operands, sizes, rulebook, depth, args)
        if disturb is not None and node.args:
            value = _disturbed(value, node, args, disturb, exact)
        elif node.op != "symbol":
            exact.add(id(node))
        done[id(node)] = value
    result: Array = done[id(expr)]
    return result


def _disturbed(value: Any, node: Expr, args: Sequence[Any], disturb: Disturb, exact: set[int]) -> Any:
    """The value of an operator, disturbed unless it is of numbers and sizes only."""
    if all(id(arg) in exact for arg in node.args):
        exact.add(id(node))
        return value
    arrays = [arg.array if isinstance(arg, Stack) else arg for arg in args]
    summand = max([float(np.max(np.abs(array), initial=0.0)) for array in arrays]) if node.op == "add" else 0.0
    if isinstance(value, Stack):
        return Stack(value.indices, disturb(value.array, summand))
    return disturb(value, summand)


def _operated(
    node: Expr,
    operands: Mapping[str, Any],
    sizes: Mapping[str, int],
    rulebook: Rulebook,
    depth: int,
    args: Sequence[Array],
) -> Array:
    """The value of an operator or a call."""
    if node.op != "call":
        return _OPERATORS[node.op](node, args)
    declared = rulebook.opaque(node.value)
    if declared is None:
        return _call(node, args, rulebook, depth)
    shape = tuple(d.value(sizes) for d in node.shape)
    return opaque_value(declared.opaque, args, shape, operands, [a.shape for a in node.args])


# operators


def _scalar(value: float) -> Array:
    return np.full((1, 1), float(value))


def _sum(node: Expr, args: Sequence[Array]) -> Array:
    total = args[0]
    for arg in args[1:]:
        total = total + arg
    return total


def _product(node: Expr, args: Sequence[Array]) -> Array:
    """Left to right; a factor of scalar shape scales."""
    product, scalar = args[0], node.args[0].is_scalar
    left = node.args[0].shape[0]
    for factor, value in zip(node.args[1:], args[1:], strict=True):
        if scalar or factor.is_scalar:
            product = product * value
            left = factor.shape[0] if scalar else left
            scalar = scalar and factor.is_scalar
        else:
            product = product @ value
            scalar = left == ONE and factor.shape[1] == ONE
    return product


def _entrywise_product(node: Expr, args: Sequence[Array]) -> Array:
    product = args[0]
    for arg in args[1:]:
        product = product * arg
    return product


def _power(node: Expr, args: Sequence[Array]) -> Array:
    if node.args[0].is_scalar:
        return np.asarray(np.power(args[0], args[1]))
    exponent = float(args[1].reshape(-1)[0])
    if exponent == round(exponent):
        return np.asarray(solved("a negative power", lambda: np.linalg.matrix_power(args[0], round(exponent))))
    return real(scipy("a matrix power").linalg.fractional_matrix_power(args[0], exponent))


def _entry(node: Expr, args: Sequence[Array]) -> Array:
    rows, columns = args[0].shape
    row, column = node.value
    return args[0][_slice(row, rows), _slice(column, columns)]


def _slice(index: int | str | None, length: int) -> slice:
    if index is None:
        return slice(None)
    if isinstance(index, str):
        raise UnsupportedError(f"the index {index} has no number yet: only entries such as x[1] are evaluated")
    if not 1 <= index <= length:
        raise MatcalcError(f"the index {index} is outside 1..{length}", expected=f"1..{length}", found=str(index))
    return slice(index - 1, index)


_OPERATORS: dict[str, Callable[[Expr, Sequence[Array]], Array]] = {
    "number": lambda node, args: _scalar(as_float(node.value)),
    "add": _sum,
    "neg": lambda node, args: np.negative(args[0]),
    "mul": _product,
    "had": _entrywise_product,
    "div": lambda node, args: args[0] / args[1],
    "haddiv": lambda node, args: args[0] / args[1],
    "pow": _power,
    "hadpow": lambda node, args: np.asarray(np.power(args[0], args[1])),
    "transpose": lambda node, args: args[0].T,
    "entry": _entry,
    "stack": lambda node, args: np.block(
        [list(args[k : k + node.value[1]]) for k in range(0, len(args), node.value[1])]
    ),
}


# functions about indices, which no rule file states


def _sum_of(node: Expr, args: Sequence[Array]) -> Array:
    axis = None if len(args) == 1 else _whole(args[1], "the axis of sum") - 1
    return np.asarray(np.sum(args[0], axis=axis, keepdims=True))


def _diagonal(node: Expr, args: Sequence[Array]) -> Array:
    """Of a matrix its diagonal as a column, of a vector or row the matrix."""
    operand = node.args[0]
    if operand.is_column or operand.is_row or operand.is_scalar:
        return np.diag(args[0].reshape(-1))
    return np.diag(args[0]).reshape(-1, 1)


def _constant(fill: float) -> Callable[[Expr, Sequence[Array]], Array]:
    def build(node: Expr, args: Sequence[Array]) -> Array:
        sizes = [_whole(a, f"the size in {node.value}") for a in args]
        return np.full((sizes[0], sizes[1] if len(sizes) > 1 else 1), fill)

    return build


def _unit(node: Expr, args: Sequence[Array]) -> Array:
    at, size = _whole(args[0], "the position in unit"), _whole(args[1], "the size in unit")
    if not 1 <= at <= size:
        raise MatcalcError(f"the position {at} in unit is outside 1..{size}", expected=f"1..{size}", found=str(at))
    column = np.zeros((size, 1))
    column[at - 1] = 1.0
    return column


def _commutation(node: Expr, args: Sequence[Array]) -> Array:
    """The rows of the identity in the order in which the transpose of an m x n matrix stacks its entries."""
    rows, columns = (_whole(a, "a size in commutation") for a in args)
    order = np.arange(rows * columns).reshape(columns, rows).T.reshape(-1)
    return np.asarray(np.eye(rows * columns)[order])


def duplication_matrix(side: int) -> Array:
    """A row for each entry of a matrix, columns stacked; a column for each entry of its lower triangle."""
    columns, rows = np.triu_indices(side)
    matrix = np.zeros((side * side, len(rows)))
    places = np.arange(len(rows))
    matrix[columns * side + rows, places] = 1.0
    matrix[rows * side + columns, places] = 1.0
    return matrix


_STRUCTURAL: dict[str, Callable[[Expr, Sequence[Array]], Array]] = {
    "tr": lambda node, args: _scalar(float(np.trace(args[0]))),
    "sum": _sum_of,
    "diag": _diagonal,
    "tril": lambda node, args: np.tril(args[0]),
    "triu": lambda node, args: np.triu(args[0]),
    "vec": lambda node, args: args[0].reshape(-1, 1, order="F"),
    "kron": lambda node, args: np.asarray(np.kron(args[0], args[1]), dtype=np.float64),
    "eye": lambda node, args: np.eye(_whole(args[0], "the size in eye")),
    "ones": _constant(1.0),
    "zeros": _constant(0.0),
    "unit": _unit,
    "commutation": _commutation,
    "duplication": lambda node, args: duplication_matrix(_whole(args[0], "the size in duplication")),
    "max": lambda node, args: np.maximum(args[0], args[1]),
    "min": lambda node, args: np.minimum(args[0], args[1]),
    "pi": lambda node, args: _scalar(np.pi),
    "inf": lambda node, args: _scalar(np.inf),
}


def _whole(value: Array, what: str) -> int:
    """The whole number that a scalar must be."""
    number = float(value.reshape(-1)[0])
    if number != round(number):
        raise MatcalcError(f"{what} must be a whole number, not {number}", found=str(number))
    return round(number)


# functions of the rulebook


def _call(node: Expr, args: Sequence[Array], rulebook: Rulebook, depth: int) -> Array:
    structural = _STRUCTURAL.get(node.value)
    if structural is not None and not is_reduction(node):
        return structural(node, args)
    function = rulebook.function(node.value, node.args)
    named = {p.name: a for p, a in zip(function.parameters, args, strict=True) if p.literal is None}
    if function.elementwise:
        spread = np.broadcast_arrays(*named.values())
        named = dict(zip(named, spread, strict=True))
    value = _apply(function, named, rulebook, depth)
    return np.broadcast_to(value, next(iter(named.values())).shape) if function.elementwise else value


def _apply(function: Function, named: Mapping[str, Array], rulebook: Rulebook, depth: int) -> Array:
    """The value of a function at operands of rows and columns: by its template, else by its formula."""
    if function.numpy is not None:
        result = solved(function.name, lambda: numpy_function(function)(**named))
        return real(result).reshape((1, 1) if np.ndim(result) == 0 else np.shape(result))
    formula = function.formula
    if formula is None:
        raise MatcalcError(f"the value of {function.name} is not known: {function.where} states only its differential")
    if depth > DEEPEST_DEFINITION:
        raise MatcalcError(f"the definition of {function.name} leads through more than {DEEPEST_DEFINITION} others")
    return _evaluate(formula, named, _local_sizes(function, named), rulebook, depth + 1)


def real(result: Any) -> Array:
    """The numbers of a result that must be real; NaN where it is not, as a logarithm of a negative number is."""
    array = np.asarray(result)
    if np.iscomplexobj(array):
        size = float(np.max(np.abs(array), initial=0.0))
        is_real = float(np.max(np.abs(array.imag), initial=0.0)) <= IMAGINARY * size
        array = array.real if is_real else np.full(array.shape, np.nan)
    return np.asarray(array, dtype=np.float64)


def _local_sizes(function: Function, named: Mapping[str, Array]) -> dict[str, int]:
    """The sizes that the names in a signature stand for at these operands."""
    sizes: dict[str, int] = {}
    for parameter in function.parameters:
        if parameter.kind is not None and parameter.name in named and not function.elementwise:
            for dimension, size in zip(parameter.kind.shape, named[parameter.name].shape, strict=True):
                sizes.update(dict.fromkeys(dimension.names, size))
    return sizes
