"""Formulas in scalars, read entry by entry over nodes of one shape: elementwise functions and powers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from matcalc import expr as ex
from matcalc.expr import Expr, Symbol
from matcalc.kinds import Kind
from matcalc.sums import as_exponent, as_term, constant, is_zero, linear, ones, scaled
from matcalc.tensor import apply, entrywise, product, raised
from matcalc.terms import Axes, Indices, Node, Product, Sum, Term, leaf

if TYPE_CHECKING:
    from matcalc.rulebook import Function, Rulebook


def stands_as_function(function: Function, fold: bool) -> bool:
    """Whether a call stays a call: always for a `fn`; for a `def` when folding, unless its formula
    is all operators (`sqrt(x) = x^(1/2)`), which the normal form writes in one way."""
    if function.definition is None:
        return True
    return fold and any(part.op == "call" for part in ex.postorder(function.definition))


def applied_entrywise(
    function: Function, args: Sequence[Node], axes: Axes, rulebook: Rulebook, fold: bool = False
) -> Node:
    """An elementwise function of nodes with these axes; a definition is written out unless folded."""
    if stands_as_function(function, fold):
        return apply(function, tuple(args), axes)
    assert function.definition is not None
    operands = {p.name: a for p, a in zip(function.parameters, args)}
    return lower_entrywise(function.definition, operands, axes, rulebook)


def lower_entrywise(
    body: Expr, operands: Mapping[str, Node], axes: Axes, rulebook: Rulebook, fold: bool = False
) -> Node:
    """A formula in scalars, read entry by entry over operands with these axes."""
    done: dict[int, Node] = {}
    for node in ex.postorder(body):
        args = [done[id(a)] for a in node.args]
        done[id(node)] = _entry_by_entry(node, args, operands, axes, rulebook, fold)
    return done[id(body)]


def _entry_by_entry(
    node: Expr, args: list[Node], operands: Mapping[str, Node], axes: Axes, rulebook: Rulebook, fold: bool
) -> Node:
    op = node.op
    if op == "number":
        return constant(node.value, axes)
    if op == "symbol":
        return operands[node.value.name]
    if op == "neg":
        return scaled(-1, args[0])
    if op == "add":
        return linear([(1, a) for a in args], axes)
    if op in ("mul", "had"):
        return entrywise([(a, 1) for a in args], axes)
    if op in ("div", "haddiv"):
        return entrywise([(args[0], 1), (args[1], -1)], axes)
    if op in ("pow", "hadpow"):
        return entrywise_power(args[0], args[1], axes, rulebook)
    if op == "call" and node.value == "pi":
        everywhere: Indices = tuple(range(len(axes)))
        return product([(pi_node(), 1, ())], everywhere, axes)
    if op == "call" and node.value in ("max", "min"):
        return larger(args, axes, 1 if node.value == "max" else -1, rulebook)
    return applied_entrywise(rulebook.function(node.value, node.args), args, axes, rulebook, fold)


def entrywise_power(base: Node, exponent: Node, axes: Axes, rulebook: Rulebook) -> Node:
    """base.^exponent; an exponent that differs from entry to entry is written with exp and log."""
    scalar = _without_axes(exponent)
    if scalar is not None:
        return raised(base, as_exponent(scalar))
    return elementwise("exp", entrywise([(exponent, 1), (elementwise("log", base, rulebook), 1)], axes), rulebook)


def elementwise(name: str, arg: Node, rulebook: Rulebook) -> Node:
    """An elementwise function of one argument, by its name in the rulebook."""
    (function,) = rulebook.overloads(name)
    return apply(function, (arg,), arg.axes)


def _without_axes(node: Node) -> Node | None:
    """The scalar that stands in every entry of a node, or None where the entries differ."""
    terms = node.terms if isinstance(node, Sum) else ((1, node),)
    scalars: list[Term] = []
    for coefficient, term in terms:
        if not node.axes:
            scalars.append((coefficient, term))
        elif isinstance(term, Product) and not any(indices for _, _, indices in term.factors):
            scalars.append((coefficient, product(term.factors, (), ())))
        else:
            return None
    return linear(scalars, ())


def larger(args: Sequence[Node], axes: Axes, sign: int, rulebook: Rulebook) -> Node:
    """max(a,b) = a + relu(b - a), or for sign -1 min(a,b) = a - relu(a - b); a constant is taken as a."""
    a, b = args
    if is_constant(b, axes) and not is_constant(a, axes):
        a, b = b, a
    excess = elementwise("relu", linear([(sign, b), (-sign, a)], axes), rulebook)
    return linear([(1, a), (sign, excess)], axes)


def is_constant(node: Node, axes: Axes) -> bool:
    """Whether every entry is the same number."""
    return is_zero(node) or as_term(node)[1] == ones(axes)


def pi_node() -> Node:
    """The number pi."""
    return constant_named("pi")


def constant_named(name: str) -> Node:
    """A positive constant of the language, pi or inf."""
    return leaf(Symbol(name, Kind("scalar", (), "positive")), (), frozenset({"positive", "constant"}))
