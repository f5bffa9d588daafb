"""Likely slips in an input that is answered as it stands: each function here knows one."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from matcalc.dimensions import ONE, Dimension
from matcalc.expr import postorder, symbols
from matcalc.spelling import plain_name

if TYPE_CHECKING:
    from matcalc.expr import Expr
    from matcalc.parser import Program

# of a matrix of less than full rank the first two are 0 or have no value, the others have none
OF_FULL_RANK = ("det", "logdet", "inv", "inverse", "adj")
DECLARED = re.compile(r"(?:^|[;\n])\s*([^\W\d]\w*)\s*:")
NUMBER = r"(?:\(\s*\d+(?:\.\d+)?(?:\s*/\s*\d+)?\s*\)|\d+(?:\.\d+)?)"
# a name, a product sign, and a negative number that again multiplies something
NEGATIVE_FACTOR = re.compile(rf"(?<![\w.])([^\W\d]\w*'?)\s*\*\s*-\s*({NUMBER})\s*\*")


def lints(program: Program, besides: Collection[str] = ()) -> list[str]:
    """What may be a slip, a sentence each; names `besides` those of the expression are used, as by a differentiation.

    >>> from matcalc.parser import parse
    >>> lints(parse("z: vector(n); x'*x"))
    ['z is declared and does not occur']
    """
    declared = [name for name in map(plain_name, DECLARED.findall(program.source)) if name not in besides]
    return [*unused(declared, program), *lost_minus(program), *without_full_rank(program)]


def unused(names: Iterable[str], program: Program) -> list[str]:
    """The names among these that are declared and stand nowhere in the expression."""
    used = {symbol.name for part in [program.expr, *program.definitions.values()] for symbol in symbols(part)}
    return [f"{name} is declared and does not occur" for name in names if name in program.symbols and name not in used]


def lost_minus(program: Program) -> list[str]:
    """`phi*-(1/6)*phi`, which nobody writes for a product: a difference with one `*` too many."""
    return [
        f"{name}*-{number} is read as the product {name}*(-{number}); "
        f"if a difference was meant, it is {name} - {number}"
        for name, number in NEGATIVE_FACTOR.findall(program.source)
    ]


def without_full_rank(program: Program) -> list[str]:
    """Determinants and inverses of a product through fewer columns than it has rows, as `det(x*y')`."""
    from matcalc.printers.text import text

    found = []
    for node in postorder(program.expr):
        if node.op == "call" and node.value in OF_FULL_RANK and not node.args[0].is_scalar:
            inner = _narrowest(node.args[0])
            if inner is not None:
                product = text(node.args[0])
                found.append(f"{product} has rank at most {inner}, below its size: its determinant is 0")
    return list(dict.fromkeys(found))


def _narrowest(product: Expr) -> Dimension | None:
    """An inner size of a product that is surely below its outer one: 1, or the smaller of two numbers."""
    outer = product.shape[0]
    for size in _inner_sizes(product):
        if size == ONE != outer:
            return size
        if size.number is not None and outer.number is not None and size.number < outer.number:
            return size
    return None


def _inner_sizes(product: Expr) -> Iterator[Dimension]:
    """The sizes between the factors of a product of matrices."""
    factors = [arg for arg in product.args if not arg.is_scalar] if product.op == "mul" else []
    return (factor.shape[1] for factor in factors[:-1])
