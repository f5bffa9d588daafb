r"""LaTeX in: every form that is read, what it means in the text language, and errors that point into the LaTeX."""

from __future__ import annotations

import subprocess
import sys

import pytest

import matcalc
from matcalc.latex.detection import is_latex
from matcalc.parser import parse
from matcalc.printers.text import text

SQUARE = dict.fromkeys("ABCSX", "matrix(n,n)") | dict.fromkeys(["x", "y", "z", "b", "mu"], "vector(n)")
SCALARS = dict.fromkeys(["s", "t", "lambda", "sigma_f"], "scalar")
KINDS = SQUARE | SCALARS | {"W": "matrix(m,n)", "v": "vector(m)", "dX": "matrix(n,n)", "dx_1": "vector(n)"}

# LaTeX, the same in the text language; both are read with KINDS
READ = [
    # fonts, macros of styles, accents
    (r"\mathbf{x}^\top\bm{A}\boldsymbol{x}", "x'*A*x"),
    (r"\mathbf x^\top \mathbf A \mathbf x", "x'*A*x"),
    (r"\mathit{x}^\top \mathsf{A} \mathcal{B} \vec{y}", "x'*A*B*y"),
    (r"{\bf x}^\top{\bf A x}", "x'*(A*x)"),
    (r"\mathbf{Ax}", "A*x"),
    (r"\mathbf{A \hat{x}} + \mathbf{\hat{x}_1}", "A*xhat + xhat_1"),
    (r"\hat{\mathbf{x}_1}^\top \hat{\mathbf{x}}_{2}", "xhat_1'*xhat_2"),
    (r"\vx^\top\mA\vx + \vmu^\top\vmu", "x'*A*x + mu'*mu"),
    (r"\bx^\top\bA\bx", "x'*A*x"),
    (r"\hat y^\top \bar{x}", "yhat'*xbar"),
    (r"\hat{\mathbf{y}}_1^\top \tilde{\bm x}", "yhat_1'*xtilde"),
    (r"\widehat{\beta}^\top\mu", "betahat'*mu"),
    (r"\mathrm{returns}^\top x", "returns'*x"),
    (r"\text{loss} + s", "loss + s"),
    (r"\operatorname{tr}(A^\top \mathrm{d}X) + \mathrm{d}x_1^\top y", "tr(A'*dX) + dx_1'*y"),
    # Greek, subscripts and labels
    (r"\varepsilon^2 + \theta^\top\theta", "epsilon^2 + theta'*theta"),
    (r"x_0^\top W_1 x_{\text{max}} + W_{12} v", "x_0'*W_1*x_max + W_12*v"),
    (r"x_{\mathrm{old}}^\top x_{k+1} + s_{t-1}", "x_old'*x_k_plus_1 + s_t_minus_1"),
    (r"W^{(1)} x^{(i)}", "W_1*x_i"),
    (r"{w^*}'x + {w^\star}^\top x", "wstar'*x + wstar'*x"),
    (r"W^{[2]} x^{(i)} + x_1^{(i)\top} x", "W_2*x_i + x_1_i'*x"),
    (r"\theta^{\text{old}} + \theta_{\mathrm{new}}", "theta_old + theta_new"),
    (r"\sigma_{1,2} + \sigma_{21}", "sigma_1_2 + sigma_21"),
    # transposes and inverses
    (r"x^T y + x^\top y + x^\intercal y + x^{\mathsf{T}} y + x^\mathrm{T} y + x^{\rm T} y + x^\prime y + x'y", None),
    (r"A^{-1}x", "inv(A)*x"),
    (r"A^{-\top}x", "inv(A)'*x"),
    (r"A^{-T}x", "inv(A)'*x"),
    (r"(A^\top)^{-1}x", "inv(A')*x"),
    (r"A^{+} x", "pinv(A)*x"),
    (r"A \backslash x", r"A\x"),
    (r"A^2 x", "A^2*x"),
    # norms, bars, inner products
    (
        r"\|x\|_2^2 + \lVert x\rVert^2 + \Vert x\Vert + \left\|x\right\|_1",
        "norm2(x)^2 + norm2(x)^2 + norm2(x) + norm1(x)",
    ),
    (r"||x||_2 + \|A\|_F^2 + \|A\|_{\mathrm{F}}", "norm2(x) + normF(A)^2 + normF(A)"),
    (r"\|x\|^2_2", "norm2(x)^2"),
    (r"|s| + \lvert s \rvert + \left|s\right|", "abs(s) + abs(s) + abs(s)"),
    (r"|A|", "det(A)"),
    (r"|s||t|", "abs(s)*abs(t)"),
    (r"\|x\|\|y\|", "norm2(x)*norm2(y)"),
    (r"\langle x, Ay\rangle + \left\langle x,y \right\rangle", "dot(x, A*y) + dot(x, y)"),
    (r"\langle A, B\rangle_F", "sum(A.*B)"),
    (r"\|x - \mu\|_{A^{-1}}^2", "(x - mu)'*inv(A)*(x - mu)"),
    (r"\|x\|_A", "sqrt(x'*A*x)"),
    # fractions and roots
    (r"\frac{1}{2}s + \tfrac12 s + \dfrac s2 + \frac1{2}s + {s \over 2}", "1/2*s + 1/2*s + s/2 + 1/2*s + s/2"),
    (r"1/2 x^\top A x", "1/2*x'*A*x"),
    (r"\sqrt{s} + \sqrt[3]{s} + \sqrt 2", "sqrt(s) + s^(1/3) + sqrt(2)"),
    # sizes of brackets, blanks
    (r"\left(x + y\right)^\top \bigl[x\bigr] \Big\{ s \Big\}", "(x + y)'*x*s"),
    (r"x\,+\;y\:\!\quad\qquad + ~ z", "x + y + z"),
    (r"2{}s", "2*s"),
    # products
    (r"2 x^\top x s", "2*x'*x*s"),
    (r"x \odot A y \circ z", "x.*(A*y).*z"),
    (r"x \oslash y", "x./y"),
    (r"A \otimes B", "kron(A, B)"),
    (r"2\cdot 3 \times s", "2*3*s"),
    (r"x \cdot y", "dot(x, y)"),
    (r"Ax \cdot y", "dot(A*x, y)"),
    (r"x^{\odot 2} + x^{\circ 2}", "x.^2 + x.^2"),
    (r"s(s+1)(s - 1)", "s*(s + 1)*(s - 1)"),
    # functions
    (r"\exp(x) + \log x + \ln{x} + \tanh\left(Ax\right)", "exp(x) + log(x) + log(x) + tanh(A*x)"),
    (r"\log\det A + \ln\det(A) + \log|A|", "logdet(A) + logdet(A) + log(det(A))"),
    (r"\operatorname{tr}(A) + \mathrm{tr}(A) + \text{tr}(A) + \tr(A) + \Tr{A} + \mathop{\rm tr} A", None),
    (r"\operatorname{tr} A^\top B", "tr(A'*B)"),
    (r"\operatorname{diag}(x)y + \mathrm{diag}(A)", "diag(x)*y + diag(A)"),
    (r"\sin^2 s + \cos^{2}(s)", "sin(s)^2 + cos(s)^2"),
    (r"\sin 2s \cos t", "sin(2*s)*cos(t)"),
    (r"\log_2 s + \log_{10}(s)", "log2(s) + log10(s)"),
    (r"\log 2\pi s", "log(2*pi*s)"),
    (r"\max(0, x) + \min\{s, t\}", "max(0, x) + min(s, t)"),
    (r"[1 - s]_+ + \left[s\right]^+", "relu(1 - s) + relu(s)"),
    (r"\sigma(Ax)", "sigmoid(A*x)"),
    (r"\sigma \cdot (s + t)", "sigma*(s + t)"),
    (r"\Phi(s) + \Gamma(t)", "normcdf(s) + gamma(t)"),
    (r"\mathbf{1}_{>0}(x)", "step(x)"),
    (r"e^{-s} + \mathrm{softmax}(x)", "exp(-s) + softmax(x)"),
    (r"e^\top e", "e'*e"),
    (r"e_1^\top x + \exp(s)", "e_1'*x + exp(s)"),
    (r"\left|\left|x\right|\right|_2^2 + \bigl|\bigl|x\bigr|\bigr|", "norm2(x)^2 + norm2(x)"),
    (r"{\rm tr}(A) + \mathop{\mathrm{tr}}\nolimits(A)", "tr(A) + tr(A)"),
    (r"tr(AB) + diag(x)y", "tr(A*B) + diag(x)*y"),
    # ones and identities
    (r"\mathbf{1}^\top x", "ones(n)'*x"),
    (r"x + \mathbf 1 + \bm{1} + \vone", "x + ones(n) + ones(n) + ones(n)"),
    (r"\mathbf{1}_n\mathbf{1}_n^\top + \mathbf{1}_{n \times n}", "ones(n)*ones(n)' + ones(n, n)"),
    (r"x - \mathbf{0}", "x - zeros(n)"),
    (r"A - \lambda I + \mathbf{I} + \mathbb{I} + I_n", "A - lambda*eye(n) + eye(n) + eye(n) + eye(n)"),
    # entries and matrices
    (r"A_{1,2} + [x]_1 + (Ax)_2", "A[1,2] + x[1] + (A*x)[2]"),
    (r"\begin{pmatrix} s & t \\ t & 1 \end{pmatrix}", "[s, t; t, 1]"),
    (r"\left[\begin{array}{c} s \\ t \\ \end{array}\right]", "[s, t]"),
    (r"\begin{vmatrix} s & t \\ t & 1 \end{vmatrix}", "det([s, t; t, 1])"),
    # cases
    (r"\begin{cases} s & \text{if } s > 0, \\ 0 & \text{otherwise.} \end{cases}", "relu(s)"),
    (
        r"\begin{cases} 2x & \text{if } s > t \text{ and } t < 0 \\ 0 & \mbox{else} \end{cases}",
        "2*step(s - t)*step(-t)*x",
    ),
    # what stands around a formula
    (r"$x^\top y$.", "x'*y"),
    (r"$$ x^\top y, $$", "x'*y"),
    (r"\[ x^\top y \]", "x'*y"),
    (r"\(x^\top y\)", "x'*y"),
    (r"\begin{equation}\label{eq:a} x^\top y \nonumber \end{equation}", "x'*y"),
    ("\\begin{align} f(x) &= x^\\top y \\\\ &\\quad + s \\tag{1} \\end{align}", "x'*y + s"),
    (r"\mathcal{L}(x) = x^\top y", "x'*y"),
    (r"J(x) := s^2", "s^2"),
    (r"p(y \mid x, \theta) \propto", None),
    (r"\log p(y|x) = s^2", "s^2"),
    (r"\frac{\partial f}{\partial x} = A x", "A*x"),
    (r"r = Ax - b \\ f = r^\top r", "r = A*x - b; r'*r"),
    (r"r = Ax - b, \quad f = r^\top r.", "r = A*x - b; r'*r"),
    (r"s^2 % a remark", "s^2"),
    (r"\underbrace{x^\top y}_{\text{inner}} + s", "x'*y + s"),
    # leading operators
    (r"\min_x \|Ax - b\|^2 + \lambda\|x\|_1", "norm2(A*x - b)^2 + lambda*norm1(x)"),
    (r"\operatorname*{arg\,min}_{x \in \mathbb{R}^n} x^\top x", "x'*x"),
    (r"\nabla_x x^\top A x", "x'*A*x"),
    (r"\frac{\partial}{\partial x}\left(x^\top A x + b^\top x\right)", "x'*A*x + b'*x"),
    (r"\frac{d}{ds}s^2", "s^2"),
    # sums
    (r"\sum_{i=1}^{N} c_i (u_i^\top x)^2 + s", "sum_{i=1..N}(c_i*(u_i'*x)^2) + s"),
    (r"\frac1N\sum\limits^N_{i=1} \|u_i - \mu\|^2", "1/N*sum_{i=1..N}(norm2(u_i - mu)^2)"),
    (r"\sum_i \sum_j (u_i^\top w_j)^2", "sum_i(sum_j((u_i'*w_j)^2))"),
    (r"\sum_{i,j=1}^{N} (u_i^\top w_j)^2", "sum_{i=1..N}(sum_{j=1..N}((u_i'*w_j)^2))"),
    (r"\sum_i^N c_i^2", "sum_{i=1..N}(c_i^2)"),
    (r"\log\sum_{k} \exp(c_k)", "log(sum_k(exp(c_k)))"),
    (r"-\sum_k c_k \log c_k / N", "-sum_k(c_k*log(c_k)/N)"),
    # macros
    (r"\newcommand{\tr}{\operatorname{tr}} \tr(A)", "tr(A)"),
    (r"\newcommand\norm[1]{\left\|#1\right\|} \norm{x}_2^2", "norm2(x)^2"),
    (r"\def\x{\mathbf{x}}\def\T{^\top} \x\T \x", "x'*x"),
    (r"\newcommand{\ip}[2]{\langle #1, #2 \rangle} \ip{x}{Ay}", "dot(x, A*y)"),
    (r"\DeclareMathOperator{\Tr}{Tr} \Tr(A)", "tr(A)"),
]
ALIKE = {
    READ[17][0]: "x'*y" + " + x'*y" * 7,
    r"\operatorname{tr}(A) + \mathrm{tr}(A) + \text{tr}(A) + \tr(A) + \Tr{A} + \mathop{\rm tr} A": "tr(A)"
    + " + tr(A)" * 5,
}


