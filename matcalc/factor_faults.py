"""Where a formula and an answer of the same build differ: the one factor, operand or term that stands for another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from matcalc.tensor import product
from matcalc.terms import Apply, Factor, Node, Part, Product, Sum

if TYPE_CHECKING:
    from matcalc.expr import Rational


def damaged(found: Node, wanted: Node) -> tuple[Node, Node] | None:
    """The smallest parts in which two nodes differ, that of the first one first; None where they differ altogether."""
    here: tuple[Node, Node] | None = (found, wanted)
    last = None
    while here is not None:
        last, here = here, _one_level_down(*here)
    return None if last is None or last[0] is found else last


def _one_level_down(found: Node, wanted: Node) -> tuple[Node, Node] | None:
    """The only parts of two nodes that are not the same."""
    if isinstance(found, Part) and isinstance(wanted, Part):
        return found.inner, wanted.inner
    if isinstance(found, Apply) and isinstance(wanted, Apply):
        return _differing_operand(found, wanted)
    if isinstance(found, Sum) and isinstance(wanted, Sum):
        return _differing_term(found, wanted)
    if isinstance(found, Product) and isinstance(wanted, Product):
        return _differing_factor(found, wanted)
    return None


def _differing_operand(found: Apply, wanted: Apply) -> tuple[Node, Node] | None:
    if found.function is not wanted.function or len(found.args) != len(wanted.args):
        return None
    pairs = [(a, b) for a, b in zip(found.args, wanted.args, strict=True) if a.digest != b.digest]
    return pairs[0] if len(pairs) == 1 else None


def _differing_term(found: Sum, wanted: Sum) -> tuple[Node, Node] | None:
    one, other = _left_over(found.terms, wanted.terms)
    if len(one) == len(other) == 1 and one[0][0] == other[0][0]:
        return one[0][1], other[0][1]
    return None


def _left_over(
    first: Sequence[tuple[Rational, Node]], second: Sequence[tuple[Rational, Node]]
) -> tuple[list[tuple[Rational, Node]], list[tuple[Rational, Node]]]:
    """The terms that only one of two sums has."""
    keys = [{(c, term.digest) for c, term in terms} for terms in (first, second)]
    return (
        [(c, term) for c, term in first if (c, term.digest) not in keys[1]],
        [(c, term) for c, term in second if (c, term.digest) not in keys[0]],
    )


def _differing_factor(found: Product, wanted: Product) -> tuple[Node, Node] | None:
    one, other = [_alone(a, b) for a, b in ((found, wanted), (wanted, found))]
    if len(one) != 1 or len(other) != 1 or one[0][0].axes != other[0][0].axes:
        return None
    if one[0][1] == other[0][1] == 1:
        return one[0][0], other[0][0]
    return _powered(one[0]), _powered(other[0])


def _alone(product_: Product, other: Product) -> list[Factor]:
    """The factors of a product that another one has not."""
    rest = [(base.digest, str(exponent)) for base, exponent, _ in other.factors]
    alone: list[Factor] = []
    for factor in product_.factors:
        key = (factor[0].digest, str(factor[1]))
        if key in rest:
            rest.remove(key)
        else:
            alone.append(factor)
    return alone


def _powered(factor: Factor) -> Node:
    """A factor with its exponent, entry by entry."""
    base, exponent, _ = factor
    whole = tuple(range(len(base.axes)))
    return product([(base, exponent, whole)], whole, base.axes)
