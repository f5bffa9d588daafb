"""Random well-typed expressions, differentiated in a random layout and compared with central differences.

`--generated N` sets how many; the ordinary run takes a sample.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

import matcalc
from generator import Problem, problem
from oracle import differences
from oracle.layouts import arranged, relative_error
from oracle.shapes import Array, as_matrix
from oracle.surface import evaluate
from reading_back import reads_back

PRINT_TOLERANCE = 1e-9


def reference(problem: Problem) -> tuple[Array, float]:
    """The derivative by differences, as the layout shows it, and the estimated absolute error."""
    point = as_matrix(problem.values[problem.wrt])
    if problem.order == 2:
        return differences.hessian(problem.value, point)
    entries, error = differences.jacobian(problem.value, point, problem.structure)
    return arranged(entries, problem.layout), error


def test_random_problem(seed: int, refused: Counter[str]) -> None:
    given = problem(seed)
    try:
        derivative = matcalc.differentiate(
            given.text, wrt=given.wrt, variables=given.declarations, order=given.order, layout=given.layout
        )
    except matcalc.MatcalcError as refusal:
        refused[refusal.message] += 1
        return
    found = np.asarray(derivative.evaluate(given.values, sizes=given.sizes), dtype=float)
    check_numbers(given, found)
    check_print(given, derivative.text, found)
    if given.order == 1 and given.value().size == 1:
        assert derivative.expression is not None, f"{given}: no matrix form"
    if derivative.expression is not None:
        back = reads_back(derivative.text, given.declarations, derivative.expression)
        assert back, f"{given}: {derivative.text}"


def check_numbers(given: Problem, found: Array) -> None:
    """The answer has the shape and the entries of the reference, where that is sure of itself."""
    wanted, error = reference(given)
    wanted = wanted.reshape(()) if wanted.size == 1 else wanted
    assert found.shape == wanted.shape, f"{given}: {found.shape} for {wanted.shape}"
    size = float(np.abs(wanted).max(initial=0.0))
    if error > 1e-4 * max(size, 1e-3):  # a kink nearby
        return
    rounding = 1e-9 * (1 + float(np.abs(given.value()).max()))
    gap = float(np.abs(found - wanted).max(initial=0.0))
    assert gap <= max(1e-6 * size, 100 * error, rounding), f"{given}: off by {gap:.1e} of {size:.1e}"


def check_print(given: Problem, text: str, found: Array) -> None:
    """The oracle reads the same numbers from the text, in the same orientation."""
    shown = evaluate(text, given.values, given.sizes, shape=found.shape)
    wanted = found if shown.ndim > 2 else as_matrix(found)
    assert shown.shape == wanted.shape, f"{given}: {text}"
    assert relative_error(shown, wanted) <= PRINT_TOLERANCE, f"{given}: {text}"


def test_generator_is_deterministic_and_varied() -> None:
    texts = [problem(seed).text for seed in range(60)]
    assert texts == [problem(seed).text for seed in range(60)]
    assert len(set(texts)) > 55


def test_few_random_problems_are_refused(refused: Counter[str], request: pytest.FixtureRequest) -> None:
    """Runs after the problems of this file, and counts what they added."""
    assert sum(refused.values()) <= 0.1 * request.config.getoption("generated")
