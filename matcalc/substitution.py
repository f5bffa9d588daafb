"""Nodes with some of their parts replaced, and sums over an index, which give the index its own name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count

from matcalc.dimensions import Dimension
from matcalc.sums import as_exponent, as_term, linear, primitive, scaled, size_node
from matcalc.symbols import Index, Member, Symbol
from matcalc.tensor import apply, oriented, part, product, product_term, transposed
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
    factors_of,
    leaf,
    make_summed,
    postorder,
)


def substituted(root: Node, replacements: Mapping[bytes, Node]) -> Node:
    """The node in normal form with every part named by digest replaced by another of the same axes."""
    done: dict[bytes, Node] = {}
    for node in postorder(root):
        replacement = replacements.get(node.digest)
        done[node.digest] = rebuilt(node, done) if replacement is None else replacement
    return done[root.digest]


def rebuilt(node: Node, done: Mapping[bytes, Node]) -> Node:
    """The node over what its parts have become; itself where none has changed."""
    if all(done[child.digest] is child for child in node.children):
        return node
    if isinstance(node, Sum):
        return linear([(c, done[n.digest]) for c, n in node.terms], node.axes)
    if isinstance(node, Part):
        return part(done[node.inner.digest])
    if isinstance(node, Apply):
        return apply(node.function, tuple([done[a.digest] for a in node.args]), node.axes)
    if isinstance(node, Summed):
        return summed(node.index, done[node.body.digest])
    assert isinstance(node, Product)
    factors: list[Factor] = [(done[b.digest], _exponent(e, done), i) for b, e, i in node.factors]
    return product(factors, tuple(range(len(node.axes))), node.axes)


def _exponent(exponent: Exponent, done: Mapping[bytes, Node]) -> Exponent:
    return as_exponent(done[exponent.digest]) if isinstance(exponent, Node) else exponent


# sums over an index


def summed(index: Index, body: Node, exchange: bool = True) -> Node:
    """The sum of a node over all values of an index; factors that do not depend on it stand outside.

    With `exchange`, two sums inside each other may change places, so that their order says nothing.
    """
    several = isinstance(body, Sum) and len(body.terms) > 1
    coefficient, term = primitive(body) if isinstance(body, Sum) and several else as_term(body)
    if index not in term.free:
        return scaled(coefficient, _repeated(index.count, term))
    if isinstance(term, Product):
        return scaled(coefficient, _drawn_out(index, term, exchange))
    return scaled(coefficient, bound_sum(index, term, exchange))


def _repeated(times: Dimension, node: Node) -> Node:
    """The node that many times."""
    everywhere = tuple(range(len(node.axes)))
    return product([(node, 1, everywhere), (size_node(times), 1, ())], everywhere, node.axes)


def _drawn_out(index: Index, node: Product, exchange: bool) -> Node:
    """The sum over what depends on the index, times the rest.

    What stands inside has no more than two axes where that can be: else the factors that meet it stay inside too.
    """
    factors, sizes = _opened(index, node)
    free = len(node.axes)
    inside = [factor for factor in factors if _depends(factor, index)]
    outside = [factor for factor in factors if not _depends(factor, index)]
    axes = _axes_inside(free, inside, outside)
    if len(axes) > 2:
        inside, outside = _with_neighbours(free, inside, outside)
        axes = _axes_inside(free, inside, outside)
    coefficient, body = product_term(inside, axes, tuple([sizes[i] for i in axes]))
    total = bound_sum(index, body, exchange) if index in body.free else _repeated(index.count, body)
    return product([*outside, (total, 1, axes)], tuple(range(free)), node.axes, coefficient)


def _depends(factor: Factor, index: Index) -> bool:
    base, exponent, _ = factor
    return index in base.free or (isinstance(exponent, Node) and index in exponent.free)


def _opened(index: Index, node: Product) -> tuple[list[Factor], Axes]:
    """The factors, with those of a closed product such as `w'*x_i` one by one, and the sizes of their indices."""
    factors: list[Factor] = []
    sizes = node.axes + node.bound
    for base, exponent, indices in node.factors:
        if isinstance(base, Product) and not indices and exponent == 1 and index in base.free:
            factors += [(b, e, tuple([len(sizes) + i for i in ii])) for b, e, ii in base.factors]
            sizes += base.bound
        else:
            factors.append((base, exponent, indices))
    return factors, sizes


def _axes_inside(free: int, inside: list[Factor], outside: list[Factor]) -> tuple[int, ...]:
    """The indices of some factors that are free, or that the other factors carry too."""
    own = {i for _, _, indices in inside for i in indices}
    others = {i for _, _, indices in outside for i in indices}
    return tuple(sorted([i for i in own if i < free or i in others]))


def _with_neighbours(free: int, inside: list[Factor], outside: list[Factor]) -> tuple[list[Factor], list[Factor]]:
    """Some factors with all those that they are connected to by summed indices, and the others."""
    taken, waiting = list(inside), list(outside)
    while True:
        summed_here = {i for _, _, indices in taken for i in indices if i >= free}
        met = [factor for factor in waiting if not summed_here.isdisjoint(factor[2])]
        if not met:
            return taken, waiting
        taken += met
        waiting = [factor for factor in waiting if factor not in met]


def drawn_in(node: Product) -> Iterator[tuple[Index, Node, Indices, list[Factor]]]:
    """Each sum over an index among the factors, with what meets it along a summed index drawn in.

    Gives the index, the body that is summed over it, where its axes stand in the product, and the other factors.
    """
    free = len(node.axes)
    for position, (base, exponent, indices) in enumerate(node.factors):
        if not isinstance(base, Summed) or exponent != 1:
            continue
        rest = [factor for k, factor in enumerate(node.factors) if k != position]
        inside, others = _with_neighbours(free, [(base.body, 1, indices)], rest)
        if len(inside) == 1 or any(base.index in other.free for other, _, _ in inside[1:]):
            continue
        axes = tuple(sorted({i for _, _, spots in inside for i in spots if i < free}))
        yield base.index, product(inside, axes, tuple([node.axes[i] for i in axes])), axes, others


def bound_sum(index: Index, body: Node, exchange: bool = False) -> Node:
    """The sum of a body that depends on the index: one node for a matrix and its transpose, whatever the names."""
    node = _bound(index, body)
    other = _exchanged(index, body) if exchange and body.binders else None
    return node if other is None or _inner_key(node) <= _inner_key(other) else other


def _bound(index: Index, body: Node) -> Node:
    coefficient, inner, turned = oriented(body) if len(body.axes) == 2 else (1, body, False)
    taken = {other.name for other in inner.free if other != index}
    depth = next(d for d in count(inner.binders) if _name_at(d) not in taken)
    own = Index(_name_at(depth), index.count)
    node: Node = make_summed(own, depth, inner if own == index else renamed(inner, index, own))
    return scaled(coefficient, transposed(node) if turned else node)


def _exchanged(index: Index, body: Node) -> Node | None:
    """The sum over an index of a product with one more sum, with the other sum outside."""
    factors = factors_of(body)
    nested = [(b, i) for b, e, i in factors if isinstance(b, Summed) and e == 1 and index in b.free]
    if len(nested) != 1:
        return None
    base, indices = nested[0]
    other = Index("#", base.index.count)  # no depth has this name
    rest = [factor for factor in factors if factor[0] is not base]
    whole: list[Factor] = [*rest, (renamed(base.body, base.index, other), 1, indices)]
    opened = product(whole, tuple(range(len(body.axes))), body.axes)
    return summed(other, summed(index, opened, exchange=False), exchange=False)


def _inner_key(node: Node) -> tuple[int, int, int, bytes]:
    """What decides which of two sums stands inside: few levels of sums, scalars inside, then the structure."""
    sums = [part for part in postorder(node) if isinstance(part, Summed)]
    return node.binders, max([len(part.axes) for part in sums[:-1]], default=0), node.height, node.digest


def _name_at(depth: int) -> str:
    """The name of the index of a sum with so many sums inside; no input has such names."""
    return f"#{depth}"


def renamed(root: Node, index: Index, other: Index) -> Node:
    """The node as it depends on another index in place of one."""
    done: dict[bytes, Node] = {}
    for node in postorder(root):
        if index not in node.free:
            done[node.digest] = node
        elif isinstance(node, Leaf):
            done[node.digest] = leaf(_renamed_symbol(node.symbol, index, other), node.axes, node.facts)
        else:
            done[node.digest] = rebuilt(node, done)
    return done[root.digest]


def _renamed_symbol(symbol: Symbol, index: Index, other: Index) -> Symbol:
    if isinstance(symbol, Member):
        return symbol.family.member(other.name)
    return Symbol(symbol.name, symbol.kind, symbol.free - {index} | {other}, symbol.place)
