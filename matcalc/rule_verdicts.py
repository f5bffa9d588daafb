"""Which lines of a rulebook do not hold, for `matcalc rules verify`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

from matcalc.curve_checks import curve_faults, keeping_faults, range_faults
from matcalc.errors import MatcalcError
from matcalc.rule_checks import (
    TOLERANCE,
    broken_facts,
    commutes_error,
    commuting_error,
    differential_error,
    formula_error,
    identity_error,
    linear_error,
)

if TYPE_CHECKING:
    from matcalc.rule_entries import Function, Identity
    from matcalc.rulebook import Rulebook

Entry = TypeVar("Entry")
# even and odd seeds make m x n tall and wide
SEEDS = range(6)

# whether a function states a map, the check of that, and what it is called
MAPS: tuple[tuple[Callable[[Function], bool], Callable[[Function, int], float], str], ...] = (
    (lambda f: f.linear is not None, linear_error, "the linear map or its adjoint"),
    (lambda f: f.commuting is not None, commuting_error, "the differential where it commutes"),
    (lambda f: f.commutes, commutes_error, "the product of value and operand in the other order"),
)


def verdicts(rulebook: Rulebook) -> Iterator[tuple[Function | Identity, str]]:
    """Every entry with what is wrong with it; nothing where it holds at all points tried."""
    for function in rulebook.functions:
        yield function, first_fault(function_fault, function)
    for identity in rulebook.identities:
        yield identity, first_fault(identity_fault, identity)


def first_fault(fault: Callable[[Entry, int], str], entry: Entry) -> str:
    """The first fault found over all seeds; what cannot be computed is a fault too."""
    try:
        return next(filter(None, (fault(entry, seed) for seed in SEEDS)), "")
    except MatcalcError as error:
        return error.message


def identity_fault(identity: Identity, seed: int) -> str:
    """How far apart the two sides of an identity are at one random point."""
    error = identity_error(identity, seed)
    return "" if error <= TOLERANCE else f"the two sides differ by {error:.1e}"


def function_fault(function: Function, seed: int) -> str:
    """What is wrong with a function at one random point."""
    stated = function.reason is None and function.entry.keyword == "fn"
    error = differential_error(function, seed) if stated else 0.0
    if not error <= TOLERANCE:
        return f"the differential is off by {error:.1e}"
    error = formula_error(function, seed) if function.formula is not None and function.numpy else 0.0
    if not error <= TOLERANCE:
        return f"the formula and the numpy template differ by {error:.1e}"
    for is_stated, check, message in MAPS:
        error = check(function, seed) if is_stated(function) else 0.0
        if not error <= TOLERANCE:
            return f"{message} is off by {error:.1e}"
    broken = broken_facts(function, seed)
    if broken:
        return f"the value is not {' and '.join(broken)}"
    wrong = curve_faults(function, seed) if function.curve.words else []
    if wrong:
        return f"the value is not {' and '.join(wrong)}"
    outside = range_faults(function, seed) if "range" in function.fields else []
    return next(iter(outside + (keeping_faults(function, seed) if function.keeps else [])), "")
