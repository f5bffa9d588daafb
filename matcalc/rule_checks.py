"""Numerical checks of the rulebook: each differential, each sign it promises, both sides of each identity."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from matcalc import expr as ex
from matcalc.differences import directional_derivative, relative_error
from matcalc.dimensions import SCALAR
from matcalc.kinds import Kind
from matcalc.numeric import evaluate
from matcalc.operands import sizes_from
from matcalc.sampling import SIGN_HOLDS, choose_sizes, draw, draw_direction

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matcalc.expr import Expr
    from matcalc.rule_entries import Function, Identity

    Array = NDArray[np.float64]

# what one check may be off: central differences of these functions are good to some 1e-10
TOLERANCE = 1e-7
FLAT = 1e-5  # a derivative below this is only known next to the function, which is about 1
CANCELLED = 1e-3  # a side below this is what is left of terms of about 1, as 1 - erf(4)


def call_of(function: Function) -> Expr:
    """The function at its own parameters."""
    args = [
        ex.symbol(p.name, p.kind or Kind("scalar")) if p.literal is None else ex.literal(p.literal)
        for p in function.parameters
    ]
    return ex.call(function.name, tuple(args), SCALAR if function.result is None else function.result.shape)


def draw_operands(
    function: Function, seed: int, *, boundary: bool = False
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Operands of the kinds of the parameters (some entries 0, at the boundary), and a direction for each."""
    rng = np.random.default_rng(seed)
    kinds = {p.name: p.kind or Kind("scalar") for p in function.operands}
    sizes = choose_sizes([n for kind in kinds.values() for d in kind.shape for n in d.names], seed)
    values = {name: draw(kind, sizes, rng, boundary=boundary) for name, kind in kinds.items()}
    return values, {name: draw_direction(kind, sizes, rng) for name, kind in kinds.items()}


def differential_error(function: Function, seed: int) -> float:
    """The largest relative error of the differential, by each operand alone and by all together.

    Infinite where a value is missing or the difference itself is not good enough to tell.
    """
    values, directions = draw_operands(function, seed)
    still = {name: np.zeros_like(direction) for name, direction in directions.items()}
    alone = [{**still, name: direction} for name, direction in directions.items()]
    moves = alone if len(alone) == 1 else [*alone, directions]
    return max(_error_along(function, values, move) for move in moves)


def _error_along(function: Function, values: Mapping[str, Array], move: Mapping[str, Array]) -> float:
    if function.differential is None:
        raise AssertionError(f"{function.name} has no differential")
    moved = {f"d{name}": direction for name, direction in move.items()}
    stated = evaluate(function.differential, {**values, **moved}, _sizes(function, values), function.rulebook)
    return _error(stated, _measured(function, values, move), FLAT)


def _sizes(function: Function, values: Mapping[str, Array]) -> dict[str, int]:
    """The sizes of the signature at these operands: a formula may name one that no operand in it shows."""
    return sizes_from(ex.symbols(call_of(function)), values)


def formula_error(function: Function, seed: int) -> float:
    """The relative difference of the formula and the numpy template of a function that has both."""
    values, _ = draw_operands(function, seed)
    formula = function.formula
    if formula is None:
        raise AssertionError(f"{function.name} has no formula")
    by_template = evaluate(call_of(function), values, rulebook=function.rulebook)
    return relative_error(evaluate(formula, values, _sizes(function, values), function.rulebook), by_template)


def identity_error(identity: Identity, seed: int, *, boundary: bool = False) -> float:
    """The relative difference of the two sides at operands of the kinds of the variables.

    At the boundary entries may be 0, and a left side that has no value there (0/0) says nothing.
    """
    rng = np.random.default_rng(seed)
    variables = identity.symbols
    sizes = choose_sizes([n for v in variables for d in v.kind.shape for n in d.names], seed)
    values = {v.name: draw(v.kind, sizes, rng, boundary=boundary) for v in variables}
    left = evaluate(identity.left, values, sizes, identity.rulebook)
    right = evaluate(identity.right, values, sizes, identity.rulebook)
    if boundary and not np.all(np.isfinite(left)):
        return 0.0
    return _error(left, right, CANCELLED)


def linear_error(function: Function, seed: int) -> float:
    """How far a function is from linear in the parameter it says, and its adjoint from the transposed map."""
    assert function.linear is not None and function.adjoint is not None
    values, directions = draw_operands(function, seed)
    name = function.parameters[function.linear].name
    call, sizes, book = call_of(function), _sizes(function, values), function.rulebook

    def at(operand: Array) -> Array:
        return evaluate(call, {**values, name: operand}, rulebook=book)

    own, other = at(values[name]), at(directions[name])
    combined = _error(at(2 * values[name] - 3 * directions[name]), 2 * own - 3 * other, FLAT)
    weight = np.random.default_rng(seed).standard_normal(own.shape)
    turned = evaluate(function.adjoint, {**values, name: weight}, sizes, book)
    return max(combined, _error(_inner(turned, values[name]), _inner(weight, own), FLAT))


