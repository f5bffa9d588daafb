"""Options of the test run, and the tally of what matcalc refused."""

from __future__ import annotations

import os
from collections import Counter

# the matrices here are small, and the tests run side by side: more threads would only wait for each other
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest

REFUSED: Counter[str] = Counter()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--generated", type=int, default=200, metavar="N", help="how many random problems to differentiate"
    )
    parser.addoption("--fuzz", type=int, default=300, metavar="N", help="how many random inputs to survive")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", range(metafunc.config.getoption("generated")))


@pytest.fixture
def refused() -> Counter[str]:
    """Counts the random problems that matcalc declines, by reason."""
    return REFUSED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if REFUSED:
        terminalreporter.section(f"{sum(REFUSED.values())} random problems refused")
        for reason, count in sorted(REFUSED.items()):
            terminalreporter.write_line(f"{count:5d}  {reason}")
