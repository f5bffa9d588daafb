"""What each function of the surface language computes, from its textbook definition.

Every function takes and gives two-dimensional arrays.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import scipy.linalg
import scipy.special

from oracle.shapes import Array, SurfaceError, is_vector, one, require_fit, square

Function = Callable[..., Array]


def whole(value: Array) -> int:
    """A size or an axis as an integer."""
    return round(value.item())


def number_of(function: Callable[[Array], float]) -> Function:
    """A function whose result is one number."""
    return lambda value: one(function(value))


def along(reduce: Callable[..., Array]) -> Function:
    """A reduction of all entries, of each column (1, giving a row) or of each row (2, giving a column)."""

    def apply(value: Array, axis: Array | None = None) -> Array:
        if axis is None:
            return one(reduce(value, axis=None))
        return reduce(value, axis=whole(axis) - 1, keepdims=True)

    return apply


def pairwise_or_along(pairwise: Callable[..., Array], reduce: Callable[..., Array]) -> Function:
    """`max(a, b)` entry by entry, `max(X)` over all entries."""

    def apply(left: Array, right: Array | None = None) -> Array:
        if right is None:
            return one(reduce(left))
        require_fit(left, right, pairwise.__name__)
        return pairwise(left, right)

    return apply


def log_of_summed(value: Array, axis: int | None, keepdims: bool = False) -> Array:
    top = value.max()
    return np.asarray(top + np.log(np.exp(value - top).sum(axis=axis, keepdims=keepdims)))


def softmax(value: Array, axis: Array | None = None) -> Array:
    """Shares of the whole, of each column (1) or of each row (2)."""
    weights = np.exp(value - value.max())
    return np.asarray(weights / weights.sum(axis=None if axis is None else whole(axis) - 1, keepdims=True))


def derivative_of_log(value: Array, direction: Array) -> Array:
    """The derivative of the matrix logarithm in a direction: an integral, by the trapezoidal rule in log t."""
    total, eye = np.zeros(value.shape), np.eye(len(value))
    for s in np.linspace(-40, 40, 1601):
        t = math.exp(s)
        resolvent = np.linalg.inv(value + t * eye)
        total = total + t * resolvent @ direction @ resolvent
    return np.asarray(total * 80 / 1600)


def sylvester(left: Array, right: Array, whole_: Array) -> Array:
    """The Y with left Y + Y right = whole, from the linear equations for its entries by columns."""
    m, n = whole_.shape
    system = np.kron(np.eye(n), left) + np.kron(right.T, np.eye(m))
    return np.linalg.solve(system, whole_.reshape(-1, order="F")).reshape(m, n, order="F")


def adjugate(value: Array) -> Array:
    """The transposed matrix of cofactors, minor by minor."""
    n = square(value, "adj").shape[0]
    cofactors = np.empty((n, n))
    for i in range(n):
        for j in range(n):
            minor = np.delete(np.delete(value, i, axis=0), j, axis=1)
            cofactors[i, j] = (-1) ** (i + j) * np.linalg.det(minor)
    return cofactors.T


def diagonal(value: Array) -> Array:
    """The diagonal matrix of a vector, the diagonal of a square matrix as a column."""
    if is_vector(value):
        return np.diagflat(value)
    return np.diagonal(square(value, "diag"))[:, None]


def inner(left: Array, right: Array) -> Array:
    if left.shape != right.shape:
        raise SurfaceError(f"dot of {left.shape} and {right.shape}")
    return one(np.sum(left * right))


def outer(left: Array, right: Array) -> Array:
    if not (is_vector(left) and is_vector(right)):
        raise SurfaceError(f"outer of {left.shape} and {right.shape}")
    return left.reshape(-1, 1) * right.reshape(1, -1)


def norm(value: Array, order: Array | None = None) -> Array:
    """The 2-norm of a vector, the Frobenius norm of a matrix; with an order, the norm of that order."""
    if order is None:
        return one(math.sqrt(np.sum(value * value)))
    return one(np.linalg.norm(value.ravel() if is_vector(value) else value, order.item()))


def filled(number: float) -> Function:
    """`ones(m)` is a column, `ones(m, n)` a matrix."""
    return lambda m, n=None: np.full((whole(m), 1 if n is None else whole(n)), number)


def unit(i: Array, n: Array) -> Array:
    return np.eye(whole(n))[:, [whole(i) - 1]]


def commutation(m: Array, n: Array) -> Array:
    """The matrix that takes vec(A) to vec(A') for A of m x n."""
    places = np.arange(whole(m) * whole(n)).reshape(whole(m), whole(n), order="F")
    return np.eye(places.size)[places.ravel()]


def duplication(n: Array) -> Array:
    """The matrix that takes the lower triangle of a symmetric matrix, by columns, to its vec."""
    size = whole(n)
    below = [(i, j) for j in range(size) for i in range(j, size)]
    result = np.zeros((size * size, len(below)))
    for column, (i, j) in enumerate(below):
        result[j * size + i, column] = result[i * size + j, column] = 1
    return result


ELEMENTWISE: dict[str, Callable[[Array], Array]] = {
    "exp": np.exp,
    "log": np.log,
    "log2": np.log2,
    "log10": np.log10,
    "log1p": np.log1p,
    "expm1": np.expm1,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "sign": np.sign,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "sigmoid": lambda x: 0.5 * (1 + np.tanh(0.5 * x)),
    "softplus": lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))),
    "relu": lambda x: x * (x > 0),
    "step": lambda x: (x > 0) * 1.0,
    "silu": lambda x: x * 0.5 * (1 + np.tanh(0.5 * x)),
    "gelu": lambda x: x * 0.5 * scipy.special.erfc(-x / math.sqrt(2)),
    "normcdf": lambda x: 0.5 * scipy.special.erfc(-x / math.sqrt(2)),
    "normpdf": lambda x: np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi),
    "erf": scipy.special.erf,
    "erfc": scipy.special.erfc,
    "gamma": scipy.special.gamma,
    "lgamma": scipy.special.gammaln,
    "digamma": scipy.special.psi,
    "trigamma": lambda x: scipy.special.zeta(2, x),
}

