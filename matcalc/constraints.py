"""Shape rules that can wait: products and entrywise combinations of operands not all known yet.

A rule is applied when it is made, and again whenever more is known of an extent it watches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from matcalc.dimensions import Dimension, total_size
from matcalc.extents import SINGLE, Extent, differ, find, unify
from matcalc.shapes import Variable

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Iterable, Sequence

    from matcalc.inference import Inference
    from matcalc.nodes import Node

Extents = tuple[Extent, Extent]
# between entries: numbers and declared scalars spread without saying anything about the other side
SPREADING = frozenset({"number", "size", "pi"})


def is_scalar(node: Node) -> bool:
    return find(node.rows).is_one and find(node.columns).is_one


def is_open(node: Node) -> bool:
    return find(node.rows).is_open or find(node.columns).is_open


class Constraint:
    """A shape rule of a node that can wait. Once `awake`, it stands in the queue of the inference."""

    __slots__ = ("awake", "node", "queue")

    def __init__(self, node: Node) -> None:
        self.node = node
        self.awake = False
        self.queue: deque[Constraint]

    def watched(self) -> Iterable[Extent]:
        """The extents it depends on: those of the node and its operands."""
        for node in (self.node, *self.node.args):
            yield node.rows
            yield node.columns

    def settle(self, inference: Inference) -> bool:
        """Use what is known; say whether nothing is left to do. Fails where the shapes cannot fit."""
        raise NotImplementedError

    def soften(self, inference: Inference) -> bool:
        """The weaker step: let a name that nothing else decides take a shape; say whether one did."""
        return False


class Requirement(Constraint):
    """A shape that an operator asks of an operand which is not decided yet."""

    __slots__ = ("columns", "message", "rows", "suggestion")

    def __init__(self, node: Node, rows: Extent, columns: Extent, message: str, suggestion: str | None) -> None:
        super().__init__(node)
        self.rows = rows
        self.columns = columns
        self.message = message
        self.suggestion = suggestion

    def settle(self, inference: Inference) -> bool:
        if is_open(self.node):
            return False
        inference.require(self.node, self.rows, self.columns, self.message, self.suggestion)
        return True


class Spread(Constraint):
    """An entrywise combination: one shape, over which scalars, rows and columns spread.

    `takes_shape` says that an undecided name among the operands takes the shape of the others.
    """

    __slots__ = ("operands", "takes_shape")

    def __init__(self, node: Node, operands: Sequence[Node], takes_shape: bool) -> None:
        super().__init__(node)
        self.operands = operands
        self.takes_shape = takes_shape

    def settle(self, inference: Inference) -> bool:
        node = self.node
        extents = spread_extents(inference, node, self.operands)
        if extents is not None:
            if not (unify(node.rows, extents[0]) and unify(node.columns, extents[1])):
                inference.contradiction(node)
            # a name next to a scalar may still take its shape
            return not (self.takes_shape and any(is_open(n) for n in self.operands))
        rows = self._along([n.rows for n in self.operands], node.rows)
        columns = self._along([n.columns for n in self.operands], node.columns)
        if not (rows and columns):
            inference.contradiction(node)
        return False

    @staticmethod
    def _along(extents: list[Extent], result: Extent) -> bool:
        """What one axis of the operands says of the result, and the result of the operands."""
        whole, other, others = find(result), SINGLE, 0
        if whole.is_one:
            return all(unify(e, SINGLE) for e in extents)
        for extent in extents:
            found = find(extent)
            if found.many:
                if not unify(found, whole):
                    return False
                whole = find(whole)
            if not found.is_one:
                other, others = found, others + 1
        # a single operand that is not 1 has the size of the result
        return unify(other, whole) if whole.many and others == 1 else True

    def soften(self, inference: Inference) -> bool:
        """Give undecided names the shape of the rest, once all else is known."""
        if not self.takes_shape:
            return False
        undecided: list[Node] = []
        decided: list[Node] = []
        for operand in self.operands:
            (undecided if is_open(operand) else decided).append(operand)
        outside = not is_open(self.node)
        if not decided and not outside:
            return False
        if self._matrix_times_name(undecided, decided):
            return True
        if any(bare_owner(n) is None for n in undecided):
            return False
        telling = [n for n in decided if not inference.only_spreads(n)]
        if not telling and not outside:
            return False
        rows = self._target([n.rows for n in telling], self.node.rows)
        columns = self._target([n.columns for n in telling], self.node.columns)
        changed = False
        for node in undecided:
            owner = bare_owner(node)
            if isinstance(owner, Variable) and owner.nonscalar and rows.many and columns.many:
                continue  # b' next to a matrix stays a row
            if isinstance(owner, Variable) and not outside and all(_mentions(n, owner.name) for n in telling):
                continue  # in `x - mean(x)` the mean is a scalar whatever x is
            if isinstance(owner, Variable):
                owner.softened = True
            changed = (unify(node.rows, rows) and unify(node.columns, columns)) or changed
        return changed

    def undecided_names(self) -> list[Variable]:
        """The names among the operands that are not decided yet."""
        owners = [bare_owner(node) for node in self.operands if is_open(node)]
        return [owner for owner in owners if isinstance(owner, Variable)]

    @staticmethod
    def _matrix_times_name(undecided: list[Node], decided: list[Node]) -> bool:
        """In `y - A*b`, with y a column and A a matrix, b is a vector and no scalar."""
        if not any(find(n.rows).many for n in decided) or not all(find(n.columns).is_one for n in decided):
            return False
        for node in undecided:
            if node.op == "mul":
                matrix, name = node.args
                owner = bare_owner(name)
                if find(matrix.rows).many and find(matrix.columns).many and isinstance(owner, Variable):
                    owner.softened = True
                    return unify(node.columns, SINGLE)
        return False

    @staticmethod
    def _target(extents: list[Extent], result: Extent) -> Extent:
        return next((find(e) for e in extents if find(e).many), find(result) if find(result).many else SINGLE)


# A name is looked for in this many nodes.
MOST_SEARCHED = 200


def _mentions(node: Node, name: str) -> bool:
    """Whether a scalar formula is made of a name, as `mean(x)` of x."""
    if not is_scalar(node):
        return False
    pending = [node]
    for _ in range(MOST_SEARCHED):
        if not pending:
            return False
        current = pending.pop()
        if current.op == "name" and current.value == name:
            return True
        pending.extend(current.args)
    return False


def spread_extents(inference: Inference, node: Node, operands: Sequence[Node]) -> Extents | None:
    """The extents of an entrywise combination, or None while an operand is open."""
    rows = columns = SINGLE
    undecided: Node | None = None
    count = 0
    for operand in operands:
        own_rows, own_columns = find(operand.rows), find(operand.columns)
        if own_rows.many:
            if rows is SINGLE:
                rows = own_rows
            elif not unify(rows, own_rows):
                spread_clash(inference, node, operands, operand)
        if own_columns.many:
            if columns is SINGLE:
                columns = own_columns
            elif not unify(columns, own_columns):
                spread_clash(inference, node, operands, operand)
        if own_rows.is_open or own_columns.is_open:
            undecided = operand
            count += 1
    if count == 0:
        if rows is not SINGLE and columns is not SINGLE:
            _check_spreading(inference, node, operands)
        return rows, columns
    if count == 1 and undecided is not None and all(is_scalar(n) for n in operands if n is not undecided):
        return undecided.rows, undecided.columns
    return None


def _check_spreading(inference: Inference, node: Node, operands: Sequence[Node]) -> None:
    """A row spreads over a matrix and so does a column, but a row and a column alone do not combine."""
    if not any(find(n.rows).many and find(n.columns).many for n in operands):
        other = next(n for n in operands if find(n.rows).many != find(operands[0].rows).many and not is_scalar(n))
        spread_clash(inference, node, operands, other)


def spread_clash(inference: Inference, node: Node, operands: Sequence[Node], second: Node) -> NoReturn:
    """Name the two operands that do not fit, and offer a transposition where it helps."""
    inference.name_sizes()
    first = next(
        n
        for n in operands
        if n is not second and not is_scalar(n) and (differ(n.rows, second.rows) or differ(n.columns, second.columns))
    )
    mend = None
    if not differ(first.rows, second.columns) and not differ(first.columns, second.rows):
        mend = f"did you mean {inference.transposed(second)}?"
    inference.fail(
        node,
        f"{inference.text(first)} is {inference.shape(first)} and {inference.text(second)} is "
        f"{inference.shape(second)}: {OPERATION.get(node.op, 'an entrywise function needs')} one shape",
        suggestion=mend,
        expected=inference.shape(first),
        found=inference.shape(second),
    )


OPERATION = {"sum": "+ and - need", "had": ".* needs", "haddiv": "./ needs", "hadpower": ".^ needs"}


def bare_owner(node: Node) -> Variable | Spread | None:
    """The undecided name, or sum of such names, that this operand is, possibly transposed or mapped."""
    rows, columns = find(node.rows), find(node.columns)
    for owner in (rows.owner, columns.owner):
        if owner is not None:
            own = owner if isinstance(owner, Variable) else owner.node
            pair = find(own.rows), find(own.columns)
            if pair in ((rows, columns), (columns, rows)):
                return owner
    return None


def combine(inference: Inference, node: Node, operands: list[Node] | tuple[Node, ...], takes_shape: bool) -> None:
    """Give a node the common shape of its operands, now or when they are known."""
    extents = spread_extents(inference, node, operands)
    if extents is not None:
        node.rows, node.columns = extents
        if takes_shape and is_open(node) and not all(inference.only_spreads(n) for n in operands if not is_open(n)):
            inference.postpone(Spread(node, operands, takes_shape))
        return
    constraint = Spread(node, operands, takes_shape)
    inference.wait(node, constraint)
    if takes_shape and all(is_open(n) and bare_owner(n) is not None for n in operands):
        node.rows.owner = node.columns.owner = constraint


class ComputedSize(Constraint):
    """A size that is computed of others: m*n of a vec, 2*n of a stack."""

    __slots__ = ("dimension", "extent", "sizes")

    def __init__(self, node: Node, dimension: Dimension, sizes: dict[str, Extent]) -> None:
        super().__init__(node)
        self.dimension = dimension
        self.sizes = sizes
        self.extent = Extent()

    def watched(self) -> Iterable[Extent]:
        return (*self.sizes.values(), self.extent)

    def settle(self, inference: Inference) -> bool:
        if self._exceeds_one():
            find(self.extent).exceed_one()
        known = {name: find(extent).dimension for name, extent in self.sizes.items()}
        missing = [name for name in self.dimension.names if known[name] is None]
        if missing:
            return len(missing) == 1 and self._solved(inference, missing[0], known)
        sizes = {name: size for name, size in known.items() if size is not None}
        value, needed = self.dimension.substituted(sizes), find(self.extent)
        if not unify(self.extent, inference.extent(value)):
            text = f"the size {value.text} of {inference.text(self.node)}"
            inference.fail(self.node, f"{text} does not fit: {needed.dimension or 'more than 1'} is needed")
        return True

    def _solved(self, inference: Inference, name: str, known: dict[str, Dimension | None]) -> bool:
        """Find the one size that is missing from the result, where that is known: k*m = m*n, or k + 1 = n + 1."""
        total = find(self.extent).dimension
        sizes = {n: d for n, d in known.items() if d is not None}
        holding = [(monomial, count) for monomial, count in self.dimension.terms if name in monomial]
        if total is None or len(holding) != 1 or holding[0][0].count(name) != 1:
            return False
        monomial, count = holding[0]
        factor = Dimension([(tuple(n for n in monomial if n != name), count)]).substituted(sizes)
        others = Dimension(term for term in self.dimension.terms if term != holding[0]).substituted(sizes)
        found = (total + others * Dimension.of(-1)).quotient(factor)
        if found is None or (found.number is not None and found.number < 1):
            return False
        return unify(self.sizes[name], inference.extent(found))

    def _exceeds_one(self) -> bool:
        """Whether it is known not to be 1 before it is known: a sum or a multiple, or a product with such a factor."""
        if find(self.extent).dimension is not None or any(count < 0 for _, count in self.dimension.terms):
            return False
        factors, count = self.dimension.terms[0]
        several = len(self.dimension.terms) > 1 or count > 1
        return several or any(find(self.sizes[name]).many for name in factors)


class BlockList(Constraint):
    """`[a, b]`: of scalars a column, of anything else blocks side by side."""

    __slots__ = ()

    def settle(self, inference: Inference) -> bool:
        node = self.node
        if any(find(n.rows).many or find(n.columns).many for n in node.args):
            node.value = (1, len(node.args))
        elif all(is_scalar(n) for n in node.args):
            node.value = (len(node.args), 1)
        else:
            return False
        node.op = "stack"
        rows, columns = stacked_extents(inference, node)
        if not (unify(node.rows, rows) and unify(node.columns, columns)):
            inference.contradiction(node)
        return True


def stacked_extents(inference: Inference, node: Node) -> Extents:
    """Rows and columns of blocks by rows: those side by side have one height, those above each other one width."""
    rows, columns = node.value
    for place, block in enumerate(node.args):
        first_in_row, first_in_column = node.args[place - place % columns], node.args[place % columns]
        message = "the blocks of a row have the same height, those of a column the same width; {text} is {shape}"
        inference.require(block, first_in_row.rows, first_in_column.columns, message)
    heights = [node.args[k * columns].rows for k in range(rows)]
    widths = [block.columns for block in node.args[:columns]]
    return stacked_extent(inference, node, heights), stacked_extent(inference, node, widths)


def stacked_extent(inference: Inference, node: Node, parts: list[Extent]) -> Extent:
    """The extent of blocks one after the other."""
    if len(parts) == 1:
        return parts[0]
    names = {f"part{k}": part for k, part in enumerate(parts)}
    computed = ComputedSize(node, total_size([Dimension.of(name) for name in names]), names)
    inference.postpone(computed)
    inference.apply(computed)
    return computed.extent
