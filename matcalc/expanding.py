"""Products over sums written out, where that lets something cancel or be shown at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

from matcalc.blocks import Place, block_layout
from matcalc.components import square_chain
from matcalc.expr import Rational
from matcalc.substitution import rebuilt, summed
from matcalc.sums import as_term, exact, linear, scaled
from matcalc.symbols import Index
from matcalc.tensor import apply, product, transposed
from matcalc.terms import (
    Apply,
    Delta,
    Factor,
    Indices,
    Node,
    Product,
    Slot,
    Sum,
    Summed,
    Term,
    Unit,
    factors_of,
    postorder,
)

# A sum is written out on trial when that gives at most this many terms.
LARGEST_EXPANSION = 8


def distributed(node: Node) -> Node:
    """A product over a sum of more than two axes written out: such a sum has no matrix form, its terms may."""
    if not isinstance(node, Product):
        return node
    chosen = selected(node)
    if isinstance(chosen, Sum):
        return linear([(c, distributed(term)) for c, term in chosen.terms], chosen.axes)
    if chosen is not None:
        return distributed(chosen)
    for position, (base, exponent, _) in enumerate(node.factors):
        if isinstance(base, Sum) and len(base.axes) > 2 and exponent == 1:
            opened = written_out(node, position)
            if isinstance(opened, Sum):
                return linear([(c, distributed(term)) for c, term in opened.terms], opened.axes)
            return distributed(opened)
    return node


def selected(node: Product) -> Node | None:
    """A product that takes a block of a stack, or goes along two stacks block by block, opened there."""
    stacks = [(p, base, i) for p, (base, e, i) in enumerate(node.factors) if isinstance(base, Sum) and divisions(base)]
    for position, base, indices in stacks:
        for axis, parts in divisions(base).items():
            for other, (beside, power, spots) in enumerate(node.factors):
                if other == position or power != 1 or indices[axis] not in spots or len(set(indices)) < len(indices):
                    continue
                if isinstance(beside, (Slot, Unit)) and spots[0] == indices[axis]:
                    return _block_taken(node, position, axis, other)
                alongside = divisions(beside) if isinstance(beside, Sum) and node.factors[position][1] == 1 else {}
                if alongside.get(spots.index(indices[axis])) == parts:
                    return written_out(node, position)
    return None


def divisions(node: Sum) -> dict[int, list[Place]]:
    """The axes along which a sum is a stack, with its parts."""
    layout = block_layout(node)
    return {} if layout is None else {axis: p for axis, p in enumerate(layout.parts) if p is not None}


def _block_taken(node: Product, position: int, axis: int, other: int) -> Node:
    """A column of an identity picks the same entries of a stack before and after a power is taken."""
    base, exponent, indices = node.factors[position]
    selector, _, spots = node.factors[other]
    assert isinstance(base, Sum)
    count = len(base.axes)
    out = tuple([i for k in range(count) for i in ((count,) * (len(spots) - 1) if k == axis else (k,))])
    axes = tuple([d for k, d in enumerate(base.axes) for d in (selector.axes[1:] if k == axis else (d,))])
    place = (axis, count)[: len(spots)]
    terms = [(c, product([(t, 1, tuple(range(count))), (selector, 1, place)], out, axes)) for c, t in base.terms]
    taken = tuple([j for k, i in enumerate(indices) for j in (spots[1:] if k == axis else (i,))])
    rest = [f for k, f in enumerate(node.factors) if k != position]
    return product([*rest, (linear(terms, axes), exponent, taken)], tuple(range(len(node.axes))), node.axes)


def all_distributed(root: Node) -> Node:
    """The node with no product over a sum of more than two axes anywhere below it."""
    done: dict[bytes, Node] = {}
    for node in postorder(root):
        done[node.digest] = distributed(rebuilt(node, done))
    return done[root.digest]


def written_out(node: Product, position: int) -> Node:
    """The product with the sum at one position multiplied through."""
    base, _, indices = node.factors[position]
    assert isinstance(base, Sum)
    rest = [f for k, f in enumerate(node.factors) if k != position]
    out = tuple(range(len(node.axes)))
    return linear([(c, product([*rest, (term, 1, indices)], out, node.axes)) for c, term in base.terms], node.axes)


def expanded(node: Sum) -> Node | None:
    """The sum with a sum inside each term multiplied through, or None where there is none or it grows too large."""
    if len(node.terms) < 2:
        return None
    count = 0
    terms: list[tuple[Node, int | None]] = []
    for _, term in node.terms:
        position = sum_position(term)
        terms.append((term, position))
        count += 1 if position is None else len(term.factors[position][0].terms)  # type: ignore[attr-defined]
        if count > LARGEST_EXPANSION:
            return None
    if all(position is None for _, position in terms):
        return None
    opened = [term if k is None or not isinstance(term, Product) else written_out(term, k) for term, k in terms]
    return linear([(c, term) for (c, _), term in zip(node.terms, opened)], node.axes)


def sum_position(term: Node) -> int | None:
    """Where a term has its first factor that is a sum to the power 1."""
    if not isinstance(term, Product):
        return None
    return next((k for k, (b, e, _) in enumerate(term.factors) if isinstance(b, Sum) and e == 1), None)


def reopened(node: Product) -> Iterator[tuple[list[Factor], Node]]:
    """Each scalar factor that is a sum of products, one summed index freed, with the scalar divisors beside it.

    What stands apart in `(exp(x)'*v)/sum(exp(x))` meets again. Gives the other factors too.
    """
    divisors = [f for f in node.factors if not f[2] and not isinstance(f[1], Node) and f[1] < 0]
    for base, exponent, indices in node.factors if divisors else ():
        if indices or exponent != 1 or not isinstance(base, Product) or not base.bound:
            continue
        rest = [f for f in node.factors if f not in divisors and f[0] is not base]
        for index, dimension in enumerate(base.bound):
            yield rest, product([*base.factors, *divisors], (index,), (dimension,))


def absorptions(node: Product) -> Iterator[tuple[list[Factor], Factor]]:
    """Each way to multiply a factor into a sum beside it, or a divisor into a sum that is one, where something cancels.

    Gives the other factors, and the sum with the factor multiplied through.
    """
    for position, (base, exponent, indices) in enumerate(node.factors):
        if not isinstance(base, Sum) or isinstance(exponent, Node) or abs(exponent) != 1:
            continue
        whole = tuple(range(len(base.axes)))
        for k, (other, power, spots) in enumerate(node.factors):
            if k == position or not set(spots) <= set(indices) or isinstance(power, Node):
                continue
            if exponent < 0 < power:  # a/(a + b) is not 1/(1 + b/a)
                continue
            place = tuple([indices.index(i) for i in spots])
            factor: Factor = (other, power * exponent, place)
            if any(_cancels(term, factor) for _, term in base.terms):
                inner = [(c, product([(term, 1, whole), factor], whole, base.axes)) for c, term in base.terms]
                rest = [f for j, f in enumerate(node.factors) if j not in (position, k)]
                yield rest, (linear(inner, base.axes), exponent, indices)


def identity_sums(node: Product) -> Iterator[int]:
    """Where a product has a short sum with the identity in it, which may go when multiplied through."""
    for position, (base, exponent, _) in enumerate(node.factors):
        if isinstance(base, Sum) and exponent == 1 and len(base.terms) <= LARGEST_EXPANSION and has_identity(base):
            yield position


def has_identity(node: Sum) -> bool:
    """Whether a term of a sum has the identity as a factor."""
    return any(isinstance(base, Delta) for term in node.children for base, _, _ in factors_of(term))


def subproduct(node: Product, taken: Sequence[int]) -> tuple[Product, Indices]:
    """Some factors of a product as a product of their own, and its place: indices of others or of the whole."""
    factors = [node.factors[k] for k in taken]
    outside = {i for k, f in enumerate(node.factors) if k not in taken for i in f[2]}
    dims = dict(enumerate(node.axes + node.bound))
    out = tuple(sorted({i for _, _, ii in factors for i in ii if i < len(node.axes) or i in outside}))
    part = product(factors, out, tuple([dims[i] for i in out]))
    assert isinstance(part, Product)
    return part, out


def meetings(node: Product) -> Iterator[tuple[list[Factor], Node, Indices]]:
    """Each matrix multiplied into a sum next to it where it meets its inverse in a term: `Q'*(Q*x - y)`.

    Gives the other factors, the sum that results, and where it stands.
    """
    for position, (base, exponent, indices) in enumerate(node.factors):
        for axis, index in enumerate(indices if isinstance(base, Sum) and exponent == 1 else ()):
            beside = [k for k, f in enumerate(node.factors) if index in f[2] and k != position]
            if index < len(node.axes) or len(beside) != 1 or indices.count(index) > 1:
                continue
            if any(_undo(node.factors[beside[0]], index, f, axis) for t in base.children for f in factors_of(t)):
                part, place = subproduct(node, (position, beside[0]))
                where = next(k for k, (b, e, _) in enumerate(part.factors) if b == base and e == 1)
                rest = [f for k, f in enumerate(node.factors) if k not in (position, beside[0])]
                yield rest, written_out(part, where), place


def _undo(factor: Factor, index: int, other: Factor, axis: int) -> bool:
    """Whether a matrix at an index and another at an axis are each other's inverse, or transposed and orthogonal."""
    base, met = factor[0], other[0]
    if factor[1] != 1 or other[1] != 1 or len(factor[2]) != 2 or len(other[2]) != 2 or axis not in other[2]:
        return False
    if base == met:
        return "orthogonal" in getattr(base, "facts", ()) and factor[2].index(index) == other[2].index(axis)
    return any(isinstance(f, Apply) and f.function.reverses and f.args[0] == x for f, x in ((base, met), (met, base)))


