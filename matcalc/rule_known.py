"""Results that have a name: a formula, the variable, the derivative, what it is called and where it stands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from matcalc.expr import symbols
from matcalc.rule_entries import Entry, Lets
from matcalc.rule_fields import split_known, split_let
from matcalc.rule_formulas import read_formula, read_let
from matcalc.rule_lines import RuleLine

if TYPE_CHECKING:
    from matcalc.expr import Expr, Symbol
    from matcalc.rulebook import Rulebook

# how many axes operands of these kinds have; those of any other kind are matrices
AXES = {"scalar": 0, "positive": 0, "nonnegative": 0, "vector": 1, "row": 1, "simplex": 1}


class Known(Entry):
    """`formula by variable -> derivative`, parsed when first asked for.

    `axes` counts the scalars, vectors and matrices among its variables, which is known without parsing: no formula with
    other counts can be this one. `compiled` is for whoever looks it up to keep what it made of it.
    """

    __slots__ = ("_lets", "_sides", "axes", "compiled", "entry", "fields", "rulebook")

    def __init__(self, entry: RuleLine, lets: Lets, rulebook: Rulebook) -> None:
        self.entry = entry
        self.rulebook = rulebook
        self.fields = split_known(entry)
        words = set(re.findall(r"\w+", self.fields["formula"].text))
        self._lets = {name: line for name, line in lets.items() if name in words}
        kinds = [re.split(r"\W", split_let(line)[1].text)[0] for line in self._lets.values()]
        counts = [AXES.get(kind, 2) for kind in kinds]
        self.axes = (counts.count(0), counts.count(1), counts.count(2))
        self._sides: tuple[Expr, Expr] | None = None
        self.compiled: object = None

    @property
    def name(self) -> str:
        """What it is called."""
        return self.fields["name"].unquoted

    @property
    def source(self) -> str:
        """Where it stands, or what it is like."""
        return self.fields["source"].unquoted

    @property
    def formula(self) -> Expr:
        return self._read()[0]

    @property
    def derivative(self) -> Expr:
        return self._read()[1]

    @property
    def variable(self) -> Symbol:
        """What the formula is differentiated by."""
        by = self.fields["by"]
        for symbol in self.symbols:
            if symbol.name == by.text:
                return symbol
        raise self.entry.error(f"{by.text} does not occur in the formula", by.start, by.start + len(by.text))

    @property
    def symbols(self) -> list[Symbol]:
        """The variables in order of appearance."""
        return symbols(self.formula)

    def _read(self) -> tuple[Expr, Expr]:
        if self._sides is None:
            kinds = {name: read_let(line) for name, line in self._lets.items()}
            formula = read_formula(self.entry, self.fields["formula"], kinds, self.rulebook)
            derivative = read_formula(self.entry, self.fields["derivative"], kinds, self.rulebook)
            self._sides = (formula, derivative)
        return self._sides
