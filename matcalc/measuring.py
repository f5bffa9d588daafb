"""Derivatives of a value along directions, measured by differences: what an answer is compared with.

Differentiating by several variables, or along several directions, is measured by polarisation: the derivative of
order k along v1, ..., vk is a sum of k-th derivatives along the single directions v1 + v2, v1 - v2, ...
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from itertools import product
from math import comb, factorial, prod
from typing import TYPE_CHECKING, Any

import numpy as np

from matcalc.contraction import along_structure
from matcalc.differences import ROWS, SHRINK, directional_derivative
from matcalc.expr import Symbol
from matcalc.numeric import evaluate
from matcalc.rounding import reach
from matcalc.stacked import parts_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matcalc.answers import Answer
    from matcalc.rounding import Disturb

    Array = NDArray[np.float64]
    Sizes = dict[str, int]
    Move = Mapping[str, Array]  # how each variable moves; others stand still
    Along = Callable[[float], Array]

NEARBY = 0.25
STEP = 0.05  # for each order


class Measured:
    """A derivative of the value as differences show it, how far it may be off, and how large the values around are."""

    __slots__ = ("around", "slope", "uncertainty")

    def __init__(self, slope: Array, uncertainty: float, around: float) -> None:
        self.slope = slope
        self.uncertainty = uncertainty
        self.around = around


def measured(answer: Answer, values: Mapping[str, Any], sizes: Sizes, moves: Sequence[Move]) -> Measured:
    """The derivative of what the answer is of, once along each of the moves."""
    slope, uncertainty, around = np.asarray(0.0), 0.0, 0.0
    for weight, move in polarised(moves):
        along = value_along(answer, values, sizes, move)
        here = largest_around(along)
        if np.isnan(here):
            return Measured(np.asarray(np.nan), float("inf"), 0.0)
        around = max(around, here)
        part, doubt = measure(along, len(moves))
        slope, uncertainty = slope + weight * part, uncertainty + abs(weight) * doubt
    return Measured(slope, uncertainty, around)


def rounding_of(answer: Answer, values: Mapping[str, Any], sizes: Sizes, moves: Sequence[Move]) -> float:
    """How far rounding moves what `measured` finds: that of the values, over the finest step of the differences."""
    finest = STEP * len(moves) / SHRINK ** (ROWS - 1)

    def near(step: Move, disturb: Disturb | None) -> Array:
        along = value_along(answer, values, sizes, step, disturb)
        return np.concatenate([along(k * finest) for k in (-2, -1, 0, 1, 2)])

    return sum(abs(weight) * reach(partial(near, move)) / finest ** len(moves) for weight, move in polarised(moves))


def moves_of(answer: Answer, values: Mapping[str, Any], directions: Mapping[Symbol, Array]) -> tuple[list[Move], float]:
    """How the variables move in each differentiation, and what the lengths were divided by.

    An open variable moves in its direction of free entries, any other along the vector named, made of length 1.
    """
    open_moves = {by: _move(by, answer.symmetric, values, direction) for by, direction in directions.items()}
    moves: list[Move] = []
    length = 1.0
    for step in answer.partials:
        if step.along is None:
            moves.append(open_moves[step.by])
            continue
        vector = np.concatenate([values[part.name].reshape(-1) for part in parts_of(step.along)])
        longest = max(largest(vector), 1e-300)
        length *= longest
        convention = "projected" if answer.symmetric == "cookbook" else answer.symmetric
        moves.append(_move(step.by, convention, values, vector / longest))
    return moves, length


def _move(by: Symbol, convention: str, values: Mapping[str, Array], direction: Array) -> Move:
    """How each variable of a stack, or the one that it is, moves in a direction of all their entries."""
    parts = parts_of(by)
    ends = np.cumsum([values[part.name].size for part in parts])
    pieces = np.split(direction.reshape(-1), ends[:-1])
    return {
        part.name: along_structure(part.kind, convention, piece.reshape(values[part.name].shape))
        for part, piece in zip(parts, pieces, strict=True)
    }


def polarised(moves: Sequence[Move]) -> Iterator[tuple[float, Move]]:
    """Weights and single moves such that the sum of the derivatives of order k is the one along all the moves."""
    if all(move is moves[0] for move in moves):
        yield 1.0, moves[0]
        return
    first, *rest = moves
    count = 2 ** len(rest) * factorial(len(moves))
    for signs in product((1, -1), repeat=len(rest)):
        total = dict(first)
        for sign, move in zip(signs, rest):
            for name, step in move.items():
                total[name] = total.get(name, 0.0) + sign * step
        yield prod(signs) / count, total


def value_along(
    answer: Answer, values: Mapping[str, Any], sizes: Sizes, move: Move, disturb: Disturb | None = None
) -> Along:
    """The entries of the value, or its product with the cotangent, where the variables have moved t times this far."""
    expression, cotangent = answer.program.expr, answer.cotangent

    def along(t: float) -> Array:
        moved = {**values, **{name: values[name] + t * step for name, step in move.items()}}
        value = evaluate(expression, moved, sizes, answer.rulebook, disturb)
        return (value if cotangent is None else np.sum(values[cotangent.name] * value)).reshape(-1)

    return along


def largest_around(along: Along) -> float:
    """The largest entry near 0, which tells what rounding hides; NaN where there is none at 0."""
    here = along(0.0)
    if not np.all(np.isfinite(here)):
        return float("nan")
    return max(largest(here), *(largest(np.nan_to_num(along(t), posinf=0.0, neginf=0.0)) for t in (-NEARBY, NEARBY)))


def measure(along: Along, order: int) -> tuple[Array, float]:
    """The derivative of this order at 0, and how far it may be off."""

    @cache
    def quotient(h: float) -> Array:
        """The central difference quotient: the derivative, and even powers of h."""
        terms = [(-1) ** j * comb(order, j) * along((order / 2 - j) * h) for j in range(order + 1)]
        return np.asarray(np.sum(terms, axis=0) / h**order)

    # t * quotient(t) has the slope quotient(0) at 0, so the extrapolation of a slope finds it
    return directional_derivative(lambda t: t * quotient(abs(t)), STEP * order)


def largest(array: Array) -> float:
    """The largest entry without its sign."""
    return float(np.max(np.abs(array), initial=0.0))
