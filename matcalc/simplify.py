"""Shorter equal index terms.

Every pass is tentative: its result is kept only if the token cost of the printed form falls
(`expr.token_cost`, the one meaning of "simpler"). What is structural (like terms, transposes,
traces, numbers) is already done by the normal form of the index terms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.expr import Rational
from matcalc.matrixform import MatrixForms, NoMatrixForm
from matcalc.rewriting import Rewriter
from matcalc.substitution import rebuilt
from matcalc.sums import linear
from matcalc.tensor import product
from matcalc.terms import Apply, Exponent, Factor, Indices, Leaf, Node, Product, Sum, postorder

if TYPE_CHECKING:
    from matcalc.rulebook import Rulebook

# How many common factors are tried in full on one sum, best estimate first.
TRIED_FACTORS = 6


def simplified(node: Node, rulebook: Rulebook, forms: MatrixForms | None = None) -> Node:
    """An equal node whose matrix form costs no more."""
    return Simplifier(rulebook, forms or MatrixForms()).run(node)


class Simplifier:
    def __init__(self, rulebook: Rulebook, forms: MatrixForms) -> None:
        self.forms = forms
        self.rulebook = rulebook
        self.done: dict[bytes, Node] = {}
        self.factored: dict[bytes, Node] = {}
        self.rewriter: Rewriter | None = None

    def run(self, root: Node) -> Node:
        order = postorder(root)
        names = {n.function.name for n in order if isinstance(n, Apply)}
        known = any(isinstance(n, Leaf) and n.facts for n in order)
        if names or known:
            self.rewriter = Rewriter(self.rulebook, names, self.cost)
        for node in order:
            shorter = distributed(rebuilt(node, self.done))
            shorter = self._rewritten(shorter)
            self.done[node.digest] = self._factored(shorter) if isinstance(shorter, Sum) else shorter
        return self.done[root.digest]

    def cost(self, node: Node) -> int | None:
        """The token cost of the matrix form, or None where there is none."""
        try:
            return self.forms.of(node).straight.cost
        except NoMatrixForm:
            return None

    def _rewritten(self, node: Node) -> Node:
        return node if self.rewriter is None else self.rewriter.rewritten(node)

    # -- common factors

    def _factored(self, node: Sum) -> Node:
        """Common factors drawn out of the terms while the cost falls."""
        known = self.factored.get(node.digest)
        if known is None:
            known = self.factored[node.digest] = self._factored_anew(node)
        return known

    def _factored_anew(self, node: Sum) -> Node:
        best: Node = node
        while isinstance(best, Sum) and len(best.terms) > 1:
            drawn = self._best_factoring(best)
            if drawn is None:
                break
            best = drawn
        return best

    def _best_factoring(self, node: Sum) -> Node | None:
        shared = _shared_factors(node)
        cost = self.cost(node) if shared else None
        if cost is None:
            return None
        candidates = sorted(shared.values(), key=lambda c: -c.estimate())
        best: tuple[SharedFactor, Node] | None = None
        for candidate in candidates[:TRIED_FACTORS]:
            inner = candidate.inner_sum(node)
            if inner is None:
                continue
            inner = self._rewritten(inner)
            measured = self.cost(candidate.in_front(inner, node))
            if measured is not None and measured < cost:
                best, cost = (candidate, inner), measured
        if best is None:
            return None
        candidate, inner = best
        return candidate.in_front(self._factored(inner) if isinstance(inner, Sum) else inner, node)


def distributed(node: Node) -> Node:
    """A product over a sum of more than two axes written out: such a sum has no matrix form, its terms may."""
    if not isinstance(node, Product):
        return node
    for position, (base, exponent, indices) in enumerate(node.factors):
        if isinstance(base, Sum) and len(base.axes) > 2 and exponent == 1:
            rest = [f for k, f in enumerate(node.factors) if k != position]
            out = tuple(range(len(node.axes)))
            terms = [(c, product([*rest, (term, 1, indices)], out, node.axes)) for c, term in base.terms]
            return linear([(c, distributed(term)) for c, term in terms], node.axes)
    return node


class SharedFactor:
    """One factor found in several terms of a sum, with its place in each."""

    def __init__(self, base: Node, exponent: Exponent, place: tuple[int | None, ...]) -> None:
        self.base = base
        self.exponent = exponent
        self.place = place  # the axis each of its indices is, or None where it is summed
        self.found: dict[int, int] = {}  # term -> position of the factor
        self.inner_indices: Indices = ()

    def estimate(self) -> int:
        """Tokens saved, roughly: the factor and a product sign for every term but one."""
        own = self.base.height + 1
        return (len(self.found) - 1) * (own + 1)

    def inner_sum(self, node: Sum) -> Node | None:
        """The sum of what is left of the terms, or None where it would not be a matrix."""
        count = len(node.axes)
        slots = [count + k for k in range(len(self.place))]
        rests: list[tuple[Rational, list[Factor], dict[int, int]]] = []
        kept_axes: set[int] = set()
        for number, position in self.found.items():
            coefficient, term = node.terms[number]
            factors = list(_factors(term))
            _, _, indices = factors.pop(position)
            if any(b == self.base and i == indices for b, _, i in factors):
                return None
            own = {slots[k]: i for k, i in enumerate(indices) if self.place[k] is None}
            rests.append((coefficient, factors, own))
            kept_axes.update([i for _, _, ii in factors for i in ii if i < count])
        outer = (*sorted(kept_axes), *[slots[k] for k, axis in enumerate(self.place) if axis is None])
        if len(outer) > 2:
            return None
        self.inner_indices = outer
        axes = tuple([node.axes[i] if i < count else self.base.axes[i - count] for i in outer])
        # an axis that a rest does not carry is left to spread
        terms = [(c, product(factors, tuple([own.get(i, i) for i in outer]), axes)) for c, factors, own in rests]
        return linear(terms, axes)

    def in_front(self, inner: Node, node: Sum) -> Node:
        """The whole sum with the factor drawn out of its terms."""
        count = len(node.axes)
        spots = tuple([count + k if axis is None else axis for k, axis in enumerate(self.place)])
        factors: list[Factor] = [(self.base, self.exponent, spots), (inner, 1, self.inner_indices)]
        drawn = product(factors, tuple(range(count)), node.axes)
        others = [term for k, term in enumerate(node.terms) if k not in self.found]
        return linear([(1, drawn), *others], node.axes)


def _factors(term: Node) -> tuple[Factor, ...]:
    if isinstance(term, Product):
        return term.factors
    return ((term, 1, tuple(range(len(term.axes)))),)


def _shared_factors(node: Sum) -> dict[tuple[object, ...], SharedFactor]:
    """Every factor that stands in two or more terms with the same power on the same axes."""
    found: dict[tuple[object, ...], SharedFactor] = {}
    count = len(node.axes)
    for number, (_, term) in enumerate(node.terms):
        for position, (base, exponent, indices) in enumerate(_factors(term)):
            place = tuple([i if i < count else None for i in indices])
            if len(set(indices)) != len(indices):
                continue
            power = exponent.digest if isinstance(exponent, Node) else exponent
            key = (base.digest, power, place)
            shared = found.get(key)
            if shared is None:
                shared = found[key] = SharedFactor(base, exponent, place)
            shared.found.setdefault(number, position)
    return {key: shared for key, shared in found.items() if len(shared.found) > 1}
