"""Whether two index terms that are to be equal have the same numbers, as far as that can be told cheaply."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from matcalc.errors import MatcalcError
from matcalc.terms import Apply, Node, Product, Size, Unit, postorder
from matcalc.witness import Witness
from matcalc.witness_draws import SIGNS_TRIED, Draws, NoValue, Point

# how many numbers may be computed at one point, for each node: a comparison costs less than the simplification did
NUMBERS_PER_NODE = 400
# values that differ by less, relative to the largest, differ by rounding
CLOSE = 1e-12
# else, an error of this relative size is made at every step, some times, and values that differ by so many times what
# becomes of it are different
NOISE, SAMPLES, BEYOND_NOISE = 1e-13, 3, 30.0
# in how many ways sizes are chosen in search of a value: an inverse of A'*A needs a tall A
SIZES_TRIED = 60


def agree(before: Node, after: Node) -> bool | None:
    """Whether two nodes with the same axes have the same numbers at random points; None where that cannot be told.

    >>> from matcalc.kinds import Kind
    >>> from matcalc.lower import lower
    >>> from matcalc.parser import parse
    >>> from matcalc.rulebook import default_rulebook
    >>> left, right = (lower(parse(text).expr, default_rulebook()) for text in ("tanh(x)", "x"))
    >>> agree(left, right), agree(left, left)
    (False, True)
    """
    order = postorder(before)
    order += postorder(after, {node.digest for node in order})
    wanted = points_wanted(order)
    agreed = lost = 0
    for number in range(len(SIGNS_TRIED)):
        comparison = Comparison(before, after, order, number)
        try:
            verdict = comparison.verdict()
        except (NoValue, MatcalcError):
            return None
        except (ArithmeticError, ValueError):  # no value at this point
            lost += comparison.has_plain_value()
            continue
        if verdict is False:
            return False
        agreed += verdict is True
        if agreed == wanted:
            return True
    # what has a value everywhere does not lose it everywhere by being simplified
    return False if lost == len(SIGNS_TRIED) else None


def has_value(node: Node) -> bool | None:
    """Whether a node has a value at some random point; None where that cannot be told.

    >>> from matcalc.lower import lower
    >>> from matcalc.parser import parse
    >>> from matcalc.rulebook import default_rulebook
    >>> [has_value(lower(parse(text).expr, default_rulebook())) for text in ("inv(A + B)", "inv(x*x')")]
    [True, False]
    """
    order = postorder(node)
    names = sorted({name for inner in order for d in inner.axes for name in d.names})
    for attempt in range(SIZES_TRIED):
        point = Point(attempt % len(SIGNS_TRIED), NUMBERS_PER_NODE * len(order))
        ranks = Draws(f"sizes {attempt}").numbers(len(names))
        point.sizes.update({name: 2 + k for k, (_, name) in enumerate(sorted(zip(ranks, names)))})
        witness = Witness(point)
        try:
            witness.run(order)
        except (NoValue, MatcalcError):
            return None
        except (ArithmeticError, ValueError):
            continue
        if all(map(isfinite, witness.done[node.digest])):
            return True
    return False


def points_wanted(order: Sequence[Node]) -> int:
    """At how many points values must agree: at one, where they are rational in the operands and the same at all sizes.

    Elsewhere a sign or a size may hide a difference: abs(a) is a at a positive one, det(-X) is -det(X) at size 3.
    """
    for node in order:
        if isinstance(node, (Apply, Size)):
            return 2
        if isinstance(node, Product) and not all(isinstance(exponent, int) for _, exponent, _ in node.factors):
            return 2
    return 1


class Comparison:
    """Two nodes at one point."""

    def __init__(self, before: Node, after: Node, order: Sequence[Node], number: int) -> None:
        self.before = before
        self.after = after
        self.order = order
        self.number = number
        positions = [node.at for node in order if isinstance(node, Unit) and isinstance(node.at, int)]
        self.shift = max([0, *(at - 2 for at in positions)])

    def verdict(self) -> bool | None:
        """Whether they have the same values here; None where this point does not tell."""
        witness = self.witness()
        old, new = witness.done[self.before.digest], witness.done[self.after.digest]
        largest = max(max(map(abs, old)), max(map(abs, new)))
        if not isfinite(largest) or largest == 0.0:
            return None
        allowed = CLOSE * largest
        if all(abs(a - b) <= allowed for a, b in zip(old, new)):
            return True
        if not all(isfinite(value) for values in witness.done.values() for value in values):
            return None
        return None if self.is_lost(old, new) else False

    def has_plain_value(self) -> bool:
        """Whether the first node has a value here, whatever the second one has."""
        order = postorder(self.before)
        witness = Witness(Point(self.number, NUMBERS_PER_NODE * len(order), self.shift, 0.0, 0))
        try:
            witness.run(order)
        except (ArithmeticError, ValueError):
            return False
        return all(map(isfinite, witness.done[self.before.digest]))

    def witness(self, noise: float = 0.0, sample: int = 0) -> Witness:
        """The values of all nodes, with errors of this size made on the way."""
        budget = NUMBERS_PER_NODE * len(self.order)
        witness = Witness(Point(self.number, budget, self.shift, noise, sample))
        witness.run(self.order)
        return witness

    def is_lost(self, old: list[float], new: list[float]) -> bool:
        """Whether no difference stands out from what becomes of small errors on the way."""
        reach = [0.0] * len(old)
        for sample in range(SAMPLES):
            witness = self.witness(NOISE, sample)
            moved = zip(witness.done[self.before.digest], old, witness.done[self.after.digest], new)
            reach = [max(far, abs(a - b), abs(c - d)) for far, (a, b, c, d) in zip(reach, moved)]
        return all(abs(a - b) <= BEYOND_NOISE * far for a, b, far in zip(old, new, reach))
