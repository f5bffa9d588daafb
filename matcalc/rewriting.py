"""Identities of the rulebook, applied to index terms where the token cost falls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from matcalc.patterns import marks, patterns_of
from matcalc.substitution import rebuilt
from matcalc.sums import as_term, scaled
from matcalc.terms import Apply, Node, Product, Sum, postorder

if TYPE_CHECKING:
    from matcalc.rulebook import Identity, Rulebook

# A chain of rewritings of one node ends after this many steps even if each one paid.
LONGEST_CHAIN = 20
# functions that the index terms write without a call
_STRUCTURAL = {"sqrt", "sum", "tr", "eye", "ones", "zeros", "diag", "tril", "triu"}


class Rewriter:
    """The rules whose functions all occur, but for those to do without, tried in the order of the files.

    Those that fold an answer are apart. For what is differentiated later, they are only those `between_entries` that
    write no abbreviation.
    """

    def __init__(
        self,
        rulebook: Rulebook,
        names: set[str],
        cost: Callable[[Node], int | None],
        without: Sequence[Identity] = (),
        between_entries: bool = False,
    ) -> None:
        self.cost = cost
        rules = [rule for rule in applicable_rules(rulebook, names | _STRUCTURAL) if rule not in without]
        if between_entries:
            rules = [rule for rule in rules if rule.elementwise and not rule.abbreviates]
        self.rules = [rule for rule in rules if not rule.folds]
        self.folding = [rule for rule in rules if rule.folds]
        self.applied: dict[Identity, None] = {}

    def rewritten(self, node: Node, joining: bool = True) -> Node:
        """The node after every rule that applies to it and pays; `joining` allows f(Y)*f(X) -> f(X*Y)."""
        return self._chained(node, self.rules, joining)

    def rewritten_inside(self, node: Node) -> Node:
        """The node over its closed products after every rule that pays, without those that join."""
        coefficient, part = as_term(node)
        inside = {c.digest: self.rewritten(c, joining=False) if isinstance(c, Product) else c for c in part.children}
        return scaled(coefficient, rebuilt(part, inside)) if inside else node

    def folded(self, root: Node) -> Node:
        """The finished node with its abbreviations, wherever in it they pay."""
        order = postorder(root)
        seen = frozenset().union(*[marks(node) for node in order])
        rules = [rule for rule in self.folding if any(pattern.marks <= seen for pattern in patterns_of(rule))]
        if not rules:
            return root
        done: dict[bytes, Node] = {}
        for node in order:
            here = rebuilt(node, done) if node.children else node
            done[node.digest] = self._chained(here, rules, joining=True)
        return done[root.digest]

    def _chained(self, node: Node, rules: list[Identity], joining: bool) -> Node:
        """The node after one rule upon the other, while they pay."""
        for _ in range(LONGEST_CHAIN):
            shorter = self._step(node, rules, joining)
            if shorter is None:
                break
            node = shorter
        return node

    def _step(self, node: Node, rules: list[Identity], joining: bool) -> Node | None:
        coefficient, part = as_term(node)
        if not isinstance(part, (Apply, Product, Sum)):
            return None
        seen = marks(part)
        for rule in rules:
            if not joining and rule.joins:
                continue
            for pattern in patterns_of(rule):
                if not pattern.marks <= seen:
                    continue
                for candidate in pattern.rewritings(part):
                    candidate = scaled(coefficient, candidate)
                    if self._pays(node, candidate):
                        self.applied[rule] = None
                        return candidate
        return None

    def _pays(self, before: Node, after: Node) -> bool:
        if after.axes != before.axes:
            return False
        old, new = self.cost(before), self.cost(after)
        if old is None or new is None or new > old:
            return False
        # at equal cost fewer factors count, X^3*inv(X)^2 on its way to X, then fewer functions, Q' for inv(Q), then
        # fewer minuses; as each step makes less of something, every chain of them ends, whatever the rules are
        return new < old or _size(after) < _size(before)


def _size(node: Node) -> tuple[int, int, int]:
    return _factor_count(node), _call_count(node), _minus_count(node)


def _factor_count(node: Node) -> int:
    _, part = as_term(node)
    return len(part.factors) if isinstance(part, Product) else 1


def _call_count(node: Node) -> int:
    return sum(isinstance(part, Apply) for part in postorder(node))


def _minus_count(node: Node) -> int:
    """How many functions are of minus something: one in tanh(-x), none in -tanh(x)."""
    calls = [part for part in postorder(node) if isinstance(part, Apply)]
    return sum(any(as_term(arg)[0] < 0 for arg in call.args) for call in calls)


def applicable_rules(rulebook: Rulebook, names: set[str]) -> list[Identity]:
    """The rules whose functions are among these, or are made by such rules, in the order of the book."""
    reached = set(names)
    while True:
        rules = [rule for rule in rulebook.identities if rule.function_names <= reached]
        made = {name for rule in rules for name in rule.result_names}
        if made <= reached:
            return rules
        reached |= made
