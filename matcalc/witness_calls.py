"""The value of a function of the rule files at plain lists of floats, by its template or by its formula."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from matcalc.dimensions import Dimension
from matcalc.elimination import Rows
from matcalc.entrywise import lower_entrywise
from matcalc.expr import Symbol
from matcalc.interning import new_table, remember
from matcalc.kinds import Kind
from matcalc.lower import lower, sizes_at
from matcalc.terms import Apply, Axes, Node, leaf
from matcalc.witness_draws import NoValue
from matcalc.witness_functions import plain_function

if TYPE_CHECKING:
    from matcalc.rule_entries import Function

# the value of a formula at operands by the names of the parameters
OfFormula = Callable[[Node, Mapping[str, list[float]]], list[float]]

_formulas = new_table()


def value_of_call(
    node: Apply, args: Sequence[list[float]], length: Callable[[Dimension], int], of_formula: OfFormula
) -> list[float]:
    """The value at arguments, row by row. Raises NoValue for a function that has neither template nor formula here."""
    function = node.function
    if function.elementwise:
        return _entry_by_entry(function, args, of_formula)
    if function.linear is not None:
        raise NoValue
    if function.formula is not None:  # before the template, which may need all of NumPy
        formula = _formula_at(function, tuple([arg.axes for arg in node.args]))
        return of_formula(formula, {p.name: arg for p, arg in zip(function.parameters, args)})
    return _by_template(node, args, length)


def _entry_by_entry(function: Function, args: Sequence[list[float]], of_formula: OfFormula) -> list[float]:
    plain = plain_function(function)
    if plain is not None:
        try:
            return list(map(plain, *args))
        except (AttributeError, TypeError) as missing:  # the template calls what is not here
            raise NoValue from missing
    if function.formula is None:
        raise NoValue
    count = len(args[0])
    axes = (Dimension.of(count),) if count > 1 else ()
    operands = {p.name: leaf(Symbol(p.name, Kind("scalar")), axes) for p in function.parameters}
    formula = lower_entrywise(function.formula, operands, axes, function.rulebook)
    return of_formula(formula, {p.name: arg for p, arg in zip(function.parameters, args)})


def _formula_at(function: Function, axes: tuple[Axes, ...]) -> Node:
    """The formula of a function of matrices whose operands have these axes, which keep the names of the parameters."""
    key = (function.entry.text, function.rulebook.digest, axes)
    known: Node | None = _formulas.get(key)
    if known is None:
        leaves = [leaf(Symbol(p.name, Kind("scalar")), own) for p, own in zip(function.parameters, axes)]
        operands = {p.name: operand for p, operand in zip(function.parameters, leaves) if p.literal is None}
        assert function.formula is not None
        known = lower(function.formula, function.rulebook, operands, sizes_at(function, leaves))
        remember(_formulas, key, known)
    return known


def _by_template(node: Apply, args: Sequence[list[float]], length: Callable[[Dimension], int]) -> list[float]:
    plain = plain_function(node.function)
    if plain is None:
        raise NoValue
    operands: list[Rows] = []
    for parameter, arg, values in zip(node.function.parameters, node.args, args):
        if parameter.literal is None:
            is_row = parameter.kind is not None and parameter.kind.structure == "row"
            width = length(arg.axes[1]) if len(arg.axes) == 2 else len(values) if is_row else 1
            operands.append([values[k : k + width] for k in range(0, len(values), width)])
    try:
        found = plain(*operands)
    except (AttributeError, TypeError) as missing:
        raise NoValue from missing
    return [entry for row in found for entry in row] if isinstance(found, list) else [float(found)]
