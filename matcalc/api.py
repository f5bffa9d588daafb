"""The Python interface: parse, differentiate, evaluate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from matcalc.answers import Answer
from matcalc.derivatives import Derivative
from matcalc.errors import ShapeError, UnsupportedError
from matcalc.kinds import FunctionKind, Kind
from matcalc.layout import shape_text
from matcalc.parser import Program, parse
from matcalc.partials import Partial
from matcalc.rulebook import Rulebook, default_rulebook
from matcalc.separate import Derivatives
from matcalc.vector_products import VectorProduct, cotangent_product, directional_product
from matcalc.wrt import apart, asked_for, in_turn

Declarations = Mapping[str, "str | Kind | FunctionKind"]
AnyAnswer = TypeVar("AnyAnswer", bound=Answer)


def differentiate(
    expression: Any,
    wrt: Any = None,
    order: int = 1,
    layout: str = "mixed",
    variables: Declarations | None = None,
    symmetric: str = "projected",
    vec: bool = False,
    rulebook: Rulebook | None = None,
    language: str | None = None,
) -> Derivative | Derivatives:
    r"""The derivative of an expression, text or SymPy, by one of its variables.

    `wrt` is a name; a list of names, to differentiate by in turn; or `"x, y"`, for the derivatives by each, which
    come as a mapping. `layout` is `mixed` (a gradient has the shape of the variable, a Jacobian one row per output),
    `numerator` or `denominator`. With `vec` a derivative of more than two axes is the matrix d vec(Y)/d vec(X)', where
    vec stacks columns. `language` is that of the text, `matcalc` or `latex`; LaTeX is recognised by its commands, and
    may name the variable itself. Raises a MatcalcError that says where and why when there is no answer.

    >>> differentiate("(X*theta - y)'*(X*theta - y)", "theta").text
    "2*X'*(X*theta - y)"
    >>> differentiate("x'*A*y", ["x", "y"]).text
    'A'
    >>> differentiate("A*X*B", "X", vec=True).text
    "kron(B', A)"
    >>> differentiate(r"\nabla_x\,(Ax-b)^\top(Ax-b)").text
    "2*A'*(A*x - b)"
    """
    program, book = read(expression, variables, rulebook, language)

    def derivative(by: Any) -> Derivative:
        partials = [Partial(symbol) for symbol in in_turn(program, by, order)]
        return Derivative(program, partials, layout, symmetric, book, vec=vec)

    return by_each(asked_for(program, wrt), derivative)


def by_each(wrt: Any, answer: Callable[[Any], AnyAnswer]) -> AnyAnswer | Derivatives:
    """The answer by the variable that `wrt` names, or the answers by each where it names several apart."""
    names = apart(wrt)
    return answer(wrt) if names is None else Derivatives({name: answer(name) for name in names})


def diff(expression: Any, wrt: Any = None, **options: Any) -> Any:
    """The derivative as a SymPy expression; the options are those of `differentiate`."""
    return differentiate(expression, wrt, **options).sympy()


def gradient(expression: Any, wrt: Any = None, **options: Any) -> Derivative | Derivatives:
    """The gradient of a scalar, shaped like the variable. Raises ShapeError for any other value.

    >>> gradient("x'*A*x", "x").text
    "(A + A')*x"
    """
    answer = differentiate(expression, wrt, **options)
    _require_scalar(answer.program, "a gradient")
    return answer


def _require_scalar(program: Program, what: str) -> None:
    if not program.expr.is_scalar:
        shape = shape_text(program.expr.shape)
        raise ShapeError(f"{what} is of a scalar; this is {shape}", expected="1 x 1", found=shape)


def jacobian(expression: Any, wrt: Any = None, **options: Any) -> Derivative | Derivatives:
    """The Jacobian: a row for each output, a column for each input.

    >>> jacobian("tanh(W*x)", "x").text
    'diag(1 - tanh(W*x).^2)*W'
    """
    return differentiate(expression, wrt, **{"layout": "numerator", **options})


def hessian(expression: Any, wrt: Any = None, **options: Any) -> Derivative | Derivatives:
    """The matrix of second derivatives of a scalar.

    >>> hessian("x'*A*x", "x").text
    "A + A'"
    """
    return gradient(expression, wrt, **{"order": 2, **options})


def vjp(
    expression: Any,
    wrt: Any = None,
    vector: Any = None,
    layout: str = "mixed",
    variables: Declarations | None = None,
    symmetric: str = "projected",
    rulebook: Rulebook | None = None,
    language: str | None = None,
) -> VectorProduct | Derivatives:
    """The product of a vector shaped like the value with the Jacobian, which is not formed; shaped like the variable.

    `vector` names it; a name already declared or used must have the shape of the value, else a ShapeError is raised.
    With `wrt="x, W"` the products with the Jacobian by each come as a mapping.

    >>> vjp("A*X*B", "X", "G").text
    "A'*G*B'"
    """
    program, book = read(expression, variables, rulebook, language)
    return by_each(asked_for(program, wrt), lambda by: cotangent_product(program, by, vector, layout, symmetric, book))


def jvp(
    expression: Any,
    wrt: Any = None,
    vector: Any = None,
    layout: str = "mixed",
    variables: Declarations | None = None,
    symmetric: str = "projected",
    rulebook: Rulebook | None = None,
    language: str | None = None,
) -> VectorProduct:
    """The derivative along a vector shaped like the variable: the Jacobian times it; shaped like the value.

    `vector` names it; a name already declared or used must have the shape of the variable. Raises ShapeError where
    it has not.

    >>> jvp("inv(X)", "X", "V").text
    '-inv(X)*V*inv(X)'
    """
    program, book = read(expression, variables, rulebook, language)
    return directional_product(program, asked_for(program, wrt), vector, 1, layout, symmetric, book)


def hvp(
    expression: Any,
    wrt: Any = None,
    vector: Any = None,
    layout: str = "mixed",
    variables: Declarations | None = None,
    symmetric: str = "projected",
    rulebook: Rulebook | None = None,
    language: str | None = None,
) -> VectorProduct:
    """The second derivative of a scalar along a vector shaped like the variable: the Hessian times it, shaped alike.

    Raises ShapeError where the value is no scalar, or the vector has another shape.

    >>> hvp("norm2(X*w - y)^2", "w", "v").text
    "2*X'*X*v"
    """
    program, book = read(expression, variables, rulebook, language)
    _require_scalar(program, "a Hessian")
    return directional_product(program, asked_for(program, wrt), vector, 2, layout, symmetric, book)


def evaluate(
    expression: Any,
    values: Mapping[str, Any],
    variables: Declarations | None = None,
    sizes: Mapping[str, int] | None = None,
    rulebook: Rulebook | None = None,
    language: str | None = None,
) -> Any:
    """The numbers of an expression at given arrays."""
    from matcalc.numeric import evaluate as numbers

    program, book = read(expression, variables, rulebook, language)
    if program.operator:
        raise UnsupportedError(
            f"{program.operator} asks for a derivative, not for the value of a formula",
            suggestion="leave it out, or evaluate the derivative",
        )
    return numbers(program.expr, values, sizes, book)


def read(
    expression: Any, variables: Declarations | None, rulebook: Rulebook | None, language: str | None = None
) -> tuple[Program, Rulebook]:
    """A program from text, or from a SymPy object, and the rules with the functions that it declares."""
    book = rulebook or default_rulebook()
    if isinstance(expression, str):
        program = parse(expression, variables, book, language)
    else:
        from matcalc.sympy_input import program_from_sympy

        program = program_from_sympy(expression, variables)
    return program, book.declaring(program.functions)
