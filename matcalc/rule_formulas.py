"""The formulas and kinds in an entry of a rule file, read by the parser of the language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from matcalc.errors import MatcalcError
from matcalc.expr import postorder, symbols
from matcalc.kinds import SIGNS, Kind
from matcalc.parser import parse, parse_kind
from matcalc.rule_fields import Field, split_let

if TYPE_CHECKING:
    from matcalc.expr import Expr
    from matcalc.rule_lines import RuleLine
    from matcalc.rulebook import Rulebook


def read_let(line: RuleLine) -> Kind:
    """The kind that a `let` declares."""
    return read_kind(line, split_let(line)[1])


def read_kind(entry: RuleLine, field: Field) -> Kind:
    """A kind in an entry; a bare sign is a scalar of that sign."""
    if field.text in SIGNS:
        return Kind("scalar", (), field.text)
    try:
        return parse_kind(field.text)
    except MatcalcError as error:
        raise _moved(error, entry, field) from None


def read_formula(entry: RuleLine, field: Field, variables: Mapping[str, Kind], rulebook: Rulebook) -> Expr:
    """A formula in an entry, in which every name must be one of the variables or one of their sizes."""
    end = field.start + len(field.text)
    try:
        formula = parse(field.text.replace("\n", " "), dict(variables), rulebook).expr
    except MatcalcError as error:
        raise _moved(error, entry, field) from None
    if any(node.op == "index_sum" for node in postorder(formula)):
        raise entry.error("a sum over an index has no place in a rule", field.start, end)
    for symbol in symbols(formula):
        if symbol.name not in variables:
            raise entry.error(f"{symbol.name} is not declared", field.start, end)
    known = {name for kind in variables.values() for d in kind.shape for name in d.names}
    for node in postorder(formula):
        for dimension in (*node.shape, *((node.value,) if node.op == "size" else ())):
            if not set(dimension.names) <= known:
                raise entry.error(f"the size {dimension.text} is not that of a parameter", field.start, end)
    return formula


def _moved(error: MatcalcError, entry: RuleLine, field: Field) -> MatcalcError:
    """The error of a piece as an error of the entry."""
    start, end = error.position or (0, len(field.text))
    return entry.error(error.message, field.start + start, field.start + end, error)
