"""An indicator as a factor of the whole: the two cases it tells apart."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from matcalc.expr import div, mul, neg, number

if TYPE_CHECKING:
    from matcalc.expr import Expr

INDICATOR = "step"


def split_indicators(expr: Expr) -> tuple[list[Expr], Expr]:
    """What must be positive lest the whole be 0, and the rest, for scalar indicators that are factors of the whole.

    >>> from matcalc.parser import parse
    >>> from matcalc.printers.text import text
    >>> conditions, rest = split_indicators(parse("-2*step(w'*x + b)*x/b", {"x": "vector(n)", "b": "scalar"}).expr)
    >>> [text(condition) for condition in conditions], text(rest)
    (["w'*x + b"], '-2*x/b')
    """
    around: list[Expr] = []
    inner = expr
    while inner.op in ("neg", "div"):
        around.append(inner)
        inner = inner.args[0]
    factors = inner.args if inner.op == "mul" else (inner,)
    conditions = [factor.args[0] for factor in factors if _is_indicator(factor)]
    if not conditions:
        return [], expr
    others = [factor for factor in factors if not _is_indicator(factor)]
    rest = reduce(mul, others) if others else number(1)
    for node in reversed(around):
        rest = neg(rest) if node.op == "neg" else div(rest, node.args[1])
    return conditions, rest


def _is_indicator(factor: Expr) -> bool:
    return factor.op == "call" and factor.value == INDICATOR and factor.is_scalar
