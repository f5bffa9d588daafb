r"""What is printed as LaTeX reads back to the same expression."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import matcalc
from expressions import LEAVES, random_expression
from matcalc.expr import postorder
from matcalc.parser import parse
from matcalc.printers.latex import latex
from matcalc.printers.text import text
from matcalc.wording import with_fractions
from test_cases import CASES, REFUSED, answer
from test_families import SCALARS, declared
from test_opaque import KINDS as OPAQUE_KINDS
from test_opaque import RULES, SECOND
from test_printers_latex import FRAGMENTS
from test_printers_latex import KINDS as FRAGMENT_KINDS
from test_printers_text import CANONICAL

KINDS = {leaf.value.name: leaf.value.kind for leaf in LEAVES}


@settings(max_examples=600, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**9), depth=st.integers(1, 5))
def test_latex_of_random_expressions(seed: int, depth: int) -> None:
    expr = random_expression(seed, depth)
    assert parse(latex(expr), KINDS, language="latex").expr == expr


@pytest.mark.parametrize("line", CANONICAL)
def test_latex_of_the_lines_of_the_language(line: str) -> None:
    expr = parse(line, KINDS).expr
    assert parse(latex(expr), KINDS, language="latex").expr == expr


@pytest.mark.parametrize("line", [line for line, _ in FRAGMENTS])
def test_latex_of_fragments_with_the_kinds_inferred(line: str) -> None:
    program = parse(line, FRAGMENT_KINDS)
    kinds = {name: symbol.kind for name, symbol in program.symbols.items()}
    assert parse(latex(program.expr, besides=kinds), kinds, language="latex").expr == program.expr


@pytest.mark.parametrize("case", [pytest.param(c, id=c["id"]) for c in CASES if c["id"] not in REFUSED])
def test_latex_of_answers(case: dict[str, Any]) -> None:
    derivative = answer(case)
    if derivative.expression is None:
        pytest.skip("a tensor has no LaTeX")
    kinds: dict[str, Any] = derivative.variables
    printed = derivative.latex()
    wanted = parse(derivative.text, kinds).expr
    typed = any(node.op == "number" and isinstance(node.value, Fraction) for node in postorder(derivative.program.expr))
    assert parse(printed, kinds, language="latex").expr == (wanted if typed else with_fractions(wanted))


@pytest.mark.parametrize("case", [pytest.param(c, id=c["id"]) for c in CASES if c["id"] not in REFUSED])
def test_latex_of_problems(case: dict[str, Any]) -> None:
    program = answer(case).program
    kinds = {name: symbol.kind for name, symbol in program.symbols.items()}
    assert matcalc.parse(latex(program.expr), kinds, language="latex").expr == program.expr


OPAQUE = [(rule[0], rule[1], 1) for rule in RULES] + [(rule[0], rule[1], 2) for rule in SECOND]


@pytest.mark.parametrize(("line", "wrt", "order"), OPAQUE)
def test_latex_of_opaque_functions(line: str, wrt: str, order: int) -> None:
    derivative = matcalc.differentiate(line, wrt, order=order, variables=OPAQUE_KINDS)
    assert derivative.expression is not None
    kinds = {name: kind.text for name, kind in derivative.variables.items()}
    wanted = with_fractions(parse(derivative.text, kinds).expr)
    assert parse(derivative.latex(), kinds, language="latex").expr == wanted


STRUCTURES = """
K = 2; commutation(m, n)*vec(A)  duplication(n)*x  unit(2, n)'*x  kron(A, eye(n))  [A; B]  [A, B; B, A]  outer(x, y)
inv(s)  det(s)  log1p(s)  normpdf(s)  digamma(s)  trigamma(s)  ones(1)  eye(1)*s  zeros(n)  ones(n)'  ones(1, n)
ones(m, n)'  softmax(A)  logsumexp(A)  softmax(A, 2)  norm1(A)  norm2(A)  norm2(s)  abs(A)  abs(x)  x.^y  x.^(-s)
e^s  e^2  e'*W  (-s)^2  d/(d*s)  f*(s + 1)  g*A  h'*(A*x)  s*(t*(s*t))  Phi*normcdf(s)  2*3*s*4  pinv(A)'  pinv(A)^2
sigma*(s + t)*sigmoid(s)  gamma(s)*Gamma  I_n*x  yhat'*xbar  h_t_minus_1'*x  x_1_i'*x_  W_1_2*x
diag(x)*y + diag  s^T  s^(T + 1)  lambda_1*x  x[2]*A[1,2]
norm(x, inf)  norm(x, 3)  norm(x, s)  norm(x, 0)  norm(A, 1)  norm(A, 2)  norm(A, inf)  norm(x', 2)  max(A)
min(x)  max(A, s)
expm(A)  logm(S)  sqrtm(S)  dexpm(A, B)  sylvester(S, S, A)  S^s  S^(s + 1)  tril(A)  triu(A)  prod(x)  prod(A, 1)
adj(A)
step(s)  -2*step(s*t)*x/t  step(s)*step(-t)*x  x*step(s)  s*relu(t)*step(-s)  step(s)*s  step(s)*A  step(x)
2*step(s)  step(s)^2
(A*x)[1]*A[1,:]  exp(x)[2]  -(A - eye(n))  s*eye(n)  (A - s*eye(n))*ones(n)  ones(n)*ones(n)'  x*ones(n)' + A
""".replace("K = 2; ", "")
STRUCTURE_KINDS = (
    dict.fromkeys("ABC", "matrix(n,n)")
    | dict.fromkeys(["x", "y"], "vector(n)")
    | {
        "s": "scalar",
        "t": "scalar",
        "T": "scalar",
        "e": "scalar",
        "Phi": "scalar",
    }
)


@pytest.mark.parametrize("line", [line for row in STRUCTURES.split("\n") for line in row.split("  ") if line])
def test_latex_of_what_could_be_mistaken(line: str) -> None:
    kinds: dict[str, Any] = dict(STRUCTURE_KINDS)
    if line == "commutation(m, n)*vec(A)":
        kinds["A"] = "matrix(m,n)"
    elif line == "duplication(n)*x":
        del kinds["x"]
    elif "e'" in line:
        kinds["e"] = "vector(n)"
    program = parse(line, kinds)
    declared = {name: symbol.kind for name, symbol in program.symbols.items()}
    printed = latex(program.expr, besides=declared)
    assert parse(printed, declared, language="latex").expr == program.expr, printed


@pytest.mark.parametrize(
    ("line", "wrt", "kinds"),
    [
        ("inv(X)", "X", {}),
        ("x'*A*x", "x", {}),
        ("tr(A*X*B)", "X", {}),
        ("norm2(W1*x - y)^2", "W1", {}),
        ("logdet(S)", "S", {"S": "spd(n)"}),
    ],
)
def test_latex_of_differentials(line: str, wrt: str, kinds: dict[str, str]) -> None:
    differential = matcalc.differentiate(line, wrt, variables=kinds).differential()
    declared: dict[str, Any] = differential.variables
    assert differential.expression is not None
    wanted = parse(differential.text, declared).expr
    assert parse(differential.latex(), declared, language="latex").expr == wanted
    assert parse(differential.latex_equation(), declared, language="latex").expr == wanted


@pytest.mark.parametrize(("line", "wrt"), [example[:2] for example in SCALARS])
def test_latex_of_sums(line: str, wrt: str) -> None:
    derivative = matcalc.differentiate(line, wrt, variables=declared(line))
    kinds = derivative.declarations
    for expr in (derivative.program.expr, derivative.expression):
        assert expr is not None
        wanted = parse(text(expr), kinds).expr
        assert parse(latex(expr, besides=kinds), kinds, language="latex").expr == wanted
