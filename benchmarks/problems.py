"""Twelve standard problems, as matcalc takes them and as SymPy does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# name -> (text, variable, order)
PROBLEMS: dict[str, tuple[str, str, int]] = {
    "least squares": ("(X*theta-y)'*(X*theta-y)", "theta", 1),
    "quadratic form": ("x'*A*x", "x", 1),
    "logistic gradient": ("sum(log(1+exp(-y.*(X*w))))", "w", 1),
    "logistic Hessian": ("sum(log(1+exp(-y.*(X*w))))", "w", 2),
    "ridge": ("norm2(X*w-y)^2 + a*norm2(w)^2", "w", 1),
    "matrix factorisation": ("norm2(T-U*V')^2", "U", 1),
    "tr(B*Z*C)": ("tr(B*Z*C)", "Z", 1),
    "logdet(Z)": ("logdet(Z)", "Z", 1),
    "Gaussian process": ("logdet(K) + y'*inv(K)*y", "K", 1),
    "tr(S'*A*S)": ("tr(S'*A*S)", "S", 1),
    "two-layer network": ("norm2(W2*tanh(W1*x) - y)^2", "W1", 1),
    "log-sum-exp": ("log(sum(exp(D*x)))", "x", 1),
}


def in_sympy() -> dict[str, Callable[[], Any]]:
    """SymPy's `.diff` of the same problems, on expressions that are built here once."""
    import sympy as sp

    m, n, k = sp.symbols("m n k", integer=True, positive=True)
    a, t = sp.symbols("a t")
    one_m, one_k = sp.OneMatrix(1, m), sp.OneMatrix(1, k)
    X, A = sp.MatrixSymbol("X", m, n), sp.MatrixSymbol("A", n, n)
    theta, x, w = (sp.MatrixSymbol(name, n, 1) for name in ("theta", "x", "w"))
    y, z = sp.MatrixSymbol("y", m, 1), sp.MatrixSymbol("z", n, 1)
    residual, ridge = X * theta - y, X * w - y
    Y = sp.MatrixSymbol("Y", m, m)  # in the place of diag(y), which SymPy does not differentiate through
    logistic = one_m * (Y * X * w).applyfunc(sp.Lambda(t, sp.log(1 + sp.exp(-t))))
    T, U, V = sp.MatrixSymbol("T", m, n), sp.MatrixSymbol("U", m, k), sp.MatrixSymbol("V", n, k)
    B, Z, C = sp.MatrixSymbol("B", n, m), sp.MatrixSymbol("Z", m, m), sp.MatrixSymbol("C", m, n)
    K, S = sp.MatrixSymbol("K", n, n), sp.MatrixSymbol("S", n, k)
    W1, W2 = sp.MatrixSymbol("W1", k, n), sp.MatrixSymbol("W2", m, k)
    network = W2 * (W1 * x).applyfunc(sp.tanh) - y
    D = sp.MatrixSymbol("D", k, n)
    factored = T - U * V.T
    return {
        "least squares": lambda: (residual.T * residual).diff(theta),
        "quadratic form": lambda: (x.T * A * x).diff(x),
        "logistic gradient": lambda: logistic.diff(w),
        "logistic Hessian": lambda: logistic.diff(w).diff(w),
        "ridge": lambda: (ridge.T * ridge + a * w.T * w).diff(w),
        "matrix factorisation": lambda: sp.Trace(factored * factored.T).diff(U),
        "tr(B*Z*C)": lambda: sp.Trace(B * Z * C).diff(Z),
        "logdet(Z)": lambda: sp.log(sp.Determinant(Z)).diff(Z),
        "Gaussian process": lambda: (sp.log(sp.Determinant(K)) + sp.Trace(z.T * K.I * z)).diff(K),
        "tr(S'*A*S)": lambda: sp.Trace(S.T * A * S).diff(S),
        "two-layer network": lambda: (network.T * network).diff(W1),
        "log-sum-exp": lambda: sp.log(sp.Trace(one_k * (D * x).applyfunc(sp.exp))).diff(x),
    }
