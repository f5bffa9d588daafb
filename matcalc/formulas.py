"""Formulas of the rules with operands put in, as expressions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import TYPE_CHECKING

from matcalc.dimensions import Dimension, Shape
from matcalc.errors import UnsupportedError
from matcalc.expr import (
    Expr,
    add,
    call,
    div,
    entry,
    had,
    haddiv,
    hadpow,
    index_sum,
    mul,
    neg,
    number,
    postorder,
    power,
    size,
    spread_shape,
    stack,
    transpose,
)

if TYPE_CHECKING:
    from matcalc.rule_entries import Function


def rebuilt(node: Expr, args: tuple[Expr, ...]) -> Expr:
    """The same operation on other operands of the same or more special shapes."""
    match node.op:
        case "number" | "symbol" | "size":
            return node
        case "call":
            return call(node.value, args, node.shape)
        case "add":
            return add(*args)
        case "entry":
            return entry(args[0], *node.value)
        case "stack":
            return stack(args, *node.value)
        case "index_sum":
            return index_sum(node.value, args[0])
    return reduce(_BUILDERS[node.op], args) if len(args) > 1 else _BUILDERS[node.op](*args)


_BUILDERS: dict[str, Callable[..., Expr]] = {
    "neg": neg,
    "mul": mul,
    "had": had,
    "div": div,
    "haddiv": haddiv,
    "pow": power,
    "hadpow": hadpow,
    "transpose": transpose,
}


def written_out(function: Function, args: tuple[Expr, ...]) -> Expr:
    """The formula of a function at operands. Raises UnsupportedError where it has none."""
    if function.formula is None:
        raise UnsupportedError(f"the function {function.name} has no counterpart in this notation, and no definition")
    operands: dict[str, Expr] = {}
    sizes: dict[str, Dimension] = {}
    for parameter, arg in zip(function.parameters, args, strict=True):
        if parameter.kind is None:
            continue
        operands[parameter.name] = arg
        for formal, actual in zip(parameter.kind.shape, arg.shape, strict=True):
            sizes.setdefault(formal.text, actual)
    if function.elementwise:
        return _put_entrywise(function.formula, operands)
    return _put(function.formula, operands, sizes)


def _put(formula: Expr, operands: Mapping[str, Expr], sizes: Mapping[str, Dimension]) -> Expr:
    done: dict[int, Expr] = {}
    for node in postorder(formula):
        args = tuple([done[id(arg)] for arg in node.args])
        if node.op == "symbol":
            here = operands.get(node.value.name, node)
        elif node.op == "size":
            here = size(node.value.substituted(sizes))
        elif node.op == "call":
            here = call(node.value, args, _shape_with(node.shape, sizes))
        elif node.op == "mul":
            # a size that turns out to be 1 is not written
            here = reduce(mul, [arg for arg in args if arg != number(1)] or [number(1)])
        else:
            here = rebuilt(node, args)
        done[id(node)] = here
    return done[id(formula)]


def _put_entrywise(formula: Expr, operands: Mapping[str, Expr]) -> Expr:
    """A formula about one entry, applied to arrays: products, quotients and powers become entrywise."""
    done: dict[int, Expr] = {}
    entrywise = {"mul": had, "div": haddiv, "pow": hadpow}
    for node in postorder(formula):
        args = tuple([done[id(arg)] for arg in node.args])
        if node.op == "symbol":
            here = operands.get(node.value.name, node)
        elif node.op == "call":
            here = call(node.value, args, spread_shape(args) if args else node.shape)
        elif node.op in entrywise and not all(arg.is_scalar for arg in args):
            here = reduce(entrywise[node.op], args)
        else:
            here = rebuilt(node, args)
        done[id(node)] = here
    return done[id(formula)]


def _shape_with(shape: Shape, sizes: Mapping[str, Dimension]) -> Shape:
    return shape[0].substituted(sizes), shape[1].substituted(sizes)
