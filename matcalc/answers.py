"""What every answer has, whatever was asked: its renderings, its shape, its numbers, what was assumed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any, TypeVar

from matcalc.assumptions import assumed, conventions, kinks, nonzero
from matcalc.dimensions import SCALAR, Dimension, Shape
from matcalc.errors import UnsupportedError
from matcalc.expr import Expr, Symbol, symbols
from matcalc.hints import hint_text, symmetric_hint
from matcalc.kinds import FunctionKind, Kind
from matcalc.known_results import known_as
from matcalc.layout import arranged
from matcalc.lifting import Stacks, lifted, stack_symbol, stack_symbols
from matcalc.lints import lints
from matcalc.lower import axes_of
from matcalc.matrixform import MatrixForms, NoMatrixForm
from matcalc.notation import Notation
from matcalc.opaque_function import OpaqueFunction
from matcalc.parser import Program
from matcalc.partials import Partial, at_places, differentiated, undifferentiated
from matcalc.presentation import EXPANDED, FACTORED, Presentation
from matcalc.recognition import recognised
from matcalc.rulebook import Rulebook
from matcalc.shape_arithmetic import shape_arithmetic
from matcalc.stacked import parts_of
from matcalc.statements import Statements, with_definitions
from matcalc.sum_notation import with_letters
from matcalc.terms import Apply, Node, postorder

if TYPE_CHECKING:
    from matcalc.symbols import Family
    from matcalc.verify import Report

AnyAnswer = TypeVar("AnyAnswer", bound="Answer")


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
        self.presentation = Presentation()
        self.program = program
        self.partials = tuple(partials)
        self.layout = layout
        self.symmetric = symmetric
        self.rulebook = rulebook
        self.cotangent = cotangent
        self.vec = vec  # a tensor as d vec(Y)/d vec(X)'
        self._find()

    def _find(self) -> None:
        """Find the answer: as an index term, and in matrix notation where it has such a form."""
        rulebook = self.rulebook
        self._symbols, self._steps, self._times = at_places(self.program.expr, self.partials, self.cotangent)
        given = undifferentiated(self.program.expr, self._steps, self.symmetric, rulebook, self._symbols)
        seen = recognised(given, rulebook, MatrixForms())
        raw = self._raw(given)
        self.node: Node
        self.expression: Expr | None
        others = [self._raw(seen)] if seen != given else []
        self.node, self.expression, self._dropped = self._notation().shortest(raw, others)
        if self.stacks and self.expression is None and self.matrix_shape is not None:
            raise UnsupportedError(_NOT_STACKED, suggestion="ask for the form with a sum over the members")

    def _raw(self, node: Node) -> Node:
        """What was asked for of a node, in its layout, as the differentiation leaves it."""
        raw = differentiated(node, self._steps, self._times, self.symmetric, self.rulebook)
        raw = lifted(raw, self.stacks) if self.stacks else raw
        raw, self.matrix_shape = arranged(raw, self.value_shape, self.open_variables, self.layout, self.vec)
        return raw

    @property
    def _moving(self) -> list[Symbol]:
        """The variables, and the vectors that the answer is multiplied with."""
        vectors = [self.cotangent, *[partial.along for partial in self.partials]]
        return [*[partial.by for partial in self.partials], *[vector for vector in vectors if vector is not None]]

    @property
    def moving_names(self) -> list[str]:
        """Their names, those of the parts of a column."""
        return [part.name for symbol in self._moving for part in parts_of(symbol)]

    def _notation(self) -> Notation:
        """How this answer is written."""
        by = self.partials[-1].along or self.partials[0].by
        return Notation(self.program, self.rulebook, by.name, self.presentation, self.matrix_shape, self._symbols)

    @property
    def stacks(self) -> Stacks:
        """The matrices that stand for families, where the answer has no sums over members."""
        return self.presentation.stacks

    @property
    def _letters(self) -> dict[str, tuple[str, ...]]:
        """The indices with which the input sums over its families."""
        return {family.name: letters for family, letters in self.program.families.items()}

    @property
    def value_shape(self) -> Shape:
        """The shape of what is differentiated: of the program, or of its product with the cotangent."""
        return self.program.expr.shape if self.cotangent is None else SCALAR

    @property
    def open_variables(self) -> list[Symbol]:
        """The variables whose axes the answer has, in the order of differentiation."""
        return [partial.by for partial in self.partials if partial.is_open]

    # -- whole matrices in place of families

    def matrix_form(self: AnyAnswer) -> AnyAnswer:
        """The same answer with matrices in place of families: X has the rows x_i', y the entries y_i.

        Raises UnsupportedError where there is no such form.

        >>> from matcalc import differentiate
        >>> d = differentiate("sum_i((w'*x_i - y_i)^2)", "w")
        >>> d.text, d.matrix_form().text
        ("2*sum_i((w'*x_i - y_i)*x_i)", "2*X'*(X*w - y)")
        """
        return self.over(stack_symbols(self.program.families, self.program.taken))

    def over(self: AnyAnswer, stacks: Stacks) -> AnyAnswer:
        """The same answer with these matrices in place of families."""
        if not stacks or self.stacks:
            return self
        return self.presented(self.presentation.over(stacks))

    # -- forms on request

    def presented(self: AnyAnswer, presentation: Presentation) -> AnyAnswer:
        """The same answer presented in this way."""
        if presentation == self.presentation:
            return self
        other = copy(self)
        other.presentation = presentation
        other._find()
        return other

    def expanded(self: AnyAnswer) -> AnyAnswer:
        """The same answer with products over sums multiplied out, outside of functions and divisors.

        Raises UnsupportedError where it would have too many terms.

        >>> from matcalc import differentiate
        >>> differentiate("norm2(X*w - y)^2", "w").expanded().text
        "2*X'*X*w - 2*X'*y"
        """
        return self.presented(self.presentation.in_form(EXPANDED))

    def factored(self: AnyAnswer) -> AnyAnswer:
        """The same answer over one divisor and with common factors drawn out, even where that is not shorter.

        >>> from matcalc import differentiate
        >>> differentiate("x/norm2(x)", "x").factored().text
        "(norm2(x)^2*eye(n) - x*x')/norm2(x)^3"
        """
        return self.presented(self.presentation.in_form(FACTORED))

    def inlined(self: AnyAnswer) -> AnyAnswer:
        """The same answer written out, without named parts.

        >>> from matcalc import differentiate
        >>> d = differentiate("tr(inv(X'*C*X)*A)", "X", variables={"C": "symmetric(n)"})
        >>> d.text, d.inlined().text
        ("P = inv(X'*C*X); -C*X*P*(A + A')*P", "-C*X*inv(X'*C*X)*(A + A')*inv(X'*C*X)")
        """
        return self.presented(self.presentation.written_out())

    @property
    def taken(self) -> set[str]:
        """Every name in use in the input or the answer."""
        return self.program.taken | {stack.name for stack in self.stacks.values()}

    # -- renderings

    @property
    def text(self) -> str:
        """The closed form in the language of the input, or the index form of a tensor."""
        return "; ".join(self._text_lines())

    def _text_lines(self) -> list[str]:
        """The definitions of named parts, then the answer in terms of them."""
        if self.expression is None:
            return [self.index()]
        definitions, bodies = self.statements("text").text()
        return definitions + bodies

    def statements(self, target: str) -> Statements:
        """The named parts and the answer in terms of them; raises UnsupportedError as `matrix` does."""
        return self._statements_of(self.matrix(target))

    def _statements_of(self, expression: Expr) -> Statements:
        return Statements([expression], self.program, self.taken, self.rulebook, self.presentation.inline)

    @property
    def parts(self) -> dict[str, str]:
        """The named parts of the text with their definitions, in order.

        >>> from matcalc import differentiate
        >>> differentiate("tr(inv(X'*C*X)*A)", "X", variables={"C": "symmetric(n)"}).parts
        {'P': "inv(X'*C*X)"}
        """
        if self.expression is None:
            return {}
        lines, _ = self.statements("text").text()
        return dict([line.split(" = ", 1) for line in lines])

    @property
    def unicode(self) -> str:
        """The closed form with Greek letters and superscripts."""
        definitions, bodies = self.statements("unicode").unicode()
        return "; ".join(definitions + bodies)

    def latex(self) -> str:
        """The closed form as LaTeX, for a display; definitions of named parts follow it."""
        return self._latex({})

    def _latex(self, names: Mapping[str, str]) -> str:
        definitions, (body,) = self.statements("LaTeX").latex(names)
        return with_definitions(body, definitions)

    def sympy(self) -> Any:
        """The closed form as a SymPy object, over matrices in place of families.

        Differentiate it again with matcalc, not with SymPy.
        """
        from matcalc.printers.sympy import to_sympy

        return to_sympy(self.matrix_form().matrix("SymPy"), self.rulebook)

    def numpy_source(self, name: str = "f") -> str:
        """The closed form as the source of a NumPy function; a family is an array with its members as rows."""
        from matcalc.printers.numpy import source

        arguments = self._family_arguments()
        variables = list(self.program.symbols.values())
        try:
            stacks = {family: stack_symbol(family, argument) for family, argument in arguments.items()}
            whole = self.over(stacks)
        except UnsupportedError:
            return source(self.matrix("NumPy"), name, self.rulebook, variables, arguments)
        return source(whole.matrix("NumPy"), name, self.rulebook, [*variables, *whole.stacks.values()])

    def _family_arguments(self) -> dict[Family, str]:
        """The names of families in code: x, or x_i where x is something else."""
        taken = {*self.program.kinds, *self.program.size_names}
        return {
            family: family.name if family.name not in taken else family.member(letters[0]).name
            for family, letters in self.program.families.items()
        }

    def index(self) -> str:
        """The answer in index notation."""
        from matcalc.indexform import index_text

        inputs = sum(len(axes_of(by.kind.shape)) for by in self.open_variables)
        start = 0 if self.layout == "denominator" else len(self.node.axes) - inputs
        return index_text(self.node, self._letters, range(start, start + inputs) if start >= 0 else ())

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
    def declarations(self) -> dict[str, str]:
        """The same as it is declared: `vector(n)`, or `vector(n), i=1..N` for a family."""
        return self.program.declarations

    @property
    def notes(self) -> list[str]:
        """Readings of the input and remarks on the answer that a user should know."""
        return [*self.remarks, *filter(None, (self.recognition("this"), self.hint("this")))]

    @property
    def remarks(self) -> list[str]:
        """The notes, but for what would make the answer shorter."""
        notes = [*self.program.notes, *lints(self.program, self.moving_names), *self._dropped]
        used = {symbol.name for symbol in symbols(self.program.expr)}
        for by in dict.fromkeys(part for partial in self.partials for part in parts_of(partial.by)):
            if by.name not in used:
                notes.append(f"{by.name} does not occur in the expression: the derivative is zero")
        kinds = [part.kind for by in self.open_variables for part in parts_of(by)]
        notes += [*conventions(kinds, self.symmetric), *kinks(self.node)]
        return notes + [self._meaning(family, stack) for family, stack in self.stacks.items()]

    def recognition(self, called: str) -> str:
        """What a well-known answer is called, and where it stands; nothing of any other.

        >>> from matcalc import differentiate
        >>> differentiate("det(A)", "A").recognition("this")
        "this is Jacobi's formula (Matrix Cookbook 49)"
        """
        first = self.partials[0]
        if len(self.partials) > 1 or not first.is_open or self.cotangent is not None:
            return ""
        return known_as(self.program, first.by, self.symmetric, self.rulebook, called)

    def hint(self, called: str) -> str:
        """Which declaration would make the answer clearly shorter, and how it would read; nothing where none would.

        >>> from matcalc import differentiate
        >>> differentiate("0.5*x'*A*x", "x").hint("the gradient")
        'with A symmetric the gradient is A*x'
        """
        if self.expression is None:
            return ""
        found = symmetric_hint(
            self.node, self.expression, self.moving_names, lambda node: self._notation().shortest(node)[1]
        )
        if found is None:
            return ""
        names, shorter = found
        definitions, bodies = self._statements_of(shorter).text()
        return hint_text(names, called, "; ".join(definitions + bodies))

    def _meaning(self, family: Family, stack: Symbol) -> str:
        """What the members of a family are in the matrix that holds them."""
        member = family.member(self.program.families[family][0]).name
        turned = "'" if family.kind.structure == "vector" else ""
        what = f"stacks {member}" if family.kind.structure == "scalar" else f"has rows {member}{turned}"
        return f"{stack.name} {what}; {stack.name}: {stack.kind}"

    @property
    def assumptions(self) -> list[str]:
        """What must hold for the answer to be right, beyond the kinds."""
        orders: dict[str, int] = {}
        for node in postorder(self.node):
            if isinstance(node, Apply) and isinstance(node.function, OpaqueFunction):
                opaque = node.function.opaque
                orders[opaque.base] = max(orders.get(opaque.base, 0), len(opaque.path))
        # the order of second derivatives is free, and a Hessian symmetric, only then
        smooth = [f"{name} is {order} times continuously differentiable" for name, order in orders.items() if order > 1]
        return [*assumed(self.node, self.text_of), *nonzero(self.program.expr, self.rulebook), *smooth]

    def simplest(self, node: Node) -> Node:
        """Another node, simplified as the answer is."""
        return self._notation().shortest(node)[0]

    def written(self, node: Node) -> str:
        """A node of the shape of the answer as a text, such as one of its terms."""
        from matcalc.printers.text import text

        expression = self._notation().shortest(node)[1]
        return self.text_of(node) if expression is None else text(expression)

    def text_of(self, node: Node) -> str:
        from matcalc.printers.text import text

        try:
            form = MatrixForms(letters=self._letters).of(with_letters(node, self._letters))
        except NoMatrixForm:
            return "an argument"
        return text(min(form.straight, form.turned, key=lambda e: e.cost) if len(node.axes) == 2 else form.straight)

    @property
    def shape_text(self) -> str:
        """The shape, with how those of its operands combine: `(n x m)(m x 1) -> n x 1`."""
        arithmetic = shape_arithmetic(self.expression) if self.expression is not None else None
        return arithmetic or " x ".join(d.text for d in self.shape)

    @property
    def shapes_text(self) -> str:
        """The kinds taken, and how the shapes of the answer combine."""
        lines = [f"{name}: {kind}" for name, kind in self.declarations.items()]
        lines.append(f"answer: {self.shape_text} ({self.layout} layout)")
        lines += [f"assuming {assumption}" for assumption in self.assumptions]
        return "\n".join(lines)

    # -- numbers

    def evaluate(self, values: Mapping[str, Any], sizes: Mapping[str, int] | None = None) -> Any:
        """The numbers of the answer: (n,) for a column, (1, n) for a row, (m, n) for a matrix, () for a scalar."""
        from matcalc.evaluation import tensor_value
        from matcalc.operands import sizes_from

        values = self.operands(values)
        symbols = [*self.program.symbols.values(), *self.stacks.values()]
        known = sizes_from(symbols, values, sizes, self.program.families)
        result = tensor_value(self.node, values, known, self.rulebook)
        if self.matrix_shape is None or len(result.shape) == 2:
            return result
        rows, columns = (d.value(known) for d in self.matrix_shape)
        is_row = self.matrix_shape[0].number == 1 and self.matrix_shape[1].number != 1
        return result.reshape(rows, columns) if is_row else result

    def operands(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values under every name that the answer uses, with the members of each family together."""
        from matcalc.operands import with_families
        from matcalc.stacks import rows

        found = with_families(self.program.families, values, self.program.symbols)
        for family, stack in self.stacks.items():
            if stack.name not in values and family.key in found:
                found[stack.name] = rows(family, found)
        return found

    def check(self, seed: int = 0) -> Report:
        """The answer compared with numerical derivatives at random points; raises nothing."""
        from matcalc.verify import verified

        return verified(self, seed)


_NOT_STACKED = "this answer has no form with whole matrices"
