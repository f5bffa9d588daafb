"""Opaque functions: rules, layouts, numbers against differences, print that reads back, and what is refused."""

from __future__ import annotations

import json
import random
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import matcalc
from matcalc.cli import main
from matcalc.parser import parse, parse_kind
from opaque_functions import FUNCTIONS, KINDS, SIZES, Value, for_the_oracle, namespace, operands
from oracle import differences
from oracle.layouts import LAYOUTS, agree, arranged
from oracle.shapes import Array, as_matrix
from oracle.surface import evaluate
from reading_back import reads_back as same_when_read

# expression | variable | answer in mixed layout | in numerator layout; in denominator layout a gradient is as in mixed
# layout, a Jacobian its transpose
RULES: list[tuple[str, str, str, str, Value]] = [
    ("f(A*X + B)", "X", "A'*grad(f)(A*X + B)", "grad(f)(A*X + B)'*A", lambda v: v.f(v.A @ v.X + v.B)),
    ("f(A*X + B)", "A", "grad(f)(A*X + B)*X'", "X*grad(f)(A*X + B)'", lambda v: v.f(v.A @ v.X + v.B)),
    ("f(A*X + B)", "B", "grad(f)(A*X + B)", "grad(f)(A*X + B)'", lambda v: v.f(v.A @ v.X + v.B)),
    ("f(B*X' + A)", "B", "grad(f)(B*X' + A)*X", "X'*grad(f)(B*X' + A)'", lambda v: v.f(v.B @ v.X.T + v.A)),
    ("f(A*x + b)", "x", "A'*grad(f)(A*x + b)", "grad(f)(A*x + b)'*A", lambda v: v.f(v.A @ v.x + v.b)),
    ("f(A*x + b)", "A", "grad(f)(A*x + b)*x'", "x*grad(f)(A*x + b)'", lambda v: v.f(v.A @ v.x + v.b)),
    ("f(A*x + b)", "b", "grad(f)(A*x + b)", "grad(f)(A*x + b)'", lambda v: v.f(v.A @ v.x + v.b)),
    # a batch through a layer: the bias is added to each row
    ("f(A*W + c')", "A", "grad(f)(A*W + c')*W'", "W*grad(f)(A*W + c')'", lambda v: v.f(v.A @ v.W + v.c)),
    ("f(A*W + c')", "W", "A'*grad(f)(A*W + c')", "grad(f)(A*W + c')'*A", lambda v: v.f(v.A @ v.W + v.c)),
    ("f(A*W + c')", "c", "sum(grad(f)(A*W + c'), 1)'", "sum(grad(f)(A*W + c'), 1)", lambda v: v.f(v.A @ v.W + v.c)),
    # a row through a layer: the gradient by a row is a row
    ("f(x'*W + c')", "W", "x*grad(f)(x'*W + c')", "grad(f)(x'*W + c')'*x'", lambda v: v.f((v.x @ v.W + v.c)[None])),
    ("f(x'*W + c')", "c", "grad(f)(x'*W + c')'", "grad(f)(x'*W + c')", lambda v: v.f((v.x @ v.W + v.c)[None])),
    # x -> Y -> z with a matrix in the middle
    ("Y = x*b'; z(Y)", "x", "grad(z)(x*b')*b", "b'*grad(z)(x*b')'", lambda v: v.z(np.outer(v.x, v.b))),
    ("z(diag(x))", "x", "diag(grad(z)(diag(x)))", "diag(grad(z)(diag(x)))'", lambda v: v.z(np.diag(v.x))),
    # entry by entry
    ("g(w).*h(x)", "w", "diag(grad(g)(w).*h(x))", "diag(grad(g)(w).*h(x))", lambda v: v.g(v.w) * v.h(v.x)),
    ("g(w).*h(x)", "x", "diag(g(w).*grad(h)(x))", "diag(g(w).*grad(h)(x))", lambda v: v.g(v.w) * v.h(v.x)),
    ("g(A*x)", "x", "diag(grad(g)(A*x))*A", "diag(grad(g)(A*x))*A", lambda v: v.g(v.A @ v.x)),
    ("sum(g(A*X))", "X", "A'*grad(g)(A*X)", "grad(g)(A*X)'*A", lambda v: np.sum(v.g(v.A @ v.X))),
    ("g(t)*x", "t", "grad(g)(t)*x", "grad(g)(t)*x", lambda v: v.g(v.t) * v.x),
    # vectors, rows and matrices as values
    ("y1(x)", "x", "jac(y1)(x)", "jac(y1)(x)", lambda v: v.y1(v.x)),
    ("r(x)", "x", "jac(r)(x)", "jac(r)(x)", lambda v: v.r(v.x)),
    ("A'*y1(A*x)", "x", "A'*jac(y1)(A*x)*A", "A'*jac(y1)(A*x)*A", lambda v: v.A.T @ v.y1(v.A @ v.x)),
    ("y1(t)", "t", "jac(y1)(t)", "jac(y1)(t)", lambda v: v.y1(v.t)),
    ("r(t)*W'", "t", "jac(r)(t)*W'", "jac(r)(t)*W'", lambda v: v.r(v.t) @ v.W.T),
    ("A'*F(t)", "t", "A'*jac(F)(t)", "A'*jac(F)(t)", lambda v: v.A.T @ v.F(v.t)),
    # several arguments
    ("L(A*x, t)", "x", "A'*grad(L, 1)(A*x, t)", "grad(L, 1)(A*x, t)'*A", lambda v: v.L(v.A @ v.x, v.t)),
    ("L(b, t)", "t", "grad(L, 2)(b, t)", "grad(L, 2)(b, t)", lambda v: v.L(v.b, v.t)),
    ("L(b, b'*b)", "b", "2*grad(L, 2)(b, b'*b)*b + grad(L, 1)(b, b'*b)", ".", lambda v: v.L(v.b, v.b @ v.b)),
    # among known functions
    ("log(f(x)^2 + 1)", "x", "2*f(x)*grad(f)(x)/(f(x)^2 + 1)", ".", lambda v: np.log(v.f(v.x) ** 2 + 1)),
    ("f(x)*A*x", "x", "A*x*grad(f)(x)' + f(x)*A", ".", lambda v: v.f(v.x) * v.A @ v.x),
    ("f(S)", "S", "0.5*(grad(f)(S) + grad(f)(S)')", ".", lambda v: v.f((v.S + v.S.T) / 2)),
]
OUTER = "hess(z)(g(x)).*(grad(g)(x)*grad(g)(x)') + diag(grad(grad(g))(x).*grad(z)(g(x)))"
PRODUCT = "2*grad(g)(t)*grad(h)(t) + g(t)*grad(grad(h))(t) + grad(grad(g))(t)*h(t)"
SHARED = (
    "s = b'*b; 2*(2*hess(L, 2, 2)(b, s)*b + hess(L, 1, 2)(b, s))*b' + 2*b*hess(L, 1, 2)(b, s)'"
    " + 2*grad(L, 2)(b, s)*eye(m) + hess(L, 1, 1)(b, s)"
)
SECOND: list[tuple[str, str, str, Value]] = [
    ("f(A*x + b)", "x", "A'*hess(f)(A*x + b)*A", lambda v: v.f(v.A @ v.x + v.b)),
    ("sum(g(x))", "x", "diag(grad(grad(g))(x))", lambda v: np.sum(v.g(v.x))),
    ("sum(g(A*x))", "x", "A'*diag(grad(grad(g))(A*x))*A", lambda v: np.sum(v.g(v.A @ v.x))),
    ("f(x)^2", "x", "2*(f(x)*hess(f)(x) + grad(f)(x)*grad(f)(x)')", lambda v: v.f(v.x) ** 2),
    ("f(x'*W + c')", "x", "W*hess(f)(x'*W + c')*W'", lambda v: v.f((v.x @ v.W + v.c)[None])),
    ("L(A*x, t)", "x", "A'*hess(L, 1, 1)(A*x, t)*A", lambda v: v.L(v.A @ v.x, v.t)),
    ("L(b, t)", "t", "hess(L, 2, 2)(b, t)", lambda v: v.L(v.b, v.t)),
    ("z(g(x))", "x", OUTER, lambda v: v.z(v.g(v.x))),
    ("L(b, b'*b)", "b", SHARED, lambda v: v.L(v.b, v.b @ v.b)),
    ("g(t)*h(t)", "t", PRODUCT, lambda v: v.g(v.t) * v.h(v.t)),
]


