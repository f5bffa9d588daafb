"""Linear maps of a matrix as sums of terms A*X*B, read off their derivatives.

The derivative of a map by its operand X has the axes of X, then those of the value. A term whose factors fall into two
groups, one between the rows and one between the columns, is A[k,i]*X[i,j]*B[j,l].
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from matcalc.components import components
from matcalc.sums import as_term, linear, scaled
from matcalc.tensor import product, transposed
from matcalc.terms import Delta, Factor, Indices, Node, Sum, factors_of


class Sided:
    """One term A*X*B of a linear map."""

    __slots__ = ("left", "right")

    def __init__(self, left: Node, right: Node) -> None:
        self.left = left
        self.right = right


def sided_terms(tensor: Node, turned: bool, is_symmetric: bool) -> list[Sided] | None:
    """The terms A*X*B of the map with this derivative, or of its transpose; None where it has others.

    Of a symmetric X a term may be the transpose of one.
    """
    found: list[Sided] = []
    for coefficient, term in tensor.terms if isinstance(tensor, Sum) else ((1, tensor),):
        sides = _sides(term, turned)
        if sides is None and is_symmetric:
            sides = _transposed(_sides(term, not turned))
        if sides is None:
            return None
        share, right = as_term(sides.right)
        found.append(Sided(scaled(coefficient * share, sides.left), right))
    return found


def _transposed(term: Sided | None) -> Sided | None:
    """The term B'*X*A' that is the transpose of A*X*B for a symmetric X."""
    return None if term is None else Sided(transposed(term.right), transposed(term.left))


def _sides(term: Node, turned: bool) -> Sided | None:
    """The factors of one term between rows and between columns; scalars go to the left."""
    into, out = (3, 2) if turned else (2, 3)
    groups: dict[bool, list[Factor]] = {True: [], False: []}
    for group in components(factors_of(term)):
        touched = {i for _, _, indices in group for i in indices if i < 4}
        if not touched <= {0, into} and not touched <= {1, out}:
            return None
        groups[touched <= {0, into}] += group
    left, right = (_matrix(term, groups[True], (into, 0)), _matrix(term, groups[False], (1, out)))
    return None if left is None or right is None else Sided(left, right)


def _matrix(term: Node, factors: list[Factor], axes: Indices) -> Node | None:
    """The product of some factors as a matrix; None where an axis is carried by none, which repeats it."""
    if {i for _, _, indices in factors for i in indices if i < 4} != set(axes):
        return None
    return product(factors, axes, tuple([term.axes[i] for i in axes]))


def gathered(terms: Sequence[Sided]) -> list[Sided]:
    """The same map in as few terms as one side in common allows: A*X*B + A*X*C is A*X*(B + C)."""
    by_right = _joined([(term.right, term.left) for term in terms])
    by_left = _joined([(term.left, term.right) for term in terms])
    if len(by_left) < len(by_right):
        return [_balanced(left, right) for left, right in by_left]
    return [_balanced(left, right) for right, left in by_right]


def _balanced(left: Node, right: Node) -> Sided:
    """The term with numbers and scalars at the side that is no multiple of the identity."""
    for here, there, is_left in ((left, right, True), (right, left, False)):
        coefficient, core = as_term(here)
        factors = factors_of(core)
        matrices = [base for base, _, indices in factors if indices]
        if len(matrices) == 1 and is_identity(matrices[0]) and not is_identity(here):
            scalars: list[Factor] = [factor for factor in factors if not factor[2]]
            other = product([(there, 1, (0, 1)), *scalars], (0, 1), there.axes, coefficient)
            return Sided(matrices[0], other) if is_left else Sided(other, matrices[0])
    return Sided(left, right)


def _joined(pairs: Iterable[tuple[Node, Node]]) -> list[tuple[Node, Node]]:
    """For each matrix that is first in a pair, multiples apart, the sum of what is second."""
    found: dict[bytes, tuple[Node, list[tuple[int, Node]]]] = {}
    for key, value in pairs:
        share, core = as_term(key)
        found.setdefault(core.digest, (core, []))[1].append((1, scaled(share, value)))
    return [(key, linear(values, values[0][1].axes)) for key, values in found.values()]


def is_identity(node: Node) -> bool:
    """Whether a matrix is the identity."""
    return isinstance(node, Delta)
