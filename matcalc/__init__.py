"""matcalc: derivatives of scalars, vectors and matrices in closed form.

>>> import matcalc
>>> print(matcalc.differentiate("(X*theta - y)'*(X*theta - y)", "theta"))
2*X'*(X*theta - y)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from matcalc.errors import (
    MatcalcError,
    NotDifferentiableError,
    ParseError,
    ShapeError,
    UnknownNameError,
    UnsupportedError,
)

if TYPE_CHECKING:
    from matcalc.api import diff, differentiate, evaluate, gradient, hessian, hvp, jacobian, jvp, vjp
    from matcalc.derivatives import Derivative
    from matcalc.interning import clear_tables as clear_cache
    from matcalc.judging import check
    from matcalc.parser import parse
    from matcalc.separate import Derivatives

__version__ = "0.1.0"

__all__ = [
    "Derivative",
    "Derivatives",
    "MatcalcError",
    "NotDifferentiableError",
    "ParseError",
    "ShapeError",
    "UnknownNameError",
    "UnsupportedError",
    "check",
    "clear_cache",
    "diff",
    "differentiate",
    "evaluate",
    "gradient",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "parse",
    "vjp",
]

# where each public name lives; a module is loaded when its name is first used
_HOMES = {
    "Derivative": ("matcalc.derivatives", "Derivative"),
    "Derivatives": ("matcalc.separate", "Derivatives"),
    "check": ("matcalc.judging", "check"),
    "clear_cache": ("matcalc.interning", "clear_tables"),
    "diff": ("matcalc.api", "diff"),
    "differentiate": ("matcalc.api", "differentiate"),
    "evaluate": ("matcalc.api", "evaluate"),
    "gradient": ("matcalc.api", "gradient"),
    "hessian": ("matcalc.api", "hessian"),
    "hvp": ("matcalc.api", "hvp"),
    "jacobian": ("matcalc.api", "jacobian"),
    "jvp": ("matcalc.api", "jvp"),
    "parse": ("matcalc.parser", "parse"),
    "vjp": ("matcalc.api", "vjp"),
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'matcalc' has no attribute {name!r}")
    return getattr(import_module(home[0]), home[1])
