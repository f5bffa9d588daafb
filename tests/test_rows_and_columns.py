"""Functions along one axis of what has one axis only: index terms do not tell a row from a column, the answers must.

The derivatives are compared with differences of formulas in NumPy, written here, of arrays with two axes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.rulebook import load_rulebook

Array = Any
AXES = {"1": 0, "2": 1}
ALONG: dict[str, Callable[[Array, int], Array]] = {
    "sum": lambda a, axis: np.sum(a, axis=axis, keepdims=True),
    "mean": lambda a, axis: np.mean(a, axis=axis, keepdims=True),
    "prod": lambda a, axis: np.prod(a, axis=axis, keepdims=True),
    "var": lambda a, axis: np.var(a, axis=axis, keepdims=True),
    "logsumexp": lambda a, axis: np.log(np.sum(np.exp(a), axis=axis, keepdims=True)),
    "softmax": lambda a, axis: np.exp(a) / np.sum(np.exp(a), axis=axis, keepdims=True),
}
SHAPES = {"row(n)": (1, 4), "vector(n)": (4, 1), "matrix(1,n)": (1, 4), "matrix(n,1)": (4, 1), "matrix(m,n)": (3, 4)}


def slope(value: Callable[[Array], Array], at: Array, direction: Array) -> Array:
    """The derivative of a value along a direction, by central differences of the fourth order."""
    h = 1e-3
    near, far = value(at + h * direction) - value(at - h * direction), value(at + 2 * h * direction)
    return (8 * near - (far - value(at - 2 * h * direction))) / (12 * h)


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("name", ALONG)
def test_a_function_along_an_axis_of_a_row_or_a_column(name: str, axis: str, kind: str) -> None:
    """Weighted with cosines, so that the derivative of a softmax is not 0."""
    derivative = matcalc.differentiate(f"sum(cos({name}(x, {axis})))", "x", variables={"x": kind})
    rng = np.random.default_rng(len(name))
    at, direction = rng.uniform(0.3, 1.5, SHAPES[kind]), rng.normal(size=SHAPES[kind])
    given = at[:, 0] if derivative.program.symbols["x"].kind.shape[1].number == 1 else at
    found = np.asarray(derivative.evaluate({"x": given})).reshape(at.shape)
    wanted = slope(lambda x: np.sum(np.cos(ALONG[name](x, AXES[axis]))), at, direction)
    assert np.sum(found * direction) == pytest.approx(wanted, rel=1e-7, abs=1e-9)
    assert derivative.check().ok


@pytest.mark.parametrize("function", ["prod", "var", "std", "mean", "logsumexp"])
@pytest.mark.parametrize("operand", ["w'*X", "X*v", "w'*X + r", "(X*v).^2", "sum(X, 1)", "sum(X, 2)"])
def test_along_an_axis_of_a_row_or_a_column_that_is_computed(function: str, operand: str) -> None:
    kinds = {"X": "matrix(m,n)", "w": "vector(m)", "v": "vector(n)", "r": "row(n)"}
    for axis in AXES:
        derivative = matcalc.differentiate(f"sum(sin({function}({operand}, {axis})))", "X", variables=kinds)
        report = derivative.check()
        assert report.ok, f"{derivative.text}: {report.text}"
        assert matcalc.differentiate(derivative.text, "X", variables=kinds) is not None  # it reads back


@pytest.mark.parametrize(
    "norm", ["norm(x, 1)", "norm(x, 2)", "norm(x, 3)", "norm(x, inf)", "norm(x)", "max(x)", "prod(x)"]
)
@pytest.mark.parametrize("kind", ["row(n)", "vector(n)"])
def test_norms_of_rows_and_columns(norm: str, kind: str) -> None:
    derivative = matcalc.differentiate(norm, "x", variables={"x": kind})
    assert derivative.check().ok
    rows, columns = derivative.shape
    assert (rows.number == 1, columns.number == 1) == (kind == "row(n)", kind == "vector(n)")


def test_a_function_of_a_rule_file_along_an_axis_needs_a_line_for_rows(tmp_path: Any) -> None:
    """Without one the answer of a row would be that of a column."""
    line = "fn total(X: matrix(m,n), 1) -> row(n) = sum(X, 1)   d = sum(dX, 1)\n"
    file = tmp_path / "own.rules"
    file.write_text(line, encoding="utf-8")
    book = load_rulebook([file])
    assert matcalc.differentiate("sum(total(X, 1))", "X", rulebook=book).text == "ones(m, n)"
    with pytest.raises(matcalc.MatcalcError, match="total of a row"):
        matcalc.differentiate("sum(total(r, 1))", "r", variables={"r": "row(n)"}, rulebook=book)
    file.write_text("def total(x: row(n), 1) -> row(n) = x\n" + line, encoding="utf-8")
    answer = matcalc.differentiate("sum(total(r, 1))", "r", variables={"r": "row(n)"}, rulebook=load_rulebook([file]))
    assert answer.text == "ones(n)'"