@pytest.mark.parametrize(("latex", "meaning"), [(a, b or ALIKE[a]) for a, b in READ if b or a in ALIKE])
def test_is_read_as(latex: str, meaning: str) -> None:
    assert parse(latex, KINDS, language="latex").expr == parse(meaning, KINDS, language="matcalc").expr


@pytest.mark.parametrize(
    ("latex", "hint"),
    [
        (r"\nabla_x x^\top x", "x"),
        (r"\nabla_{\theta} \theta^\top\theta", "theta"),
        (r"\nabla_{\mathbf{w}} \|\mathbf{w}\|^2", "w"),
        (r"\frac{\partial}{\partial X} \det(X)", "X"),
        (r"\frac{\partial \operatorname{tr}(AX)}{\partial X}", "X"),
        (r"\frac{\mathrm{d}}{\mathrm{d}t} t^2", "t"),
        (r"\partial_x (x^\top x)", "x"),
        (r"\min_{W_1} \|W_1 x\|^2", "W_1"),
        (r"\arg\min_\beta \|X\beta\|^2", "beta"),
        (r"f(x) = x^\top A x", "x"),
        (r"f(x, y) = x^\top y", None),
        (r"f(z) = x^\top x", None),
        (r"x^\top x", None),
    ],
)
def test_the_variable_that_latex_names(latex: str, hint: str | None) -> None:
    assert parse(latex).wrt_hint == hint