def answer(expression: str, wrt: str, **options: Any) -> matcalc.Derivative:
    return matcalc.differentiate(expression, wrt, **{"variables": KINDS, **options})


def declared(derivative: matcalc.Derivative) -> dict[str, Any]:
    """The kinds with which the printed text means the same."""
    return {name: kind.text for name, kind in derivative.variables.items()}


def shown(derivative: matcalc.Derivative, found: Any) -> bool:
    """Whether a reader that shares no code with matcalc finds the same numbers in the text."""
    wanted = as_matrix(found) if derivative.expression is not None else np.squeeze(found)
    numbers = evaluate(derivative.text, operands(), SIZES, wanted.shape, for_the_oracle())
    return agree(numbers, wanted, 1e-9)


def reads_back(derivative: matcalc.Derivative) -> bool:
    """Whether text and Unicode are read as the expression that was printed."""
    kinds = declared(derivative)
    expression = derivative.expression
    return all(same_when_read(line, kinds, expression) for line in (derivative.text, derivative.unicode))


def moved(value: Value, wrt: str) -> differences.Map:
    """The value as a function of one operand, both as matrices."""
    point = operands()

    def at(entries: Array) -> Array:
        own = entries.reshape(point[wrt].shape)
        return as_matrix(value(namespace({**point, wrt: own})))

    return at