def commuting_error(function: Function, seed: int) -> float:
    """How far off the differential for commuting directions is, and its transposed map for commuting adjoints."""
    formula, book = function.commuting, function.rulebook
    assert formula is not None
    values, directions = draw_operands(function, seed)
    name = function.parameters[0].name
    still = {f"d{key}": np.zeros_like(direction) for key, direction in directions.items()}
    along = _polynomial(values[name], seed)
    moves = [{**still, f"d{name}": along}] + [{**still, f"d{k}": directions[k]} for k in directions if k != name]
    errors = []
    for move in moves:
        measured = _measured(function, values, {key[1:]: direction for key, direction in move.items()})
        errors.append(_error(evaluate(formula, {**values, **move}, rulebook=book), measured, FLAT))
    weight = along.T
    turned = evaluate(formula, {**values, name: values[name].T, **still, f"d{name}": weight}, rulebook=book)
    free = {**{key: np.zeros_like(d) for key, d in directions.items()}, name: draw_square(values[name], seed)}
    measured = _measured(function, values, free)
    errors.append(_error(_inner(turned, free[name]), _inner(weight, measured), FLAT))
    return max(errors)


def commutes_error(function: Function, seed: int) -> float:
    """How far the value is from commuting with what commutes with the first operand."""
    values, _ = draw_operands(function, seed)
    value = evaluate(call_of(function), values, rulebook=function.rulebook)
    other = _polynomial(values[function.parameters[0].name], seed)
    return _error(value @ other, other @ value, FLAT)


def draw_square(like: Array, seed: int) -> Array:
    """A matrix of the shape of another, its largest entry 1."""
    entries = np.random.default_rng(seed + 1).standard_normal(like.shape)
    return np.asarray(entries / np.max(np.abs(entries)))


def _inner(a: Array, b: Array) -> Array:
    return np.asarray(np.sum(a * b))


def _polynomial(matrix: Array, seed: int) -> Array:
    """What commutes with a matrix: a random polynomial in it, its largest entry 1."""
    one, first, second = np.random.default_rng(seed).uniform(0.5, 1.5, 3)
    value = one * np.eye(len(matrix)) - first * matrix + second * matrix @ matrix
    return np.asarray(value / np.max(np.abs(value)))


def _measured(function: Function, values: Mapping[str, Array], move: Mapping[str, Array]) -> Array:
    """The directional derivative of a function; NaN where the difference is not good enough to tell."""
    call = call_of(function)

    def along(t: float) -> Array:
        return evaluate(
            call, {name: value + t * move[name] for name, value in values.items()}, rulebook=function.rulebook
        )

    measured, uncertainty = directional_derivative(along)
    scale = max(float(np.max(np.abs(measured), initial=0.0)), FLAT)
    return measured if uncertainty <= TOLERANCE * scale else np.full_like(measured, np.nan)


def _error(found: Array, expected: Array, floor: float) -> float:
    """The largest difference over the largest entry or the floor; infinite where a value is missing."""
    if found.shape != expected.shape:
        return float("inf")
    scale = max(floor, *(float(np.max(np.abs(a), initial=0.0)) for a in (found, expected)))
    error = float(np.max(np.abs(found - expected), initial=0.0)) / scale
    return error if np.isfinite(error) else float("inf")


def broken_facts(function: Function, seed: int) -> list[str]:
    """The facts promised of the value (sign, invertible) that do not hold of it."""
    values, _ = draw_operands(function, seed)
    value = evaluate(call_of(function), values, rulebook=function.rulebook)
    return [fact for fact in sorted(function.result_facts) if not _HOLDS[fact](value)]


_HOLDS: dict[str, Callable[[Array], bool]] = {
    **SIGN_HOLDS,
    "symmetric": lambda a: bool(np.allclose(a, a.T)),
    "skew": lambda a: bool(np.allclose(a, -a.T)),
    "psd": lambda a: bool(np.min(np.linalg.eigvalsh(a)) > -1e-9),
    "spd": lambda a: bool(np.min(np.linalg.eigvalsh(a)) > 0),
    "invertible": lambda a: bool(np.linalg.cond(a) < 1e9),
    "positive_stable": lambda a: bool(np.min(np.linalg.eigvals(a).real) > 0),
    "diagonal": lambda a: bool(np.allclose(a, np.diag(np.diag(a)))),
    "orthogonal": lambda a: bool(np.allclose(a.T @ a, np.eye(len(a)))),
    "lower": lambda a: bool(np.allclose(a, np.tril(a))),
    "upper": lambda a: bool(np.allclose(a, np.triu(a))),
    "simplex": lambda a: bool(np.isclose(np.sum(a), 1)),
}
