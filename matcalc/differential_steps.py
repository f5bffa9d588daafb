"""Derivations by differentials: that of each stage, put into each other, and the derivative read off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc import expr as ex
from matcalc.derivation import Derivation
from matcalc.differentials import trace_form
from matcalc.expr import Expr, Symbol
from matcalc.indexform import entry_text
from matcalc.kinds import plain_kind
from matcalc.layout import arranged
from matcalc.lower import axes_of
from matcalc.printers.text import text
from matcalc.record import Record, Rule
from matcalc.steps import LOCAL, READ_OFF, SUBSTITUTE, Label, Step, differential_label, sizes_text
from matcalc.sums import is_zero
from matcalc.terms import Node
from matcalc.variables import tangent_kind
from matcalc.vector_products import free_name

if TYPE_CHECKING:
    from collections.abc import Sequence


class DifferentialDerivation(Derivation):
    """`df = 2*r'*dr`, `dr = X*dw`, so `df = 2*r'*X*dw`, and the gradient is `2*X'*r`."""

    style = "differential"

    def _prepare(self) -> None:
        self._directions()

    def _derive(self) -> None:
        stages = self.sweeps.stages
        for stage in reversed(stages):
            record = Record()
            node = self._within.differential(stage, self.directions, record)
            self._differential(LOCAL, stage.symbol, node, record.rules, self.directions[stage.operands[-1]])
        own = self.directions[self.by]
        if len(stages) > 1:
            lower = [self.directions[stage.symbol].name for stage in stages[:-1]]
            rule = Rule(f"{' and '.join(lower) if len(lower) < 3 else 'the differentials'} put in")
            self._differential(SUBSTITUTE, stages[-1].symbol, self._within.whole_differential(own), [rule], own)
        self._read_off()

    def _directions(self) -> None:
        """A name for the differential of the variable and of every stage."""
        convention = self.answer.symmetric
        # a direction within the structure is the same however the entries of a gradient are counted
        convention = "projected" if convention == "cookbook" else convention
        self._within = self.sweeps
        if convention != self.answer.symmetric:
            self._within = self.swept(convention)
        kinds = {stage.symbol: plain_kind(stage.symbol.kind.shape) for stage in self.sweeps.stages}
        kinds[self.by] = tangent_kind(self.by.kind, convention)
        self.directions = {
            symbol: Symbol(free_name(f"d{symbol.name}", self.program), kind, place=f"along {symbol.place}")
            for symbol, kind in kinds.items()
        }
        self.differentials |= {direction.name: symbol.name for symbol, direction in self.directions.items()}
        self.kinds |= {direction.name: direction.kind for direction in self.directions.values()}

    def _differential(self, action: str, symbol: Symbol, node: Node, rules: Sequence[Rule], last: Symbol) -> None:
        name = self.directions[symbol].name
        notation = self._notation(last.name, symbol.kind.shape)
        label = differential_label(name, symbol.name)
        if not self._equation(action, label, notation, node, rules, shown=self._with_directions_last):
            self._differential_entries(action, symbol, node, rules, self._letters(symbol)[0])

    def _with_directions_last(self, result: Expr) -> Expr:
        """The scalar differentials behind the scalars that they are multiplied with: `3*x^2*dx`."""
        names = {direction.name for direction in self.directions.values()}
        done: dict[int, Expr] = {}
        for node in ex.postorder(result):
            args = [done[id(arg)] for arg in node.args]
            if node.op == "mul" and all(arg.is_scalar for arg in args):
                args.sort(key=lambda factor: factor.op == "symbol" and factor.value.name in names)
            done[id(node)] = ex.with_args(node, tuple(args)) if args else node
        return done[id(result)]

    def _differential_entries(
        self, action: str, symbol: Symbol, node: Node, rules: Sequence[Rule], letters: tuple[str, ...]
    ) -> None:
        """The same by entries, where it has no matrix form."""
        name = self.directions[symbol].name
        label = differential_label(name, symbol.name)
        label = Label(f"{name}[{','.join(letters)}]", f"{label.latex}_{{{''.join(letters)}}}", letters)
        entry = entry_text(node, letters, self._sums)
        self._add(Step(action, label, entry, None, node, sizes_text(node, None), rules))

    def _read_off(self) -> None:
        """The derivative in terms of the names: of a scalar, after a differential that shows it."""
        value, wide = self.sweeps.value, bool(axes_of(self.by.kind.shape))
        total = self.sweeps.adjoints()[self.by] if wide else self.sweeps.tangents()[value.symbol]
        if wide and value.body.is_scalar:
            self._show_gradient()
        layout = f", {self.answer.layout} layout" if wide or not value.body.is_scalar else ""
        self._derivative(READ_OFF, value, self.by, total, [Rule(f"read off{layout}")])
        self._finish(total)

    def _show_gradient(self) -> None:
        """`df = tr(G'*dX)`, where the differential does not have that form yet."""
        gradient, own = self._within.adjoints()[self.by], self.directions[self.by]
        turned = None if is_zero(gradient) else self._turned_gradient(gradient)
        if turned is None:
            return
        result = trace_form(turned, ex.named(own))
        if text(result) != self[-1].right:
            label = differential_label(self.directions[self.sweeps.value.symbol].name, self.value_name)
            rule = Rule("turned under the trace" if self.by.kind.shape[1].number != 1 else "collected")
            node = self._within.whole_differential(own)
            self._add(Step(SUBSTITUTE, label, text(result), result, node, sizes_text(node, result.shape), [rule]))

    def _turned_gradient(self, gradient: Node) -> Expr | None:
        """The gradient in numerator layout, written as the transpose of the gradient where that is shorter."""
        forms = []
        for layout in ("numerator", "denominator"):
            placed, shape = arranged(gradient, self.program.expr.shape, [self.by], layout)
            forms.append(self._notation(self.by.name, shape).as_found(placed))
        row, column = forms
        if row is None or column is None or row.cost <= column.cost + 1:
            return row
        return ex.neg(ex.transpose(column.args[0])) if column.op == "neg" else ex.transpose(column)