def differenced(value: Value, wrt: str, layout: str) -> Array:
    """The derivative by central differences, as the layout shows it."""
    structure = KINDS[wrt].partition("(")[0]
    entries, error = differences.jacobian(moved(value, wrt), as_matrix(operands()[wrt]), structure)
    assert error < 1e-6
    return arranged(entries, layout)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("text", "wrt", "mixed", "numerator", "value"), RULES)
def test_rule(text: str, wrt: str, mixed: str, numerator: str, value: Value, layout: str) -> None:
    derivative = answer(text, wrt, layout=layout)
    wanted = {"mixed": mixed, "numerator": numerator}.get(layout, ".")
    assert wanted in (".", derivative.text)
    assert reads_back(derivative)
    found = derivative.evaluate({**operands(), **FUNCTIONS}, SIZES)
    assert agree(found, differenced(value, wrt, layout), 1e-7)
    assert shown(derivative, found)
    assert derivative.check().ok, derivative.check().text


@pytest.mark.parametrize(("text", "wrt", "printed", "value"), SECOND)
def test_second_derivative(text: str, wrt: str, printed: str, value: Value) -> None:
    derivative = answer(text, wrt, order=2)
    assert derivative.text == printed
    assert reads_back(derivative)
    found = as_matrix(derivative.evaluate({**operands(), **FUNCTIONS}, SIZES))
    assert shown(derivative, found)
    assert agree(found, differences.hessian(moved(value, wrt), as_matrix(operands()[wrt]))[0], 1e-6)
    assert derivative.check().ok, derivative.check().text


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("length", range(1, 7))
def test_chain_of_opaque_functions(length: int, layout: str) -> None:
    """y1 -> y2 -> ... -> yn -> z: the Jacobians in order, transposed where the gradient is a column."""
    kinds = {"y0": "vector(n)", "last": "function -> scalar"}
    inner, jacobians = "y0", []
    for k in range(1, length + 1):
        kinds[f"q{k}"] = f"function -> vector(m{k})"
        jacobians.append(f"jac(q{k})({inner})")
        inner = f"q{k}({inner})"
    derivative = matcalc.differentiate(f"last({inner})", "y0", layout=layout, variables=kinds)
    gradient = f"grad(last)({inner})"
    wanted = "*".join([f"{j}'" for j in jacobians] + [gradient])
    if layout == "numerator":
        wanted = "*".join([f"{gradient}'", *reversed(jacobians)])
    assert parse(derivative.text, kinds).expr == parse(wanted, kinds).expr
    assert derivative.check().ok
    sizes = [f"m{k}" for k in range(1, length + 1)]
    links = [f"({a} x {b})" for a, b in zip(["n", *sizes], [*sizes, "1"])]
    if layout == "numerator":
        links = [f"({b} x {a})" for a, b in zip(["n", *sizes], [*sizes, "1"])][::-1]
    shown = "1 x n" if layout == "numerator" else "n x 1"
    assert f"answer: {''.join(links)} -> {shown} ({layout} layout)" in derivative.shapes_text


TENSORS = [
    ("f(A*X + B)", "X", 2, "[i,j,l,p] sum_q(sum_r(A[q,i]*A[r,l]*hess(f)(A*X + B)[q,j,r,p]))"),
    ("f(A*x + b)", "x", 3, "[i,j,k] sum_l(sum_p(sum_q(A[l,i]*A[p,j]*A[q,k]*grad(hess(f))(A*x + b)[l,p,q])))"),
    ("y1(A*X)", "X", 1, "[l,i,j] sum_p(A[p,i]*jac(y1)(A*X)[l,p,j])"),
    ("g(x)", "x", 2, "[k,i,j] grad(grad(g))(x)[k]*eye(n)[k,i]*eye(n)[k,j]"),
    ("tr(A'*G(x))", "x", 1, None),
    ("z(y1(x))", "x", 2, None),
    ("L(y1(x), t)", "x", 2, None),
    ("y3(x)", "x", 2, "[k,i,j] jac(jac(y3))(x)[k,i,j]"),
]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("text", "wrt", "order", "printed"), TENSORS)
def test_tensor_in_index_form(text: str, wrt: str, order: int, printed: str | None, layout: str) -> None:
    derivative = answer(text, wrt, order=order, layout=layout)
    assert derivative.text.startswith("[")
    assert layout != "mixed" or printed in (None, derivative.text)
    assert shown(derivative, derivative.evaluate({**operands(), **FUNCTIONS}, SIZES))
    assert derivative.check().ok, derivative.check().text


