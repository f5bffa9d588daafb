"""Matrix products as NumPy code: in the cheapest order, without forming inverses or diagonal matrices.

Vectors and rows are one-dimensional in the code, so `x'*y` is `x @ y` and `x*y'` is an outer product.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.dimensions import ONE, SCALAR, Dimension, Shape
from matcalc.printers.numpy_code import Body, Code, as_column, transposed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matcalc.expr import Expr

# the size a name is taken to have when orders of multiplication are compared
TYPICAL = 100
# beyond this many factors the product is taken from one end: comparing orders is cubic
LONGEST_CHAIN = 24


class Factor:
    """A factor without its wrapping: `inverse` of, `diagonal` matrix of, or plainly `node`, maybe transposed."""

    __slots__ = ("is_transposed", "node", "role", "shape")

    def __init__(self, node: Expr, role: str, is_transposed: bool, shape: Shape) -> None:
        self.node = node
        self.role = role
        self.is_transposed = is_transposed
        self.shape = shape


def factor_of(arg: Expr, is_solved: Callable[[Expr], bool]) -> Factor:
    """What a factor of a product is made of; `is_solved` tells which inverses are not to be formed."""
    is_transposed = arg.op == "transpose"
    inner = arg.args[0] if is_transposed else arg
    if is_solved(inner):
        return Factor(inner.args[0], "inverse", is_transposed, arg.shape)
    if inner.op == "call" and inner.value == "diag" and (inner.args[0].is_column or inner.args[0].is_row):
        return Factor(inner.args[0], "diagonal", False, arg.shape)
    return Factor(inner, "plain", is_transposed, arg.shape)


class Partial:
    """A product of neighbouring factors: a single factor keeps its role until it is used."""

    __slots__ = ("code", "role", "shape")

    def __init__(self, code: Code, role: str, shape: Shape) -> None:
        self.code = code
        self.role = role
        self.shape = shape


def leaf(factor: Factor, code: Code) -> Partial:
    """A factor with the code of its node."""
    is_flat = ONE in factor.node.shape
    return Partial(transposed(code) if factor.is_transposed and not is_flat else code, factor.role, factor.shape)


def product(partials: Sequence[Partial], body: Body) -> Partial:
    """The product of all, multiplied in the cheapest order."""
    if len(partials) > LONGEST_CHAIN:
        return _from_one_end(partials, body)
    splits = _splits([p.shape[0] for p in partials] + [partials[-1].shape[1]], [p.role for p in partials])
    return _ordered(partials, splits, 0, len(partials) - 1, body)


def halves(partials: Sequence[Partial], body: Body) -> tuple[Code, Code]:
    """Two matrices whose product is the product of all, cut where that is cheapest."""
    dimensions = [_weight(p.shape[0]) for p in partials] + [_weight(partials[-1].shape[1])]
    cut = min(range(1, len(partials)), key=lambda k: (dimensions[k], -k))
    return formed(product(partials[:cut], body), body), formed(product(partials[cut:], body), body)


def _from_one_end(partials: Sequence[Partial], body: Body) -> Partial:
    """Left to right, unless only the right end is thin."""
    if partials[-1].shape[1] == ONE and partials[0].shape[0] != ONE:
        done = partials[-1]
        for partial in reversed(partials[:-1]):
            done = _times(partial, done, body)
        return done
    done = partials[0]
    for partial in partials[1:]:
        done = _times(done, partial, body)
    return done


def _weight(dimension: Dimension) -> int:
    return dimension.value(dict.fromkeys(dimension.names, TYPICAL))


def _splits(dimensions: Sequence[Dimension], roles: Sequence[str]) -> dict[tuple[int, int], int]:
    """Where to cut each run of factors: the matrix chain order by dynamic programming."""
    weights = [_weight(d) for d in dimensions]
    count = len(roles)
    costs = {(i, i): 0 for i in range(count)}
    # where orders cost the same, from the left as it is read, or from the right as it is solved for
    is_solving = "inverse" in roles

    def cuts(first: int, last: int) -> range:
        return range(first, last) if is_solving else range(last - 1, first - 1, -1)

    splits: dict[tuple[int, int], int] = {}
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            best = None
            for k in cuts(i, j):
                is_scaling = (k == i and roles[i] == "diagonal") or (k + 1 == j and roles[j] == "diagonal")
                here = weights[i] * weights[j + 1] * (1 if is_scaling else weights[k + 1])
                cost = costs[i, k] + costs[k + 1, j] + here
                if best is None or cost < best:
                    best, splits[i, j] = cost, k
            costs[i, j] = best or 0
    return splits


def _ordered(
    partials: Sequence[Partial], splits: dict[tuple[int, int], int], first: int, last: int, body: Body
) -> Partial:
    """Multiply the run of factors as the splits say; the depth is below LONGEST_CHAIN."""
    if first == last:
        return partials[first]
    cut = splits[first, last]
    left = _ordered(partials, splits, first, cut, body)
    return _times(left, _ordered(partials, splits, cut + 1, last, body), body)


def formed(partial: Partial, body: Body) -> Code:
    """The matrix itself, where a role has not been used up by a product."""
    if partial.role == "inverse":
        return body.called("np.linalg.inv", partial.code)
    if partial.role == "diagonal":
        return body.called("np.diag", partial.code)
    return partial.code


def _times(left: Partial, right: Partial, body: Body) -> Partial:
    shape = left.shape[0], right.shape[1]
    if left.role == "diagonal":
        return _scaled_rows(left, right, shape, body)
    if right.role == "diagonal" and left.role == "plain":
        return Partial(body.joined(left.code, "*", right.code, "product"), "plain", shape)
    if left.role == "inverse":
        return Partial(body.called("np.linalg.solve", left.code, formed(right, body)), "plain", shape)
    if right.role == "inverse":
        return _solved_from_right(left, right, shape, body)
    if SCALAR in (left.shape, right.shape):
        scalar, other = (left, right) if left.shape == SCALAR else (right, left)
        return Partial(body.joined(scalar.code, "*", other.code, "product"), "plain", shape)
    if left.shape[1] == ONE:
        return Partial(body.called("np.outer", left.code, right.code), "plain", shape)
    return Partial(body.joined(left.code, "@", right.code, "matmul"), "plain", shape)


def _scaled_rows(left: Partial, right: Partial, shape: Shape, body: Body) -> Partial:
    if right.role == "diagonal":
        return Partial(body.joined(left.code, "*", right.code, "product"), "diagonal", shape)
    weights = left.code if right.shape[1] == ONE else as_column(left.code)
    return Partial(body.joined(weights, "*", formed(right, body), "product"), "plain", shape)


def _solved_from_right(left: Partial, right: Partial, shape: Shape, body: Body) -> Partial:
    """`L*inv(A)` is the transpose of the solution of `A'*Z = L'`."""
    if left.shape[0] == ONE:
        return Partial(body.called("np.linalg.solve", transposed(right.code), left.code), "plain", shape)
    solution = body.called("np.linalg.solve", transposed(right.code), transposed(left.code))
    return Partial(transposed(solution), "plain", shape)
