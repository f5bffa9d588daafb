"""The Python interface: what it takes, what the answer holds, how it fails, and that it may be used by many threads."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import sympy as sp

import matcalc
from matcalc import interning
from matcalc.dimensions import Dimension
from oracle.layouts import agree
from oracle.surface import evaluate

LEAST_SQUARES = "(X*theta-y)'*(X*theta-y)"
X = np.array([[1.0, -2.0], [0.5, 1.5], [0.0, 3.0], [2.0, 0.3]])
THETA, Y = np.array([0.3, -0.7]), np.array([1.0, 2.0, -1.0, 0.5])
VALUES = {"X": X, "theta": THETA, "y": Y}
GRADIENT = 2 * X.T @ (X @ THETA - Y)
m, n = (Dimension.of(name) for name in "mn")


@pytest.fixture
def least_squares() -> matcalc.Derivative:
    return matcalc.differentiate(LEAST_SQUARES, wrt="theta")


# -- SymPy out and in


def explicit(obj: Any, values: dict[str, Any], sizes: dict[str, int]) -> Any:
    """What SymPy itself makes of an object when numbers are put in."""
    put: dict[Any, Any] = {sp.Symbol(name, integer=True, positive=True): size for name, size in sizes.items()}
    for matrix in obj.atoms(sp.MatrixSymbol):
        rows, columns = (int(sp.sympify(length).subs(put)) for length in matrix.shape)
        put[matrix] = sp.ImmutableDenseMatrix(rows, columns, np.ravel(values[matrix.name]).tolist())
    for symbol in obj.free_symbols:
        if isinstance(symbol, sp.Symbol) and symbol not in put:
            put[symbol] = sp.Float(values[symbol.name])
    done = obj.xreplace(put).doit()
    done = done.as_explicit() if isinstance(done, sp.MatrixExpr) else done
    return np.squeeze(np.array(done.tolist() if hasattr(done, "tolist") else done, dtype=float))


@pytest.mark.parametrize(
    ("expression", "wrt", "options"),
    [
        (LEAST_SQUARES, "theta", {}),
        (LEAST_SQUARES, "theta", {"layout": "numerator"}),
        (LEAST_SQUARES, "theta", {"order": 2}),
        (LEAST_SQUARES, "X", {}),
        ("sum(tanh(X*theta))", "theta", {}),
        ("exp(X*theta - y)", "theta", {"layout": "denominator"}),
        ("norm2(X*theta)", "theta", {}),
        ("sum(X*theta)", "X", {}),
        ("a*norm2(theta)^2 + a^3", "a", {}),
    ],
)
def test_diff_gives_a_sympy_object_with_the_numbers_of_the_answer(
    expression: str, wrt: str, options: dict[str, Any]
) -> None:
    found = matcalc.diff(expression, wrt, **options)
    assert isinstance(found, sp.Basic)
    values = {**VALUES, "a": 1.5}
    wanted = matcalc.differentiate(expression, wrt, **options).evaluate(values)
    assert agree(explicit(found, values, {"m": 4, "n": 2}), np.squeeze(wanted), 1e-12)


def test_sympy_objects_are_taken() -> None:
    rows, columns = sp.symbols("m n", integer=True, positive=True)
    X, theta, y = (
        sp.MatrixSymbol("X", rows, columns),
        sp.MatrixSymbol("theta", columns, 1),
        sp.MatrixSymbol("y", rows, 1),
    )
    loss = (X * theta - y).T * (X * theta - y)
    for wrt in (theta, "theta"):
        derivative = matcalc.differentiate(loss, wrt)
        assert derivative.text == "2*X'*(X*theta - y)"
        assert agree(derivative.evaluate(VALUES), GRADIENT, 1e-14)
    assert matcalc.diff(loss, theta) == 2 * X.T * (X * theta - y)
    S = sp.MatrixSymbol("S", columns, columns)
    assert matcalc.gradient(sp.log(sp.Determinant(S)), S, variables={"S": "spd(n)"}).text == "inv(S)"
    t = sp.Symbol("t")
    assert matcalc.diff(sp.sin(t**2), t) == 2 * t * sp.cos(t**2)


def test_the_variable_may_be_left_out_when_there_is_one() -> None:
    assert matcalc.differentiate("exp(t^2)").text == "2*t*exp(t^2)"
    with pytest.raises(matcalc.UnknownNameError, match="which variable") as caught:
        matcalc.differentiate("x'*y")
    assert caught.value.found == "x, y"


# -- the answer


def test_renderings(least_squares: matcalc.Derivative) -> None:
    assert str(least_squares) == least_squares.text == "2*X'*(X*theta - y)"
    assert repr(least_squares) == "<derivative by theta: 2*X'*(X*theta - y)>"
    assert least_squares.unicode == "2 Xᵀ(Xθ − y)"
    assert least_squares.latex() == r"2 X^\top (X \theta - y)"
    assert least_squares._repr_latex_() == r"$\displaystyle 2 X^\top (X \theta - y)$"
    assert str(least_squares.sympy()) == "2*X.T*(X*theta - y)"
    assert agree(evaluate(least_squares.index(), VALUES, {"n": 2}, shape=(2,)), GRADIENT, 1e-14)


def test_shape_and_variables(least_squares: matcalc.Derivative) -> None:
    assert least_squares.shape == (n, Dimension.of(1))
    assert {name: kind.text for name, kind in least_squares.variables.items()} == {
        "X": "matrix(m,n)",
        "theta": "vector(n)",
        "y": "vector(m)",
    }
    assert matcalc.differentiate("X*theta", "theta", layout="denominator").shape == (n, m)
    assert [d.text for d in matcalc.differentiate("A*X", "X").shape] == ["m", "k", "n", "k"]


def test_notes_and_assumptions() -> None:
    absent = matcalc.differentiate("x'*x", "z", variables={"z": "vector(m)"})
    assert absent.notes == ["z does not occur in the expression: the derivative is zero"]
    assert absent.text == "zeros(m)"
    symmetric = matcalc.differentiate("tr(A*S)", "S", variables={"S": "symmetric(n)"})
    assert any("(G + G')/2" in note for note in symmetric.notes)
    assert matcalc.differentiate("x'*inv(A + B)*x", "x").assumptions == ["A + B is invertible"]
    assert matcalc.differentiate("x'*x", "x").assumptions == []


def test_declarations_as_text_or_kind() -> None:
    kind = matcalc.parse("x'*S*x", {"S": "symmetric(n)"}).symbols["S"].kind
    for declared in ("symmetric(n)", kind):
        assert matcalc.differentiate("x'*S*x", "x", variables={"S": declared}).text == "2*S*x"
    assert matcalc.differentiate("S: symmetric(n); x'*S*x", "x").text == "2*S*x"


def test_gradient_jacobian_hessian() -> None:
    assert matcalc.gradient("x'*A*x", "x").text == "(A + A')*x"
    assert matcalc.gradient("x'*A*x", "x", layout="numerator").text == "x'*(A + A')"
    with pytest.raises(matcalc.ShapeError, match="a gradient is of a scalar"):
        matcalc.gradient("A*x", "x")
    assert matcalc.jacobian("A*x", "x").text == "A"
    assert matcalc.jacobian("x'*A*x", "x").shape == (Dimension.of(1), n)
    assert matcalc.jacobian("A*x", "x", layout="denominator").text == "A'"
    assert matcalc.hessian("x'*A*x", "x").text == "A + A'"
    with pytest.raises(matcalc.ShapeError):
        matcalc.hessian("A*x", "x")


def test_an_answer_is_differentiated_again() -> None:
    gradient = matcalc.differentiate("sum(exp(A*x))", "x")
    again, at_once = gradient.diff("x"), matcalc.hessian("sum(exp(A*x))", "x")
    values = {"A": X, "x": THETA}
    assert agree(again.evaluate(values), at_once.evaluate(values), 1e-12)
    assert matcalc.differentiate("x'*A*x", "x").diff().text == "A + A'"
    by_other = matcalc.differentiate("y'*A*x", "x").diff("y")
    assert by_other.text == "A'"


# -- numbers


def test_arrays_come_in_the_shapes_of_the_interface(least_squares: matcalc.Derivative) -> None:
    assert agree(least_squares.evaluate(VALUES), GRADIENT, 1e-14)
    row = matcalc.differentiate(LEAST_SQUARES, "theta", layout="numerator")
    assert agree(row.evaluate(VALUES), GRADIENT[None, :], 1e-14)
    assert agree(matcalc.hessian(LEAST_SQUARES, "theta").evaluate(VALUES), 2 * X.T @ X, 1e-14)
    assert matcalc.differentiate("a^3", "a").evaluate({"a": 2}).shape == ()
    tensor = matcalc.differentiate("A*X", "X").evaluate({"A": X, "X": np.ones((2, 3))})
    assert tensor.shape == (4, 3, 2, 3)


def test_inputs_may_be_columns_lists_or_more_than_needed(least_squares: matcalc.Derivative) -> None:
    given = {"X": X.tolist(), "theta": THETA[:, None], "y": tuple(Y), "unused": 3}
    assert agree(least_squares.evaluate(given), GRADIENT, 1e-14)


def test_sizes_that_no_array_shows() -> None:
    derivative = matcalc.differentiate("sum(x)/N", "x", variables={"N": "scalar"})
    assert agree(derivative.evaluate({"x": THETA, "N": 4}), np.array([0.25, 0.25]), 1e-15)
    ones = matcalc.differentiate("ones(k)'*A*x", "A", variables={"A": "matrix(k,n)", "x": "vector(n)"})
    assert agree(ones.evaluate({"x": THETA}, sizes={"k": 3}), np.outer(np.ones(3), THETA), 1e-15)
    with pytest.raises(matcalc.MatcalcError, match="k"):
        ones.evaluate({"x": THETA})


def test_wrong_arrays_are_refused_by_name(least_squares: matcalc.Derivative) -> None:
    with pytest.raises(matcalc.ShapeError, match="y"):
        least_squares.evaluate({**VALUES, "y": np.ones(3)})
    with pytest.raises(matcalc.MatcalcError, match="no value is given for X"):
        least_squares.evaluate({"theta": THETA, "y": Y})


def test_evaluate_a_program() -> None:
    assert float(matcalc.evaluate("r = X*theta - y; r'*r", VALUES)) == pytest.approx(np.sum((X @ THETA - Y) ** 2))
    assert agree(matcalc.evaluate("X*theta", VALUES), X @ THETA, 1e-15)


@pytest.mark.parametrize("order", [1, 2])
def test_numpy_source_is_a_function_of_the_inputs(order: int) -> None:
    expression = "sum(log(1 + exp(-y.*(X*theta)))) + a*norm2(theta)^2"
    derivative = matcalc.differentiate(expression, "theta", order=order, variables={"a": "scalar"})
    source = derivative.numpy_source(name="slope")
    scope: dict[str, Any] = {}
    exec(compile(source, "<generated>", "exec"), scope)
    values = {**VALUES, "a": 0.3}
    assert agree(scope["slope"](**values), derivative.evaluate(values), 1e-12)
    assert source.startswith(("import numpy as np", '"""'))
    assert "inv(" not in source


