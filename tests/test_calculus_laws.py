"""Laws that every derivative keeps, on random expressions: linearity, the chain rule, one answer in three layouts."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

import matcalc
from generator import DECLARATIONS, DIMENSIONS, SCALAR, Grower, Shape, as_given, draw, mentions, unshown_dimensions
from oracle.layouts import LAYOUTS, relative_error
from oracle.shapes import Array
from oracle.surface import evaluate

SHAPES: tuple[Shape, ...] = (SCALAR, SCALAR, ("n", "1"), ("m", "1"), ("m", "n"))
VARIABLES = ("a", "x", "v", "X", "A", "C")
FIRST, SECOND = 0.7, -1.3
TOLERANCE = 1e-8


class Numbers:
    """Declarations of the names in some texts, and numbers for them."""

    def __init__(self, texts: list[str], wrt: str, seed: int) -> None:
        self.kinds = {n: k for n, k in DECLARATIONS.items() if n == wrt or any(mentions(t, n) for t in texts)}
        source = np.random.default_rng(seed)
        self.sizes = dict(zip(DIMENSIONS, random.Random(seed).sample((2, 3, 4, 5), 3), strict=True))
        self.values = {n: as_given(draw(k, self.sizes, source), k) for n, k in self.kinds.items()}

    def derivative(self, text: str, wrt: str, **options: Any) -> Array:
        answer = matcalc.differentiate(text, wrt, variables=self.kinds, **options)
        return np.asarray(answer.evaluate(self.values, sizes=self.sizes), dtype=float)


def drawn(seed: int, count: int, shape: Shape | None = None) -> tuple[list[str], str, Numbers]:
    """Texts of one shape, a variable, and numbers at which all of them are finite and of moderate size."""
    source = random.Random(f"laws {seed}")
    while True:
        grower = Grower(source)
        wanted = shape or source.choice(SHAPES)
        texts = [grower.piece(wanted, source.choice((2, 3))).text for _ in range(count)]
        wrt = source.choice(VARIABLES)
        numbers = Numbers(texts, wrt, seed)
        unshown = any(unshown_dimensions(text, numbers.kinds.values()) for text in texts)
        if unshown or not any(mentions(text, wrt) for text in texts) or sum(map(len, texts)) > 300:
            continue
        found = [evaluate(text, numbers.values, numbers.sizes) for text in texts]
        if all(np.isfinite(value).all() and np.abs(value).max() < 1e3 for value in found):
            return texts, wrt, numbers


def assert_same(found: Array, wanted: Array, what: str) -> None:
    assert found.shape == wanted.shape, f"{what}: {found.shape} for {wanted.shape}"
    assert relative_error(found, wanted) <= TOLERANCE or np.abs(found - wanted).max() < 1e-8, what


@pytest.mark.parametrize("number", range(60))
def test_a_derivative_is_linear(number: int) -> None:
    (first, second), wrt, numbers = drawn(number, 2)
    together = numbers.derivative(f"{FIRST}*({first}) - {-SECOND}*({second})", wrt)
    apart = FIRST * numbers.derivative(first, wrt) + SECOND * numbers.derivative(second, wrt)
    assert_same(together, apart, f"d/d{wrt} of {first} and {second}")


@pytest.mark.parametrize("number", range(60))
def test_the_chain_rule_holds_through_a_definition(number: int) -> None:
    """The derivative by a free q1 times the Jacobian of what q1 is, plus what the variable does directly."""
    (inner,), wrt, numbers = drawn(number, 1, ("n", "1"))
    source = random.Random(number)
    outer = source.choice(
        (
            "sum(tanh(C*q1))",
            "q1'*C*q1",
            "log(1 + q1'*q1)",
            "norm2(q1 - y)^2",
            "sum(softmax(q1).*y)",
            "sum(kron(q1, x).^3)",
        )
    )
    numbers = Numbers([inner, outer, "x*y'*C"], wrt, number)
    at = evaluate(inner, numbers.values, numbers.sizes)
    through = numbers.derivative(f"q1 = {inner}; {outer}", wrt)
    numbers.kinds["q1"], numbers.values["q1"] = "vector(n)", at[:, 0]
    outside = numbers.derivative(outer, "q1")
    jacobian = matcalc.differentiate(inner, wrt, variables={k: v for k, v in numbers.kinds.items() if k != "q1"})
    inside = np.asarray(jacobian.evaluate(numbers.values, sizes=numbers.sizes), dtype=float)
    directly = numbers.derivative(outer, wrt)
    assert_same(
        through, np.tensordot(outside, inside, axes=(0, 0)) + directly, f"d/d{wrt} of {outer} with q1 = {inner}"
    )


@pytest.mark.parametrize("number", range(60))
def test_layouts_differ_by_the_stated_transposition(number: int) -> None:
    (text,), wrt, numbers = drawn(number, 1)
    mixed, numerator, denominator = (numbers.derivative(text, wrt, layout=layout) for layout in LAYOUTS)
    value = evaluate(text, numbers.values, numbers.sizes)
    if value.shape == (1, 1):
        assert_same(denominator, mixed, text)
        assert_same(as_matrix(numerator), as_matrix(mixed).T, text)
    elif wrt == "a":
        assert_same(numerator, mixed, text)
        assert_same(as_matrix(denominator), as_matrix(mixed).T, text)
    else:
        assert_same(numerator, mixed, text)
        count = np.asarray(numbers.values[wrt]).ndim
        assert_same(denominator, np.moveaxis(mixed, range(-count, 0), range(count)), text)


def as_matrix(array: Array) -> Array:
    """A column for an array of one axis."""
    return array.reshape(-1, 1) if array.ndim < 2 else array
