"""The formulas of a function in a rule file: its value, its differential, and the maps that go with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.expr import postorder, symbols
from matcalc.kinds import Kind, free_kind
from matcalc.linearity import is_linear
from matcalc.rule_formulas import read_formula

if TYPE_CHECKING:
    from matcalc.dimensions import Shape
    from matcalc.expr import Expr
    from matcalc.rule_entries import Function
    from matcalc.rule_fields import Field
    from matcalc.rulebook import Rulebook


def read_value(function: Function, field: Field) -> Expr:
    """The value in terms of other functions."""
    value = read_formula(function.entry, field, variables(function), function.rulebook)
    if function.result is not None:
        _require_shape(function, field, value, "formula", function.result.shape)
    return value


def read_differential(function: Function, field: Field) -> Expr:
    """A formula in the parameters and their differentials, linear in these."""
    moving = {f"d{name}": free_kind(kind) for name, kind in variables(function).items()}
    formula = read_formula(function.entry, field, variables(function) | moving, function.rulebook)
    _require_linear(function, field, formula, list(moving))
    if function.result is not None:
        _require_shape(function, field, formula, "differential", function.result.shape)
    return formula


def read_adjoint(function: Function, field: Field) -> Expr:
    """The transposed map of a function linear in one parameter, which stands for the adjoint of the value."""
    assert function.linear is not None and function.result is not None
    name = function.parameters[function.linear].name
    kinds = variables(function)
    formula = read_formula(function.entry, field, kinds | {name: function.result}, function.rulebook)
    _require_linear(function, field, formula, [name])
    _require_shape(function, field, formula, "adjoint", kinds[name].shape)
    return formula


def variables(function: Function) -> dict[str, Kind]:
    """The parameters that a formula may name, with their kinds."""
    return {p.name: p.kind or Kind("scalar") for p in function.operands}


def _require_linear(function: Function, field: Field, formula: Expr, moving: list[str]) -> None:
    """Every term must hold one of the moving names as a factor, and each name must be there."""
    linear = is_linear(formula, moving, _linear_places(formula, function.rulebook))
    if not linear or {s.name for s in symbols(formula)} & set(moving) != set(moving):
        message = f"every term must be linear in {' or '.join(moving)}"
        raise function.entry.error(message, field.start, field.start + len(field.text))


def _linear_places(formula: Expr, rulebook: Rulebook) -> dict[str, int]:
    """The functions called that are linear in one argument, with the place of that argument."""
    places = {}
    for node in postorder(formula):
        if node.op == "call" and node.value in rulebook.lines:
            place = rulebook.function(node.value, node.args).linear
            if place is not None:
                places[node.value] = place
    return places


def _require_shape(function: Function, field: Field, formula: Expr, what: str, wanted: Shape) -> None:
    if formula.shape != wanted:
        found, expected = (f"{s[0]} x {s[1]}" for s in (formula.shape, wanted))
        message = f"the {what} is {found}, the result {expected}"
        raise function.entry.error(message, field.start, field.start + len(field.text))
