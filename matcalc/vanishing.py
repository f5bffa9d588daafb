"""Products that are zero because a sum in them meets an inverse: `X'*(y - X*inv(X'*X)*X'*y)`.

The sum and the factors next to it are multiplied out in full, on trial; where all terms cancel, so does the product.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from matcalc.expanding import subproduct, sum_position, written_out
from matcalc.sums import as_term, linear
from matcalc.terms import Apply, Node, Product, Sum, Term

# A product is multiplied out on trial into at most this many terms.
MOST_TERMS = 24
# How many factors on one side of a sum are multiplied into it.
MOST_NEIGHBOURS = 4

Rewriting = Callable[[Node], Node]


def vanishes(node: Product, rewritten: Rewriting) -> bool:
    """Whether a sum with an inverse in it and some factors next to it cancel; `rewritten` applies identities."""
    return any(_is_zero(part, rewritten) for part in _surroundings(node))


def _surroundings(node: Product) -> Iterator[Product]:
    """Sums with an inverse in them, each with one or more of the factors next to it on one side."""
    for position, (base, exponent, indices) in enumerate(node.factors):
        if exponent == 1 and isinstance(base, Sum) and _has_inverse(base):
            for index in indices:
                yield from _growing(node, position, index)


def _has_inverse(node: Node) -> bool:
    """Whether an inverse is a factor somewhere in a sum: one inside a function cannot meet what stands outside."""
    seen: set[bytes] = set()
    pending = [node]
    while pending:
        part = pending.pop()
        if isinstance(part, Apply) and part.function.reverses:
            return True
        if isinstance(part, (Sum, Product)) and part.digest not in seen:
            seen.add(part.digest)
            pending += part.children
    return False


def _growing(node: Product, position: int, index: int) -> Iterator[Product]:
    """The factor at a position with one, two, ... of the chain of factors that starts at one of its indices."""
    taken = [position]
    for _ in range(MOST_NEIGHBOURS):
        beside = [k for k, f in enumerate(node.factors) if index in f[2] and k not in taken]
        if index < len(node.axes) or len(beside) != 1:
            return
        taken.append(beside[0])
        yield subproduct(node, taken)[0]
        further = [i for i in node.factors[beside[0]][2] if i != index]
        if len(further) != 1:
            return
        index = further[0]


def _is_zero(node: Product, rewritten: Rewriting) -> bool:
    terms = multiplied_out(node)
    if terms is None:
        return False
    short = linear([(c, rewritten(term)) for c, term in terms], node.axes)
    return isinstance(short, Sum) and not short.terms


def multiplied_out(node: Node) -> list[Term] | None:
    """The terms of a node with every product over a sum written out, or None where there are too many."""
    done: list[Term] = []
    pending: list[Term] = [(1, node)]
    while pending:
        scale, whole = pending.pop()
        if isinstance(whole, Sum):
            pending += [(scale * c, term) for c, term in whole.terms]
        else:
            coefficient, term = as_term(whole)
            position = sum_position(term)
            if position is None:
                done.append((scale * coefficient, term))
            else:
                assert isinstance(term, Product)
                pending.append((scale * coefficient, written_out(term, position)))
        if len(done) + len(pending) > MOST_TERMS:
            return None
    return done
