"""Numerical checks of what rules say of graphs: curves, ranges, and what a function keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from matcalc.numeric import evaluate
from matcalc.rule_checks import call_of, draw_operands
from matcalc.sampling import draw_entries

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matcalc.rule_entries import Function

    Array = NDArray[np.float64]

ROUNDING = 1e-9


def curve_faults(function: Function, seed: int) -> list[str]:
    """Which words of the curve of a function two operands and the point between them refute."""
    first, second, higher = _operands(function, seed)
    one, other = _value(function, first), _value(function, second)
    middle, above = _value(function, _mixed(first, second)), _value(function, higher)
    slack = ROUNDING * (1 + max(float(np.max(np.abs(a), initial=0.0)) for a in (one, other, middle, above)))
    refuted = {
        "convex": np.any(middle > (one + other) / 2 + slack),
        "concave": np.any(middle < (one + other) / 2 - slack),
        "increasing": np.any(above < one - slack),
        "decreasing": np.any(above > one + slack),
    }
    return [word for word in sorted(function.curve.words) if refuted[word]]


def range_faults(function: Function, seed: int) -> list[str]:
    """Whether an entry of the value lies outside of the range."""
    values, _ = draw_operands(function, seed)
    found, known = _value(function, values), function.range
    outside = np.any(found < known.low) or np.any(found > known.high)
    return [f"a value outside of {known}"] if outside else []


def keeping_faults(function: Function, seed: int) -> list[str]:
    """Whether the value at an operand that is psd, or positive, is not so."""
    values, _ = draw_operands(function, seed)
    rng, operand = np.random.default_rng(seed), function.operands[0]
    shape = values[operand.name].shape
    if function.keeps == "positive":
        found = _value(function, {**values, operand.name: rng.uniform(0.2, 2.0, shape)})
        return [] if np.all(found > 0) else ["a value that is not positive"]
    root = rng.standard_normal(shape)
    found = _value(function, {**values, operand.name: root @ root.T + 0.1 * np.eye(len(root))})
    return [] if np.min(np.linalg.eigvalsh((found + found.T) / 2)) > -ROUNDING else ["a value that is not psd"]


def _operands(function: Function, seed: int) -> tuple[dict[str, Array], dict[str, Array], dict[str, Array]]:
    """Two random lists of operands that differ in the first, and a third that is nowhere below the first list."""
    values, _ = draw_operands(function, seed)
    name = function.operands[0].name
    one = _drawn(function, values[name].shape, seed)
    other, step = _drawn(function, one.shape, seed + 100), _drawn(function, one.shape, seed + 200)
    higher = np.maximum(one, (one + step) / 2)
    return {**values, name: one}, {**values, name: other}, {**values, name: higher}


def _drawn(function: Function, shape: tuple[int, ...], seed: int) -> Array:
    """A first operand where the curve holds."""
    rng, structure = np.random.default_rng(seed), function.curve.structure
    kind = function.operands[0].kind
    if structure == "spd":
        root = rng.standard_normal(shape)
        return np.asarray(root @ root.T + 0.1 * np.eye(len(root)))
    sign = "positive" if structure == "positive" else kind.sign if kind is not None else ""
    return draw_entries(sign, (int(np.prod(shape)), 1), rng, False).reshape(shape)


def _mixed(first: dict[str, Array], second: dict[str, Array]) -> dict[str, Array]:
    return {name: (first[name] + second[name]) / 2 for name in first}


def _value(function: Function, values: dict[str, Array]) -> Array:
    return np.asarray(evaluate(call_of(function), values, rulebook=function.rulebook), dtype=float)
