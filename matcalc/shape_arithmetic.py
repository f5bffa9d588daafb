"""The shapes that meet in an answer: `(n x m)(m x 1) -> n x 1`."""

from __future__ import annotations

from matcalc.dimensions import Shape
from matcalc.expr import Expr


def shape_arithmetic(expression: Expr) -> str | None:
    """How the shapes of factors and terms combine; None where no two operands that are not scalars meet.

    >>> from matcalc.parser import parse
    >>> shape_arithmetic(parse("2*X'*(X*w - y)").expr)
    '(n x m)(m x 1) -> n x 1'
    """
    terms = list(dict.fromkeys(_product(term) for term in _terms(expression)))
    if expression.is_scalar or all("(" not in term for term in terms):
        return None
    return f"{' + '.join(terms)} -> {_written(expression.shape)}"


def _terms(expression: Expr) -> list[Expr]:
    """The terms of a sum, without signs and scalar factors in front of all of them."""
    node = _unscaled(expression)
    return [term for part in node.args for term in _terms(part)] if node.op == "add" else [node]


def _unscaled(node: Expr) -> Expr:
    """The node without minus, scalar factors and scalar denominators, as long as one operand is left."""
    while True:
        if node.op in ("neg", "div", "index_sum"):
            node = node.args[0]
            continue
        factors = [factor for factor in node.args if not factor.is_scalar]
        if node.op != "mul" or node.is_scalar or len(factors) != 1:
            return node
        node = factors[0]


def _product(node: Expr) -> str:
    """`(n x m)(m x 1)` for a product, `n x 1` for anything else."""
    if node.op == "mul" and not node.is_scalar:
        return "".join(f"({_written(factor.shape)})" for factor in node.args if not factor.is_scalar)
    return _written(node.shape)


def _written(shape: Shape) -> str:
    return f"{shape[0].text} x {shape[1].text}"
