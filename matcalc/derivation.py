"""Derivations: how an answer comes about, step by step, in one of three styles.

| style | each stage | then |
|---|---|---|
| `differential` | `df = 2*r'*dr`, `dr = X*dw` | put into each other, and the gradient read off |
| `chain` | `dr/dw = X`, `df/dr = 2*r` | multiplied, backwards from the value |
| `index` | `dr[k]/dw[i] = X[k,i]` | multiplied and summed over the indices of each stage |

The formula is taken apart (`stages`), and the engine sweeps over the parts (`sweeps`) and records the rules it uses.
What comes out at the end is compared with the answer, by numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from typing import TYPE_CHECKING, overload

from matcalc.agreement import agree
from matcalc.errors import MatcalcError, UnsupportedError
from matcalc.indexform import LETTERS, entry_text
from matcalc.layout import arranged
from matcalc.lower import axes_of
from matcalc.notation import Notation
from matcalc.partials import at_places
from matcalc.presentation import Presentation
from matcalc.printers.text import text
from matcalc.record import Rule
from matcalc.stacked import StackedSymbol
from matcalc.step_printing import align_of, json_of, text_of
from matcalc.steps import (
    LOCAL,
    NAME,
    PUT_BACK,
    READ_OFF,
    SIMPLIFY,
    Label,
    Step,
    derivative_label,
    name_label,
    sizes_text,
)
from matcalc.sweeps import Sweeps
from matcalc.tensor import permuted

if TYPE_CHECKING:
    from matcalc.derivatives import Derivative
    from matcalc.dimensions import Shape
    from matcalc.expr import Expr, Symbol
    from matcalc.kinds import FunctionKind, Kind
    from matcalc.rulebook import Identity
    from matcalc.stages import Stage
    from matcalc.terms import Node


_ASK_INDEX = "ask for the steps of the derivative of lower order"


class Derivation(Sequence[Step]):
    """The steps to a derivative, in order. Raises UnsupportedError where there are none to show.

    The last step has the text of the answer on its right side; of a tensor it shows the entries. `names` are all names
    in use in the input or the steps, `kinds` what each of them is; `differentials` are the names of differentials, each
    with what it is that of.
    """

    style = ""

    def __init__(self, answer: Derivative) -> None:
        self.answer = answer
        self.symbols, partials, _ = at_places(answer.program.expr, answer.partials, None)
        self.by = partials[-1].by
        self.program = answer.program
        self.rulebook = answer.rulebook
        self.names = self.program.taken
        self.kinds: dict[str, Kind | FunctionKind] = dict(self.program.kinds)
        self.differentials: dict[str, str] = {}
        self._steps: list[Step] = []
        self._value_rule = "the value"
        if any(isinstance(partial.by, StackedSymbol) for partial in answer.partials):
            raise UnsupportedError(
                "steps are shown for one variable, not for several in a column",
                suggestion="name the variables apart: --wrt x,y",
            )
        if answer.order > 1:
            self._go_on_from(answer.lower())
        self._reserved = {*answer.parts, *self.names}
        self.sweeps = self.swept(answer.symmetric)
        self.kinds |= {stage.symbol.name: stage.symbol.kind for stage in self.sweeps.stages}
        self.names = self.names | {stage.symbol.name for stage in self.sweeps.stages}
        self._prepare()
        self._name_stages()
        if self.sweeps.value.operands:
            self._derive()
        else:
            self._derive_constant()

    def swept(self, convention: str) -> Sweeps:
        """The engine over the formula under a convention for structured variables."""
        return Sweeps(self.program, self.by, convention, self.rulebook, self.symbols, self._reserved)

    def _go_on_from(self, lower: Derivative) -> None:
        """Take the steps to a derivative of one order less, which is then the value."""
        if lower.expression is None:
            raise UnsupportedError("steps go on only from a derivative with a matrix form", suggestion=_ASK_INDEX)
        before = lower.derivation(self.style)
        self._steps += before
        self._value_rule = f"the derivative {before[-1].left}"
        self.names, self.kinds, self.differentials = before.names, dict(before.kinds), dict(before.differentials)
        self.program = copy(self.program)
        self.program.expr = lower.expression

    def _prepare(self) -> None:
        """Find what the steps of this style need besides."""

    def _derive(self) -> None:
        """Add the steps of this style, from the local derivatives to the answer."""
        raise NotImplementedError

    def _derive_constant(self) -> None:
        wide = bool(axes_of(self.by.kind.shape))
        zeros = self.sweeps.adjoints()[self.by] if wide else self.sweeps.tangents()[self.sweeps.value.symbol]
        self._derivative(READ_OFF, self.sweeps.value, self.by, zeros, [Rule(f"{self.by.name} does not occur")])
        self._finish(zeros)

    @overload
    def __getitem__(self, index: int) -> Step: ...

    @overload
    def __getitem__(self, index: slice) -> list[Step]: ...

    def __getitem__(self, index: int | slice) -> Step | list[Step]:
        return self._steps[index]

    def __len__(self) -> int:
        return len(self._steps)

    def __iter__(self) -> Iterator[Step]:
        return iter(self._steps)

    @property
    def text(self) -> str:
        """An equation a line, each with its rules behind it."""
        return text_of(self)

    @property
    def shapes_text(self) -> str:
        """The same, with the shapes of the equations."""
        return text_of(self, shapes=True)

    def latex(self) -> str:
        """A whole `align*` environment, for a document with the package amsmath."""
        return align_of(self)

    def json(self) -> str:
        """The style and the steps, with places and texts of the rules, on one line."""
        return json_of(self)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<derivation of {len(self)} steps, {self.style} style>"

    # -- what every style has

    @property
    def value_name(self) -> str:
        """What the value is called."""
        return self.sweeps.value.symbol.name

    def _add(self, step: Step) -> None:
        self._steps.append(step)

    def _name_stages(self) -> None:
        """An equation for each name, the value last."""
        for stage in self.sweeps.stages:
            named = "named" if stage is not self.sweeps.value else self._value_rule
            said = "as given" if stage.is_given else named
            label, node = name_label(stage.symbol.name), self.sweeps.nodes[stage.symbol]
            shape = sizes_text(node, stage.body.shape)
            self._add(Step(NAME, label, text(stage.body), stage.body, node, shape, [Rule(said)]))

    def _notation(self, last: str, shape: Shape | None) -> Notation:
        return Notation(self.program, self.rulebook, last, Presentation(), shape, self.symbols)

    def _derivative(
        self,
        action: str,
        value: Stage,
        by: Symbol,
        node: Node,
        rules: Sequence[Rule],
        via: Label | None = None,
    ) -> None:
        """The step `dv/dx = ...` for a node with the axes of the variable, then those of the value."""
        placed, shape = self._arranged(node, value, by)
        label = derivative_label(value.symbol.name, by.name, is_partial=action == LOCAL and len(value.operands) > 1)
        if not self._equation(action, label, self._notation(by.name, shape), placed, rules, via):
            self._entries(action, value, by, node, rules, via)

    def _equation(
        self,
        action: str,
        label: Label,
        notation: Notation,
        node: Node,
        rules: Sequence[Rule],
        via: Label | None = None,
        shown: Callable[[Expr], Expr] = lambda result: result,
    ) -> bool:
        """A step in matrix notation; False where there is none. What an identity makes shorter is shown so at once."""
        result = notation.as_found(node)
        if result is None:
            return False
        short, expression, applied = notation.simplified(node)
        if applied and expression is not None and expression.cost < result.cost:
            node, result = short, expression
            rules = [*rules, *map(identity_rule, applied)]
        result = shown(result)
        self._add(Step(action, label, text(result), result, node, sizes_text(node, notation.shape), rules, via))
        return True

    def _entries(
        self,
        action: str,
        value: Stage,
        by: Symbol,
        node: Node,
        rules: Sequence[Rule],
        via: Label | None = None,
    ) -> None:
        """The same entry by entry, the letters of the value in front."""
        inner, outer = self._letters(by, value.symbol)
        if not inner and not outer:
            self._derivative(action, value, by, node, rules, via)
            return
        entry = entry_text(node, [*inner, *outer], self._sums)
        is_partial = action == LOCAL and len(value.operands) > 1
        label = derivative_label(value.symbol.name, by.name, outer, inner, is_partial)
        placed = _outer_first(node, len(inner))
        self._add(Step(action, label, entry, None, placed, sizes_text(placed, None), rules, via))

    @property
    def _sums(self) -> dict[str, tuple[str, ...]]:
        """The letters with which the input sums over its families."""
        return {family.name: letters for family, letters in self.program.families.items()}

    def _letters(self, *symbols: Symbol) -> list[tuple[str, ...]]:
        """Letters for the axes of each symbol, none of them in use."""
        reserved = {letter for letters in self._sums.values() for letter in letters}
        pool = iter([letter for letter in LETTERS if letter not in {*self.names, *reserved}])
        return [tuple([next(pool) for _ in axes_of(symbol.kind.shape)]) for symbol in symbols]

    def _arranged(self, node: Node, value: Stage, by: Symbol) -> tuple[Node, Shape | None]:
        whole = value is self.sweeps.value and by is self.by
        return arranged(node, value.body.shape, [by], self.answer.layout, self.answer.vec and whole)

    def _finish(self, total: Node) -> None:
        """From the derivative in terms of the names, which the last step shows, to the answer."""
        answer, value = self.answer, self.sweeps.value
        whole, shape = self._arranged(self.sweeps.put_back(total), value, self.by)
        if not answer.stacks and agree(whole, answer.node) is False:
            raise MatcalcError("the steps lead to other numbers than the answer has: this is a fault of matcalc")
        label, notation = derivative_label(value.symbol.name, self.by.name), self._notation(self.by.name, shape)
        if len(self.sweeps.stages) > 1:
            self._put_back(total, label, notation)
        definitions, wanted = self._answer_text()
        if (self[-1].right, self[-1].definitions) != (wanted, definitions) and not self._ends_in_entries():
            rules = self._simplifying_rules(whole, notation)
            size = sizes_text(answer.node, shape)
            self._add(Step(SIMPLIFY, label, wanted, answer.expression, answer.node, size, rules, None, definitions))

    def _simplifying_rules(self, whole: Node, notation: Notation) -> list[Rule]:
        """What leads from the last step to the answer."""
        expression, last = self.answer.expression, self[-1]
        if expression is not None and text(expression) == last.right:
            return [Rule(f"{_listed(list(self.answer.parts))} named")]
        if self.answer.vec and last.letters:
            return [Rule("entries counted by vec")]
        found = last.node if last.result is not None and last.node is not None else whole
        return [identity_rule(identity) for identity in notation.simplified(found)[2]] or [Rule("simplified")]

    def _put_back(self, total: Node, label: Label, notation: Notation) -> None:
        """The formulas of the intermediates in place of their names, in what the last step shows."""
        last, names = self[-1], [stage.symbol.name for stage in self.sweeps.stages[:-1]]
        rule = Rule(f"{_listed(names)} put back")
        if last.result is None or last.node is None:
            self._put_back_entries(total, rule)
            return
        node = self.sweeps.put_back(last.node)
        result = notation.as_found(node)
        if result is not None and text(result) != last.right:
            self._add(Step(PUT_BACK, label, text(result), result, node, last.shape, [rule]))

    def _put_back_entries(self, total: Node, rule: Rule) -> None:
        self._entries(PUT_BACK, self.sweeps.value, self.by, self.sweeps.put_back(total), [rule])

    def _answer_text(self) -> tuple[tuple[str, ...], str]:
        """The named parts of the answer, and the answer in terms of them."""
        if self.answer.expression is None:
            return (), self.answer.text
        definitions, (body,) = self.answer.statements("text").text()
        return tuple(definitions), body

    def _ends_in_entries(self) -> bool:
        """Whether the answer is a tensor, which the last step shows already."""
        return self.answer.expression is None and bool(self[-1].letters)


def identity_rule(identity: Identity) -> Rule:
    """The line of a rule file that an identity stands in."""
    return Rule(identity.text, f"{identity.file}:{identity.line}", identity.text)


def _outer_first(node: Node, count: int) -> Node:
    """A node with its first axes, so many, behind the others."""
    return permuted(node, [*range(count, len(node.axes)), *range(count)]) if count else node


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
