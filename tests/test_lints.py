"""Hints at likely slips: each where it belongs, and none on inputs that mean what they say."""

from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner

import matcalc
from matcalc.cli import main
from matcalc.lints import lints, lost_minus, unused, without_full_rank
from test_cases import CASES, answer

SLIPS = [
    ("phi: matrix(n,n); phi*-(1/6)*phi*phi*phi", "phi*-(1/6) is read as the product phi*(-(1/6))"),
    ("a*-2*a", "it is a - 2"),
    ("det(x*y')", "x*y' has rank at most 1, below its size: its determinant is 0"),
    ("logdet(a*x*x')", "rank at most 1"),
    ("A: matrix(3,2); B: matrix(2,3); det(A*B)", "A*B has rank at most 2"),
    ("A: matrix(3,2); tr(inv(A*A'))", "A*A' has rank at most 2"),
    ("z: vector(n); x'*x", "z is declared and does not occur"),
    ("z: vector(n)\nlambda: scalar\nlambda*x'*x", "z is declared and does not occur"),
]
NO_SLIPS = [
    "a*(-2)*a",
    "a - 2*a",
    "-2*x'*x",
    "exp(-y.*(X*w))'*y",
    "x'*y*-1",
    "det(A*B)",
    "det(eye(n) + x*y')",
    "det(x'*y)",
    "logdet(X'*X)",
    "A: matrix(2,3); det(A*A')",
    "A: matrix(3,3); det(A*A)",
    "lambda: scalar; x'*x*lambda",
    "r: vector(m); u = r'*r; u^2",
    "sum_i((w'*x_i)^2)",
]


@pytest.mark.parametrize(("text", "said"), SLIPS)
def test_a_slip_is_told(text: str, said: str) -> None:
    found = lints(matcalc.parse(text))
    assert len(found) == 1
    assert said in found[0]


@pytest.mark.parametrize("text", NO_SLIPS)
def test_what_means_what_it_says_is_not_commented(text: str) -> None:
    assert lints(matcalc.parse(text)) == []


@pytest.mark.parametrize("case", [pytest.param(c, id=c["id"]) for c in CASES])
def test_no_false_alarm(case: dict[str, Any]) -> None:
    program = answer(case).program
    assert lost_minus(program) == without_full_rank(program) == unused([], program) == []


def test_a_variable_of_the_differentiation_is_used() -> None:
    """It has a note of its own where the derivative is zero."""
    notes = matcalc.differentiate("z: vector(n); x'*x", "z").notes
    assert notes == ["z does not occur in the expression: the derivative is zero"]
    assert matcalc.vjp("A: matrix(m,n); G: vector(m); A*x", "x", "G").notes == []


def ran(*words: str) -> Any:
    return CliRunner().invoke(main, ["diff", *words])


def test_on_the_command_line() -> None:
    declared = ("x'*x", "--wrt", "x", "--var", "z: vector(n)")
    assert "note: z is declared and does not occur" in ran(*declared).output
    assert ran(*declared, "-q").output == "2*x\n"
    assert ran("a*-2*a", "--wrt", "a", "-q").output == "-4*a\n"
    assert "note: a*-2 is read as the product" in ran("a*-2*a", "--wrt", "a").output
    assert "declared" not in ran("x'*x", "--wrt", "x", "--var", "x: vector(n)").output


def test_declarations_of_a_batch_are_shared() -> None:
    batch = CliRunner().invoke(main, ["diff", "-", "--wrt", "x", "--var", "z: vector(n)", "--batch"], input="x'*x\n")
    assert "declared" not in batch.output
