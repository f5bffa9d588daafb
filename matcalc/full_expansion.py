"""Products over sums multiplied out everywhere outside of functions, as somebody asks for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from matcalc.errors import UnsupportedError
from matcalc.expr import Rational
from matcalc.substitution import summed
from matcalc.sums import linear
from matcalc.tensor import product
from matcalc.terms import Exponent, Factor, Node, Part, Product, Sum, Summed, Term, postorder

# What would have more terms than this nobody reads: it is refused.
MOST_TERMS = 500


def fully_expanded(root: Node) -> Node:
    """An equal node in which no product outside of functions and divisors has a factor that is a sum.

    Raises UnsupportedError where that would have more than `MOST_TERMS` terms.
    """
    done: dict[bytes, Node] = {}
    for node in outside_functions(root):
        done[node.digest] = _expanded(node, done)
    return done[root.digest]


def outside_functions(root: Node) -> Iterator[Node]:
    """The node and its parts, parts before wholes, but nothing that a function is applied to, and no divisors."""
    seen = {root.digest}
    pending = [root]
    while pending:
        for part in open_parts(pending.pop()):
            if part.digest not in seen:
                seen.add(part.digest)
                pending.append(part)
    return (node for node in postorder(root) if node.digest in seen)


def open_parts(node: Node) -> tuple[Node, ...]:
    """The parts that a node is a sum or a product of."""
    if isinstance(node, Product):
        return tuple([base for base, exponent, _ in node.factors if _is_count(exponent)])
    return node.children if isinstance(node, (Sum, Summed, Part)) else ()


def _is_count(exponent: Exponent) -> bool:
    return isinstance(exponent, int) and exponent > 0


def _expanded(node: Node, done: Mapping[bytes, Node]) -> Node:
    """The node over what its parts have become, multiplied out."""
    if isinstance(node, Sum):
        return _limited([(c, done[term.digest]) for c, term in node.terms], node)
    if isinstance(node, Part):
        return done[node.inner.digest]
    if isinstance(node, Summed):
        return linear([(c, summed(node.index, term)) for c, term in terms_of(done[node.body.digest])], node.axes)
    return _multiplied_out(node, done) if isinstance(node, Product) else node


def _multiplied_out(node: Product, done: Mapping[bytes, Node]) -> Node:
    whole = tuple(range(len(node.axes)))
    rows: list[tuple[Rational, list[Factor]]] = [(1, [])]
    for base, exponent, indices in node.factors:
        if isinstance(exponent, int) and exponent > 0:
            base = done[base.digest]
            base, exponent = (_power(base, exponent), 1) if isinstance(base, Sum) else (base, exponent)
        terms = terms_of(base) if exponent == 1 else [(1, base)]
        _require_few(len(rows) * len(terms))
        rows = [(c * k, [*factors, (t, exponent, indices)]) for c, factors in rows for k, t in terms]
    return linear([(c, product(factors, whole, node.axes)) for c, factors in rows], node.axes)


def _power(base: Sum, exponent: int) -> Node:
    """The power of every entry of a sum, like terms collected at each step."""
    whole = tuple(range(len(base.axes)))
    power: Node = base
    for _ in range(exponent - 1):
        terms = terms_of(power)
        _require_few(len(terms) * len(base.terms))
        pairs = [(c * k, [(s, 1, whole), (t, 1, whole)]) for c, s in terms for k, t in base.terms]
        power = linear([(c, product(factors, whole, base.axes)) for c, factors in pairs], base.axes)
    return power


def _limited(terms: list[Term], node: Node) -> Node:
    _require_few(sum([len(terms_of(term)) for _, term in terms]))
    return linear(terms, node.axes)


def terms_of(node: Node) -> list[Term]:
    """The terms of a sum; of anything else, itself."""
    return list(node.terms) if isinstance(node, Sum) else [(1, node)]


def _require_few(count: int) -> None:
    if count > MOST_TERMS:
        raise UnsupportedError(
            f"multiplied out, this has more than {MOST_TERMS} terms", suggestion="ask for the answer as it is found"
        )
