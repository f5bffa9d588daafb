"""Nodes with some of their parts replaced."""

from __future__ import annotations

from collections.abc import Mapping

from matcalc.sums import as_exponent, linear
from matcalc.tensor import apply, part, product
from matcalc.terms import Apply, Exponent, Factor, Node, Part, Product, Sum, postorder


def substituted(root: Node, replacements: Mapping[bytes, Node]) -> Node:
    """The node in normal form with every part named by digest replaced by another of the same axes."""
    done: dict[bytes, Node] = {}
    for node in postorder(root):
        replacement = replacements.get(node.digest)
        done[node.digest] = rebuilt(node, done) if replacement is None else replacement
    return done[root.digest]


def rebuilt(node: Node, done: Mapping[bytes, Node]) -> Node:
    """The node over what its parts have become; itself where none has changed."""
    if all(done[child.digest] is child for child in node.children):
        return node
    if isinstance(node, Sum):
        return linear([(c, done[n.digest]) for c, n in node.terms], node.axes)
    if isinstance(node, Part):
        return part(done[node.inner.digest])
    if isinstance(node, Apply):
        return apply(node.function, tuple([done[a.digest] for a in node.args]), node.axes)
    assert isinstance(node, Product)
    factors: list[Factor] = [(done[b.digest], _exponent(e, done), i) for b, e, i in node.factors]
    return product(factors, tuple(range(len(node.axes))), node.axes)


def _exponent(exponent: Exponent, done: Mapping[bytes, Node]) -> Exponent:
    return as_exponent(done[exponent.digest]) if isinstance(exponent, Node) else exponent