# LaTeX, the piece the caret stands under, a part of the message
REFUSED = [
    (r"\foo{x}", r"\foo", r"the command \foo is not known"),
    (r"\fraq{1}{2}", r"\fraq", "not known"),
    (r"x + \frac{1}", r"\frac", "an argument of \\frac is missing"),
    (r"x + \frac{1}{2", "{", "never closed"),
    (r"x}", "}", "never opened"),
    (r"\begin{align} x", r"\begin{align}", "never closed"),
    (r"\begin{align} x \end{equation}", r"\end{equation}", "is closed by"),
    (r"\begin{foo} x \end{foo}", r"\begin{foo}", "not known"),
    (r"\begin{cases} s & s > 0 \\ 0 & t < 0 \end{cases}", "t", "cannot stand here"),
    (r"\begin{cases} s & s > 0 \\ 1 & \text{otherwise} \end{cases}", "1", "the last of the cases is 0"),
    (r"\begin{cases} s & s \geq 0 \\ 0 & \text{otherwise} \end{cases}", r"\geq", "is not read"),
    (r"\begin{cases} x & x > 0 \\ 0 & \text{otherwise} \end{cases} + \mathbf{x}^\top", r"\mathbf{x}", "two ways"),
    (r"\begin{Vmatrix} s \end{Vmatrix}", r"\begin{Vmatrix}", "is not read"),
    (r"y + \left( x \right]", r"\left(", "is closed by"),
    (r"y + \left( x", r"\left(", "never closed"),
    (r"x \right)", r"\right)", "never opened"),
    (r"\|x", r"\|", "never closed"),
    (r"\sqrt{}", r"\sqrt{}", "empty"),
    (r"\hat{AB}", r"\hat{AB}", "single letter"),
    (r"\hat{\mathbf{x} y}", r"\hat{\mathbf{x} y}", "single letter"),
    (r"x + ", "+", "was expected after"),
    (r"x_", "_", "missing"),
    (r"x__1", "_", "missing"),
    (r"x^12", "^12", "only the 1"),
    (r"W1 x", "W1", "right behind a name"),
    (r"x > 0", ">", "is not read"),
    (r"x, y", ",", "cannot stand here"),
    (r"x = y = ", "=", "on both sides"),
    (r"Ax = b", "Ax = b", "this is an equation"),
    (r"f(x) + 1", "f", "looks like a function"),
    (r"d(x^\top A x)", "d", "looks like a function"),
    (r"5\%", r"\%", "not known"),
    (r"a + J(\theta)", "J", "looks like a function"),
    (r"\sigma'(x)", r"\sigma'", "derivative of a function"),
    (r"\sigma(x) + \sigma^2", r"\sigma", "stands for a function here and for a variable"),
    (r"\operatorname{foo}(x)", r"\operatorname{foo}", "unknown function"),
    (r"Var(x)", "Var", "is not known"),
    (r"exp x", "exp", "product of e and x and p"),
    (r"trA", "trA", "product of letters"),
    (r"1e-3x", "1e", "a letter"),
    (r"\mathbf{x} + x", "x", "written in two ways, bold and plain"),
    (r"\log x (1 - y)", r"\log x (1 - y)", "how far does \\log reach?"),
    (r"x^\top y / x^\top x", r"x^\top y / x^\top x", "what does the stroke divide by?"),
    (r"s/2\sigma^2 t", r"s/2\sigma^2", "what does the stroke divide by?"),
    (r"A \otimes B x", r"A \otimes B x", "two ways"),
    (r"A \odot B \cdot C", r"A \odot B \cdot C", "two ways"),
    (r"\nabla_x x^\top x + y", "+", "how far does the derivative reach?"),
    (r"\frac{\partial^2}{\partial x^2} x", r"\frac{\partial^2}{\partial x^2}", "second derivative"),
    (r"\nabla^2 x^\top x", r"\nabla^2", "second derivative"),
    (r"x + \nabla_x y", r"\nabla", "inside of a formula"),
    (r"\max_i x_i", r"\max_i", "does not occur"),
    (r"x + \max_i x_i", "_i", "over an index"),
    (r"\sum x_i", r"\sum", "needs its index"),
    (r"\sum_{i \in S} x_i", r"_{i \in S}", "runs over"),
    (r"\sum_i x_i + y_i", "y_i", "outside of the sum over i"),
    (r"\prod_i x_i", r"\prod", "products over an index"),
    (r"\mathbb{E}[x]", r"\mathbb{E}", "expectations"),
    (r"x^\top y \text{ when } y = 1", r"\text{ when }", "words"),
    (r"\min_x s \text{ s.t. } x", r"\text{ s.t. }", "constraints"),
    (r"$x$ and $y$", "a", "outside of the formula"),
    (r"$x", "$", "never closed"),
    (r"x''", "''", "more than one prime"),
    (r"A^*x", "^*", "a star"),
    (r"A_{1,2}^{-1}", "^{-1}", "an entry first, or a power first"),
    (r"A^{-1}_{ij}", "^{-1}", "an entry first, or a power first"),
    (r"\pi^\top r", r"\pi", "pi is the number"),
    (r"\boldsymbol{\pi}", r"\boldsymbol{\pi}", "pi is the number"),
    (r"x \frac{dy}{dx}", r"\frac{dy}{dx}", "inside of a formula"),
    (r"\Delta x", r"\Delta", "a difference"),
    (r"\lambda_{\max}(A + B)", r"\lambda", "looks like a function"),
    (r"s \circ f", r"\circ", "functions of functions"),
    (r"(1 - s)^+", "(1 - s)^+", "the positive part or the pseudoinverse"),
    (r"x^\top x \quad (12)", "(12)", "the number of the equation"),
    (r"e^{A}", "e^{A}", "e to the power of a matrix"),
    (r"\|X\|_1", r"\|X\|_1", "1"),
    (r"A^H x", "^H", "conjugate"),
    (r"\sin^{-1} x", "^{-1}", "superscript"),
    (r"\exp -x", r"\exp", "needs an argument"),
    (r"\mathbf{1} + 2", r"\mathbf{1}", "the size of"),
    (r"\operatorname{softmax}(X)", r"\operatorname{softmax}(X)", "two ways"),
    (r"x & y", "&", "outside of a matrix"),
    (r"r = Ax \\ x^\top y", r"x^\top y", "go on the line before"),
    (r"\newcommand{\a}{\b}\newcommand{\b}{\a} \a", r"\a", "no end"),
    (r"\mathbf{x}\mathbf{y}", r"\mathbf{x}\mathbf{y}", "the inner sizes"),
    (r"\|x\|_p", r"\|x\|_p", "norm"),
    ("", "", "empty"),
    (",", ",", "no expression"),
    (r"\quad", r"\quad", "no formula"),
]


