"""Unicode lines, which the language reads."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expressions import LEAVES, random_expression
from matcalc.parser import parse
from matcalc.printers.text import text
from matcalc.printers.unicode import unicode

KINDS = {leaf.value.name: leaf.value.kind for leaf in LEAVES}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("2*X'*(X*theta - y)", "2 Xᵀ(Xθ − y)"),
        ("2*X'*(X*w - y)", "2 Xᵀ(X w − y)"),
        ("(A + A')*x", "(A + Aᵀ)·x"),
        ("inv(A)*b1", "A⁻¹ b1"),
        ("inv(A)'*y", "A⁻ᵀy"),
        ("inv(X'*X)*X'*y", "(XᵀX)⁻¹ Xᵀy"),
        ("x.*y./z", "(x ⊙ y) ⊘ z"),
        ("x.*(A*y)", "x ⊙ (A y)"),
        ("-x.^2", "−x.^2"),
        ("s^2*x", "s² x"),
        ("s^(-2)", "s⁻²"),
        ("s^(1/2)", "s^(1/2)"),
        ("inv(A)^2*y", "A⁻² y"),
        ("inv(A + B)^3", "(A + B)⁻³"),
        ("2*x'*y/s", "2 xᵀy/s"),
        ("-x*x'/s^2", "−x xᵀ/s²"),
        ("x/(s*s)", "x/(s s)"),
        ("(s^2)^3", "(s²)³"),
        ("norm2(A*x - y)^2", "‖A x − y‖²"),
        ("norm1(x) + normF(A)", "‖x‖_1 + ‖A‖_F"),
        ("norm2(norm1(x)*x)", "norm2(‖x‖_1·x)"),
        ("abs(s)*x", "|s|·x"),
        ("dot(x, y)", "⟨x, y⟩"),
        ("2/N*X'*y", "(2/N)·Xᵀy"),
        ("sigma*x'*Sigma*x", "σ xᵀΣ x"),
        ("theta_1'*x + theta2'*x", "θ_1ᵀx + θ2ᵀx"),
        ("thetas'*x", "thetasᵀ x"),
        ("pi*s", "π s"),
        ("diag(x)*A", "diag(x)·A"),
        ("sum(log(1 + exp(-y.*(X*w))))", "sum(log(1 + exp(−y ⊙ (X w))))"),
        ("a - (b - c)", "a − (b − c)"),
        ("returns'*covariance", "returnsᵀ covariance"),
        ("x[1]*y", "x[1]·y"),
        ("A[1,:]", "A[1,:]"),
        ("[s, 1; 2, s]", "[[s, 1], [2, s]]"),
    ],
)
def test_lines(line: str, expected: str) -> None:
    assert unicode(parse(line, {"s": "scalar", "covariance": "matrix(n,n)"}).expr) == expected


@settings(max_examples=200, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**9), depth=st.integers(1, 5))
def test_a_line_is_read_as_the_text_is(seed: int, depth: int) -> None:
    expr = random_expression(seed, depth)
    assert text(parse(unicode(expr), KINDS).expr) == text(expr)