def test_check_refutes_a_false_answer() -> None:
    derivative = answer("f(A*x)", "x")
    derivative.program = parse("f(2*(A*x))", KINDS)
    assert derivative.check().verdict == "wrong"


def test_hessian_is_known_to_be_symmetric() -> None:
    assert answer("x'*hess(f)(w)'*x - x'*hess(f)(w)*x", "x").text == "zeros(n)"
    assert answer("f(x)", "x", order=2).assumptions == ["f is 2 times continuously differentiable"]


def test_first_derivative_assumes_nothing_more() -> None:
    assert answer("f(x)", "x").assumptions == []


def test_answer_is_differentiated_again() -> None:
    assert answer("f(A*x)", "x").diff("x").text == "A'*hess(f)(A*x)*A"


# ---- declarations and spelling ----


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("function -> scalar", "function -> scalar"),
        ("function -> vector(2*m)", "function -> vector(2*m)"),
        ("function matrix(m,n) -> scalar", "function matrix(m,n) -> scalar"),
        ("function(matrix(m,n)) -> scalar", "function matrix(m,n) -> scalar"),
        ("function(scalar) -> row(n)", "function scalar -> row(n)"),
        ("function(scalar, vector(n)) -> scalar", "function(scalar, vector(n)) -> scalar"),
        ("function(vector(n), scalar, matrix(m,n)) -> matrix(2,3)",) * 2,
        ("function(scalar, scalar) -> scalar",) * 2,
        ("elementwise function", "elementwise function"),
    ],
)
def test_declaration(kind: str, written: str) -> None:
    assert parse("x", {"q": kind}).functions["q"].kind.text == written
    assert parse(f"q: {kind}; x").functions["q"].kind.text == written
    assert parse(f'q: "{kind}"; x').functions["q"].kind.text == written


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("grad(grad(f))(x)", "hess(f)(x)"),
        ("jac(grad(f))(x)", "hess(f)(x)"),
        ("∇²f(x)", "hess(f)(x)"),
        ("∇f(A*x)", "grad(f)(A*x)"),
        ("A'∇f(A*x)", "A'*grad(f)(A*x)"),
        ("2 ∇f(x)", "2*grad(f)(x)"),
        ("hess(f)(t)", "grad(grad(f))(t)"),
        ("grad(f, 1)(x)", "grad(f)(x)"),
        ("∇₂L(b, t)", "grad(L, 2)(b, t)"),
        ("∇₁₂²L(b, t)", "hess(L, 1, 2)(b, t)"),
        ("grad(grad(L, 1), 2)(b, t)", "hess(L, 1, 2)(b, t)"),
        ("x'*(hess(f)(x))'*x", "x'*hess(f)(x)'*x"),
        ("grad(f)(x)'*x^2", "grad(f)(x)'*(x^2)"),
    ],
)
def test_spelling(written: str, meant: str) -> None:
    kinds = {**KINDS, "x": "vector(n)"} if "^" not in written else {**KINDS, "x": "scalar"}
    assert parse(written, kinds).expr == parse(meant, kinds).expr


def test_greek_function_name() -> None:
    assert matcalc.differentiate("φ: function -> scalar; φ(A*x)", "x").text == "A'*grad(phi)(A*x)"


def test_sizes_follow_from_the_arguments() -> None:
    program = parse("f: function matrix(3,k) -> vector(q); A*f(B*X)")
    assert {name: symbol.kind.text for name, symbol in program.symbols.items()} == {
        "A": "matrix(m,q)",
        "B": "matrix(3,n)",
        "X": "matrix(n,k)",
    }


def test_two_calls_have_one_shape() -> None:
    program = parse("f: function -> scalar; f(x) + f(A*w)")
    assert program.symbols["A"].kind.text == "matrix(n,k)"
    assert program.symbols["x"].kind.text == "vector(n)"


# ---- refused ----


