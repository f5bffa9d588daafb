"""Typed expressions to index terms.

The same code lowers what a user typed and the formulas of the rulebook: there, `operands` gives the
nodes that stand for the parameters and `sizes` the dimensions that stand for the local ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from matcalc import expr as ex
from matcalc.dimensions import ONE, Dimension, Shape, shape_of
from matcalc.entrywise import applied_entrywise, constant_named, entrywise_power, larger, pi_node, stands_as_function
from matcalc.errors import UnsupportedError
from matcalc.expr import Expr, Symbol
from matcalc.kinds import plain_kind
from matcalc.substitution import summed
from matcalc.sums import as_exponent, constant, linear, ones, scaled, size_node, zero
from matcalc.tensor import apply, entrywise, part, permuted, product, raised
from matcalc.terms import Axes, Factor, Indices, Node, Term, delta, duplication, leaf, mask, pairing, slot, unit

if TYPE_CHECKING:
    from matcalc.rulebook import Function, Rulebook

# A matrix power is written out as a product; a larger one is refused rather than left to grow.
LARGEST_MATRIX_POWER = 64
# In an expression that would have more nodes than this when written out as a tree, what is used
# again is kept whole instead of multiplied out.
LARGE_EXPRESSION = 400


def lower(
    expression: Expr,
    rulebook: Rulebook,
    operands: Mapping[str, Node] | None = None,
    sizes: Mapping[str, Dimension] | None = None,
) -> Node:
    """The index term of an expression.

    Its axes are the dimensions of the shape that are not 1: a column and a row have the same.
    Raises UnsupportedError for what has no index term yet.
    """
    return _Lowering(rulebook, operands or {}, sizes or {}).run(expression)


def lowered_folded(
    expression: Expr,
    rulebook: Rulebook,
    operands: Mapping[str, Node] | None = None,
    sizes: Mapping[str, Dimension] | None = None,
) -> Node:
    """The index term with definitions left standing as functions, as identities speak of them."""
    return _Lowering(rulebook, operands or {}, sizes or {}, fold=True).run(expression)


def _is_for_rows(function: Function) -> bool:
    return any(p.kind is not None and p.kind.structure == "row" for p in function.parameters)


def lowered_differences(expression: Expr, rulebook: Rulebook, operands: Mapping[str, Node]) -> list[Node]:
    """The index terms of the differences in an expression, with the signs that they have there."""
    order = ex.postorder(expression)
    found = [node for node in order if node.op == "add" and 0 < sum(a.op == "neg" for a in node.args) < len(node.args)]
    if not found:
        return []
    lowering = _Lowering(rulebook, operands, {})
    lowering.run(expression)
    return [lowering.of(node) for node in found]


def axes_of(shape: Shape) -> Axes:
    """The axes an operand of this shape has: its dimensions other than 1."""
    return tuple([d for d in shape if d != ONE])


def variable(symbol: Symbol) -> Node:
    """The node of a symbol; a diagonal matrix is its diagonal spread over the identity."""
    facts = symbol.kind.facts
    if "diagonal" in facts:
        return diagonal(diagonal_leaf(symbol))
    return leaf(symbol, axes_of(symbol.kind.shape), facts)


def diagonal_leaf(symbol: Symbol) -> Node:
    """The diagonal of a diagonal matrix, as the vector that carries its name."""
    return leaf(symbol, axes_of(symbol.kind.shape)[:1], symbol.kind.facts - {"symmetric"})


def diagonal(vector: Node) -> Node:
    """The diagonal matrix with this diagonal."""
    if not vector.axes:
        return vector
    axis = vector.axes[0]
    return product([(vector, 1, (0,)), (delta(axis), 1, (0, 1))], (0, 1), (axis, axis))


def written_size(order: Sequence[Expr]) -> int:
    """The number of nodes of the last expression when nothing is shared."""
    sizes: dict[int, int] = {}
    for node in order:
        sizes[id(node)] = 1 + sum([sizes[id(a)] for a in node.args])
    return sizes[id(order[-1])]


def shared_nodes(order: Sequence[Expr]) -> set[int]:
    """The operations that are operands more than once."""
    seen: set[int] = set()
    shared: set[int] = set()
    for node in order:
        for arg in node.args:
            (shared if id(arg) in seen and arg.args else seen).add(id(arg))
    return shared


class _Lowering:
    def __init__(
        self,
        rulebook: Rulebook,
        operands: Mapping[str, Node],
        sizes: Mapping[str, Dimension],
        fold: bool = False,
    ) -> None:
        self.fold = fold
        self.rulebook = rulebook
        self.operands = operands
        self.sizes = sizes
        self.done: dict[int, Node] = {}

    def run(self, expression: Expr) -> Node:
        order = ex.postorder(expression)
        # with fewer nodes than that, nothing grows large
        large = len(order) > 16 and written_size(order) > LARGE_EXPRESSION
        shared = shared_nodes(order) if large else set()
        for node in order:
            if node.op == "neg":  # a sum takes the sign by itself
                continue
            rule: Callable[[Expr], Node] = getattr(self, "_" + node.op)
            lowered = rule(node)
            self.done[id(node)] = part(lowered) if id(node) in shared else lowered
        return self.of(expression)

    # -- shapes, with local dimensions replaced

    def dimension(self, given: Dimension) -> Dimension:
        return given.substituted(self.sizes) if self.sizes else given

    def shape(self, node: Expr) -> Shape:
        if not self.sizes:
            return node.shape
        rows, columns = node.shape
        return self.dimension(rows), self.dimension(columns)

    def of(self, node: Expr) -> Node:
        known = self.done.get(id(node))
        if known is None:
            known = self.done[id(node)] = scaled(-1, self.done[id(node.args[0])])
        return known

    def spread(self, node: Expr, shape: Shape) -> Node:
        """The node of an operand with its scalar, row or column repeated to fill the shape."""
        own = self.shape(node)
        if own == shape:
            return self.of(node)
        place = [k for k, d in enumerate(axes_positions(shape)) if own[d] != ONE]
        axes = axes_of(shape)
        return product([(self.of(node), 1, tuple(place))], tuple(range(len(axes))), axes)

    # -- one method per op

    def _number(self, node: Expr) -> Node:
        return constant(node.value)

    def _symbol(self, node: Expr) -> Node:
        bound = self.operands.get(node.value.key)
        if bound is not None:
            return bound
        if self.sizes:
            return leaf(node.value, axes_of(self.shape(node)), node.value.kind.facts)
        return variable(node.value)

    def _size(self, node: Expr) -> Node:
        return size_node(self.dimension(node.value))

    def _add(self, node: Expr) -> Node:
        shape = self.shape(node)
        terms = [
            (-1, self.spread(a.args[0], shape)) if a.op == "neg" else (1, self.spread(a, shape)) for a in node.args
        ]
        return linear(terms, axes_of(shape))

    def _mul(self, node: Expr) -> Node:
        factors: list[Factor] = []
        fresh = 0
        row = column = None
        for arg in node.args:
            rows, columns = self.shape(arg)
            if rows == ONE and columns == ONE:
                factors.append((self.of(arg), 1, ()))
                continue
            scalar_so_far = row is None and column is None
            if rows == ONE:
                first = None
            elif column is not None:
                first = column
            else:
                first, fresh = fresh, fresh + 1
            if scalar_so_far:
                row = first
            if columns == ONE:
                column = None
            else:
                column, fresh = fresh, fresh + 1
            factors.append((self.of(arg), 1, tuple([i for i in (first, column) if i is not None])))
        out = tuple([i for i in (row, column) if i is not None])
        return product(factors, out, axes_of(self.shape(node)))

    def _had(self, node: Expr) -> Node:
        shape = self.shape(node)
        return entrywise([(self.spread(a, shape), 1) for a in node.args], axes_of(shape))

    def _div(self, node: Expr) -> Node:
        top, bottom = node.args
        return entrywise([(self.of(top), 1), (self.of(bottom), -1)], axes_of(self.shape(top)))

    def _haddiv(self, node: Expr) -> Node:
        shape = self.shape(node)
        top, bottom = (self.spread(a, shape) for a in node.args)
        return entrywise([(top, 1), (bottom, -1)], axes_of(shape))

    def _pow(self, node: Expr) -> Node:
        base, exponent = node.args
        power = as_exponent(self.of(exponent))
        rows, columns = self.shape(base)
        if rows == ONE and columns == ONE:
            return raised(self.of(base), power)
        if isinstance(power, Node):
            function = self.rulebook.function(ex.MATRIX_POWER, node.args)
            return apply(function, (self.of(base), power), axes_of(self.shape(node)))
        if not isinstance(power, int):
            raise UnsupportedError("a matrix has only whole and symbolic powers", suggestion="a square root is sqrtm")
        if abs(power) > LARGEST_MATRIX_POWER:
            raise UnsupportedError(f"a matrix power beyond {LARGEST_MATRIX_POWER} is not supported")
        if power == 0:
            return delta(rows)
        matrix = self.of(base)
        if power < 0:
            matrix = apply(self.rulebook.function("inv", (base,)), (matrix,), matrix.axes)
        steps: list[Factor] = [(matrix, 1, (k, k + 1)) for k in range(abs(power))]
        return product(steps, (0, abs(power)), (rows, columns))

    def _hadpow(self, node: Expr) -> Node:
        base, exponent = node.args
        shape = self.shape(node)
        return entrywise_power(self.spread(base, shape), self.spread(exponent, shape), axes_of(shape), self.rulebook)

    def _transpose(self, node: Expr) -> Node:
        inner = self.of(node.args[0])
        return permuted(inner, (1, 0)) if len(inner.axes) == 2 else inner

    def _entry(self, node: Expr) -> Node:
        base = node.args[0]
        factors: list[Factor] = []
        place: list[int] = []
        out: list[int] = []
        for k, (at, dimension) in enumerate(zip(node.value, self.shape(base))):
            if dimension == ONE:
                continue
            place.append(k)
            if at is None:
                out.append(k)
            else:
                factors.append((unit(at, dimension), 1, (k,)))
        factors.append((self.of(base), 1, tuple(place)))
        return product(factors, tuple(out), axes_of(self.shape(node)))

    def _stack(self, node: Expr) -> Node:
        return self.stacked(node, self.of)

    def stacked(self, node: Expr, value: Callable[[Expr], Node]) -> Node:
        """The sum of the values of the blocks, each at its slots of the two axes."""
        shape = self.shape(node)
        count = node.value[1]
        blocks = [self.shape(block) for block in node.args]
        row_slots = slots([rows for rows, _ in blocks[::count]], shape[0])
        column_slots = slots([columns for _, columns in blocks[:count]], shape[1])
        terms: list[Term] = []
        for place, block in enumerate(node.args):
            chosen = row_slots[place // count], column_slots[place % count]
            terms.append((1, self._block_in_place(value(block), self.shape(block), chosen, shape)))
        return linear(terms, axes_of(shape))

    @staticmethod
    def _block_in_place(block: Node, own_shape: Shape, chosen: tuple[Node | None, Node | None], shape: Shape) -> Node:
        out: list[int] = []
        own: list[int] = []
        factors: list[Factor] = []
        for axis, placed in enumerate(chosen):
            if shape[axis] != ONE:
                out.append(axis)
            if placed is not None:
                factors.append((placed, 1, (axis, axis + 2)[: len(placed.axes)]))
            if own_shape[axis] != ONE:
                own.append(axis if placed is None else axis + 2)
        factors.append((block, 1, tuple(own)))
        return product(factors, tuple(out), axes_of(shape))

    def _index_sum(self, node: Expr) -> Node:
        return summed(node.value, self.of(node.args[0]))

    def _call(self, node: Expr) -> Node:
        structural = _STRUCTURAL.get(node.value)
        if structural is not None and not ex.is_reduction(node):
            return structural(self, node)
        opening = None if self.fold else self.rulebook.opening(node)
        if opening is not None:
            identity, operands, sizes = opening
            bound = {name: self.of(operand) for name, operand in operands.items()}
            return lower(identity.right, self.rulebook, bound, {n: self.dimension(d) for n, d in sizes.items()})
        function = self._function(node)
        shape = self.shape(node)
        if function.elementwise and len(node.args) == 1 and node.args[0].op == "stack":
            return self.stacked(node.args[0], lambda block: self._entrywise_call(function, (block,), self.shape(block)))
        if function.elementwise:
            return self._entrywise_call(function, node.args, shape)
        args = [self.of(a) for a in node.args]
        if function.linear is not None and (shape[0] == ONE) != (shape[1] == ONE):
            raise UnsupportedError(f"{function.name} of a scalar and a matrix is not supported")
        # a definition for rows would not be known again: index terms do not tell a row from a column
        if stands_as_function(function, self.fold and not _is_for_rows(function)):
            self._refuse_row_as_matrix(function, node)
            return apply(function, tuple(args), axes_of(shape))
        assert function.definition is not None
        local = local_sizes(function, [self.shape(a) for a in node.args])
        bound = {p.name: a for p, a in zip(function.parameters, args) if p.literal is None}
        return lower(function.definition, self.rulebook, bound, local)

    def _function(self, node: Expr) -> Function:
        """The overload for the shapes that operands have here: inside a formula, X: matrix(m,n) may be a row."""
        if not self.sizes or len(self.rulebook.overloads(node.value)) == 1:
            return self.rulebook.function(node.value, node.args)
        taken = [a if a.op == "number" or a.is_scalar else stand_in(self.shape(a)) for a in node.args]
        return self.rulebook.function(node.value, taken)

    def _refuse_row_as_matrix(self, function: Function, node: Expr) -> None:
        """Index terms do not tell a row from a column, as a function along one axis of a matrix must."""
        if not self.fold and not function.elementwise and any(p.literal is not None for p in function.parameters):
            for parameter, arg in zip(function.parameters, node.args):
                rows, columns = self.shape(arg)
                if rows == ONE != columns and parameter.kind is not None and parameter.kind.structure == "matrix":
                    raise UnsupportedError(
                        f"{function.name} of a row needs a line of its own beside {function.where}",
                        suggestion=f"state {function.name} of a row(n) there as well, before that of a matrix",
                    )

    def _entrywise_call(self, function: Function, operands: Sequence[Expr], shape: Shape) -> Node:
        args = [self.spread(a, shape) for a in operands]
        return applied_entrywise(function, args, axes_of(shape), self.rulebook, self.fold)

    # -- structural functions: they only say which indices are shared

    def tr(self, node: Expr) -> Node:
        matrix = self.of(node.args[0])
        return product([(matrix, 1, (0, 0))], (), ()) if matrix.axes else matrix

    def sum(self, node: Expr) -> Node:
        arg = node.args[0]
        kept = [True, True] if len(node.args) == 1 else [node.args[1].value == 1, node.args[1].value == 2]
        keep_column, keep_row = (False, False) if len(node.args) == 1 else kept
        places = axes_positions(self.shape(arg))
        out = tuple([k for k, d in enumerate(places) if (keep_row, keep_column)[d]])
        axes = tuple([self.of(arg).axes[k] for k in out])
        return product([(self.of(arg), 1, tuple(range(len(places))))], out, axes)

    def diag(self, node: Expr) -> Node:
        arg = self.of(node.args[0])
        if len(arg.axes) < 2:
            return diagonal(arg)
        return product([(arg, 1, (0, 0))], (0,), arg.axes[:1])

    def tril(self, node: Expr) -> Node:
        return self._triangle(node, (0, 1))

    def triu(self, node: Expr) -> Node:
        return self._triangle(node, (1, 0))

    def _triangle(self, node: Expr, spots: Indices) -> Node:
        """The entries where the mask is 1; of a row or column the whole, or the first entry alone."""
        inner, shape = self.of(node.args[0]), self.shape(node)
        axes, whole = inner.axes, tuple(range(len(inner.axes)))
        if len(axes) == 2:
            triangle: Factor = (mask(*[axes[k] for k in spots]), 1, spots)
            return product([(inner, 1, whole), triangle], whole, axes)
        is_whole = not axes or (shape[1] == ONE) == (spots == (0, 1))
        return inner if is_whole else product([(inner, 1, whole), (unit(1, axes[0]), 1, whole)], whole, axes)

    def eye(self, node: Expr) -> Node:
        rows, _ = self.shape(node)
        return ones() if rows == ONE else delta(rows)

    def ones(self, node: Expr) -> Node:
        return ones(axes_of(self.shape(node)))

    def zeros(self, node: Expr) -> Node:
        return zero(axes_of(self.shape(node)))

    def max(self, node: Expr) -> Node:
        return self._larger(node, 1)

    def min(self, node: Expr) -> Node:
        return self._larger(node, -1)

    def _larger(self, node: Expr, sign: int) -> Node:
        shape = self.shape(node)
        return larger([self.spread(arg, shape) for arg in node.args], axes_of(shape), sign, self.rulebook)

    def pi(self, node: Expr) -> Node:
        return pi_node()

    def inf(self, node: Expr) -> Node:
        return constant_named("inf")

    def unit(self, node: Expr) -> Node:
        at = node.args[0].value
        rows, _ = self.shape(node)
        return unit(at, rows)

    def vec(self, node: Expr) -> Node:
        """The columns one below the other: the row runs fastest."""
        rows, columns = self.shape(node.args[0])
        return self.paired([(self.of(node.args[0]), (0, 1))], [(columns, rows, (1, 0))], (rows, columns))

    def kron(self, node: Expr) -> Node:
        left, right = node.args
        (a, b), (c, d) = self.shape(left), self.shape(right)
        parts = [(self.of(left), (0, 1)), (self.of(right), (2, 3))]
        return self.paired(parts, [(a, c, (0, 2)), (b, d, (1, 3))], (a, b, c, d))

    def commutation(self, node: Expr) -> Node:
        """The matrix that takes vec(A) to vec(A'), A being m x n."""
        rows, columns = (a.value if a.op == "size" else Dimension.of(a.value) for a in node.args)
        rows, columns = self.dimension(rows), self.dimension(columns)
        return self.paired([], [(rows, columns, (0, 1)), (columns, rows, (1, 0))], (rows, columns))

    def duplication(self, node: Expr) -> Node:
        (side,) = (a.value if a.op == "size" else Dimension.of(a.value) for a in node.args)
        return duplication(self.dimension(side)) if self.dimension(side) != ONE else ones()

    def paired(
        self,
        parts: Sequence[tuple[Node, tuple[int, ...]]],
        pairs: list[tuple[Dimension, Dimension, tuple[int, int]]],
        sizes: tuple[Dimension, ...],
    ) -> Node:
        """A product whose axes are pairs of indices of the given sizes; an index of size 1 is left out."""
        factors: list[Factor] = []
        for part_, indices in parts:
            factors.append((part_, 1, tuple([i for i in indices if sizes[i] != ONE])))
        out: list[int] = []
        axes: list[Dimension] = []
        for outer, inner, (first, second) in pairs:
            if outer != ONE and inner != ONE:
                whole = len(sizes) + len(out)
                factors.append((pairing(outer, inner), 1, (whole, first, second)))
                out.append(whole)
                axes.append(outer * inner)
            elif outer != ONE or inner != ONE:
                out.append(first if outer != ONE else second)
                axes.append(outer if outer != ONE else inner)
        return product(factors, tuple(out), tuple(axes))


_STRUCTURAL: dict[str, Callable[[_Lowering, Expr], Node]] = {
    name: getattr(_Lowering, name)
    for name in "tr sum diag tril triu eye ones zeros max min pi inf unit vec kron commutation duplication".split()
}


def stand_in(shape: Shape) -> Expr:
    """An operand of which nothing but the shape is known."""
    return ex.symbol("operand", plain_kind(shape))


def slots(lengths: Sequence[Dimension], total: Dimension) -> list[Node | None]:
    """Where each of some blocks, one after the other, stands on an axis; None for one that fills it."""
    if len(lengths) == 1:
        return [None]
    found: list[Node | None] = []
    offset = Dimension(())
    for length in lengths:
        found.append(slot(offset, length, total))
        offset = offset + length
    return found


def axes_positions(shape: Shape) -> list[int]:
    """For each axis of an operand of this shape, whether it is the row (0) or the column (1)."""
    return [k for k, d in enumerate(shape) if d != ONE]


def sizes_at(function: Function, args: Sequence[Node]) -> dict[str, Dimension]:
    """The same, given the arguments as index terms: a single axis is that of a row where the signature has one."""
    shapes = []
    for parameter, arg in zip(function.parameters, args):
        shape = shape_of(arg.axes)
        is_row = parameter.kind is not None and parameter.kind.structure == "row"
        shapes.append(shape[::-1] if is_row else shape)
    return local_sizes(function, shapes)


def local_sizes(function: Function, shapes: Sequence[Shape]) -> dict[str, Dimension]:
    """What the dimension names of a signature stand for, given the shapes of the arguments."""
    local: dict[str, Dimension] = {}
    for parameter, shape in zip(function.parameters, shapes):
        if parameter.kind is None:
            continue
        for wanted, given in zip(parameter.kind.shape, shape):
            if wanted.number is None:
                local.setdefault(wanted.text, given)
    return local
