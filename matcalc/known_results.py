"""What well-known answers are called: the formula and the variable are those of a line in rules/known.rules.

Both are index terms, in which the order of operands and transposes have disappeared; what is left is to find which
names of the one are which of the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations, product
from typing import TYPE_CHECKING

from matcalc.dimensions import Dimension
from matcalc.expr import Rational, Symbol, symbols
from matcalc.lower import axes_of, lower, variable
from matcalc.sums import as_term, primitive
from matcalc.symbols import Member
from matcalc.terms import Apply, Node, Product, Sum, postorder
from matcalc.variables import is_tied

if TYPE_CHECKING:
    from matcalc.parser import Program
    from matcalc.rule_known import Known
    from matcalc.rulebook import Rulebook

# a formula with more names than this is none of the lines
MOST_NAMES = 6
# facts that say where a formula has a value, not what its derivative is
OF_THE_DOMAIN = frozenset({"invertible", "positive", "nonnegative", "unit", "above_one", "positive_stable"})
SHAPE_OF_STRUCTURE = frozenset({"symmetric", "skew", "diagonal", "lower", "upper"})


def known_as(program: Program, by: Symbol, convention: str, rulebook: Rulebook, called: str) -> str:
    """A note that says what the derivative of a program by a variable is called; nothing where it has no name.

    >>> from matcalc.parser import parse
    >>> from matcalc.rulebook import default_rulebook
    >>> program = parse("2*z'*B*z")
    >>> known_as(program, program.symbols["z"], "projected", default_rulebook(), "this")
    'up to a factor this is the gradient of a quadratic form (Matrix Cookbook 81)'
    """
    own = symbols(program.expr)
    if by not in own or len(own) > MOST_NAMES or any(isinstance(symbol, Member) for symbol in own):
        return ""
    if is_tied(by.kind) and convention != "projected":
        return ""
    axes = [len(axes_of(symbol.kind.shape)) for symbol in own]
    counts = (axes.count(0), axes.count(1), axes.count(2))
    candidates = [known for known in rulebook.known if known.axes == counts]
    subject = _without_factor(lower(program.expr, rulebook)) if candidates else None
    for known in candidates:
        assert subject is not None
        factor = _factor(known, subject, own, by)
        if factor is not None:
            said = called if factor == subject[0] else f"up to a factor {called}"
            return f"{said} is {known.name} ({known.source})"
    return ""


def _without_factor(node: Node) -> tuple[Rational, Node]:
    """The numeric factor of a node, and the rest."""
    return primitive(node) if isinstance(node, Sum) and len(node.terms) > 1 else as_term(node)


def _factor(known: Known, subject: tuple[Rational, Node], own: Sequence[Symbol], by: Symbol) -> Rational | None:
    """The numeric factor of the formula of a line that is the subject but for that; None where it is another."""
    if known.compiled is None:
        known.compiled = _outline(_without_factor(lower(known.formula, known.rulebook))[1])
    if known.compiled != _outline(subject[1]):
        return None
    for names, sizes in _readings(known, own, by):
        operands = {name: variable(symbol) for name, symbol in names.items()}
        factor, part = _without_factor(lower(known.formula, known.rulebook, operands, sizes))
        if part == subject[1]:
            return factor
    return None


def _outline(node: Node) -> tuple[str, ...]:
    """What does not depend on names: the kinds of nodes, the functions, how many terms, factors and axes.

    Which of two orientations a node has does depend on them, so transposes are left out.
    """
    return tuple(sorted([_described(part) for part in postorder(node) if not _is_transpose(part)]))


def _is_transpose(node: Node) -> bool:
    return isinstance(node, Product) and [factor[1:] for factor in node.factors] == [(1, (1, 0))]


def _described(node: Node) -> str:
    what = type(node).__name__
    if isinstance(node, Apply):
        what = node.function.name
    elif isinstance(node, Sum):
        what = f"sum of {len(node.terms)}"
    elif isinstance(node, Product):
        what = f"product of {len(node.factors)} and {len(node.bound)}"
    return f"{what}, {len(node.axes)} axes"


def _readings(
    known: Known, own: Sequence[Symbol], by: Symbol
) -> Iterator[tuple[dict[str, Symbol], dict[str, Dimension]]]:
    """Every way in which the names of a line may stand for those of a formula, with what its sizes are then."""
    wanted = [symbol for symbol in known.symbols if symbol != known.variable]
    given = [symbol for symbol in own if symbol != by]
    classes = [
        ([s for s in wanted if len(axes_of(s.kind.shape)) == k], [s for s in given if len(axes_of(s.kind.shape)) == k])
        for k in range(3)
    ]
    if any(len(one) != len(other) for one, other in classes) or not _may_be_variable(known.variable, by):
        return
    for orders in product(*[permutations(other) for _, other in classes]):
        pairs = [(known.variable, by), *[p for (one, _), other in zip(classes, orders) for p in zip(one, other)]]
        sizes = _sizes(pairs)
        if sizes is not None:
            yield {one.name: other for one, other in pairs}, sizes


def _may_be_variable(wanted: Symbol, given: Symbol) -> bool:
    """Whether the derivative by both is projected alike: the axes are as many, the structure is the same."""
    same_axes = len(axes_of(wanted.kind.shape)) == len(axes_of(given.kind.shape))
    return same_axes and wanted.kind.facts & SHAPE_OF_STRUCTURE == given.kind.facts & SHAPE_OF_STRUCTURE


def _sizes(pairs: Sequence[tuple[Symbol, Symbol]]) -> dict[str, Dimension] | None:
    """What the sizes of a line are; None where the kinds do not fit."""
    sizes: dict[str, Dimension] = {}
    for wanted, given in pairs:
        if not wanted.kind.facts - OF_THE_DOMAIN <= given.kind.facts:
            return None
        for own, found in zip(axes_of(wanted.kind.shape), axes_of(given.kind.shape)):
            if sizes.setdefault(own.text, found) != found:
                return None
    return sizes
