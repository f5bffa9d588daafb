"""Derivatives of one value by several variables, each on its own, with the parts they share named once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from matcalc.answers import Answer
from matcalc.derivatives import Derivative
from matcalc.differentials import Differential, TraceForm
from matcalc.errors import UnsupportedError
from matcalc.expr import Symbol
from matcalc.kinds import FunctionKind, Kind
from matcalc.parser import Program
from matcalc.presentation import Presentation
from matcalc.rulebook import Rulebook
from matcalc.stacked import StackedSymbol
from matcalc.statements import Statements

if TYPE_CHECKING:
    from matcalc.derivation import Derivation
    from matcalc.report import Report


class Derivatives(Mapping[str, Answer]):
    """The derivatives by each variable, under its name and in the order asked for. Immutable.

    >>> from matcalc import differentiate
    >>> both = differentiate("norm2(W*z - v)^2", "W, z")
    >>> print(both)
    W: 2*(W*z - v)*z'
    z: 2*W'*(W*z - v)
    >>> both["z"].shape
    (n, 1)
    """

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        self._answers = dict(answers)

    def __getitem__(self, name: str) -> Answer:
        return self._answers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._answers)

    def __len__(self) -> int:
        return len(self._answers)

    @property
    def program(self) -> Program:
        """What was read."""
        return next(iter(self.values())).program

    # -- renderings, one line for each variable

    @property
    def text(self) -> str:
        """First the definitions of long parts that occur again, then `name: closed form` for each variable."""
        shown = [name for name, answer in self.items() if answer.expression is not None]
        definitions, bodies = self._statements(shown, "text").text()
        bodies_of = dict(zip(shown, bodies))
        lines = [f"{name}: {bodies_of.get(name) or answer.index()}" for name, answer in self.items()]
        return "\n".join(definitions + lines)

    @property
    def parts(self) -> dict[str, str]:
        """The parts that are named in the text, with their definitions, in order."""
        shown = [name for name, answer in self.items() if answer.expression is not None]
        lines, _ = self._statements(shown, "text").text()
        return dict([line.split(" = ", 1) for line in lines])

    def _statements(self, names: Iterable[str], target: str) -> Statements:
        """The parts that these answers share, and the answers in terms of them."""
        first = next(iter(self.values()))
        expressions = [self[name].matrix(target) for name in names]
        return Statements(expressions, self.program, first.taken, first.rulebook, self._presentation.inline)

    @property
    def unicode(self) -> str:
        """The same with Greek letters and superscripts."""
        definitions, bodies = self._statements(self, "unicode").unicode()
        return "\n".join([*definitions, *[f"{name}: {body}" for name, body in zip(self, bodies)]])

    def latex(self) -> str:
        """The closed forms as LaTeX, below each other in an `aligned` environment, then the definitions."""
        from matcalc.printers.latex_names import name_latex

        definitions, bodies = self._statements(self, "LaTeX").latex()
        lines = [rf"{name_latex(name)}&\colon\; {body}" for name, body in zip(self, bodies)]
        lines += [rf"&\text{{where }} {definition}" for definition in definitions[:1]]
        lines += [rf"&\phantom{{\text{{where }}}} {definition}" for definition in definitions[1:]]
        return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"

    def sympy(self) -> dict[str, Any]:
        """The closed forms as SymPy objects, by name."""
        return {name: answer.sympy() for name, answer in self.items()}

    def numpy_source(self, name: str = "f") -> str:
        """A NumPy function for each variable, `f_x` for x."""
        return "\n\n".join(answer.numpy_source(f"{name}_{variable}") for variable, answer in self.items())

    def index(self) -> str:
        """The answers in index notation."""
        return "\n".join(f"{name}: {answer.index()}" for name, answer in self.items())

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<derivatives by {', '.join(self)}>"

    def _repr_latex_(self) -> str | None:
        if any(answer.expression is None for answer in self.values()):
            return None
        return f"$\\displaystyle {self.latex()}$"

    # -- other forms

    def matrix_form(self) -> Derivatives:
        """The same answers with matrices in place of families."""
        return Derivatives({name: answer.matrix_form() for name, answer in self.items()})

    def expanded(self) -> Derivatives:
        """The same answers with products over sums multiplied out."""
        return Derivatives({name: answer.expanded() for name, answer in self.items()})

    def factored(self) -> Derivatives:
        """The same answers with common factors drawn out."""
        return Derivatives({name: answer.factored() for name, answer in self.items()})

    def inlined(self) -> Derivatives:
        """The same answers without named parts."""
        return Derivatives({name: answer.inlined() for name, answer in self.items()})

    def differential(self) -> Differential:
        """The total differential, the sum of those by each variable.

        >>> from matcalc import differentiate
        >>> differentiate("A*x", "A, x").differential()
        <differential dF = A*dx + dA*x>
        """
        return Differential(self.program, *self._first_derivatives("the differential")).presented(self._presentation)

    def trace_form(self) -> TraceForm:
        """The total differential of a scalar as `tr(G'*dX) + ...`, with the gradients.

        >>> from matcalc import differentiate
        >>> differentiate("x'*A*x", "A, x").trace_form()
        <differential df = tr(x*x'*dA) + x'*(A + A')*dx>
        """
        return TraceForm(self.program, *self._first_derivatives("the trace form")).presented(self._presentation)

    @property
    def _presentation(self) -> Presentation:
        return next(iter(self.values())).presentation

    @property
    def steps(self) -> dict[str, Derivation]:
        """How each of them comes about, by differentials."""
        return self.derivations()

    def derivations(self, style: str = "differential") -> dict[str, Derivation]:
        """The same in one of the styles `differential`, `chain` and `index`.

        >>> from matcalc import differentiate
        >>> {name: steps[-1].text for name, steps in differentiate("x'*A*y", "x, y").derivations("chain").items()}
        {'x': 'df/dx = A*y', 'y': "df/dy = A'*x"}
        """
        return {name: answer.derivation(style) for name, answer in self.items() if isinstance(answer, Derivative)}

    def _first_derivatives(self, form: str) -> tuple[Symbol, str, Rulebook]:
        """The variables as one, and how the derivatives by them were found."""
        for answer in self.values():
            if not isinstance(answer, Derivative) or answer.order > 1:
                raise UnsupportedError(f"{form} is that of first derivatives")
        some = next(iter(self.values()))
        return StackedSymbol(answer.partials[0].by for answer in self.values()), some.symmetric, some.rulebook

    # -- what was assumed, and numbers

    @property
    def variables(self) -> dict[str, Kind | FunctionKind]:
        """What every name was taken to be."""
        return {name: kind for answer in self.values() for name, kind in answer.variables.items()}

    @property
    def declarations(self) -> dict[str, str]:
        """The same as it is declared."""
        return {name: kind for answer in self.values() for name, kind in answer.declarations.items()}

    @property
    def notes(self) -> list[str]:
        """Readings of the input and remarks on the answers that a user should know."""
        remarks = dict.fromkeys(note for answer in self.values() for note in answer.remarks)
        more = [say(f"the derivative by {name}") for name, one in self.items() for say in (one.recognition, one.hint)]
        return [*remarks, *filter(None, more)]

    @property
    def assumptions(self) -> list[str]:
        """What must hold for the answers to be right, beyond the kinds."""
        return list(dict.fromkeys(needed for answer in self.values() for needed in answer.assumptions))

    @property
    def shapes_text(self) -> str:
        """The kinds taken, and how the shapes of each answer combine."""
        lines = [f"{name}: {kind}" for name, kind in self.declarations.items()]
        for name, answer in self.items():
            lines += [f"by {name}: {answer.shape_text} ({answer.layout} layout)"]
        return "\n".join([*lines, *(f"assuming {assumption}" for assumption in self.assumptions)])

    def evaluate(self, values: Mapping[str, Any], sizes: Mapping[str, int] | None = None) -> dict[str, Any]:
        """The numbers of each answer, by name."""
        return {name: answer.evaluate(values, sizes) for name, answer in self.items()}

    def check(self, seed: int = 0) -> Report:
        """The answers compared with numerical derivatives at random points; raises nothing."""
        from matcalc.report import joined

        return joined({f"by {name}": answer.check(seed) for name, answer in self.items()})
