"""Numbers of index terms by einsum: the road to numbers that does not pass through matrix notation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from matcalc import expr as ex
from matcalc.dimensions import ONE, Dimension
from matcalc.errors import MatcalcError
from matcalc.kinds import Kind
from matcalc.numeric import duplication_matrix, evaluate
from matcalc.opaque_function import OpaqueFunction
from matcalc.opaque_values import opaque_value
from matcalc.operands import as_float, as_operand
from matcalc.selectors import paired_indices
from matcalc.stacks import members
from matcalc.symbols import Index, IndexSet, Member
from matcalc.terms import (
    Apply,
    Delta,
    Duplication,
    Exponent,
    Leaf,
    Mask,
    Node,
    Pairing,
    Part,
    Product,
    Size,
    Slot,
    Sum,
    Summed,
    Unit,
    linear_axes,
    postorder,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matcalc.rounding import Disturb
    from matcalc.rulebook import Rulebook

    Array = NDArray[np.float64]


def tensor_value(
    root: Node,
    values: Mapping[str, Any],
    sizes: Mapping[str, int],
    rulebook: Rulebook,
    disturb: Disturb | None = None,
) -> Array:
    """The array of a node, its axes in order.

    `values` holds the operands by name, and callables for opaque functions, `sizes` every size name that occurs.
    `disturb` is done to what is computed at each step.
    """
    done: dict[bytes, Array] = {}
    with np.errstate(all="ignore"):
        for node in postorder(root):
            value = _value(node, done, values, sizes, rulebook)
            if disturb is not None and isinstance(node, (Apply, Product, Sum, Summed)):
                value = disturb(value, _largest_summand(node, done))
            done[node.digest] = value
    return done[root.digest]


def _largest_summand(node: Node, done: Mapping[bytes, Array]) -> float:
    terms = node.terms if isinstance(node, Sum) else ()
    return max([0.0, *[abs(float(c)) * float(np.max(np.abs(done[t.digest]), initial=0.0)) for c, t in terms]])


def _value(
    node: Node, done: Mapping[bytes, Array], values: Mapping[str, Any], sizes: Mapping[str, int], rulebook: Rulebook
) -> Array:
    """The array of a node: an axis for each index it depends on, by their names, then its own axes."""
    shape = (*[index.count.value(sizes) for index in ordered(node.free)], *[d.value(sizes) for d in node.axes])
    if isinstance(node, Leaf):
        return _leaf_value(node, values, shape)
    if isinstance(node, Delta):
        return np.eye(shape[0])
    if isinstance(node, Mask):
        return np.tril(np.ones(shape))
    if isinstance(node, Size):
        return np.asarray(float(node.dimension.value(sizes)))
    if isinstance(node, Unit):
        return _unit_value(node, shape[0])
    if isinstance(node, Slot):
        offset = node.offset.value(sizes)
        length = shape[1] if len(shape) == 2 else 1
        return np.eye(shape[0])[:, offset : offset + length].reshape(shape)
    if isinstance(node, Duplication):
        return duplication_matrix(node.side.value(sizes))
    if isinstance(node, Pairing):
        return np.eye(shape[0]).reshape(shape)
    if isinstance(node, Sum):
        total = np.zeros(shape)
        for coefficient, term in node.terms:
            total = total + as_float(coefficient) * aligned(done[term.digest], term.free, node.free)
        return total
    if isinstance(node, Apply):
        args = [aligned(done[a.digest], a.free, node.free) for a in node.args]
        if node.free:
            return _applied_to_members(node, args, shape, values, rulebook)
        return _once(args, node, shape, values, rulebook)
    if isinstance(node, Part):
        return done[node.inner.digest]
    if isinstance(node, Summed):
        return np.asarray(np.sum(done[node.body.digest], axis=ordered(node.body.free).index(node.index)))
    assert isinstance(node, Product)
    lengths = [d.value(sizes) for d in node.axes + node.bound]
    return _contracted(node, done, lengths, list(shape[: len(node.free)]))


def ordered(free: IndexSet) -> list[Index]:
    """Indices in the order of their axes."""
    return sorted(free, key=lambda index: index.name)


def aligned(value: Array, free: IndexSet, wanted: IndexSet) -> Array:
    """The array with an axis of length 1 for every index that it does not depend on."""
    if free == wanted:
        return value
    missing = [k for k, index in enumerate(ordered(wanted)) if index not in free]
    return np.expand_dims(value, tuple(missing))


def _leaf_value(node: Leaf, values: Mapping[str, Any], shape: tuple[int, ...]) -> Array:
    if "constant" in node.facts:
        return np.asarray(float(getattr(np, node.symbol.name)))
    if isinstance(node.symbol, Member):
        stack = members(node.symbol.family, values)
        if "diagonal" in node.facts and len(node.axes) == 1:
            stack = np.diagonal(stack, axis1=1, axis2=2)
        return stack.reshape(shape)
    if node.symbol.name not in values:
        raise MatcalcError(f"no value is given for {node.symbol.name}, a {node.symbol.kind.text}")
    operand = as_operand(node.symbol, values[node.symbol.name])
    if "diagonal" in node.facts and len(node.axes) == 1:
        operand = np.diag(operand)
    return operand.reshape(shape)


def _unit_value(node: Unit, count: int) -> Array:
    if not isinstance(node.at, int) or not 1 <= node.at <= count:
        raise MatcalcError(f"the index {node.at} is outside 1..{count}", expected=f"1..{count}", found=str(node.at))
    vector = np.zeros(count)
    vector[node.at - 1] = 1.0
    return vector


def _contracted(node: Product, done: Mapping[bytes, Array], lengths: list[int], counts: list[int]) -> Array:
    """The product by einsum; `lengths` are those of all its indices, the axes first.

    The indices of members, which run over `counts`, are numbered behind all others.
    """
    operands: list[Any] = []
    carried: set[int] = set()
    scale: Array | float = 1.0
    split = paired_indices(node)
    number = {index: len(lengths) + k for k, index in enumerate(ordered(node.free))}
    lengths = [*lengths, *counts]
    for base, exponent, indices in node.factors:
        free = base.free | exponent.free if isinstance(exponent, Node) else base.free
        value = _powered(base, exponent, free, done)
        places = [*[number[index] for index in ordered(free)], *indices]
        if not places:
            scale = scale * value
        elif not isinstance(base, Pairing) or split.get(indices[0]) != indices[1:]:
            places = [k for i in places for k in split.get(i, (i,))]
            operands += [value.reshape([lengths[k] for k in places]), places]
            carried.update(places)
    out = [*number.values(), *[k for axis in range(len(node.axes)) for k in split.get(axis, (axis,))]]
    for k in out:
        if k not in carried:
            operands += [np.ones(lengths[k]), [k]]
    if not operands:
        return np.asarray(scale, dtype=np.float64)
    total = np.asarray(scale * np.einsum(*operands, out, optimize="greedy"))
    return total.reshape([*counts, *lengths[: len(node.axes)]])


def _powered(base: Node, exponent: Exponent, free: IndexSet, done: Mapping[bytes, Array]) -> Array:
    """The power of a factor, which depends on these indices."""
    value = aligned(done[base.digest], base.free, free)
    if isinstance(exponent, Node):
        power = aligned(done[exponent.digest], exponent.free, free)
        return np.asarray(np.power(value, power.reshape(power.shape + (1,) * len(base.axes))))
    if exponent == 1:
        return value
    if isinstance(exponent, int):
        return np.asarray(value ** as_float(exponent))
    root = exponent.denominator == 2
    return np.asarray(np.sqrt(value) ** exponent.numerator if root else value ** as_float(exponent))


def _applied(node: Apply, args: list[Array], shape: tuple[int, ...], rulebook: Rulebook) -> Array:
    """A function of the rulebook at these arrays, by way of an expression that only calls it."""
    if node.function.elementwise and len(shape) > 2:
        flat = [a.reshape(-1) for a in args]
        return _called(node, flat, rulebook, (len(flat[0]),)).reshape(shape)
    if node.function.linear is not None:
        return _slice_by_slice(node, node.function.linear, args, shape, rulebook)
    return _called(node, args, rulebook, shape).reshape(shape)


def _slice_by_slice(node: Apply, place: int, args: list[Array], shape: tuple[int, ...], rulebook: Rulebook) -> Array:
    """A function that is linear in an operand, for every index along the further axes of that."""
    own = linear_axes(node.function, node.args)
    result = len(shape) - (args[place].ndim - own)
    moving = args[place].reshape(*args[place].shape[:own], -1)
    slices = []
    for k in range(moving.shape[-1]):
        here = [*args[:place], moving[..., k], *args[place + 1 :]]
        slices.append(_called(node, here, rulebook, shape[:result]).reshape(shape[:result]))
    return np.stack(slices, axis=-1).reshape(shape)


def _applied_to_members(
    node: Apply, args: list[Array], shape: tuple[int, ...], values: Mapping[str, Any], rulebook: Rulebook
) -> Array:
    """A function at every value of the indices that its operands depend on."""
    count = len(node.free)
    if node.function.elementwise and not isinstance(node.function, OpaqueFunction):
        flat = [np.broadcast_to(a, shape).reshape(-1) for a in args]
        return _called(node, flat, rulebook, (len(flat[0]),)).reshape(shape)
    lengths, own = shape[:count], shape[count:]
    spread = [np.broadcast_to(a, lengths + a.shape[count:]) for a in args]
    found = [_once([a[place] for a in spread], node, own, values, rulebook) for place in np.ndindex(lengths)]
    return np.array(found).reshape(shape)


def _once(
    args: list[Array], node: Apply, shape: tuple[int, ...], values: Mapping[str, Any], rulebook: Rulebook
) -> Array:
    """A function at operands that depend on nothing more."""
    if isinstance(node.function, OpaqueFunction):
        return opaque_value(node.function.opaque, args, shape, values)
    return _applied(node, args, shape, rulebook)


def _called(node: Apply, args: list[Array], rulebook: Rulebook, shape: tuple[int, ...]) -> Array:
    values: dict[str, Array] = {}
    operands: list[ex.Expr] = []
    sizes: dict[str, int] = {}
    for k, (arg, parameter) in enumerate(zip(args, node.function.parameters)):
        if parameter.literal is not None:
            operands.append(ex.literal(parameter.literal))
            continue
        axes = []
        for length in arg.shape:
            name = f"s{length}"
            sizes[name] = length
            axes.append(Dimension.of(name))
        kind = Kind(("scalar", "vector", "matrix")[len(axes)], tuple(axes))
        values[f"a{k}"] = arg
        operands.append(ex.symbol(f"a{k}", kind))
    result = (*[Dimension.of(n) for n in shape], ONE, ONE)[:2]
    called = ex.call(node.function.name, tuple(operands), (result[0], result[1]))
    return evaluate(called, values, sizes, rulebook)
