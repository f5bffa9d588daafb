"""The NumPy templates of the rulebook as functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from matcalc.errors import MatcalcError

if TYPE_CHECKING:
    from matcalc.rulebook import Function

_functions: dict[str, Callable[..., Any]] = {}


def numpy_function(function: Function) -> Callable[..., Any]:
    """The template as a function of arrays. Only rules that ship with matcalc have one."""
    import numpy as np

    source = source_of(function)
    found = _functions.get(source)
    if found is None:
        namespace: dict[str, Any] = {"np": np}
        if "scipy." in source:
            namespace["scipy"] = scipy(function.name)
        found = _functions[source] = eval(source, namespace)
    return found


def source_of(function: Function) -> str:
    """The template as the source of a function of the operands, which names `np` and `scipy`."""
    template = function.numpy or ""
    names = ", ".join(p.name for p in function.parameters if p.literal is None)
    return f"lambda {names}: {template.replace('${', '(').replace('}', ')')}"


def scipy(name: str) -> Any:
    """SciPy with its special functions and those of matrices, or an error that says how to get it."""
    try:
        import scipy as library
        import scipy.linalg
        import scipy.special
    except ImportError:
        raise MatcalcError(
            f"the numbers of {name} need SciPy, which is not installed",
            suggestion="install it with: pip install 'matcalc[scipy]'",
        ) from None
    return library


def solved(name: str, compute: Callable[[], Any]) -> Any:
    """The result, or an error that says which function met a matrix without inverse."""
    import numpy as np

    try:
        return compute()
    except np.linalg.LinAlgError as error:
        raise MatcalcError(f"{name} cannot be evaluated here: {str(error).lower()}") from None