@pytest.mark.parametrize(("latex", "piece", "message"), REFUSED)
def test_an_error_points_into_the_latex(latex: str, piece: str, message: str) -> None:
    with pytest.raises(matcalc.MatcalcError) as caught:
        parse(latex, language="latex")
    error = caught.value
    assert message in error.message
    assert error.position is not None
    start, end = error.position
    assert latex[start:end] == piece


def test_most_errors_say_what_to_type() -> None:
    silent = []
    for latex, _, _ in REFUSED:
        with pytest.raises(matcalc.MatcalcError) as caught:
            parse(latex, language="latex")
        if not (caught.value.suggestion or caught.value.expected):
            silent.append(latex)
    assert len(silent) <= len(REFUSED) // 4, silent


@pytest.mark.parametrize(
    ("latex", "note"),
    [
        (r"\sigma(x)", r"\sigma(...) is read as sigmoid"),
        (r"\mathcal{L}(w) = w^\top w", r"\mathcal{L}(w) = is left out"),
        (r"\min_w w^\top w", r"\min_w is left out: by w"),
        (r"\nabla_x x^\top x", r"\nabla_x asks for the derivative by x"),
        (r"x^{(1)} + 1", "x^{(1)} is read with the name x_1"),
        (r"x \cdot y", r"x \cdot y is read as the inner product"),
        (r"\log x s", r"\log x s is read as log of x s"),
        (r"X\beta", r"\beta is read as LaTeX: a Greek letter, and no division from the left"),
        (r"f = x^\top x = y", "what stands after the second = is left out: y"),
        (r"A^\dagger x", r"\dagger is read as the pseudoinverse"),
        (r"\mathbf{1}_N^\top x", r"\mathbf{1}_N is read as ones of that size"),
        (r"I_k - A^\top", "I_k is read as the identity of that size"),
        (r"X^\top X + s", "s is added to every entry; a multiple of the identity is written s I"),
        (r"1/N \|x\|^2", r"1/N \|x\|^2 is read as (1/N) times \|x\|^2"),
    ],
)
def test_a_note_says_how_it_was_read(latex: str, note: str) -> None:
    assert note in parse(latex, {"s": "scalar"}).notes