OTHER_SPELLINGS = {
    "ln": "log",
    **{f"arc{name}": f"a{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
}

FUNCTIONS: dict[str, Function] = {
    **ELEMENTWISE,
    **{name: ELEMENTWISE[other] for name, other in OTHER_SPELLINGS.items()},
    "max": pairwise_or_along(np.maximum, np.max),
    "min": pairwise_or_along(np.minimum, np.min),
    "largest": lambda value: (value == value.max()) * 1.0,
    "smallest": lambda value: (value == value.min()) * 1.0,
    "clip": lambda value, low, high: np.minimum(np.maximum(value, low), high),
    "sum": along(np.sum),
    "mean": along(np.mean),
    "prod": along(np.prod),
    "var": along(np.var),
    "std": along(np.std),
    "norm1": number_of(lambda value: np.abs(value).sum()),
    "norm2": norm,
    "normF": norm,
    "norm": norm,
    "logsumexp": along(log_of_summed),
    "softmax": softmax,
    "tr": number_of(lambda value: np.diagonal(square(value, "tr")).sum()),
    "trace": number_of(lambda value: np.diagonal(square(value, "trace")).sum()),
    "det": number_of(lambda value: float(np.linalg.det(square(value, "det")))),
    "logdet": number_of(lambda value: float(np.linalg.slogdet(square(value, "logdet"))[1])),
    "inv": lambda value: np.linalg.inv(square(value, "inv")),
    "inverse": lambda value: np.linalg.inv(square(value, "inverse")),
    "pinv": np.linalg.pinv,
    "adj": adjugate,
    "diag": diagonal,
    "transpose": np.transpose,
    "vec": lambda value: value.reshape(-1, 1, order="F"),
    "kron": np.kron,
    "dot": inner,
    "outer": outer,
    "eye": lambda n: np.eye(whole(n)),
    "ones": filled(1.0),
    "zeros": filled(0.0),
    "tril": np.tril,
    "triu": np.triu,
    "unit": unit,
    "commutation": commutation,
    "duplication": duplication,
    "expm": lambda value: scipy.linalg.expm(square(value, "expm")),
    "dlogm": derivative_of_log,
    "sylvester": sylvester,
    "dexpm": lambda value, direction: scipy.linalg.expm_frechet(value, direction, compute_expm=False),
    "sqrtm": lambda value: np.real(scipy.linalg.sqrtm(square(value, "sqrtm"))),
    "logm": lambda value: np.real(scipy.linalg.logm(square(value, "logm"))),
}
