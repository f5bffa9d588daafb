"""A point with short numbers at which a formula and an answer differ."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from matcalc.sampling import SIGN_HOLDS, choose_sizes, draw
from matcalc.trials import Beside, Trial, largest, trial_at
from matcalc.verify import drawn

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from matcalc.kinds import Kind

    Array = NDArray[np.float64]
    Sizes = dict[str, int]

SMALL = (2, 3, 4, 5)
TRIED = 60
CLEAR = 0.02  # the two must differ by this part of the larger one
LARGEST_SHOWN = 1e4
WHOLE = [-2.0, -1.0, 1.0, 2.0, 3.0]
WHOLE_ABOVE_ZERO = [1.0, 2.0, 3.0, 4.0]
ROUNDED = ("symmetric", "spd", "psd", "skew", "invertible", "positive_stable", "diagonal", "lower", "upper")
DIGITS = 5


def counterexample(beside: Beside, known: list[Trial]) -> Trial | None:
    """A point where the two clearly differ, with whole or short numbers where there is one.

    `known` are points already drawn, one of which is taken where no shorter numbers do.
    """
    rng = np.random.default_rng(0)
    sizes = _small_sizes(beside)
    for attempt in range(TRIED):
        positive = attempt % 3 == 2
        trial = trial_at(beside, sizes, partial(_readable, beside, positive), rng)
        if trial is not None and _is_clear(trial):
            return trial
    return next((trial for trial in known if _is_clear(trial)), None)


def _small_sizes(beside: Beside) -> Sizes:
    """Small sizes, distinct; larger by what the indices in the expression ask for."""
    drawn_sizes = beside.sizes(0)
    plain = choose_sizes(drawn_sizes, 0)
    return {
        name: SMALL[k % len(SMALL)] + drawn_sizes[name] - plain[name]
        for k, name in enumerate(sorted(drawn_sizes, reverse=True))
    }


def _readable(beside: Beside, positive: bool, sizes: Sizes, rng: Generator) -> Mapping[str, Any]:
    """Operands of few digits; functions as they are drawn."""
    values = drawn(beside.answer, sizes, "", 1.0, rng)
    for symbol in beside.answer.program.symbols.values():
        values[symbol.name] = _short(symbol.kind, sizes, positive, rng)
    for family in beside.answer.program.families:
        count = family.count.value(sizes)
        values[family.key] = np.stack([_short(family.kind, sizes, positive, rng) for _ in range(count)])
    return values


def _short(kind: Kind, sizes: Sizes, positive: bool, rng: Generator) -> Array:
    """An operand of a kind, of whole numbers or of one decimal where its structure allows it."""
    value = draw(kind, sizes, rng)
    if kind.structure in ROUNDED:
        short = np.round(value, 1)
    elif kind.structure in ("scalar", "vector", "row", "matrix"):
        whole = WHOLE_ABOVE_ZERO if positive or kind.sign in ("positive", "nonnegative") else WHOLE
        short = rng.choice(whole, np.shape(value)) if kind.sign in ("", "positive", "nonnegative") else value.round(1)
    else:
        return value
    entries = np.diag(short) if kind.structure == "diagonal" else short
    return np.asarray(short) if SIGN_HOLDS[kind.sign](entries) else value


def _is_clear(trial: Trial) -> bool:
    """Whether the two are seen to differ, in numbers that are not too long."""
    found, wanted = trial.found, trial.wanted
    if found.shape != wanted.shape:
        return bool(np.all(np.isfinite(found)))
    if not np.all(np.isfinite(found)):
        return True
    sizes = max(largest(found), largest(wanted))
    return CLEAR * sizes < largest(found - wanted) and sizes < LARGEST_SHOWN


def point_text(trial: Trial) -> str:
    """`x = [1, 2], a = 3`."""
    program = trial.beside.answer.program
    shown = [(name, trial.values[name]) for name in program.symbols]
    for family, letters in program.families.items():
        shown.append((family.member(letters[0]).name, trial.values[family.key].squeeze()))
    return ", ".join(f"{name} = {numbers_text(value)}" for name, value in shown)


def numbers_text(array: Any) -> str:
    """An array as a literal: `[1, 2]`, `[1, 2; 3, 4]`.

    >>> numbers_text(np.array([[1.0, 2.5], [3.0, -4.0]]))
    '[1, 2.5; 3, -4]'
    """
    array = np.asarray(array, dtype=float)
    if array.ndim == 0 or array.size == 1:
        return f"{float(array.reshape(-1)[0]) + 0.0:.{DIGITS}g}"
    if array.ndim > 2:
        return "[" + ", ".join(numbers_text(part) for part in array) + "]"
    is_column = array.ndim == 2 and array.shape[1] == 1
    rows = array.reshape(1, -1) if array.ndim == 1 or is_column else array
    written = "; ".join(", ".join(f"{entry + 0.0:.{DIGITS}g}" for entry in row) for row in rows)
    return f"[[{written}]]" if array.ndim == 2 and array.shape[0] == 1 else f"[{written}]"
