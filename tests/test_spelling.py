"""Other ways to write names, and words that are several names side by side."""

from __future__ import annotations

import pytest

from expressions import LEAVES, random_expression
from matcalc import expr
from matcalc.parser import parse
from matcalc.printers.text import text
from matcalc.printers.unicode import unicode
from matcalc.spelling import letters_side_by_side


def greek(node: expr.Expr) -> expr.Expr:
    """The expression with Greek names for some of its variables."""
    made: dict[expr.Expr, expr.Expr] = {}
    for part in expr.postorder(node):
        if part.op == "symbol":
            made[part] = expr.symbol(GREEK_FOR.get(part.value.name, part.value.name), part.value.kind)
        else:
            made[part] = expr.with_args(part, tuple(made[arg] for arg in part.args))
    return made[node]


GREEK_FOR = {"x": "theta", "y": "beta_1", "z": "mu2", "a": "lambda", "S": "Sigma", "C": "Omega_0", "h": "delta"}


@pytest.mark.parametrize("depth", [2, 3, 4, 5])
def test_unicode_lines_with_greek_names_are_read_as_the_text_is(depth: int) -> None:
    kinds = {leaf.value.name: leaf.value.kind for leaf in map(greek, LEAVES)}
    for seed in range(150):
        wanted = greek(random_expression(seed, depth))
        line = unicode(wanted)
        assert text(parse(line, kinds).expr) == text(wanted), line


@pytest.mark.parametrize(
    ("word", "factors"),
    [("Xθ", "X θ"), ("λx", "λ x"), ("λθ", "λ θ"), ("αXθ₁", "α X θ₁"), ("Xθ_max", "X θ_max"), ("πσ", "π σ")]
    + [(word, word) for word in ("Δx", "δx", "x_θ", "Axθ", "logσ", "θ", "θ₁₂", "xy", "naïve", "Ax")],
)
def test_letters_side_by_side(word: str, factors: str) -> None:
    assert letters_side_by_side(word) == factors.split()


@pytest.mark.parametrize("source", ["Xθ: matrix(m,n); Xθ'*Xθ", "Xθ = A*x; Xθ'*Xθ", "let Xθ = A*x in Xθ'*Xθ"])
def test_a_word_that_is_declared_or_defined_stays_whole(source: str) -> None:
    program = parse(source)
    assert "Xtheta" in {*program.symbols, *program.definitions}
    assert parse("Xθ'*Xθ", {"Xθ": "vector(n)"}).symbols.keys() == {"Xtheta"}
