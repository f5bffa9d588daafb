"""Definitions written out: a call of a `def` replaced by its formula, where a target has no name for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from matcalc.expr import Expr, is_reduction, postorder
from matcalc.formulas import rebuilt, written_out

# functions about indices: the printers know them, no rule file does
STRUCTURAL = frozenset(
    {
        *("tr", "sum", "diag", "tril", "triu", "vec", "kron", "max", "min", "pi", "inf"),
        *("eye", "ones", "zeros", "unit", "commutation", "duplication"),
    }
)


def is_structural(node: Expr) -> bool:
    """Whether a call is one the printers know in code; max and min over all entries are not."""
    return node.value in STRUCTURAL and not is_reduction(node)


def unfolded(expr: Expr, rulebook: Any, is_known: Callable[[Expr, Any], bool]) -> Expr:
    """`expr` with every call replaced by its definition unless `is_known(call, function)` holds.

    Raises UnsupportedError for a call that is neither known nor defined.
    """
    done: dict[int, Expr] = {}
    for node in postorder(expr):
        args = tuple([done[id(arg)] for arg in node.args])
        here = node if all(a is b for a, b in zip(args, node.args, strict=True)) else rebuilt(node, args)
        if here.op == "call" and not is_structural(here):
            function = rulebook.function(here.value, here.args)
            if not is_known(here, function):
                here = unfolded(written_out(function, here.args), rulebook, is_known)
        done[id(node)] = here
    return done[id(expr)]