@pytest.mark.parametrize(
    ("text", "error", "wanted"),
    [
        (
            "f(x) + f(A*x)",
            matcalc.ShapeError,
            "f takes what it takes in f(x), but A*x is m x 1\n  f(x) + f(A*x)\n           ^^^",
        ),
        (
            "L(x, t)",
            matcalc.ShapeError,
            "L is declared as function(vector(m), scalar) -> scalar, but x is n x 1\n  L(x, t)\n    ^",
        ),
        (
            "L(b)",
            matcalc.ParseError,
            "L is declared as function(vector(m), scalar) -> scalar: 2 arguments, not 1\n  L(b)\n  ^^^^",
        ),
        (
            "g(x, w)",
            matcalc.ParseError,
            "g is declared as elementwise function: 1 argument, not 2\n  g(x, w)\n  ^^^^^^^",
        ),
        (
            "grad(y1)(x)",
            matcalc.ParseError,
            "y1 gives a vector(m), and grad is of a scalar\n  grad(y1)(x)\n  ^^^^^^^^^^^\n  the Jacobian is jac(y1)",
        ),
        (
            "1 + jac(f)(x)",
            matcalc.ParseError,
            "f gives a scalar, and jac is of a vector\n  1 + jac(f)(x)\n      ^^^^^^^^^\n"
            "  the gradient is grad(f), the row of it its transpose",
        ),
        (
            "jac(g)(x)",
            matcalc.ParseError,
            "the derivative of g, which works entry by entry, is no matrix\n  jac(g)(x)\n  ^^^^^^^^^\n  write grad(g)",
        ),
        (
            "hess(g)(x)",
            matcalc.ParseError,
            "the second derivative of g, which works entry by entry, is no matrix\n  hess(g)(x)\n  ^^^^^^^^^^\n"
            "  write grad(grad(g))",
        ),
        (
            "hess(grad(f))(x)",
            matcalc.ParseError,
            "hess is of f itself\n  hess(grad(f))(x)\n  ^^^^^^^^^^^^^^^^\n"
            "  derivatives of the Hessian are grad(hess(f))",
        ),
        (
            "grad(L)(b, t)",
            matcalc.ParseError,
            "L takes 2 arguments\n  grad(L)(b, t)\n  ^^^^^^^^^^^^^\n  write grad(L, 1)",
        ),
        (
            "hess(L, 2, 1)(b, t)",
            matcalc.ParseError,
            "second derivatives of L are written in the order of its arguments\n  hess(L, 2, 1)(b, t)\n"
            "  ^^^^^^^^^^^^^^^^^^^\n  write hess(L, 1, 2) and transpose it",
        ),
        (
            "grad(hess(L, 1, 2), 2)(b, t)",
            matcalc.NotDifferentiableError,
            "derivatives of order 3 of L, a function of 2 arguments, have no name here\n"
            "  grad(hess(L, 1, 2), 2)(b, t)\n  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
        ),
        (
            "hess(f)(A*X)",
            matcalc.UnsupportedError,
            "hess(f)(A*X) has more than two axes, which no expression holds\n  hess(f)(A*X)\n  ^^^^^^^^^^^^",
        ),
        (
            "2*f + 1",
            matcalc.ParseError,
            "f is a function\n  2*f + 1\n    ^\n  it stands before its argument: f(x)",
        ),
        (
            "grad(q)(x)",
            matcalc.UnknownNameError,
            "q is not declared to be a function\n  grad(q)(x)\n  ^^^^^^^^^^\n  declare it, as in q: function -> scalar",
        ),
        (
            "grad(x) + x",
            matcalc.ParseError,
            "grad is of a function, and stands before its argument\n  grad(x) + x\n  ^^^^^^^\n"
            "  of a declared function f write grad(f)(x)",
        ),
        (
            "f(x)(w)",
            matcalc.ParseError,
            "an operator is missing here\n  f(x)(w)\n      ^\n  for a product write f(x)*(w)",
        ),
        (
            "∇₁²L(b, t)",
            matcalc.ParseError,
            "this is no derivative\n  ∇₁²L(b, t)\n  ^^^\n  write ∇f(x), ∇²f(x), or ∇₁f(x, y)",
        ),
        ("f(x, axis=1)", matcalc.ParseError, "f takes its arguments by position\n  f(x, axis=1)\n       ^^^^^^"),
        (
            "f = A*x; f",
            matcalc.ParseError,
            "f is declared and defined: one of the two is enough\n  f = A*x; f\n  ^^^^^^^",
        ),
        (
            "lossy(x)",
            matcalc.UnknownNameError,
            "unknown function 'lossy'\n  lossy(x)\n  ^^^^^\n"
            "  `matcalc rules` lists the functions; for one of your own declare lossy: function -> scalar",
        ),
        (
            "q(x)",
            matcalc.UnknownNameError,
            "unknown function 'q'\n  q(x)\n  ^\n"
            "  for a product write q*(...), for a function declare q: function -> scalar",
        ),
    ],
)
def test_refused_call(text: str, error: type[matcalc.MatcalcError], wanted: str) -> None:
    with pytest.raises(matcalc.MatcalcError) as caught:
        parse(text, KINDS)
    assert str(caught.value) == wanted
    assert type(caught.value) is error


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "q: function; q(x)",
            "what does this function take and give?\n  q: function; q(x)\n     ^^^^^^^^\n"
            "  write function -> scalar, function vector(n) -> vector(m) or elementwise function",
        ),
        (
            "q: function -> spd(n); q(x)",
            "an opaque function takes and gives a scalar, vector, row or matrix, not spd(n)\n"
            "  q: function -> spd(n); q(x)\n                 ^^^^^^",
        ),
        (
            "q: vector(n) -> scalar; q(x)",
            "this is no kind of a function\n  q: vector(n) -> scalar; q(x)\n     ^^^^^^^^^^^^^^^^^^^\n"
            "  write function -> scalar, function vector(n) -> vector(m) or elementwise function",
        ),
        (
            "exp: function -> scalar; exp(x)",
            "exp is a function of the language already\n  exp: function -> scalar; exp(x)\n  ^^^\n"
            "  declare the function by another name",
        ),
        (
            "q: function -> scalar; q: elementwise function; q(x)",
            "q is declared twice, as function -> scalar and as elementwise function\n"
            "  q: function -> scalar; q: elementwise function; q(x)\n                         ^",
        ),
        (
            "q: function -> vector(q); q(x)",
            "q is a size, in q: function -> vector(q), and cannot be a variable as well\n  rename one of them",
        ),
    ],
)
def test_refused_declaration(text: str, wanted: str) -> None:
    with pytest.raises(matcalc.ParseError) as caught:
        parse(text)
    assert str(caught.value) == wanted