# -- errors

# class, call, position in the text, expected, found, part of the suggestion
ERRORS: list[
    tuple[type[matcalc.MatcalcError], str, str, tuple[int, int] | None, str | None, str | None, str | None]
] = [
    (matcalc.ParseError, "x'*(y", "x", (3, 4), None, None, None),
    (matcalc.ShapeError, "x*y", "x", (0, 3), "1", "k", "x'*y"),
    (matcalc.ShapeError, "X: matrix(2,3); X*X", "X", (16, 19), "3", "2", None),
    (matcalc.UnknownNameError, "sigmod(x)", "x", (0, 6), None, "sigmod", "sigmoid"),
    (matcalc.UnknownNameError, "x'*x", "w", None, "x", "w", None),
    (matcalc.UnknownNameError, "theta'*theta", "thetta", None, "theta", "thetta", "theta"),
]


@pytest.mark.parametrize(("kind", "text", "wrt", "position", "expected", "found", "suggestion"), ERRORS)
def test_errors_say_where_and_what(
    kind: type[matcalc.MatcalcError],
    text: str,
    wrt: str,
    position: tuple[int, int] | None,
    expected: str | None,
    found: str | None,
    suggestion: str | None,
) -> None:
    with pytest.raises(matcalc.MatcalcError) as caught:
        matcalc.differentiate(text, wrt)
    error = caught.value
    assert type(error) is kind
    assert error.position == position
    if expected is not None:
        assert expected in (error.expected or "")
    if found is not None:
        assert found in (error.found or "")
    if suggestion is not None:
        assert suggestion in (error.suggestion or "")
    if position is not None:
        assert text in str(error)
        assert "^" in str(error)


