"""The Python interface: parse, differentiate, and the answer with all its renderings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from matcalc.differentiation import derivative
from matcalc.dimensions import Dimension, Shape
from matcalc.errors import MatcalcError, ShapeError, UnknownNameError, UnsupportedError
from matcalc.expr import Expr, Symbol, symbols
from matcalc.kinds import FunctionKind, Kind
from matcalc.layout import arranged, shape_text, structured
from matcalc.lower import diagonal_leaf, lower, variable
from matcalc.matrixform import MatrixForms, NoMatrixForm
from matcalc.opaque_function import OpaqueFunction
from matcalc.parser import Program, as_product, parse
from matcalc.parts import named_parts
from matcalc.rulebook import Rulebook, default_rulebook
from matcalc.shape_arithmetic import shape_arithmetic
from matcalc.simplify import simplified
from matcalc.spelling import plain_name
from matcalc.substitution import substituted
from matcalc.terms import Apply, Node, postorder

if TYPE_CHECKING:
    from matcalc.verify import Report

Declarations = Mapping[str, "str | Kind | FunctionKind"]


def differentiate(
    expression: Any,
    wrt: Any = None,
    order: int = 1,
    layout: str = "mixed",
    variables: Declarations | None = None,
    symmetric: str = "projected",
    vec: bool = False,
    rulebook: Rulebook | None = None,
) -> Derivative:
    """The derivative of an expression, text or SymPy, by one of its variables.

    `layout` is `mixed` (a gradient has the shape of the variable, a Jacobian one row per output), `numerator`
    or `denominator`. Raises a MatcalcError that says where and why when there is no answer.

    >>> differentiate("(X*theta - y)'*(X*theta - y)", "theta").text
    "2*X'*(X*theta - y)"
    """
    book = rulebook or default_rulebook()
    program = read(expression, variables, book)
    if vec:
        raise UnsupportedError("the Kronecker form (vec) is not supported yet")
    if order < 1:
        raise MatcalcError("the order of a derivative is at least 1", expected="1 or more", found=str(order))
    return Derivative(program, _variable(program, wrt), order, layout, symmetric, book.declaring(program.functions))


def diff(expression: Any, wrt: Any = None, **options: Any) -> Any:
    """The derivative as a SymPy expression; the options are those of `differentiate`."""
    return differentiate(expression, wrt, **options).sympy()


def gradient(expression: Any, wrt: Any = None, **options: Any) -> Derivative:
    """The gradient of a scalar, shaped like the variable. Raises ShapeError for any other value.

    >>> gradient("x'*A*x", "x").text
    "(A + A')*x"
    """
    answer = differentiate(expression, wrt, **options)
    if not answer.program.expr.is_scalar:
        shape = shape_text(answer.program.expr.shape)
        raise ShapeError(f"a gradient is of a scalar; this is {shape}", expected="1 x 1", found=shape)
    return answer


def jacobian(expression: Any, wrt: Any = None, **options: Any) -> Derivative:
    """The Jacobian: a row for each output, a column for each input.

    >>> jacobian("tanh(W*x)", "x").text
    'diag(1 - tanh(W*x).^2)*W'
    """
    return differentiate(expression, wrt, **{"layout": "numerator", **options})


def hessian(expression: Any, wrt: Any = None, **options: Any) -> Derivative:
    """The matrix of second derivatives of a scalar.

    >>> hessian("x'*A*x", "x").text
    "A + A'"
    """
    return gradient(expression, wrt, **{"order": 2, **options})


def evaluate(
    expression: Any,
    values: Mapping[str, Any],
    variables: Declarations | None = None,
    sizes: Mapping[str, int] | None = None,
    rulebook: Rulebook | None = None,
) -> Any:
    """The numbers of an expression at given arrays."""
    from matcalc.numeric import evaluate as numbers

    book = rulebook or default_rulebook()
    program = read(expression, variables, book)
    return numbers(program.expr, values, sizes, book.declaring(program.functions))


def read(expression: Any, variables: Declarations | None, rulebook: Rulebook) -> Program:
    """A program from text, or from a SymPy object."""
    if isinstance(expression, str):
        return parse(expression, variables, rulebook)
    from matcalc.sympy_input import program_from_sympy

    return program_from_sympy(expression, variables)


def _variable(program: Program, wrt: Any) -> Symbol:
    """The variable that `wrt` names; it may be left out when there is only one."""
    names = list(program.symbols)
    if wrt is None:
        if len(names) == 1:
            return program.symbols[names[0]]
        raise UnknownNameError(
            f"which variable? There is more than one name: {', '.join(names)}",
            found=", ".join(names),
            suggestion="name it with wrt",
        )
    name = plain_name(str(wrt))
    if name in program.functions:
        message = f"{name} is a function: a derivative is by a variable"
        raise UnknownNameError(message, found=name, expected=", ".join(names))
    if not name.isidentifier():
        raise UnsupportedError("one variable at a time: lists of variables are not supported yet", found=name)
    if name not in program.symbols:
        raise UnknownNameError(
            f"{name!r} is neither used nor declared",
            found=name,
            expected=", ".join(names),
            suggestion=_mend(name, names),
        )
    return program.symbols[name]


def _mend(name: str, names: list[str]) -> str | None:
    """What to type instead of a variable that is not there."""
    for word in names:
        if name in word and name != word and len(word) <= 3:
            return f"{word} is one name; did you mean {as_product(word)}?"
    from difflib import get_close_matches

    near = get_close_matches(name, names, 1)
    return f"did you mean {near[0]}?" if near else None


class Derivative:
    """An answer: one derivative with its renderings, numbers and assumptions. Immutable."""

    def __init__(
        self, program: Program, wrt: Symbol, order: int, layout: str, symmetric: str, rulebook: Rulebook
    ) -> None:
        self.program = program
        self.wrt = wrt
        self.order = order
        self.layout = layout
        self.symmetric = symmetric
        self.rulebook = rulebook
        forms = MatrixForms(wrt.name)
        raw, self.matrix_shape = self._differentiated()
        self.node = simplified(raw, rulebook, forms)
        self.expression: Expr | None = self._expression(forms)

    def _differentiated(self) -> tuple[Node, Shape | None]:
        """The derivative before simplification, its axes in the order of the layout."""
        kind, free = self.wrt.kind, _free(self.wrt)
        target = free if self.symmetric == "independent" else self.wrt
        whole = variable(target)
        by = diagonal_leaf(target) if "diagonal" in target.kind.facts else whole
        node = lower(self.program.expr, self.rulebook, {self.wrt.name: whole})
        for _ in range(self.order):
            node = structured(derivative(node, by, self.rulebook), kind, self.symmetric)
        if target is not self.wrt:
            node = substituted(node, {by.digest: variable(self.wrt)})
        return arranged(node, self.program.expr.shape, kind.shape, self.order, self.layout)

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
        if self.expression is None:
            return self.index()
        from matcalc.printers.text import text

        definitions, body = self._parts(self.expression)
        return "; ".join([*[f"{name} = {text(part)}" for name, part in definitions], text(body)])

    def _parts(self, expression: Expr) -> tuple[list[tuple[str, Expr]], Expr]:
        """The answer as definitions and a body in terms of them; no name of the input is used again."""
        known = self.variables
        sizes = {name for kind in known.values() for d in kind.dimensions for name in d.names}
        return named_parts(expression, {*known, *sizes}, self.program.definitions)

    @property
    def unicode(self) -> str:
        """The closed form with Greek letters and superscripts."""
        from matcalc.printers.unicode import unicode

        return unicode(self._matrix("unicode"))

    def latex(self) -> str:
        """The closed form as LaTeX, for a display."""
        from matcalc.printers.latex import latex

        return latex(self._matrix("LaTeX"), self.rulebook)

    def sympy(self) -> Any:
        """The closed form as a SymPy object. Differentiate it again with matcalc, not with SymPy."""
        from matcalc.printers.sympy import to_sympy

        return to_sympy(self._matrix("SymPy"), self.rulebook)

    def numpy_source(self, name: str = "f") -> str:
        """The closed form as the source of a NumPy function."""
        from matcalc.printers.numpy import source

        return source(self._matrix("NumPy"), name, self.rulebook, list(self.program.symbols.values()))

    def index(self) -> str:
        """The answer in index notation."""
        from matcalc.indexform import index_text

        return index_text(self.node)

    def _matrix(self, target: str) -> Expr:
        if self.expression is None:
            raise UnsupportedError(f"a tensor of more than two axes has no {target} form yet: ask for the index form")
        return self.expression

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<derivative by {self.wrt.name}: {self.text}>"

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
        kinds: dict[str, Kind | FunctionKind] = {n: symbol.kind for n, symbol in self.program.symbols.items()}
        return kinds | {name: function.kind for name, function in self.program.functions.items()}

    @property
    def notes(self) -> list[str]:
        """Readings of the input and remarks on the answer that a user should know."""
        notes = list(self.program.notes)
        used = {symbol.name for symbol in symbols(self.program.expr)}
        if self.wrt.name not in used:
            notes.append(f"{self.wrt.name} does not occur in the expression: the derivative is zero")
        facts = self.wrt.kind.facts
        if facts & {"symmetric", "skew"} and "diagonal" not in facts:
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
    def shapes_text(self) -> str:
        """The kinds taken, and how the shapes of the answer combine."""
        lines = [f"{name}: {kind.text}" for name, kind in self.variables.items()]
        shape = " x ".join(d.text for d in self.shape)
        if self.expression is not None:
            shape = shape_arithmetic(self.expression) or shape
        lines.append(f"answer: {shape} ({self.layout} layout)")
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

    def diff(self, wrt: Any = None, **options: Any) -> Derivative:
        """The derivative of the answer; the options are those of `differentiate`.

        >>> differentiate("x'*A*x", "x").diff("x").text
        "A + A'"
        """
        symbols = self.program.symbols
        inner = Program(self.text, self._matrix("differentiable"), {}, symbols, [], self.program.functions)
        settings: dict[str, Any] = {"order": 1, "layout": self.layout, "symmetric": self.symmetric, **options}
        by = _variable(inner, self.wrt.name if wrt is None else wrt)
        return Derivative(inner, by, rulebook=self.rulebook, **settings)


_CONVENTIONS = {
    "projected": "by a symmetric or skew variable: the projection onto the structure, (G + G')/2 or (G - G')/2",
    "independent": "by a symmetric or skew variable: all entries taken as independent",
    "cookbook": "by a symmetric variable: G + G' - diag(G), the entries of one triangle taken as free",
}


def _free(symbol: Symbol) -> Symbol:
    """The symbol without the structure that ties its entries."""
    if not symbol.kind.facts & {"symmetric", "skew"} or "diagonal" in symbol.kind.facts:
        return symbol
    return Symbol(symbol.name, Kind("matrix", symbol.kind.dimensions * 2, symbol.kind.sign))


def _text_of(node: Node) -> str:
    from matcalc.printers.text import text

    try:
        return text(MatrixForms().of(node).straight)
    except NoMatrixForm:
        return "an argument"
