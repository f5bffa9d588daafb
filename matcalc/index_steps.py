"""Derivations by indices: entries of local derivatives, multiplied and summed over what is between."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.chain_steps import CHAIN, ChainDerivation
from matcalc.record import Rule
from matcalc.steps import LOCAL, MULTIPLY, plus

if TYPE_CHECKING:
    from matcalc.expr import Symbol
    from matcalc.stages import Stage
    from matcalc.terms import Node


class IndexDerivation(ChainDerivation):
    """`dz/dx_ij = sum_kl dz/dY_kl dY_kl/dx_ij`: right for every shape, also with a matrix in between."""

    style = "index"

    def _local(self, stage: Stage, operand: Symbol, node: Node, rules: list[Rule]) -> None:
        self._entries(LOCAL, stage, operand, node, rules)

    def _multiplied(self, value: Stage, by: Symbol, node: Node, pairs: list[tuple[Stage, Symbol]], end: Symbol) -> None:
        ways = [self._entry_way(stage, operand, value.symbol, by, end) for stage, operand in pairs]
        self._entries(MULTIPLY, value, by, node, [CHAIN], plus(ways))

    def _finish(self, total: Node) -> None:
        """In matrix notation again, where there is one."""
        value = self.sweeps.value
        placed, shape = self._arranged(total, value, self.by)
        if self[-1].letters and self._notation(self.by.name, shape).as_found(placed) is not None:
            self._derivative(MULTIPLY, value, self.by, total, [Rule("in matrix notation")])
        super()._finish(total)
