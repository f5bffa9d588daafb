"""Derivatives of index terms.

Reverse mode: adjoints are summed per node, the graph is walked once, and nothing is expanded.
`extra` axes follow those of the node: a scalar has none, a Jacobian carries the axes of the output.
Forward mode serves derivatives by a scalar. A matrix function is stated by its differential; the
transposed map is found by reverse mode through that formula, which is linear in the differential.
What stands inside a sum over an index has an adjoint at each value of the index; they are added up
where a part does not depend on it.
Where that meets a function linear in one operand, such as the derivative of expm along a direction,
the rules state the transposed map.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.closed_forms import at_commuting, closed_adjoint, closed_tangent, has_closed_form
from matcalc.entrywise import elementwise, lower_entrywise
from matcalc.errors import NotDifferentiableError
from matcalc.expr import Expr, Rational, Symbol
from matcalc.kinds import Kind
from matcalc.lower import LARGE_EXPRESSION, lower, sizes_at
from matcalc.opaque_function import OpaqueFunction
from matcalc.opaque_terms import opaque_derivative, opaque_differential
from matcalc.substitution import summed
from matcalc.sums import add_exponents, is_zero, linear, ones, zero
from matcalc.tensor import apply, part, product, product_term
from matcalc.terms import (
    Apply,
    Axes,
    Exponent,
    Factor,
    Indices,
    Leaf,
    Node,
    Part,
    Product,
    Sum,
    Summed,
    Term,
    delta,
    leaf,
    linear_axes,
    postorder,
)

if TYPE_CHECKING:
    from matcalc.record import Record
    from matcalc.rulebook import Function, Rulebook
    from matcalc.symbols import IndexSet


def derivative(root: Node, variable: Node, rulebook: Rulebook, record: Record | None = None) -> Node:
    """The derivative of `root` by the leaf `variable`.

    Its axes are those of the variable, then those of the root. A record is told which rules are used.
    """
    if not variable.axes:
        return forward(root, variable, ones(), (), rulebook, record)
    axes = root.axes
    count = len(axes)
    identity = product(
        [(delta(d), 1, (k, k + count)) for k, d in enumerate(axes)], tuple(range(2 * count)), axes + axes
    )
    return reverse(root, identity, axes, variable, rulebook, record)


def dependent(order: list[Node], variable: Node) -> set[bytes]:
    """The digests of the nodes that the variable occurs in."""
    found: set[bytes] = {variable.digest}
    for node in order:
        for child in node.children:
            if child.digest in found:
                found.add(node.digest)
                break
    return found


def is_large(order: list[Node]) -> bool:
    """Whether sums that are used again are to be kept whole, so that the work stays linear."""
    return len(order) > LARGE_EXPRESSION or any(isinstance(node, Part) for node in order)


def reverse(
    root: Node, seed: Node, extra: Axes, variable: Node, rulebook: Rulebook, record: Record | None = None
) -> Node:
    """The adjoint of `variable` when that of `root` is `seed`; both carry the `extra` axes last."""
    order = postorder(root)
    live = dependent(order, variable)
    large = is_large(order)
    adjoints: dict[bytes, list[Term]] = {root.digest: [(1, seed)]}
    for node in reversed(order):
        if node.digest not in live or node.digest not in adjoints or node.digest == variable.digest:
            continue
        terms = adjoints.pop(node.digest)
        adjoint = terms[0] if len(terms) == 1 else (1, linear(terms, node.axes + extra))
        if large and isinstance(adjoint[1], Sum):
            adjoint = adjoint[0], part(adjoint[1])
        if record is not None:
            record.passed(node, live)
        for child, term in _pulled_back(node, adjoint, extra, live, rulebook):
            adjoints.setdefault(child.digest, []).append(_gathered(term, node, child))
    return linear(adjoints.get(variable.digest, []), variable.axes + extra)


def _gathered(term: Term, node: Node, child: Node) -> Term:
    """What a node adds to the adjoint of a part: at all values of the indices on which only the node depends."""
    coefficient, moved = term
    for index in sorted(node.free - child.free, key=repr):
        moved = summed(index, moved)
    return coefficient, moved


def _pulled_back(
    node: Node, adjoint: Term, extra: Axes, live: set[bytes], rulebook: Rulebook
) -> list[tuple[Node, Term]]:
    """What the adjoint of a node adds to the adjoints of its parts."""
    scale, inner = adjoint
    if isinstance(node, Sum):
        return [(term, (c * scale, inner)) for c, term in node.terms if term.digest in live]
    if isinstance(node, Part):
        return [(node.inner, adjoint)]
    if isinstance(node, Summed):
        return [(node.body, adjoint)]
    if isinstance(node, Product):
        return _product_adjoints(node, adjoint, extra, live, rulebook)
    assert isinstance(node, Apply)
    result: list[tuple[Node, Term]] = []
    for k, arg in enumerate(node.args):
        if arg.digest not in live:
            continue
        if node.function.elementwise:
            moved = _chained(inner, partial(node, k, rulebook), node.axes, extra)
        else:
            moved = _transposed_differential(node, k, inner, extra, rulebook)
        result.append((arg, (scale, moved)))
    return result


def _chained(adjoint: Node, local: Node, axes: Axes, extra: Axes) -> Node:
    """adjoint .* local, where the adjoint has extra axes."""
    own = tuple(range(len(axes)))
    whole = tuple(range(len(axes) + len(extra)))
    return product([(adjoint, 1, whole), (local, 1, own)], whole, axes + extra)


def _product_adjoints(
    node: Product, adjoint: Term, extra: Axes, live: set[bytes], rulebook: Rulebook
) -> list[tuple[Node, Term]]:
    count, bound = len(node.axes), len(node.bound)
    tail = tuple(range(count + bound, count + bound + len(extra)))
    seeded: Factor = (adjoint[1], 1, tuple(range(count)) + tail)
    result: list[tuple[Node, Term]] = []
    for position, (base, exponent, indices) in enumerate(node.factors):
        if base.digest in live:
            scale, powers = _power_differential(base, exponent, indices)
            rest = [f for k, f in enumerate(node.factors) if k != position]
            local = [seeded, *rest, *powers]
            result.append((base, _freed(local, indices, base.axes, tail, extra, adjoint[0] * scale)))
        if isinstance(exponent, Node) and exponent.digest in live:
            log = elementwise("log", base, rulebook)
            local = [seeded, *node.factors, (log, 1, indices)]
            result.append((exponent, product_term(local, tail, extra, adjoint[0])))
    return result


def _power_differential(base: Node, exponent: Exponent, indices: Indices) -> tuple[Rational, list[Factor]]:
    """Number and factors of d(base^exponent)/d base."""
    if exponent == 1:
        return 1, []
    lowered: Factor = (base, add_exponents(exponent, -1), indices)
    return (1, [(exponent, 1, ()), lowered]) if isinstance(exponent, Node) else (exponent, [lowered])


def _freed(
    factors: list[Factor], indices: Indices, axes: Axes, tail: Indices, extra: Axes, coefficient: Rational
) -> Term:
    """The product with the given indices as axes; a repeated index becomes a delta."""
    if len(set(indices)) == len(indices):
        return product_term(factors, indices + tail, axes + extra, coefficient)
    highest = max([i for _, _, ii in factors for i in ii] + list(tail) + list(indices))
    fresh = tuple(range(highest + 1, highest + 1 + len(indices)))
    ties: list[Factor] = [(delta(d), 1, (f, i)) for f, i, d in zip(fresh, indices, axes)]
    return product_term(factors + ties, fresh + tail, axes + extra, coefficient)


def partial(node: Apply, position: int, rulebook: Rulebook) -> Node:
    """The derivative of an elementwise function by one argument, at its arguments."""
    function = node.function
    if isinstance(function, OpaqueFunction):
        return opaque_derivative(node, position)
    body = _differential(function)
    operands: dict[str, Node] = {}
    for k, (parameter, arg) in enumerate(zip(function.parameters, node.args)):
        operands[parameter.name] = arg
        operands["d" + parameter.name] = ones(node.axes) if k == position else zero(node.axes)
    return lower_entrywise(body, operands, node.axes, rulebook)


def _differential(function: Function) -> Expr:
    if function.differential is None:
        raise NotDifferentiableError(f"no derivative of {function.name} is known")
    return function.differential


def _differential_node(node: Apply, position: int, rulebook: Rulebook) -> tuple[Node, Leaf]:
    """The differential of a matrix function in a formal differential of one argument."""
    function = node.function
    formal = formal_leaf("d*", node.args[position].axes, node.free)
    if isinstance(function, OpaqueFunction):
        return opaque_differential(node, position, formal), formal
    if function.commuting is not None and position != 0:  # the first operand stands still, which commutes
        return at_commuting(node, node.args, {position: formal}, rulebook), formal
    body = _differential(function)
    args, further = _without_further_axes(node)
    operands: dict[str, Node] = {}
    for k, (parameter, arg) in enumerate(zip(function.parameters, args)):
        operands[parameter.name] = arg
        operands["d" + parameter.name] = formal if k == position else zero(arg.axes)
    formula = lower(body, rulebook, operands, sizes_at(function, args))
    if further:
        assert function.linear is not None
        place = function.linear
        formula = forward(formula, args[place], node.args[place], further, rulebook)
    return formula, formal


def _without_further_axes(node: Apply) -> tuple[tuple[Node, ...], Axes]:
    """The arguments, one with further axes replaced by a formal one without, and these axes."""
    place = node.function.linear
    if place is None:
        return node.args, ()
    own = linear_axes(node.function, node.args)
    axes = node.args[place].axes
    if len(axes) == own:
        return node.args, ()
    return (*node.args[:place], formal_leaf("e*", axes[:own], node.free), *node.args[place + 1 :]), axes[own:]


def formal_leaf(name: str, axes: Axes, free: IndexSet) -> Leaf:
    """A leaf whose name no input can have, on all indices of a call."""
    structure = ("scalar", "vector", "matrix")[len(axes)]
    return leaf(Symbol(name, Kind(structure, axes), free), axes)


def _transposed_differential(node: Apply, position: int, adjoint: Node, extra: Axes, rulebook: Rulebook) -> Node:
    """What the adjoint of the value of a matrix function adds to that of one argument."""
    if node.function.linear == position:
        return _transposed_map(node, adjoint, extra, rulebook)
    axes = node.args[position].axes + extra
    closed, rest = zero(axes), adjoint
    if has_closed_form(node, position):
        closed, rest = closed_adjoint(node, adjoint, rulebook)
        if is_zero(rest):
            return closed
    formula, formal = _differential_node(node, position, rulebook)
    return linear([(1, closed), (1, reverse(formula, rest, extra, formal, rulebook))], axes)


def _transposed_map(node: Apply, adjoint: Node, extra: Axes, rulebook: Rulebook) -> Node:
    """The map that the rules state for the operand a function is linear in, at an adjoint of any further axes."""
    function, place = node.function, node.function.linear
    assert place is not None and function.adjoint is not None
    args, further = _without_further_axes(node)
    formal = formal_leaf("d*", node.axes[: len(node.axes) - len(further)], node.free)
    operands = {p.name: formal if k == place else a for k, (p, a) in enumerate(zip(function.parameters, args))}
    sizes = sizes_at(function, args)
    formula = lower(function.adjoint, rulebook, operands, sizes)
    return forward(formula, formal, adjoint, further + extra, rulebook)


def forward(
    root: Node, variable: Node, tangent: Node, extra: Axes, rulebook: Rulebook, record: Record | None = None
) -> Node:
    """The tangent of `root` when that of `variable` is `tangent`; `extra` axes come last."""
    order = postorder(root)
    live = dependent(order, variable)
    if root.digest not in live:
        return zero(root.axes + extra)
    large = is_large(order)
    tangents: dict[bytes, Node] = {variable.digest: tangent}
    for node in order:
        if node.digest in live and node.digest != variable.digest:
            moved = _pushed_forward(node, tangents, extra, rulebook)
            tangents[node.digest] = part(moved) if large and isinstance(moved, Sum) else moved
            if record is not None:
                record.passed(node, live)
    return tangents[root.digest]


def _pushed_forward(node: Node, tangents: dict[bytes, Node], extra: Axes, rulebook: Rulebook) -> Node:
    axes = node.axes + extra
    if isinstance(node, Sum):
        return linear([(c, tangents[term.digest]) for c, term in node.terms if term.digest in tangents], axes)
    if isinstance(node, Part):
        return tangents[node.inner.digest]
    if isinstance(node, Summed):
        return summed(node.index, tangents[node.body.digest])
    if isinstance(node, Product):
        return linear([(1, tangent) for tangent in _product_tangents(node, tangents, extra, rulebook)], axes)
    assert isinstance(node, Apply)
    moving = [(k, arg) for k, arg in enumerate(node.args) if arg.digest in tangents]
    if node.function.elementwise:
        parts = [_chained(tangents[a.digest], partial(node, k, rulebook), node.axes, extra) for k, a in moving]
    else:
        parts = [_along_tangent(node, k, tangents[arg.digest], extra, rulebook) for k, arg in moving]
    return linear([(1, tangent) for tangent in parts], axes)


def _along_tangent(node: Apply, position: int, tangent: Node, extra: Axes, rulebook: Rulebook) -> Node:
    """The tangent of the value of a matrix function when that of one argument is `tangent`."""
    axes = node.axes + extra
    if node.function.linear == position:
        return apply(node.function, (*node.args[:position], tangent, *node.args[position + 1 :]), axes)
    closed, rest = zero(axes), tangent
    if has_closed_form(node, position):
        closed, rest = closed_tangent(node, tangent, rulebook)
        if is_zero(rest):
            return closed
    formula, formal = _differential_node(node, position, rulebook)
    return linear([(1, closed), (1, forward(formula, formal, rest, extra, rulebook))], axes)


def _product_tangents(node: Product, tangents: dict[bytes, Node], extra: Axes, rulebook: Rulebook) -> list[Node]:
    count, bound = len(node.axes), len(node.bound)
    tail = tuple(range(count + bound, count + bound + len(extra)))
    out = tuple(range(count)) + tail
    result = []
    for position, (base, exponent, indices) in enumerate(node.factors):
        rest = [f for k, f in enumerate(node.factors) if k != position]
        if base.digest in tangents:
            moved: Factor = (tangents[base.digest], 1, indices + tail)
            scale, powers = _power_differential(base, exponent, indices)
            result.append(product([moved, *rest, *powers], out, node.axes + extra, scale))
        if isinstance(exponent, Node) and exponent.digest in tangents:
            log = elementwise("log", base, rulebook)
            local = [(tangents[exponent.digest], 1, tail), *node.factors, (log, 1, indices)]
            result.append(product(local, out, node.axes + extra))
    return result
