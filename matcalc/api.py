"""The Python interface: parse, differentiate, evaluate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matcalc.derivatives import Derivative
from matcalc.errors import ShapeError, UnsupportedError
from matcalc.kinds import FunctionKind, Kind
from matcalc.layout import shape_text
from matcalc.parser import Program, parse
from matcalc.partials import Partial
from matcalc.rulebook import Rulebook, default_rulebook
from matcalc.vector_products import VectorProduct, cotangent_product, directional_product
from matcalc.wrt import in_turn

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
    return Derivative(
        program,
        [Partial(by) for by in in_turn(program, wrt, order)],
        layout,
        symmetric,
        book.declaring(program.functions),
    )


def diff(expression: Any, wrt: Any = None, **options: Any) -> Any:
    """The derivative as a SymPy expression; the options are those of `differentiate`."""
    return differentiate(expression, wrt, **options).sympy()


def gradient(expression: Any, wrt: Any = None, **options: Any) -> Derivative:
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


def vjp(
    expression: Any,
    wrt: Any = None,
    vector: str | None = None,
    layout: str = "mixed",
    variables: Declarations | None = None,
    symmetric: str = "projected",
    rulebook: Rulebook | None = None,
) -> VectorProduct:
    """The product of a vector shaped like the value with the Jacobian, which is not formed; shaped like the variable.

    `vector` names it; a name already declared or used must have the shape of the value. Raises ShapeError where it
    has not.

    >>> vjp("A*X*B", "X", "G").text
    "A'*G*B'"
    """
    book = rulebook or default_rulebook()
    return cotangent_product(read(expression, variables, book), wrt, vector, layout, symmetric, book)


def jvp(
    expression: Any,
    wrt: Any = None,
    vector: str | None = None,
    layout: str = "mixed",
    variables: Declarations | None = None,
    symmetric: str = "projected",
    rulebook: Rulebook | None = None,
) -> VectorProduct:
    """The derivative along a vector shaped like the variable: the Jacobian times it; shaped like the value.

    `vector` names it; a name already declared or used must have the shape of the variable. Raises ShapeError where
    it has not.

    >>> jvp("inv(X)", "X", "V").text
    '-inv(X)*V*inv(X)'
    """
    book = rulebook or default_rulebook()
    return directional_product(read(expression, variables, book), wrt, vector, 1, layout, symmetric, book)


def hvp(
    expression: Any,
    wrt: Any = None,
    vector: str | None = None,
    layout: str = "mixed",
    variables: Declarations | None = None,
    symmetric: str = "projected",
    rulebook: Rulebook | None = None,
) -> VectorProduct:
    """The second derivative of a scalar along a vector shaped like the variable: the Hessian times it, shaped alike.

    Raises ShapeError where the value is no scalar, or the vector has another shape.

    >>> hvp("norm2(X*w - y)^2", "w", "v").text
    "2*X'*X*v"
    """
    book = rulebook or default_rulebook()
    program = read(expression, variables, book)
    _require_scalar(program, "a Hessian")
    return directional_product(program, wrt, vector, 2, layout, symmetric, book)


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
