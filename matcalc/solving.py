"""What solves an equation, or makes the gradient of a scalar zero, where that is affine in the unknown.

The gradient, or the difference of the two sides, is an index term F. It is affine in X where its derivative by X is
without X: then F = L(X) + F(0), and the solution is that of L(X) = -F(0). It is put back into F before it is shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matcalc.agreement import agree, has_value
from matcalc.answers import Answer
from matcalc.api import Declarations, read
from matcalc.assumptions import assumed_by
from matcalc.curvature import convexity_of
from matcalc.definiteness import Definiteness
from matcalc.differentiation import dependent, derivative
from matcalc.dimensions import ONE
from matcalc.equations import as_residual
from matcalc.errors import NotDifferentiableError, ShapeError, UnsupportedError
from matcalc.expr import Symbol
from matcalc.guard import guarded
from matcalc.layout import shape_text
from matcalc.lifting import lifted
from matcalc.linear_equations import LinearEquation
from matcalc.lower import variable
from matcalc.partials import Partial, at_places, differentiated, undifferentiated
from matcalc.squared import as_square
from matcalc.stacked import StackedSymbol
from matcalc.substitution import substituted
from matcalc.sums import as_term, is_zero, linear, primitive, scaled, zero
from matcalc.tensor import is_symmetric, transposed
from matcalc.terms import Apply, Node, Sum, postorder
from matcalc.wrt import asked_for, named_variable

if TYPE_CHECKING:
    from matcalc.parser import Program
    from matcalc.report import Report
    from matcalc.rulebook import Rulebook

# structures of unknowns for which the equation may be solved over all entries
FREE = frozenset({"scalar", "vector", "row", "matrix", "invertible", "positive_stable", "symmetric", "spd", "psd"})
KINDS_OF_POINT = {
    "convex": ("minimum", "a minimum: the objective is convex in {}"),
    "concave": ("maximum", "a maximum: the objective is concave in {}"),
    "unknown": ("unknown", "a stationary point: whether a minimum, a maximum or a saddle is not known"),
}


_DEPENDENT = "the equations depend on each other, whatever the operands: they do not determine {}"


class NotAffineError(UnsupportedError):
    """What is to be zero is not affine in the unknown."""


class Solution(Answer):
    """The closed form of an unknown, with the conditions on which it holds.

    `point` is `minimum`, `maximum` or `unknown` for a stationary point of an objective, and empty for an equation;
    `conditions` are what must hold for it to be the only one. Of an equation that only its entries one below the
    other solve, it is vec(X): then `in_vec`.
    """

    def __init__(self, program: Program, by: Symbol, is_equation: bool, rulebook: Rulebook) -> None:
        self.is_equation = is_equation
        self.unknown = by
        self._proper = Definiteness(rulebook)
        super().__init__(program, [Partial(by)], "mixed", "projected", rulebook)

    def _find(self) -> None:
        residual = self._residual()
        self._require_as_many_entries(residual)
        equation = self._equation(residual)
        found = equation.solved()
        if has_value(found) is False:
            raise UnsupportedError(_DEPENDENT.format(self.unknown.name))
        if not equation.in_vec:
            self._verify(residual, found)
        self.in_vec, self.nonzero, self.residual = equation.in_vec, equation.nonzero, residual
        found = lifted(found, self.stacks) if self.stacks else found
        rows, columns = self.unknown.kind.shape
        self.matrix_shape = (rows * columns, ONE) if self.in_vec else (rows, columns)
        self.node, self.expression, self._dropped = self._notation().shortest(found)

    @property
    def _leaf(self) -> Node:
        """The unknown, at its place."""
        return variable(self._steps[0].by)

    def _residual(self) -> Node:
        """What is to be zero, with the axes of the unknown or those of the equation."""
        self._symbols, self._steps, self._times = at_places(self.program.expr, self.partials, None)
        given = undifferentiated(self.program.expr, self._steps, self.symmetric, self.rulebook, self._symbols)
        if self.is_equation:
            return guarded(given, self.rulebook)[0]
        raw = differentiated(given, self._steps, None, self.symmetric, self.rulebook)
        return guarded(raw, self.rulebook)[0]

    def _equation(self, residual: Node) -> LinearEquation:
        leaf = self._leaf
        name = self.unknown.name
        if leaf.digest not in dependent(postorder(residual), leaf) or leaf not in postorder(residual):
            what = "the equation" if self.is_equation else "the gradient"
            raise UnsupportedError(f"{what} does not depend on {name}: every {name} or none solves it")
        try:
            slope = guarded(derivative(residual, leaf, self.rulebook), self.rulebook)[0]
        except NotDifferentiableError as refused:
            raise NotAffineError(f"this is not affine in {name}: {refused.message}") from None
        if leaf in postorder(slope):
            raise NotAffineError(self._not_affine(residual, leaf))
        constant = substituted(residual, {leaf.digest: zero(leaf.axes)})
        tied = is_symmetric(leaf) and len(leaf.axes) == 2
        return LinearEquation(slope, scaled(-1, constant), self._proper, tied)

    def _not_affine(self, residual: Node, leaf: Node) -> str:
        """Which term of what is to be zero is not affine."""
        what = "the difference of the two sides" if self.is_equation else "the gradient"
        terms = [term for _, term in residual.terms] if isinstance(residual, Sum) else [residual]
        for term in terms:
            if leaf in postorder(guarded(derivative(term, leaf, self.rulebook), self.rulebook)[0]):
                return f"{what} is not affine in {self.unknown.name}: it has the term {self.text_of(term)}"
        return f"{what} is not affine in {self.unknown.name}"

    def _require_as_many_entries(self, residual: Node) -> None:
        axes = self._leaf.axes
        if (
            len(residual.axes) != len(axes)
            or (len(axes) < 2 and residual.axes != axes)
            or (len(axes) == 2 and residual.axes[0] * residual.axes[1] != axes[0] * axes[1])
        ):
            shape, own = shape_text(self.program.expr.shape), shape_text(self.unknown.kind.shape)
            raise ShapeError(
                f"the equation is {shape} and {self.unknown.name} is {own}: so many equations have no solution in "
                "general, or more than one",
                expected=own,
                found=shape,
                suggestion="for least squares solve norm2(lhs - rhs)^2",
            )

    def _verify(self, residual: Node, found: Node) -> None:
        """Put the solution back, at random points. Raises where it does not solve the equation."""
        leaf = self._leaf
        if is_symmetric(leaf) and not is_symmetric(found) and agree(found, transposed(found)) is not True:
            raise UnsupportedError(
                f"without symmetry the solution is {self.text_of(found)}, which is not known to be symmetric",
                suggestion=f"declare {self.unknown.name} a matrix",
            )
        constant = substituted(residual, {leaf.digest: zero(leaf.axes)})
        if is_zero(constant):
            return
        moved = linear([(1, substituted(residual, {leaf.digest: found})), (-1, constant)], constant.axes)
        if agree(moved, scaled(-1, constant)) is False:
            raise UnsupportedError("no solution: what was found does not solve the equation, a fault of matcalc")

    # -- what holds of it

    @property
    def point(self) -> str:
        """Of an objective, whether the solution is a `minimum` or a `maximum`, or `unknown`; of an equation nothing."""
        if self.is_equation:
            return ""
        return self._verdict()[0]

    def _verdict(self) -> tuple[str, str]:
        verdict = convexity_of(self.program, self.unknown, self.rulebook).verdict
        return KINDS_OF_POINT.get(verdict, KINDS_OF_POINT["unknown"])

    @property
    def conditions(self) -> list[str]:
        """What must hold for the solution to be the only one.

        >>> solve("norm2(X*w - y)^2", "w").conditions
        ["X'*X is invertible"]
        """
        found = []
        for node in self.nonzero:
            what = "no entry of {} is 0" if node.axes else "{} is not 0"
            found.append(what.format(self.text_of(_without_number(guarded(node, self.rulebook)[0]))))
        sign = self.unknown.kind.sign
        if sign:
            found.append(f"the solution is {sign}, as {self.unknown.name} is declared")
        if self.unknown.kind.facts & {"psd"}:
            found.append(f"the solution is {self.unknown.kind.structure}, as {self.unknown.name} is declared")
        return list(dict.fromkeys([*self.assumptions, *found]))

    @property
    def assumptions(self) -> list[str]:
        """What the inverses in the solution ask for, those that are certain apart."""
        calls = [node for node in postorder(self.node) if isinstance(node, Apply) and not node.function.elementwise]
        certain = [asked for node in calls if self._is_certain(node) for asked in assumed_by(node, self.text_of)]
        return [asked for asked in super().assumptions if asked not in certain]

    def _is_certain(self, node: Apply) -> bool:
        """Whether the matrices in a call are as it asks: semidefinite, and at least one of them definite."""
        matrices = [
            arg for p, arg in zip(node.function.parameters, node.args) if p.kind is not None and p.kind.is_square
        ]
        known = self._proper
        return all(map(known.is_psd, matrices)) and any(map(known.is_pd, matrices))

    def recognition(self, called: str) -> str:
        """Nothing: the well-known results are derivatives."""
        return ""

    @property
    def remarks(self) -> list[str]:
        """What kind of point it is, and its conditions."""
        found = [*self.program.notes, *self._dropped]
        if self.in_vec:
            found.append(f"this is vec({self.unknown.name}), the columns of {self.unknown.name} one below the other")
        if not self.is_equation:
            found.append(self._verdict()[1].format(self.unknown.name))
        return found + [f"assuming {condition}" for condition in self.conditions]

    def hint(self, called: str) -> str:
        """No declaration makes a solution shorter that would not change the question."""
        return ""

    def check(self, seed: int = 0) -> Report:
        """The solution put back into the equation, in numbers at random points; raises nothing."""
        from matcalc.solution_checks import checked_solution

        return checked_solution(self, seed)

    def __repr__(self) -> str:
        return f"<{self.unknown.name} = {self.text}>"


def solve(
    expression: Any,
    unknown: Any = None,
    variables: Declarations | None = None,
    rulebook: Rulebook | None = None,
    language: str | None = None,
) -> Solution:
    """The stationary point of a scalar objective, or the solution of an equation `lhs = rhs`, in closed form.

    What is to be zero must be affine in the unknown, else NotAffineError is raised; ShapeError where an equation has
    another number of entries than the unknown. An equation whose sizes are left open is taken to have as many.

    >>> solve("norm2(X*theta - y)^2", "theta").text
    "inv(X'*X)*X'*y"
    >>> solve("A*X + X*B = C", "X").text
    'sylvester(A, B, C)'
    """
    is_equation = False
    if isinstance(expression, str):
        expression, is_equation = as_residual(expression)
    program, book = read(expression, variables, rulebook, language)
    by = named_variable(program, asked_for(program, unknown))
    is_equation = is_equation or not program.expr.is_scalar
    _require_free(by)
    if not is_equation:
        return Solution(program, by, is_equation, book)
    readings = [as_square(program, by, variables, book, language, turned) for turned in (False, True)]
    try:
        return Solution(*readings[0], is_equation, book)
    except UnsupportedError:  # of A*X'*B = C the sizes are those of X'
        if readings[1][0].symbols == readings[0][0].symbols:
            raise
        return Solution(*readings[1], is_equation, book)


def _without_number(node: Node) -> Node:
    """A node without the number in front, which decides nothing on whether it is 0."""
    return primitive(node)[1] if isinstance(node, Sum) and len(node.terms) > 1 else as_term(node)[1]


def _require_free(by: Symbol) -> None:
    """Refuse an unknown whose entries are not free to move."""
    if isinstance(by, StackedSymbol) or by.kind.structure not in FREE:
        what = f"{by.name}, of the kind {by.kind.structure}," if not isinstance(by, StackedSymbol) else by.name
        raise UnsupportedError(f"{what} is not solved for yet", expected="a scalar, vector, matrix or symmetric matrix")
