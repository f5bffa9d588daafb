"""The engine over a formula taken apart: local derivatives, and how they come together.

Backwards from the value an intermediate gets an adjoint, the derivative of the value by it; forwards from the variable
a tangent. Each is a sweep through one stage, and all of them are in terms of the names of the stages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from matcalc.differentiation import dependent
from matcalc.expr import postorder, symbols
from matcalc.lower import axes_of, lower, variable
from matcalc.record import function_rule
from matcalc.stages import Stage, staged
from matcalc.substitution import substituted
from matcalc.sums import linear, ones
from matcalc.tensor import product
from matcalc.terms import Axes, Node, Term, delta
from matcalc.terms import postorder as term_postorder
from matcalc.variables import Variable

if TYPE_CHECKING:
    from matcalc.expr import Symbol
    from matcalc.parser import Program
    from matcalc.record import Record
    from matcalc.rulebook import Rulebook


class Sweeps:
    """A program, taken apart for one variable under a convention for structured ones."""

    def __init__(
        self,
        program: Program,
        by: Symbol,
        convention: str,
        rulebook: Rulebook,
        symbols: Mapping[str, Symbol],
        reserved: Iterable[str] = (),
    ) -> None:
        """`symbols` are the variables at their places, by their keys; `reserved` are names that no stage may have."""
        self.by = by
        self.rulebook = rulebook
        self.stages = staged(program, by, rulebook, reserved)
        self.known = {symbol: Variable(symbol, convention) for symbol in [by, *[s.symbol for s in self.stages]]}
        operands = {key: variable(symbol) for key, symbol in symbols.items()}
        operands |= {stage.symbol.name: variable(stage.symbol) for stage in self.stages} | self.known[by].operands
        self.nodes = {stage.symbol: lower(stage.body, rulebook, operands) for stage in self.stages}

    @property
    def value(self) -> Stage:
        """The last stage."""
        return self.stages[-1]

    def local(self, stage: Stage, operand: Symbol, record: Record) -> Node:
        """The derivative of a stage by one of its operands: the axes of the operand, then those of the stage."""
        self._record_definitions(stage, record)
        node = self.known[operand].derivative(self.nodes[stage.symbol], self.rulebook, record)
        return self._restored(node)

    def differential(self, stage: Stage, directions: Mapping[Symbol, Symbol], record: Record) -> Node:
        """The differential of a stage in those of its operands."""
        self._record_definitions(stage, record)
        node = self.nodes[stage.symbol]
        if len(stage.operands) > 1:
            self._record_together(stage, record)
        terms = [self.known[o].along(node, directions[o], self.rulebook, record) for o in stage.operands]
        return self._restored(linear([(1, term) for term in terms], node.axes))

    def whole_differential(self, direction: Symbol) -> Node:
        """The differential of the value in that of the variable."""
        moved: dict[Symbol, Node] = {}
        for stage in self.stages:
            node = self.nodes[stage.symbol]
            terms: list[Term] = []
            for operand in stage.operands:
                known = self.known[operand]
                along = known.along(node, direction, self.rulebook) if operand is self.by else None
                terms.append((1, along or known.pushed(node, moved[operand], self.rulebook)))
            moved[stage.symbol] = linear(terms, node.axes)
        return self._restored(moved[self.value.symbol])

    def tangents(self) -> dict[Symbol, Node]:
        """The derivative of every stage by the variable, which is a scalar."""
        moved: dict[Symbol, Node] = {self.by: ones()}
        for stage in self.stages:
            node = self.nodes[stage.symbol]
            terms = [(1, self.known[o].pushed(node, moved[o], self.rulebook)) for o in stage.operands]
            moved[stage.symbol] = linear(terms, node.axes)
        return {symbol: self._restored(node) for symbol, node in moved.items()}

    def adjoints(self) -> dict[Symbol, Node]:
        """The derivative of the value by the variable and every stage: its axes, then those of the value."""
        axes = self.nodes[self.value.symbol].axes
        gathered: dict[Symbol, list[Term]] = {self.value.symbol: [(1, _identity(axes))]}
        found: dict[Symbol, Node] = {}
        for stage in reversed(self.stages):
            node = self.nodes[stage.symbol]
            adjoint = found[stage.symbol] = linear(gathered.get(stage.symbol, []), node.axes + axes)
            for operand in stage.operands:
                moved = self.known[operand].pulled_back(node, adjoint, self.rulebook, axes)
                gathered.setdefault(operand, []).append((1, moved))
        found[self.by] = linear(gathered.get(self.by, []), axes_of(self.by.kind.shape) + axes)
        return {symbol: self._restored(node) for symbol, node in found.items()}

    def _record_definitions(self, stage: Stage, record: Record) -> None:
        """What the formula abbreviates was written out before the engine came to it."""
        moving = {operand.name for operand in stage.operands}
        for node in postorder(stage.body):
            function = self.rulebook.called(node)
            if function is not None and function.definition is not None and moving & {s.name for s in symbols(node)}:
                record.add(function_rule(function))

    def _record_together(self, stage: Stage, record: Record) -> None:
        """The engine moves one operand at a time; that two meet in a product is seen when all move."""
        order = term_postorder(self.nodes[stage.symbol])
        live = set[bytes]()
        for operand in stage.operands:
            live |= dependent(order, self.known[operand].leaf)
        for node in order:
            if node.digest in live:
                record.passed(node, live)

    def put_back(self, node: Node) -> Node:
        """The node with the formulas of the stages in place of their names."""
        for stage in reversed(self.stages):
            node = substituted(node, {variable(stage.symbol).digest: self.nodes[stage.symbol]})
        return self._restored(node)

    def _restored(self, node: Node) -> Node:
        return self.known[self.by].restored(node)


def _identity(axes: Axes) -> Node:
    count = len(axes)
    pairs = [(delta(size), 1, (k, k + count)) for k, size in enumerate(axes)]
    return product(pairs, tuple(range(2 * count)), axes + axes)
