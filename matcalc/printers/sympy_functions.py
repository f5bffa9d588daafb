"""What functions of one number are in SymPy, by their names in the language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy
from sympy import Integer, Max, Min, Piecewise, Rational, pi, sqrt


def _normal_distribution(t: Any) -> Any:
    return (1 + sympy.erf(t / sqrt(2))) / 2


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "exp": sympy.exp,
    "expm1": lambda t: sympy.exp(t) - 1,
    "log": sympy.log,
    "log2": lambda t: sympy.log(t) / sympy.log(2),
    "log10": lambda t: sympy.log(t) / sympy.log(10),
    "log1p": lambda t: sympy.log(1 + t),
    "sqrt": sqrt,
    "abs": sympy.Abs,
    "sign": sympy.sign,
    "sin": sympy.sin,
    "cos": sympy.cos,
    "tan": sympy.tan,
    "asin": sympy.asin,
    "acos": sympy.acos,
    "atan": sympy.atan,
    "sinh": sympy.sinh,
    "cosh": sympy.cosh,
    "tanh": sympy.tanh,
    "asinh": sympy.asinh,
    "acosh": sympy.acosh,
    "atanh": sympy.atanh,
    "sigmoid": lambda t: 1 / (1 + sympy.exp(-t)),
    "softplus": lambda t: sympy.log(1 + sympy.exp(t)),
    "relu": lambda t: Max(0, t),
    "step": lambda t: Piecewise((1, t > 0), (0, True)),
    "silu": lambda t: t / (1 + sympy.exp(-t)),
    "gelu": lambda t: t * _normal_distribution(t),
    "erf": sympy.erf,
    "erfc": sympy.erfc,
    "normcdf": _normal_distribution,
    "normpdf": lambda t: sympy.exp(-(t**2) / 2) / sqrt(2 * pi),
    "gamma": sympy.gamma,
    "lgamma": lambda t: sympy.log(sympy.Abs(sympy.gamma(t))),
    "digamma": sympy.digamma,
    "trigamma": lambda t: sympy.polygamma(1, t),
    "max": Max,
    "min": Min,
}

# SymPy function -> name in the language
NAMES: dict[Any, str] = {
    **{
        FUNCTIONS[name]: name
        for name in (
            *("exp", "log", "abs", "sign", "sin", "cos", "tan", "asin", "acos", "atan"),
            *("sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "erf", "erfc", "gamma"),
        )
    },
    sympy.loggamma: "lgamma",
    Max: "max",
    Min: "min",
}

# the order of a polygamma -> name in the language
POLYGAMMAS = {Integer(0): "digamma", Integer(1): "trigamma"}
HALF = Rational(1, 2)
