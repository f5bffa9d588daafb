"""Functions written by hand to stand for opaque ones, each with its derivatives, and the operands of their cases.

Nothing here is taken from matcalc. Columns are arrays (n,), rows (1, n), matrices (m, n), scalars (), as for a user.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Value = Callable[[SimpleNamespace], Any]

KINDS = {
    "A": "matrix(m,n)",
    "X": "matrix(n,k)",
    "B": "matrix(m,k)",
    "W": "matrix(n,p)",
    "x": "vector(n)",
    "w": "vector(n)",
    "b": "vector(m)",
    "c": "vector(p)",
    "t": "scalar",
    "S": "symmetric(n)",
    "f": "function -> scalar",  # of an array of any one shape
    "z": "function -> scalar",
    "L": "function(vector(m), scalar) -> scalar",
    "F": "function -> matrix(m,k)",
    "G": "function -> matrix(m,n)",
    "y1": "function -> vector(m)",
    "y2": "function -> vector(k)",
    "y3": "function -> vector(p)",
    "r": "function -> row(p)",
    "g": "elementwise function",
    "h": "elementwise function",
}
SIZES = {"m": 3, "n": 4, "k": 2, "p": 5}


def operands(seed: int = 3) -> dict[str, Array]:
    """Arrays for the variables of KINDS."""
    rng = np.random.default_rng(seed)
    found: dict[str, Array] = {}
    for name, kind in KINDS.items():
        if "function" not in kind:
            inside = kind.partition("(")[2].rstrip(")")
            lengths = [SIZES[size] for size in inside.split(",") if size]
            found[name] = rng.uniform(-1.0, 1.0, lengths * (2 if kind.startswith("symmetric") else 1))
    found["S"] = found["S"] + found["S"].T
    return found


def slopes(array: Array) -> Array:
    """One number for each entry, no two the same."""
    return (0.5 + 0.2 * np.arange(np.size(array))).reshape(np.shape(array))


def scalar(u: Any) -> Any:
    return np.sum(np.sin(slopes(u) * u)) + np.sum(u) ** 2 / 5


def scalar_gradient(u: Any) -> Any:
    return slopes(u) * np.cos(slopes(u) * u) + 0.4 * np.sum(u)


def scalar_hessian(u: Any) -> Any:
    return (0.4 + np.diag(np.ravel(-(slopes(u) ** 2) * np.sin(slopes(u) * u)))).reshape(np.shape(u) * 2)


def scalar_third(u: Any) -> Any:
    cube = np.zeros((np.size(u),) * 3)
    np.einsum("iii->i", cube)[:] = np.ravel(-(slopes(u) ** 3) * np.cos(slopes(u) * u))
    return cube.reshape(np.shape(u) * 3)


def weights(rows: int, u: Any) -> Array:
    return np.cos(np.arange(rows * np.size(u)) + 1.0).reshape(rows, np.size(u))


def vector(rows: int) -> tuple[Callable[[Any], Any], ...]:
    """A function of any array with so many outputs, its Jacobian, and its second derivatives."""

    def value(u: Any) -> Any:
        return np.tanh(weights(rows, u) @ np.ravel(u) + 0.1 * np.arange(rows))

    def jacobian(u: Any) -> Any:
        slope = (1 - value(u) ** 2)[:, None] * weights(rows, u)
        return slope.reshape(rows, *np.shape(u))

    def second(u: Any) -> Any:
        bend = -2 * value(u) * (1 - value(u) ** 2)
        return np.einsum("i,ij,ik->ijk", bend, weights(rows, u), weights(rows, u)).reshape(rows, *np.shape(u) * 2)

    return value, jacobian, second


def table(u: Any) -> Any:
    """A matrix m x k that depends on a number."""
    rows, columns = np.indices((SIZES["m"], SIZES["k"]))
    return np.sin((1 + rows + 0.3 * columns) * u)


def table_slope(u: Any) -> Any:
    rows, columns = np.indices((SIZES["m"], SIZES["k"]))
    return (1 + rows + 0.3 * columns) * np.cos((1 + rows + 0.3 * columns) * u)


def pair(u: Any, t: Any) -> Any:
    return np.sin(t) * np.sum(u**3) + t**2 * np.sum(u)


def wave(u: Any) -> Any:
    return np.sin(u) + 0.3 * u**2


row_value, row_jacobian, _ = vector(SIZES["p"])
long_value, long_jacobian, _ = vector(SIZES["m"] * SIZES["n"])
FUNCTIONS: dict[str, Any] = {
    "f": (scalar, scalar_gradient, scalar_hessian, scalar_third),
    "z": (lambda u: scalar(2 * u), lambda u: 2 * scalar_gradient(2 * u), lambda u: 4 * scalar_hessian(2 * u)),
    "L": {
        "L": pair,
        "grad(L, 1)": lambda u, t: 3 * np.sin(t) * u**2 + t**2,
        "grad(L, 2)": lambda u, t: np.cos(t) * np.sum(u**3) + 2 * t * np.sum(u),
        "hess(L, 1, 1)": lambda u, t: 6 * np.sin(t) * np.diag(u),
        "hess(L, 1, 2)": lambda u, t: 3 * np.cos(t) * u**2 + 2 * t,
        "hess(L, 2, 2)": lambda u, t: -np.sin(t) * np.sum(u**3) + 2 * np.sum(u),
    },
    "F": [table, table_slope],
    "G": [
        lambda u: long_value(u).reshape(SIZES["m"], SIZES["n"]),
        lambda u: long_jacobian(u).reshape(SIZES["m"], SIZES["n"], np.size(u)),
    ],
    "y1": vector(SIZES["m"]),
    "y2": vector(SIZES["k"]),
    "y3": vector(SIZES["p"]),
    "r": (lambda u: row_value(u)[None, :], lambda u: row_jacobian(u)[None, :] if np.ndim(u) == 0 else row_jacobian(u)),
    "g": (wave, lambda u: np.cos(u) + 0.6 * u, lambda u: 0.6 - np.sin(u)),
    "h": (np.exp, np.exp, np.exp),
}


def value_of(name: str) -> Callable[..., Any]:
    """The function itself, without its derivatives."""
    given = FUNCTIONS[name]
    found: Callable[..., Any] = given[name] if isinstance(given, dict) else given[0]
    return found


def namespace(values: dict[str, Array]) -> SimpleNamespace:
    """Operands and functions as attributes."""
    return SimpleNamespace(**values, **{name: value_of(name) for name in FUNCTIONS})


def written_names(name: str, count: int) -> list[str]:
    """What a function of one argument and its derivatives are called in a text."""
    if "-> scalar" in KINDS[name]:
        return [name, f"grad({name})", f"hess({name})", f"grad(hess({name}))"][:count]
    operator = "grad" if KINDS[name].startswith("elementwise") else "jac"
    return [f"{operator}(" * k + name + ")" * k for k in range(count)]


def for_the_oracle() -> dict[str, Callable[..., Array]]:
    """Every function and derivative by its name in a text, of two-dimensional arrays."""
    found: dict[str, Callable[..., Array]] = {}
    for name, given in FUNCTIONS.items():
        named = given if isinstance(given, dict) else dict(zip(written_names(name, len(given)), given, strict=True))
        found |= {written: _of_matrices(function) for written, function in named.items()}
    return found


def _of_matrices(function: Callable[..., Any]) -> Callable[..., Array]:
    def apply(*args: Array) -> Array:
        value = np.asarray(function(*[a.item() if a.size == 1 else a[:, 0] if a.shape[1] == 1 else a for a in args]))
        if value.ndim > 2:
            value = np.squeeze(value)
        return value if value.ndim > 1 else value.reshape(-1, 1)

    return apply