def test_a_derivative_is_by_a_variable() -> None:
    with pytest.raises(matcalc.UnknownNameError, match="f is a function: a derivative is by a variable"):
        answer("f(x)", "f")


def test_third_derivative_of_several_arguments_is_refused() -> None:
    with pytest.raises(matcalc.NotDifferentiableError, match="order 3 of L, a function of 2 arguments, have no name"):
        answer("L(b, t)", "t", order=3)


def test_a_kind_of_an_operand_is_no_function() -> None:
    with pytest.raises(matcalc.ParseError, match="a function is no operand"):
        parse_kind("function -> scalar")


WORDS = ["f", "g", "x", "A", "(", ")", "grad(", "hess(", "jac(", "grad(f)", "(x)", "(A*x)", "∇", "∇²", "∇₁", "'", "*"]
WORDS += [
    "+",
    ", 1",
    ",",
    "2",
    "L(",
    "y1(",
    "q: ",
    "function",
    "elementwise ",
    " -> ",
    "scalar",
    "vector(n)",
    "; ",
    "=",
]


def test_noise_ends_in_an_error_or_an_answer() -> None:
    """Short texts of random words: whatever comes, it is an expression or a MatcalcError with a short text."""
    source = random.Random(0)
    for _ in range(3000):
        text = "".join(source.choices(WORDS, k=source.randint(2, 9)))
        try:
            assert parse(text, KINDS).expr is not None
        except matcalc.MatcalcError as error:
            assert 0 < len(str(error)) < 600, text


# ---- numbers ----


def test_value_of_an_expression() -> None:
    values = {**operands(), **FUNCTIONS}
    found = matcalc.evaluate("f(A*x)*r(x)*W'", values, variables=KINDS)
    v = namespace(operands())
    assert agree(found, v.f(v.A @ v.x) * v.r(v.x) @ v.W.T, 1e-12)


def test_what_a_function_is_given() -> None:
    """Columns as (n,), rows as (1, n), matrices as they are, numbers as numbers."""
    seen: dict[str, tuple[int, ...]] = {}

    def remembering(name: str) -> Any:
        def value(*args: Any) -> float:
            seen[name] = tuple(np.shape(arg) for arg in args)
            return 0.0

        return value

    kinds = {**KINDS, "q": "function(vector(n), row(n), matrix(m,n), scalar) -> scalar"}
    matcalc.evaluate("q(x, x', A, t)", {**operands(), "q": remembering("q")}, variables=kinds)
    assert seen == {"q": ((4,), (1, 4), (3, 4), ())}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (None, "no value is given for hess(f) (f: function -> scalar)"),
        (np.sum, "no value is given for hess(f) (f: function -> scalar)"),
        ((np.sum, np.ones_like), "no value is given for hess(f) (f: function -> scalar)"),
        ({"f": np.sum}, "no value is given for hess(f) (f: function -> scalar)"),
        ((np.sum, np.ones_like, 3.0), "the value of hess(f) is a float, not a Python function"),
        ({"hess(f)": np.cos}, "hess(f) gives an array of shape (4,) here, not an array of shape (4, 4)"),
    ],
)
def test_missing_or_misshapen_function(given: Any, message: str) -> None:
    with pytest.raises(matcalc.MatcalcError) as caught:
        answer("f(x)", "x", order=2).evaluate({**operands(), "f": given})
    assert caught.value.message == message


