"""How an answer is presented: in which form, with named parts or without, over which matrices."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING

from matcalc.full_expansion import fully_expanded
from matcalc.full_factoring import fully_factored
from matcalc.matrixform import NoMatrixForm

if TYPE_CHECKING:
    from matcalc.forms import Form
    from matcalc.lifting import Stacks
    from matcalc.matrixform import MatrixForms
    from matcalc.terms import Node

# the forms that somebody may ask for; without one the answer is as short as it was found
EXPANDED, FACTORED = "expanded", "factored"


class Presentation:
    """The form of an answer, whether it is written out without named parts, and the matrices in place of families."""

    __slots__ = ("form", "inline", "stacks")

    def __init__(self) -> None:
        self.form: str | None = None
        self.inline = False
        self.stacks: Stacks = {}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Presentation):
            return NotImplemented
        return (self.form, self.inline, self.stacks) == (other.form, other.inline, other.stacks)

    __hash__ = None  # type: ignore[assignment]

    def in_form(self, form: str) -> Presentation:
        """The same in another form."""
        other = copy(self)
        other.form = form
        return other

    def written_out(self) -> Presentation:
        """The same without named parts."""
        other = copy(self)
        other.inline = True
        return other

    def over(self, stacks: Stacks) -> Presentation:
        """The same over whole matrices."""
        other = copy(self)
        other.stacks = stacks
        return other

    def arranged(self, node: Node, forms: MatrixForms) -> Node:
        """An equal node in the form asked for. Raises UnsupportedError where that would grow too large."""
        if self.form == EXPANDED:
            return fully_expanded(node)
        if self.form == FACTORED:
            return fully_factored(node, lambda part: _has_matrix_form(part, forms))
        return node

    def matrix_form(self, node: Node, forms: MatrixForms) -> Form:
        """The node in matrix notation, numbers inside of the sum or in front of it. Raises NoMatrixForm."""
        if self.form == EXPANDED:
            return forms.by_terms(node)
        return forms.of(node)


def _has_matrix_form(node: Node, forms: MatrixForms) -> bool:
    try:
        forms.of(node)
    except NoMatrixForm:
        return False
    return True
