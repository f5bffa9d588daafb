"""Operands drawn by kind are of that kind, and the draw is not too kind."""

import numpy as np
import pytest

from matcalc.dimensions import Dimension
from matcalc.errors import MatcalcError
from matcalc.kinds import SIGNS, STRUCTURES, Kind
from matcalc.sampling import choose_sizes, draw, draw_direction

M, N = Dimension.of("m"), Dimension.of("n")
IMPOSSIBLE = {(s, g) for s in ("skew", "orthogonal") for g in ("positive", "above_one")}
IMPOSSIBLE |= {(s, g) for s in ("lower", "upper") for g in ("positive", "above_one")}
IMPOSSIBLE |= {("skew", "nonnegative"), ("orthogonal", "nonnegative"), ("simplex", "above_one")}
IMPOSSIBLE |= {(s, "distinct") for s in ("symmetric", "spd", "psd", "skew", "lower", "upper", "positive_stable")}
HOLDS = {
    "": lambda a: True,
    "nonnegative": lambda a: np.all(a >= 0),
    "positive": lambda a: np.all(a > 0),
    "unit": lambda a: np.all(np.abs(a) < 1),
    "above_one": lambda a: np.all(a > 1),
    "distinct": lambda a: np.unique(a).size == np.size(a),
    "symmetric": lambda a: np.array_equal(a, a.T),
    "psd": lambda a: np.min(np.linalg.eigvalsh(a)) >= -1e-12,
    "spd": lambda a: np.min(np.linalg.eigvalsh(a)) > 1e-3,
    "skew": lambda a: np.array_equal(a, -a.T),
    "invertible": lambda a: np.linalg.cond(a) < 200,
    "positive_stable": lambda a: np.min(np.linalg.eigvals(a).real) > 1e-3,
    "simplex": lambda a: np.isclose(np.sum(a), 1),
    "diagonal": lambda a: np.array_equal(a, np.diag(np.diag(a))),
    "orthogonal": lambda a: np.allclose(a.T @ a, np.eye(len(a)), atol=1e-12),
    "lower": lambda a: np.array_equal(a, np.tril(a)),
    "upper": lambda a: np.array_equal(a, np.triu(a)),
}


# a direction may lead out of these
BOUNDED = {"orthogonal", "simplex", "spd", "psd", "invertible", "positive_stable"}


def kind_of(structure, sign=""):
    return Kind(structure, (M, N)[: STRUCTURES[structure][0]], sign)


ALL = [(structure, sign) for structure in STRUCTURES for sign in SIGNS]


@pytest.mark.parametrize("structure, sign", [pair for pair in ALL if pair not in IMPOSSIBLE])
def test_a_draw_has_every_fact_of_its_kind(structure, sign):
    kind = kind_of(structure, sign)
    for seed in range(6):
        drawn = draw(kind, {"m": 4, "n": 3}, np.random.default_rng(seed))
        of_entries = np.diag(drawn) if structure == "diagonal" else drawn
        for fact in kind.facts:
            assert HOLDS[fact](of_entries if fact in SIGNS else drawn), fact
        assert np.all(np.isfinite(drawn))


@pytest.mark.parametrize("structure, sign", sorted(IMPOSSIBLE))
def test_a_kind_that_nothing_is_of_is_refused(structure, sign):
    with pytest.raises(MatcalcError, match=f"no operand of the kind {structure}"):
        draw(kind_of(structure, sign), {"m": 4, "n": 3}, np.random.default_rng(0))


def test_draws_have_the_shapes_of_the_interface():
    shapes = {s: draw(kind_of(s), {"m": 4, "n": 3}, np.random.default_rng(0)).shape for s in STRUCTURES}
    named = ("scalar", "vector", "simplex", "row", "matrix")
    assert [shapes.pop(s) for s in named] == [(), (4,), (4,), (1, 4), (4, 3)]
    assert set(shapes.values()) == {(4, 4)}


@pytest.mark.parametrize("structure", ["invertible", "orthogonal", "symmetric", "matrix"])
def test_both_signs_of_the_determinant_come_up(structure):
    kind = Kind(structure, (N, N)[: STRUCTURES[structure][0]])
    signs = {np.sign(np.linalg.det(draw(kind, {"n": 3}, np.random.default_rng(seed)))) for seed in range(20)}
    assert signs == {-1, 1}


def test_psd_is_singular_and_a_plain_vector_has_both_signs():
    assert np.linalg.matrix_rank(draw(kind_of("psd"), {"m": 4}, np.random.default_rng(0))) == 3
    assert set(np.sign(draw(kind_of("vector"), {"m": 20}, np.random.default_rng(0)))) == {-1, 1}


@pytest.mark.parametrize("sign", ["", "nonnegative"])
def test_an_entry_is_0_only_on_request(sign):
    kind = kind_of("vector", sign)
    assert 0 not in draw(kind, {"m": 50}, np.random.default_rng(0))
    assert 0 in draw(kind, {"m": 50}, np.random.default_rng(0), boundary=True)


@pytest.mark.parametrize("structure", sorted(set(STRUCTURES) - BOUNDED))
def test_a_direction_keeps_the_structure(structure):
    kind = kind_of(structure)
    rng = np.random.default_rng(3)
    point, direction = draw(kind, {"m": 4, "n": 3}, rng), draw_direction(kind, {"m": 4, "n": 3}, rng)
    assert point.shape == direction.shape
    assert all(HOLDS[fact](point + 0.3 * direction) for fact in kind.facts)


def test_sizes_are_distinct_and_both_tall_and_wide():
    sizes = [choose_sizes(["m", "n"], seed) for seed in range(4)]
    assert all(s["m"] != s["n"] and min(s.values()) > 1 for s in sizes)
    assert {s["m"] > s["n"] for s in sizes} == {True, False}
    many = choose_sizes([f"n{k}" for k in range(30)], seed=5)
    assert len(set(many.values())) == 30
