"""Symbolic dimensions: polynomials in size names, such as n, 2*n, m*n, (n*n + n)/2."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import lcm
from weakref import WeakValueDictionary

from matcalc.errors import MatcalcError

Monomial = tuple[str, ...]
Count = int | Fraction
# The dimensions in use, and some made of late: an entry goes when nothing refers to it any more.
_table: WeakValueDictionary[tuple[tuple[Monomial, Count], ...], Dimension] = WeakValueDictionary()
_recent: deque[Dimension] = deque(maxlen=256)


class Dimension:
    """An immutable size. Equal polynomials are equal; `ONE` is the size of a missing axis.

    >>> (Dimension.of("m") * Dimension.of("n") + Dimension.of(1)).text
    'm*n + 1'
    """

    __slots__ = ("__weakref__", "outline", "terms", "text")

    terms: tuple[tuple[Monomial, Count], ...]
    text: str
    outline: str  # degrees and coefficients: what is left without the names

    def __new__(cls, terms: Iterable[tuple[Monomial, Count]]) -> Dimension:
        """The one object for this polynomial, so that equality is identity."""
        key = tuple(sorted([(m, c if isinstance(c, int) else exact(c)) for m, c in terms if c]))
        known = _table.get(key)
        if known is not None:
            return known
        self = super().__new__(cls)
        self.terms, self.text = key, _written(key)
        self.outline = "".join(sorted([f"<{len(m)}:{c}>" for m, c in key]))
        _recent.append(self)
        return _table.setdefault(key, self)

    @staticmethod
    def of(value: int | str) -> Dimension:
        """The dimension of a positive integer or of a size name."""
        return Dimension([((), value)] if isinstance(value, int) else [((value,), 1)])

    def __add__(self, other: Dimension) -> Dimension:
        total = dict(self.terms)
        for monomial, count in other.terms:
            total[monomial] = total.get(monomial, 0) + count
        return Dimension(total.items())

    def __mul__(self, other: Dimension) -> Dimension:
        if other == ONE:
            return self
        total: dict[Monomial, Count] = {}
        for a, p in self.terms:
            for b, q in other.terms:
                key = tuple(sorted(a + b))
                total[key] = total.get(key, 0) + p * q
        return Dimension(total.items())

    def __truediv__(self, divisor: int) -> Dimension:
        return Dimension([(monomial, Fraction(count) / divisor) for monomial, count in self.terms])

    def quotient(self, divisor: Dimension) -> Dimension | None:
        """The polynomial times which a divisor of one term gives this one; None where there is none."""
        if len(divisor.terms) != 1:
            return None
        ((names, count),) = divisor.terms
        terms: list[tuple[Monomial, Count]] = []
        for monomial, own in self.terms:
            left = list(monomial)
            for name in names:
                if name not in left:
                    return None
                left.remove(name)
            if exact(Fraction(own) / count).denominator != 1:
                return None
            terms.append((tuple(left), exact(Fraction(own) / count)))
        return Dimension(terms)

    @property
    def number(self) -> int | None:
        """The integer this dimension is, or None when it has a name in it."""
        if not self.terms:
            return 0
        if len(self.terms) == 1 and not self.terms[0][0]:
            count = self.terms[0][1]
            return count if isinstance(count, int) else None
        return None

    @property
    def names(self) -> tuple[str, ...]:
        """The size names in it, sorted."""
        return tuple(sorted({name for monomial, _ in self.terms for name in monomial}))

    def substituted(self, sizes: Mapping[str, Dimension]) -> Dimension:
        """The polynomial with names replaced; names that are not given stay."""
        total = Dimension(())
        for monomial, count in self.terms:
            part = Dimension([((), count)])
            for name in monomial:
                part = part * sizes.get(name, Dimension.of(name))
            total = total + part
        return total

    def value(self, sizes: Mapping[str, int]) -> int:
        """The number it stands for, given the value of every size name."""
        total: Count = 0
        for monomial, count in self.terms:
            for name in monomial:
                if name not in sizes:
                    raise MatcalcError(f"the size {name!r} is not known: pass sizes={{{name!r}: ...}}")
                count *= sizes[name]
            total += count
        if exact(total) != int(total):
            raise MatcalcError(f"the size {self.text} is no whole number for the sizes given")
        return int(total)

    def __reduce__(self) -> tuple[type[Dimension], tuple[tuple[tuple[Monomial, Count], ...]]]:
        return Dimension, (self.terms,)

    def __repr__(self) -> str:
        return self.text


def exact(count: Count) -> Count:
    """A fraction with denominator 1 as an int."""
    return int(count) if count.denominator == 1 else count


def _written(terms: tuple[tuple[Monomial, Count], ...]) -> str:
    """The polynomial as text: degree falling, then name."""
    over = lcm(*[count.denominator for _, count in terms])
    if over > 1:
        return f"({_written(tuple([(m, exact(c * over)) for m, c in terms]))})/{over}"
    pieces = []
    for monomial, count in sorted(terms, key=lambda t: (-len(t[0]), t[0])):
        body = "*".join(monomial)
        size = abs(count)
        word = str(size) if not body else body if size == 1 else f"{size}*{body}"
        pieces.append((" - " if count < 0 else " + ") + word)
    text = "".join(pieces) or " + 0"
    return text[3:] if text.startswith(" + ") else "-" + text[3:]


def total_size(sizes: Iterable[Dimension]) -> Dimension:
    """The sum of sizes."""
    total = Dimension(())
    for size in sizes:
        total = total + size
    return total


ONE = Dimension.of(1)
Shape = tuple[Dimension, Dimension]
SCALAR: Shape = (ONE, ONE)


def shape_of(axes: tuple[Dimension, ...]) -> Shape:
    """Rows and columns of an operand with at most two axes; a lone axis is a column.

    >>> shape_of((Dimension.of("n"),))
    (n, 1)
    """
    if not axes:
        return SCALAR
    return (axes[0], ONE) if len(axes) == 1 else (axes[0], axes[1])
