"""What each function of rules/ is, in NumPy and SciPy, written without looking at rules/.

Operands come as rows by columns; a function with a literal, such as mean(X, 1), is under ("mean", 1).
"""

import numpy as np
from scipy import special
from scipy.linalg import pinv
from scipy.special import logsumexp, softmax

from matcalc.numeric import evaluate
from matcalc.rule_checks import call_of, draw_operands

ELEMENTWISE = {
    "exp": lambda x: np.e**x,
    "expm1": lambda x: np.e**x - 1,
    "log": lambda x: 2 * np.arctanh((x - 1) / (x + 1)),
    "ln": lambda x: 2 * np.arctanh((x - 1) / (x + 1)),
    "log2": lambda x: np.log(x) / np.log(2),
    "log10": lambda x: np.log(x) / np.log(10),
    "log1p": lambda x: np.log(1 + x),
    "sqrt": lambda x: x**0.5,
    "abs": lambda x: np.where(x < 0, -x, x),
    "sign": lambda x: (x > 0) * 1.0 - (x < 0),
    "sin": lambda x: np.imag(np.exp(1j * x)),
    "cos": lambda x: np.real(np.exp(1j * x)),
    "tan": lambda x: np.sin(x) / np.cos(x),
    "asin": lambda x: np.arctan2(x, np.sqrt(1 - x**2)),
    "acos": lambda x: np.arctan2(np.sqrt(1 - x**2), x),
    "atan": lambda x: np.arctan2(x, 1),
    "sinh": lambda x: (np.exp(x) - np.exp(-x)) / 2,
    "cosh": lambda x: (np.exp(x) + np.exp(-x)) / 2,
    "tanh": lambda x: 1 - 2 / (np.exp(2 * x) + 1),
    "asinh": lambda x: np.sign(x) * np.log(np.abs(x) + np.sqrt(x**2 + 1)),
    "acosh": lambda x: np.log(x + np.sqrt(x**2 - 1)),
    "atanh": lambda x: np.log((1 + x) / (1 - x)) / 2,
    "sigmoid": special.expit,
    "softplus": lambda x: np.log(1 + np.exp(x)),
    "relu": lambda x: np.where(x > 0, x, 0),
    "step": lambda x: np.where(x > 0, 1, 0),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "gelu": lambda x: x * (1 + special.erf(x / np.sqrt(2))) / 2,
    "clip": np.clip,
    "erf": lambda x: 1 - special.erfc(x),
    "erfc": lambda x: 1 - special.erf(x),
    "normcdf": lambda x: (1 + special.erf(x / np.sqrt(2))) / 2,
    "normpdf": lambda x: np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi),
    "gamma": lambda x: np.exp(special.loggamma(x)),
    "lgamma": special.loggamma,
    "digamma": special.psi,
    "trigamma": lambda x: special.zeta(2, x),
}
for other, name in {"arcsin": "asin", "arccos": "acos", "arctan": "atan", "arcsinh": "asinh"}.items():
    ELEMENTWISE[other] = ELEMENTWISE[name]
ELEMENTWISE["arccosh"], ELEMENTWISE["arctanh"] = ELEMENTWISE["acosh"], ELEMENTWISE["atanh"]


def cofactors_transposed(a):
    """The adjugate from its definition: minors with alternating signs."""
    n = len(a)
    rows = [[np.delete(np.delete(a, i, 0), j, 1) for i in range(n)] for j in range(n)]
    return np.array([[(-1) ** (i + j) * np.linalg.det(rows[j][i]) for i in range(n)] for j in range(n)])


def eigenfunction(function, a):
    """A function of a matrix by its eigenvalues."""
    values, vectors = np.linalg.eig(a.astype(complex))
    return ((vectors * function(values)) @ np.linalg.inv(vectors)).real


def divided_differences(function, slope, a, e):
    """The derivative of a function of a matrix in a direction, by the formula of Daleckii and Krein."""
    values, vectors = np.linalg.eig(a.astype(complex))
    back = np.linalg.inv(vectors)
    with np.errstate(all="ignore"):
        quotients = np.subtract.outer(function(values), function(values)) / np.subtract.outer(values, values)
    np.fill_diagonal(quotients, slope(values))
    return (vectors @ (quotients * (back @ e @ vectors)) @ back).real


