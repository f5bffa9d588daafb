"""The numerical check of an answer: compared with differences of the expression at random points.

The answer is contracted with a random direction of each variable, in the layout it claims to have, and compared with
difference quotients of the expression along these directions. Nothing here knows how the answer was found. What
cannot be measured is said, and a NaN never passes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from matcalc.contraction import Arrangement
from matcalc.errors import MatcalcError
from matcalc.evaluation import tensor_value
from matcalc.expr import postorder
from matcalc.kinds import Kind, free_kind
from matcalc.lower import lower
from matcalc.measuring import largest, measured, moves_of, rounding_of
from matcalc.numeric import evaluate
from matcalc.opaque_signature import split_name
from matcalc.opaque_values import SmoothFunction
from matcalc.report import Report, written
from matcalc.rounding import BEYOND
from matcalc.sampling import LARGEST_CONDITION, choose_sizes, draw, draw_direction
from matcalc.terms import Apply, Node
from matcalc.terms import postorder as term_postorder

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from matcalc.answers import Answer
    from matcalc.expr import Expr
    from matcalc.measuring import Move
    from matcalc.rulebook import Rulebook

    Array = NDArray[np.float64]
    Sizes = dict[str, int]
    # directions of the open variables, what they were divided by, the derivative along them, and the moves measured
    Slope = tuple[list[Array], float, Array, list[Move]]

__all__ = ["Report", "verified"]

POINTS = 6  # even and odd seeds make m x n tall and wide
DIRECTIONS = 2
# draws for one point, and after how many the sizes change (a wide X has no inv(X'*X)) and signs are tried (sqrt(X))
ATTEMPTS, PATIENCE = 60, 4
SMALL = 0.25  # every third point is nearer to 0, where other branches of a maximum are taken
STABLE = "stable"  # where a matrix has a logarithm
SIGNS_TRIED = ("", STABLE, "positive", "unit", "above_one")
# what an answer of order 1, 2, ... may be off: the higher, the coarser differences are
TOLERANCES = (1e-7, 1e-7, 1e-5, 1e-4)
MARGIN = 10  # how much more accurate than that a difference must be
# a derivative below this part of the values around is lost in their rounding
FLAT = (1e-5, 1e-2, 1e-1, 1.0)
ROUNDING = 1e-8  # operands are about 1: a derivative far below this is what rounding leaves of them


class Unmeasurable(Exception):
    """No random point was found where differences of the expression are accurate."""


def verified(answer: Answer, seed: int = 0) -> Report:
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
            here, error, reason = compared(answer, point)
            sizes.append(here)
            largest = max(largest, error)
            if not error <= tolerance(answer):
                where = f"with {written(here)} " if here else ""
                return Report("wrong", error, seeds[:count], sizes, f"{where}(seed {point}) {reason}")
    except (MatcalcError, Unmeasurable) as error:
        return Report("not checked", float("nan"), [], [], getattr(error, "message", str(error)))
    except Exception as error:  # a report is promised whatever happens, and this one is not ok
        return Report("not checked", float("nan"), [], [], f"{type(error).__name__}: {error}")
    return Report("ok", largest, seeds, sizes, "")


def tolerance(answer: Answer) -> float:
    """The relative error up to which an answer of this order passes."""
    return TOLERANCES[min(len(answer.partials), len(TOLERANCES)) - 1]


def flat(answer: Answer) -> float:
    """The part of the values around that a derivative of this order is compared with at least."""
    return FLAT[min(len(answer.partials), len(FLAT)) - 1]


# one point


def compared(answer: Answer, seed: int) -> tuple[Sizes, float, str]:
    """The sizes of one random point, the largest error there, and what it is an error of.

    A point where the expression has no value, a kink or a matrix close to singular is drawn again.
    Raises Unmeasurable where there seems to be no other.
    """
    rng = np.random.default_rng(seed)
    sizes = sizes_for(answer, seed)
    reason = "the expression has no value, or no accurate difference"
    first = STABLE if takes_roots(answer.program.expr, answer.rulebook) else ""
    for attempt in range(1, ATTEMPTS + 1):
        sign = first if attempt <= PATIENCE else SIGNS_TRIED[attempt % len(SIGNS_TRIED)]
        factor = SMALL if seed % 3 == 2 and not sign else 1.0
        try:
            found = compared_at(answer, drawn(answer, sizes, sign, factor, rng), sizes, rng)
        except OutsideDomain as outside:
            found, reason = None, str(outside) or reason
        if found is not None:
            return sizes, *found
        if attempt % PATIENCE == 0:
            others = sizes_for(answer, int(rng.integers(8)))
            sizes = dict(zip(others, rng.permutation(list(others.values())).tolist(), strict=True))
    raise Unmeasurable(f"{reason} at {ATTEMPTS} random points")


class OutsideDomain(Exception):
    """The expression cannot be evaluated at this point."""


def sizes_for(answer: Answer, seed: int) -> Sizes:
    """A distinct size for each size name, large enough for every index such as x[4]."""
    nodes = postorder(answer.program.expr)
    names = answer.program.size_names
    names |= {name for node in nodes if node.op == "index_sum" for name in node.value.count.names}
    names |= {name for node in nodes for d in node.shape for name in d.names}
    names |= {name for node in nodes if node.op == "size" for name in node.value.names}
    indices = [at for node in nodes if node.op == "entry" for at in node.value if isinstance(at, int)]
    larger = max([0, *(at - 2 for at in indices)])
    return {name: size + larger for name, size in choose_sizes(names, seed).items()}


def takes_roots(expr: Expr, rulebook: Rulebook) -> bool:
    """Whether a root, a logarithm or a symbolic power of a matrix is taken, which few matrices have."""
    for node in postorder(expr):
        if node.op == "pow" and not node.is_scalar and node.args[1].op not in ("number", "neg"):
            return True
        taken = [f for f in rulebook.overloads(node.value) if f.takes(node.args)] if node.op == "call" else []
        kinds = [p.kind for function in taken for p in function.parameters if p.kind is not None]
        if any("positive_stable" in kind.facts for kind in kinds):
            return True
    return False


def drawn(answer: Answer, sizes: Sizes, sign: str, factor: float, rng: Generator) -> dict[str, Any]:
    """Operands of the kinds; those of no structure or sign have entries of the given sign, times the factor."""
    values: dict[str, Any] = {}
    for symbol in answer.program.symbols.values():
        values[symbol.name] = drawn_operand(symbol.kind, sizes, sign, factor, rng)
    for family in answer.program.families:
        count = family.count.value(sizes)
        values[family.key] = np.stack([drawn_operand(family.kind, sizes, sign, factor, rng) for _ in range(count)])
    called = {split_name(node.value)[0] for node in postorder(answer.program.expr) if node.op == "call"}
    for name, function in answer.program.functions.items():
        if name in called:
            values[name] = SmoothFunction(function, sizes, rng)
    return values


def drawn_operand(kind: Kind, sizes: Sizes, sign: str, factor: float, rng: Generator) -> Array:
    """An operand of a kind; one of no structure or sign has entries of the given sign, times the factor.

    `stable` is no sign of entries: a square matrix then has eigenvalues of positive real part.
    """
    if sign == STABLE and kind.structure == "matrix" and kind.shape[0] == kind.shape[1] and not kind.sign:
        return draw(Kind("positive_stable", kind.dimensions[:1]), sizes, rng)
    sign = "" if sign == STABLE else sign
    if kind.sign or kind.structure not in ("scalar", "vector", "row", "matrix"):
        return draw(kind, sizes, rng)
    return np.asarray(factor * draw(Kind(kind.structure, kind.dimensions, sign), sizes, rng))


def compared_at(answer: Answer, values: Mapping[str, Any], sizes: Sizes, rng: Generator) -> tuple[float, str] | None:
    """The largest error at a point, and of what; None where nothing can be measured at it."""
    slopes: list[Slope] = []
    floor = ROUNDING
    for _ in range(DIRECTIONS):
        directions = {by: draw_direction(free_kind(by.kind), sizes, rng) for by in answer.open_variables}
        moves, length = moves_of(answer, values, directions)
        try:
            found = measured(answer, values, sizes, moves)
        except MatcalcError as error:
            raise OutsideDomain(error.message) from error
        floor = max(floor, flat(answer) * found.around)
        if not found.uncertainty <= tolerance(answer) / MARGIN * scale(floor, found.slope):
            return None
        slopes.append(([directions[by] for by in answer.open_variables], length, found.slope, moves))
    if not is_tame(answer, values, sizes):
        return None
    telling = told_from_rounding(answer, values, sizes, slopes, floor)
    return None if telling is None else judged(answer, values, sizes, telling, floor)


def told_from_rounding(
    answer: Answer, values: Mapping[str, Any], sizes: Sizes, slopes: Sequence[Slope], floor: float
) -> list[Slope] | None:
    """The slopes that tell something: without those in which an answer of zero meets what rounding leaves.

    None where rounding hides an answer that is not zero.
    """
    array = np.asarray(answer.evaluate(values, sizes), dtype=np.float64)
    wanted = arrangement(answer, sizes)
    if array.shape != wanted.shape:
        return list(slopes)
    telling = []
    for slope in slopes:
        directions, length, expected, moves = slope
        found = wanted.contracted(array, directions) / length
        error = relative(found, expected, floor)
        if (
            error <= tolerance(answer)
            or not np.isfinite(error)
            or largest(found - expected) > BEYOND * rounding_of(answer, values, sizes, moves)
        ):
            telling.append(slope)
        elif np.any(array):
            return None
    return telling


def arrangement(answer: Answer, sizes: Sizes) -> Arrangement:
    """Where the entries of the answer stand."""
    variables = [by.kind.shape for by in answer.open_variables]
    return Arrangement(answer.value_shape, variables, answer.layout, sizes, answer.vec)


def is_tame(answer: Answer, values: Mapping[str, Any], sizes: Sizes) -> bool:
    """Whether the matrices that are assumed invertible, or to have a root, are far from singular here.

    Those of the expression too: they may have cancelled from the answer.
    """
    assumed: list[Node] = []
    given = lower(answer.program.expr, answer.rulebook)
    for node in [*term_postorder(answer.node), *term_postorder(given)]:
        if isinstance(node, Apply) and not node.function.elementwise:
            for parameter, arg in zip(node.function.parameters, node.args):
                if parameter.kind is not None and parameter.kind.facts & {"invertible", "positive_stable"}:
                    assumed.append(arg)
    operands = answer.operands(values)
    assumed = list({arg.digest: arg for arg in assumed}.values())
    arrays = [(arg, tensor_value(arg, operands, sizes, answer.rulebook)) for arg in assumed]
    conditions = [np.linalg.cond(array) for arg, array in arrays if len(arg.axes) == 2 and np.all(np.isfinite(array))]
    finite = all(np.all(np.isfinite(array)) for _, array in arrays)
    return finite and all(np.all(condition < LARGEST_CONDITION**2) for condition in conditions)


def judged(
    answer: Answer,
    values: Mapping[str, Any],
    sizes: Sizes,
    slopes: Sequence[Slope],
    floor: float,
) -> tuple[float, str]:
    """How far the answer is from what was measured along directions, from its printed form, and from symmetry."""
    array = np.asarray(answer.evaluate(values, sizes), dtype=np.float64)
    wanted = arrangement(answer, sizes)
    if array.shape != wanted.shape:
        return float("inf"), f"the answer has shape {array.shape}, the layout asks for {wanted.shape}"
    errors = [(0.0, "")]
    for directions, length, expected, _ in slopes:
        found = wanted.contracted(array, directions) / length
        errors.append((relative(found, expected, floor), contrast(found, expected)))
    if answer.expression is not None:
        shown = evaluate(answer.expression, answer.operands(values), sizes, answer.rulebook)
        errors.append((relative(shown, array, floor), "the printed form has other numbers than the answer"))
    entries = wanted.flattened(array)
    for axis, (first, second) in enumerate(pairwise(answer.open_variables), start=1):
        if first == second:
            swapped = entries.swapaxes(axis, axis + 1)
            errors.append((relative(swapped, entries, floor), "second derivatives are not symmetric"))
    return max(errors, key=lambda pair: pair[0])


# errors


def scale(floor: float, *arrays: Array) -> float:
    """The largest entry, or the floor where that is larger; never 0."""
    return max([floor, 1e-300, *map(largest, arrays)])


def relative(found: Array, expected: Array, floor: float) -> float:
    """The largest difference over the largest entry or the floor; infinite where a value is missing."""
    if found.shape != expected.shape or not (np.all(np.isfinite(found)) and np.all(np.isfinite(expected))):
        return float("inf")
    return largest(found - expected) / scale(floor, found, expected)


def contrast(found: Array, expected: Array) -> str:
    """The entry where the answer differs most from what was measured."""
    at = int(np.argmax(np.nan_to_num(np.abs(found - expected), nan=np.inf)))
    return f"the answer gives {found[at]:.6g} along a direction where {expected[at]:.6g} is measured"
