"""Logarithms of products of what is positive, as sums of logarithms: longer, but each term bends by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.entrywise import elementwise
from matcalc.substitution import rebuilt
from matcalc.sums import as_scalar, as_term, linear, ones
from matcalc.tensor import product
from matcalc.terms import Apply, Node, Product, Term, postorder

if TYPE_CHECKING:
    from matcalc.definiteness import Definiteness


def with_logarithms_apart(root: Node, known: Definiteness) -> Node:
    """The node with the logarithm of a product written as the sum of those of its factors, where all are positive.

    >>> from matcalc.definiteness import Definiteness
    >>> from matcalc.indexform import index_text
    >>> from matcalc.lower import lower
    >>> from matcalc.parser import parse
    >>> from matcalc.rulebook import default_rulebook
    >>> node = lower(parse("log(exp(a)/cosh(a))").expr, default_rulebook())
    >>> index_text(with_logarithms_apart(node, Definiteness(default_rulebook())))
    'log(exp(a)) - log(cosh(a))'
    """
    done: dict[bytes, Node] = {}
    for node in postorder(root):
        done[node.digest] = _apart(rebuilt(node, done), known)
    return done[root.digest]


def _apart(node: Node, known: Definiteness) -> Node:
    if not isinstance(node, Apply) or node.function.name != "log":
        return node
    coefficient, inner = as_term(node.args[0])
    if not isinstance(inner, Product) or inner.bound or coefficient <= 0 or len(inner.factors) < 2:
        return node
    if not all(known.range(base).is_positive for base, _, _ in inner.factors):
        return node
    axes, everywhere = node.axes, tuple(range(len(node.axes)))
    terms: list[Term] = []
    for base, exponent, indices in inner.factors:
        logarithm = elementwise("log", base, known.rulebook)
        terms.append((1, product([(logarithm, 1, indices), (as_scalar(exponent), 1, ())], everywhere, axes)))
    if coefficient != 1:
        terms.append((1, elementwise("log", linear([(coefficient, ones(axes))], axes), known.rulebook)))
    return linear(terms, axes)
