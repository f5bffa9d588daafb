"""Shorter equal index terms.

Every pass is tentative: its result is kept only if the token cost of the printed form falls
(`expr.token_cost`, the one meaning of "simpler"). What is structural (like terms, transposes,
traces, numbers) is already done by the normal form of the index terms.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from matcalc.commuting import in_order
from matcalc.denominators import denominators
from matcalc.expanding import (
    absorptions,
    all_distributed,
    distributed,
    expanded,
    has_identity,
    identity_sums,
    joined,
    lone_sums,
    meetings,
    opened,
    reopened,
    with_scaled_identity,
    written_out,
)
from matcalc.factoring import SharedFactor, shared_factors
from matcalc.matrixform import MatrixForms, NoMatrixForm
from matcalc.parts import text_cost
from matcalc.quotients import divided
from matcalc.regrouping import regrouped
from matcalc.rewriting import Rewriter
from matcalc.substitution import drawn_in, rebuilt, summed
from matcalc.sums import as_term, linear, scaled
from matcalc.tensor import product
from matcalc.terms import Apply, Leaf, Node, Product, Size, Sum, factors_of, postorder
from matcalc.vanishing import vanishes

if TYPE_CHECKING:
    from matcalc.rulebook import Identity, Rulebook

# How many common factors are tried in full on one sum, best estimate first.
TRIED_FACTORS = 6
# What a pass makes is made short by passes inside it, but not without end.
MOST_NESTED_TRIALS = 6
# Passes over the whole: a later one only looks at what an earlier one has made.
MOST_PASSES = 4
# How many common denominators are tried on one sum.
TRIED_DENOMINATORS = 4
# From a sum with more factors than that in its terms, such as the derivative of a product of fifty, none is drawn out:
# every trial reads the whole sum again.
MOST_FACTORS = 800


def simplified(node: Node, rulebook: Rulebook, forms: MatrixForms | None = None) -> Node:
    """An equal node whose text is no longer."""
    return simplification(node, rulebook, forms or MatrixForms())[0]


def simplification(
    node: Node, rulebook: Rulebook, forms: MatrixForms, without: Sequence[Identity] = ()
) -> tuple[Node, list[Identity]]:
    """An equal node whose text is no longer, found without some of the rules, and the rules applied on the way."""
    simplifier = Simplifier(rulebook, forms, without)
    short, applied = simplifier.run(node), simplifier.applied
    if simplifier.met_tie:
        other = Simplifier(rulebook, forms, without, prefers_ties=True)
        short = min(short, other.run(node), key=simplifier.text_cost)
        applied = list(dict.fromkeys([*applied, *other.applied]))
    return short, applied


class Simplifier:
    """The passes over one node, `without` some rules.

    With `prefers_ties`, a matrix that one term sums over and another does not is drawn out where it can be, which makes
    a longer formula that may have a shorter text: `diag(s) - s*s'` names s once.
    """

    def __init__(
        self,
        rulebook: Rulebook,
        forms: MatrixForms,
        without: Sequence[Identity] = (),
        prefers_ties: bool = False,
    ) -> None:
        self.forms = forms
        self.without = without
        self.prefers_ties = prefers_ties
        self.trials = 0  # how many passes are at work inside each other
        self.met_tie = False
        self.rulebook = rulebook
        self.done: dict[bytes, Node] = {}
        self.factored: dict[bytes, Node] = {}
        self.short: dict[bytes, Node] = {}
        self.rewriter: Rewriter | None = None

    def run(self, root: Node) -> Node:
        order = postorder(root)
        names = {n.function.name for n in order if isinstance(n, Apply)}
        known = any((isinstance(n, Leaf) and n.facts) or isinstance(n, Size) for n in order)
        if names or known:
            self.rewriter = Rewriter(self.rulebook, names, self.cost, self.without)
        short = self._settled(root, lambda node: node)
        if self.rewriter is not None:
            short = self._settled(self.rewriter.folded(short), self.rewriter.folded)
        # only where a tensor occurs can a sum of more than two axes stand inside a product
        return all_distributed(short) if any(len(node.axes) > 2 for node in order) else short

    def _settled(self, node: Node, finished: Callable[[Node], Node]) -> Node:
        """The node after all passes, and again until they change nothing or make it longer."""
        for _ in range(MOST_PASSES):
            before, node = node, finished(self._regrouped(self._anew(node)))
            if node == before or self._cheaper(before, node):
                break
        return node

    def _regrouped(self, root: Node) -> Node:
        """A sum multiplied through, where the text then gets shorter since another sum shows in it."""
        for candidate in regrouped(root):
            if self.text_cost(candidate) < self.text_cost(root):
                return self._regrouped(candidate)
        return root

    def _anew(self, root: Node) -> Node:
        """A node that was just made, over its parts made short."""
        self._shorten_all(postorder(root, skip=self.done))
        return self.done[root.digest]

    def _shorten_all(self, order: Sequence[Node]) -> None:
        """Every node after its children; what has been made short is short."""
        for node in order:
            whole = rebuilt(node, self.done) if node.children else node
            spread = distributed(whole)
            if spread != whole:  # what it was taken apart into is new
                self.done[whole.digest] = whole  # until more is known
                self._shorten_all(postorder(spread, skip=self.done)[:-1])
                spread = rebuilt(spread, self.done)
            short = self._shortened(spread) if spread.children else spread
            self.done[node.digest] = short
            self.done.setdefault(short.digest, short)

    @property
    def applied(self) -> list[Identity]:
        """The rules that were applied on the way, in the order of their first use."""
        return [] if self.rewriter is None else list(self.rewriter.applied)

    def _shortened(self, node: Node) -> Node:
        """The node after every pass that pays, and again while that makes it cheaper."""
        coefficient, part = as_term(node)
        if coefficient != 1:
            return scaled(coefficient, self._shortened(part))
        known = self.short.get(node.digest)
        if known is None and self.trials == MOST_NESTED_TRIALS:
            return self._rewritten(node)
        if known is None:
            self.short[node.digest] = node  # until more is known, should it be met again below
            self.trials += 1
            known = self.short[node.digest] = self._after_passes(node)
            self.trials -= 1
            if known != node and self._cheaper(known, node):
                known = self.short[node.digest] = self._shortened(known)
        return known

    def _after_passes(self, node: Node) -> Node:
        shorter = self._rewritten(in_order(node) if isinstance(node, Product) else node)
        for shortened in (self._vanished, self._divided, self._opened, self._closed_anew, self._absorbed):
            if isinstance(shorter, Product):
                shorter = shortened(shorter)
        if isinstance(shorter, Sum):
            shorter = self._joined(self._factored_or_expanded(shorter))
        return shorter

    def _cheaper(self, candidate: Node, than: Node) -> bool:
        new, old = self.cost(candidate), self.cost(than)
        return new is not None and old is not None and new < old

    # -- multiplying through, on trial

    def _vanished(self, node: Product) -> Node:
        """Zero, where a sum with an inverse in it cancels when multiplied through."""
        return linear([], node.axes) if self.rewriter is not None and vanishes(node, self._rewritten) else node

    def _divided(self, node: Product) -> Node:
        """A part that stands as a divisor as well, cancelled."""
        candidate = divided(node)
        if candidate is None or not self._cheaper(candidate, node):
            return node
        return self._anew(candidate)

    def _opened(self, node: Product) -> Node:
        """The inverse of a product written out, where its parts then cancel and it pays."""
        candidate = opened(node)
        if candidate is None:
            return node
        if self.rewriter is not None:
            candidate = self.rewriter.rewritten(self.rewriter.rewritten_inside(candidate), joining=False)
        return self._anew(candidate) if self._cheaper(candidate, node) else node

    def _absorbed(self, node: Product) -> Node:
        """A factor multiplied into a sum where that cancels something and pays."""
        scaled = with_scaled_identity(node)
        if scaled is not None:
            self.met_tie = True
            if self.prefers_ties:
                return self._anew(scaled)
        for rest, (inner, exponent, indices) in absorptions(node):
            factors = [*rest, (self._anew(self._with_short_terms(inner)), exponent, indices)]
            candidate = product(factors, tuple(range(len(node.axes))), node.axes)
            if self._cheaper(candidate, node):
                return self._anew(candidate)
        for rest, inner, place in meetings(node):
            candidate = product([*rest, (self._anew(inner), 1, place)], tuple(range(len(node.axes))), node.axes)
            if self._cheaper(candidate, node):
                return self._anew(candidate)
        for index, body, axes, others in drawn_in(node):
            whole = summed(index, self._anew(distributed(body)))
            candidate = product([*others, (whole, 1, axes)], tuple(range(len(node.axes))), node.axes)
            if self._cheaper(candidate, node):
                return self._anew(candidate)
        for position in (*identity_sums(node), *lone_sums(node)):
            candidate = self._anew(self._with_short_terms(written_out(node, position)))
            if self._cheaper(candidate, node):
                return candidate
        return node

    def _closed_anew(self, node: Product) -> Node:
        """A scalar factor joined with a divisor by an identity: `(exp(x)'*v)/sum(exp(x))` as `softmax(x)'*v`."""
        if self.rewriter is None:
            return node
        out = tuple(range(len(node.axes)))
        for rest, part in reopened(node):
            shorter = self._rewritten(part)
            if shorter != part:
                summed = len(node.axes) + len(node.bound)
                candidate = product([*rest, (shorter, 1, (summed,))], out, node.axes)
                if self._cheaper(candidate, node):
                    return self._anew(candidate)
        return node

    def _with_short_terms(self, node: Node) -> Node:
        """A sum that was just made, over its terms made short."""
        if not isinstance(node, Sum):
            return node
        return linear([(c, self._anew(term)) for c, term in node.terms], node.axes)

    def _factored_or_expanded(self, node: Sum) -> Node:
        """The shorter of the sum with common factors drawn out, and the same after multiplying through."""
        best = self._factored(node)
        opened = expanded(node)
        if opened is None:
            return best
        opened = self._rewritten(self._with_short_terms(opened))
        if isinstance(opened, Sum):
            opened = self._factored(opened)
        return opened if self._cheaper(opened, best) else best

    def _joined(self, node: Node) -> Node:
        """Sums over one index put together, where that pays once the new body is short."""
        if not isinstance(node, Sum):
            return node
        candidate = joined(node, lambda body: self._anew(self._with_short_terms(body)))
        if candidate is None:
            return node
        candidate = self._anew(candidate)
        pays = self._cheaper(candidate, node) and not self.forms.has_new_members(candidate)
        return candidate if pays else node

    def cost(self, node: Node) -> int | None:
        """The token cost of the matrix form, or None where there is none."""
        try:
            return self.forms.of(node).straight.cost
        except NoMatrixForm:
            return None

    def text_cost(self, node: Node) -> float:
        """The tokens of the text with its named parts, without end where there is no matrix form."""
        try:
            return text_cost(self.forms.of(node).straight, self.rulebook)
        except NoMatrixForm:
            return math.inf

    def _rewritten(self, node: Node) -> Node:
        """The node after the identities that pay; what they made inside it is made short as well."""
        shorter = node if self.rewriter is None else self.rewriter.rewritten(node)
        if shorter is node or not shorter.children:
            return shorter
        self._shorten_all([n for n in postorder(shorter, skip=self.done) if n is not shorter])
        return rebuilt(shorter, self.done)

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
        """The sum with the common factor drawn out that pays most, or over one denominator."""
        return self._best_common_factor(node) or self._over_one_denominator(node)

    def _over_one_denominator(self, node: Sum) -> Node | None:
        """The first way to put terms over one denominator that pays."""
        for denominator, terms in islice(denominators(node), TRIED_DENOMINATORS):
            numerator = denominator.numerator(node, terms)
            if numerator is not None:
                candidate = denominator.whole(node, self._anew(numerator), terms)
                if self._cheaper(candidate, node):
                    return candidate
        return None

    def _best_common_factor(self, node: Sum) -> Node | None:
        if sum([len(factors_of(term)) for _, term in node.terms]) > MOST_FACTORS:
            return None
        shared = shared_factors(node)
        cost = self.cost(node) if shared else None
        if cost is None:
            return None
        candidates = sorted(shared.values(), key=lambda c: (-c.estimate(), len(c.base.axes)))
        best: tuple[SharedFactor, Node] | None = None
        if self.prefers_ties and has_identity(node):
            candidates = [c for c in candidates if len(c.base.axes) != 1]  # diag(s) - s*s' stays as it is
        for candidate in candidates[:TRIED_FACTORS]:
            inner = candidate.inner_sum(node)
            if inner is None:
                continue
            inner = self._rewritten(inner)
            self.met_tie |= candidate.is_tied
            measured = self.cost(candidate.in_front(inner, node))
            if self.prefers_ties and candidate.is_tied and measured is not None:
                best = candidate, inner
                break
            if measured is None:
                continue
            # diag(t)*X - X as diag(t - 1)*X, though that is no shorter
            if measured < cost or (measured == cost and best is None and candidate.leaves_scales):
                best, cost = (candidate, inner), measured
        if best is None:
            return None
        candidate, inner = best
        return candidate.in_front(self._factored(inner) if isinstance(inner, Sum) else inner, node)
