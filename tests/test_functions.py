"""Every function of the language: value, derivatives and print against an evaluator and differences of the tests' own.

The problems come from the loaded rulebook, so a function cannot be added without being tried here.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import matcalc
from matcalc.cli import main
from matcalc.errors import MatcalcError
from matcalc.function_table import YES, Example, Trial, examples
from matcalc.numeric import evaluate as matcalc_value
from matcalc.parser import parse
from matcalc.rulebook import default_rulebook, load_rulebook
from matcalc.sampling import draw_values
from oracle import differences
from oracle.layouts import LAYOUTS, relative_error
from oracle.shapes import Array, as_matrix
from oracle.surface import evaluate
from reading_back import reads_back

BOOK = default_rulebook()
EXAMPLES = list(examples(BOOK))
PAGE = Path(__file__).parent.parent / "docs" / "functions.md"
SIZES = ({"m": 2, "n": 3, "p": 4, "q": 5}, {"m": 4, "n": 2, "p": 3, "q": 5})


class Drawn:
    """An example at numbers of its kinds, with the value the tests' own evaluator reads from its text."""

    def __init__(self, example: Example, sizes: dict[str, int]) -> None:
        self.text, self.kinds = example.weighted(BOOK)
        self.by, self.sizes = example.by, sizes
        symbols = parse(self.text, self.kinds, BOOK).symbols.values()
        rng = np.random.default_rng(zlib.crc32(repr(example).encode()))
        self.values = {name: as_matrix(value) for name, value in draw_values(symbols, sizes, rng).items()}
        shape = self.values[self.by].shape if self.by is not None else (1, 1)
        self.directions = [rng.uniform(-1, 1, shape) for _ in range(2)]

    def value(self, at: Array | None = None) -> Array:
        return evaluate(self.text, self.values if at is None else {**self.values, self.by: at}, self.sizes)

    def along(self, direction: Array, times: int) -> tuple[Array, float]:
        """The derivative along a direction, taken once or twice, and the estimated error."""

        def slope(at: Array) -> Array:
            return differences.along(self.value, at, direction)[0]

        return differences.along(slope if times == 2 else self.value, self.values[self.by], direction)


def drawn(example: Example) -> Iterator[Drawn]:
    """The example at tall and at wide shapes."""
    return (Drawn(example, sizes) for sizes in SIZES)


def answer(problem: Drawn, order: int, layout: str = "mixed") -> matcalc.Derivative:
    return matcalc.differentiate(problem.text, problem.by, order, layout, variables=problem.kinds)


def refusal(example: Example, order: int) -> str | None:
    """Why there is no derivative of this order, where there is none."""
    trial = Trial(example, BOOK)
    try:
        trial.differentiated(order)
    except MatcalcError as error:
        return error.message
    return None


@pytest.mark.parametrize("example", EXAMPLES, ids=repr)
def test_the_value_is_that_of_the_definition(example: Example) -> None:
    try:
        parse(example.call, example.kinds, BOOK)
    except matcalc.UnsupportedError as error:
        assert error.position is not None
        return
    for problem in drawn(example):
        found = matcalc_value(parse(problem.text, problem.kinds, BOOK).expr, problem.values, problem.sizes, BOOK)
        assert relative_error(as_matrix(found), problem.value()) <= 1e-9


DIFFERENTIATED = [example for example in EXAMPLES if example.by is not None]


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("example", DIFFERENTIATED, ids=repr)
def test_derivatives_agree_with_differences(example: Example, order: int) -> None:
    if refusal(example, order) is not None:
        pytest.skip(f"refused: {refusal(example, order)}")
    measured = 0
    for problem in drawn(example):
        entries = np.asarray(answer(problem, order).evaluate(problem.values, problem.sizes), dtype=float)
        size = problem.values[problem.by].size
        largest = max(1.0, float(np.abs(entries).max()))
        for direction in problem.directions:
            wanted, error = problem.along(direction, order)
            if error > 1e-6 * largest:  # a kink nearby
                continue
            found = entries.reshape([size] * order)
            for _ in range(order):
                found = found @ direction.reshape(-1)
            assert abs(found - wanted.item()) <= max(1e-6 * largest, 100 * error)
            measured += 1
    assert measured


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("example", DIFFERENTIATED, ids=repr)
def test_the_text_says_the_same_numbers_and_reads_back(example: Example, order: int) -> None:
    if refusal(example, order) is not None:
        pytest.skip(f"refused: {refusal(example, order)}")
    (problem, _) = drawn(example)
    for layout in LAYOUTS:
        derivative = answer(problem, order, layout)
        entries = np.asarray(derivative.evaluate(problem.values, problem.sizes), dtype=float)
        shown = evaluate(derivative.text, problem.values, problem.sizes, shape=entries.shape)
        wanted = entries if shown.ndim > 2 else as_matrix(entries)
        assert shown.shape == wanted.shape, derivative.text
        assert relative_error(shown, wanted) <= 1e-8, derivative.text
        if derivative.expression is not None:
            assert reads_back(derivative.text, problem.kinds, derivative.expression), derivative.text


def test_the_page_about_functions_is_up_to_date() -> None:
    """It is made by: matcalc rules table > docs/functions.md"""
    made = CliRunner().invoke(main, ["rules", "table"])
    assert (made.exit_code, made.output) == (0, PAGE.read_text(encoding="utf-8"))


def test_the_page_has_all_functions_of_the_rules() -> None:
    calls = {example.call.partition("(")[0] for example in EXAMPLES}
    assert set(BOOK.names()) - {"mpower"} <= calls
    assert {"tr", "diag", "kron", "vec", "tril", "triu", "eye", "unit", "commutation", "X^k"} <= calls


def test_a_cell_says_why_not(tmp_path: Path) -> None:
    rules = tmp_path / "my.rules"
    rules.write_text('fn jump(x) = step(x - 1)  d = "it jumps"\n', encoding="utf-8")
    book = load_rulebook([rules])
    (example,) = [e for e in examples(book) if e.call == "jump(x)"]
    cells = Trial(example, book).cells()
    assert cells[2] == YES and cells[3] == cells[4] == "jump is not differentiated: it jumps"
