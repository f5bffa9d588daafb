"""Common factors drawn out of every sum outside of functions, as somebody asks for it, even where nothing is saved."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from matcalc.expr import Rational
from matcalc.factoring import shared_factors
from matcalc.full_expansion import outside_functions
from matcalc.substitution import rebuilt
from matcalc.sums import exact, linear
from matcalc.tensor import product
from matcalc.terms import Factor, Node, Sum, factors_of, postorder

IsShown = Callable[[Node], bool]


def fully_factored(root: Node, is_shown: IsShown) -> Node:
    """An equal node whose sums have no factor in common, taken over one divisor.

    `is_shown` says whether a node has a matrix form; what has none is left as it was.
    """
    wanted = {node.digest for node in outside_functions(root)}
    done: dict[bytes, Node] = {}
    for node in postorder(root):
        same = rebuilt(node, done)
        done[node.digest] = factored_sum(same, is_shown) if node.digest in wanted and isinstance(same, Sum) else same
    return done[root.digest]


def factored_sum(node: Sum, is_shown: IsShown) -> Node:
    """The sum with scalars that all of its terms have drawn out, then what most of them share, and so on inside."""
    outside, inner = _over_one_divisor(node)
    best = _grouped(inner, is_shown)
    whole = tuple(range(len(node.axes)))
    total = product([*outside, (best, 1, whole)], whole, node.axes)
    return total if is_shown(total) else node


def _over_one_divisor(node: Sum) -> tuple[list[Factor], Sum]:
    """The scalars to the lowest powers in which they stand in the terms, and the sum without them."""
    powers: dict[bytes, tuple[Node, list[Rational]]] = {}
    for _, term in node.terms:
        for base, exponent, indices in factors_of(term):
            if not indices and not isinstance(exponent, Node):
                powers.setdefault(base.digest, (base, []))[1].append(exponent)
    lowest = [(base, min([*found, 0] if len(found) < len(node.terms) else found)) for base, found in powers.values()]
    outside: list[Factor] = [(base, power, ()) for base, power in lowest if power != 0]
    undone: list[Factor] = [(base, exact(-Fraction(power)), ()) for base, power in lowest if power != 0]
    whole = tuple(range(len(node.axes)))
    terms = [(c, product([(term, 1, whole), *undone], whole, node.axes)) for c, term in node.terms]
    inner = linear(terms, node.axes) if undone else node
    return (outside, inner) if isinstance(inner, Sum) and len(inner.terms) == len(node.terms) else ([], node)


def _grouped(node: Node, is_shown: IsShown) -> Node:
    """What the terms share drawn out, what most of them share first; the same inside of what is drawn out."""
    while isinstance(node, Sum) and len(node.terms) > 1:
        drawn = _drawn_out(node, is_shown)
        if drawn is None:
            break
        node = drawn
    return node


def _drawn_out(node: Sum, is_shown: IsShown) -> Node | None:
    shared = sorted(shared_factors(node).values(), key=lambda s: (-len(s.found), -s.estimate(), s.base.digest))
    for candidate in shared:
        inner = candidate.inner_sum(node)
        if inner is None:
            continue
        inner = factored_sum(inner, is_shown) if isinstance(inner, Sum) else inner
        whole = candidate.in_front(inner, node)
        if is_shown(whole):
            return whole
    return None