def test_bold_letters_are_vectors_and_matrices() -> None:
    found = parse(r"\|\mathbf{a}\|^2 + \|a_1\|^2 + \|\boldsymbol{\alpha}\|^2 + \|\hat{\theta}\|^2").symbols
    kinds = {name: symbol.kind.structure for name, symbol in found.items()}
    assert kinds == {"a": "vector", "a_1": "scalar", "alpha": "vector", "thetahat": "vector"}
    found = parse(r"\log(y\mathbf{w}^\top\mathbf{x}) + \hat{z}^2").symbols
    kinds = {name: symbol.kind.structure for name, symbol in found.items()}
    assert kinds == {"y": "scalar", "w": "vector", "x": "vector", "zhat": "scalar"}
    assert parse(r"\log(y\theta^\top\beta)").symbols["y"].kind.structure == "vector"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (r"\frac{1}{2}x", True),
        (r"X\beta", True),
        ("$x$", True),
        ("x^{T}x", True),
        (r"\x", True),
        (r"\|x\|", True),
        (r"A\b", False),
        (r"A\bx", False),
        (r"A \ b", False),
        (r"(A + B)\(b + c)", False),
        (r"A'\b", False),
        ("x'*A*x", False),
        ("||x||_{2}", False),
    ],
)
def test_detection(line: str, expected: bool) -> None:
    assert is_latex(line) is expected


