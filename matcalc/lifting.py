"""Families as matrices: members `x_i` become the rows of one matrix X, and the sums over them matrix products.

An index that members depend on becomes an ordinary axis: in front of the axes of a node stands one for each index it
depends on, in the order of their names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING

from matcalc.errors import UnsupportedError
from matcalc.kinds import Kind
from matcalc.substitution import rebuilt
from matcalc.sums import linear
from matcalc.symbols import Family, IndexSet, Member, Symbol
from matcalc.tensor import apply, part, product
from matcalc.terms import Apply, Axes, Factor, Leaf, Node, Part, Product, Sum, Summed, leaf, postorder

if TYPE_CHECKING:
    from matcalc.symbols import Index

Stacks = Mapping[Family, Symbol]  # families with the matrix or vector that holds their members


def stack_symbols(families: Iterable[Family], taken: Iterable[str]) -> dict[Family, Symbol]:
    """A matrix for each family of vectors, named by the capital, and a vector for each family of scalars.

    No name is in `taken`. Raises UnsupportedError for members that are matrices.
    """
    used = set(taken)
    found: dict[Family, Symbol] = {}
    for family in families:
        base = family.name if family.kind.structure == "scalar" else family.name[0].upper() + family.name[1:]
        name = next(n for n in (base + (str(k) if k else "") for k in count()) if n not in used)
        used.add(name)
        found[family] = stack_symbol(family, name)
    return found


def stack_symbol(family: Family, name: str) -> Symbol:
    """The matrix or vector of this name that holds the members of a family. Raises UnsupportedError."""
    kind = family.kind
    if kind.structure not in ("scalar", "vector", "row"):
        raise UnsupportedError(f"the members of {family.name} are matrices, which are not the rows of a matrix")
    structure = "vector" if kind.structure == "scalar" else "matrix"
    return Symbol(name, Kind(structure, (family.count, *kind.dimensions), kind.sign))


def lifted(root: Node, stacks: Stacks) -> Node:
    """The node over whole matrices in place of members.

    Raises UnsupportedError for functions of a member that is not taken entry by entry.
    """
    done: dict[bytes, Node] = {}
    for node in postorder(root):
        done[node.digest] = _lifted(node, done, stacks)
    return done[root.digest]


def _lifted(node: Node, done: Mapping[bytes, Node], stacks: Stacks) -> Node:
    if isinstance(node, Summed):
        return _contracted(node, done[node.body.digest])
    if not node.free:
        return rebuilt(node, done)
    axes = (*[index.count for index in ordered(node.free)], *node.axes)
    if isinstance(node, Leaf):
        return _stack(node, axes, stacks)
    if isinstance(node, Part):
        return part(done[node.inner.digest])
    if isinstance(node, Sum):
        return linear([(c, _spread(n, done[n.digest], node.free, axes)) for c, n in node.terms], axes)
    if isinstance(node, Apply):
        return _applied(node, done, axes)
    assert isinstance(node, Product)
    return _multiplied(node, done, axes)


def ordered(free: IndexSet) -> list[Index]:
    """Indices in the order of their axes."""
    return sorted(free, key=lambda index: index.name)


def _stack(node: Leaf, axes: Axes, stacks: Stacks) -> Node:
    assert isinstance(node.symbol, Member)
    family = node.symbol.family
    symbol = stacks[family].placed(family.place)
    return leaf(symbol, axes, symbol.kind.facts)


def _contracted(node: Summed, body: Node) -> Node:
    """The sum along the axis of the index."""
    position = ordered(node.body.free).index(node.index)
    places = range(len(body.axes))
    kept = [k for k in places if k != position]
    return product([(body, 1, tuple(places))], tuple(kept), tuple([body.axes[k] for k in kept]))


def _spread(part: Node, value: Node, free: IndexSet, axes: Axes) -> Node:
    """What a part has become, repeated along the axes of the indices on which only the whole depends."""
    if part.free == free:
        return value
    indices = ordered(free)
    places = [*[indices.index(index) for index in ordered(part.free)], *range(len(indices), len(axes))]
    return product([(value, 1, tuple(places))], tuple(range(len(axes))), axes)


def _applied(node: Apply, done: Mapping[bytes, Node], axes: Axes) -> Node:
    function = node.function
    if not function.elementwise:
        raise UnsupportedError(
            f"{function.name} of each member of a family has no form with whole matrices",
            suggestion="ask for the form with a sum over the members",
        )
    return apply(function, tuple([_spread(arg, done[arg.digest], node.free, axes) for arg in node.args]), axes)


def _multiplied(node: Product, done: Mapping[bytes, Node], axes: Axes) -> Node:
    """The product, with an index of the network for each index of members."""
    first = len(node.axes) + len(node.bound)
    number = {index: first + k for k, index in enumerate(ordered(node.free))}
    factors: list[Factor] = []
    for base, exponent, indices in node.factors:
        if isinstance(exponent, Node):
            if exponent.free:
                raise UnsupportedError("a power that differs from member to member has no form with whole matrices")
            exponent = done[exponent.digest]
        places = (*[number[index] for index in ordered(base.free)], *indices)
        factors.append((done[base.digest], exponent, places))
    out: Sequence[int] = (*number.values(), *range(len(node.axes)))
    return product(factors, tuple(out), axes)
