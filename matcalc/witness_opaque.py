"""Plain numbers of a function known by name only, and of its derivatives: a sum of waves that the name decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from math import pi, prod, sin
from typing import TYPE_CHECKING

from matcalc.dimensions import ONE, Dimension
from matcalc.kinds import plain_kind
from matcalc.witness_draws import Draws, NoValue

if TYPE_CHECKING:
    from matcalc.opaque_signature import OpaqueSignature

WAVES = 2


def opaque_value(
    opaque: OpaqueSignature, args: Sequence[Sequence[float]], length: Callable[[Dimension], int]
) -> list[float]:
    """The value at arguments, row by row; of a derivative the axes of the value, then those of its arguments.

    Raises NoValue where more than the shape of the value is known.
    """
    if opaque.kind.value not in (None, plain_kind(opaque.value_shape)):
        raise NoValue
    draws = Draws(f"{opaque.base}()")
    outputs = prod([length(d) for d in opaque.value_shape if d != ONE])
    slopes = [[draws.entries("", 1 if opaque.is_elementwise else len(arg)) for _ in range(WAVES)] for arg in args]
    weights = [draws.entries("", WAVES) for _ in range(outputs)]
    starts = [start + len(opaque.path) * pi / 2 for start in draws.between(0.0, 2 * pi, WAVES)]
    if opaque.is_elementwise:
        return [_wave(x, [s[0] for s in slopes[0]], weights[0], starts, len(opaque.path)) for x in args[0]]
    return _of_arrays(opaque.path, args, slopes, weights, starts)


def _wave(x: float, slopes: list[float], weights: list[float], starts: list[float], order: int) -> float:
    return sum([w * s**order * sin(s * x + start) for w, s, start in zip(weights, slopes, starts)])


def _of_arrays(
    path: tuple[int, ...],
    args: Sequence[Sequence[float]],
    slopes: list[list[list[float]]],
    weights: list[list[float]],
    starts: list[float],
) -> list[float]:
    waves = []
    for k, start in enumerate(starts):
        along = [sum([s * x for s, x in zip(own[k], arg)]) for own, arg in zip(slopes, args)]
        waves.append(sin(start + sum(along)))
    moved = [[prod(steps) for steps in product(*[slopes[at][k] for at in path])] for k in range(WAVES)]
    return [
        sum([weight * wave * step for weight, wave, step in zip(row, waves, steps)])
        for row in weights
        for steps in zip(*moved)
    ]
