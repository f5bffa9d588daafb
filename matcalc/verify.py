"""The numerical check of an answer: compared with differences of the expression at random points.

The derivative of order k is contracted k times with a random direction, in the layout it claims to have, and
compared with the k-th difference quotient of the expression along that direction. Nothing here knows how the
answer was found. What cannot be measured is said, and a NaN never passes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from math import comb
from typing import TYPE_CHECKING, Any

import numpy as np

from matcalc.contraction import Arrangement, along_structure, free_kind
from matcalc.differences import directional_derivative
from matcalc.errors import MatcalcError
from matcalc.evaluation import tensor_value
from matcalc.expr import postorder
from matcalc.kinds import Kind
from matcalc.numeric import evaluate
from matcalc.opaque_signature import split_name
from matcalc.opaque_values import SmoothFunction
from matcalc.report import Report, written
from matcalc.sampling import LARGEST_CONDITION, choose_sizes, draw, draw_direction
from matcalc.terms import Apply, Node
from matcalc.terms import postorder as term_postorder

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from matcalc.api import Derivative

    Array = NDArray[np.float64]
    Sizes = dict[str, int]

__all__ = ["Report", "verified"]

POINTS = 6  # even and odd seeds make m x n tall and wide
DIRECTIONS = 2
# draws for one point, and after how many the sizes change (a wide X has no inv(X'*X)) and signs are tried (sqrt(X))
ATTEMPTS, PATIENCE = 60, 4
SMALL = 0.25  # every third point is nearer to 0, where other branches of a maximum are taken
SIGNS_TRIED = ("", "positive", "unit", "above_one")
# what an answer of order 1, 2, ... may be off: the higher, the coarser differences are
TOLERANCES = (1e-7, 1e-7, 1e-5, 1e-4)
MARGIN = 10  # how much more accurate than that a difference must be
# a derivative below this part of the values around is lost in their rounding
FLAT = (1e-5, 1e-2, 1e-1, 1.0)
NEARBY = 0.25
ROUNDING = 1e-8  # operands are about 1: a derivative far below this is what rounding leaves of them
STEP = 0.05  # for each order


class Unmeasurable(Exception):
    """No random point was found where differences of the expression are accurate."""


def verified(derivative: Derivative, seed: int = 0) -> Report:
    """The answer compared with numerical derivatives at random points of random, distinct sizes.

    Raises nothing: what goes wrong on the way is the reason in the report.

    >>> from matcalc import differentiate
    >>> verified(differentiate("x'*A*x", "x")).verdict
    'ok'
    """
    seeds = [POINTS * seed + k for k in range(POINTS)]
    largest, sizes = 0.0, []
    try:
        for count, point in enumerate(seeds, start=1):
            here, error, reason = compared(derivative, point)
            sizes.append(here)
            largest = max(largest, error)
            if not error <= tolerance(derivative):
                where = f"with {written(here)} " if here else ""
                return Report("wrong", error, seeds[:count], sizes, f"{where}(seed {point}) {reason}")
    except (MatcalcError, Unmeasurable) as error:
        return Report("not checked", float("nan"), [], [], getattr(error, "message", str(error)))
    except Exception as error:  # a report is promised whatever happens, and this one is not ok
        return Report("not checked", float("nan"), [], [], f"{type(error).__name__}: {error}")
    return Report("ok", largest, seeds, sizes, "")


def tolerance(derivative: Derivative) -> float:
    """The relative error up to which an answer of this order passes."""
    return TOLERANCES[min(derivative.order, len(TOLERANCES)) - 1]


def flat(derivative: Derivative) -> float:
    """The part of the values around that a derivative of this order is compared with at least."""
    return FLAT[min(derivative.order, len(FLAT)) - 1]


# one point


def compared(derivative: Derivative, seed: int) -> tuple[Sizes, float, str]:
    """The sizes of one random point, the largest error there, and what it is an error of.

    A point where the expression has no value, a kink or a matrix close to singular is drawn again.
    Raises Unmeasurable where there seems to be no other.
    """
    rng = np.random.default_rng(seed)
    sizes = sizes_for(derivative, seed)
    reason = "the expression has no value, or no accurate difference"
    for attempt in range(1, ATTEMPTS + 1):
        sign = "" if attempt <= PATIENCE else SIGNS_TRIED[attempt % len(SIGNS_TRIED)]
        factor = SMALL if seed % 3 == 2 and not sign else 1.0
        try:
            found = compared_at(derivative, drawn(derivative, sizes, sign, factor, rng), sizes, rng)
        except OutsideDomain as outside:
            found, reason = None, str(outside) or reason
        if found is not None:
            return sizes, *found
        if attempt % PATIENCE == 0:
            others = sizes_for(derivative, int(rng.integers(8)))
            sizes = dict(zip(others, rng.permutation(list(others.values())).tolist(), strict=True))
    raise Unmeasurable(f"{reason} at {ATTEMPTS} random points")


class OutsideDomain(Exception):
    """The expression cannot be evaluated at this point."""


def sizes_for(derivative: Derivative, seed: int) -> Sizes:
    """A distinct size for each size name, large enough for every index such as x[4]."""
    nodes = postorder(derivative.program.expr)
    names = {name for s in derivative.program.symbols.values() for d in s.kind.shape for name in d.names}
    names |= {name for node in nodes for d in node.shape for name in d.names}
    names |= {name for node in nodes if node.op == "size" for name in node.value.names}
    indices = [at for node in nodes if node.op == "entry" for at in node.value if isinstance(at, int)]
    larger = max([0, *(at - 2 for at in indices)])
    return {name: size + larger for name, size in choose_sizes(names, seed).items()}


def drawn(derivative: Derivative, sizes: Sizes, sign: str, factor: float, rng: Generator) -> dict[str, Any]:
    """Operands of the kinds; those of no structure or sign have entries of the given sign, times the factor."""
    values: dict[str, Any] = {}
    for symbol in derivative.program.symbols.values():
        kind = symbol.kind
        if kind.sign or kind.structure not in ("scalar", "vector", "row", "matrix"):
            values[symbol.name] = draw(kind, sizes, rng)
        else:
            values[symbol.name] = factor * draw(Kind(kind.structure, kind.dimensions, sign), sizes, rng)
    called = {split_name(node.value)[0] for node in postorder(derivative.program.expr) if node.op == "call"}
    for name, function in derivative.program.functions.items():
        if name in called:
            values[name] = SmoothFunction(function, sizes, rng)
    return values


def compared_at(
    derivative: Derivative, values: Mapping[str, Any], sizes: Sizes, rng: Generator
) -> tuple[float, str] | None:
    """The largest error at a point, and of what; None where nothing can be measured at it."""
    measured, floor = [], ROUNDING
    for _ in range(DIRECTIONS):
        direction = draw_direction(free_kind(derivative.wrt.kind), sizes, rng)
        along = value_along(derivative, values, sizes, direction)
        try:
            floor = max(floor, flat(derivative) * largest_around(along))
            slope, uncertainty = measure(along, derivative.order)
        except MatcalcError as error:
            raise OutsideDomain(error.message) from error
        if not uncertainty <= tolerance(derivative) / MARGIN * scale(floor, slope):
            return None
        measured.append((direction, slope))
    if not is_tame(derivative, values, sizes):
        return None
    return judged(derivative, values, sizes, measured, floor)


def is_tame(derivative: Derivative, values: Mapping[str, Any], sizes: Sizes) -> bool:
    """Whether the matrices that the answer assumes invertible are far from singular here."""
    assumed: list[Node] = []
    for node in term_postorder(derivative.node):
        if isinstance(node, Apply) and not node.function.elementwise:
            for parameter, arg in zip(node.function.parameters, node.args):
                if parameter.kind is not None and "invertible" in parameter.kind.facts:
                    assumed.append(arg)
    matrices = [tensor_value(arg, values, sizes, derivative.rulebook) for arg in assumed]
    return all(np.all(np.isfinite(a)) and np.linalg.cond(a) < LARGEST_CONDITION**2 for a in matrices)


def judged(
    derivative: Derivative,
    values: Mapping[str, Any],
    sizes: Sizes,
    measured: list[tuple[Array, Array]],
    floor: float,
) -> tuple[float, str]:
    """How far the answer is from what was measured along directions, from its printed form, and from symmetry."""
    answer = np.asarray(derivative.evaluate(values, sizes), dtype=np.float64)
    wanted = Arrangement(
        derivative.program.expr.shape, derivative.wrt.kind.shape, derivative.order, derivative.layout, sizes
    )
    if answer.shape != wanted.shape:
        return float("inf"), f"the answer has shape {answer.shape}, the layout asks for {wanted.shape}"
    errors = []
    for direction, expected in measured:
        found = wanted.contracted(answer, direction)
        errors.append((relative(found, expected, floor), contrast(found, expected)))
    if derivative.expression is not None:
        shown = evaluate(derivative.expression, values, sizes, derivative.rulebook)
        errors.append((relative(shown, answer, floor), "the printed form has other numbers than the answer"))
    if derivative.order > 1:
        entries = wanted.flattened(answer)
        errors.append((relative(entries.swapaxes(1, 2), entries, floor), "second derivatives are not symmetric"))
    return max(errors, key=lambda pair: pair[0])


# measuring


def value_along(
    derivative: Derivative, values: Mapping[str, Any], sizes: Sizes, direction: Array
) -> Callable[[float], Array]:
    """The entries of the expression at a point moved by t in a direction of the variable."""
    name = derivative.wrt.name
    move = along_structure(derivative.wrt.kind, derivative.symmetric, direction)

    def along(t: float) -> Array:
        moved = {**values, name: values[name] + t * move}
        return evaluate(derivative.program.expr, moved, sizes, derivative.rulebook).reshape(-1)

    return along


def largest_around(along: Callable[[float], Array]) -> float:
    """The largest entry near 0, which tells what rounding hides; NaN where there is none at 0."""
    here = along(0.0)
    if not np.all(np.isfinite(here)):
        return float("nan")
    return scale(0.0, here, *(np.nan_to_num(along(t), posinf=0.0, neginf=0.0) for t in (-NEARBY, NEARBY)))


def measure(along: Callable[[float], Array], order: int) -> tuple[Array, float]:
    """The derivative of this order at 0, and how far it may be off."""

    @cache
    def quotient(h: float) -> Array:
        """The central difference quotient: the derivative, and even powers of h."""
        terms = [(-1) ** j * comb(order, j) * along((order / 2 - j) * h) for j in range(order + 1)]
        return np.asarray(np.sum(terms, axis=0) / h**order)

    # t * quotient(t) has the slope quotient(0) at 0, so the extrapolation of a slope finds it
    return directional_derivative(lambda t: t * quotient(abs(t)), STEP * order)


# errors


def scale(floor: float, *arrays: Array) -> float:
    """The largest entry, or the floor where that is larger; never 0."""
    return max([floor, 1e-300, *(float(np.max(np.abs(array), initial=0.0)) for array in arrays)])


def relative(found: Array, expected: Array, floor: float) -> float:
    """The largest difference over the largest entry or the floor; infinite where a value is missing."""
    if found.shape != expected.shape or not (np.all(np.isfinite(found)) and np.all(np.isfinite(expected))):
        return float("inf")
    return float(np.max(np.abs(found - expected), initial=0.0)) / scale(floor, found, expected)


def contrast(found: Array, expected: Array) -> str:
    """The entry where the answer differs most from what was measured."""
    at = int(np.argmax(np.nan_to_num(np.abs(found - expected), nan=np.inf)))
    return f"the answer gives {found[at]:.6g} along a direction where {expected[at]:.6g} is measured"
