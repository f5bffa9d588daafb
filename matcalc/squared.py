"""Equations with sizes left open, read so that there are as many of them as unknowns: A*x = b has a square A."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from matcalc.dimensions import Dimension, Shape
from matcalc.errors import MatcalcError
from matcalc.kinds import Kind
from matcalc.parser import Program, parse

if TYPE_CHECKING:
    from matcalc.api import Declarations
    from matcalc.expr import Symbol
    from matcalc.rulebook import Rulebook


def as_square(
    program: Program,
    by: Symbol,
    variables: Declarations | None,
    rulebook: Rulebook,
    language: str | None,
    turned: bool,
) -> tuple[Program, Symbol]:
    """The program with the sizes of the value made those of the unknown, where no declaration says otherwise.

    With `turned` those of its transpose. Where they are not open, the program is left as it is.
    """
    renamed = _renaming(program.expr.shape, by.kind.shape[::-1] if turned else by.kind.shape)
    declared = dict(variables or {})
    if not renamed or any(_mentions(program.source, declared, name) for name in renamed):
        return program, by
    kinds = dict(declared)
    for name, symbol in program.symbols.items():
        sizes = tuple([d.substituted(renamed) for d in symbol.kind.dimensions])
        kinds[name] = Kind(symbol.kind.structure, sizes, symbol.kind.sign)
    try:
        square = parse(program.source, kinds, rulebook, language)
    except MatcalcError:
        return program, by
    changed = [name for name in square.symbols if square.symbols[name].kind is not program.symbols[name].kind]
    square.notes.append(_note(square, changed))
    return square, square.symbols[by.name]


def _renaming(value: Shape, unknown: Shape) -> dict[str, Dimension]:
    """Sizes of the value by the sizes of the unknown that they are to be, as far as both are names."""
    renamed: dict[str, Dimension] = {}
    for found, wanted in zip(value, unknown):
        if found == wanted:
            continue
        if found.number is not None or found.names != (found.text,) or wanted.number is not None:
            return {}
        renamed[found.text] = wanted
    return renamed if not set(renamed) & {name for d in renamed.values() for name in d.names} else {}


def _mentions(source: str, declared: Declarations, size: str) -> bool:
    """Whether a size is named in the text or in a declaration."""
    texts = [source, *[str(kind) for kind in declared.values()]]
    return any(re.search(rf"(?<!\w){re.escape(size)}(?!\w)", text) for text in texts)


def _note(program: Program, names: list[str]) -> str:
    kinds = ", ".join(f"{name}: {program.symbols[name].kind}" for name in names)
    return f"taken to have as many equations as unknowns: {kinds}"
