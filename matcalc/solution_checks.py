"""The numerical check of a solution: put back into what is to be zero, at random points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from matcalc.errors import MatcalcError
from matcalc.evaluation import tensor_value
from matcalc.operands import sizes_from, with_families
from matcalc.report import Report
from matcalc.sampling import choose_sizes, draw_values

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from matcalc.solving import Solution

    Array = NDArray[np.float64]
    Sizes = dict[str, int]

POINTS, ATTEMPTS = 6, 40
TOLERANCE = 1e-7


def checked_solution(solution: Solution, seed: int) -> Report:
    """How much the solution leaves of the equation, relative to what another operand leaves of it."""
    errors: list[float] = []
    seeds: list[int] = []
    sizes: list[Sizes] = []
    for attempt in range(seed, seed + ATTEMPTS):
        try:
            chosen, error = _error_at(solution, attempt)
        except (np.linalg.LinAlgError, MatcalcError, ValueError):
            continue
        if np.isfinite(error):
            errors, seeds, sizes = [*errors, error], [*seeds, attempt], [*sizes, chosen]
        if len(errors) == POINTS:
            break
    if not errors:
        return Report("not checked", float("inf"), [], [], "no random point was found where it has a value")
    # what is singular at some sizes, as X'*X of a wide X, shows there as noise: most points must agree
    good = sorted(errors)[: len(errors) // 2 + 1]
    verdict = "ok" if max(good) <= TOLERANCE else "wrong"
    return Report(verdict, max(good), seeds, sizes, "")