@pytest.mark.parametrize(
    ("kind", "call"),
    [
        (matcalc.NotDifferentiableError, lambda: matcalc.differentiate("trigamma(x)", "x")),
        (matcalc.UnsupportedError, lambda: matcalc.differentiate("A*X", "X").latex()),
        (matcalc.MatcalcError, lambda: matcalc.differentiate("x'*x", "x", order=0)),
        (matcalc.MatcalcError, lambda: matcalc.differentiate("x'*x", "x", layout="sideways")),
        (
            matcalc.MatcalcError,
            lambda: matcalc.differentiate("tr(S)", "S", variables={"S": "symmetric(n)"}, symmetric="both"),
        ),
        (matcalc.ParseError, lambda: matcalc.parse("x'*x", {"x": "vektor(n)"})),
    ],
)
def test_other_refusals(kind: type[matcalc.MatcalcError], call: Callable[[], Any]) -> None:
    with pytest.raises(kind) as caught:
        call()
    assert caught.value.message


def test_every_error_is_a_matcalc_error_with_an_exit_status() -> None:
    kinds = [getattr(matcalc, name) for name in matcalc.__all__ if name.endswith("Error")]
    assert len(kinds) == 7
    assert all(issubclass(kind, matcalc.MatcalcError) for kind in kinds)
    assert matcalc.ParseError.exit_status == 2
    assert matcalc.ShapeError.exit_status == 1


