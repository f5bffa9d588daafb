"""Definitions of named parts and the expressions in terms of them, as lines in each language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from matcalc.expr import Expr, symbol, symbols
from matcalc.kinds import plain_kind
from matcalc.parts import named_parts
from matcalc.wording import Wording, with_fractions

if TYPE_CHECKING:
    from matcalc.parser import Program
    from matcalc.rulebook import Rulebook


class Statements:
    """`definitions` of named parts in order, and the `bodies` over them, in the order of what was given."""

    __slots__ = ("bodies", "definitions", "rulebook", "taken", "wording")

    def __init__(
        self,
        expressions: Sequence[Expr],
        program: Program,
        taken: Iterable[str],
        rulebook: Rulebook,
        inline: bool = False,
    ) -> None:
        """`program` is what was read, `taken` are the names in use; with `inline` no part is named."""
        self.rulebook = rulebook
        self.wording = Wording(program.expr)
        self.taken = set(taken)
        self.definitions: list[tuple[str, Expr]] = []
        self.bodies = list(expressions)
        if not inline:
            self.definitions, self.bodies = named_parts(expressions, self.taken, program.definitions, rulebook)

    def text(self) -> tuple[list[str], list[str]]:
        """The definitions and the bodies in the language of the input."""
        from matcalc.printers.text import text

        return [f"{name} = {text(part)}" for name, part in self.definitions], [text(body) for body in self.bodies]

    def unicode(self) -> tuple[list[str], list[str]]:
        """The same with Greek letters and superscripts."""
        from matcalc.printers.unicode import name_text, unicode

        definitions = [f"{name_text(name)} = {unicode(part)}" for name, part in self.definitions]
        return definitions, [unicode(body) for body in self.bodies]

    def latex(self, names: Mapping[str, str] | None = None) -> tuple[list[str], list[str]]:
        """The same as LaTeX; `names` says how some variables are written. Decimals are fractions unless typed."""
        from matcalc.printers.latex import latex

        shown = (lambda expr: expr) if self.wording.has_decimals else with_fractions
        parts, bodies = [shown(part) for _, part in self.definitions], [shown(body) for body in self.bodies]
        # every name looks the same in all of them
        used = {variable.name for variable in symbols(*parts, *bodies)} | self.taken

        def written(expr: Expr) -> str:
            return latex(expr, self.rulebook, names, besides=sorted(used))

        left = [written(symbol(name, plain_kind(part.shape))) for name, part in self.definitions]
        definitions = [f"{name} = {written(part)}" for name, part in zip(left, parts)]
        return definitions, [written(body) for body in bodies]


def with_definitions(body: str, definitions: Sequence[str]) -> str:
    r"""A formula in LaTeX, and behind it the definitions of its parts.

    >>> with_definitions("2 X^\\top r", [r"r = X w - y"])
    '2 X^\\top r, \\quad \\text{where } r = X w - y'
    """
    return rf"{body}, \quad \text{{where }} " + r", \; ".join(definitions) if definitions else body
