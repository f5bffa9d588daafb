"""Products of index terms in normal form.

Transposes, traces, `diag`, Hadamard and matrix products all are products that share indices, so
`tr(A*B)`, `tr(B'*A')` and `sum(A.*B')` are one node here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from matcalc.components import components, set_apart
from matcalc.dimensions import Dimension
from matcalc.expr import Rational
from matcalc.labelling import canonical_order, factor_key
from matcalc.selectors import SELECTORS, are_determined, cancellation
from matcalc.sums import (
    add_exponents,
    as_exponent,
    as_scalar,
    as_term,
    exact,
    exact_power,
    is_zero,
    linear,
    primitive,
    scaled,
    size_node,
    zero,
)
from matcalc.terms import (
    POSITIVE,
    Apply,
    Axes,
    Delta,
    Exponent,
    Factor,
    Indices,
    Leaf,
    Mask,
    Node,
    Pairing,
    Part,
    Product,
    Slot,
    Sum,
    Summed,
    Term,
    Unit,
    delta,
    linear_axes,
    make_apply,
    make_part,
    make_product,
)

if TYPE_CHECKING:
    from matcalc.rulebook import Function

# A product keeps a nested product as one factor beyond this many factors, so that deep chains
# stay linear in the size of the graph.
FLATTEN_LIMIT = 16


def part(inner: Node) -> Node:
    """The node kept whole, its number in front; one without several parts of its own stays as it is."""
    coefficient, rest = as_term(inner)
    several = rest.factors if isinstance(rest, Product) else rest.terms if isinstance(rest, Sum) else ()
    return scaled(coefficient, make_part(rest)) if len(several) > 1 else inner


def apply(function: Function, args: tuple[Node, ...], axes: Axes) -> Node:
    """`function(args)`; the transpose of an argument moves out where the function allows it.

    Out of an argument that the function is linear in move its number, its scalar factors, and what lies on the
    further axes alone.
    """
    if function.linear is not None:
        return _applied_linearly(function, args, axes, function.linear)
    return _applied_plainly(function, args, axes)


def _applied_plainly(function: Function, args: tuple[Node, ...], axes: Axes) -> Node:
    inner = turned_arguments(function, args) if len(axes) == 2 else None
    if inner is not None:
        if _plainer(inner, args):
            return transposed(_called(function, inner, (axes[1], axes[0])))
    elif len(args) == 1 and function.transposes == "vanishes" and len(args[0].axes) == 2:
        other = (transposed(args[0]),)
        args = other if _plainer(other, args) else args
    return _called(function, args, axes)


def turned_arguments(function: Function, args: tuple[Node, ...]) -> tuple[Node, ...] | None:
    """The arguments at which a function has the transpose of its value at these, where transposes move out of it."""
    if function.elementwise:
        return tuple([transposed(a) for a in args])
    if function.transposes != "moves":
        return None
    return tuple([transposed(args[k]) if len(args[k].axes) == 2 else args[k] for k in function.turned_order])


def _applied_linearly(function: Function, args: tuple[Node, ...], axes: Axes, place: int) -> Node:
    if is_zero(args[place]):
        return zero(axes)
    own = linear_axes(function, args)
    shift = len(axes) - len(args[place].axes)  # from an axis of the operand beyond its own to the same of the value
    coefficient, core = as_term(args[place])
    coefficient, core = primitive(core) if isinstance(core, Sum) else (coefficient, core)
    kept = tuple(range(len(core.axes)))
    outside: list[Factor] = []
    if isinstance(core, Product):
        kept, core, outside = cut(core, own)
    spots = (*range(own + shift), *[i + shift for i in kept[own:]])
    args = (*args[:place], core, *args[place + 1 :])
    value = _applied_plainly(function, args, tuple([axes[i] for i in spots]))
    moved: list[Factor] = [(b, e, tuple([i + shift for i in ii])) for b, e, ii in outside]
    return product([(value, 1, spots), *moved], tuple(range(len(axes))), axes, coefficient)


def cut(node: Product, own: int) -> tuple[Indices, Node, list[Factor]]:
    """The axes along which a product varies together with its own, the product along these, and the other factors."""
    inside, outside = set_apart(node, own)
    touched = {i for _, _, indices in inside for i in indices}
    kept = tuple([i for i in range(len(node.axes)) if i < own or i in touched])
    if len(inside) == len(node.factors) and len(kept) == len(node.axes):
        return kept, node, []
    return kept, product(inside, kept, tuple([node.axes[i] for i in kept])), outside


def _called(function: Function, args: tuple[Node, ...], axes: Axes) -> Node:
    if function.elementwise and len(args) == 1:
        spread = _entrywise_inside(function, args[0], axes)
        if spread is not None:
            return spread
    node = make_apply(function, args, axes)
    is_symmetric(node)  # remembered now, so that no later question goes deep
    return node


def _entrywise_inside(function: Function, arg: Node, axes: Axes) -> Node | None:
    """f(vec(X)) as vec(f(X)): the entries of one operand of at most two axes, only counted in another way."""
    coefficient, node = as_term(arg)
    if not isinstance(node, Product) or not are_determined(len(axes), len(node.bound), node.factors):
        return None
    pairings = [f for f in node.factors if isinstance(f[0], Pairing)]
    wholes = [indices[0] for _, _, indices in pairings]
    sizes = axes + node.bound
    places = tuple([i for i in range(len(sizes)) if i not in wholes])
    if not pairings or len(places) > 2:
        return None
    inner_axes = tuple([sizes[i] for i in places])
    rest = [f for f in node.factors if not isinstance(f[0], Pairing)]
    value = apply(function, (product(rest, places, inner_axes, coefficient),), inner_axes)
    return product([*pairings, (value, 1, places)], tuple(range(len(axes))), axes)


def _plainer(a: Sequence[Node], b: Sequence[Node]) -> bool:
    """The order that decides between matrices and their transposes."""
    return [(node.height, node.digest) for node in a] < [(node.height, node.digest) for node in b]


def product(factors: Iterable[Factor], out: Indices, axes: Axes, coefficient: Rational = 1) -> Node:
    """The product of the factors with the axes `out`; all other indices are summed.

    Nested products are flattened, deltas merge their indices, equal factors add their exponents,
    parts without an axis become scalar factors of their own, and an index that no factor carries
    counts its dimension: no dimension is ever lost.
    """
    return scaled(*product_term(factors, out, axes, coefficient))


def product_term(factors: Iterable[Factor], out: Indices, axes: Axes, coefficient: Rational = 1) -> Term:
    """The same as `product`, as coefficient and node."""
    builder = _ProductBuilder(out, axes, coefficient)
    builder.flatten(factors)
    return builder.build()


def times(*nodes: Node) -> Node:
    """The product of scalars."""
    return product([(n, 1, ()) for n in nodes], (), ())


def entrywise(nodes: Sequence[tuple[Node, Exponent]], axes: Axes, coefficient: Rational = 1) -> Node:
    """The entry by entry product of nodes^exponents; scalars spread."""
    everywhere = tuple(range(len(axes)))
    factors: list[Factor] = [(n, e, everywhere if n.axes else ()) for n, e in nodes]
    return product(factors, everywhere, axes, coefficient)


def raised(node: Node, exponent: Exponent) -> Node:
    """Every entry to the power `exponent`."""
    return entrywise([(node, exponent)], node.axes)


def permuted(node: Node, order: Sequence[int]) -> Node:
    """The axes in another order: axis k of the result is axis order[k] of the node."""
    if list(order) == list(range(len(node.axes))):
        return node
    return product([(node, 1, tuple(range(len(node.axes))))], tuple(order), tuple([node.axes[k] for k in order]))


def transposed(node: Node) -> Node:
    """The node with its two axes exchanged."""
    if node.opposite is None:
        if isinstance(node, Sum):
            axes = (node.axes[1], node.axes[0])
            node.opposite = linear([(c, transposed(n)) for c, n in node.terms], axes)
        else:
            node.opposite = permuted(node, (1, 0))
    return node.opposite


def oriented(node: Node) -> tuple[Rational, Node, bool]:
    """Coefficient, part and flag: a matrix is coefficient * part, or its transpose if flagged.

    A matrix, its transpose and their multiples all have the same part.
    """
    if node.orientation is None:
        node.orientation = _oriented(node)
    return node.orientation


def _oriented(node: Node) -> tuple[Rational, Node, bool]:
    content, part = primitive(node) if isinstance(node, Sum) and node.terms else (1, node)
    if len(node.axes) != 2:
        return content, part, False
    other_content, other = content, transposed(part)
    if isinstance(other, Sum) and other.terms:
        factor, other = primitive(other)
        other_content = exact(content * factor)
    if _plainer((other,), (part,)):
        return other_content, other, True
    return content, part, False


def is_symmetric(node: Node) -> bool:
    """Whether the matrix equals its transpose, by declared facts or by structure."""
    if node.symmetric is None:
        node.symmetric = _is_symmetric(node)
    return node.symmetric


def _is_symmetric(node: Node) -> bool:
    if len(node.axes) != 2 or node.axes[0] != node.axes[1] or isinstance(node, Mask):
        return False
    if isinstance(node, Delta):
        return True
    if isinstance(node, Part):
        return is_symmetric(node.inner)
    if isinstance(node, Summed):
        return is_symmetric(node.body)
    if isinstance(node, Leaf):
        return "symmetric" in node.facts
    if isinstance(node, Apply):
        return "symmetric" in node.function.result_facts or _is_symmetric_call(node)
    return transposed(node).digest == node.digest


def _is_symmetric_call(node: Apply) -> bool:
    function, args = node.function, node.args
    if function.elementwise:
        return all(is_symmetric(a) for a in args)
    if function.transposes != "moves":
        return False
    return is_symmetric(args[0]) if len(args) == 1 else turned_arguments(function, args) == args


class _ProductBuilder:
    """Brings the factors of one product into normal form."""

    def __init__(self, out: Indices, axes: Axes, coefficient: Rational) -> None:
        self.out = out
        self.axes = axes
        self.coefficient = coefficient
        self.dims: dict[int, Dimension] = dict(zip(out, axes))
        self.next_index = 0
        self.flat: list[Factor] = []
        self.scalars: dict[bytes, list[Any]] = {}
        self.same: dict[int, int] = {}
        self.joined: list[tuple[int, int]] = []
        self.ties: list[Factor] = []  # identities between two axes
        self.vanished = False
        self.several = False

    # -- flattening

    def flatten(self, factors: Iterable[Factor]) -> None:
        pending = list(factors)
        self.several = len(pending) > 1
        self.next_index = 1 + max([i for _, _, indices in pending for i in indices] + list(self.out), default=-1)
        dims, count = self.dims, 0
        while pending:
            base, exponent, indices = pending.pop()
            if indices:
                dims.update(zip(indices, base.axes))
            if isinstance(base, Product) and (inner := self._opened(base, exponent, indices, count)) is not None:
                pending.extend(inner)
                count += len(inner)
                self.several = True
            elif isinstance(base, Sum):
                self._take_sum(base, exponent, indices, pending)
            elif isinstance(base, Delta) and not isinstance(exponent, Node) and exponent > 0:
                self.joined.append((indices[0], indices[1]))
            else:
                self._take_factor(base, exponent, indices)

    def _opened(self, base: Product, exponent: Exponent, indices: Indices, count: int) -> list[Factor] | None:
        """The factors of a nested product with this power and these indices, if it may be opened."""
        if self.several and len(base.factors) + count > FLATTEN_LIMIT and base.bound:
            return None
        if exponent != 1 and not _power_distributes(base, exponent):
            drawn = _masks_drawn_out(base, exponent, indices) or _scalars_drawn_out(base, exponent, indices)
            return drawn or _narrowed(base, exponent, indices)
        fresh = tuple(range(self.next_index, self.next_index + len(base.bound)))
        self.next_index += len(fresh)
        self.dims.update(zip(fresh, base.bound))
        place = indices + fresh
        if exponent == 1:
            return [(b, e, tuple([place[i] for i in ii])) for b, e, ii in base.factors]
        powers = [e if isinstance(b, SELECTORS) else multiply_exponents(e, exponent) for b, e, _ in base.factors]
        return [(b, power, tuple([place[i] for i in ii])) for (b, _, ii), power in zip(base.factors, powers)]

    def _take_sum(self, base: Sum, exponent: Exponent, indices: Indices, pending: list[Factor]) -> None:
        if not base.terms:
            if isinstance(exponent, Node) or exponent <= 0:
                self._take_factor(base, exponent, indices)
            else:
                self.vanished = True
            return
        content, part, swapped = (*base.terms[0], False) if len(base.terms) == 1 else oriented(base)
        drawn = exact_power(content, exponent)
        if drawn is None:
            self._take_factor(base, exponent, indices)
            return
        self.coefficient = self.coefficient * drawn
        if len(base.terms) == 1:
            pending.append((part, exponent, indices))
        else:
            self._take_factor(part, exponent, indices[::-1] if swapped else indices)

    def _take_factor(self, base: Node, exponent: Exponent, indices: Indices) -> None:
        if not indices:
            self._take_scalar(base, exponent)
            return
        if isinstance(base, SELECTORS) and not isinstance(exponent, Node) and exponent > 0:
            exponent = 1  # its entries are 0 and 1
        if len(indices) == 2 and isinstance(base, Product):
            _, base, swapped = oriented(base)
            indices = indices[::-1] if swapped else indices
        self.flat.append((base, exponent, indices))

    def _take_scalar(self, base: Node, exponent: Exponent) -> None:
        known = self.scalars.get(base.digest)
        if known is None:
            self.scalars[base.digest] = [base, exponent]
        else:
            known[1] = add_exponents(known[1], exponent)

    # -- merging

    def _representative(self, index: int) -> int:
        while index in self.same:
            index = self.same[index]
        return index

    def _join_deltas(self) -> list[Factor]:
        """Identify the indices of each delta; one between two axes stays as a factor."""
        free = set(self.out)
        for a, b in self.joined:
            a, b = self._representative(a), self._representative(b)
            if a == b:
                continue
            if b in free and (a not in free or self.out.index(b) < self.out.index(a)):
                a, b = b, a
            self.same[b] = a
            if b in free:
                self.ties.append((delta(self.dims[a]), 1, (a, b)))
        self.joined = []
        return self.ties

    def _collected(self) -> list[Factor]:
        """Factors with merged indices; equal ones have their exponents added."""
        deltas = self._join_deltas() if self.joined else self.ties
        if len(self.flat) == 1 and not self.same:
            base, exponent, indices = self.flat[0]
            if exponent == 0:
                return deltas
            return [(base, exponent, _sorted_pair(base, indices)), *deltas]
        total: dict[tuple[bytes, Indices], Factor] = {}
        for base, exponent, indices in self.flat:
            if self.same:
                indices = tuple([self._representative(i) for i in indices])
            if len(indices) == 2:
                indices = _sorted_pair(base, indices)
            key = (base.digest, indices)
            known = total.get(key)
            total[key] = (base, exponent if known is None else _together(base, known[1], exponent), indices)
        return [f for f in total.values() if f[1] != 0] + deltas

    def _cancelled(self, factors: list[Factor]) -> list[Factor]:
        """The factors once columns of identities and pairings have cancelled as far as they do."""
        while (step := cancellation(factors, set(self.out))) is not None:
            self.vanished = self.vanished or step.vanished
            for index in step.gone:
                del self.dims[index]
            self.flat = [f for f in step.factors if not isinstance(f[0], Delta)]
            self.joined = list(step.joined)
            factors = self._collected()
        return factors

    def build(self) -> Term:
        if self.vanished:
            return 1, zero(self.axes)
        factors = self._collected()
        if any(isinstance(base, SELECTORS) for base, _, _ in factors):
            factors = self._cancelled(factors)
            if self.vanished:
                return 1, zero(self.axes)
        free = set(self.out)
        carried = free.union(*[indices for _, _, indices in factors])
        if len(carried) < len(self.dims):
            self._count_bare_indices(carried)
        for _, _, indices in factors:
            if free.isdisjoint(indices):
                factors = self._split_closed(factors)
                break
        scalars: list[Factor] = [(b, e, ()) for b, e in self.scalars.values() if e != 0]
        node = _canonical(scalars, factors, self.out, self.axes, self.dims)
        return exact(self.coefficient), node

    def _is_open(self, indices: Indices) -> bool:
        return any(i in self.out for i in indices)

    def _split_closed(self, factors: list[Factor]) -> list[Factor]:
        """Move every connected part that carries no axis into the scalar factors."""
        if len(factors) == 1:
            self._take_scalar(_canonical([], factors, (), (), self.dims), 1)
            return []
        still_open: list[Factor] = []
        for part in components(factors):
            if any(self._is_open(indices) for _, _, indices in part):
                still_open.extend(part)
            else:
                self._take_scalar(_canonical([], part, (), (), self.dims), 1)
        return still_open

    def _count_bare_indices(self, carried: set[int]) -> None:
        """Multiply by the dimension of each summed index that nothing carries."""
        for index in sorted(self.dims):
            if index not in carried and index not in self.same:
                self._multiply_size(self.dims[index])

    def _multiply_size(self, dimension: Dimension) -> None:
        known = dimension.number
        if known is not None:
            self.coefficient = self.coefficient * known
        else:
            self._take_scalar(size_node(dimension), 1)


def _masks_drawn_out(base: Product, exponent: Exponent, indices: Indices) -> list[Factor] | None:
    """A positive power of entries in a triangle: the triangle of their power; None where there is no triangle."""
    masks = [f for f in base.factors if isinstance(f[0], Mask)]
    if not masks or base.bound or isinstance(exponent, Node) or exponent <= 0:
        return None
    rest = product([f for f in base.factors if not isinstance(f[0], Mask)], tuple(range(len(base.axes))), base.axes)
    return [(rest, exponent, indices), *[(b, 1, tuple([indices[i] for i in ii])) for b, _, ii in masks]]


def _scalars_drawn_out(base: Product, exponent: Exponent, indices: Indices) -> list[Factor] | None:
    """(c*P)^e as c^e * P^e, for the scalar factors c of a product; None where there are none or it is not so."""
    scalars = [f for f in base.factors if not f[2] and (isinstance(exponent, int) or f[0].sign == POSITIVE)]
    if not scalars or any(isinstance(e, Node) for _, e, _ in scalars) or not indices:
        return None
    rest = [f for f in base.factors if f not in scalars]
    inner = product(rest, tuple(range(len(base.axes))), base.axes)
    powers: list[Factor] = [(b, multiply_exponents(e, exponent), ()) for b, e, _ in scalars]
    return [*powers, (inner, exponent, indices)]


def _narrowed(base: Product, exponent: Exponent, indices: Indices) -> list[Factor] | None:
    """The power without the axes along which the product is constant; None where there are none."""
    carried = {i for _, _, places in base.factors for i in places}
    kept = tuple([i for i in range(len(base.axes)) if i in carried])
    if len(kept) == len(base.axes):
        return None
    inner = product(base.factors, kept, tuple([base.axes[i] for i in kept]))
    return [(inner, exponent, tuple([indices[i] for i in kept]))]


def _together(base: Node, a: Exponent, b: Exponent) -> Exponent:
    """The exponent of base^a * base^b; what is 0 or 1 everywhere is its own square."""
    if isinstance(base, SELECTORS) and a == b == 1:
        return 1
    return add_exponents(a, b)


def _power_distributes(base: Product, exponent: Exponent) -> bool:
    """Whether (a*b)^e is a^e * b^e for this product, entry by entry."""
    if base.bound and not are_determined(len(base.axes), len(base.bound), base.factors):
        return False
    zeros = (Delta, Mask, Unit, Slot) if base.bound else (Delta, Mask, Unit, Slot, Pairing)
    if any(isinstance(b, zeros) for b, _, _ in base.factors):
        return isinstance(exponent, int) and exponent > 0
    if isinstance(exponent, int):
        return True
    return all(b.sign or not isinstance(e, (int, Node)) for b, e, _ in base.factors)


def _sorted_pair(base: Node, indices: Indices) -> Indices:
    if len(indices) == 2 and indices[0] > indices[1] and is_symmetric(base):
        return (indices[1], indices[0])
    return indices


def _placed(base: Node, indices: Indices, place: dict[int, int]) -> Indices:
    numbered = tuple([place[i] for i in indices])
    return _sorted_pair(base, numbered) if len(numbered) == 2 else numbered


def _canonical(
    scalars: list[Factor], factors: list[Factor], out: Indices, axes: Axes, dims: dict[int, Dimension]
) -> Node:
    """The product node with summed indices numbered in an order that the structure decides."""
    if not factors and len(scalars) == 1 and not axes and scalars[0][1] == 1:
        return scalars[0][0]
    whole = scalars + factors
    place = {index: k for k, index in enumerate(out)}
    bound = []
    for _, _, indices in factors:
        for i in indices:
            if i not in place and i not in bound:
                bound.append(i)
    order = bound if len(bound) < 2 else _bound_order(factors, place, bound)
    for index in order:
        place[index] = len(place)
    labelled = [(b, e, _placed(b, indices, place)) for b, e, indices in whole]
    if len(labelled) > 1:
        labelled.sort(key=factor_key)
    elif labelled and not order and labelled[0][1] == 1 and labelled[0][2] == tuple(range(len(axes))):
        return labelled[0][0]
    return make_product(tuple(labelled), axes, tuple([dims[i] for i in order]))


def _bound_order(factors: list[Factor], place: dict[int, int], bound: list[int]) -> list[int]:
    symmetric = [len(indices) == 2 and is_symmetric(base) for base, _, indices in factors]
    return canonical_order(factors, symmetric, place, bound)


def multiply_exponents(a: Exponent, b: Exponent) -> Exponent:
    """The exponent of (x^a)^b."""
    if isinstance(a, Node) or isinstance(b, Node):
        return as_exponent(times(as_scalar(a), as_scalar(b)))
    return exact(a * b)
