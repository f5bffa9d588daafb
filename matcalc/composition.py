"""How an expression bends as one variable moves, put together from how its parts bend by the rules of composition.

A convex increasing function of what is convex is convex, a sum of convex terms is, a square of what is affine is, and
so on. What a function is comes from its line in rules/. Nothing is said where no rule applies.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from matcalc.differentiation import dependent
from matcalc.intervals import BY_SIGN, Interval
from matcalc.terms import Apply, Exponent, Factor, Node, Part, Product, Sum, Summed, postorder

if TYPE_CHECKING:
    from matcalc.definiteness import Definiteness
    from matcalc.expr import Rational
    from matcalc.rulebook import Function

UNKNOWN, CONVEX, CONCAVE, AFFINE = 0, 1, 2, 3  # what is both convex and concave is affine
HALF = Fraction(1, 2)
NAMES = ("unknown", "convex", "concave", "affine")


class Composition:
    """The bends of all nodes below a root as `variable` moves, with the reason for each that is not obvious."""

    def __init__(self, root: Node, variable: Node, known: Definiteness) -> None:
        self.known = known
        order = postorder(root)
        self.live = dependent(order, variable)
        self.bends: dict[bytes, int] = {variable.digest: AFFINE}
        self.squares: set[bytes] = set()  # sums of squares of what is affine, and of constants that are not negative
        self.reasons: list[tuple[Node, str]] = []
        for node in order:
            if node.digest in self.live and node.digest != variable.digest:
                self.bends[node.digest] = self._bend(node)

    def of(self, node: Node) -> int:
        """How every entry of a node bends."""
        return self.bends[node.digest] if node.digest in self.live else AFFINE

    def _bend(self, node: Node) -> int:
        if isinstance(node, (Part, Summed)):
            if self._is_square(node.children[0]):
                self.squares.add(node.digest)
            return self.of(node.children[0])
        if isinstance(node, Sum):
            return self._sum(node)
        if isinstance(node, Apply):
            return self._call(node)
        assert isinstance(node, Product)
        return self._product(node)

    def _is_square(self, node: Node) -> bool:
        if node.digest in self.live:
            return node.digest in self.squares
        return self.known.range(node).is_nonnegative

    def _because(self, node: Node, bend: int, reason: str) -> int:
        """The bend, with its reason noted where there is something to say."""
        if bend not in (UNKNOWN, AFFINE):
            self.reasons.append((node, f"is {NAMES[bend]}: {reason}"))
        return bend

    # -- sums

    def _sum(self, node: Sum) -> int:
        bend = AFFINE
        for coefficient, term in node.terms:
            bend &= turned(self.of(term), coefficient)
        if all(c > 0 and self._is_square(term) for c, term in node.terms):
            self.squares.add(node.digest)
        return bend

    # -- functions

    def _call(self, node: Apply) -> int:
        moving = [k for k, arg in enumerate(node.args) if arg.digest in self.live]
        curve = node.function.curve
        if moving != [0] or any(parameter.literal is None for parameter in node.function.parameters[1:]):
            return UNKNOWN
        arg = node.args[0]
        if curve.structure == "spd":
            fits = self.of(arg) == AFFINE and self.known.is_psd(arg)
            bend = CONVEX * curve.is_convex + CONCAVE * curve.is_concave if fits else UNKNOWN
            return self._because(node, bend, f"{node.function.name} is {curve} among positive definite matrices")
        bend = composed(node.function, self.of(arg))
        if not self.stays_inside(node.function, arg, bend):
            return UNKNOWN
        inner = NAMES[self.of(arg)]
        return self._because(node, bend, f"{node.function.name} is {curve}, its operand is {inner}")

    def stays_inside(self, function: Function, arg: Node, bend: int) -> bool:
        """Whether the points where the operand is in the domain of the function are a convex set.

        They are all points, or those between two values of what is affine, or those where something concave exceeds
        a bound, beyond which a function that is concave and increasing, or convex and decreasing, goes to infinity.
        """
        if function.curve.structure == "positive":  # it has other values elsewhere
            return self.known.range(arg).is_positive
        kind = function.parameters[0].kind
        domain = BY_SIGN.get(kind.sign) if kind is not None else Interval(float("-inf"), float("inf"))
        if domain is None:
            return False
        if self.of(arg) == AFFINE or self.known.range(arg).is_within(domain):
            return True
        upward = domain.high == float("inf") and self.of(arg) & CONCAVE
        curve = function.curve
        falls = (curve.is_concave and curve.is_increasing) or (curve.is_convex and curve.is_decreasing)
        return bool(upward) and falls and bend != UNKNOWN

    # -- products

    def _product(self, node: Product) -> int:
        moving = [f for f in node.factors if self._is_moving(f)]
        others = [f for f in node.factors if not self._is_moving(f)]
        weight = self.known.ranges.of_factors(others)
        if len(moving) == 1:
            return self._weighted(node, moving[0], weight)
        if self._is_quadratic_form(node, moving, others):
            self.squares.add(node.digest)
            return self._because(node, CONVEX, "a quadratic form of a positive semidefinite matrix in what is affine")
        if len(moving) == 2 and any(self._is_square_over(*pair) for pair in (moving, moving[::-1])):
            bend = signed(CONVEX, weight)
            return self._because(node, bend, "squares of what is affine over what is concave and positive")
        return UNKNOWN

    def _is_moving(self, factor: Factor) -> bool:
        base, exponent, _ = factor
        return base.digest in self.live or (isinstance(exponent, Node) and exponent.digest in self.live)

    def _weighted(self, node: Product, factor: Factor, weight: Interval) -> int:
        base, exponent, _ = factor
        bend = self._power(base, exponent)
        squared = self.of(base) == AFFINE if exponent == 2 else exponent == 1 and self._is_square(base)
        if squared and weight.is_nonnegative:
            self.squares.add(node.digest)
        if exponent != 1 and signed(bend, weight) != UNKNOWN:
            self._because(
                node, signed(bend, weight), f"the power {exponent} of what is {self._described(base, exponent)}"
            )
        return signed(bend, weight)

    def _described(self, base: Node, exponent: Exponent) -> str:
        """What of a base decides how its power bends."""
        if exponent == HALF and self._is_square(base):
            return "a sum of squares"
        bend, interval = self.of(base), self.known.range(base)
        if bend == AFFINE and exponent == 2:
            return NAMES[bend]
        sign = "positive" if interval.is_positive else "not negative" if interval.is_nonnegative else ""
        return f"{NAMES[bend]} and {sign}" if sign else NAMES[bend]

    def _power(self, base: Node, exponent: Exponent) -> int:
        """How base^exponent bends."""
        if isinstance(exponent, Node):
            return UNKNOWN
        if exponent == 1:
            return self.of(base)
        if exponent == HALF and self._is_square(base):
            return CONVEX  # a norm
        bend, interval = self.of(base), self.known.range(base)
        if exponent < 0:
            return CONVEX if bend & CONCAVE and interval.is_positive else UNKNOWN
        if exponent < 1:
            return CONCAVE if bend & CONCAVE else UNKNOWN
        if not isinstance(exponent, int):
            return CONVEX if bend == AFFINE or (bend & CONVEX and interval.is_nonnegative) else UNKNOWN
        if exponent % 2 == 0 and (bend == AFFINE or (bend & CONCAVE and interval.is_nonpositive)):
            return CONVEX
        if bend & CONVEX and interval.is_nonnegative:
            return CONVEX
        return CONCAVE if exponent % 2 and bend & CONCAVE and interval.is_nonpositive else UNKNOWN

    def _is_quadratic_form(self, node: Product, moving: list[Factor], others: list[Factor]) -> bool:
        """Whether it is x'*M*x with x affine and M positive semidefinite."""
        if len(moving) != 2 or node.axes or any(e != 1 or self.of(b) != AFFINE for b, e, _ in moving):
            return False
        (base, _, left), (other, _, right) = moving
        if base != other or set(left) & set(right) or not left:
            return False
        return self.known.is_kernel(others, left, right, dict(enumerate(node.bound)))

    def _is_square_over(self, above: Factor, below: Factor) -> bool:
        """Whether they are the square of what is affine, and the inverse of what is concave and positive."""
        (top, square, _), (bottom, inverse, _) = above, below
        positive = self.of(bottom) & CONCAVE and self.known.range(bottom).is_positive
        return square == 2 and inverse == -1 and self.of(top) == AFFINE and bool(positive)


def turned(bend: int, factor: Rational) -> int:
    """How a multiple bends."""
    if factor > 0 or bend in (UNKNOWN, AFFINE):
        return bend
    return CONCAVE if bend == CONVEX else CONVEX


def signed(bend: int, weight: Interval) -> int:
    """How a product with constants in an interval, also summed up, bends."""
    if bend == AFFINE or weight.is_nonnegative:
        return bend
    return turned(bend, -1) if weight.is_nonpositive else UNKNOWN


def composed(function: Function, inner: int) -> int:
    """How a function of something that bends so bends."""
    curve = function.curve
    convex = inner == AFFINE or (inner & CONVEX and curve.is_increasing) or (inner & CONCAVE and curve.is_decreasing)
    concave = inner == AFFINE or (inner & CONCAVE and curve.is_increasing) or (inner & CONVEX and curve.is_decreasing)
    return CONVEX * bool(curve.is_convex and convex) + CONCAVE * bool(curve.is_concave and concave)