def test_a_check_draws_the_same_functions_again() -> None:
    first, second = (answer("f(A*x)", "x").check(seed=4).largest_error for _ in range(2))
    assert first == second != answer("f(A*x)", "x").check(seed=5).largest_error


# ---- print ----


@pytest.mark.parametrize(
    ("text", "wrt", "order", "latex", "unicode", "sympy"),
    [
        ("f(A*X + B)", "X", 1, r"A^\top \nabla f(A X + B)", "Aᵀ∇f(A X + B)", "A.T*grad(f)(A*X + B)"),
        ("f(A*x)", "x", 2, r"A^\top \nabla^2 f(A x) A", "Aᵀ∇²f(A x)·A", "A.T*hess(f)(A*x)*A"),
        ("y1(x)", "x", 1, "J_{y_1}(x)", "jac(y1)(x)", "jac(y1)(x)"),
        ("r(x)", "x", 1, "J_r(x)", "jac(r)(x)", "jac(r)(x)"),
        ("y1(t)", "t", 2, "y_1''(t)", "jac(jac(y1))(t)", "jac(jac(y1))(t)"),
        ("sum(g(x))", "x", 1, "g'(x)", "∇g(x)", "grad(g)(x)"),
        ("g(t)", "t", 4, "g^{(4)}(t)", "∇⁴g(t)", "grad(grad(grad(grad(g))))(t)"),
        ("L(b, t)", "b", 1, r"\nabla_1 L(b, t)", "∇₁L(b, t)", "grad(L, 1)(b, t)"),
        ("L(b, t)", "t", 2, r"\nabla^2_{22} L(b, t)", "∇₂₂²L(b, t)", "hess(L, 2, 2)(b, t)"),
        ("f(x)^2", "x", 1, r"2 f(x) \nabla f(x)", "2 f(x)·∇f(x)", "(2*f(x))*grad(f)(x)"),
    ],
)
def test_other_notations(text: str, wrt: str, order: int, latex: str, unicode: str, sympy: str) -> None:
    derivative = answer(text, wrt, order=order)
    assert derivative.latex() == latex
    assert derivative.unicode == unicode
    assert str(derivative.sympy()) == sympy


def test_word_as_a_function_in_latex() -> None:
    derivative = matcalc.differentiate("loss: function -> scalar; loss(A*x)", "x")
    assert derivative.latex() == r"A^\top \nabla \operatorname{loss}(A x)"


def test_sympy_refuses_to_differentiate_what_it_does_not_know() -> None:
    import sympy

    gradient = answer("f(x)*t", "t").sympy()
    with pytest.raises(NotImplementedError, match="differentiate with matcalc"):
        gradient.diff(sympy.MatrixSymbol("x", sympy.Symbol("n", integer=True, positive=True), 1))


def python_arguments() -> dict[str, Any]:
    """What generated code asks for: operands, and each function by the name it has in Python."""
    found: dict[str, Any] = operands()
    for name, given in FUNCTIONS.items():
        if isinstance(given, dict):
            found |= {key.replace("(", "_").replace(", ", "_").rstrip(")"): value for key, value in given.items()}
        else:
            found |= {name: given[0], f"grad_{name}": given[1], f"jac_{name}": given[1]}
    return found


@pytest.mark.parametrize(
    ("text", "wrt"),
    [
        ("f(A*X + B)", "X"),
        ("f(x'*W + c')", "W"),
        ("r(x)*W'", "x"),
        ("r(t)*W'", "t"),
        ("L(A*x, t)", "x"),
        ("g(w).*h(x)", "w"),
        ("f(x)*y1(x)", "x"),
    ],
)
def test_numpy_source_takes_the_functions_as_arguments(text: str, wrt: str) -> None:
    derivative = answer(text, wrt)
    scope: dict[str, Any] = {}
    exec(derivative.numpy_source("compiled"), scope)
    code = scope["compiled"].__code__
    given = python_arguments()
    found = scope["compiled"](**{name: given[name] for name in code.co_varnames[: code.co_argcount]})
    assert agree(found, derivative.evaluate({**operands(), **FUNCTIONS}, SIZES), 1e-12)


