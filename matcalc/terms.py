"""The nodes of index terms.

A node is a scalar, vector, matrix or tensor with ordered axes:

- `Leaf`: a variable or constant; `Size`: a dimension
- `Delta`: the identity; `Unit`: one of its columns; `Slot`: some columns of it, side by side
- `Duplication`: the entries of a symmetric matrix by those of its lower triangle
- `Mask`: a triangle of ones
- `Pairing`: one index in place of two, as the rows of a Kronecker product are numbered
- `Apply`: a function of nodes, entry by entry or of a whole matrix; of an operand that it is linear in
  slice by slice, where that operand has further axes, which the value then has last
- `Product`: factors base^exponent carrying index tuples; repeated indices are summed
- `Sum`: a linear combination with exact coefficients; inside a product it is one factor
- `Part`: a node that is not opened
- `Summed`: the sum of a node over all values of an index, on which its members `x_i` depend

In a product the indices `0..k-1` are its axes, in order; larger ones are summed. An axis that no
factor carries is a row of ones. The functions here make nodes as they stand; normal forms are made
in `sums`, `tensor` and `substitution`.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Union

from matcalc.dimensions import ONE, Dimension
from matcalc.errors import UnsupportedError
from matcalc.expr import Rational, Symbol
from matcalc.interning import SHORT, digest_of, new_table, remember, short_digest_of
from matcalc.symbols import NO_INDICES, Index, IndexSet

if TYPE_CHECKING:
    from matcalc.rulebook import Function

Axes = tuple[Dimension, ...]

Indices = tuple[int, ...]

Exponent = Union[int, Fraction, "Node"]

Factor = tuple["Node", Exponent, Indices]

Term = tuple[Rational, "Node"]


class Node:
    """An interned tensor; equal structure is equal node. Build it with this module's functions."""

    __slots__ = (
        *("axes", "binders", "children", "digest", "free", "height"),
        *("opposite", "orientation", "reduced", "sign", "symmetric"),
    )

    axes: Axes
    binders: int  # above the depths that name the indices of the sums in here
    children: tuple[Node, ...]  # the nodes this one is made of
    digest: bytes
    free: IndexSet  # the indices of members it depends on
    height: int
    sign: int  # 2: every entry is known to be positive, 1: at least 0, 0: not known
    # found when first asked for, by sums and tensor
    opposite: Node | None  # the transpose
    orientation: tuple[Rational, Node, bool] | None
    reduced: tuple[Rational, Sum] | None  # content and primitive part of a sum
    symmetric: bool | None

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Node) and self.digest == other.digest)

    def __hash__(self) -> int:
        return hash(self.digest)


class Leaf(Node):
    """A named operand. A diagonal matrix is the leaf of its diagonal, with one axis."""

    __slots__ = ("facts", "symbol")

    symbol: Symbol
    facts: frozenset[str]


class Delta(Node):
    """The identity matrix."""

    __slots__ = ()


class Mask(Node):
    """The lower triangle of ones: 1 where the row is at least the column, else 0."""

    __slots__ = ()


class Size(Node):
    """A symbolic dimension as a positive scalar."""

    __slots__ = ("dimension",)

    dimension: Dimension


class Unit(Node):
    """The unit vector with its one at position `at`, counted from 1 (a number or a free name)."""

    __slots__ = ("at",)

    at: int | str


class Slot(Node):
    """The columns `offset + 1 .. offset + length` of an identity: where a block stands in a stack.

    Its axes are those of the whole and of the block; a block of one entry has no axis of its own.
    """

    __slots__ = ("offset",)

    offset: Dimension


class Pairing(Node):
    """The tensor [I,i,k] that is one where I counts the pair (i,k), k running fastest, and zero elsewhere.

    Rows and columns of `kron` and the entries of `vec` are counted in this way. Its axes are those of I, i and k.
    """

    __slots__ = ()


class Duplication(Node):
    """The matrix that takes the lower triangle of a symmetric matrix, column by column, to all of its entries."""

    __slots__ = ("side",)

    side: Dimension


class Apply(Node):
    """`function(args)`. Elementwise ones take every argument with the axes of the result."""

    __slots__ = ("args", "function")

    function: Function
    args: tuple[Node, ...]


class Part(Node):
    """A node that others share, kept whole: products and sums do not open it.

    It keeps the work and the answer linear in the size of a large graph.
    """

    __slots__ = ("inner",)

    inner: Node


class Summed(Node):
    """The sum of the body over an index. Its name is that of `depth`, so that equal sums are equal nodes."""

    __slots__ = ("body", "index")

    body: Node
    index: Index


class Product(Node):
    """Factors in canonical order; `bound` gives the dimensions of the summed indices."""

    __slots__ = ("bound", "factors")

    factors: tuple[Factor, ...]
    bound: Axes


class Sum(Node):
    """Coefficients and nodes, none of them a sum, in canonical order; empty is zero."""

    __slots__ = ("terms",)

    terms: tuple[Term, ...]


UNKNOWN, NONNEGATIVE, POSITIVE = 0, 1, 2

_table = new_table()


