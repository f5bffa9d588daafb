"""Sums of index terms in normal form, numbers, and exponents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import gcd, lcm

from matcalc.dimensions import Dimension
from matcalc.errors import UnsupportedError
from matcalc.expr import Rational, magnitude
from matcalc.terms import Axes, Exponent, Node, Product, Sum, Term, make_product, make_sum, size


def linear(terms: Iterable[Term], axes: Axes) -> Node:
    """The linear combination; sums inside are merged, like terms collected, zeros dropped.

    Every node must have exactly these axes.
    """
    coefficients: dict[bytes, Rational] = {}
    nodes: dict[bytes, Node] = {}
    for coefficient, node in terms:
        if node.axes != axes:
            raise AssertionError(f"a term with axes {node.axes} in a sum with axes {axes}")
        for inner, part in node.terms if isinstance(node, Sum) else ((1, node),):
            digest = part.digest
            nodes[digest] = part
            coefficients[digest] = coefficients.get(digest, 0) + coefficient * inner
    kept = [(exact(c), nodes[digest]) for digest, c in coefficients.items() if c]
    if len(kept) == 1 and kept[0][0] == 1:
        return kept[0][1]
    if len(kept) > 1:
        kept.sort(key=_term_key)
    return make_sum(tuple(kept), axes)


def _term_key(term: Term) -> bytes:
    return term[1].digest


def exact(value: Rational) -> Rational:
    """A fraction with denominator 1 as an int."""
    return value.numerator if not isinstance(value, int) and value.denominator == 1 else value


def constant(value: Rational, axes: Axes = ()) -> Node:
    """The number, in every entry of the axes."""
    return linear([(value, ones(axes))], axes)


def ones(axes: Axes = ()) -> Node:
    """All ones: the empty product."""
    return make_product((), axes, ())


def zero(axes: Axes) -> Node:
    """All zeros: the empty sum."""
    return make_sum((), axes)


def scaled(coefficient: Rational, node: Node) -> Node:
    """`coefficient * node`."""
    return node if coefficient == 1 else linear([(coefficient, node)], node.axes)


def is_zero(node: Node) -> bool:
    return isinstance(node, Sum) and not node.terms


def as_term(node: Node) -> Term:
    """A node as coefficient and rest, when it is a single scaled term."""
    if isinstance(node, Sum) and len(node.terms) == 1:
        return node.terms[0]
    return (1, node)


def size_node(dimension: Dimension) -> Node:
    """A dimension as a scalar; a numeric one is that constant."""
    known = dimension.number
    return constant(known) if known is not None else size(dimension)


def primitive(node: Sum) -> tuple[Rational, Sum]:
    """Content and primitive part: coprime integer coefficients, most terms positive."""
    if node.reduced is None:
        node.reduced = _primitive(node)
    return node.reduced


def _primitive(node: Sum) -> tuple[Rational, Sum]:
    content = common_content(node.terms)
    negatives = sum(c < 0 for c, _ in node.terms)
    if 2 * negatives > len(node.terms) or (2 * negatives == len(node.terms) and _leading(node)[0] < 0):
        content = -content
    if content == 1:
        return 1, node
    part = make_sum(tuple([(exact(Fraction(c) / content), n) for c, n in node.terms]), node.axes)
    part.reduced = (1, part)
    return content, part


def common_content(terms: Sequence[Term]) -> Rational:
    """The largest positive rational that leaves whole coefficients."""
    if all(c == 1 or c == -1 for c, _ in terms):
        return 1
    over = lcm(*[c.denominator for c, _ in terms])
    return exact(Fraction(gcd(*[int(c * over) for c, _ in terms]), over))


def _leading(node: Sum) -> Term:
    return min(node.terms, key=lambda term: (-term[1].height, term[1].digest))


def add_exponents(a: Exponent, b: Exponent) -> Exponent:
    """The exponent of x^a * x^b."""
    if isinstance(a, Node) or isinstance(b, Node):
        return as_exponent(linear([(1, as_scalar(a)), (1, as_scalar(b))], ()))
    return exact(a + b)


def as_scalar(exponent: Exponent) -> Node:
    """An exponent as a scalar node."""
    return exponent if isinstance(exponent, Node) else constant(exponent)


def as_exponent(node: Node) -> Exponent:
    """A scalar node as an exponent: a number when it is constant."""
    coefficient, rest = as_term(node)
    if is_zero(node):
        return 0
    return coefficient if isinstance(rest, Product) and not rest.factors else node


# The most binary digits of a number that a power is multiplied out to, some thousand decimal ones.
MOST_BITS = 4096


def exact_power(value: Rational, exponent: Exponent) -> Rational | None:
    """value^exponent when it is rational and real, else None. Raises UnsupportedError where it has too many digits."""
    if value == 1:
        return 1
    if not isinstance(exponent, Node) and magnitude(value) != 1:
        bits = max(value.numerator.bit_length(), value.denominator.bit_length())
        if bits * magnitude(exponent) > MOST_BITS:
            raise UnsupportedError("a power of a number has too many digits to be written out")
    if isinstance(exponent, int):
        if exponent > 0:
            return value**exponent
        return exact(Fraction(value) ** exponent) if value else None
    if not isinstance(exponent, Node) and value > 0:
        top, bottom = _root(value.numerator, exponent.denominator), _root(value.denominator, exponent.denominator)
        if top is not None and bottom is not None:
            return exact(Fraction(top, bottom) ** exponent.numerator)
    return None


def _root(value: int, degree: int) -> int | None:
    guess = round(value ** (1 / degree)) if value < 1 << 60 else 0
    return next((g for g in (guess - 1, guess, guess + 1) if g > 0 and g**degree == value), None)
