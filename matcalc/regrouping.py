"""Sums multiplied through where a sum that stands elsewhere then shows: `V*(B*r - p) + w` as `V*B*r - (V*p - w)`."""

from __future__ import annotations

from collections.abc import Iterator

from matcalc.expanding import expanded
from matcalc.expr import Rational
from matcalc.substitution import rebuilt
from matcalc.terms import Node, Sum, factors_of, postorder


def regrouped(root: Node) -> Iterator[Node]:
    """The node with one of its sums multiplied through, for each that then has all terms of another sum in it."""
    for node in postorder(root):
        if isinstance(node, Sum) and _is_nested(node):
            opened = expanded(node)
            if isinstance(opened, Sum) and any(_has_terms_of(opened, inner) for inner in _factor_sums(opened)):
                yield _with(root, node, opened)


def _factor_sums(node: Sum) -> Iterator[Sum]:
    """The sums among the factors of the terms."""
    for _, term in node.terms:
        for base, _, _ in factors_of(term):
            if isinstance(base, Sum) and len(base.terms) > 1:
                yield base


def _is_nested(node: Sum) -> bool:
    """Whether sums stand in sums below, two levels down."""
    return any(True for inner in _factor_sums(node) for _ in _factor_sums(inner))


def _has_terms_of(node: Sum, inner: Sum) -> bool:
    """Whether a sum is some multiple of another and more."""
    own: dict[bytes, Rational] = {term.digest: c for c, term in node.terms}
    if node.axes != inner.axes or len(inner.terms) >= len(node.terms):
        return False
    first, scale = inner.terms[0][1].digest, inner.terms[0][0]
    return all(own.get(term.digest, 0) * scale == own.get(first, 0) * c for c, term in inner.terms) and first in own


def _with(root: Node, node: Node, by: Node) -> Node:
    done: dict[bytes, Node] = {}
    for part in postorder(root):
        done[part.digest] = by if part is node else rebuilt(part, done)
    return done[root.digest]
