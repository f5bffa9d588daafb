"""Deep nesting, long chains of definitions and long sums and products: answered, and in time in proportion."""

from __future__ import annotations

import time

import numpy as np
import pytest

import matcalc
from matcalc import expr
from matcalc.parser import parse
from matcalc.printers.text import text as written

KINDS = {"a": "scalar", "b": "scalar", "x": "vector(n)"}


def chain(first: str, step: str, last: str, count: int) -> str:
    """Definitions z1, z2, ... each of the one before it, and an expression of the last."""
    lines = [f"z{i} = {step.replace('z', f'z{i - 1}')}" for i in range(1, count + 1)]
    return "\n".join([f"z0 = {first}", *lines, last.replace("z", f"z{count}")])


def nested(inner: str, before: str, after: str, depth: int) -> str:
    return before * depth + inner + after * depth


DEEP = [
    nested("x", "(", ")", 2000),
    nested("x", "exp(", ")", 2000),
    nested("x", "-", "", 3000),
    nested("x", "", "'", 3000),
    nested("a", "[", "]", 2000),
    nested("a", "|", "|", 500),
    nested("a", "(1 + ", ")", 2000),
    chain("x", "z/2 + a*x", "sum(z)", 10_000),
    ";".join(f"z{i} = A{i}*q{i}" for i in range(2000)) + ";sum(z7)",
    "+".join(["c*q"] * 5000),
    "*".join(["a"] * 5000),
    "a " * 5000,
]


@pytest.mark.parametrize("text", DEEP, ids=lambda text: f"{text[:10]}...")
def test_depth_and_length_are_answered(text: str) -> None:
    assert parse(text, {"a": "scalar", "x": "vector(n)"}).expr is not None


# what grows by one operand a definition must not copy all of them each time
GROWING = [
    ("x", "z + a*x", "sum(z)"),
    ("x", "z - a*x", "sum(z)"),
    ("a", "z*b", "sum(z*x)"),
    ("x", "z.*x", "sum(z)"),
    ("x", "z*a + sin(z)", "sum(z)"),
]


@pytest.mark.parametrize(("first", "step", "last"), GROWING)
def test_ten_thousand_definitions_are_read_in_seconds(first: str, step: str, last: str) -> None:
    start = time.process_time()
    parse(chain(first, step, last, 10_000), KINDS)
    assert time.process_time() - start < 5


@pytest.mark.parametrize(("first", "step", "last"), GROWING[:4])
@pytest.mark.parametrize("count", [1, expr.MOST_OPERANDS - 1, expr.MOST_OPERANDS, expr.MOST_OPERANDS + 1, 1000])
def test_a_long_chain_is_the_node_that_its_text_is(first: str, step: str, last: str, count: int) -> None:
    node = parse(chain(first, step, last, count), KINDS).expr
    assert parse(written(node), KINDS).expr is node
    assert len(node.args[0].args) <= expr.MOST_OPERANDS


@pytest.mark.parametrize("wanted", [63, 64, 65, 127, 128, 1000])
def test_a_sum_is_one_node_however_it_is_put_together(wanted: int) -> None:
    terms = [parse(f"q{i}").expr for i in range(wanted)]
    whole = terms[0]
    for term in terms[1:]:
        whole = expr.add(whole, term)
    assert expr.add(*terms) is whole
    assert expr.add(expr.add(*terms[:50]), *terms[50:]) is whole
    assert [symbol.name for symbol in expr.symbols(whole)] == [f"q{i}" for i in range(wanted)]


A, B, X = 0.01, 0.9, np.array([0.3, -0.2, 0.5])


def of_sines(count: int) -> np.ndarray:
    """The derivative of the last z of z = z*a + sin(z), by the chain rule one step at a time."""
    value, slope = X, np.ones(3)
    for _ in range(count):
        value, slope = value * A + np.sin(value), slope * (A + np.cos(value))
    return slope


DIFFERENTIATED = {
    nested("x", "(", ")", 2000) + "'*x": 2 * X,
    "sum(" + nested("x", "(1 + ", ")", 2000) + ")": np.ones(3),
    chain("x", "z + a*x", "sum(z)", 1000): (1 + 1000 * A) * np.ones(3),
    chain("a", "z*b", "z*(x'*x)", 1000): 2 * A * B**1000 * X,
    chain("x", "z*a + sin(z)", "sum(z)", 1000): of_sines(1000),
}


@pytest.mark.parametrize("source", DIFFERENTIATED, ids=lambda text: text[:20])
def test_what_is_deep_is_differentiated(source: str) -> None:
    start = time.process_time()
    found = matcalc.differentiate(source, "x", variables=KINDS).text
    assert time.process_time() - start < 20
    numbers = matcalc.evaluate(found, {"a": A, "b": B, "x": X}, KINDS, {"n": 3})
    np.testing.assert_allclose(numbers, DIFFERENTIATED[source], rtol=1e-8)
