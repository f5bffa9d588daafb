"""A step of gradient descent as an answer: `w_next = w - eta*gradient`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matcalc.answers import Answer
from matcalc.api import Declarations, read
from matcalc.errors import ShapeError, UnsupportedError
from matcalc.expr import Symbol
from matcalc.kinds import Kind
from matcalc.layout import shape_text
from matcalc.lower import variable
from matcalc.partials import Partial
from matcalc.stacked import StackedSymbol
from matcalc.sums import linear
from matcalc.tensor import product
from matcalc.vector_products import free_name, with_vector
from matcalc.wrt import asked_for, named_variable

if TYPE_CHECKING:
    from matcalc.parser import Program
    from matcalc.report import Report
    from matcalc.rulebook import Rulebook
    from matcalc.terms import Node


class Update(Answer):
    """The next value of a variable after a step along minus the gradient; `name` is what it is called.

    `text` is the right side, `equation` both.
    """

    def __init__(self, program: Program, by: Symbol, step: Symbol, symmetric: str, rulebook: Rulebook) -> None:
        self.step = step
        self.name = free_name(f"{by.name}_next", program)
        super().__init__(program, [Partial(by)], "mixed", symmetric, rulebook)

    def _raw(self, node: Node) -> Node:
        gradient = super()._raw(node)
        everywhere = tuple(range(len(gradient.axes)))
        moved = product([(variable(self.step), 1, ()), (gradient, 1, everywhere)], everywhere, gradient.axes)
        return linear([(1, variable(self._steps[0].by)), (-1, moved)], gradient.axes)

    @property
    def equation(self) -> str:
        """The step as an assignment, behind the definitions of named parts."""
        lines = self._text_lines()
        return "; ".join([*lines[:-1], f"{self.name} = {lines[-1]}"])

    def latex_equation(self) -> str:
        r"""The step as an assignment in LaTeX: `w_{\mathrm{next}} = w - \eta g`."""
        from matcalc.printers.latex_names import name_latex

        return f"{name_latex(self.name)} = {self.latex()}"

    def check(self, seed: int = 0) -> Report:
        """The gradient of the step compared with numerical derivatives; raises nothing."""
        return Answer(self.program, self.partials, self.layout, self.symmetric, self.rulebook).check(seed)

    def __repr__(self) -> str:
        return f"<{self.equation}>"


def update(
    expression: Any,
    wrt: Any = None,
    step: Any = "eta",
    variables: Declarations | None = None,
    symmetric: str = "projected",
    rulebook: Rulebook | None = None,
    language: str | None = None,
) -> Update:
    """The step of gradient descent on a scalar, with a step size called `step`, or a name near it that is not in use.

    Raises ShapeError for a value that is no scalar.

    >>> update("norm2(X*w - y)^2", "w").equation
    "w_next = w - 2*eta*X'*(X*w - y)"
    """
    program, book = read(expression, variables, rulebook, language)
    if not program.expr.is_scalar:
        shape = shape_text(program.expr.shape)
        raise ShapeError(f"a gradient is of a scalar; this is {shape}", expected="1 x 1", found=shape)
    by = named_variable(program, asked_for(program, wrt))
    if isinstance(by, StackedSymbol):
        raise UnsupportedError(f"a step is of one variable, not of {by.name}", suggestion="ask for one after the other")
    program, size = with_vector(program, Kind("scalar"), free_name(str(step).strip(), program), (), "a step size")
    return Update(program, by, size, symmetric, book)
