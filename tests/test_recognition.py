"""What expressions are in disguise: found in inputs before they are differentiated, and in finished answers."""

from __future__ import annotations

import re

import pytest

from matcalc import differentiate
from matcalc.expr import Expr
from matcalc.lower import lower
from matcalc.matrixform import MatrixForms
from matcalc.parser import parse
from matcalc.printers.text import text
from matcalc.recognition import recognised
from matcalc.rulebook import default_rulebook
from matcalc.simplify import simplified

BOOK = default_rulebook()
KINDS = {
    "X": "matrix(m,n)",
    "S": "spd(n)",
    "w": "vector(n)",
    "x": "vector(n)",
    "y": "vector(m)",
    "v": "vector(n)",
    "a": "scalar",
    "c": "scalar",
    "t": "scalar",
}
FOUND = """
-sum(y.*log(1./(1 + exp(-X*w))) + (1 - y).*log(1 - 1./(1 + exp(-X*w)))) | w | X'*(sigmoid(X*w) - y)
-sum(y.*log(sigmoid(X*w)./(1 - sigmoid(X*w))) + log(1 - sigmoid(X*w))) | w | X'*(sigmoid(X*w) - y)
sum((exp(2*x) - 1)./(exp(2*x) + 1))              | x | 1 - tanh(x).^2
(exp(t) - exp(-t))/(exp(t) + exp(-t))            | t | 1 - tanh(t)^2
(exp(t) - exp(-t))/2                             | t | cosh(t)
sum(log(cosh(x)))                                | x | tanh(x)
0.5*logdet(2*pi*S)                               | S | 0.5*inv(S)
log(abs(det(c*S)))                               | S | inv(S)
logdet(c*S)                                      | c | n/c
var(x)                                           | x | 2*(x - mean(x))/n
std(x)                                           | x | (x - mean(x))/(n*std(x))
mean(x)^2                                        | x | 2*mean(x)*ones(n)/n
norm2(x - mean(x))^2                             | x | 2*(x - mean(x))
""".strip().splitlines()


def kinds_of(expression: str) -> dict[str, str]:
    return {name: KINDS[name] for name in re.findall(r"\b[a-zA-Z]\b", expression) if name in KINDS}


@pytest.mark.parametrize("line", FOUND, ids=lambda line: line.split(" | ")[0].strip())
def test_answer(line: str) -> None:
    expression, by, wanted = (part.strip() for part in line.split(" | "))
    derivative = differentiate(expression, by, variables=kinds_of(expression))
    assert derivative.text == wanted
    assert derivative.check().ok


def test_an_input_without_disguise_is_left_alone() -> None:
    program = parse("norm2(tanh(X*w) - y)^2 + log(c)", {**kinds_of("X*w - y"), "c": "scalar positive"})
    node = lower(program.expr, BOOK)
    assert recognised(node, BOOK, MatrixForms()) is node


def short(expression: str) -> str:
    forms = MatrixForms()
    node = simplified(lower(parse(expression, kinds_of(expression)).expr, BOOK), BOOK, forms)
    shown: Expr = forms.of(node).straight
    return text(shown)


@pytest.mark.parametrize(
    "expression, wanted",
    {
        # an identity holds of powers as well
        "sinh(x).^2./cosh(x).^2": "tanh(x).^2",
        "sinh(x).^3./cosh(x).^2": "sinh(x).*tanh(x).^2",
        "exp(x).^2./(1 + exp(x)).^2": "sigmoid(x).^2",
        # what it made is made short
        "exp(c*t)*exp(a*t)": "exp(t*(a + c))",
        # scalar factors divide the value of the inverse, where they then cancel
        "c^2*inv(c*S)": "c*inv(S)",
        "inv(c*S)": "inv(c*S)",
        "sum(S.*inv(c*S))": "n/c",
        # a minus leaves an odd function
        "-tanh(-x)": "tanh(x)",
        "v.*sin(-2*x)": "-v.*sin(2*x)",
        # abbreviations hide nothing that cancels
        "sum(x)/n - mean(x)": "0",
        "mean(x - mean(x))": "0",
    }.items(),
)
def test_identities(expression: str, wanted: str) -> None:
    assert short(expression) == wanted
