"""An answer and a formula evaluated side by side at random points, which is what a verdict rests on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from copy import copy
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from matcalc.errors import MatcalcError
from matcalc.evaluation import tensor_value
from matcalc.rounding import lost
from matcalc.sampling import choose_sizes
from matcalc.verify import ATTEMPTS, PATIENCE, SIGNS_TRIED, STABLE, drawn, is_tame, sizes_for, takes_roots

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from matcalc.answers import Answer
    from matcalc.dimensions import Shape
    from matcalc.guesses import Guess
    from matcalc.rounding import Compute, Disturb
    from matcalc.terms import Node

    Array = NDArray[np.float64]
    Sizes = dict[str, int]
    Drawing = Callable[[Sizes, Generator], Mapping[str, Any]]

POINTS = 6
CLOSE = 1e-9  # values that differ by less, relative to the largest, are equal
SIDE = 3  # of every matrix where all sizes are the same


class Beside:
    """An answer and a formula over the same operands."""

    __slots__ = ("answer", "asked", "guess")

    def __init__(self, answer: Answer, guess: Guess) -> None:
        self.asked = answer
        self.answer = copy(answer)
        self.answer.program = guess.program
        self.guess = guess

    def sizes(self, seed: int) -> Sizes:
        """A distinct size for every name in the expression or the formula."""
        sizes = sizes_for(self.answer, seed)
        dimensions = [*self.guess.shape, *self.guess.node.axes]
        missing = {name for d in dimensions for name in d.names if name not in sizes}
        return {**sizes, **choose_sizes([*sizes, *missing], seed)} if missing else sizes


class Trial:
    """One point: the operands there, the numbers of the answer and those of the formula."""

    __slots__ = ("beside", "found", "sizes", "values", "wanted")

    def __init__(self, beside: Beside, values: Mapping[str, Any], sizes: Sizes) -> None:
        self.beside = beside
        self.values = values
        self.sizes = sizes
        self.wanted = self.numbers(beside.answer.node, beside.answer.matrix_shape)
        guess = beside.guess
        self.found = np.zeros_like(self.wanted) if guess.is_zero else self.numbers(guess.node, guess.shape)

    def numbers(self, node: Node, shape: Shape | None, disturb: Disturb | None = None) -> Array:
        """The array of a node at this point: of rows and columns, or as many axes as a tensor has."""
        operands = self.beside.answer.operands(self.values)
        array = tensor_value(node, operands, self.sizes, self.beside.answer.rulebook, disturb)
        return array if shape is None else array.reshape([d.value(self.sizes) for d in shape])

    def agree(self, found: Array, wanted: Array, compute: Compute | None = None) -> bool:
        """Whether two arrays are equal; `compute` finds their difference anew, to tell rounding from error."""
        if found.shape != wanted.shape or not np.all(np.isfinite(found)):
            return False
        difference = largest(found - wanted)
        if difference <= CLOSE * max(largest(found), largest(wanted)):
            return True
        return compute is not None and lost(difference, compute)

    @property
    def is_equal(self) -> bool:
        """Whether the formula has the numbers of the answer."""
        guess, answer = self.beside.guess, self.beside.answer

        def difference(disturb: Disturb | None) -> Array:
            wanted = self.numbers(answer.node, answer.matrix_shape, disturb)
            return (0.0 if guess.is_zero else self.numbers(guess.node, guess.shape, disturb)) - wanted

        return self.agree(self.found, self.wanted, difference)


def trials(beside: Beside, count: int = POINTS, symmetric: Collection[str] = (), square: bool = False) -> list[Trial]:
    """Points at which the answer has a value, with these matrices symmetric, or all sizes the same.

    Where the formula has none at any such point, its numbers are NaN.
    """
    found = [_trial(beside, seed, symmetric, square) for seed in range(count)]
    return [trial for trial in found if trial is not None]


def _trial(beside: Beside, seed: int, symmetric: Collection[str], square: bool) -> Trial | None:
    rng = np.random.default_rng(seed)
    sizes = beside.sizes(seed)
    first = STABLE if takes_roots(beside.answer.program.expr, beside.answer.rulebook) else ""
    best = None
    for attempt in range(1, ATTEMPTS + 1):
        sign = first if attempt <= PATIENCE else SIGNS_TRIED[attempt % len(SIGNS_TRIED)]
        here = dict.fromkeys(sizes, SIDE) if square else sizes
        trial = trial_at(beside, here, partial(_of_sign, beside, sign), rng, symmetric)
        if trial is not None and np.all(np.isfinite(trial.found)):
            return trial
        best = trial or best
        if attempt % PATIENCE == 0:
            sizes = beside.sizes(int(rng.integers(8)))
            sizes = dict(zip(sizes, rng.permutation(list(sizes.values())).tolist(), strict=True))
    return best


def _of_sign(beside: Beside, sign: str, sizes: Sizes, rng: Generator) -> Mapping[str, Any]:
    return drawn(beside.answer, sizes, sign, 1.0, rng)


def trial_at(
    beside: Beside,
    sizes: Sizes,
    drawing: Drawing,
    rng: Generator,
    symmetric: Collection[str] = (),
) -> Trial | None:
    """The two side by side at one drawn point; None where the answer has no value there."""
    try:
        values = {
            name: (value + value.T) / 2 if name in symmetric else value for name, value in drawing(sizes, rng).items()
        }
        trial = Trial(beside, values, sizes)
        is_sound = bool(np.all(np.isfinite(trial.wanted))) and is_tame(beside.answer, values, sizes)
    except (MatcalcError, np.linalg.LinAlgError):
        return None
    return trial if is_sound else None


def all_equal(found: Sequence[Trial]) -> bool:
    """Whether the formula has the numbers of the answer at every point, of which there is one."""
    return bool(found) and all(trial.is_equal for trial in found)


def largest(array: Array) -> float:
    """The largest entry without its sign; infinite where one is missing."""
    size = float(np.max(np.abs(array), initial=0.0))
    return size if np.isfinite(size) else float("inf")
