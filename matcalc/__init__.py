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
    from matcalc.computation_graph import Graph, graph
    from matcalc.curvature import Convexity, convexity
    from matcalc.derivatives import Derivative
    from matcalc.interning import clear_tables as clear_cache
    from matcalc.judging import check
    from matcalc.parser import parse
    from matcalc.separate import Derivatives
    from matcalc.solving import NotAffineError, Solution, solve
    from matcalc.updates import Update, update

__version__ = "0.1.0"

__all__ = [
    "Convexity",
    "Derivative",
    "Derivatives",
    "Graph",
    "MatcalcError",
    "NotAffineError",
    "NotDifferentiableError",
    "ParseError",
    "ShapeError",
    "Solution",
    "UnknownNameError",
    "UnsupportedError",
    "Update",
    "check",
    "clear_cache",
    "convexity",
    "diff",
    "differentiate",
    "evaluate",
    "gradient",
    "graph",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "parse",
    "solve",
    "update",
    "vjp",
]

# where each public name lives; a module is loaded when its name is first used
_HOMES = {
    "Convexity": ("matcalc.curvature", "Convexity"),
    "Derivative": ("matcalc.derivatives", "Derivative"),
    "Derivatives": ("matcalc.separate", "Derivatives"),
    "Graph": ("matcalc.computation_graph", "Graph"),
    "NotAffineError": ("matcalc.solving", "NotAffineError"),
    "Solution": ("matcalc.solving", "Solution"),
    "Update": ("matcalc.updates", "Update"),
    "check": ("matcalc.judging", "check"),
    "clear_cache": ("matcalc.interning", "clear_tables"),
    "convexity": ("matcalc.curvature", "convexity"),
    "diff": ("matcalc.api", "diff"),
    "differentiate": ("matcalc.api", "differentiate"),
    "evaluate": ("matcalc.api", "evaluate"),
    "gradient": ("matcalc.api", "gradient"),
    "graph": ("matcalc.computation_graph", "graph"),
    "hessian": ("matcalc.api", "hessian"),
    "hvp": ("matcalc.api", "hvp"),
    "jacobian": ("matcalc.api", "jacobian"),
    "jvp": ("matcalc.api", "jvp"),
    "parse": ("matcalc.parser", "parse"),
    "solve": ("matcalc.solving", "solve"),
    "update": ("matcalc.updates", "update"),
    "vjp": ("matcalc.api", "vjp"),
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'matcalc' has no attribute {name!r}")
    return getattr(import_module(home[0]), home[1])
