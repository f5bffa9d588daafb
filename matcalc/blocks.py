"""Stacks of blocks: terms that stand at slots of an axis, gathered into `[A; B]` or `[A, B; C, D]`."""

from __future__ import annotations

from collections.abc import Iterator

from matcalc import expr as ex
from matcalc.dimensions import ONE, Dimension
from matcalc.expr import Expr
from matcalc.forms import Form, both
from matcalc.network import NoMatrixForm
from matcalc.selectors import at_most
from matcalc.sums import linear
from matcalc.tensor import product
from matcalc.terms import Factor, Node, Slot, Sum, Term, Unit, delta, factors_of

Place = tuple[Dimension, Dimension]  # offset and length
Placed = tuple["tuple[Place | None, ...]", Term]  # the place of a block on each axis, and the block


def slot_form(node: Slot) -> Form:
    """A slot by itself: identity between zeros, or a one between zeros."""
    total = node.axes[0]
    length = node.axes[1] if len(node.axes) == 2 else ONE
    parts = _filled([(node.offset, length)], total)
    if parts is None:  # whether anything stands above or below it depends on the sizes
        raise NoMatrixForm("a block at a place that the sizes leave open")
    blocks = []
    for offset, size in parts:
        if offset == node.offset:
            eye = ex.call("eye", (ex.size(size),), (size, size))
            blocks.append(ex.number(1) if length == ONE else eye)
        else:
            blocks.append(zeros_of(size, length))
    return both(ex.stack(tuple(blocks), len(blocks), 1))


def zeros_of(rows: Dimension, columns: Dimension) -> Expr:
    """A block of zeros; a single one is the number."""
    if rows == columns == ONE:
        return ex.number(0)
    sizes = (ex.size(rows),) if columns == ONE else (ex.size(rows), ex.size(columns))
    return ex.call("zeros", sizes, (rows, columns))


class BlockLayout:
    """A sum whose terms stand at slots, as blocks by rows."""

    __slots__ = ("axes", "blocks", "parts")

    def __init__(self, axes: tuple[Dimension, ...], parts: list[list[Place] | None], placed: list[Placed]) -> None:
        self.axes = axes
        self.parts = parts  # of each axis, what it is divided into; None for one that is not
        self.blocks: dict[tuple[Place | None, ...], list[Term]] = {}
        for places, term in placed:
            self.blocks.setdefault(places, []).append(term)

    @property
    def is_full(self) -> bool:
        """Whether no block is missing."""
        count = 1
        for parts in self.parts:
            count *= 1 if parts is None else len(parts)
        return count == len(self.blocks)

    def entries(self) -> Iterator[tuple[tuple[Place | None, ...], Node | None]]:
        """Every place by rows with its block, None where there are zeros."""
        rows, columns = (self._along(axis) for axis in (0, 1))
        for row in rows:
            for column in columns:
                places = (row, column)[: len(self.axes)]
                terms = self.blocks.get(places)
                yield places, linear(terms, self.block_axes(places)) if terms else None

    def _along(self, axis: int) -> list[Place | None]:
        parts = self.parts[axis] if axis < len(self.parts) else None
        return [None] if parts is None else list(parts)

    def block_axes(self, places: tuple[Place | None, ...]) -> tuple[Dimension, ...]:
        """The axes of a block; one that is a single entry along an axis has none for it."""
        lengths = [axis if place is None else place[1] for place, axis in zip(places, self.axes, strict=True)]
        return tuple([d for d in lengths if d != ONE])

    def block_shape(self, places: tuple[Place | None, ...]) -> tuple[Dimension, Dimension]:
        """Rows and columns of a block."""
        lengths = [axis if place is None else place[1] for place, axis in zip(places, self.axes, strict=True)]
        return (*lengths, ONE)[0], (*lengths, ONE)[1]


def block_layout(node: Node) -> BlockLayout | None:
    """The blocks of a node of one or two axes, or None where its terms do not stand at slots."""
    if not 1 <= len(node.axes) <= 2:
        return None
    terms = node.terms if isinstance(node, Sum) else ((1, node),)
    divided = [all(_selector(term, axis) is not None for _, term in terms) for axis in range(len(node.axes))]
    if not terms or not any(divided):
        return None
    placed = [_placed(term, divided) for term in terms]
    parts: list[list[Place] | None] = []
    for axis, is_divided in enumerate(divided):
        if not is_divided:
            parts.append(None)
            continue
        filled = _filled([p for places, _ in placed if (p := places[axis]) is not None], node.axes[axis])
        if filled is None:
            return None
        parts.append(filled)
    return BlockLayout(node.axes, parts, placed)


def _selector(term: Node, axis: int) -> int | None:
    """The position of the factor that puts a term at a slot of an axis."""
    factors = factors_of(term)
    for position, (base, exponent, indices) in enumerate(factors):
        if isinstance(base, (Slot, Unit)) and exponent == 1 and indices[0] == axis:
            if isinstance(base, Unit) and not isinstance(base.at, int):
                return None
            alone = sum(axis in other for _, _, other in factors) == 1
            return position if alone and axis not in indices[1:] else None
    return None


def _placed(term: Term, divided: list[bool]) -> Placed:
    """Where a term stands, and the term without its slots."""
    coefficient, node = term
    factors = list(factors_of(node))
    places: list[Place | None] = []
    out: list[int] = []
    axes: list[Dimension] = []
    dropped = []
    for axis, is_divided in enumerate(divided):
        position = _selector(node, axis) if is_divided else None
        if position is None:
            places.append(None)
            out.append(axis)
            axes.append(node.axes[axis])
            continue
        base, _, indices = factors[position]
        dropped.append(position)
        length = base.axes[1] if len(base.axes) == 2 else ONE
        places.append((_offset(base), length))
        for inner in indices[1:]:  # one that is an axis as well is the identity between the two
            fresh = 1 + max(i for _, _, ii in factors for i in (*ii, len(node.axes)))
            factors.append((delta(length), 1, (inner, fresh)))
            out.append(fresh)
        axes += base.axes[1:]
    rest: list[Factor] = [f for k, f in enumerate(factors) if k not in dropped]
    return tuple(places), (coefficient, product(rest, tuple(out), tuple(axes)))


def _offset(base: Node) -> Dimension:
    if isinstance(base, Slot):
        return base.offset
    assert isinstance(base, Unit)
    assert isinstance(base.at, int)
    return Dimension.of(base.at - 1)


def _filled(places: list[Place], total: Dimension) -> list[Place] | None:
    """The places in their order with the gaps between them, or None where they overlap or the order is not known."""
    ordered: list[Place] = []
    waiting = list(dict.fromkeys(places))
    offset = Dimension(())
    while waiting:
        nearest = next((p for p in waiting if all(at_most(p[0], other[0]) for other in waiting)), None)
        if nearest is None:
            return None
        waiting.remove(nearest)
        offset = _with_gap(ordered, offset, nearest[0])
        if offset != nearest[0]:
            return None
        ordered.append(nearest)
        offset = offset + nearest[1]
    return ordered if _with_gap(ordered, offset, total) == total else None


def _with_gap(ordered: list[Place], offset: Dimension, start: Dimension) -> Dimension:
    """Close the gap up to `start` where it is known to be one; where the next place begins."""
    if offset != start and at_most(offset + ONE, start):
        ordered.append((offset, start + offset * Dimension.of(-1)))
        return start
    return offset
