"""Numbers of opaque functions: what a user gives for them, and random smooth ones for a check."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from matcalc.dimensions import ONE, Shape
from matcalc.errors import MatcalcError, ShapeError

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from matcalc.opaque_signature import OpaqueSignature, Path

    Array = NDArray[np.float64]

RIDGES = 3  # a random function is a sum of so many waves
STRAIGHT = np.pi / 2  # a sine moved by this is its derivative


def opaque_value(
    opaque: OpaqueSignature,
    args: Sequence[Array],
    shape: tuple[int, ...],
    values: Mapping[str, Any],
    shapes: Sequence[Shape] | None = None,
) -> Array:
    """The value at arrays, as an array of the given shape; `shapes` are those of the arguments, where not declared.

    `values` holds under the name of the function a callable, a list of it and its derivatives in order, or a mapping
    from names such as `grad(f)` to callables. They take and give a column as (n,), a row as (1, n), a scalar as ().
    Raises MatcalcError where there is none, ShapeError where its value has another shape.
    """
    written: Sequence[Shape | None] = shapes or opaque.arguments or [None] * len(args)
    given = _callable(opaque, values)(*[_as_shown(arg, wanted) for arg, wanted in zip(args, written, strict=True)])
    result = np.asarray(given, dtype=np.float64)
    if [n for n in result.shape if n != 1] != [n for n in shape if n != 1]:
        expected, found = (f"an array of shape {wanted}" for wanted in (shape, result.shape))
        raise ShapeError(f"{opaque.name} gives {found} here, not {expected}", expected=expected, found=found)
    return result.reshape(shape)


def _as_shown(array: Array, shape: Shape | None) -> Any:
    """An operand as a user sees it; any shape of entries where a function takes them one by one."""
    if shape is None or (shape[0] != ONE and shape[1] != ONE):
        return array if array.ndim else array[()]
    if shape[1] != ONE:
        return array.reshape(1, -1)
    return array.reshape(-1) if shape[0] != ONE else array.reshape(())[()]


def _callable(opaque: OpaqueSignature, values: Mapping[str, Any]) -> Callable[..., Any]:
    given, order = values.get(opaque.base), len(opaque.path)
    if isinstance(given, SmoothFunction):
        return given.derivative(opaque.path)
    if isinstance(given, Mapping):
        found = given.get(opaque.name)
    elif isinstance(given, (list, tuple)) and len(opaque.arguments) <= 1:
        found = given[order] if order < len(given) else None
    else:
        found = given if order == 0 else None
    if found is None:
        mend = f'give {opaque.base} as {{"{opaque.name}": ...}}, a mapping from names to Python functions'
        raise MatcalcError(f"no value is given for {opaque.name} ({opaque.base}: {opaque.kind})", suggestion=mend)
    if not callable(found):
        raise MatcalcError(f"the value of {opaque.name} is a {type(found).__name__}, not a Python function")
    return found  # type: ignore[no-any-return]


class SmoothFunction:
    """A random smooth function with exact derivatives of every order: a sum of waves along random directions."""

    __slots__ = ("_is_elementwise", "_level", "_shape", "_shifts", "_slopes", "_weights")

    def __init__(self, opaque: OpaqueSignature, sizes: Mapping[str, int], rng: Generator) -> None:
        self._is_elementwise = opaque.is_elementwise
        self._shape = tuple(d.value(sizes) for d in opaque.value_shape)
        outputs = self._shape[0] * self._shape[1]
        counts = [1] if opaque.is_elementwise else [r.value(sizes) * c.value(sizes) for r, c in opaque.arguments]
        self._level = rng.uniform(-1.0, 2.0, outputs)
        self._weights = rng.uniform(0.4, 1.2, (outputs, RIDGES))
        self._shifts = rng.uniform(0.0, 2 * np.pi, RIDGES)
        self._slopes = [rng.uniform(0.4, 1.2, (RIDGES, n)) * rng.choice([-1.0, 1.0], (RIDGES, n)) for n in counts]

    def derivative(self, path: Path) -> Callable[..., Array]:
        """The derivative by these arguments, one after the other, as a function of all of them."""
        return lambda *args: (self._of_entries if self._is_elementwise else self._of_arrays)(path, args)

    def _of_entries(self, path: Path, args: Sequence[Any]) -> Array:
        slopes = self._slopes[0][:, 0]
        waves = np.sin(np.multiply.outer(args[0], slopes) + self._shifts + len(path) * STRAIGHT)
        return np.asarray(waves @ (self._weights[0] * slopes ** len(path)) + (0.0 if path else self._level[0]))

    def _of_arrays(self, path: Path, args: Sequence[Any]) -> Array:
        """With the axes of the value, then those of each argument of the path."""
        along = sum(slopes @ np.reshape(arg, -1) for slopes, arg in zip(self._slopes, args, strict=True))
        waves = self._weights * np.sin(along + self._shifts + len(path) * STRAIGHT)
        factors: list[Any] = [waves, [0, 1]]
        for axis, position in enumerate(path, start=2):
            factors += [self._slopes[position], [1, axis]]
        total = np.einsum(*factors, [0, *range(2, 2 + len(path))])
        moved = [n for position in path for n in np.shape(args[position])]
        return np.asarray(total if path else total + self._level).reshape(*self._shape, *moved)
