"""Which factor one array is of another at every point: a number, a size or a scalar of the input."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from matcalc.trials import largest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matcalc.trials import Trial

    Array = NDArray[np.float64]

EXACT = 1e-7  # how close ratios must be to a number to be it
MISFIT = 1e-8  # what a multiple may differ from what it is to be, relative to the largest entry
LARGEST_DIVISOR = 60


class Factor:
    """A factor `number*names/divisors`, such as 2, -1, n or 1/n."""

    __slots__ = ("below", "names", "number")

    def __init__(self, number: Fraction, names: Sequence[str] = (), below: Sequence[str] = ()) -> None:
        self.number = number
        self.names = names
        self.below = below

    @property
    def is_number(self) -> bool:
        """Whether no size or scalar is in it."""
        return not self.names and not self.below

    @property
    def text(self) -> str:
        """`-1/2`, `2*n`, `1/(m*n)`."""
        number = self.number
        top = "*".join([str(abs(number.numerator))] * (abs(number.numerator) != 1 or not self.names) + [*self.names])
        divisors = [str(number.denominator)] * (number.denominator != 1) + [*self.below]
        bottom = f"({'*'.join(divisors)})" if len(divisors) > 1 else "".join(divisors)
        return ("-" if number < 0 else "") + top + (f"/{bottom}" if bottom else "")


def multiples(found: Sequence[Array], wanted: Sequence[Array]) -> list[float] | None:
    """The number at each point by which one array is the other; None where it is no multiple somewhere."""
    ratios = []
    for one, other in zip(found, wanted, strict=True):
        if one.shape != other.shape or not np.all(np.isfinite(one)) or not largest(other):
            return None
        ratio = float(np.sum(one * other) / np.sum(other * other))
        if not largest(one - ratio * other) <= MISFIT * max(largest(one), abs(ratio) * largest(other), 1e-300):
            return None
        ratios.append(ratio)
    return ratios


def factor_of(ratios: Sequence[float], trials: Sequence[Trial]) -> Factor | None:
    """The factor that has these values at these points."""
    for names, below in _products(trials[0]):
        values = [_value(names, trial) / _value(below, trial) for trial in trials]
        quotients = np.array(ratios) / np.array(values)
        number = Fraction(float(quotients[0])).limit_denominator(LARGEST_DIVISOR)
        if np.all(np.abs(quotients - float(number)) <= EXACT * max(abs(float(number)), EXACT)):
            return Factor(number, names, below)
    return None


def _products(trial: Trial) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Products of at most two sizes or scalars, each above or below the line; nothing first."""
    program = trial.beside.answer.program
    names = [*sorted(trial.sizes), *sorted(name for name, s in program.symbols.items() if s.kind.structure == "scalar")]
    yield (), ()
    for name in names:
        yield (name,), ()
        yield (), (name,)
    for first in names:
        for second in names:
            if first <= second:
                yield (first, second), ()
                yield (), (first, second)
            if first != second:
                yield (first,), (second,)


def _value(names: Sequence[str], trial: Trial) -> float:
    return float(np.prod([trial.sizes.get(name, trial.values.get(name, 1.0)) for name in names]))


def combination(target: Sequence[Array], parts: Sequence[Sequence[Array]]) -> list[Fraction] | None:
    """The numbers with which the parts add up to the target at all points together; None where there are none.

    `parts` holds the arrays of each part at each point.
    """
    scales = [max([largest(array), *[largest(part[k]) for part in parts]]) or 1.0 for k, array in enumerate(target)]
    right = np.concatenate([array.reshape(-1) / scale for array, scale in zip(target, scales, strict=True)])
    columns = [np.concatenate([a.reshape(-1) / s for a, s in zip(part, scales, strict=True)]) for part in parts]
    matrix = np.stack(columns, axis=1)
    if not (np.all(np.isfinite(matrix)) and np.all(np.isfinite(right))) or len(right) <= len(columns):
        return None
    weights, _, rank, _ = np.linalg.lstsq(matrix, right, rcond=1e-10)
    if rank < len(columns) or largest(matrix @ weights - right) > MISFIT:
        return None
    numbers = [Fraction(float(weight)).limit_denominator(LARGEST_DIVISOR) for weight in weights]
    exact = all(abs(float(number) - weight) <= EXACT for number, weight in zip(numbers, weights, strict=True))
    return numbers if exact else None
