"""Differentials: `dF = -inv(X)*dX*inv(X)`, and of a scalar `df = tr(G'*dX)`, from which the gradient is read off."""

from __future__ import annotations

from functools import reduce

from matcalc import expr as ex
from matcalc.answers import Answer
from matcalc.dimensions import SCALAR
from matcalc.errors import ShapeError
from matcalc.expr import Expr, Symbol
from matcalc.layout import shape_text
from matcalc.parser import Program
from matcalc.partials import Partial
from matcalc.presentation import EXPANDED
from matcalc.rulebook import Rulebook
from matcalc.stacked import StackedSymbol, parts_of
from matcalc.sums import is_zero
from matcalc.variables import tangent_kind
from matcalc.vector_products import free_name, value_name


class Differential(Answer):
    """The differential of the value: linear in that of the variable, and shaped like the value in every layout.

    `text` is the right side, `name` the left one, `equation` both; `own` holds the differential of each variable.
    """

    def __init__(self, program: Program, by: Symbol, symmetric: str, rulebook: Rulebook) -> None:
        # a direction within the structure is the same however the entries of a gradient are counted
        symmetric = "projected" if symmetric == "cookbook" else symmetric
        self.own: dict[Symbol, Symbol] = {}
        for part in parts_of(by):
            own = Symbol(free_name(f"d{part.name}", program), tangent_kind(part.kind, symmetric))
            self.own[part], program = own, program.declaring(own)
        along = own if by in self.own else StackedSymbol(self.own.values())
        super().__init__(program, [Partial(by, along)], "mixed", symmetric, rulebook)
        self.value_name = value_name(self.program)

    @property
    def name(self) -> str:
        """What the differential is called: `df` of a scalar, `dF` of anything else, skipping names in use."""
        return f"d{self.value_name}"

    @property
    def equation(self) -> str:
        """The differential as an equation: `dF = -inv(X)*dX*inv(X)`."""
        *definitions, right = self._text_lines()
        return "; ".join([*definitions, f"{self.name} = {right}"])

    def latex_equation(self) -> str:
        r"""The differential as an equation in LaTeX: `\mathrm{d}F = ...`."""
        return rf"\mathrm{{d}}{self.value_name} = {self.latex()}"

    def latex(self) -> str:
        """The right side as LaTeX, for a display."""
        from matcalc.printers.latex_names import name_latex

        return self._latex({own.name: rf"\mathrm{{d}}{name_latex(part.name)}" for part, own in self.own.items()})

    def __repr__(self) -> str:
        return f"<differential {self.equation}>"


class TraceForm(Differential):
    """The differential of a scalar with the differential of the variable last: `tr(G'*dX)`, with the gradient G.

    By a vector it is `g'*dx`, by a scalar `g*da`. Raises ShapeError where the value is no scalar.
    """

    def __init__(self, program: Program, by: Symbol, symmetric: str, rulebook: Rulebook) -> None:
        if not program.expr.is_scalar:
            shape = shape_text(program.expr.shape)
            raise ShapeError(f"the trace form is of a scalar; this is {shape}", expected="1 x 1", found=shape)
        super().__init__(program, by, symmetric, rulebook)

    def _find(self) -> None:
        super()._find()
        if not is_zero(self.node):
            gradients = {part: self._gradient(part) for part in self.own}
            pairs = [(term, part) for part, turned in gradients.items() if turned for term in self._terms(turned)]
            terms = [trace_form(turned, ex.named(self.own[part])) for turned, part in pairs]
            self.expression = ex.add(*terms) if len(terms) > 1 else terms[0]

    def _terms(self, turned: Expr) -> tuple[Expr, ...]:
        """The terms of a gradient that is shown multiplied out, else the whole."""
        return turned.args if self.presentation.form == EXPANDED and turned.op == "add" else (turned,)

    def _gradient(self, part: Symbol) -> Expr | None:
        """The transposed gradient by one variable; None where it is zero."""
        gradient = Answer(self.program, [Partial(part)], "numerator", self.symmetric, self.rulebook)
        gradient = gradient.presented(self.presentation)
        return None if is_zero(gradient.node) else gradient.matrix("trace")


def trace_form(turned: Expr, differential: Expr) -> Expr:
    """The trace of the transposed gradient times the differential, scalars in front; `g'*dx` needs no trace."""
    if turned.op == "neg":
        return ex.neg(trace_form(turned.args[0], differential))
    if turned.op == "div":
        return ex.div(trace_form(turned.args[0], differential), turned.args[1])
    whole = ex.mul(differential, turned) if differential.is_row else ex.mul(turned, differential)
    if whole.is_scalar:
        return whole
    scalars = [factor for factor in whole.args if factor.is_scalar]
    inside = reduce(ex.mul, [factor for factor in whole.args if not factor.is_scalar])
    return reduce(ex.mul, [*scalars, ex.call("tr", (inside,), SCALAR)])