def with_scaled_identity(node: Product) -> Node | None:
    """The product with vectors multiplied into a sum with the identity along their index: `diag(s)*(eye(n) - ones*s')`
    as `diag(s) - s*s'`; None where there are none.
    """
    for position in identity_sums(node):
        base, _, indices = node.factors[position]
        scales = [k for k, (_, _, i) in enumerate(node.factors) if k != position and len(i) == 1 and i[0] in indices]
        if scales and isinstance(base, Sum) and len(indices) == len(set(indices)):
            whole = tuple(range(len(base.axes)))
            scaled = [(b, e, (indices.index(i[0]),)) for b, e, i in (node.factors[k] for k in scales)]
            inner = linear([(c, product([(t, 1, whole), *scaled], whole, base.axes)) for c, t in base.terms], base.axes)
            rest = [f for k, f in enumerate(node.factors) if k not in (position, *scales)]
            return product([*rest, (inner, 1, indices)], tuple(range(len(node.axes))), node.axes)
    return None


def lone_sums(node: Product) -> Iterator[int]:
    """Where a product has a short sum along an index that it alone carries, so that each term can be summed."""
    for position, (base, exponent, indices) in enumerate(node.factors):
        if isinstance(base, Sum) and exponent == 1 and len(base.terms) <= LARGEST_EXPANSION:
            others = {i for k, (_, _, spots) in enumerate(node.factors) if k != position for i in spots}
            if any(i >= len(node.axes) and i not in others for i in indices):
                yield position


