"""Text out of expressions, and the same expressions back out of the text."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expressions import LEAVES, A, a, b, h, random_expression, x
from matcalc.dimensions import SCALAR, Dimension
from matcalc.expr import (
    Expr,
    add,
    call,
    div,
    entry,
    had,
    haddiv,
    hadpow,
    mul,
    neg,
    number,
    power,
    size,
    stack,
    symbol,
    transpose,
)
from matcalc.kinds import Kind
from matcalc.parser import parse
from matcalc.printers.text import number_text, text

KINDS = {leaf.value.name: leaf.value.kind for leaf in LEAVES}
T = symbol("T", Kind("scalar"))
SQUARE = {"y1": "vector(n)"} | dict.fromkeys("ABCX", "matrix(n,n)")

# written as they print: `text(parse(line)) == line`
LINES = """
2  0.5  0.125  2.75  0.0625  6.283185307179586  1000000  1/3  2/7*a  a/b  a/b/2  a*b/2  a/(b*c)  a/(b/c)  a*(b/c)
2*a/b*c  a  a^2  a^(-1)  a^0.5  a^(1/2)  a^b  a^(b + 1)  a^(-b)  (a^2)^3  (a^b)^2  2^a  (-a)^2  -a^2  -(a + b)  -a*b
-(a + b)*c  -2*a  a - b  a - b - c  a - (b - c)  a + (b + c)  -a + b  -a - b  a - (-b + c)  (a + b)*(a - b)
(a + b)/(a - b)  (a - b)^2  a*(b + c)  a/(b + c)  a/(-b)  1/(1 + exp(-a))  exp(a)^2  sin(a)*cos(a)  max(a, 0)  pi*a
2^pi  abs(a)  sqrt(a)/b  A*x  2*A*x  A'*y  x'*x  x*y'  A*B  A*B*C  A*(B*C)  (x'*x)*A  A*(x'*x)  (x'*x/2)*A  x'*x/2
(x'*h'*a)*A  2*(x'*x)*A  2*A'*(A*x - y)  2*(A*x - y)'*A  (A + C'*B')*x  A'*(A*x - y)/m  2/m*A'*(A*x - y)  -A'*y
0.5*x'*S*x  (S + S')*x  S^2*x  (S^2)'  (S')^2  S'*x  (S*x)'  inv(S)  inv(S)*x  inv(S)'  inv(S')*x  inv(A'*A)*A'*y
inv(S)^2  (S + eye(n))^2  -inv(S)*x*x'*inv(S)  x.*x  x.*h'  x.*(x + h')  (x + h').*x  x./h'  1./x  2./x  x.^2
x.^(-2)  x.^(1/2)  x.^a  x.^(h')  (x.^2).^a  (x').^2  (x.^2)'  -x.^2  2*x*a  2*(x.*h')  (2*x).*h'  x.*x.*h'
x.*(x./h')  x./h'.*x  x./(x.*h')  (A*x)./y  y.*(A*x)  (x'*x)./x  (x/a)./h'  x./(-h')  x.^2 .* h'  1./x.^2 .* h'
exp(x).*x  exp(A*x).*y  log(1 + exp(-y.*(A*x)))  sum(log(1 + exp(-y.*(A*x))))  (2*x).^2  2 .^ x  diag(x)  diag(S)
diag(x)*S*diag(h)  tr(S)  tr(A*B*C)  tr(A'*A)/2  sum(A)  sum(A, 1)  sum(A, 2)  sum(x.*h')  vec(A)  kron(A, B)
ones(n)  ones(n)'  ones(m, n)  zeros(n)  eye(n)  eye(n) - ones(n, n)/n  ones(2*n)  ones(m*n)  n*x  n^2*a  (n + 1)*x
2*n*a  x/n  norm1(x)  norm2(A*x - y)^2  norm2(x)^3  normF(A)  logdet(S)  det(S)*inv(S)'  softmax(S*x)  logsumexp(x)
mean(A, 1)  var(x)  x[1]  x[2]*h'  h[3]  A[1,2]  A[1,:]  A[:,2]  A[1,:]*x  A[:,1]'  (A*x)[2]  (x')[2]  A[2,:]'
exp(x)[1]  x[1]^2  x + 1  A + a  A + h  A + y  A + h - y  a*x + b  -x + h'  x - h' + 1  x - (h' - 1)  max(0, x)
max(x, h')  relu(A*x)  clip(x, a, b)  (sin(x) + cos(x)).*exp(x)  A*(x.*(h'./(1 + x.^2)))
sigmoid(x).*(1 - sigmoid(x))  (1 - tanh(A*x).^2).*y
"""
CANONICAL = [text for line in LINES.split("\n") for text in line.split("  ") if text]


@pytest.mark.parametrize("line", CANONICAL)
def test_canonical_text_comes_back(line: str) -> None:
    assert text(parse(line, KINDS).expr) == line


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("((a))*(b)", "a*b"),
        ("(x'*y1)*B - -A'", "(x'*y1)*B + A'"),
        ("(A*B)*C", "A*B*C"),
        ("(-a)*b", "-a*b"),
        ("-(a*b)", "-a*b"),
        ("a*(-b)", "-a*b"),
        ("a - (-b)", "a + b"),
        ("(a - b) - c", "a - b - c"),
        ("X'^2", "(X')^2"),
        ("X^2'", "(X^2)'"),
        ("x.^-2", "x.^(-2)"),
        ("2.*x", "2*x"),
        ("x.^2.*h'", "x.^2 .* h'"),
        ("x.*h'./x", "x.*h'./x"),
        ("A*(x.*h')", "A*(x.*h')"),
        ("(1/3)*x", "1/3*x"),
        ("θ'*Σ*θ", "theta'*Sigma*theta"),
        ("[1, 2]", "[1, 2]"),
        ("[1, a; b, 2]", "[[1, a], [b, 2]]"),
        ("[[a, b]]", "[[a, b]]"),
        ("[a; b]'", "[a, b]'"),
    ],
)
def test_text_is_minimal(line: str, expected: str) -> None:
    assert (
        text(parse(line, {**KINDS, "y1": "vector(n)", "X": "matrix(n,n)", "B": "matrix(n,n)"} | NO_A).expr) == expected
    )


NO_A = {"A": "matrix(n,n)", "C": "matrix(n,n)"}


def built() -> dict[str, Expr]:
    """Nodes that no text of the language gives, or that a text would give another way."""
    n_plus_one = size(Dimension.of("n") + Dimension.of(1))
    return {
        "(n + 1)*a": mul(n_plus_one, a),
        "a^(n + 1)": power(a, n_plus_one),
        "a - (n + 1)": add(a, neg(n_plus_one)),
        "1/3": number(Fraction(1, 3)),
        "1/3*a": mul(number(Fraction(1, 3)), a),
        "(1/3)^a": power(number(Fraction(1, 3)), a),
        "-1/3": number(Fraction(-1, 3)),
        "a^(T)": power(a, T),
        "a^(-T)": power(a, neg(T)),
        "x.*h'.*(x.*h')": had(had(x, transpose(h)), had(x, transpose(h))),
        "x./(x./h')": haddiv(x, haddiv(x, transpose(h))),
        "x.^(x.^2)": hadpow(x, hadpow(x, number(2))),
        "a/(b/a)": div(a, div(b, a)),
        "(-x)'": transpose(neg(x)),
        "(A*x)[1]": entry(mul(A, x), 1, None),
        "(x')[2]": entry(transpose(x), None, 2),
        "x[i]": entry(x, "i", None),
        "(-x)[1]": entry(neg(x), 1, None),
        "a - [[a, b], [b, a]]": add(a, neg(stack((a, b, b, a), 2, 2))),
        "pi^2": power(call("pi", (), SCALAR), number(2)),
        "a^(sqrt(b))": power(a, call("sqrt", (b,), SCALAR)),
    }


@pytest.mark.parametrize("expected", built())
def test_hand_built_nodes(expected: str) -> None:
    assert text(built()[expected]) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "0"),
        (12, "12"),
        (Fraction(1, 2), "0.5"),
        (Fraction(5, 4), "1.25"),
        (Fraction(1, 8), "0.125"),
        (Fraction(1, 1000), "0.001"),
        (Fraction(1, 3), "1/3"),
        (Fraction(22, 7), "22/7"),
        (Fraction("6.283185307179586"), "6.283185307179586"),
        (Fraction("0.0625"), "0.0625"),
        (Fraction("1e-7"), "0.0000001"),
        (Fraction(1, 2**60), "1/1152921504606846976"),
    ],
)
def test_numbers(value: int | Fraction, expected: str) -> None:
    assert number_text(value) == expected


@settings(max_examples=300, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**9), depth=st.integers(1, 5))
def test_text_parses_back_to_the_same_expression(seed: int, depth: int) -> None:
    expr = random_expression(seed, depth)
    assert parse(text(expr), KINDS).expr == expr


def test_depth_is_no_limit() -> None:
    deep: Expr = a
    for _ in range(3000):
        deep = div(number(1), add(b, power(deep, number(2))))
    assert text(deep).count("(") == 6000 - 1
    nested: Expr = x
    for _ in range(3000):
        nested = call("sin", (nested,), nested.shape)
    assert text(nested) == "sin(" * 3000 + "x" + ")" * 3000
    assert parse(text(nested), KINDS).expr == nested


def test_text_is_light() -> None:
    code = (
        "import sys, matcalc.printers.text; print([m for m in ('numpy', 'sympy', 'lark', 'ast') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
