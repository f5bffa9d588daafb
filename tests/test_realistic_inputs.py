"""Inputs as people type and paste them: the answer and what is said with it, or the error with its mend."""

from __future__ import annotations

from typing import Any

import pytest

import matcalc
from matcalc import differentiate

VECTORS = {"x": "vector(n)", "y": "vector(n)"}
PORTFOLIO = {"covmatr": "symmetric(n)"}

GAUSSIAN = r"\frac12\log\det\Sigma + \frac12 (x-\mu)^\top\Sigma^{-1}(x-\mu)"
LOGISTIC = r"$$\mathcal{L}(\vw)=\frac1N\sum_{i=1}^N \log(1+\exp(-y_i\vw^\top\vx_i))$$"
FACTORS = r"\left\|\mathbf{X}-\mathbf{U}\mathbf{V}^{T}\right\|_F^2"

# text, variable (None where the text names it), kinds and order, answer, words in the notes
ANSWERED: list[tuple[str, str | None, dict[str, Any], str, list[str]]] = [
    # in MATLAB's manner
    ("(X*theta-y)'*(X*theta-y)", "theta", {}, "2*X'*(X*theta - y)", []),
    ("0.5*x'*A*x", "x", {}, "0.5*(A + A')*x", ["with A symmetric this is A*x"]),
    ("norm2(A*x-y)^2", "x", {}, "2*A'*(A*x - y)", []),
    ("sum(log(exp(-y.*(X*w)) + vector(1)))", "w", {}, "-X'*(y.*sigmoid(-y.*(X*w)))", ["1 is enough"]),
    ("tr(A'*inv(X))", "X", {"A": "symmetric(n)", "X": "symmetric(n)"}, "-inv(X)*A*inv(X)", ["symmetric"]),
    (
        "((weight'*returns)-(riskless)')/(weight'*covmatr*weight).^0.5",
        "weight",
        PORTFOLIO,
        "s = weight'*covmatr*weight; (s*returns - (returns'*weight - riskless)*covmatr*weight)/s^1.5",
        ["riskless is read as scalar"],
    ),
    (
        "y' * log(x * exp(theta) / sum(exp(theta))) - 1/18 * theta' * theta",
        "theta",
        {"x": "matrix(m,n)"},
        "exp(theta).*(x'*(y./(x*exp(theta)))) - sum(y)*softmax(theta) - theta/9",
        [],
    ),
    ("norm2(W*z-v)^2", "z", {}, "2*W'*(W*z - v)", []),
    ("norm2(W*z-v)^2", "W", {}, "2*(W*z - v)*z'", []),
    ("-exp(-(x-x0)'*D*(x-x0))", "x", {"D": "symmetric(n)"}, "2*exp(-(x - x0)'*D*(x - x0))*D*(x - x0)", []),
    (
        "(1-l0/norm2(p-q))*(p-q)",
        "p",
        {"l0": "scalar"},
        "r = p - q; eye(n) - l0*(eye(n)/norm2(r) - r*r'/norm2(r)^3)",
        [],
    ),
    # in NumPy's manner
    ("(X @ w - y).T @ (X @ w - y) / n", "w", {}, "2*X'*(X*w - y)/n", ["n is read as a scalar"]),
    ("np.sum(np.log(1 + np.exp(-y * (X @ w))))", "w", {}, "-X'*(y.*sigmoid(-y.*(X*w)))", ["NumPy style"]),
    ("np.linalg.norm(A @ x - b)**2", "x", {}, "2*A'*(A*x - b)", []),
    ("np.trace(A @ np.linalg.inv(X) @ B)", "X", {}, "-inv(X)'*A'*B'*inv(X)'", []),
    ("x.T @ A @ x", "x", {"A": "n n", "order": 2}, "A + A'", []),
    # with Unicode
    ("½ xᵀAx − bᵀx", "x", {}, "0.5*(A + A')*x - b", ["Ax is read as a product"]),
    ("‖Aθ − y‖² + λ‖θ‖²", "θ", {}, "2*(A'*(A*theta - y) + lambda*theta)", []),
    ("‖Aθ − y‖² + λ‖θ‖²", "θ", {"order": 2}, "2*(A'*A + lambda*eye(n))", []),
    ("tr(S Σ⁻¹) + log|Σ|", "Σ", {}, "(inv(Sigma) - inv(Sigma)*S*inv(Sigma))'", ["determinant"]),
    ("sum(x ⊙ y ⊙ z)", "x", {}, "y.*z", []),
    # out of papers
    (r"\|y - X\beta\|_2^2 + \lambda\|\beta\|_1", "beta", {}, "2*X'*(X*beta - y) + lambda*sign(beta)", []),
    (GAUSSIAN, "mu", {"Sigma": "spd(n)"}, "inv(Sigma)*(mu - x)", []),
    (GAUSSIAN, "Sigma", {"Sigma": "spd(n)"}, "0.5*(inv(Sigma) - inv(Sigma)*(x - mu)*(x - mu)'*inv(Sigma))", []),
    (LOGISTIC, None, {}, "-sum_i(y_i*sigmoid(-y_i*w'*x_i)*x_i)/N", [r"\mathcal{L}(\vw) = is left out"]),
    (FACTORS, "U", {}, "2*(U*V' - X)*V", []),
    (FACTORS, "V", {}, "2*(V*U' - X')*U", []),
    (r"\nabla_x\,(Ax-b)^T(Ax-b)", None, {}, "2*A'*(A*x - b)", ["asks for the derivative by x"]),
    (r"\frac{\partial}{\partial X}\det(AXB)", None, {}, "det(A*X*B)*A'*inv(A*X*B)'*B'", ["by X"]),
    # slips that are understood
    ("X^T*X", "X", {"order": 1}, "[k,l,i,j] X[i,k]*eye(n)[l,j] + X[i,l]*eye(n)[k,j]", ["^T is read as the transpose"]),
    ("(X*theta - y)'(X*theta - y)", "theta", {}, "2*X'*(X*theta - y)", []),
    ("trace(A*inverse(X))", "X", {}, "-inv(X)'*A'*inv(X)'", []),
    ("transpose(x)*A*x", "x", {}, "(A + A')*x", []),
    ("ln(x'*x)", "x", {}, "2*x/(x'*x)", []),
    ("fro(A)", "A", {}, "A/normF(A)", []),
    ("Norm(x)", "x", {}, "x/norm2(x)", []),
    ("tr(B'*log(A))", "A", {"A": "matrix(n,n) positive", "B": "matrix(n,n)"}, "B./A", ["logm"]),
    ("inv(X)", "X", {}, "[k,l,i,j] -inv(X)[j,l]*inv(X)[k,i]", []),
    ("A*x", "A", {}, "[k,i,j] x[j]*eye(m)[k,i]", []),
    ("x'", "x", {}, "eye(n)", []),
    ("1/(1+exp(-w'*x))", "w", {}, "sigmoid(x'*w)*sigmoid(-x'*w)*x", []),
    ("x'*x*v", "x", {"v": "vector(m)"}, "2*v*x'", []),
    # further pairs
    ("-sum(t.*log(softmax(h*U+b)))", "U", {"h": "row(n)"}, "h'*(sum(t)*softmax(h*U + b) - t)", []),
    ("-t'*log(softmax(z))", "z", {}, "sum(t)*softmax(z) - t", []),
    ("-t'*log(softmax(z))", "z", {"order": 2}, "sum(t)*(diag(softmax(z)) - softmax(z)*softmax(z)')", []),
    ("x/norm2(x)", "x", {"x": "vector(n)"}, "eye(n)/norm2(x) - x*x'/norm2(x)^3", []),
    ("sum(X.^2,1)*a", "X", {"a": "vector(n)"}, "2*X*diag(a)", []),
    ("norm2(X'-A)^2", "X", {}, "2*(X - A')", []),
    ("w*w'*v - (w'*w)*v", "w", {}, "(v'*w)*eye(n) - 2*v*w' + w*v'", []),
]

