"""Derivations as text, as LaTeX for notes, and as JSON."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from matcalc.entry_latex import entries_latex
from matcalc.errors import MatcalcError
from matcalc.parser import parse
from matcalc.printers.latex import latex
from matcalc.printers.latex_names import name_latex
from matcalc.statements import with_definitions
from matcalc.wording import Wording, with_fractions

if TYPE_CHECKING:
    from matcalc.derivation import Derivation
    from matcalc.record import Rule
    from matcalc.steps import Step

# behind equations of up to this width the rules stand in a column
WIDTH = 64
_SPECIAL = {
    "&": r"\&",
    "%": r"\%",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "~": r"\textasciitilde{}",
}
_SPECIAL |= {"^": r"\textasciicircum{}", "\\": r"\textbackslash{}", "<": "$<$", ">": "$>$", "∂": r"$\partial$"}
_ARROW = re.compile("->|.", re.DOTALL)


def text_of(derivation: Derivation, shapes: bool = False) -> str:
    """An equation a line, each with its rules behind it, and on request with the shape of its sides."""
    equations = [step.text for step in derivation]
    width = max([len(equation) for equation in equations if len(equation) <= WIDTH], default=0)
    comments = [f"{step.shape}; {step.rule}" if shapes else step.rule for step in derivation]
    return "\n".join([f"{equation:<{width}}  % {comment}" for equation, comment in zip(equations, comments)])


def json_of(derivation: Derivation) -> str:
    """The style and the steps, on one line."""
    return json.dumps({"style": derivation.style, "steps": [step.data() for step in derivation]}, ensure_ascii=False)


def align_of(derivation: Derivation) -> str:
    """A whole `align*` environment, for a document with the package amsmath; a left side is not said twice."""
    writer = _Writer(derivation)
    lines, before = [], ""
    for step in derivation:
        left = step.label.latex
        rules = ", ".join(map(_rule_latex, step.rules))
        lines.append(rf"  {'' if left == before else left} &= {writer.right(step)} && \text{{{rules}}}")
        before = left
    return "\\begin{align*}\n" + " \\\\\n".join(lines) + "\n\\end{align*}"


def _rule_latex(rule: Rule) -> str:
    return "".join([r"$\to$" if piece == "->" else _SPECIAL.get(piece, piece) for piece in _ARROW.findall(rule.name)])


class _Writer:
    """Writes the right sides of one derivation, in which every name looks the same throughout."""

    def __init__(self, derivation: Derivation) -> None:
        self.derivation = derivation
        self.has_decimals = Wording(derivation.program.expr).has_decimals
        self.names = {name: rf"\mathrm{{d}}{name_latex(of)}" for name, of in derivation.differentials.items()}

    def right(self, step: Step) -> str:
        """The right side, with the product of local derivatives in front."""
        middle = f"{step.local.latex} = " if step.local else ""
        return middle + self._own(step)

    def _own(self, step: Step) -> str:
        if step.definitions:
            definitions, (body,) = self.derivation.answer.statements("LaTeX").latex(self.names)
            return with_definitions(body, definitions)
        if step.result is not None:
            result = step.result if self.has_decimals else with_fractions(step.result)
            return latex(result, self.derivation.rulebook, self.names, besides=sorted(self.derivation.names))
        return entries_latex(step.right, self._formula)

    def _formula(self, written: str) -> str:
        """A formula of an entry; what cannot be read back stands as it is."""
        if written in self.names:
            return self.names[written]
        try:
            expr = parse(written, self.derivation.kinds, self.derivation.rulebook).expr
        except MatcalcError:
            return rf"\texttt{{{''.join(_SPECIAL.get(letter, letter) for letter in written)}}}"
        return latex(expr, self.derivation.rulebook, self.names, besides=sorted(self.derivation.names))
