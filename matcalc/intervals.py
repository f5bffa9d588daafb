"""Intervals of real numbers, with ends that may be left out: what is known of the entries of a node."""

from __future__ import annotations

from math import inf, isnan
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matcalc.expr import Rational


class Interval:
    """From `low` to `high`; an end that is `open` is not attained.

    >>> Interval(0, 1, True).times(Interval(2, inf)), Interval(-1, 1).to_power(2)
    ((0, inf), [0, 1])
    """

    __slots__ = ("high", "high_open", "low", "low_open")

    def __init__(self, low: float, high: float, low_open: bool = False, high_open: bool = False) -> None:
        self.low = -inf if isnan(low) else low
        self.high = inf if isnan(high) else high
        self.low_open = low_open or self.low == -inf
        self.high_open = high_open or self.high == inf

    @property
    def is_positive(self) -> bool:
        return self.low > 0 or (self.low == 0 and self.low_open)

    @property
    def is_nonnegative(self) -> bool:
        return self.low >= 0

    @property
    def is_nonpositive(self) -> bool:
        return self.high <= 0

    def plus(self, other: Interval) -> Interval:
        """All sums."""
        low_open, high_open = self.low_open or other.low_open, self.high_open or other.high_open
        return Interval(self.low + other.low, self.high + other.high, low_open, high_open)

    def scaled(self, factor: Rational) -> Interval:
        """All multiples by one number."""
        return self.times(Interval(float(factor), float(factor)))

    def times(self, other: Interval) -> Interval:
        """All products. An end at 0 is left out where neither factor attains 0."""
        corners = [_corner(a, b) for a in self._ends() for b in other._ends()]
        low, high = min(value for value, _ in corners), max(value for value, _ in corners)
        low_open = all(is_open for value, is_open in corners if value == low)
        high_open = all(is_open for value, is_open in corners if value == high)
        return Interval(low, high, low_open, high_open)

    def _ends(self) -> tuple[tuple[float, bool], tuple[float, bool]]:
        return (self.low, self.low_open), (self.high, self.high_open)

    def to_power(self, exponent: Rational | None) -> Interval:
        """All powers that are real; None is an exponent of which nothing is known."""
        if exponent is None:
            return Interval(0, inf, self.is_positive) if self.is_nonnegative else REAL
        if exponent == 0:
            return Interval(1, 1)
        if not isinstance(exponent, int):  # a root is real only of what is not negative
            return self.meet(NONNEGATIVE)._monotone(exponent)
        if self.is_nonnegative:
            return self._monotone(exponent)
        if exponent % 2:
            return self._monotone(exponent) if exponent > 0 else REAL
        if exponent < 0:
            return POSITIVE
        return self._folded()._monotone(exponent)

    def _monotone(self, exponent: Rational) -> Interval:
        low, high = _power(self.low, exponent), _power(self.high, exponent)
        if exponent > 0:
            return Interval(low, high, self.low_open, self.high_open)
        return Interval(high, low, self.high_open, self.low_open)

    def _folded(self) -> Interval:
        """All sizes."""
        if self.is_nonpositive:
            return Interval(-self.high, -self.low, self.high_open, self.low_open)
        if self.is_nonnegative:
            return self
        high = max(-self.low, self.high)
        return Interval(0, high, False, all(o for value, o in self._ends() if abs(value) == high))

    def repeated(self) -> Interval:
        """All sums of one or more numbers."""
        low = self.low if self.low >= 0 else -inf
        high = self.high if self.high <= 0 else inf
        return Interval(low, high, self.low_open, self.high_open)

    def meet(self, other: Interval) -> Interval:
        """What both hold."""
        low, low_open = max(self._ends()[0], other._ends()[0])
        high, closed = min((self.high, not self.high_open), (other.high, not other.high_open))
        return Interval(low, high, low_open, not closed)

    def is_within(self, other: Interval) -> bool:
        """Whether the other one holds all of it."""
        met = self.meet(other)
        return (met.low, met.low_open, met.high, met.high_open) == (self.low, self.low_open, self.high, self.high_open)

    def __repr__(self) -> str:
        left, right = "(" if self.low_open else "[", ")" if self.high_open else "]"
        return f"{left}{self.low:g}, {self.high:g}{right}"


def _corner(a: tuple[float, bool], b: tuple[float, bool]) -> tuple[float, bool]:
    """The product of two ends, and whether it is left out: an end 0 that is attained gives 0 with whatever there is."""
    (first, first_open), (second, second_open) = a, b
    if first == 0 or second == 0:
        attained = (first == 0 and not first_open) or (second == 0 and not second_open)
        return 0.0, not attained
    return first * second, first_open or second_open


def _power(base: float, exponent: Rational) -> float:
    if base == 0 and exponent < 0:
        return inf
    try:
        return float(base ** (exponent if isinstance(exponent, int) else float(exponent)))
    except OverflowError:
        return inf if base > 0 or exponent % 2 == 0 else -inf


REAL = Interval(-inf, inf)
POSITIVE = Interval(0, inf, True)
NONNEGATIVE = Interval(0, inf)
# what the signs of kinds say, see kinds.SIGNS
BY_SIGN = {
    "": REAL,
    "nonnegative": NONNEGATIVE,
    "positive": POSITIVE,
    "unit": Interval(-1, 1, True, True),
    "above_one": Interval(1, inf, True),
    "simplex": Interval(0, 1),
}
