"""A user's formula for a derivative, read beside the expression: with its names, kinds, sizes and definitions."""

from __future__ import annotations

import re
from copy import copy
from typing import TYPE_CHECKING

from matcalc.dimensions import Dimension, Shape
from matcalc.errors import UnsupportedError
from matcalc.kinds import FunctionKind, Kind, plain_kind
from matcalc.lower import lower
from matcalc.parser import Program, parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matcalc.answers import Answer
    from matcalc.expr import Expr
    from matcalc.terms import Node


class Guess:
    """A formula: its text, shape and index term; `program` is that of the expression with the names it adds.

    `added` are names that the expression does not know.
    """

    __slots__ = ("added", "node", "program", "shape", "text")

    def __init__(self, text: str, node: Node, shape: Shape, program: Program, added: list[str]) -> None:
        self.text = text
        self.node = node
        self.shape = shape
        self.program = program
        self.added = added

    @property
    def is_zero(self) -> bool:
        """Whether it is the number 0, which stands for zeros of any shape."""
        return self.text.strip() == "0"


def read_guess(text: str, answer: Answer, language: str | None = None, same: Mapping[str, str] | None = None) -> Guess:
    """The formula, in which names mean what they mean in the expression that was differentiated.

    `same` takes some sizes to be others, as a square matrix has them. Raises ShapeError where the formula does not
    fit together, and what `parse` raises.
    """
    program = answer.program
    known = _known_kinds(program, text, same or {})
    read = parse(text, known, answer.rulebook, language)
    if read.operator:
        raise UnsupportedError(f"{read.operator} asks for a derivative: give the formula itself", found=read.operator)
    parts = {name: lower(part, answer.rulebook) for name, part in _definitions(program, text).items()}
    node = lower(read.expr, answer.rulebook, parts)
    added = [name for name in read.symbols if name not in program.symbols and name not in parts]
    wider = copy(program)
    wider.symbols = {**program.symbols, **{name: read.symbols[name] for name in added}}
    return Guess(text, node, read.expr.shape, wider, added)


def _known_kinds(program: Program, text: str, same: Mapping[str, str]) -> dict[str, str | Kind | FunctionKind]:
    """What every name of the expression is, as a declaration for the formula."""
    renamed = {name: Dimension.of(other) for name, other in same.items()}
    known: dict[str, str | Kind | FunctionKind] = {}
    for name, kind in program.kinds.items():
        declared = program.declarations[name]
        is_plain = isinstance(kind, Kind) and ".." not in declared
        known[name] = _with_sizes(kind, renamed) if is_plain and isinstance(kind, Kind) else declared
    for name, part in _definitions(program, text).items():
        known[name] = _with_sizes(plain_kind(part.shape), renamed)
    return known


def _with_sizes(kind: Kind, renamed: Mapping[str, Dimension]) -> Kind:
    return Kind(kind.structure, tuple(d.substituted(renamed) for d in kind.dimensions), kind.sign)


def _definitions(program: Program, text: str) -> dict[str, Expr]:
    """The definitions of the expression whose names the formula does not define anew."""
    return {
        name: part
        for name, part in program.definitions.items()
        if not part.free and name not in program.kinds and not re.search(rf"(?<!\w){re.escape(name)}\s*=", text)
    }
