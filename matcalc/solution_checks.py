"""The numerical check of a solution: put back into what is to be zero, at random points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from matcalc.errors import MatcalcError
from matcalc.evaluation import tensor_value
from matcalc.operands import sizes_from, with_families
from matcalc.report import Report
from matcalc.sampling import choose_sizes, draw_values
from matcalc.symbols import Symbol
from matcalc.terms import Apply, postorder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from matcalc.solving import Solution
    from matcalc.symbols import Family

    Array = NDArray[np.float64]
    Sizes = dict[str, int]

POINTS, ATTEMPTS = 6, 40
TOLERANCE = 1e-7
LARGEST_CONDITION = 1e6


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
    verdict = "ok" if max(errors) <= TOLERANCE else "wrong"
    return Report(verdict, max(errors), seeds, sizes, "")


def _error_at(solution: Solution, seed: int) -> tuple[Sizes, float]:
    """The sizes of a point, and how much of the equation is left there."""
    rng = np.random.default_rng(seed)
    program = solution.program
    symbols = list(program.symbols.values())
    sizes = choose_sizes(program.size_names, seed)
    values = draw_values(symbols, sizes, rng)
    for family in program.families:
        count = family.count.value(sizes)
        values[family.name] = np.stack(
            [draw_values([_as_symbol(family)], sizes, rng)[family.name] for _ in range(count)]
        )
    values = with_families(program.families, values, program.symbols)
    known = sizes_from(symbols, values, sizes, program.families)
    _require_invertible(solution, values, known)
    found = np.asarray(tensor_value(solution.node, values, known, solution.rulebook), dtype=float)
    unknown = solution.unknown
    if solution.in_vec:
        rows, columns = (d.value(known) for d in unknown.kind.shape)
        found = found.reshape((rows, columns), order="F")
    left = tensor_value(solution.residual, {**values, unknown.name: found}, known, solution.rulebook)
    other = tensor_value(solution.residual, values, known, solution.rulebook)
    return sizes, float(np.max(np.abs(left), initial=0.0) / np.max(np.abs(other)))


def _require_invertible(solution: Solution, values: Mapping[str, Any], known: Sizes) -> None:
    """Refuse a point where a matrix to invert is singular, as X'*X of a wide X is."""
    for node in postorder(solution.node):
        if isinstance(node, Apply) and "invertible" in node.function.result_facts and not node.free:
            matrix = tensor_value(node.args[0], values, known, solution.rulebook)
            if np.linalg.cond(np.atleast_2d(matrix)) > LARGEST_CONDITION:
                raise MatcalcError("a matrix is close to singular here")


def _as_symbol(family: Family) -> Symbol:
    return Symbol(family.name, family.kind)
