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