def test_the_language_can_be_said() -> None:
    assert text(parse(r"A\beta", language="matcalc").expr) == "inv(A)*beta"
    assert text(parse(r"A\beta", language="latex").expr) == "A*beta"
    assert text(parse("Ax", language="latex").expr) == "A*x"
    with pytest.raises(matcalc.MatcalcError, match="no language"):
        parse("x", language="tex")


def test_declared_names_settle_what_latex_leaves_open() -> None:
    assert set(parse("W_1 x", {"W1": "matrix(m,n)"}, language="latex").symbols) == {"W1", "x"}
    assert text(parse("s^T", {"s": "scalar", "T": "scalar"}, language="latex").expr) == "s^(T)"
    assert text(parse(r"\sigma(s)", {"s": "scalar", "sigma": "scalar"}).expr) == "sigma*s"
    assert text(parse("e^{s}", {"s": "scalar", "e": "scalar"}).expr) == "e^s"
    assert text(parse("I x", {"I": "matrix(m,n)"}, language="latex").expr) == "I*x"
    assert text(parse(r"f(x)", {"f": "scalar"}, language="latex").expr) == "f*x"


def test_the_derivative_that_latex_asks_for() -> None:
    assert matcalc.differentiate(r"\nabla_x\,(Ax-b)^T(Ax-b)").text == "2*A'*(A*x - b)"
    answer = matcalc.differentiate(r"\frac{\partial}{\partial X}\det(AXB)")
    assert answer.text == "det(A*X*B)*A'*inv(A*X*B)'*B'"
    assert matcalc.differentiate(r"\min_x x^\top A x", "A").text == "x*x'"


