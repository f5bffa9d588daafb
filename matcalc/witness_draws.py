"""Random points: sizes, and operands of a kind as plain lists of floats.

The same kinds as in `sampling`, which draws arrays for the checks that a user asks for. Entries are about 1, so that
deep products neither vanish nor overflow, and never 0. A draw follows from the name of the operand and the number of
the point, whatever ran before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

from matcalc.dimensions import Dimension
from matcalc.elimination import Rows, times
from matcalc.interning import digest_of
from matcalc.kinds import Kind

# sizes in the order in which names occur: distinct, tall and wide, odd and even
POOLS = ((3, 2, 4, 5), (2, 3, 5, 4), (4, 3, 2, 5), (2, 4, 3, 5), (3, 4, 2, 5))
# where operands without a sign have their entries, point by point: in the domain of log, of asin, of acosh
SIGNS_TRIED = ("", "", "positive", "unit", "above_one")


class NoValue(Exception):
    """There is no plain number here, at whatever point."""


class Draws:
    """Random numbers that follow from a name."""

    __slots__ = ("_name", "_numbers")

    def __init__(self, name: str) -> None:
        self._name = name
        self._numbers: list[int] = []

    def numbers(self, count: int) -> list[int]:
        """Whole numbers of 32 bits."""
        found = self._numbers
        while len(found) < count:
            self._name += "+"
            digest = digest_of(self._name.encode())
            found += [int.from_bytes(digest[k : k + 4], "big") for k in (0, 4, 8, 12)]
        self._numbers = found[count:]
        return found[:count]

    def between(self, low: float, high: float, count: int) -> list[float]:
        """Numbers between two others."""
        step = (high - low) / (1 << 32)
        return [low + step * number for number in self.numbers(count)]

    def entries(self, sign: str, count: int) -> list[float]:
        """Independent entries of the given sign, some 1 and none of them 0."""
        if sign == "above_one":
            return self.between(1.1, 2.0, count)
        sizes = self.between(0.2, 0.8 if sign == "unit" else 1.2, count)
        if sign == "positive" or sign == "nonnegative":
            return sizes
        signs = self.numbers(count)
        return [size if number & 1 else -size for size, number in zip(sizes, signs)]


class Point:
    """Sizes, the numbers that may still be computed, and the errors made on purpose.

    `number` says which point it is, `shift` by how much sizes are larger than 2 to 5, for entries such as x[9].
    `noise` is the relative size of an error made at every step, which shows how far errors are carried.
    """

    __slots__ = ("_errors", "_known", "left", "noise", "number", "shift", "sizes")

    def __init__(self, number: int, budget: int, shift: int = 0, noise: float = 0.0, sample: int = 0) -> None:
        self.number = number
        self.left = budget
        self.shift = shift
        self.noise = noise
        self._errors = Draws(f"error {sample}")
        self.sizes: dict[str, int] = {}
        self._known: dict[Dimension, int] = {}

    @property
    def sign(self) -> str:
        """The sign of operands without a sign of their own."""
        return SIGNS_TRIED[self.number]

    def length(self, dimension: Dimension) -> int:
        """The number that a dimension stands for. Names get sizes when they first occur."""
        known = self._known.get(dimension)
        if known is None:
            pool = POOLS[self.number]
            for name in dimension.names:
                self.sizes.setdefault(name, pool[len(self.sizes) % len(pool)] + self.shift)
            known = self._known[dimension] = dimension.value(self.sizes)
        return known

    def spend(self, count: int) -> None:
        """Take so many numbers from the budget. Raises NoValue where it is used up."""
        self.left -= count
        if self.left < 0:
            raise NoValue

    def disturbed(self, values: list[float]) -> list[float]:
        """The values with an error."""
        errors = self._errors.between(-self.noise, self.noise, len(values))
        return [value * (1 + error) for value, error in zip(values, errors)]


def draw(kind: Kind, lengths: Sequence[int], sign: str, point: int, draws: Draws) -> list[float]:
    """An operand of this kind, row by row; one of no structure and sign has entries of the sign given.

    A diagonal matrix is its diagonal. Raises NoValue for a kind that is not drawn here.
    """
    if kind.structure in ("scalar", "vector", "row", "matrix") or (kind.structure == "diagonal" and len(lengths) < 2):
        return draws.entries(kind.sign or sign, prod(lengths))
    drawer = _DRAWERS.get(kind.structure)
    if drawer is None or (kind.sign and kind.structure not in _WITH_SIGN):
        raise NoValue
    side = lengths[0] if lengths else 1
    return [entry for row in drawer(kind.sign, side, point, draws) for entry in row]


def _square(sign: str, n: int, draws: Draws) -> Rows:
    entries = draws.entries(sign, n * n)
    return [entries[k : k + n] for k in range(0, n * n, n)]


def _symmetric(sign: str, n: int, point: int, draws: Draws) -> Rows:
    rows = _square(sign, n, draws)
    return [[rows[min(i, k)][max(i, k)] for k in range(n)] for i in range(n)]


def _psd(sign: str, n: int, point: int, draws: Draws) -> Rows:
    """Singular where n > 1."""
    width = max(1, n - 1)
    entries = draws.entries(sign if sign in ("", "unit") else "positive", n * width)
    factor = [entries[k : k + width] for k in range(0, n * width, width)]
    drawn = times(factor, [list(column) for column in zip(*factor)])
    if sign == "unit":
        largest = max([abs(entry) for row in drawn for entry in row])
        return [[0.9 * entry / largest for entry in row] for row in drawn]
    return [[entry + 1.2 for entry in row] for row in drawn] if sign == "above_one" else drawn


def _spd(sign: str, n: int, point: int, draws: Draws) -> Rows:
    rows = _psd(sign, n, point, draws)
    low, high = (0.02, 0.09) if sign == "unit" else (0.3, 1.0)
    added = draws.between(low, high, n)
    return [[e + added[i] if i == k else e for k, e in enumerate(row)] for i, row in enumerate(rows)]


def _skew(sign: str, n: int, point: int, draws: Draws) -> Rows:
    rows = _square("", n, draws)
    return [[(rows[i][k] - rows[k][i]) / 2 for k in range(n)] for i in range(n)]


def _invertible(sign: str, n: int, point: int, draws: Draws) -> Rows:
    """Far from singular mostly, with either sign of the determinant: elimination refuses the others."""
    rows = _square(sign, n, draws)
    return [[2 * e if i == k else e for k, e in enumerate(row)] for i, row in enumerate(rows)] if not sign else rows


def _positive_stable(sign: str, n: int, point: int, draws: Draws) -> Rows:
    """Not symmetric, with a positive definite symmetric part."""
    rows = _spd(sign, n, point, draws)
    turn = _skew("", n, point, draws)
    return rows if sign else [[e + t / 2 for e, t in zip(*pair)] for pair in zip(rows, turn)]


def _orthogonal(sign: str, n: int, point: int, draws: Draws) -> Rows:
    """A product of two reflections or, at every other point, of three."""
    rows = [[float(i == k) for k in range(n)] for i in range(n)]
    for _ in range(2 + point % 2):
        axis = draws.entries("", n)
        length = sum([a * a for a in axis])
        turned = [[(i == k) - 2 * axis[i] * axis[k] / length for k in range(n)] for i in range(n)]
        rows = times(rows, turned)
    return rows


def _lower(sign: str, n: int, point: int, draws: Draws) -> Rows:
    return [[e if k <= i else 0.0 for k, e in enumerate(row)] for i, row in enumerate(_square(sign, n, draws))]


def _upper(sign: str, n: int, point: int, draws: Draws) -> Rows:
    return [[e if k >= i else 0.0 for k, e in enumerate(row)] for i, row in enumerate(_square(sign, n, draws))]


def _simplex(sign: str, n: int, point: int, draws: Draws) -> Rows:
    entries = draws.entries("positive", n)
    total = sum(entries)
    return [[entry / total] for entry in entries]


_WITH_SIGN = frozenset({"symmetric", "spd", "psd", "invertible"})
_DRAWERS: dict[str, Callable[[str, int, int, Draws], Rows]] = {
    "symmetric": _symmetric,
    "spd": _spd,
    "psd": _psd,
    "skew": _skew,
    "invertible": _invertible,
    "positive_stable": _positive_stable,
    "orthogonal": _orthogonal,
    "lower": _lower,
    "upper": _upper,
    "simplex": _simplex,
}
