"""The functions of the rule files in plain Python: their NumPy templates over `math` and lists of rows.

A template is the one place that says what a function is. Read with these namespaces in place of NumPy and SciPy it
takes floats, or a matrix as a list of rows; what it calls and is not here has no plain value. Only templates that ship
with matcalc are read, since a foreign file has none.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from matcalc.elimination import Rows, determinant, inverse, pseudoinverse, sign_and_log_determinant
from matcalc.templates import source_of

if TYPE_CHECKING:
    from matcalc.rule_entries import Function


_functions: dict[str, Callable[..., Any]] = {}


def plain_function(function: Function) -> Callable[..., Any] | None:
    """The template of a function as one of floats or rows; None without a template."""
    if function.numpy is None:
        return None
    source = source_of(function)
    found = _functions.get(source)
    if found is None:
        found = _functions[source] = eval(source, {**LIBRARIES})
    return found


def _log_of_sum(a: float, b: float) -> float:
    """log(exp(a) + exp(b))"""
    return max(a, b) + math.log1p(math.exp(-abs(a - b)))


def _sign(x: float) -> float:
    return float((x > 0) - (x < 0))


def _step(x: float, at_zero: float) -> float:
    return at_zero if x == 0 else float(x > 0)


def _normal_probability(x: float) -> float:
    return math.erfc(-x / math.sqrt(2)) / 2


def _product(rows: Rows, axis: int | None = None, keepdims: bool = False) -> Any:
    if axis is None:
        return math.prod([entry for row in rows for entry in row])
    if axis == 0:
        return [[math.prod(column) for column in zip(*rows)]]
    return [[math.prod(row)] for row in rows]


_SAME_NAME = "exp expm1 log log2 log10 log1p sqrt sin cos tan sinh cosh tanh pi"
_INVERSES = "sin cos tan sinh cosh tanh"
LIBRARIES = {
    "np": SimpleNamespace(
        **{name: getattr(math, name) for name in _SAME_NAME.split()},
        **{f"arc{name}": getattr(math, f"a{name}") for name in _INVERSES.split()},
        abs=abs,
        sign=_sign,
        square=lambda x: x * x,
        maximum=max,
        heaviside=_step,
        logaddexp=_log_of_sum,
        prod=_product,
        max=lambda rows: max(map(max, rows)),
        min=lambda rows: min(map(min, rows)),
        linalg=SimpleNamespace(
            inv=inverse,
            det=determinant,
            slogdet=sign_and_log_determinant,
            pinv=pseudoinverse,
        ),
    ),
    "scipy": SimpleNamespace(
        special=SimpleNamespace(
            erf=math.erf,
            erfc=math.erfc,
            ndtr=_normal_probability,
            gamma=math.gamma,
            gammaln=math.lgamma,
        ),
    ),
}
