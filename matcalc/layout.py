"""Layouts: where the axes of an answer stand. Decided here, once, from the free indices."""

from __future__ import annotations

from fractions import Fraction

from matcalc.dimensions import Shape
from matcalc.errors import MatcalcError, UnsupportedError
from matcalc.kinds import Kind
from matcalc.lower import axes_of
from matcalc.sums import linear
from matcalc.tensor import permuted, product
from matcalc.terms import Axes, Factor, Node, delta, pairing

LAYOUTS = ("mixed", "numerator", "denominator")
SYMMETRIES = ("projected", "independent", "cookbook")


def arranged(
    node: Node, value: Shape, variable: Shape, order: int, layout: str, vec: bool = False
) -> tuple[Node, Shape | None]:
    """The answer with its axes in order, and its shape (None for a tensor of more than two axes).

    `node` carries the axes of the variable, `order` times, then those of the value. With `vec` a tensor is
    d vec(Y)/d vec(X)', with a column for each entry of the variable.
    """
    if layout not in LAYOUTS:
        raise MatcalcError(f"unknown layout {layout!r}", expected=" or ".join(LAYOUTS), found=layout)
    own, by = len(axes_of(value)), len(axes_of(variable))
    if own == 0 and (order == 1 or by == 0):
        return _as_variable(node, variable, layout)
    if by == 0:
        return _turned(node, value, layout == "denominator")
    inputs, outputs = list(range(by * order)), list(range(by * order, by * order + own))
    first_to_last = [k for block in reversed(range(order)) for k in range(by * block, by * block + by)]
    positions = inputs if order == 1 else first_to_last
    front = layout == "denominator"
    if vec and len(node.axes) > 2:
        return vectorised(node, outputs, [positions[k : k + by] for k in range(0, len(positions), by)], front)
    node = permuted(node, [*positions, *outputs] if front else [*outputs, *positions])
    if len(node.axes) == 2:
        return node, (node.axes[0], node.axes[1])
    return node, None


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


def _as_variable(node: Node, variable: Shape, layout: str) -> tuple[Node, Shape]:
    """A gradient: shaped like the variable, or in numerator layout like its transpose."""
    return _turned(node, variable, layout == "numerator")


def _turned(node: Node, shape: Shape, turn: bool) -> tuple[Node, Shape]:
    if not turn:
        return node, shape
    turned = permuted(node, (1, 0)) if len(node.axes) == 2 else node
    return turned, (shape[1], shape[0])


def structured(node: Node, kind: Kind, convention: str) -> Node:
    """The derivative by a structured variable: projected onto the structure, or by another convention.

    `projected` is (G + G')/2 for symmetric, (G - G')/2 for skew; `independent` is G, the derivative as if all
    entries were free; `cookbook` is G + G' - diag(G), the derivative by the entries of one triangle.
    """
    if convention not in SYMMETRIES:
        raise MatcalcError(f"unknown convention {convention!r}", expected=" or ".join(SYMMETRIES), found=convention)
    facts = kind.facts
    if "diagonal" in facts and len(axes_of(kind.shape)) == 2:
        return _spread_diagonal(node)
    if facts & {"lower", "upper"} and convention != "independent":
        raise UnsupportedError("the derivative by a triangular matrix is not supported yet")
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


def _diagonal_part(node: Node) -> Node:
    rest = tuple(range(2, len(node.axes)))
    return product(
        [(node, 1, (0, 1, *rest)), (delta(node.axes[0]), 1, (0, 1))], tuple(range(len(node.axes))), node.axes
    )


def shape_text(shape: Shape) -> str:
    """`m x n`, the way messages write a shape."""
    return f"{shape[0].text} x {shape[1].text}"
