r"""LaTeX fragments: plain amsmath, fewest brackets."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expressions import A, a, b, random_expression, x
from matcalc.dimensions import SCALAR
from matcalc.expr import Expr, add, call, div, number
from matcalc.parser import parse
from matcalc.printers.latex import latex
from matcalc.printers.latex_names import name_latex
from matcalc.signature import Parameter

# text, LaTeX
FRAGMENTS = [
    ("2*X'*(X*theta - y)", r"2 X^\top (X \theta - y)"),
    ("-2*X'*y", r"-2 X^\top y"),
    ("0.5*x'*A*x", r"0.5 x^\top A x"),
    ("1/2*x'*A*x", r"\frac{1}{2} x^\top A x"),
    ("(X*w - y)/N", r"\frac{X w - y}{N}"),
    ("2*(3*s)", r"2 (3 s)"),
    ("s*2", r"s \cdot 2"),
    ("inv(A)*y", r"A^{-1} y"),
    ("inv(A)'*y", r"A^{-\top} y"),
    ("inv(X'*X)*X'*y", r"(X^\top X)^{-1} X^\top y"),
    ("inv(A/s)", r"\left(\frac{A}{s}\right)^{-1}"),
    ("inv(A + A')'", r"(A + A^\top)^{-\top}"),
    ("(A^2)'", r"(A^2)^\top"),
    ("A^12", r"A^{12}"),
    ("(s^2)^3", r"(s^2)^3"),
    ("s^(1/2) + s^(-1)", r"s^{1/2} + s^{-1}"),
    ("(s/2)^2", r"\left(\frac{s}{2}\right)^2"),
    ("exp(s)^2", r"\exp(s)^2"),
    ("exp(-s/2)", r"\exp\left(-\frac{s}{2}\right)"),
    ("sqrt(s + 1)", r"\sqrt{s + 1}"),
    ("x.*y", r"x \odot y"),
    ("x.*(A*y)", r"x \odot (A y)"),
    ("x./y", r"x \oslash y"),
    ("1./x.^2", r"1 \oslash x^{\odot 2}"),
    ("A*(x.*y)", r"A (x \odot y)"),
    ("tr(A*B)", r"\operatorname{tr}(A B)"),
    ("diag(x)*A", r"\operatorname{diag}(x) A"),
    ("vec(A)", r"\operatorname{vec}(A)"),
    ("kron(A, B)*x", r"(A \otimes B) x"),
    ("det(A)*inv(A)'", r"\det(A) A^{-\top}"),
    ("norm1(x)", r"\lVert x \rVert_1"),
    ("norm2(A*x - y)^2", r"\lVert A x - y \rVert_2^2"),
    ("norm2(x/s)", r"\left\|\frac{x}{s}\right\|_2"),
    ("abs(s)", r"\lvert s \rvert"),
    ("sigmoid(x)", r"\sigma(x)"),
    ("max(0, x)", r"\max(0, x)"),
    ("sum(x)", r"\operatorname{sum}(x)"),
    ("sum(A, 1)", r"\operatorname{sum}(A, 1)"),
    ("sum(A, 2)", r"\operatorname{sum}(A, 2)"),
    ("x + ones(n)", r"x + \mathbf{1}"),
    ("ones(n)'*A", r"\mathbf{1}^\top A"),
    ("A*ones(n)", r"A \mathbf{1}"),
    ("x*ones(n)'", r"x \mathbf{1}_n^\top"),
    ("x*ones(n)' + A", r"x \mathbf{1}^\top + A"),
    ("ones(n)", r"\mathbf{1}_n"),
    ("ones(m, n)", r"\mathbf{1}_{m \times n}"),
    ("A - eye(n)", r"A - I"),
    ("inv(A + s*eye(n))*x", r"(A + s I)^{-1} x"),
    ("-s*eye(n)", r"-s I_n"),
    ("logdet(A)", r"\log\det(A)"),
    ("abs(x)", r"\operatorname{abs}(x)"),
    ("norm2(A)", r"\operatorname{norm2}(A)"),
    ("normF(A)", r"\lVert A \rVert_F"),
    ("softmax(x)", r"\operatorname{softmax}(x)"),
    ("softmax(A)", r"\operatorname{softmax}_{\mathrm{all}}(A)"),
    ("sigma*(s + 1)", r"\sigma \cdot (s + 1)"),
    ("sigma*sigmoid(s)", r"\sigma \operatorname{sigmoid}(s)"),
    ("f*(s + 1)", r"f \cdot (s + 1)"),
    ("s*(f + 1)", r"s (f + 1)"),
    ("var*x", r"\mathrm{var} \cdot x"),
    ("W1 + W_1", r"\mathrm{W1} + W_1"),
    ("e^s", r"{e}^s"),
    ("s*d/(d*b)", r"\frac{s d}{d b}"),
    ("d*s/(d*b)", r"\frac{{d s}}{d b}"),
    ("A + zeros(n, n)", r"A + \mathbf{0}_{n \times n}"),
    ("pi*s", r"\pi s"),
    ("W1'*x_0", r"W_1^\top x_0"),
    ("lambda*x", r"\lambda x"),
    ("returns'*covariance*w", r"\mathrm{returns}^\top \, \mathrm{covariance} \, w"),
    ("x[1]*y", r"[x]_{1} y"),
    ("A[1,2]", r"A_{1,2}"),
    ("W1[1,:]*y", r"[W_1]_{1,:} y"),
    ("[s, 1; 2, s]", r"\begin{bmatrix} s & 1 \\ 2 & s \end{bmatrix}"),
    ("a - (b - c)", r"a - (b - c)"),
    ("dot(x, y)", r"\langle x, y \rangle"),
    ("pinv(A)*y", r"A^{+} y"),
    ("pinv(A + B)", r"(A + B)^{+}"),
    ("pinv(A)'", r"(A^{+})^\top"),
]
KINDS = (
    dict.fromkeys(["A", "B"], "matrix(n,n)")
    | dict.fromkeys(["W1", "W_1"], "matrix(n,n)")
    | {
        "s": "scalar",
        "covariance": "matrix(n,n)",
        "sigma": "scalar",
        "var": "scalar",
    }
)


@pytest.mark.parametrize(("line", "expected"), FRAGMENTS)
def test_fragments(line: str, expected: str) -> None:
    assert latex(parse(line, KINDS).expr) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("x", "x"),
        ("x_0", "x_0"),
        ("W12", "W_{12}"),
        ("theta", r"\theta"),
        ("Sigma_k", r"\Sigma_k"),
        ("Omega", r"\Omega"),
        ("Alpha", r"\mathrm{Alpha}"),
        ("omicron", r"\mathrm{omicron}"),
        ("θ", r"\theta"),
        ("x_max", r"x_{\mathrm{max}}"),
        ("x_beta", r"x_{\beta}"),
        ("l0", "l_0"),
        ("yhat", r"\hat{y}"),
        ("betahat_i", r"\hat{\beta}_i"),
        ("xbar", r"\bar{x}"),
        ("hat", r"\mathrm{hat}"),
        ("h_t_minus_1", "h_{t-1}"),
        ("I_n", r"\mathrm{I\_n}"),
        ("var_a_b", r"\mathrm{var}_{\mathrm{a\_b}}"),
    ],
)
def test_names(name: str, expected: str) -> None:
    assert name_latex(name) == expected


def book(template: str | None) -> SimpleNamespace:
    """A rulebook with one function `f` of one operand."""
    function = SimpleNamespace(latex=template, parameters=(Parameter("x"),))
    return SimpleNamespace(function=lambda name, args: function)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (None, r"\operatorname{f}(a + b)"),
        (r"\phi", r"\phi(a + b)"),
        (r"\phi\left(${x}\right)", r"\phi(a + b)"),
        (r"\sqrt{${x}}", r"\sqrt{a + b}"),
        (r"${x}^{+}", r"(a + b)^{+}"),
        (r"1 - ${x}", r"1 - (a + b)"),
        (r"\log\left(1 + ${x}\right)", r"\log(1 + (a + b))"),
        (r"\left|${x}\right|", r"\lvert a + b \rvert"),
    ],
)
def test_templates(template: str | None, expected: str) -> None:
    assert latex(call("f", (add(a, b),), SCALAR), book(template)) == expected


def test_a_tall_operand_gets_growing_brackets() -> None:
    tall = call("f", (div(a, b),), SCALAR)
    assert latex(tall, book(r"\phi\left(${x}\right)")) == r"\phi\left(\frac{a}{b}\right)"
    assert latex(tall, book(None)) == r"\operatorname{f}\left(\frac{a}{b}\right)"


@settings(max_examples=200, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**9), depth=st.integers(1, 5))
def test_fragments_are_well_formed(seed: int, depth: int) -> None:
    written = latex(random_expression(seed, depth))
    assert written.count("{") == written.count("}")
    assert written.count(r"\left") == written.count(r"\right")
    plain = re.sub(r"\\left\(|\\right\)", "", written)
    assert plain.count("(") == plain.count(")")
    assert not has_double_superscript(written)
    assert "$" not in written  # no place of a template is left open


def has_double_superscript(written: str) -> bool:
    """Whether a superscript follows on a superscript, which TeX refuses."""
    for match in re.finditer(r"\^", written):
        at, depth = match.end(), 0
        while at < len(written):
            depth += {"{": 1, "}": -1}.get(written[at], 0)
            at = re.compile(r"\\[A-Za-z]+|.").match(written, at).end()  # type: ignore[union-attr]
            if depth == 0:
                break
        if written[at : at + 1] == "^":
            return True
    return False


def test_the_double_superscript_test_can_fail() -> None:
    assert has_double_superscript(r"A^\top^2")
    assert has_double_superscript(r"A^{-1}^2")
    assert not has_double_superscript(r"(A^{x^2})^\top")


def test_depth_is_no_limit() -> None:
    deep: Expr = x
    for _ in range(3000):
        deep = call("sin", (deep,), deep.shape)
    assert latex(deep).startswith(r"\sin(\sin(")
    assert latex(add(A, number(1))) == "A + 1"
