"""What every answer has, whatever was asked: its renderings, its shape, its numbers, what was assumed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from matcalc.dimensions import SCALAR, Dimension, Shape
from matcalc.errors import UnsupportedError
from matcalc.expr import Expr, Symbol, symbols
from matcalc.kinds import FunctionKind, Kind
from matcalc.layout import arranged
from matcalc.matrixform import MatrixForms, NoMatrixForm
from matcalc.opaque_function import OpaqueFunction
from matcalc.parser import Program
from matcalc.partials import Partial, differentiated
from matcalc.parts import named_parts
from matcalc.rulebook import Rulebook
from matcalc.shape_arithmetic import shape_arithmetic
from matcalc.simplify import simplified
from matcalc.stacked import parts_of
from matcalc.terms import Apply, Node, postorder
from matcalc.variables import is_tied

if TYPE_CHECKING:
    from matcalc.verify import Report


class Answer:
    """The result of differentiating a program, with its renderings, numbers and assumptions. Immutable.

    `partials` are the differentiations in order, `cotangent` names what the value is multiplied with first, if
    anything. `node` is the answer as an index term, `expression` in matrix notation where it has such a form.
    """

    def __init__(
        self,
        program: Program,
        partials: Sequence[Partial],
        layout: str,
        symmetric: str,
        rulebook: Rulebook,
        cotangent: Symbol | None = None,
        vec: bool = False,
    ) -> None:
        self.program = program
        self.partials = tuple(partials)
        self.layout = layout
        self.symmetric = symmetric
        self.rulebook = rulebook
        self.cotangent = cotangent
        self.vec = vec  # a tensor as d vec(Y)/d vec(X)'
        forms = MatrixForms((partials[-1].along or partials[0].by).name)
        raw = differentiated(program.expr, self.partials, cotangent, symmetric, rulebook)
        raw, self.matrix_shape = arranged(raw, self.value_shape, self.open_variables, layout, vec)
        self.node: Node = simplified(raw, rulebook, forms)
        self.expression: Expr | None = self._expression(forms)

    @property
    def value_shape(self) -> Shape:
        """The shape of what is differentiated: of the program, or of its product with the cotangent."""
        return self.program.expr.shape if self.cotangent is None else SCALAR

    @property
    def open_variables(self) -> list[Symbol]:
        """The variables whose axes the answer has, in the order of differentiation."""
        return [partial.by for partial in self.partials if partial.is_open]

    def _expression(self, forms: MatrixForms) -> Expr | None:
        if self.matrix_shape is None:
            return None
        try:
            form = forms.of(self.node)
        except NoMatrixForm:
            return None
        if self.node.axes and form.straight.shape != self.matrix_shape:
            return form.turned
        return form.straight

    # -- renderings

    @property
    def text(self) -> str:
        """The closed form in the language of the input, or the index form of a tensor."""
        return "; ".join(self._statements())

    def _statements(self) -> list[str]:
        """The definitions of named parts, then the answer in terms of them."""
        if self.expression is None:
            return [self.index()]
        from matcalc.printers.text import text

        definitions, (body,) = named_parts([self.expression], self.program.taken, self.program.definitions)
        return [*[f"{name} = {text(part)}" for name, part in definitions], text(body)]

    @property
    def unicode(self) -> str:
        """The closed form with Greek letters and superscripts."""
        from matcalc.printers.unicode import unicode

        return unicode(self.matrix("unicode"))

    def latex(self) -> str:
        """The closed form as LaTeX, for a display."""
        from matcalc.printers.latex import latex

        return latex(self.matrix("LaTeX"), self.rulebook)

    def sympy(self) -> Any:
        """The closed form as a SymPy object. Differentiate it again with matcalc, not with SymPy."""
        from matcalc.printers.sympy import to_sympy

        return to_sympy(self.matrix("SymPy"), self.rulebook)

    def numpy_source(self, name: str = "f") -> str:
        """The closed form as the source of a NumPy function."""
        from matcalc.printers.numpy import source

        return source(self.matrix("NumPy"), name, self.rulebook, list(self.program.symbols.values()))

    def index(self) -> str:
        """The answer in index notation."""
        from matcalc.indexform import index_text

        return index_text(self.node)

    def matrix(self, target: str) -> Expr:
        """The answer in matrix notation; raises UnsupportedError where it has none, hence no form for the target."""
        if self.expression is None:
            raise UnsupportedError(f"a tensor of more than two axes has no {target} form yet: ask for the index form")
        return self.expression

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        times = f" times {self.cotangent.name}" if self.cotangent else ""
        return f"<derivative {', '.join(map(repr, self.partials))}{times}: {self.text}>"

    def _repr_latex_(self) -> str | None:
        return f"$\\displaystyle {self.latex()}$" if self.expression is not None else None

    # -- shapes and assumptions

    @property
    def shape(self) -> tuple[Dimension, ...]:
        """Rows and columns of a matrix answer, or the axes of a tensor."""
        return self.matrix_shape if self.matrix_shape is not None else self.node.axes

    @property
    def variables(self) -> dict[str, Kind | FunctionKind]:
        """What every name was taken to be."""
        return self.program.kinds

    @property
    def notes(self) -> list[str]:
        """Readings of the input and remarks on the answer that a user should know."""
        notes = list(self.program.notes)
        used = {symbol.name for symbol in symbols(self.program.expr)}
        for by in dict.fromkeys(part for partial in self.partials for part in parts_of(partial.by)):
            if by.name not in used:
                notes.append(f"{by.name} does not occur in the expression: the derivative is zero")
        if any(is_tied(by.kind) for by in self.open_variables):
            notes.append(_CONVENTIONS[self.symmetric])
        return notes

    @property
    def assumptions(self) -> list[str]:
        """What must hold for the answer to be right, beyond the kinds."""
        needed = []
        orders: dict[str, int] = {}
        for node in postorder(self.node):
            if isinstance(node, Apply) and isinstance(node.function, OpaqueFunction):
                opaque = node.function.opaque
                orders[opaque.base] = max(orders.get(opaque.base, 0), len(opaque.path))
            if isinstance(node, Apply) and not node.function.elementwise:
                for parameter, arg in zip(node.function.parameters, node.args):
                    if parameter.kind is not None and "invertible" in parameter.kind.facts:
                        needed.append(f"{_text_of(arg)} is invertible")
        # the order of second derivatives is free, and a Hessian symmetric, only then
        smooth = [f"{name} is {order} times continuously differentiable" for name, order in orders.items() if order > 1]
        return [*dict.fromkeys(needed), *smooth]

    @property
    def shape_text(self) -> str:
        """The shape, with how those of its operands combine: `(n x m)(m x 1) -> n x 1`."""
        arithmetic = shape_arithmetic(self.expression) if self.expression is not None else None
        return arithmetic or " x ".join(d.text for d in self.shape)

    @property
    def shapes_text(self) -> str:
        """The kinds taken, and how the shapes of the answer combine."""
        lines = [f"{name}: {kind.text}" for name, kind in self.variables.items()]
        lines.append(f"answer: {self.shape_text} ({self.layout} layout)")
        lines += [f"assuming {assumption}" for assumption in self.assumptions]
        return "\n".join(lines)

    # -- numbers

    def evaluate(self, values: Mapping[str, Any], sizes: Mapping[str, int] | None = None) -> Any:
        """The numbers of the answer: (n,) for a column, (1, n) for a row, (m, n) for a matrix, () for a scalar."""
        from matcalc.evaluation import tensor_value
        from matcalc.operands import sizes_from

        known = sizes_from(self.program.symbols.values(), values, sizes)
        result = tensor_value(self.node, values, known, self.rulebook)
        if self.matrix_shape is None or len(result.shape) == 2:
            return result
        rows, columns = (d.value(known) for d in self.matrix_shape)
        is_row = self.matrix_shape[0].number == 1 and self.matrix_shape[1].number != 1
        return result.reshape(rows, columns) if is_row else result

    def check(self, seed: int = 0) -> Report:
        """The answer compared with numerical derivatives at random points; raises nothing."""
        from matcalc.verify import verified

        return verified(self, seed)


_CONVENTIONS = {
    "projected": "by a symmetric or skew variable: the projection onto the structure, (G + G')/2 or (G - G')/2",
    "independent": "by a symmetric or skew variable: all entries taken as independent",
    "cookbook": "by a symmetric variable: G + G' - diag(G), the entries of one triangle taken as free",
}


def _text_of(node: Node) -> str:
    from matcalc.printers.text import text

    try:
        return text(MatrixForms().of(node).straight)
    except NoMatrixForm:
        return "an argument"
