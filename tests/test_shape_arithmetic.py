"""The shapes that meet in an answer, as a person checks them."""

from __future__ import annotations

from itertools import pairwise

import pytest

import matcalc
from matcalc.shape_arithmetic import shape_arithmetic

ARITHMETIC = [
    ("(X*theta-y)'*(X*theta-y)", "theta", "mixed", "(n x m)(m x 1) -> n x 1"),
    ("(X*theta-y)'*(X*theta-y)", "theta", "numerator", "(1 x m)(m x n) -> 1 x n"),
    ("x'*A*x", "x", "mixed", "(n x n)(n x 1) -> n x 1"),
    ("-exp(x'*A*x)", "x", "mixed", "(n x n)(n x 1) -> n x 1"),
    ("norm2(X*w - y)^2 + a*norm2(w)^2", "w", "mixed", "(n x m)(m x 1) + n x 1 -> n x 1"),
    ("tanh(W*x)", "x", "mixed", "(m x m)(m x n) -> m x n"),
    ("x'*A*y", "A", "mixed", "(n x 1)(1 x k) -> n x k"),
    ("A*x", "x", "mixed", None),
    ("x'*x", "x", "mixed", None),
    ("a^2*x'*x", "a", "mixed", None),
]


@pytest.mark.parametrize(("expression", "wrt", "layout", "arithmetic"), ARITHMETIC)
def test_arithmetic_of_an_answer(expression: str, wrt: str, layout: str, arithmetic: str | None) -> None:
    answer = matcalc.differentiate(expression, wrt, layout=layout)
    assert answer.expression is not None
    assert shape_arithmetic(answer.expression) == arithmetic


@pytest.mark.parametrize("expression", ["norm2(A*X*B - C)^2", "tr(A*X*B*X'*C)", "y'*inv(X*X')*y", "sum(exp(X*w))"])
def test_inner_sizes_agree_and_outer_ones_are_the_answer(expression: str) -> None:
    answer = matcalc.gradient(expression, "X")
    assert answer.expression is not None
    products, _, shape = str(shape_arithmetic(answer.expression)).partition(" -> ")
    assert shape == " x ".join(d.text for d in answer.shape)
    for term in products.split(" + "):
        shapes = [factor.split(" x ") for factor in term.strip("()").split(")(")]
        assert all(left[1] == right[0] for left, right in pairwise(shapes))
        assert f"{shapes[0][0]} x {shapes[-1][1]}" == shape