def test_an_operator_and_another_variable_clash() -> None:
    with pytest.raises(matcalc.MatcalcError, match="asks for the derivative by x"):
        matcalc.differentiate(r"\nabla_x x^\top A x", "A")
    with pytest.raises(matcalc.MatcalcError, match="asks for a derivative"):
        matcalc.evaluate(r"\nabla_x x^\top x", {"x": [1.0, 2.0]})


DEEP = 2000


@pytest.mark.parametrize(
    "latex",
    [
        "(" * DEEP + "s" + ")" * DEEP,
        "{" * DEEP + "s" + "}" * DEEP,
        r"\left(" * DEEP + "s" + r"\right)" * DEEP,
        r"\frac{1}{1 + " * DEEP + "s" + "}" * DEEP,
        r"\mathbf{1 + " * DEEP + "s" + "}" * DEEP,
        r"\sin " * DEEP + "s",
        "2^{" * DEEP + "s" + "}" * DEEP,
        "e^{" * DEEP + "s" + "}" * DEEP,
        "+".join(["s"] * DEEP),
        "-" * DEEP + "s",
        r" \\ ".join([r"a_{1} = \theta^\top\theta"] + [f"a_{{{k + 1}}} = a_{{{k}}}^2" for k in range(1, DEEP)]),
    ],
    ids=lambda latex: latex[:12],
)
def test_depth_is_no_limit(latex: str) -> None:
    assert parse(latex, {"s": "scalar"}, language="latex").expr.is_scalar


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "matcalc", *arguments], capture_output=True, text=True, timeout=60)


def test_the_command_line_reads_latex() -> None:
    done = run("diff", r"\nabla_x\,\|Ax - b\|_2^2")
    assert done.stdout == "2*A'*(A*x - b)\n"
    assert "asks for the derivative by x" in done.stderr
    assert run("diff", "x^TAx", "--from", "latex", "--wrt", "x").stdout == "(A + A')*x\n"
    assert run("diff", r"A\beta", "--from", "matcalc", "--wrt", "beta").stdout == "inv(A)\n"
    assert run("eval", r"\mathbf{x}^\top\mathbf{x}", "--at", "x=[1, 2]").stdout == "5.0\n"
    failed = run("diff", r"\frac{1}{2")
    assert failed.returncode == 2
    assert "'{' is never closed" in failed.stderr


def test_reading_latex_loads_neither_numpy_nor_lark_again() -> None:
    code = (
        "import sys, matcalc; matcalc.differentiate(r'\\|A x\\|^2', 'x').text;"
        "print([m for m in ('numpy', 'sympy', 'lark') if m in sys.modules])"
    )
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"A P x, \quad \text{where } P = \exp(A)", "A*exp(A)*x"),
        (r"A P x \text{ where } P = \exp(A).", "A*exp(A)*x"),
        (r"r^\top r, \quad \text{where } u = A x, \; r = u - b", "(A*x - b)'*(A*x - b)"),
        (r"f = r^\top r, \\ \text{where } r = A x - b", "(A*x - b)'*(A*x - b)"),
        (r"P (A + B) x, \text{where } P = A^{-1}", "inv(A)*(A + B)*x"),
    ],
)
def test_definitions_behind_the_formula(latex: str, text: str) -> None:
    assert parse(latex, language="latex").expr == parse(text).expr


def test_definitions_behind_the_formula_come_in_order() -> None:
    with pytest.raises(matcalc.MatcalcError, match="A is used before it is defined"):
        parse(r"r^\top r, \quad \mathrm{where} \; r = A x - b, \; A = 2 B", language="latex")
