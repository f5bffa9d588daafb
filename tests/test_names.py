"""What is an answer does not depend on what its variables and sizes are called, nor on the order of operands."""

from __future__ import annotations

import random
from functools import reduce

import pytest

from generator import Problem, problem
from matcalc import MatcalcError, differentiate
from matcalc import expr as ex
from matcalc.derivatives import Derivative
from matcalc.expr import Expr
from matcalc.matrixform import MatrixForms
from matcalc.parser import parse
from matcalc.printers.text import text
from matcalc.simplify import Simplifier, simplified
from matcalc.terms import order_of
from renaming import new_names, renamed, tokens

BLOCK = 20
BLOCKS = range(12)


def answer(found: Problem, written: str | None = None, names: dict[str, str] | None = None) -> Derivative | None:
    """The derivative of a problem, or of another text for it, under other names if given; None where it is refused."""
    names = names or {}
    kinds = {renamed(name, names): renamed(kind, names) for name, kind in found.declarations.items()}
    expression = renamed(found.text if written is None else written, names)
    try:
        return differentiate(expression, renamed(found.wrt, names), found.order, found.layout, variables=kinds)
    except MatcalcError:
        return None


@pytest.mark.parametrize("block", BLOCKS)
def test_renaming_changes_no_node_and_no_cost(block: int) -> None:
    for seed in range(block * BLOCK, (block + 1) * BLOCK):
        found = problem(seed)
        names = new_names(found.declarations, random.Random(seed))
        one, other = answer(found), answer(found, names=names)
        assert (one is None) == (other is None)
        if one is not None and other is not None:
            assert order_of(other.node) == order_of(one.node), found
            assert tokens(other.text) == tokens(one.text), f"{found}\n{one.text}\n{renamed(other.text, names)}"


def shuffled(root: Expr, source: random.Random) -> Expr:
    """The same expression with the operands of sums, entrywise products and products of scalars in another order."""
    done: dict[int, Expr] = {}
    for node in ex.postorder(root):
        args = [done[id(arg)] for arg in node.args]
        if node.op == "add" and all(arg.shape == node.shape for arg in args):
            done[id(node)] = ex.add(*source.sample(args, len(args)))
        elif node.op == "had":
            done[id(node)] = reduce(ex.had, source.sample(args, len(args)))
        elif node.op == "mul" and all(arg.is_scalar for arg in args):
            done[id(node)] = reduce(ex.mul, source.sample(args, len(args)))
        else:
            done[id(node)] = ex.with_args(node, tuple(args)) if args else node
    return done[id(root)]


@pytest.mark.parametrize("block", BLOCKS)
def test_the_order_of_operands_changes_no_text(block: int) -> None:
    for seed in range(block * BLOCK, (block + 1) * BLOCK):
        found = problem(seed)
        whole = parse(found.text, found.declarations).expr
        other = text(shuffled(whole, random.Random(seed)))
        one, two = answer(found, text(whole)), answer(found, other)
        assert (one.text if one else None) == (two.text if two else None), f"{found}\n{other}"


def test_simplification_is_idempotent() -> None:
    """Once more changes nothing, but for one problem in a hundred, and never makes it longer."""
    changed = []
    for seed in range(len(BLOCKS) * BLOCK):
        once = answer(problem(seed))
        if once is None:
            continue
        forms = MatrixForms(once.wrt.name)
        again = simplified(once.node, once.rulebook, forms)
        if again != once.node:
            changed.append(seed)
            cost = Simplifier(once.rulebook, forms).text_cost
            assert cost(again) <= cost(once.node), seed
    assert len(changed) <= len(BLOCKS) * BLOCK // 100, changed


@pytest.mark.parametrize("swapped", [("x", "y"), ("u", "v"), ("A", "B")])
def test_a_swap_of_names_swaps_them_in_the_answer(swapped: tuple[str, str]) -> None:
    """Where the two names stand alike in the alphabet of the answer, its text is that under the other names."""
    kinds = dict.fromkeys("xyuv", "vector(n)") | dict.fromkeys("AB", "matrix(n,n)")
    expression = "norm2(A*x - y)^2 + exp(u'*B*x)*(v'*x)"
    one, other = swapped
    names = {one: other, other: one}
    first = differentiate(expression, "x", variables=kinds)
    second = differentiate(renamed(expression, names), renamed("x", names), variables=kinds)
    assert order_of(first.node) == order_of(second.node)
    assert tokens(first.text) == tokens(second.text)
