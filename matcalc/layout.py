"""Layouts: where the axes of an answer stand. Decided here, once, from the free indices."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby

from matcalc.dimensions import Shape
from matcalc.errors import MatcalcError
from matcalc.expr import Symbol
from matcalc.kinds import Kind
from matcalc.lower import axes_of
from matcalc.sums import linear
from matcalc.tensor import permuted, product
from matcalc.terms import Axes, Factor, Indices, Node, delta, mask, pairing

LAYOUTS = ("mixed", "numerator", "denominator")
SYMMETRIES = ("projected", "independent", "cookbook")


def arranged(
    node: Node, value: Shape, variables: Sequence[Symbol], layout: str, vec: bool = False
) -> tuple[Node, Shape | None]:
    """The answer with its axes in order, and its shape (None for a tensor of more than two axes).

    `node` carries the axes of the last variable, ..., of the first one, of the value. A gradient stands as its
    variable does, or in numerator layout as its transpose; a derivative by scalars as the value does, or in
    denominator layout as its transpose; any other has rows and columns, or axes: those of the value and of the
    variables in the order of differentiation, or in denominator layout from the last variable to the value. With
    `vec` a tensor is d vec(Y)/d vec(X)', with a column for each entry of the variable.
    """
    if layout not in LAYOUTS:
        raise MatcalcError(f"unknown layout {layout!r}", expected=" or ".join(LAYOUTS), found=layout)
    own, wide = axes_of(value), [v for v in variables if axes_of(v.kind.shape)]
    if not wide:
        return _turned(node, value, layout == "denominator")
    if not own and len(wide) == 1:
        return _turned(node, wide[0].kind.shape, layout == "numerator")
    outputs, *inputs = _blocks([len(own), *(len(axes_of(v.kind.shape)) for v in wide)])
    front = layout == "denominator"
    if vec and len(node.axes) > 2:
        return vectorised(node, outputs, inputs, front)
    blocks = [*_last_first(inputs, wide), outputs] if front else [outputs, *inputs]
    node = permuted(node, [axis for block in blocks for axis in block])
    return node, (node.axes[0], node.axes[1]) if len(node.axes) == 2 else None


def _blocks(counts: Sequence[int]) -> list[list[int]]:
    """The axes of the value and of each variable in turn, so many each, where those of the value come last."""
    end, blocks = sum(counts), []
    for count in counts:
        blocks.append(list(range(end - count, end)))
        end -= count
    return blocks


def _last_first(blocks: list[list[int]], variables: Sequence[Symbol]) -> list[list[int]]:
    """The axes of the variables from the last to the first.

    Derivatives by one variable again and again are symmetric: they read the same from either end.
    """
    runs = [[blocks[k] for k, _ in run] for _, run in groupby(enumerate(variables), key=lambda pair: pair[1])]
    return [block for run in reversed(runs) for block in run]


def vectorised(node: Node, outputs: list[int], inputs: list[list[int]], front: bool) -> tuple[Node, Shape]:
    """The tensor as a matrix: the entries of the value along one axis, those of the variable along the other.

    Of a scalar's second derivative the first variable takes the place of the value.
    """
    if not outputs:
        outputs, inputs = inputs[0], inputs[1:]
    groups = [outputs, [k for block in inputs for k in block]]
    factors: list[Factor] = [(node, 1, tuple(range(len(node.axes))))]
    out: list[int] = []
    for group in groups[::-1] if front else groups:
        out.append(_counted(group, node, factors))
    sizes = dict(enumerate(node.axes)) | {ii[0]: base.axes[0] for base, _, ii in factors[1:]}
    axes = (sizes[out[0]], sizes[out[1]])
    return product(factors, tuple(out), axes), axes


def _counted(group: list[int], node: Node, factors: list[Factor]) -> int:
    """One index in place of several: those of a later axis count slower, as vec counts entries."""
    first, *others = group
    whole, size = first, node.axes[first]
    for index in others:
        fresh = 1 + max(i for _, _, indices in factors for i in indices)
        paired = pairing(node.axes[index], size)
        factors.append((paired, 1, (fresh, index, whole)))
        whole, size = fresh, paired.axes[0]
    return whole


def _turned(node: Node, shape: Shape, turn: bool) -> tuple[Node, Shape]:
    if not turn:
        return node, shape
    turned = permuted(node, (1, 0)) if len(node.axes) == 2 else node
    return turned, (shape[1], shape[0])


def structured(node: Node, kind: Kind, convention: str) -> Node:
    """The derivative by a structured variable: projected onto the structure, or by another convention.

    `projected` is (G + G')/2 for symmetric, (G - G')/2 for skew, a triangle of G for triangular; `independent` is G,
    the derivative as if all entries were free; `cookbook` is G + G' - diag(G), the derivative by the entries of one
    triangle.
    """
    facts = kind.facts
    if "diagonal" in facts and len(axes_of(kind.shape)) == 2:
        return _spread_diagonal(node)
    if facts & {"lower", "upper"} and convention != "independent" and len(axes_of(kind.shape)) == 2:
        return _triangle(node, (0, 1) if "lower" in facts else (1, 0))
    if not facts & {"symmetric", "skew"} or convention == "independent" or len(axes_of(kind.shape)) < 2:
        return node
    swapped = permuted(node, (1, 0, *range(2, len(node.axes))))
    if "skew" in facts:
        return linear([(Fraction(1, 2), node), (Fraction(-1, 2), swapped)], node.axes)
    if convention == "projected":
        return linear([(Fraction(1, 2), node), (Fraction(1, 2), swapped)], node.axes)
    return linear([(1, node), (1, swapped), (-1, _diagonal_part(node))], node.axes)


def _spread_diagonal(node: Node) -> Node:
    """The axis of the diagonal as the two axes of a diagonal matrix."""
    rest = tuple(range(2, 1 + len(node.axes)))
    axis = node.axes[0]
    axes: Axes = (axis, axis, *node.axes[1:])
    return product([(node, 1, (0, *rest)), (delta(axis), 1, (0, 1))], (0, 1, *rest), axes)


def _triangle(node: Node, spots: Indices) -> Node:
    """The entries of the lower triangle of the first two axes; for (1, 0) of the upper one."""
    whole = tuple(range(len(node.axes)))
    return product([(node, 1, whole), (mask(node.axes[0], node.axes[0]), 1, spots)], whole, node.axes)


def _diagonal_part(node: Node) -> Node:
    rest = tuple(range(2, len(node.axes)))
    return product(
        [(node, 1, (0, 1, *rest)), (delta(node.axes[0]), 1, (0, 1))], tuple(range(len(node.axes))), node.axes
    )


def shape_text(shape: Shape) -> str:
    """`m x n`, the way messages write a shape."""
    return f"{shape[0].text} x {shape[1].text}"
