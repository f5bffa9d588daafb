"""Rules of the rulebook as patterns of index terms.

A rule between scalars holds entry by entry: its pattern is matched against factors that carry the
same indices, or terms of one sum. Any other rule is matched as a network: its factors to factors,
its indices to indices, and a summed index of the pattern must be summed by matched factors alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from typing import TYPE_CHECKING

from matcalc.dimensions import ONE, Dimension
from matcalc.distinct import has_distinct_entries
from matcalc.entrywise import lower_entrywise
from matcalc.errors import UnsupportedError
from matcalc.expr import Rational
from matcalc.lower import lowered_folded
from matcalc.matching import Bindings, Match, concrete_factors, divides
from matcalc.sums import exact, linear, scaled
from matcalc.tensor import is_symmetric, product, transposed, turned_arguments
from matcalc.terms import Apply, Axes, Delta, Exponent, Factor, Indices, Leaf, Mask, Node, Product, Size, Sum, Term

if TYPE_CHECKING:
    from matcalc.rulebook import Function, Identity, Rulebook

# Rules of several factors are not tried on products of more factors than this.
LARGEST_PRODUCT = 24
# In a longer sum no terms are looked for that belong together: there are too many pairs.
MOST_PAIRED_TERMS = 64


def patterns_of(rule: Identity) -> list[Pattern]:
    """The pattern of a rule, and for a rule about matrices of any shape its vector and scalar cases."""
    known: list[Pattern] | None = rule.compiled
    if known is not None:
        return known
    # its own book, not one that holds the functions of some input as well: this is kept
    symbols, rulebook = rule.symbols, rule.rulebook
    if rule.elementwise:
        patterns = [Pattern(rule, rulebook, {}, entrywise=True)]
    else:
        sizes = sorted({n for s in symbols for d in s.kind.shape for n in d.names})
        rectangular = [s for s in symbols if s.kind.structure == "matrix" and s.kind.shape[0] != s.kind.shape[1]]
        cases: list[dict[str, Dimension]] = [{}]
        if rectangular:
            columns = rectangular[0].kind.shape[1].names[0]
            cases += [{columns: ONE}, dict.fromkeys(sizes, ONE)]
        patterns = []
        for case in cases:
            with suppress(UnsupportedError):  # a function of matrices that takes no vectors
                pattern = Pattern(rule, rulebook, case)
                # the mean of a scalar is the scalar
                patterns += [pattern] if isinstance(pattern.left, (Apply, Product, Sum)) else []
    rule.compiled = patterns
    return patterns


class Pattern:
    """One rule as index terms, ready to be matched."""

    def __init__(
        self, rule: Identity, rulebook: Rulebook, sizes: dict[str, Dimension], entrywise: bool = False
    ) -> None:
        self.rule = rule
        self.rulebook = rulebook
        self.sizes = sizes
        self.entrywise = entrywise
        self.variables = {s.name: s for s in rule.symbols}
        left = lowered_folded(rule.left, rulebook, sizes=sizes)
        self.factor: Rational = 1
        self.left = left
        if isinstance(left, Sum) and len(left.terms) == 1:
            self.factor, self.left = left.terms[0]
        self.marks = marks(self.left)

    def rewritings(self, node: Node) -> Iterator[Node]:
        """Every node the rule makes of this one."""
        left = self.left
        if isinstance(left, Apply) and isinstance(node, Apply):
            for bound in self.matches(left, node, {}):
                yield self._divided(self.right(bound, node.axes))
        if isinstance(left, Sum) and isinstance(node, Sum):
            yield from self._in_sum(left, node)
        if isinstance(node, Product) and isinstance(left, (Apply, Product)):
            yield from self._in_product(left, node)

    def _divided(self, node: Node) -> Node:
        return scaled(exact(1 / Fraction(self.factor)), node)

    def right(self, bound: Bindings, axes: Axes) -> Node:
        """The right side with the variables bound."""
        if self.entrywise:
            return lower_entrywise(self.rule.right, bound, axes, self.rulebook, fold=True)
        sizes = {}
        for name, node in bound.items():
            shape = (*node.axes, ONE, ONE)[:2]
            for wanted, given in zip(self.variables[name].kind.shape, shape):
                if wanted.number is None:
                    sizes[wanted.text] = given
        sizes.update(self.sizes)
        return lowered_folded(self.rule.right, self.rulebook, bound, sizes)

    # -- whole nodes

    def matches(self, pattern: Node, node: Node, bound: Bindings) -> Iterator[Bindings]:
        """Bindings that make the pattern equal to the node."""
        if isinstance(pattern, Leaf) and pattern.symbol.name in self.variables:
            known = bound.get(pattern.symbol.name)
            if known is None:
                if self._admits(pattern, node):
                    yield {**bound, pattern.symbol.name: node}
            elif known == node:
                yield bound
        elif isinstance(pattern, Apply):
            yield from self._match_call(pattern, node, bound)
        elif isinstance(pattern, Sum):
            yield from self._match_sum(pattern, node, bound)
        elif isinstance(pattern, Product) and self._is_turned_variable(pattern):
            if len(node.axes) == 2:
                yield from self.matches(pattern.factors[0][0], transposed(node), bound)
        elif isinstance(pattern, Product):
            yield from self._match_product(pattern, node, bound)
        elif isinstance(pattern, (Size, Delta, Mask)) and type(node) is type(pattern) and not self.entrywise:
            yield bound

    def _match_call(self, pattern: Apply, node: Node, bound: Bindings) -> Iterator[Bindings]:
        """A call to a call of the same function; of one whose transpose moves inside, also to a transpose."""
        args = node.args if isinstance(node, Apply) and _same(node.function, pattern.function) else None
        if args is None and len(node.axes) == 2 and not self.entrywise:
            turned = transposed(node)
            if isinstance(turned, Apply) and _same(turned.function, pattern.function):
                args = turned_arguments(turned.function, turned.args)
        if args is not None and len(args) == len(pattern.args):
            yield from self._match_all(list(zip(pattern.args, args)), bound)

    def _match_all(self, pairs: list[tuple[Node, Node]], bound: Bindings) -> Iterator[Bindings]:
        if not pairs:
            yield bound
            return
        for inner in self.matches(*pairs[0], bound):
            yield from self._match_all(pairs[1:], inner)

    def _admits(self, pattern: Leaf, node: Node) -> bool:
        """Whether a variable may stand for a node: its axes and every fact that its kind asks for."""
        if not self.entrywise:
            if len(node.axes) != len(pattern.axes):
                return False
            if len(pattern.axes) == 2 and pattern.axes[0] == pattern.axes[1] and node.axes[0] != node.axes[1]:
                return False
        return all(has_fact(node, fact) for fact in self.variables[pattern.symbol.name].kind.facts)

    def _match_sum(self, pattern: Sum, node: Node, bound: Bindings) -> Iterator[Bindings]:
        """All terms of the pattern to all terms of the node; a lone scaled variable takes the multiple."""
        if len(pattern.terms) == 1:
            coefficient, part = pattern.terms[0]
            yield from self.matches(part, scaled(exact(1 / Fraction(coefficient)), node), bound)
            return
        if isinstance(node, Sum) and len(node.terms) == len(pattern.terms):
            for inner, _, ratio in self._match_terms(list(pattern.terms), node, bound, None, ()):
                if ratio == 1:
                    yield inner

    def _match_terms(
        self, wanted: list[Term], node: Sum, bound: Bindings, ratio: Rational | None, used: tuple[int, ...]
    ) -> Iterator[tuple[Bindings, tuple[int, ...], Rational]]:
        """Terms of the pattern to distinct terms of the node, all with one ratio of coefficients."""
        if not wanted:
            assert ratio is not None
            yield bound, used, ratio
            return
        coefficient, part = wanted[0]
        for k, (own, term) in enumerate(node.terms):
            share = Fraction(own) / coefficient
            if k in used or (ratio is not None and share != ratio):
                continue
            for inner in self._match_term(part, term, bound):
                yield from self._match_terms(wanted[1:], node, inner, share, (*used, k))

    def _match_term(self, part: Node, term: Node, bound: Bindings) -> Iterator[Bindings]:
        if isinstance(part, Product) and not part.factors:
            if isinstance(term, Product) and not term.factors:
                yield bound
            return
        yield from self.matches(part, term, bound)

    def _match_product(self, pattern: Product, node: Node, bound: Bindings) -> Iterator[Bindings]:
        """Every factor of the pattern to every factor of the node."""
        subject = node if isinstance(node, Product) else None
        if subject is None or len(subject.factors) != len(pattern.factors):
            return
        count = len(subject.axes)
        for match in self.network(pattern, subject, bound):
            whole = len(match.taken) == len(subject.factors)
            whole = whole and all(subject.factors[k][1] == e for k, e in match.taken.items())
            # entry by entry, the factors must lie as the node does, not transposed or spread
            lies = match.spots == tuple(range(count)) if self.entrywise else match.fills(count)
            if whole and lies:
                yield match.bound

    # -- parts of sums and products

    def _in_sum(self, left: Sum, node: Sum) -> Iterator[Node]:
        if len(left.terms) > 1 and len(node.terms) > MOST_PAIRED_TERMS:
            return
        for bound, used, ratio in self._match_terms(list(left.terms), node, {}, None, ()):
            rest = [term for k, term in enumerate(node.terms) if k not in used]
            yield linear([(ratio, self.right(bound, node.axes)), *rest], node.axes)

    def _in_product(self, left: Node, node: Product) -> Iterator[Node]:
        whole = tuple(range(len(left.axes)))
        pattern = left if isinstance(left, Product) else _single(left, whole)
        if len(pattern.factors) > 1 and len(node.factors) > LARGEST_PRODUCT:
            return
        for match in self.network(pattern, node, {}):
            for times in sorted({self._multiplicity(node, match), 1}, reverse=True):
                replaced = self._replaced(node, match, pattern, times)
                if replaced is not None:
                    yield scaled(exact(1 / Fraction(self.factor) ** times), replaced)

    def _multiplicity(self, node: Product, match: Match) -> int:
        """How often the matched powers divide those of the node: twice for sinh(x)^2/cosh(x)^2 and sinh(x)/cosh(x)."""
        if not self.entrywise:
            return 1
        shares = [(node.factors[k][1], taken) for k, taken in match.taken.items()]
        if any(isinstance(power, Node) or isinstance(taken, Node) for power, taken in shares):
            return 1
        return min(int(power / taken) for power, taken in shares)  # type: ignore[operator]

    def _replaced(self, node: Product, match: Match, pattern: Product, times: int) -> Node | None:
        """The product with the matched powers replaced by the right side, so many times."""
        rest: list[Factor] = []
        for k, (base, exponent, indices) in enumerate(node.factors):
            if k not in match.taken:
                rest.append((base, exponent, indices))
            elif isinstance(exponent, Node) or isinstance(match.taken[k], Node):
                if exponent != match.taken[k]:
                    return None
            else:
                rest.append((base, exact(exponent - times * match.taken[k]), indices))  # type: ignore[operator]
        if self.entrywise:
            spots = match.spots if match.spots is not None else ()
            axes = tuple([_dimension(node, i) for i in spots])
        else:
            spots = tuple([match.indices[k] for k in range(len(pattern.axes))])
            axes = tuple([_dimension(node, i) for i in spots])
        right = self.right(match.bound, axes)
        if right.axes != axes:
            return None
        factors = [f for f in rest if f[1] != 0] + [(right, times, spots)]
        return product(factors, tuple(range(len(node.axes))), node.axes)

    def network(self, pattern: Product, node: Product, bound: Bindings) -> Iterator[Match]:
        """Matches of all factors of the pattern to factors of the node."""
        anchors = [f for f in pattern.factors if not self._is_variable(f[0])]
        variables = [f for f in pattern.factors if self._is_variable(f[0])]
        start = Match(bound)
        yield from self._next_factor(anchors + variables, node, start, len(pattern.axes))

    def _is_turned_variable(self, pattern: Product) -> bool:
        """Whether a pattern is the transpose of a variable and nothing else."""
        if len(pattern.factors) != 1 or len(pattern.axes) != 2:
            return False
        base, exponent, indices = pattern.factors[0]
        return self._is_variable(base) and exponent == 1 and indices == (1, 0)

    def _is_variable(self, base: Node) -> bool:
        return isinstance(base, Leaf) and base.symbol.name in self.variables

    def _next_factor(self, wanted: list[Factor], node: Product, match: Match, free: int) -> Iterator[Match]:
        if not wanted:
            if self.entrywise or match.sums_inside(node, free):
                yield match
            return
        base, exponent, indices = wanted[0]
        if isinstance(base, Leaf) and self._is_variable(base) and base.symbol.name in match.bound:
            for found in self._bound_variable(match.bound[base.symbol.name], exponent, indices, node, match):
                yield from self._next_factor(wanted[1:], node, found, free)
            return
        for k, (own, power, spots) in enumerate(node.factors):
            if not divides(exponent, match.left_of(k, power)):
                continue
            for turned in (False, True) if not self.entrywise and len(spots) == 2 else (False,):
                subject, place = (transposed(own), spots[::-1]) if turned else (own, spots)
                joined = match.at(indices, place, self.entrywise)
                if joined is None:
                    continue
                for inner in self.matches(base, subject, match.bound):
                    yield from self._next_factor(wanted[1:], node, joined.taking(k, exponent, inner), free)

    def _bound_variable(
        self, operand: Node, exponent: Exponent, indices: Indices, node: Product, match: Match
    ) -> Iterator[Match]:
        """A variable that is bound already: its own factors must all be there."""
        coefficient, part = operand.terms[0] if isinstance(operand, Sum) and len(operand.terms) == 1 else (1, operand)
        if coefficient != 1 or isinstance(exponent, Node):
            return
        whole = tuple(range(len(part.axes)))
        inner = part if isinstance(part, Product) else _single(part, whole)
        if exponent != 1 and inner.bound:
            return
        powered = [(b, e if exponent == 1 else _scaled_exponent(e, exponent), i) for b, e, i in inner.factors]
        if any(e is None for _, e, _ in powered):
            return
        places: dict[int, int] = {}
        if self.entrywise:
            if match.spots is None or inner.bound:
                return
            places = dict(enumerate(match.spots))
        else:
            places = {k: match.indices[i] for k, i in enumerate(indices) if i in match.indices}
        for taken, spots in concrete_factors(powered, node, dict(match.taken), places):  # type: ignore[arg-type]
            if not self.entrywise and any(k not in spots for k in range(len(indices))):
                continue
            result = match.copy(taken)
            if not self.entrywise:
                result.indices.update({i: spots[k] for k, i in enumerate(indices)})
                result.inside += tuple([spots[k] for k in range(len(whole), len(whole) + len(inner.bound))])
            yield result


def _same(function: Function, other: Function) -> bool:
    """Whether two functions are one: nodes made with another book that holds the same line are equal nodes."""
    return function is other or (function.name == other.name and function.entry.text == other.entry.text)


def _scaled_exponent(exponent: Exponent, by: Exponent) -> Exponent | None:
    if isinstance(exponent, Node) or isinstance(by, Node):
        return None
    return exact(exponent * by)


def _single(node: Node, indices: Indices) -> Product:
    """A product of one factor, for matching only: it is not in normal form."""
    whole = Product.__new__(Product)
    whole.factors = ((node, 1, indices),)
    whole.bound = ()
    whole.axes = node.axes
    return whole


def _dimension(node: Product, index: int) -> Dimension:
    count = len(node.axes)
    return node.axes[index] if index < count else node.bound[index - count]


def marks(node: Node) -> frozenset[str]:
    """What is seen of a node at a glance: functions it applies, and whether it holds sums, closed products or sizes.

    A pattern can match a node, or a part of it, only if the node has all its marks.
    """
    if isinstance(node, Apply):
        return frozenset((node.function.name,))
    if isinstance(node, Product):
        return frozenset([_mark(base) for base, _, _ in node.factors]) - {""}
    if isinstance(node, Sum):
        return frozenset().union(*[marks(term) for _, term in node.terms if not isinstance(term, Sum)])
    return frozenset()


def _mark(base: Node) -> str:
    if isinstance(base, Apply):
        return base.function.name
    return _CLOSED.get(type(base), "")


_CLOSED: dict[type[Node], str] = {Sum: "+", Product: "*", Size: "#"}


def has_fact(node: Node, fact: str) -> bool:
    """Whether a fact that a kind states is known of a node."""
    if fact == "positive":
        return node.sign == 2
    if fact == "nonnegative":
        return node.sign >= 1
    if fact == "symmetric":
        return is_symmetric(node)
    if fact == "distinct":
        return has_distinct_entries(node)
    if fact in ("invertible", "positive_stable"):
        return True  # an assumption that stands where the input takes an inverse, a determinant, a root or a logarithm
    if isinstance(node, Leaf):
        return fact in node.facts and ("diagonal" not in node.facts or len(node.axes) == 2)
    return False
