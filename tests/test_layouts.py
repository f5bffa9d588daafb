"""Every pair in the table of layouts, in all three: the shape, and every entry against central differences.

The reference comes from `oracle/`, which reads texts and numbers only.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.dimensions import Dimension
from oracle import differences
from oracle.layouts import LAYOUTS, agree, arranged
from oracle.shapes import Array, as_matrix
from oracle.surface import evaluate

SIZES = {"k": 5, "m": 2, "n": 3, "p": 4}
KINDS = {
    "a": "scalar",
    "x": "vector(n)",
    "y": "vector(m)",
    "h": "row(n)",
    "X": "matrix(m,n)",
    "A": "matrix(k,m)",
    "B": "matrix(n,p)",
}
# (value, variable, expression, name of the variable, its layouts: mixed, numerator, denominator)
PAIRS = [
    ("scalar", "scalar", "exp(a)*sin(a)*y'*X*x", "a", "1 1, 1 1, 1 1"),
    ("scalar", "vector", "sin(y'*X*x)", "x", "n 1, 1 n, n 1"),
    ("scalar", "row", "sin(h*X'*y)", "h", "1 n, n 1, 1 n"),
    ("scalar", "matrix", "exp(y'*X*x)", "X", "m n, n m, m n"),
    ("vector", "scalar", "exp(a)*X*x + a*y", "a", "m 1, m 1, 1 m"),
    ("vector", "vector", "tanh(X*x)", "x", "m n, m n, n m"),
    ("vector", "row", "tanh(X*h')", "h", "m n, m n, n m"),
    ("vector", "matrix", "tanh(X*x)", "X", "m m n, m m n, m n m"),
    ("row", "scalar", "sin(a)*h", "a", "1 n, 1 n, n 1"),
    ("row", "vector", "tanh(x'*X')", "x", "m n, m n, n m"),
    ("row", "row", "tanh(h*X')", "h", "m n, m n, n m"),
    ("row", "matrix", "tanh(h*X')", "X", "m m n, m m n, m n m"),
    ("matrix", "scalar", "exp(a*X)", "a", "m n, m n, n m"),
    ("matrix", "vector", "tanh(X*diag(x))", "x", "m n n, m n n, n m n"),
    ("matrix", "row", "y*exp(h)", "h", "m n n, m n n, n m n"),
    ("matrix", "matrix", "A*X*B", "X", "k p m n, k p m n, m n k p"),
    ("matrix", "matrix", "tanh(A*X)", "X", "k n m n, k n m n, m n k n"),
]
HESSIANS = [
    ("sin(y'*X*x)", "x", "n n"),
    ("sin(h*X'*y)", "h", "n n"),
    ("sum(exp(X*x)) + x'*x", "x", "n n"),
    ("norm2(X*x - y)^3", "x", "n n"),
    ("exp(a)*sin(a)*y'*X*x", "a", "1 1"),
    ("sum(log(1 + exp(X)))", "X", "m n m n"),
    ("exp(y'*X*x)", "X", "m n m n"),
]


def point() -> dict[str, Any]:
    """Numbers for every name, the same in each test."""
    source = np.random.default_rng(7)
    shapes = {"scalar": (), "vector": (-1,)}
    found = {}
    for name, kind in KINDS.items():
        word, _, inside = kind.rstrip(")").partition("(")
        lengths = [SIZES[size] for size in inside.split(",") if size]
        entries = source.uniform(0.2, 1.2, lengths) * source.choice([-1.0, 1.0], lengths)
        found[name] = entries.reshape(shapes.get(word, (1, -1) if word == "row" else entries.shape))
    return found


def function_of(expression: str, wrt: str, values: dict[str, Any]) -> differences.Map:
    return lambda at: evaluate(expression, {**values, wrt: at}, SIZES)


def symbolic(shape: str) -> tuple[Dimension, ...]:
    return tuple(Dimension.of(int(name) if name.isdigit() else name) for name in shape.split())


def check(derivative: Any, values: dict[str, Any], wanted: Array, shape: str) -> None:
    """The symbolic shape, the array and the numbers of the text."""
    assert derivative.shape == symbolic(shape)
    found = derivative.evaluate(values, sizes=SIZES)
    lengths = tuple(SIZES.get(name, 1) for name in shape.split())
    assert np.size(found) == np.prod(lengths, dtype=int)
    assert as_matrix(found).shape == lengths if len(lengths) == 2 else found.shape == lengths
    assert agree(found, wanted, 1e-8)
    shown = evaluate(derivative.text, values, SIZES, shape=found.shape)
    assert agree(shown, as_matrix(found) if len(lengths) == 2 else found, 1e-12)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("value", "variable", "expression", "wrt", "shapes"), PAIRS)
def test_pair(value: str, variable: str, expression: str, wrt: str, shapes: str, layout: str) -> None:
    values = point()
    given, at = function_of(expression, wrt, values), as_matrix(values[wrt])
    of_value = {"scalar": (1, 1), "vector": (0, 1), "row": (1, 0), "matrix": (0, 0)}[value]
    assert [n == 1 for n in given(at).shape] == [n == 1 for n in of_value]
    assert KINDS[wrt].startswith(variable)
    derivative = matcalc.differentiate(expression, wrt, variables=KINDS, layout=layout)
    entries, error = differences.jacobian(given, at)
    assert error < 1e-6
    check(derivative, values, arranged(entries, layout), shapes.split(", ")[LAYOUTS.index(layout)])


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("expression", "wrt", "shape"), HESSIANS)
def test_second_derivative_is_the_same_in_all_layouts(expression: str, wrt: str, shape: str, layout: str) -> None:
    """Entry [i, j, k, l] of the tensor by a matrix is the derivative by the entries (i, j) and (k, l)."""
    values = point()
    given, at = function_of(expression, wrt, values), as_matrix(values[wrt])

    def gradient(where: Array) -> Array:
        return differences.jacobian(given, where)[0].reshape(-1, 1)

    second = differences.jacobian(gradient, at)[0].reshape(at.size, at.size)
    lengths = tuple(SIZES.get(name, 1) for name in shape.split())
    derivative = matcalc.differentiate(expression, wrt, order=2, variables=KINDS, layout=layout)
    check(derivative, values, second.reshape(() if at.size == 1 else lengths), shape)


def test_the_table_is_complete() -> None:
    words = ("scalar", "vector", "row", "matrix")
    assert {pair[:2] for pair in PAIRS} == {(value, variable) for value in words for variable in words}


def test_an_axis_of_declared_length_one_is_an_axis_of_the_array_alone() -> None:
    """The shape of a matrix of one row, known to be one, is that of a row."""
    kinds = {"X": "matrix(1,n)", "x": "vector(n)"}
    assert matcalc.differentiate("X*x", "x", variables=kinds).shape == symbolic("n 1")
    assert matcalc.differentiate("X*x", "X", variables=kinds).shape == symbolic("1 n")


@pytest.mark.parametrize("layout", ["Mixed", "num", "", "jacobian"])
def test_unknown_layout_is_refused(layout: str) -> None:
    with pytest.raises(matcalc.MatcalcError, match="unknown layout"):
        matcalc.differentiate("x'*x", "x", layout=layout)