# -- many uses


INPUTS = [
    (LEAST_SQUARES, "theta"),
    ("x'*A*x", "x"),
    ("sum(log(1 + exp(-y.*(X*w))))", "w"),
    ("logdet(K) + y'*inv(K)*y", "K"),
    ("norm2(W2*tanh(W1*x) - y)^2", "W1"),
    ("log(sum(exp(D*x)))", "x"),
    ("tr(B*Z*C)", "Z"),
    ("A*X*B", "X"),
]


def texts() -> list[str]:
    return [matcalc.differentiate(expression, wrt).text for expression, wrt in INPUTS]


def test_clear_cache_changes_nothing() -> None:
    before = texts()
    kept = matcalc.differentiate(LEAST_SQUARES, "theta")
    matcalc.clear_cache()
    assert texts() == before
    again = matcalc.differentiate(LEAST_SQUARES, "theta")
    assert kept.expression == again.expression
    assert kept.node == again.node
    assert agree(kept.evaluate(VALUES), GRADIENT, 1e-14)


def in_threads(work: Callable[[int], Any], count: int) -> list[Any]:
    """The results of `count` runs that start together, with threads that switch as often as they can."""
    interval = sys.getswitchinterval()
    start = threading.Barrier(count)

    def run(number: int) -> Any:
        start.wait()
        return work(number)

    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(count) as pool:
            return list(pool.map(run, range(count)))
    finally:
        sys.setswitchinterval(interval)


def test_threads_with_the_same_inputs_find_the_same_texts() -> None:
    wanted = texts()
    matcalc.clear_cache()
    assert in_threads(lambda number: texts(), 12) == [wanted] * 12


def test_threads_with_different_inputs_while_the_cache_is_cleared() -> None:
    def work(number: int) -> list[str]:
        found = []
        for k in range(6):
            if number == 0:
                matcalc.clear_cache()
            expression = f"x'*A*x + {number}*sum(exp({k + 2}*x))"
            found.append(matcalc.differentiate(expression, "x").text)
        return found

    threaded = in_threads(work, 10)
    assert threaded == [work(number) for number in range(10)]


def test_memory_stays_bounded_over_many_different_inputs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tables of nodes are emptied when they are full, and answers do not change by that."""
    matcalc.clear_cache()
    limit = 500
    monkeypatch.setattr(interning, "TABLE_LIMIT", limit)
    wanted = texts()
    for k in range(150):
        answer = matcalc.differentiate(f"x'*A*x + sum(exp({k}*x)) + {k}*norm2(B*x - {k}*y)^2", "x")
        assert answer.text.endswith(")") or answer.text
        assert all(len(table) <= limit for table in interning._tables)
    assert texts() == wanted


def test_nothing_else_keeps_nodes() -> None:
    """What an answer was made of is freed with it, once the tables are empty."""

    def nodes_of(number: int) -> int:
        for k in range(20):
            matcalc.differentiate(f"x'*A*x + sum(exp({number + k}*x))", "x").text  # noqa: B018
        matcalc.clear_cache()
        gc.collect()
        return sum(type(found).__module__ in ("matcalc.expr", "matcalc.terms") for found in gc.get_objects())

    first = nodes_of(1000)
    assert nodes_of(2000) <= first + 50
