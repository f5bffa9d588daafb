"""Derivations by the chain rule: local derivatives as Jacobians, multiplied."""

from __future__ import annotations

from functools import reduce
from itertools import pairwise
from typing import TYPE_CHECKING

from matcalc.derivation import Derivation
from matcalc.lower import axes_of
from matcalc.record import Record, Rule
from matcalc.steps import LOCAL, MULTIPLY, Label, derivative_label, plus, summed, times, turned

if TYPE_CHECKING:
    from matcalc.expr import Symbol
    from matcalc.stages import Stage
    from matcalc.terms import Node

CHAIN = Rule("chain rule")


class ChainDerivation(Derivation):
    """`dz/dtheta = X`, `df/dz = 2*z`, then `(dz/dtheta)'*df/dz`."""

    style = "chain"

    def _derive(self) -> None:
        for stage in self.sweeps.stages:
            for operand in stage.operands:
                record = Record()
                node = self.sweeps.local(stage, operand, record)
                self._local(stage, operand, node, record.rules)
        total = self._multiplied_forward() if not axes_of(self.by.kind.shape) else self._multiplied_back()
        self._finish(total)

    def _local(self, stage: Stage, operand: Symbol, node: Node, rules: list[Rule]) -> None:
        self._derivative(LOCAL, stage, operand, node, rules)

    def _multiplied_back(self) -> Node:
        """The derivatives of the value, from the last intermediate to the variable."""
        found, value = self.sweeps.adjoints(), self.sweeps.value
        for symbol in [*[stage.symbol for stage in reversed(self.sweeps.stages[:-1])], self.by]:
            users = [stage for stage in self.sweeps.stages if symbol in stage.operands]
            if users != [value]:
                self._multiplied(value, symbol, found[symbol], [(user, symbol) for user in users], value.symbol)
        return found[self.by]

    def _multiplied_forward(self) -> Node:
        """The derivatives by a scalar variable, from the first intermediate to the value."""
        found, stages = self.sweeps.tangents(), self.sweeps.stages
        if len(stages) > 1 and self._is_scalar_chain():
            names = [self.by.name, *[stage.symbol.name for stage in stages]]
            links = [derivative_label(upper, lower) for lower, upper in pairwise(names)]
            via = reduce(times, reversed(links))
            self._derivative(MULTIPLY, self.sweeps.value, self.by, found[self.sweeps.value.symbol], [CHAIN], via)
            return found[self.sweeps.value.symbol]
        for stage in stages:
            if stage.operands != (self.by,):
                pairs = [(stage, operand) for operand in stage.operands]
                self._multiplied(stage, self.by, found[stage.symbol], pairs, self.by)
        return found[self.sweeps.value.symbol]

    def _is_scalar_chain(self) -> bool:
        """Whether every stage is a scalar, of the one before it and nothing else."""
        before = self.by
        for stage in self.sweeps.stages:
            if stage.operands != (before,) or axes_of(stage.symbol.kind.shape):
                return False
            before = stage.symbol
        return True

    def _multiplied(self, value: Stage, by: Symbol, node: Node, pairs: list[tuple[Stage, Symbol]], end: Symbol) -> None:
        """`dv/dx` as the sum of what comes by way of each pair of a stage and its operand, from or to one end."""
        ways = [self._way(stage, operand, value.symbol, by, end) for stage, operand in pairs]
        known = [way for way in ways if way is not None]
        if len(known) == len(ways):
            self._derivative(MULTIPLY, value, by, node, [CHAIN], plus(known))
        else:
            self._multiplied_entries(value, by, node, pairs, end)

    def _multiplied_entries(
        self, value: Stage, by: Symbol, node: Node, pairs: list[tuple[Stage, Symbol]], end: Symbol
    ) -> None:
        """The same as a sum over the indices of what is between, then in matrix notation."""
        inner, outer = self._letters(by, value.symbol)
        ways = [self._entry_way(stage, operand, value.symbol, by, end) for stage, operand in pairs]
        self._entries(MULTIPLY, value, by, node, [CHAIN], plus(ways))
        if len(inner) + len(outer) <= 2:
            self._derivative(MULTIPLY, value, by, node, [Rule("in matrix notation")])

    def _entry_way(self, stage: Stage, operand: Symbol, value: Symbol, by: Symbol, end: Symbol) -> Label:
        between = operand if end is by else stage.symbol
        if between in (value, by):
            inner, outer = self._letters(by, value)
            return self._named(value, by, outer, inner, is_local=True)
        inner, outer, middle = self._letters(by, value, between)
        above = self._named(value, between, outer, middle, is_local=end is by)
        body = times(above, self._named(between, by, middle, inner, is_local=end is not by))
        return summed(middle, body) if middle else body

    def _way(self, stage: Stage, operand: Symbol, value: Symbol, by: Symbol, end: Symbol) -> Label | None:
        """The product for one way in matrix notation; None where there is none, as with a matrix in between."""
        between = operand if end is by else stage.symbol
        if between in (value, by):
            return self._named(value, by, is_local=True)
        if any(len(axes_of(s.kind.shape)) > 1 or s.kind.structure == "row" for s in (value, between, by)):
            return None
        above = self._named(value, between, is_local=end is by)
        below = self._named(between, by, is_local=end is not by)
        return _product(above, below, value, between, by, self.answer.layout)

    def _named(
        self,
        value: Symbol,
        by: Symbol,
        outer: tuple[str, ...] = (),
        inner: tuple[str, ...] = (),
        is_local: bool = False,
    ) -> Label:
        """The label of a derivative that a step shows: of a local one, or of one that is found already."""
        stage = next(stage for stage in self.sweeps.stages if stage.symbol == value)
        users = [other for other in self.sweeps.stages if by in other.operands]
        is_local = is_local or users == [stage] or stage.operands == (by,)
        return derivative_label(value.name, by.name, outer, inner, is_local and len(stage.operands) > 1)


def _product(above: Label, below: Label, value: Symbol, between: Symbol, by: Symbol, layout: str) -> Label:
    """The product of two derivatives between scalars and columns, in a layout."""
    wide_value, wide, wide_by = (bool(axes_of(s.kind.shape)) for s in (value, between, by))
    if layout == "numerator":
        return times(above, below)
    if layout == "denominator":
        return times(below, above)
    if wide_value:  # a Jacobian; what is a gradient stands as a column
        return times(above, turned(below)) if not wide and wide_by else times(above, below)
    return times(turned(below), above) if wide else times(below, above) if wide_by else times(above, below)