def sum_of_products(a, b, c):
    """The Y with a Y + Y b = c, from the linear equations for its entries."""
    whole = np.kron(a, np.eye(len(b))) + np.kron(np.eye(len(a)), b.T)
    return np.linalg.solve(whole, c.ravel()).reshape(c.shape)


MATRIX = {
    "inv": lambda a: np.linalg.solve(a, np.eye(len(a))),
    "inverse": lambda a: np.linalg.solve(a, np.eye(len(a))),
    "det": lambda a: np.prod(np.linalg.eigvals(a)).real,
    "logdet": lambda a: np.sum(np.log(np.linalg.svd(a, compute_uv=False))),
    "adj": cofactors_transposed,
    "pinv": pinv,
    "expm": lambda a: eigenfunction(np.exp, a),
    "logm": lambda a: eigenfunction(np.log, a),
    "sqrtm": lambda a: eigenfunction(np.sqrt, a),
    "mpower": lambda a, k: eigenfunction(lambda w: w ** k.item(), a),
    "dexpm": lambda a, e: divided_differences(np.exp, np.exp, a, e),
    "dlogm": lambda a, e: divided_differences(np.log, np.reciprocal, a, e),
    "sylvester": lambda a, b, c: sum_of_products(a, b, c),
    "prod": lambda a: np.exp(np.sum(np.log(a.astype(complex)))).real,
    ("prod", 1): lambda a: np.multiply.reduce(a, axis=0)[None, :],
    ("prod", 2): lambda a: np.multiply.reduce(a, axis=1)[:, None],
    "dot": lambda x, y: np.vdot(x, y),
    "outer": lambda x, y: np.outer(x, y),
    "norm1": lambda a: np.linalg.norm(a.ravel(), 1),
    "norm2": lambda a: np.sqrt(np.vdot(a, a)),
    "normF": lambda a: np.sqrt(np.vdot(a, a)),
    "norm": lambda a, p=None: np.sqrt(np.vdot(a, a)) if p is None else np.linalg.norm(a.ravel(), p.item()),
    ("norm", 1): lambda a: np.sum(np.abs(a)) if 1 in a.shape else np.max(np.sum(np.abs(a), axis=0)),
    ("norm", 0): lambda a: np.sum(a != 0),
    ("norm", "inf"): lambda a: np.max(np.abs(a)) if 1 in a.shape else np.max(np.sum(np.abs(a), axis=1)),
    "max": lambda a: np.sort(a, axis=None)[-1],
    "largest": lambda a: np.where(a == np.sort(a, axis=None)[-1], 1.0, 0.0),
    "smallest": lambda a: np.where(a == np.sort(a, axis=None)[0], 1.0, 0.0),
    "min": lambda a: np.sort(a, axis=None)[0],
    ("norm", 2): lambda a: np.sqrt(np.max(np.linalg.eigvalsh(a.T @ a))),
    "mean": np.mean,
    "var": lambda a: np.mean(a**2) - np.mean(a) ** 2,
    "std": lambda a: np.sqrt(np.mean(a**2) - np.mean(a) ** 2),
    "logsumexp": logsumexp,
    "softmax": softmax,
    ("softmax", 1): lambda a: softmax(a, axis=0),
    ("softmax", 2): lambda a: softmax(a, axis=1),
    ("logsumexp", 1): lambda a: logsumexp(a, axis=0, keepdims=True),
    ("logsumexp", 2): lambda a: logsumexp(a, axis=1, keepdims=True),
}
for statistic in (np.mean, np.var, np.std):  # of each column, of each row
    for axis in (1, 2):
        MATRIX[statistic.__name__, axis] = lambda a, f=statistic, k=axis: f(a, axis=k - 1, keepdims=True)


def reference(function):
    """The reference for a function of the rulebook, or None."""
    literals = [p.literal for p in function.parameters if p.literal is not None]
    name = (function.name, *literals) if literals else function.name
    return ELEMENTWISE.get(name) if function.elementwise else MATRIX.get(name)


def both_values(function, seed, *, boundary=False):
    """What the rulebook and the reference make of the same operands."""
    values, _ = draw_operands(function, seed, boundary=boundary)
    found = evaluate(call_of(function), values, rulebook=function.rulebook)
    operands = [v.reshape(-1, 1) if v.ndim == 1 else v for v in values.values()]
    with np.errstate(all="ignore"):
        return found, np.asarray(reference(function)(*operands), dtype=float).reshape(found.shape)
