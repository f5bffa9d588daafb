"""The solution of L(X) = C, where the linear map L is given by its derivative, in closed form.

By the structure of L: a number, a diagonal, a matrix, one term A*X*B, two terms (a Sylvester equation), or any other by
its matrix in vec(X). Every inverse that a solution needs is a condition on it.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from matcalc.definiteness import Definiteness, diagonal_of
from matcalc.layout import vectorised
from matcalc.linear_maps import Sided, gathered, is_identity, sided_terms
from matcalc.simplify import simplified
from matcalc.sums import as_term, exact, linear, primitive, scaled
from matcalc.tensor import apply, multiply_exponents, product, raised, transposed
from matcalc.terms import Delta, Factor, Node, Product, Sum, delta, factors_of, pairing

if TYPE_CHECKING:
    from matcalc.expr import Rational
    from matcalc.rulebook import Rulebook


class LinearEquation:
    """L(X) = C. `derivative` has the axes of X, then those of C.

    After `solved`, `nonzero` holds scalars and columns that must not be 0 anywhere, and `in_vec` says that what was
    found is vec(X).
    """

    def __init__(self, derivative: Node, constant: Node, known: Definiteness, is_symmetric: bool) -> None:
        content, self.derivative = _content(derivative)
        self.constant = scaled(exact(1 / Fraction(content)), constant)
        self.known = known
        self.is_symmetric = is_symmetric
        self.rulebook: Rulebook = known.rulebook
        self.nonzero: list[Node] = []
        self.in_vec = False

    def solved(self) -> Node:
        """The X, or vec(X), of the equation."""
        count = len(self.derivative.axes) // 2
        if count == 0:
            return self._times_inverse_entries(self.derivative)
        if count == 1:
            return self._of_a_column()
        entries = self._entrywise()
        if entries is not None:
            return self._times_inverse_entries(entries)
        for turned, constant in ((False, self.constant), (True, transposed(self.constant))):
            terms = sided_terms(self.derivative, turned, self.is_symmetric)
            found = self._of_sides(gathered(terms), constant) if terms else None
            if found is not None:
                return found
        return self._by_vec()

    # -- one number, one for each entry, or a matrix

    def _times_inverse_entries(self, divisor: Node) -> Node:
        """C./d; also a number d."""
        if not self.known.range(divisor).is_positive and not self.known.range(scaled(-1, divisor)).is_positive:
            self.nonzero.append(divisor)
        everywhere = tuple(range(len(self.constant.axes)))
        places = everywhere if divisor.axes else ()
        factors: list[Factor] = [(self.constant, 1, everywhere), (divisor, -1, places)]
        return product(factors, everywhere, self.constant.axes)

    def _of_a_column(self) -> Node:
        diagonal = diagonal_of(self.derivative)
        if diagonal is not None:
            return self._times_inverse_entries(diagonal)
        matrix = transposed(self.derivative)
        inverse = self.inverse(matrix)
        return product([(inverse, 1, (0, 1)), (self.constant, 1, (1,))], (0,), inverse.axes[:1])

    def _entrywise(self) -> Node | None:
        """The matrix M of a map M.*X; None for any other."""
        entries: list[tuple[int, Node]] = []
        several = False
        for coefficient, term in self.derivative.terms if isinstance(self.derivative, Sum) else ((1, self.derivative),):
            factors = list(factors_of(term))
            ties = [f for f in factors if isinstance(f[0], Delta) and sorted(f[2]) in ([0, 2], [1, 3])]
            rest = [f for f in factors if f not in ties]
            if len(ties) != 2:
                return None
            several = several or any(len(indices) == 2 for _, _, indices in rest)
            places: list[Factor] = [(b, e, tuple([i - 2 if i in (2, 3) else i for i in ii])) for b, e, ii in rest]
            entries.append((1, scaled(coefficient, product(places, (0, 1), term.axes[:2]))))
        return linear(entries, self.derivative.axes[:2]) if several else None

    # -- matrices from both sides

    def _of_sides(self, terms: list[Sided], constant: Node) -> Node | None:
        if any(side.axes[0] != side.axes[1] for term in terms for side in (term.left, term.right)):
            return None
        if len(terms) == 1:
            return self._between(self.inverse(terms[0].left), constant, self.inverse(terms[0].right))
        if len(terms) != 2:
            return None
        first, second = self._fewest_inverses(terms)
        return self._sylvester(first, second, constant)

    def _fewest_inverses(self, terms: list[Sided]) -> list[Sided]:
        """The order of two terms in which the right of the first and the left of the second are identities."""
        first, second = terms
        straight = is_identity(first.right) + is_identity(second.left)
        return terms if straight >= is_identity(second.right) + is_identity(first.left) else [second, first]

    def _sylvester(self, first: Sided, second: Sided, constant: Node) -> Node:
        """The solution of A*X*B + C*X*D = E: that of inv(C)*A*X + X*D*inv(B) = inv(C)*E*inv(B)."""
        left, right = self.inverse(second.left), self.inverse(first.right)
        function = self.rulebook.overloads("sylvester")[0]
        operands = (
            simplified(_matrix_product(left, first.left), self.rulebook),
            simplified(_matrix_product(second.right, right), self.rulebook),
            simplified(self._between(left, constant, right), self.rulebook),
        )
        return apply(function, operands, constant.axes)

    def _between(self, left: Node, middle: Node, right: Node) -> Node:
        return _matrix_product(_matrix_product(left, middle), right)

    def _by_vec(self) -> Node:
        """The solution as vec(X) = inv(K)*vec(C), with the matrix K of the map."""
        self.in_vec = True
        matrix, axes = vectorised(self.derivative, [2, 3], [[0, 1]], front=False)
        rows, columns = self.constant.axes
        count = pairing(columns, rows)
        inverse = self.inverse(simplified(matrix, self.rulebook))
        factors: list[Factor] = [(inverse, 1, (0, 1)), (count, 1, (1, 3, 2)), (self.constant, 1, (2, 3))]
        return product(factors, (0,), axes[1:])

    # -- inverses

    def inverse(self, matrix: Node) -> Node:
        """The inverse, numbers and scalar factors in front; of a diagonal that of its entries."""
        matrix = simplified(matrix, self.rulebook)
        content, core = _content(matrix)
        scalars = [f for f in core.factors if not f[2]] if isinstance(core, Product) else []
        if scalars and isinstance(core, Product):
            core = product([f for f in core.factors if f[2]], (0, 1), core.axes)
        self.nonzero += [base for base, _, _ in scalars if not self.known.range(base).is_positive]
        inner = self._inverse_of_core(core)
        inverted: list[Factor] = [(base, multiply_exponents(exponent, -1), ()) for base, exponent, _ in scalars]
        whole = product([(inner, 1, (0, 1)), *inverted], (0, 1), matrix.axes)
        return whole if content == 1 else scaled(exact(1 / Fraction(content)), whole)

    def _inverse_of_core(self, core: Node) -> Node:
        diagonal = diagonal_of(core)
        if diagonal is None:
            return apply(self.rulebook.overloads("inv")[0], (core,), core.axes)
        if is_identity(core):
            return core
        if not self.known.range(diagonal).is_positive:
            self.nonzero.append(diagonal)
        ties: list[Factor] = [(delta(core.axes[0]), 1, (0, 1)), (raised(diagonal, -1), 1, (0,))]
        return product(ties, (0, 1), core.axes)


def _content(node: Node) -> tuple[Rational, Node]:
    """The number in front of a node, and the rest."""
    return primitive(node) if isinstance(node, Sum) and len(node.terms) > 1 else as_term(node)


def _matrix_product(left: Node, right: Node) -> Node:
    return product([(left, 1, (0, 1)), (right, 1, (1, 2))], (0, 2), (left.axes[0], right.axes[1]))
