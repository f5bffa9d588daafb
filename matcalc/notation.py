"""How the answer to one question is written in matrix notation: in its form, in the words and signs of the input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.agreement import agree
from matcalc.guard import guarded, guarded_simplification
from matcalc.matrixform import MatrixForms, NoMatrixForm
from matcalc.presentation import FACTORED, Presentation
from matcalc.signs import Signs, better_signed, mixed_differences, signs_of
from matcalc.simplify import Simplifier, simplified
from matcalc.wording import Wording, worded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matcalc.dimensions import Shape
    from matcalc.expr import Expr, Symbol
    from matcalc.parser import Program
    from matcalc.rulebook import Identity, Rulebook
    from matcalc.terms import Node


class Notation:
    """What decides how a node is written: the program, the variable, which comes last, the form and the shape."""

    __slots__ = ("presentation", "program", "rulebook", "shape", "symbols", "variable", "wording")

    def __init__(
        self,
        program: Program,
        rulebook: Rulebook,
        variable: str,
        presentation: Presentation,
        shape: Shape | None,
        symbols: Mapping[str, Symbol],
    ) -> None:
        """`symbols` are the variables of the program at their places, by their keys.

        `shape` is that of the answer, or None for a tensor, which has no matrix notation.
        """
        self.program = program
        self.rulebook = rulebook
        self.variable = variable
        self.presentation = presentation
        self.shape = shape
        self.symbols = symbols
        self.wording = Wording(program.expr)

    def shortest(self, node: Node, others: Sequence[Node] = ()) -> tuple[Node, Expr | None, list[str]]:
        """The node simplified and in the form asked for, how it is written, if it has a matrix form, and notes.

        `others` are equal nodes, one of which may be shorter when simplified.
        """
        forms = self._forms()
        short, dropped = guarded(node, self.rulebook, forms)
        cost = Simplifier(self.rulebook, forms).text_cost
        for other in others:
            candidate = simplified(other, self.rulebook, forms)
            if cost(candidate) < cost(short) and agree(node, candidate) is not False:
                short = candidate
        arranged = self.presentation.arranged(short, forms)
        if arranged != short and agree(short, arranged) is False:
            arranged, dropped = short, [*dropped, f"not {self.presentation.form}, since that form had other numbers"]
        return arranged, self._expression(arranged, forms), dropped

    def as_found(self, node: Node) -> Expr | None:
        """How a node is written without being simplified, if it has a matrix form."""
        return self._expression(node, self._forms())

    def simplified(self, node: Node) -> tuple[Node, Expr | None, list[Identity]]:
        """The node simplified, how that is written, and the identities that were applied."""
        forms = self._forms()
        short, applied, _ = guarded_simplification(node, self.rulebook, forms)
        return short, self._expression(short, forms), applied

    def _forms(self, signs: Signs | None = None) -> MatrixForms:
        """The matrix forms of nodes; `signs` are those of differences."""
        letters = {family.name: indices for family, indices in self.program.families.items()}
        in_front = self.presentation.form == FACTORED
        return MatrixForms(self.variable, letters, in_front, self.wording.prefers_trace, signs)

    def _expression(self, node: Node, forms: MatrixForms) -> Expr | None:
        """The node with the signs of the input, where that is no longer and reads no worse, and in its words."""
        best = self._as_shaped(node, forms)
        if best is None:
            return None
        signs = signs_of(self.program.expr, self.rulebook, self.symbols) if forms.turned else {}
        if any(forms.turned.get(digest, turned) != turned for digest, turned in signs.items()):
            best = better_signed(self._as_shaped(node, self._forms(signs)) or best, best)
        if mixed_differences(best):
            others = {digest: not turned for digest, turned in forms.turned.items()}
            best = better_signed(best, self._as_shaped(node, self._forms(others)) or best)
        return worded(best, self.wording)

    def _as_shaped(self, node: Node, forms: MatrixForms) -> Expr | None:
        if self.shape is None:
            return None
        try:
            form = self.presentation.matrix_form(node, forms)
        except NoMatrixForm:
            return None
        return form.turned if node.axes and form.straight.shape != self.shape else form.straight
