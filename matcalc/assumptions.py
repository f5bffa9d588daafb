"""What an answer takes for granted: conventions for structured variables and at kinks, and what must hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from matcalc.expr import postorder as ex_postorder
from matcalc.expr import symbols
from matcalc.kinds import Kind
from matcalc.lower import lower
from matcalc.sums import scaled
from matcalc.tensor import oriented
from matcalc.terms import POSITIVE, Apply, Leaf, Node, postorder
from matcalc.variables import is_tied

if TYPE_CHECKING:
    from matcalc.expr import Expr
    from matcalc.rulebook import Rulebook

TIED = {
    "projected": "by a symmetric or skew variable: the projection onto the structure, (G + G')/2 or (G - G')/2",
    "independent": "by a symmetric or skew variable: all entries taken as independent",
    "cookbook": "by a symmetric variable: G + G' - diag(G), the entries of one triangle taken as free",
}
TRIANGULAR = "by a triangular variable: the projection onto the structure, tril(G) or triu(G)"
# structures whose entries are not free, yet are taken so
CURVED = ("orthogonal", "simplex")


def conventions(kinds: Iterable[Kind], symmetric: str) -> list[str]:
    """How derivatives by variables of these kinds are meant, each said once."""
    notes = []
    for kind in kinds:
        if is_tied(kind):
            notes.append(TIED[symmetric])
        elif kind.facts & {"lower", "upper"} and symmetric != "independent":
            notes.append(TRIANGULAR)
        else:
            free = [structure for structure in (*CURVED, "lower", "upper") if structure in kind.facts]
            notes += [f"by a variable of the kind {structure}: all entries taken as independent" for structure in free]
    return list(dict.fromkeys(notes))


def kinks(root: Node) -> list[str]:
    """What is taken where a function that occurs has no derivative, such as `step(0) = 0`."""
    calls = [node.function for node in postorder(root) if isinstance(node, Apply)]
    return sorted({function.kink for function in calls if function.kink is not None})


def assumed(root: Node, write: Callable[[Node], str]) -> list[str]:
    """What the differentials of the functions that occur ask of their operands, which are written by `write`."""
    calls = [node for node in postorder(root) if isinstance(node, Apply) and not node.function.elementwise]
    return list(dict.fromkeys([needed for node in calls for needed in assumed_by(node, write)]))


def nonzero(expression: Expr, rulebook: Rulebook) -> list[str]:
    """That what an expression divides by is not 0, unless it is known to be positive.

    Where it cancels, as in `x./x`, nothing in the answer shows it any more.
    """
    from matcalc.printers.text import text

    found = []
    for divisor in [part for node in ex_postorder(expression) for part in _divisors(node)]:
        if lower(divisor, rulebook).sign != POSITIVE:
            found.append(
                f"{'' if divisor.is_scalar else 'no entry of '}{text(divisor)} is {'not ' * divisor.is_scalar}0"
            )
    return list(dict.fromkeys(found))


def _divisors(node: Expr) -> tuple[Expr, ...]:
    """What a quotient divides by, or what has a negative number as exponent."""
    if node.free:
        return ()
    if node.op in ("div", "haddiv"):
        return (node.args[1],) if symbols(node.args[1]) else ()
    is_inverse = node.op == "hadpow" or (node.op == "pow" and node.args[0].is_scalar)
    return (node.args[0],) if is_inverse and node.args[1].op == "neg" and symbols(node.args[0]) else ()


def assumed_by(node: Apply, write: Callable[[Node], str]) -> list[str]:
    """What the differential of the function of one call asks of its operands."""
    function = node.function
    kinds = [(p.kind, arg) for p, arg in zip(function.parameters, node.args) if p.kind is not None]
    if function.assuming is None:
        return [f"{write(arg)} is invertible" for kind, arg in kinds if "invertible" in kind.facts]
    stable = [arg for kind, arg in kinds if "positive_stable" in kind.facts]
    if stable and all(map(_is_positive_stable, stable)):
        return []
    operands = {p.name: arg for p, arg in zip(function.parameters, node.args)}

    def written(match: re.Match[str]) -> str:
        return write(scaled(-1 if match[1] else 1, operands[match[2]]))

    return [re.sub(r"(-?)\$\{(\w+)\}", written, function.assuming)]


def _is_positive_stable(node: Node) -> bool:
    """Whether the eigenvalues of a matrix are known to have positive real parts."""
    _, part, _ = oriented(node)
    facts = part.facts if isinstance(part, Leaf) else part.function.result_facts if isinstance(part, Apply) else set()
    return bool(facts & {"positive_stable", "spd"})
