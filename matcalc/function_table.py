"""What works for which function of the language, found by trying: the page docs/functions.md."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from matcalc.api import differentiate
from matcalc.derivatives import Derivative
from matcalc.errors import MatcalcError, UnsupportedError
from matcalc.expr import MATRIX_POWER, postorder, symbols
from matcalc.kinds import Kind
from matcalc.parser import Program, parse

if TYPE_CHECKING:
    from matcalc.rulebook import Function, Rulebook

PAGE = """# What works for which function

`matcalc rules table` writes this page by trying every function. A function is taken at operands of the kinds its
line in `rules/` states, weighted to a number (`w'*f(x)` for a column, `sum(W.*f(X))` for a matrix), and
differentiated by each operand. `check` compares the derivatives with numerical ones; the columns after it are about
the value and the first derivative. A number leads to the reason below the table.

{table}
"""
COLUMNS = ("function", "by", "value", "first derivative", "second derivative", "check", "LaTeX", "NumPy", "SymPy")
YES = "yes"
# functions about indices, which no rule file states, with the kinds of their operands
STRUCTURAL: tuple[tuple[str, dict[str, str]], ...] = (
    ("tr(X)", {"X": "matrix(n,n)"}),
    ("transpose(X)", {"X": "matrix(m,n)"}),
    ("sum(X)", {"X": "matrix(m,n)"}),
    ("sum(X, 1)", {"X": "matrix(m,n)"}),
    ("sum(X, 2)", {"X": "matrix(m,n)"}),
    ("max(x, y)", {"x": "vector(n)", "y": "vector(n)"}),
    ("min(x, y)", {"x": "vector(n)", "y": "vector(n)"}),
    ("diag(x)", {"x": "vector(n)"}),
    ("diag(X)", {"X": "matrix(n,n)"}),
    ("tril(X)", {"X": "matrix(m,n)"}),
    ("triu(X)", {"X": "matrix(m,n)"}),
    ("vec(X)", {"X": "matrix(m,n)"}),
    ("kron(X, Y)", {"X": "matrix(m,n)", "Y": "matrix(p,q)"}),
    *((call, {}) for call in ("eye(n)", "ones(n)", "ones(m, n)", "zeros(m, n)", "unit(1, n)")),
    *((call, {}) for call in ("commutation(m, n)", "duplication(n)")),
)
# what has a derivative in closed form only so
CLOSED: tuple[tuple[str, dict[str, str], str], ...] = (
    ("tr(expm(X))", {"X": "matrix(n,n)"}, "X"),
    ("expm(t*A)", {"t": "scalar", "A": "matrix(n,n)"}, "t"),
    ("tr(logm(X))", {"X": "positive_stable(n)"}, "X"),
    ("tr(X^k)", {"X": "positive_stable(n)", "k": "scalar"}, "X"),
)


class Example:
    """A call of a function at operands of given kinds, and the one to differentiate by; constants have none."""

    __slots__ = ("by", "call", "kinds")

    def __init__(self, call: str, kinds: dict[str, str], by: str | None) -> None:
        self.call = call
        self.kinds = kinds
        self.by = by

    def weighted(self, rulebook: Rulebook) -> tuple[str, dict[str, str]]:
        """The call multiplied by weights, so that it is a number, and all kinds."""
        shape = parse(self.call, self.kinds, rulebook).expr.shape
        rows, columns = (d.text for d in shape)
        if rows == columns == "1" or self.by is None:
            return self.call, self.kinds
        if rows == "1":
            return f"{self.call}*w", {**self.kinds, "w": f"vector({columns})"}
        if columns == "1":
            return f"w'*{self.call}", {**self.kinds, "w": f"vector({rows})"}
        return f"sum(W.*{self.call})", {**self.kinds, "W": f"matrix({rows},{columns})"}

    def __repr__(self) -> str:
        return f"{self.call} by {self.by}: {self.kinds[self.by]}" if self.by is not None else self.call


def examples(rulebook: Rulebook) -> Iterator[Example]:
    """One for each operand of each function of the language."""
    calls = [*STRUCTURAL, *[called(function) for function in rulebook.functions]]
    for call, kinds in calls:
        for name in kinds or (None,):
            yield Example(call, kinds, name)
    for call, kinds, name in CLOSED:
        yield Example(call, kinds, name)


def called(function: Function) -> tuple[str, dict[str, str]]:
    """A function at its own parameters, as text, and their kinds; an elementwise one at vectors."""
    inside = ", ".join(p.name if p.literal is None else str(p.literal) for p in function.parameters)
    kinds = {}
    for parameter in function.operands:
        kind = parameter.kind or Kind("scalar")
        kinds[parameter.name] = f"vector(n) {kind.sign}".strip() if function.elementwise else kind.text
    return "X^k" if function.name == MATRIX_POWER else f"{function.name}({inside})", kinds


class Trial:
    """What became of an example: a cell for each column, `yes` or the reason why not."""

    __slots__ = ("derivatives", "example", "program", "rulebook", "sizes", "values")

    def __init__(self, example: Example, rulebook: Rulebook) -> None:
        self.example = example
        self.rulebook = rulebook
        self.derivatives: dict[int, Derivative] = {}
        self.program: Program | None = None
        self.sizes: dict[str, int] = {}
        self.values: dict[str, Any] = {}

    def cells(self) -> list[str]:
        """The text of each column."""
        example = self.example
        value = reason(self.value)
        if self.program is None:
            return [f"`{example.call}`", "", value, *[""] * 6]
        if example.by is None:
            by, derivatives = "", ["", ""]
        else:
            by = f"`{example.by}: {example.kinds[example.by]}`"
            derivatives = [reason(lambda: self.differentiated(1)), reason(lambda: self.differentiated(2))]
        check = reason(self.check) if self.derivatives else ""
        written = [reason(attempt) for attempt in (self.latex, self.numpy, self.sympy)]
        return [f"`{example.call}`", by, value, *derivatives, check, *written]

    def value(self) -> None:
        """Finite numbers at a random point."""
        import numpy as np

        from matcalc.numeric import evaluate
        from matcalc.sampling import choose_sizes, draw_values

        self.program = parse(*self.example.weighted(self.rulebook), self.rulebook)
        variables = list(self.program.symbols.values())
        shapes = [self.program.expr.shape, *[s.kind.shape for s in variables]]
        self.sizes = choose_sizes([name for shape in shapes for d in shape for name in d.names])
        self.values = draw_values(variables, self.sizes, np.random.default_rng(0))
        if not np.all(np.isfinite(evaluate(self.program.expr, self.values, self.sizes, self.rulebook))):
            raise UnsupportedError("the value is not finite at a random point")

    def differentiated(self, order: int) -> None:
        text, kinds = self.example.weighted(self.rulebook)
        found = differentiate(text, self.example.by, order, variables=kinds, rulebook=self.rulebook)
        assert isinstance(found, Derivative)
        self.derivatives[order] = found

    def check(self) -> None:
        """The numerical check of the derivatives there are."""
        for derivative in self.derivatives.values():
            report = derivative.check()
            if not report.ok:
                raise UnsupportedError(report.text)

    def latex(self) -> None:
        from matcalc.printers.latex import latex

        assert self.program is not None
        latex(self.program.expr, self.rulebook)
        if 1 in self.derivatives:
            self.derivatives[1].latex()

    def numpy(self) -> None:
        """The generated code gives the numbers of the evaluator."""
        import numpy as np

        from matcalc.numeric import evaluate
        from matcalc.printers.numpy import compile_numpy

        expressions = [d.expression for order, d in self.derivatives.items() if order == 1]
        for expression in [self.program.expr if self.program is not None else None, *expressions]:
            if expression is None:
                raise UnsupportedError("a tensor of more than two axes has no NumPy form yet")
            shown = {name for symbol in symbols(expression) for d in symbol.kind.shape for name in d.names}
            used = {symbol.name for symbol in symbols(expression)}
            hidden = {name for node in postorder(expression) for d in node.shape for name in d.names} - shown
            known = {**self.values, **self.sizes}
            found = compile_numpy(expression, self.rulebook)(**{name: known[name] for name in sorted(used | hidden)})
            wanted = evaluate(expression, self.values, self.sizes, self.rulebook)
            if not np.allclose(np.asarray(found), wanted, rtol=1e-9, atol=1e-12):
                raise UnsupportedError("the generated code gives other numbers")

    def sympy(self) -> None:
        from matcalc.printers.sympy import to_sympy

        assert self.program is not None
        to_sympy(self.program.expr, self.rulebook)
        if 1 in self.derivatives:
            self.derivatives[1].sympy()


def reason(attempt: Callable[[], None]) -> str:
    """`yes` where an attempt succeeds, else why it does not."""
    try:
        attempt()
    except MatcalcError as error:
        return error.message
    return YES


def function_page(rulebook: Rulebook) -> str:
    """The page: a row for each operand of each function, the reasons in a list below."""
    reasons: dict[str, int] = {}
    lines = ["| " + " | ".join(COLUMNS) + " |", "|---" * len(COLUMNS) + "|"]
    for example in examples(rulebook):
        function, by, *cells = Trial(example, rulebook).cells()
        lines.append("| " + " | ".join([function, by, *[_cell(cell, reasons) for cell in cells]]) + " |")
    listed = [f"{number}. {text}" for text, number in reasons.items()]
    return PAGE.format(table="\n".join([*lines, "", *listed]))


def _cell(cell: str, reasons: dict[str, int]) -> str:
    """`yes`, nothing, or the number of the reason."""
    if cell in (YES, ""):
        return cell
    return f"no ({reasons.setdefault(cell, len(reasons) + 1)})"
