"""Random operands of a kind: what a check evaluates at.

Every draw is well away from poles, kinks and singular matrices, so that differences are accurate there, yet has
nothing else in common: both signs, both signs of the determinant, no equal entries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from matcalc.errors import MatcalcError

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from matcalc.expr import Symbol
    from matcalc.kinds import Kind

    Array = NDArray[np.float64]

ATTEMPTS = 200
LARGEST_CONDITION = 100.0
# odd and even ones, as the sign of det(-X) asks for
SIZES = (3, 2, 5, 4, 7, 6, 11, 9, 8, 10)


def choose_sizes(names: Iterable[str], seed: int = 0) -> dict[str, int]:
    """A distinct size for each name; seeds differ in the sizes, even and odd ones turn tall into wide.

    >>> choose_sizes(["m", "n"]), choose_sizes(["m", "n"], seed=1)
    ({'m': 3, 'n': 2}, {'m': 2, 'n': 3})
    """
    ordered = sorted(set(names))
    first = seed // 2 % 4
    pool = [*SIZES, *range(12, 12 + len(ordered))]
    sizes = pool[first : first + len(ordered)]
    return dict(zip(ordered, sizes if seed % 2 == 0 else sizes[::-1], strict=True))


def draw(kind: Kind, sizes: Mapping[str, int], rng: Generator, *, boundary: bool = False) -> Array:
    """A random operand of this kind: (), (n,), (1, n) or (m, n).

    `boundary` lets an entry be 0 where its sign allows it, which a point of difference must not be.
    Raises MatcalcError for a kind that nothing is of, such as `skew(n) positive`.
    """
    rows, columns = (d.value(sizes) for d in kind.shape)
    if kind.structure in ("scalar", "vector", "row", "matrix"):
        return _as_given(kind, draw_entries(kind.sign, (rows, columns), rng, boundary))
    for _ in range(ATTEMPTS):
        drawn = _DRAWERS[kind.structure](kind.sign, rows, rng)
        if _has_sign(drawn, kind) and _is_tame(drawn, kind):
            return _as_given(kind, drawn)
    raise MatcalcError(f"no operand of the kind {kind.text} was found: declare it without the sign")


def draw_values(symbols: Iterable[Symbol], sizes: Mapping[str, int], rng: Generator) -> dict[str, Array]:
    """A random operand for each symbol, in the order given."""
    return {symbol.name: draw(symbol.kind, sizes, rng) for symbol in symbols}


def draw_direction(kind: Kind, sizes: Mapping[str, int], rng: Generator) -> Array:
    """A direction in which an operand of this kind can move and keep its structure, largest entry 1.

    A direction by an orthogonal matrix is any matrix: the formulas do not use that it stays orthogonal.
    """
    rows, columns = (d.value(sizes) for d in kind.shape)
    entries = draw_entries("", (rows, columns), rng, False)
    if "symmetric" in kind.facts:
        entries = entries + entries.T
    keep = _PARTS.get(kind.structure)
    entries = entries if keep is None else keep(entries)
    entries = entries / max(float(np.max(np.abs(entries), initial=0.0)), 1e-300)
    return _as_given(kind, entries)


def draw_entries(sign: str, shape: tuple[int, int], rng: Generator, boundary: bool) -> Array:
    """Independent entries of the given sign."""
    if sign == "above_one":
        return rng.uniform(1.2, 3.0, shape)
    if sign == "unit":
        return np.asarray(rng.uniform(0.05, 0.9, shape) * rng.choice([-1.0, 1.0], shape))
    size = np.asarray(rng.uniform(0.2, 2.0, shape))
    if sign == "positive":
        return size
    boundary = boundary and sign != "distinct"
    if boundary:
        size *= rng.uniform(size=shape) < 0.7
    # some far out, where a branch of asin or log is another
    return size if sign == "nonnegative" else size * rng.choice([-1.0, 1.0, -1.0, 1.0, 2.5, -2.5], shape)


def _as_given(kind: Kind, entries: Array) -> Array:
    """Rows and columns in the shape in which a user gives them."""
    shapes = {"scalar": (), "vector": (-1,), "simplex": (-1,)}
    return entries.reshape(shapes.get(kind.structure, entries.shape))


def _symmetric(sign: str, n: int, rng: Generator) -> Array:
    entries = draw_entries(sign, (n, n), rng, False)
    return np.asarray((entries + entries.T) / 2)


def _spd(sign: str, n: int, rng: Generator) -> Array:
    drawn = _psd(sign, n, rng) + np.diag(rng.uniform(0.3, 1.0, n))
    return np.asarray(drawn * (0.9 / np.max(np.abs(drawn))) if sign == "unit" else drawn)


def _psd(sign: str, n: int, rng: Generator) -> Array:
    """Singular where n > 1: a rule for psd must not rely on the inverse."""
    factor = draw_entries("positive" if sign in ("nonnegative", "above_one") else sign, (n, max(1, n - 1)), rng, False)
    drawn = factor @ factor.T / n
    if sign == "unit":
        drawn *= 0.9 / np.max(np.abs(drawn))
    return np.asarray(drawn + 1.2 if sign == "above_one" else drawn)


def _skew(sign: str, n: int, rng: Generator) -> Array:
    entries = draw_entries(sign, (n, n), rng, False)
    return np.asarray((entries - entries.T) / 2)


def _invertible(sign: str, n: int, rng: Generator) -> Array:
    """Of either sign of the determinant; the caller rejects the ill-conditioned."""
    if sign:
        return draw_entries(sign, (n, n), rng, False)
    return _orthogonal(sign, n, rng) @ np.diag(rng.uniform(0.5, 2.0, n)) @ _orthogonal(sign, n, rng)


def _positive_stable(sign: str, n: int, rng: Generator) -> Array:
    """Not symmetric, with a positive definite symmetric part."""
    skew = np.zeros((n, n)) if sign else _skew("", n, rng)
    return np.asarray(_spd(sign, n, rng) + skew / 2)


def _diagonal(sign: str, n: int, rng: Generator) -> Array:
    return np.diag(draw_entries(sign, (n, 1), rng, False)[:, 0])


def _orthogonal(sign: str, n: int, rng: Generator) -> Array:
    """A rotation or a reflection, evenly over the group."""
    q, r = np.linalg.qr(rng.standard_normal((n, n)))
    return np.asarray(q * np.sign(np.diag(r)), dtype=np.float64)


def _lower(sign: str, n: int, rng: Generator) -> Array:
    return np.tril(draw_entries(sign, (n, n), rng, False))


def _simplex(sign: str, n: int, rng: Generator) -> Array:
    """Positive entries that sum to 1."""
    entries = draw_entries("positive", (n, 1), rng, False)
    return np.asarray(entries / np.sum(entries))


def _upper(sign: str, n: int, rng: Generator) -> Array:
    return np.triu(draw_entries(sign, (n, n), rng, False))


_DRAWERS: dict[str, Callable[[str, int, Generator], Array]] = {
    "symmetric": _symmetric,
    "spd": _spd,
    "psd": _psd,
    "skew": _skew,
    "invertible": _invertible,
    "positive_stable": _positive_stable,
    "diagonal": _diagonal,
    "orthogonal": _orthogonal,
    "lower": _lower,
    "upper": _upper,
    "simplex": _simplex,
}
_PARTS: dict[str, Callable[[Array], Array]] = {
    "skew": lambda a: a - a.T,
    "diagonal": lambda a: np.diag(np.diag(a)),
    "lower": np.tril,
    "upper": np.triu,
    "simplex": lambda a: a - np.mean(a),
}
# whether a sign holds of every entry
SIGN_HOLDS: dict[str, Callable[[Array], bool]] = {
    "": lambda a: True,
    "nonnegative": lambda a: bool(np.all(a >= 0)),
    "positive": lambda a: bool(np.all(a > 0)),
    "unit": lambda a: bool(np.all(np.abs(a) < 1)),
    "above_one": lambda a: bool(np.all(a > 1)),
    "distinct": lambda a: bool(np.unique(a).size == np.size(a)),
}


def _has_sign(drawn: Array, kind: Kind) -> bool:
    """Whether the sign the kind promises holds of every entry, on the diagonal for `diagonal`."""
    return SIGN_HOLDS[kind.sign](np.diag(drawn) if kind.structure == "diagonal" else drawn)


def _is_tame(drawn: Array, kind: Kind) -> bool:
    """Whether a matrix that has an inverse is far from having none."""
    return "invertible" not in kind.facts or float(np.linalg.cond(drawn)) < LARGEST_CONDITION
