r"""How opaque functions and their derivatives are called outside of plain text: `\nabla f`, `J_f`, `g''`, `∇²f`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.dimensions import SCALAR
from matcalc.opaque_signature import split_name
from matcalc.printers.latex_names import name_latex

if TYPE_CHECKING:
    from matcalc.opaque_signature import OpaqueSignature

MOST_PRIMES = 3
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def opaque_latex(opaque: OpaqueSignature) -> str:
    r"""The head of a call: a derivative of numbers has primes, one of arrays a nabla or is a Jacobian.

    >>> from matcalc.declarations import parse_declaration
    >>> from matcalc.opaque_signature import OpaqueSignature
    >>> loss = OpaqueSignature("loss", parse_declaration("elementwise function"), (), (0, 0))
    >>> print(opaque_latex(loss))
    \operatorname{loss}''
    """
    name, order = _function_latex(opaque.base), len(opaque.path)
    if opaque.is_elementwise or opaque.arguments == (SCALAR,):
        return name + ("'" * order if order <= MOST_PRIMES else f"^{{({order})}}")
    counted = "".join(str(k + 1) for k in opaque.path) if len(opaque.arguments) > 1 else ""
    if not order:
        return name
    if opaque.value_shape != SCALAR:
        index = ",".join(filter(None, (name, counted)))
        return f"J_{index}" if len(index) == 1 else f"J_{{{index}}}"
    lower = f"_{counted}" if len(counted) == 1 else f"_{{{counted}}}" if counted else ""
    return rf"\nabla{f'^{order}' if order > 1 else ''}{lower} {name}"


def _function_latex(name: str) -> str:
    """The name of a function; a word stands upright, with the space of an operator around it."""
    written = name_latex(name)
    return rf"\operatorname{written.removeprefix(chr(92) + 'mathrm')}" if written.startswith(r"\mathrm") else written


def opaque_unicode(name: str) -> str:
    """The name of a call with nablas, as the language reads it; a Jacobian and any other name as they are.

    >>> opaque_unicode("hess(f, 1, 2)"), opaque_unicode("grad(f)"), opaque_unicode("jac(f)"), opaque_unicode("exp")
    ('∇₁₂²f', '∇f', 'jac(f)', 'exp')
    """
    base, operators = split_name(name)
    order = sum(2 if operator == "hess" else 1 for operator, _ in operators)
    counted = [k for _, positions in operators for k in positions]
    if not operators or order > 9 or any(k > 9 for k in counted) or any(word == "jac" for word, _ in operators):
        return name
    return (
        "∇"
        + "".join(map(str, counted)).translate(_SUBSCRIPTS)
        + (str(order).translate(_SUPERSCRIPTS) if order > 1 else "")
        + base
    )