# text, variable, kinds, kind of error, words in the message
REFUSED: list[tuple[str, str, dict[str, str], type[matcalc.MatcalcError], list[str]]] = [
    (
        "torch.nn.functional.mse_loss(X @ W, Y)",
        "W",
        {},
        matcalc.UnknownNameError,
        ["unknown function 'mse_loss'", "mean((X @ W - Y).^2)"],
    ),
    ("x^-1", "x", {"x": "vector(n)"}, matcalc.ShapeError, ["1./x"]),
    ("x^{-1}", "x", {"x": "vector(n)"}, matcalc.ShapeError, ["1./x", "pinv(x)", "\n  x^{-1}\n  ^"]),
    (
        "A*x + b",
        "x",
        {"A": "matrix(3,4)", "x": "vector(3)"},
        matcalc.ShapeError,
        ["A is 3 x 4 and x is 3 x 1", "inner sizes 4 and 3", "A'*x", "\n  A*x + b\n  ^^^\n"],
    ),
    ("sigmod(w'*x)", "w", {}, matcalc.UnknownNameError, ["'sigmod'", "did you mean sigmoid?"]),
    ("xAx", "x", {}, matcalc.UnknownNameError, ["xAx is one name", "x'*A*x"]),
    ("norm(x*y)", "x", VECTORS, matcalc.ShapeError, ["x'*y", "x*y'", "x.*y"]),
    ("phi*-(1/6)*phi*phi*phi", "phi", {}, matcalc.ShapeError, ["phi: matrix(n,n)"]),
    ("X*theta - y = 0", "theta", {}, matcalc.ParseError, ["equation", "norm2(X*theta - y)^2", "matcalc solve"]),
    ("x'*x", "z", {}, matcalc.UnknownNameError, ["'z' is neither used nor declared"]),
]


@pytest.mark.parametrize(("text", "wrt", "settings", "wanted", "said"), ANSWERED)
def test_answer(text: str, wrt: str | None, settings: dict[str, Any], wanted: str, said: list[str]) -> None:
    kinds = {name: kind for name, kind in settings.items() if name != "order"}
    answer = differentiate(text, wrt, order=settings.get("order", 1), variables=kinds)
    assert answer.text == wanted
    assert answer.check(seed=2).verdict == "ok"
    notes = "\n".join(answer.notes)
    assert [word for word in said if word not in notes] == []


@pytest.mark.parametrize(("text", "wrt", "kinds", "error", "words"), REFUSED)
def test_error(text: str, wrt: str, kinds: dict[str, str], error: type[matcalc.MatcalcError], words: list[str]) -> None:
    with pytest.raises(error) as caught:
        differentiate(text, wrt, variables=kinds)
    message = str(caught.value)
    assert [word for word in words if word not in message] == []
