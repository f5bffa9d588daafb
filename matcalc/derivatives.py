"""Derivatives: what leaves the axes of every variable open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matcalc.answers import Answer
from matcalc.differentials import Differential, TraceForm
from matcalc.errors import UnsupportedError
from matcalc.expr import Symbol
from matcalc.partials import Partial
from matcalc.wrt import in_turn

if TYPE_CHECKING:
    from matcalc.derivation import Derivation


class Derivative(Answer):
    """A gradient, a Jacobian, a derivative of higher order or a mixed one."""

    @property
    def wrt(self) -> Symbol:
        """The variable that was differentiated by first."""
        return self.partials[0].by

    @property
    def order(self) -> int:
        """How often was differentiated."""
        return len(self.partials)

    def diff(self, wrt: Any = None, order: int = 1) -> Derivative:
        """The derivative of the answer by one of the variables, by default the same again.

        The layout is that of the whole: `differentiate(f, "x").diff("y")` is `differentiate(f, ["x", "y"])`.

        >>> from matcalc import differentiate
        >>> differentiate("x'*A*x", "x").diff("x").text
        "A + A'"
        """
        more = in_turn(self.program, self.wrt.name if wrt is None else wrt, order)
        partials = (*self.partials, *map(Partial, more))
        answer = Derivative(self.program, partials, self.layout, self.symmetric, self.rulebook, vec=self.vec)
        return answer.presented(self.presentation)

    def lower(self) -> Derivative:
        """The derivative that this one is the derivative of by its last variable."""
        partials = self.partials[:-1]
        answer = Derivative(self.program, partials, self.layout, self.symmetric, self.rulebook)
        return answer.presented(self.presentation)

    def differential(self) -> Differential:
        """The differential that this derivative is read off, linear in that of the variable.

        Raises UnsupportedError for a higher derivative.

        >>> from matcalc import differentiate
        >>> differentiate("inv(X)", "X").differential()
        <differential dF = -inv(X)*dX*inv(X)>
        """
        by = self._only("the differential")
        return Differential(self.program, by, self.symmetric, self.rulebook).presented(self.presentation)

    def trace_form(self) -> TraceForm:
        """The differential of a scalar as `tr(G'*dX)`, with the gradient G.

        Raises ShapeError where the value is no scalar, UnsupportedError for a higher derivative.

        >>> from matcalc import differentiate
        >>> differentiate("logdet(X)", "X").trace_form()
        <differential df = tr(inv(X)*dX)>
        """
        by = self._only("the trace form")
        return TraceForm(self.program, by, self.symmetric, self.rulebook).presented(self.presentation)

    @property
    def steps(self) -> Derivation:
        """How the derivative comes about, by differentials: a sequence of steps, with text, LaTeX and JSON.

        Raises UnsupportedError by several variables in a column, and for a derivative of a tensor.

        >>> from matcalc import differentiate
        >>> [step.text for step in differentiate("norm2(X*w - y)^2", "w").steps][2:5]
        ["df = 2*r'*dr", 'dr = X*dw', "df = 2*r'*X*dw"]
        """
        return self.derivation()

    def derivation(self, style: str = "differential") -> Derivation:
        """The same in one of the styles `differential`, `chain` and `index`.

        >>> from matcalc import differentiate
        >>> differentiate("r = X*w - y; r'*r", "w").derivation("chain")[4].text
        "df/dw = (dr/dw)'*df/dr = 2*X'*r"
        """
        from matcalc.step_styles import derivation_of

        return derivation_of(self, style)

    def _only(self, form: str) -> Symbol:
        """The one variable."""
        if self.order > 1:
            raise UnsupportedError(
                f"{form} is of a first derivative, this one is of order {self.order}",
                suggestion="hvp gives the second derivative along a direction",
            )
        return self.wrt
