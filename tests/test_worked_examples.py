"""What texts on matrix calculus for machine learning derive by hand, as written there.

Each line is tried on the command line and in Python, in the layouts it names; in all three its numbers are
compared with central differences, and the printed text with its own numbers. Blanks do not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import matcalc
from matcalc.cli import main
from oracle import differences
from oracle.layouts import LAYOUTS, agree, arranged
from oracle.shapes import as_matrix
from oracle.surface import evaluate

# expression | variable | mixed | numerator | denominator; `same` is the answer before it, `.` is not named there
CHAIN_RULES = """
(X*theta-y)'*(X*theta-y)     | theta | 2*X'*(X*theta - y)   | 2*(X*theta - y)'*X   | 2*X'*(X*theta - y)
X*theta - y                  | theta | X                    | X                    | X'
z'*z                         | z     | 2*z                  | 2*z'                 | 2*z
z = X*theta - y; z'*z        | theta | 2*X'*(X*theta - y)   | 2*(X*theta - y)'*X   | 2*X'*(X*theta - y)
norm2(X*w - y)^2             | w     | 2*X'*(X*w - y)       | 2*(X*w - y)'*X       | 2*X'*(X*w - y)
y: scalar; (dot(x,w) - y)^2  | w     | 2*(x'*w - y)*x       | 2*(x'*w - y)*x'      | 2*(x'*w - y)*x
Y = x*x'; tr(A*Y)            | x     | (A + A')*x           | x'*(A + A')          | (A + A')*x
Y = A*X + B; norm2(Y)^2      | X     | 2*A'*(A*X + B)       | 2*(A*X + B)'*A       | 2*A'*(A*X + B)
Y = A*X + B; norm2(Y)^2      | A     | 2*(A*X + B)*X'       | 2*X*(A*X + B)'       | 2*(A*X + B)*X'
Y = A*X + B; norm2(Y)^2      | B     | 2*(A*X + B)          | 2*(A*X + B)'         | 2*(A*X + B)
Y = X*A + B; norm2(Y)^2      | X     | 2*(X*A + B)*A'       | 2*A*(X*A + B)'       | 2*(X*A + B)*A'
"""
SCALAR_CALCULUS = """
x: scalar; 3                    | x | 0                       | same | same
x: scalar; 3*x                  | x | 3                       | same | same
x: scalar; x^3                  | x | 3*x^2                   | same | same
x: scalar; x^2 + 3*x            | x | 2*x + 3                 | same | same
x: scalar; x^2*x                | x | 3*x^2                   | same | same
x: scalar; log(x^2)             | x | 2/x                     | same | same
x: scalar; sin(x^2)             | x | 2*x*cos(x^2)            | same | same
x: scalar; log(sin(x^3)^2)      | x | 6*x^2*cos(x^3)/sin(x^3) | same | same
x: scalar; 4*x^3 + x^2 + 3      | x | 12*x^2 + 2*x            | same | same
x: scalar; x + x^2              | x | 2*x + 1                 | same | same
x: scalar; sin(x + x^2)         | x | (2*x + 1)*cos(x^2 + x)  | same | same
x: scalar; u = x^2; x*u         | x | 3*x^2                   | same | same
x: scalar; y: scalar; 3*x^2*y   | x | 6*x*y                   | same | same
x: scalar; y: scalar; 3*x^2*y   | y | 3*x^2                   | same | same
x: scalar; y: scalar; 2*x + y^8 | x | 2                       | same | same
x: scalar; y: scalar; 2*x + y^8 | y | 8*y^7                   | same | same
"""
ELEMENTWISE = """
x                        | x | eye(n)           | same      | same
w + x                    | w | eye(n)           | same      | same
w + x                    | x | eye(n)           | same      | same
w - x                    | w | eye(n)           | same      | same
w - x                    | x | -eye(n)          | same      | same
w .* x                   | w | diag(x)          | same      | same
w .* x                   | x | diag(w)          | same      | same
w ./ x                   | w | diag(1 ./ x)     | same      | same
w ./ x                   | x | -diag(w ./ x.^2) | same      | same
z: scalar; x + z         | x | eye(n)           | same      | same
z: scalar; x + z         | z | ones(n)          | ones(n)   | ones(n)'
z: scalar; x*z           | x | z*eye(n)         | same      | same
z: scalar; x*z           | z | x                | x         | x'
sum(x)                   | x | ones(n)          | ones(n)'  | ones(n)
z: scalar; sum(x*z)      | x | z*ones(n)        | z*ones(n)'| z*ones(n)
z: scalar; sum(x*z)      | z | sum(x)           | same      | same
sum(w .* x)              | w | x                | x'        | x
"""


def examples() -> Iterator[Any]:
    """Each line in each layout: the expression, the variable, the layout and the answer."""
    for section, table in (("1", CHAIN_RULES), ("2, 3", SCALAR_CALCULUS), ("4", ELEMENTWISE)):
        for line in table.strip().splitlines():
            expression, wrt, *answers = (cell.strip() for cell in re.split(r" *\| *", line))
            for k, layout in enumerate(LAYOUTS):
                text = answers[0] if answers[k] == "same" else answers[k]
                yield pytest.param(expression, wrt, layout, text, id=f"{section}: {expression} by {wrt}, {layout}")


EXAMPLES = list(examples())


def without_blanks(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize(("expression", "wrt", "layout", "text"), EXAMPLES)
def test_command_line_prints_it(expression: str, wrt: str, layout: str, text: str) -> None:
    result = CliRunner().invoke(main, ["diff", expression, "--wrt", wrt, "--layout", layout])
    assert result.exit_code == 0, result.stderr
    assert without_blanks(result.stdout) == without_blanks(text)


@pytest.mark.parametrize(("expression", "wrt", "layout", "text"), EXAMPLES)
def test_python_gives_it(expression: str, wrt: str, layout: str, text: str) -> None:
    derivative = matcalc.differentiate(expression, wrt, layout=layout)
    assert without_blanks(str(derivative)) == without_blanks(text)


SIZES = {"m": 2, "n": 4, "k": 3, "p": 5}


def numbers(symbols: dict[str, Any]) -> dict[str, Any]:
    """Positive numbers for every name of a program."""
    source = np.random.default_rng(3)
    found: dict[str, Any] = {}
    for name, symbol in symbols.items():
        rows, columns = (d.value(SIZES) for d in symbol.kind.shape)
        entries = source.uniform(0.3, 1.3, (rows, columns))
        found[name] = entries.reshape(-1)[0] if entries.size == 1 else entries[:, 0] if columns == 1 else entries
    return found


def without_declarations(program: str) -> str:
    """The definitions and the expression of a program, for a reader that knows no kinds."""
    return ";".join(part for part in program.split(";") if ":" not in part)


@pytest.mark.parametrize(("expression", "wrt", "layout", "text"), EXAMPLES)
def test_numbers_are_those_of_differences(expression: str, wrt: str, layout: str, text: str) -> None:
    """Of the answer as written here, and of the answer that matcalc evaluates."""
    derivative = matcalc.differentiate(expression, wrt, layout=layout)
    values = numbers(derivative.program.symbols)
    assert wrt in values
    plain = without_declarations(expression)
    entries, error = differences.jacobian(
        lambda at: evaluate(plain, {**values, wrt: at}, SIZES), as_matrix(values[wrt])
    )
    assert error < 1e-6
    wanted = arranged(entries, layout)
    assert agree(derivative.evaluate(values, sizes=SIZES), wanted, 1e-8)
    assert agree(evaluate(text, values, SIZES), as_matrix(wanted), 1e-8)


@pytest.mark.parametrize(("expression", "wrt", "layout", "text"), EXAMPLES)
def test_check_confirms_it(expression: str, wrt: str, layout: str, text: str) -> None:
    result = CliRunner().invoke(main, ["diff", expression, "--wrt", wrt, "--layout", layout, "--check", "-q"])
    assert result.exit_code == 0
    assert re.fullmatch(r"checked at 6 points( \(.*\))?: largest relative error [\d.e-]+: ok\n", result.stderr)


def test_total_derivative_goes_through_a_definition() -> None:
    """A partial derivative that freezes u would be u."""
    through = matcalc.differentiate("x: scalar; u = x^2; x*u", "x")
    assert float(through.evaluate({"x": 1.5})) == pytest.approx(3 * 1.5**2)


def test_one_element_of_a_gradient() -> None:
    """Element i of the gradient of a squared error, as the index form has it."""
    derivative = matcalc.differentiate("y: scalar; (dot(x,w) - y)^2", "w")
    values = {"x": np.array([1.0, -2.0, 0.5]), "w": np.array([0.3, 0.7, -1.1]), "y": 0.4}
    shown = evaluate(derivative.index(), values, {"n": 3}, shape=(3,))
    assert agree(shown, 2 * (values["x"] @ values["w"] - values["y"]) * values["x"], 1e-12)
    assert len(re.findall(r"\w+|[^\w\s]", derivative.index())) == len(
        re.findall(r"\w+|[^\w\s]", "[i] 2*(x'*w - y)*x[i]")
    )


def test_shapes_of_the_answer_are_shown() -> None:
    result = CliRunner().invoke(main, ["diff", "(X*theta-y)'*(X*theta-y)", "--wrt", "theta", "--shapes"])
    for said in ("X: matrix(m,n)", "theta: vector(n)", "y: vector(m)", "answer: (n x m)(m x 1) -> n x 1"):
        assert said in result.stderr