def _cancels(term: Node, factor: Factor) -> bool:
    """Whether a term holds a power of the same base at the same place, of the opposite sign."""
    base, power, place = factor
    assert not isinstance(power, Node)
    return any(b == base and i == place and not isinstance(e, Node) and e * power < 0 for b, e, i in factors_of(term))


def joined(node: Sum, shortened: Callable[[Node], Node]) -> Node | None:
    """The sum with all its sums over one index put together, or None where there are not two of them.

    What stands outside such a sum is drawn into it, and the new body is shortened.
    """
    bodies: dict[Index, list[Term]] = {}
    others: list[Term] = []
    for coefficient, term in node.terms:
        found = _first_sum_over_index(term)
        if found is None:
            others.append((coefficient, term))
        else:
            bodies.setdefault(found[0], []).append((coefficient, found[1]))
    if all(len(terms) == 1 for terms in bodies.values()):
        return None
    sums = [(1, summed(index, shortened(linear(terms, node.axes)))) for index, terms in bodies.items()]
    return linear([*sums, *others], node.axes)


def _first_sum_over_index(term: Node) -> tuple[Index, Node] | None:
    """The index of the first sum over one among the factors of a term, and all the rest as it stands inside."""
    factors = factors_of(term)
    for position, (base, exponent, indices) in enumerate(factors):
        if isinstance(base, Summed) and exponent == 1:
            rest = [factor for k, factor in enumerate(factors) if k != position]
            if not any(base.index in other.free for other, _, _ in rest):
                inside: list[Factor] = [(base.body, 1, indices), *rest]
                return base.index, product(inside, tuple(range(len(term.axes))), term.axes)
    return None


def opened(node: Product) -> Node | None:
    """The product with f(A*B) written as f(B)*f(A), where f reverses products, and f(c*A) as f(A)/c, where it inverts.

    None where there is no such f. The product inside must be a chain of square matrices, for only then has each of them
    a value.
    """
    for position, (base, exponent, indices) in enumerate(node.factors):
        if exponent == 1 and indices and isinstance(base, Apply) and base.function.reverses:
            coefficient, scalars, inner = _scalars_apart(base)
            links = _links(inner)
            if links is not None or scalars or coefficient != 1:
                links = links or [inner]
                first = 1 + max([i for _, _, ii in node.factors for i in ii])
                spots = [indices[0], *range(first, first + len(links) - 1), indices[1]]
                values = [apply(base.function, (link,), base.axes) for link in reversed(links)]
                chain: list[Factor] = [(v, 1, (a, b)) for v, a, b in zip(values, spots, spots[1:])]
                rest = [f for k, f in enumerate(node.factors) if k != position]
                whole = product([*rest, *scalars, *chain], tuple(range(len(node.axes))), node.axes)
                return scaled(exact(1 / Fraction(coefficient)), whole)
    return None


def _scalars_apart(base: Apply) -> tuple[Rational, list[Factor], Node]:
    """The number and the inverses of the scalar factors of an operand, with the rest, where they divide the value."""
    inner = base.args[0]
    if not base.function.inverts:
        return 1, [], inner
    coefficient, inner = as_term(inner)
    if not isinstance(inner, Product) or any(isinstance(e, Node) for _, e, spots in inner.factors if not spots):
        return coefficient, [], inner
    scalars: list[Factor] = [(b, -e, ()) for b, e, spots in inner.factors if not spots]  # type: ignore[operator]
    rest = [f for f in inner.factors if f[2]]
    return coefficient, scalars, product(rest, tuple(range(len(inner.axes))), inner.axes) if scalars else inner


def _links(node: Node) -> list[Node] | None:
    """The factors of a product of two or more square matrices, in order and orientation."""
    links = square_chain(node) if isinstance(node, Product) else None
    if links is None or len(links) < 2 or len(links) < len(node.children):
        return None
    return [transposed(link) if turned else link for link, turned in links]