def _finish(
    node: Any,
    digest: bytes,
    axes: Axes,
    sign: int,
    children: tuple[Node, ...] = (),
    free: IndexSet = NO_INDICES,
    binders: int = 0,
    bound: Index | None = None,
) -> Any:
    """The node with what follows from its parts: it depends on what they depend on, but not on a bound index."""
    node.digest, node.axes, node.sign, node.children = digest, axes, sign, children
    height = 0
    for child in children:
        if child.height >= height:
            height = child.height + 1
        if child.binders > binders:
            binders = child.binders
        if child.free:
            free = free | child.free
    if bound is not None:
        free = free - {bound}
    node.height, node.binders, node.free = height, binders, free
    node.opposite = node.orientation = node.reduced = node.symmetric = None
    return remember(_table, digest, node)


def _named(word: str, axes: Axes = (), children: Sequence[Node] = (), names: str = "") -> bytes:
    """The digest of a node: first what it is apart from all names, by which nodes are ordered, then all of it.

    So the order of terms and factors is the same under other names of variables and sizes, as long as the leaves
    carry places in place of names.
    """
    for axis in axes:
        word += axis.outline
        names += axis.text + ","
    parts = [child.digest for child in children]
    order = short_digest_of(word.encode() + b"".join([part[:SHORT] for part in parts]))
    return order + digest_of(order + names.encode() + b"".join(parts))


def order_of(node: Node) -> bytes:
    """What orders a node: the same for nodes that differ in names of variables and sizes only."""
    return node.digest[:SHORT]


def _sign_of_facts(facts: frozenset[str]) -> int:
    return POSITIVE if "positive" in facts else NONNEGATIVE if "nonnegative" in facts else UNKNOWN


def leaf(symbol: Symbol, axes: Axes, facts: frozenset[str] = frozenset()) -> Leaf:
    """The node of a variable."""
    depends = "".join([f"|{index}" for index in sorted(map(repr, symbol.free))]) if symbol.free else ""
    kind = symbol.kind
    word = f"leaf|{symbol.place}|{kind.structure} {kind.sign}|{','.join(sorted(facts))}|"
    digest = _named(word, axes, (), f"{symbol.name}|{kind.text}{depends}|")
    found: Leaf | None = _table.get(digest)
    if found is not None:
        return found
    node = Leaf.__new__(Leaf)
    node.symbol, node.facts = symbol, facts
    kept: Leaf = _finish(node, digest, axes, _sign_of_facts(facts), (), symbol.free)
    return kept


def delta(dimension: Dimension) -> Delta:
    """The identity matrix of this size."""
    digest = _named("delta|", (dimension,))
    found: Delta | None = _table.get(digest)
    if found is not None:
        return found
    kept: Delta = _finish(Delta.__new__(Delta), digest, (dimension, dimension), NONNEGATIVE)
    return kept


def mask(rows: Dimension, columns: Dimension) -> Mask:
    """The lower triangle of ones of this shape; the upper one is its transpose."""
    digest = _named("mask|", (rows, columns))
    found: Mask | None = _table.get(digest)
    if found is not None:
        return found
    kept: Mask = _finish(Mask.__new__(Mask), digest, (rows, columns), NONNEGATIVE)
    return kept


def size(dimension: Dimension) -> Size:
    """The node of a dimension with a name in it."""
    digest = _named("size|", (dimension,))
    found: Size | None = _table.get(digest)
    if found is not None:
        return found
    node = Size.__new__(Size)
    node.dimension = dimension
    kept: Size = _finish(node, digest, (), POSITIVE)
    return kept


def unit(at: int | str, dimension: Dimension) -> Unit:
    """The unit vector with its one at position `at`."""
    digest = _named(f"unit|{at}|", (dimension,))
    node = Unit.__new__(Unit)
    node.at = at
    kept: Unit = _finish(node, digest, (dimension,), NONNEGATIVE)
    return kept


def slot(offset: Dimension, length: Dimension, total: Dimension) -> Node:
    """The columns `offset + 1 .. offset + length` of the identity of size `total`."""
    if length == total:
        return delta(total)
    known = offset.number
    if length == ONE and known is not None and total.number is not None:
        return unit(known + 1, total)
    axes = (total,) if length == ONE else (total, length)
    digest = _named("slot|", (offset, *axes))
    found: Slot | None = _table.get(digest)
    if found is not None:
        return found
    node = Slot.__new__(Slot)
    node.offset = offset
    kept: Slot = _finish(node, digest, axes, NONNEGATIVE)
    return kept


def pairing(outer: Dimension, inner: Dimension) -> Pairing:
    """The pairing of an index of size `outer` with one of size `inner`, which runs fastest."""
    digest = _named("pairing|", (outer, inner))
    found: Pairing | None = _table.get(digest)
    if found is not None:
        return found
    kept: Pairing = _finish(Pairing.__new__(Pairing), digest, (outer * inner, outer, inner), NONNEGATIVE)
    return kept