def test_numpy_source() -> None:
    derivative = matcalc.differentiate("loss: function -> scalar; grad_loss: scalar; grad_loss*loss(A*x)", "x")
    assert derivative.numpy_source() == (
        "def f(grad_loss, A, x, grad_loss_):\n"
        '    """grad_loss*A\'*grad(loss)(A*x).\n\n'
        "    With grad_loss: scalar, A: matrix(m,n), x: vector(n), grad_loss_: function vector(m) -> vector(m).\n"
        '    """\n'
        "    return grad_loss * (A.T @ grad_loss_(A @ x))\n"
    )


def test_named_parts_and_index_letters_avoid_functions() -> None:
    kinds = {"u": "function -> vector(m)", "i": "function -> scalar", "x": "vector(n)", "A": "matrix(m,n)"}
    chain = matcalc.differentiate("r = " + "A'*u(" * 4 + "x" + ")" * 4 + "; r'*r", "x", variables=kinds)
    assert chain.check().ok
    assert same_when_read(chain.text, declared(chain), chain.expression)
    assert matcalc.differentiate("i(x)", "x", order=3, variables=kinds).text == "[j,k,l] grad(hess(i))(x)[j,k,l]"


def test_shapes_and_json_name_the_functions() -> None:
    derivative = answer("f(A*X + B)", "X", variables={name: KINDS[name] for name in "fAXB"})
    assert derivative.shapes_text.splitlines() == [
        "A: matrix(m,n)",
        "X: matrix(n,k)",
        "B: matrix(m,k)",
        "f: function -> scalar",
        "answer: (n x m)(m x k) -> n x k (mixed layout)",
    ]
    command = ["diff", "f(A*X)", "--wrt", "X", "--var", "f: function -> scalar", "--to", "json"]
    shown = json.loads(CliRunner().invoke(main, command).output)
    assert shown["text"] == "A'*grad(f)(A*X)"
    assert shown["variables"]["f"] == "function -> scalar"


# ---- random compositions ----

LINKS = ("linear", "affine", "scaled", "entries", "known", "opaque", "again")


class Composition:
    """A random chain of linear maps, entrywise functions and opaque ones, ending in a scalar or a vector."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.kinds = {"x": "vector(d0)"}
        self.size = 0
        self.text = "x"
        for _ in range(self.random.randint(1, 4)):
            self.extend(self.random.choice(LINKS))
        self.order = 2 if len(self.text) < 40 and self.random.random() < 0.4 else 1
        end = self.random.choice(("scalar", "sum", "pair", "vector") if self.order == 1 else ("scalar", "sum"))
        self.finish(end)

    def named(self, letter: str, kind: str) -> str:
        name = f"{letter}{len(self.kinds)}"
        self.kinds[name] = kind
        return name

    def fresh(self) -> int:
        self.size += 1
        return self.size

    def extend(self, link: str) -> None:
        here = self.size
        if link in ("linear", "affine"):
            matrix = self.named("A", f"matrix(d{self.fresh()},d{here})")
            self.text = f"{matrix}*({self.text})"
            if link == "affine":
                self.text += " + " + self.named("b", f"vector(d{self.size})")
        elif link == "scaled":
            self.text = f"({self.text}).*" + self.named("v", f"vector(d{here})")
        elif link == "entries":
            self.text = f"{self.named('g', 'elementwise function')}({self.text})"
        elif link == "known":
            self.text = f"{self.random.choice(('tanh', 'sin', 'exp'))}({self.text})"
        elif link == "opaque":
            self.text = f"{self.named('q', f'function -> vector(d{self.fresh()})')}({self.text})"
        else:
            name = self.named("q", f"function vector(d{here}) -> vector(d{here})")
            self.text = f"{name}({name}({self.text}))"

    def finish(self, end: str) -> None:
        if end == "scalar":
            self.text = f"{self.named('z', 'function -> scalar')}({self.text})"
        elif end == "sum":
            self.text = f"sum({self.text})"
        elif end == "pair":
            name = self.named("z", "function -> scalar")
            self.text = f"u = {self.text}; {name}(u, u'*u)"


@pytest.mark.parametrize("number", range(60))
def test_random_composition(number: int) -> None:
    given = Composition(number)
    layout = LAYOUTS[number % 3]
    derivative = matcalc.differentiate(given.text, "x", order=given.order, layout=layout, variables=given.kinds)
    report = derivative.check(seed=number)
    assert report.ok, f"{given.text}: {report.text}"
    if derivative.expression is not None:
        assert reads_back(derivative), derivative.text
    assert given.order == 2 or derivative.expression is not None


def test_random_compositions_differ() -> None:
    assert len({Composition(number).text for number in range(60)}) > 50
    assert sum(Composition(number).order == 2 for number in range(60)) > 10
