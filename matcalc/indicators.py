"""Indicators as factors of a whole: the two cases that they tell apart, and the whole again out of the cases."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from matcalc.expr import Expr, call, div, mul, neg, number

INDICATOR = "step"
POSITIVE_PART = "relu"


def split_indicators(expr: Expr) -> tuple[list[Expr], Expr]:
    """What must be positive lest the whole be 0, and the rest, for scalar indicators that are factors of the whole.

    >>> from matcalc.parser import parse
    >>> from matcalc.printers.text import text
    >>> conditions, rest = split_indicators(parse("-2*step(w'*x + b)*x/b", {"x": "vector(n)", "b": "scalar"}).expr)
    >>> [text(condition) for condition in conditions], text(rest)
    (["w'*x + b"], '-2*x/b')
    >>> text(with_indicators(conditions, rest))
    "-2*step(w'*x + b)*x/b"
    """
    inner, around = _unwrapped(expr)
    factors = inner.args if inner.op == "mul" else (inner,)
    conditions = [factor.args[0] for factor in factors if _is_indicator(factor)]
    if not conditions:
        return [], expr
    others = [factor for factor in factors if not _is_indicator(factor)]
    return conditions, _wrapped(reduce(mul, others) if others else number(1), around)


def with_indicators(conditions: Sequence[Expr], rest: Expr) -> Expr:
    """The expression that is `rest` where all conditions are positive, and 0 elsewhere.

    The indicators stand behind the scalar factors; where the rest is the condition itself, it is the positive part.
    """
    if list(conditions) == [rest]:
        return call(POSITIVE_PART, (rest,), rest.shape)
    inner, around = _unwrapped(rest)
    factors = [] if inner == number(1) else list(inner.args) if inner.op == "mul" else [inner]
    place = next((k for k, factor in enumerate(factors) if not factor.is_scalar), len(factors))
    factors[place:place] = [call(INDICATOR, (condition,), condition.shape) for condition in conditions]
    return _wrapped(reduce(mul, factors), around)


def _unwrapped(expr: Expr) -> tuple[Expr, list[Expr]]:
    """The product inside of minus signs and quotients, and these, the outermost first."""
    around: list[Expr] = []
    while expr.op in ("neg", "div"):
        around.append(expr)
        expr = expr.args[0]
    return expr, around


def _wrapped(expr: Expr, around: Sequence[Expr]) -> Expr:
    for node in reversed(around):
        expr = neg(expr) if node.op == "neg" else div(expr, node.args[1])
    return expr


def _is_indicator(factor: Expr) -> bool:
    return factor.op == "call" and factor.value == INDICATOR and factor.is_scalar