def duplication(side: Dimension) -> Node:
    """The duplication matrix of symmetric matrices of this size."""
    digest = _named("duplication|", (side,))
    found: Duplication | None = _table.get(digest)
    if found is not None:
        return found
    node = Duplication.__new__(Duplication)
    node.side = side
    kept: Duplication = _finish(node, digest, (side * side, (side * side + side) / 2), NONNEGATIVE)
    return kept


def make_apply(function: Function, args: tuple[Node, ...], axes: Axes) -> Apply:
    """The call as it stands."""
    digest = _named(f"apply|{function.place}|", axes, args)
    found: Apply | None = _table.get(digest)
    if found is not None:
        return found
    node = Apply.__new__(Apply)
    node.function, node.args = function, args
    kept: Apply = _finish(node, digest, axes, _sign_of_facts(function.result_facts), args)
    return kept


def linear_axes(function: Function, args: tuple[Node, ...]) -> int:
    """How many axes the operand has that a function is linear in, those further ones apart along which it repeats.

    The other operands tell: where they are scalars, a size of the signature is 1.
    """
    assert function.linear is not None
    kind = function.parameters[function.linear].kind
    assert kind is not None
    single = set()
    for k, (parameter, arg) in enumerate(zip(function.parameters, args)):
        if k != function.linear and parameter.kind is not None and not arg.axes:
            single |= {name for d in parameter.kind.shape for name in d.names}
    return sum(not (d == ONE or set(d.names) <= single) for d in kind.shape)


def make_sum(terms: tuple[Term, ...], axes: Axes) -> Sum:
    """The sum of terms that are in normal form already."""
    try:
        head = f"sum|{','.join([str(c) for c, _ in terms])}|"
    except ValueError:  # Python writes out no more than some thousand digits
        raise UnsupportedError("a number here has too many digits to be written out") from None
    digest = _named(head, axes, [n for _, n in terms])
    found: Sum | None = _table.get(digest)
    if found is not None:
        return found
    node = Sum.__new__(Sum)
    node.terms = terms
    kept: Sum = _finish(node, digest, axes, _sum_sign(terms), tuple([n for _, n in terms]))
    return kept


def _sum_sign(terms: tuple[Term, ...]) -> int:
    if not terms or not all(c > 0 and n.sign for c, n in terms):
        return UNKNOWN
    return max(n.sign for _, n in terms)


def make_product(factors: tuple[Factor, ...], axes: Axes, bound: Axes) -> Product:
    """The product of factors that are in normal form already."""
    children, powers, word = [], [], f"product|{len(axes)}"
    for base, exponent, indices in factors:
        children.append(base)
        if isinstance(exponent, Node):
            powers.append(exponent)
            exponent = 0  # none that a factor has
        word += f"{exponent}{indices}" if exponent != 1 else str(indices)
    children += powers
    digest = _named(word + "|", axes + bound, children)
    found: Product | None = _table.get(digest)
    if found is not None:
        return found
    node = Product.__new__(Product)
    node.factors, node.bound = factors, bound
    sign = min([_factor_sign(f) for f in factors], default=POSITIVE)
    kept: Product = _finish(node, digest, axes, sign, tuple(children))
    return kept


def _factor_sign(factor: Factor) -> int:
    base, exponent, _ = factor
    if base.sign == POSITIVE:
        return POSITIVE
    # an even power is not negative; a fractional one is real only of a base that is not negative
    even = exponent % 2 == 0 if isinstance(exponent, int) else not isinstance(exponent, Node)
    return NONNEGATIVE if even else base.sign


def make_part(inner: Node) -> Part:
    """The node that keeps another whole."""
    digest = _named("part|", (), (inner,))
    found: Part | None = _table.get(digest)
    if found is not None:
        return found
    node = Part.__new__(Part)
    node.inner = inner
    kept: Part = _finish(node, digest, inner.axes, inner.sign, (inner,))
    return kept


def factors_of(term: Node) -> tuple[Factor, ...]:
    """The factors of a node; of one that is no product, itself."""
    if isinstance(term, Product):
        return term.factors
    return ((term, 1, tuple(range(len(term.axes)))),)


def make_summed(index: Index, depth: int, body: Node) -> Summed:
    """The sum of a body over an index, whose name is that of this depth."""
    digest = _named(f"summed|{index.name}|", (index.count,), (body,))
    found: Summed | None = _table.get(digest)
    if found is not None:
        return found
    node = Summed.__new__(Summed)
    node.index, node.body = index, body
    kept: Summed = _finish(node, digest, body.axes, body.sign, (body,), NO_INDICES, depth + 1, index)
    return kept


def postorder(root: Node, skip: Container[bytes] = ()) -> list[Node]:
    """Every node below the root once, parts before wholes; nothing at or below those to skip but the root."""
    seen: set[bytes] = {root.digest}
    order: list[Node] = []
    pending = [(root, iter(root.children))]
    while pending:
        node, rest = pending[-1]
        for child in rest:
            if child.digest not in seen:
                seen.add(child.digest)
                if child.digest in skip:
                    continue
                if child.children:
                    pending.append((child, iter(child.children)))
                    break
                order.append(child)
        else:
            order.append(node)
            pending.pop()
    return order
