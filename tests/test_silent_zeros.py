"""Derivatives that another library answers with 0 and no word: here they are right, and not zero."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import sympy as sp
from click.testing import CliRunner

import matcalc
from matcalc.cli import main
from oracle import differences
from oracle.layouts import agree, arranged
from oracle.shapes import as_matrix
from oracle.surface import evaluate

SIZES = {"m": 2, "n": 3, "k": 4}
# expression, declarations, variable, answer
INPUTS = [
    ("log(det(S))", {"S": "spd(n)"}, "S", "inv(S)"),
    ("log(det(S))", {"S": "invertible(n)"}, "S", "inv(S)'"),
    ("log(w'*x)", {"w": "vector(n)", "x": "vector(n)"}, "w", "x/(w'*x)"),
    ("log(w'*x)", {"w": "vector(n)", "x": "vector(n)"}, "x", "w/(w'*x)"),
    ("exp(-x'*A*x)", {"x": "vector(n)", "A": "matrix(n,n)"}, "x", "-exp(-x'*A*x)*(A + A')*x"),
    ("exp(-x'*A*x)", {"x": "vector(n)", "A": "matrix(n,n)"}, "A", "-exp(-x'*A*x)*x*x'"),
    ("log(1 + exp(w'*x))", {"w": "vector(n)", "x": "vector(n)"}, "w", "sigmoid(w'*x)*x"),
    ("log(tr(A))", {"A": "matrix(n,n)"}, "A", "eye(n)/tr(A)"),
    (
        "norm2(A*x - b)^2 + norm2(C*x - d)^2",
        {"A": "matrix(m,n)", "C": "matrix(k,n)", "x": "vector(n)", "b": "vector(m)", "d": "vector(k)"},
        "x",
        "2*(A'*(A*x - b) + C'*(C*x - d))",
    ),
]
IDS = [f"{row[0]} by {row[2]}, {row[1][row[2]]}" for row in INPUTS]


def tokens(text: str) -> list[str]:
    """What the text is made of: w'*x and x'*w are the same number."""
    return sorted(re.findall(r"\w+|[^\w\s]", text))


def point(kinds: dict[str, str]) -> dict[str, Any]:
    """Numbers at which every logarithm above has a value."""
    source = np.random.default_rng(5)
    found: dict[str, Any] = {}
    for name, kind in kinds.items():
        sizes = [SIZES[size] for size in kind.rstrip(")").split("(")[1].split(",")]
        square = kind.startswith(("spd", "invertible"))
        entries = source.uniform(0.2, 1.0, sizes * 2 if square else sizes)
        if square:
            entries = entries + 2 * np.eye(len(entries))
        found[name] = (entries + entries.T) / 2 if kind.startswith("spd") else entries
    return found


@pytest.mark.parametrize(("expression", "kinds", "wrt", "text"), INPUTS, ids=IDS)
def test_answer_is_right_and_not_zero(expression: str, kinds: dict[str, str], wrt: str, text: str) -> None:
    derivative = matcalc.differentiate(expression, wrt, variables=kinds)
    assert tokens(derivative.text) == tokens(text)
    values = point(kinds)
    structure = "symmetric" if kinds[wrt].startswith("spd") else ""
    entries, error = differences.jacobian(
        lambda at: evaluate(expression, {**values, wrt: at}), as_matrix(values[wrt]), structure
    )
    assert error < 1e-7
    wanted = arranged(entries, "mixed")
    assert np.abs(wanted).max() > 1e-3
    assert agree(derivative.evaluate(values), wanted, 1e-8)
    assert agree(evaluate(text, values, SIZES), as_matrix(wanted), 1e-8)
    assert derivative.check().ok


@pytest.mark.parametrize(("expression", "kinds", "wrt", "text"), INPUTS, ids=IDS)
def test_without_declarations_too(expression: str, kinds: dict[str, str], wrt: str, text: str) -> None:
    """As typed: the letters decide what is a matrix."""
    result = CliRunner().invoke(main, ["diff", expression, "--wrt", wrt, "--check", "-q"])
    assert result.exit_code == 0, result.stderr
    assert result.stdout.strip() not in ("0", "zeros(n)", "zeros(n, n)")


def sympy_inputs() -> dict[str, tuple[Any, Any, Any]]:
    """The same as SymPy objects: the expression, the variable, and the answer in matcalc's language."""
    n = sp.Symbol("n", integer=True, positive=True)
    S, A = sp.MatrixSymbol("S", n, n), sp.MatrixSymbol("A", n, n)
    w, x = sp.MatrixSymbol("w", n, 1), sp.MatrixSymbol("x", n, 1)
    inner = sp.Trace(w.T * x)
    return {
        "log det": (sp.log(sp.Determinant(S)), S, "inv(S)'"),
        "log inner": (sp.log(inner), w, "x/(w'*x)"),
        "exp quadratic": (sp.exp(-sp.Trace(x.T * A * x)), x, "-exp(-x'*A*x)*(A + A')*x"),
        "log(1 + exp)": (sp.log(1 + sp.exp(inner)), w, "sigmoid(w'*x)*x"),
        "log trace": (sp.log(sp.Trace(A)), A, "eye(n)/tr(A)"),
    }


@pytest.mark.parametrize("name", sympy_inputs())
def test_from_sympy_objects(name: str) -> None:
    expression, wrt, text = sympy_inputs()[name]
    assert tokens(matcalc.differentiate(expression, wrt).text) == tokens(text)
