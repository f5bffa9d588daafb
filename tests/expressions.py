"""Typed expressions built by constructors, well shaped at any depth, and numbers to put in.

The sizes are distinct, so that a lost transpose shows as a shape.
"""

from __future__ import annotations

import random
from functools import reduce
from itertools import pairwise

import numpy as np

from matcalc.dimensions import ONE, SCALAR, Dimension, Shape
from matcalc.expr import (
    Expr,
    add,
    call,
    div,
    entry,
    had,
    haddiv,
    hadpow,
    mul,
    neg,
    number,
    power,
    size,
    symbol,
    transpose,
)
from matcalc.kinds import Kind

m, n, k = (Dimension.of(name) for name in "mnk")
SIZES = {"m": 3, "n": 4, "k": 2}
TWO, MINUS_TWO, HALF = number(2), number(-2), div(number(1), number(2))

# positive entries, so that logarithms, roots and quotients stay real
VECTORS = {name: symbol(name, Kind("vector", (d,), "positive")) for name, d in (("x", n), ("y", m), ("z", k))}
x, y, z = VECTORS.values()
h = symbol("h", Kind("row", (n,), "positive"))
A, B, C = (symbol(name, Kind("matrix", d, "positive")) for name, d in (("A", (m, n)), ("B", (n, k)), ("C", (k, m))))
S, K = symbol("S", Kind("spd", (n,))), symbol("K", Kind("spd", (m,)))
a, b = (symbol(name, Kind("scalar", (), "positive")) for name in "ab")
LEAVES = [x, y, z, h, A, B, C, S, K, a, b]


def values(seed: int = 0) -> dict[str, np.ndarray]:
    """Arrays for the variables: (n,) for columns, (1, n) for rows."""
    rng = np.random.default_rng(seed)
    found = {}
    for leaf in LEAVES:
        rows, columns = (d.value(SIZES) for d in leaf.shape)
        array = rng.uniform(0.3, 1.2, (rows, columns))
        if leaf.value.kind.structure == "spd":
            array = array @ array.T + np.eye(rows)
        found[leaf.value.name] = array[:, 0] if leaf.is_column else array[0, 0] if leaf.is_scalar else array
    return found


def random_expression(seed: int, depth: int = 4) -> Expr:
    """An expression of a random shape."""
    rng = random.Random(seed)
    shape = rng.choice([SCALAR, SCALAR, (n, ONE), (m, ONE), (ONE, n), (m, n), (n, n), (n, k)])
    return _grown(rng, shape, depth)


def _grown(rng: random.Random, shape: Shape, depth: int) -> Expr:
    if depth == 0:
        return _leaf(rng, shape)
    makers = [_sum, _sum, _product, _product, _product, _entrywise, _minus, _function, _leaf_of_depth]
    makers += [_scalar_made] * 3 if shape == SCALAR else [_transposed, _scaled, _filled]
    makers += [_square] if shape[0] == shape[1] and shape != SCALAR else []
    return rng.choice(makers)(rng, shape, depth - 1)


def _leaf(rng: random.Random, shape: Shape) -> Expr:
    fitting = [leaf for leaf in LEAVES if leaf.shape == shape]
    fitting += [transpose(leaf) for leaf in LEAVES if leaf.shape == shape[::-1] and shape != SCALAR]
    if shape == SCALAR:
        fitting += [number(rng.randint(1, 9)), size(n), HALF]
    return rng.choice(fitting) if fitting else _filled(rng, shape, 0)


def _leaf_of_depth(rng: random.Random, shape: Shape, depth: int) -> Expr:
    return _leaf(rng, shape)


def _sum(rng: random.Random, shape: Shape, depth: int) -> Expr:
    spread = [shape, SCALAR, (shape[0], ONE), (ONE, shape[1])] if ONE not in shape else [shape, shape, SCALAR]
    terms = [_grown(rng, shape, depth)]
    terms += [_grown(rng, rng.choice([shape, shape, *spread]), depth) for _ in range(rng.randint(1, 2))]
    return reduce(add, [neg(t) if rng.random() < 0.4 else t for t in terms])


def _product(rng: random.Random, shape: Shape, depth: int) -> Expr:
    inner = [rng.choice([m, n, k]) for _ in range(rng.randint(1, 2))]
    ends = [shape[0], *inner, shape[1]]
    if shape[0] != ONE and shape[1] != ONE and rng.random() < 0.3:
        ends[1] = ONE
    return reduce(mul, [_grown(rng, pair, depth) for pair in pairwise(ends)])


def _entrywise(rng: random.Random, shape: Shape, depth: int) -> Expr:
    one, other = _grown(rng, shape, depth), _grown(rng, shape, depth)
    if shape == SCALAR:
        return div(one, _positive(rng, shape))
    choice = rng.randrange(5)
    if choice == 0:
        return haddiv(one, _positive(rng, shape))
    if choice == 1:
        return hadpow(_positive(rng, shape), rng.choice([TWO, MINUS_TWO, HALF, a]))
    if choice == 2:
        return div(one, _positive(rng, SCALAR))
    if choice == 3:
        return haddiv(number(1), _positive(rng, shape))
    return had(had(one, other), _leaf(rng, shape))


def _minus(rng: random.Random, shape: Shape, depth: int) -> Expr:
    return neg(_grown(rng, shape, depth))


def _positive(rng: random.Random, shape: Shape) -> Expr:
    """Something whose entries are positive."""
    return call("exp", (_leaf(rng, shape),), shape) if rng.random() < 0.5 else add(number(1), _leaf(rng, shape))


def _function(rng: random.Random, shape: Shape, depth: int) -> Expr:
    name = rng.choice(["tanh", "sin", "exp", "log", "sqrt", "max", "abs", "sigmoid", "step", "relu"])
    if name in ("exp", "log", "sqrt"):
        return call(name, (_positive(rng, shape),), shape)
    inner = _grown(rng, shape, depth)
    if name == "max":
        return call("max", (number(0) if rng.random() < 0.5 else _grown(rng, shape, depth), inner), shape)
    return call(name, (inner,), shape)


def _transposed(rng: random.Random, shape: Shape, depth: int) -> Expr:
    return transpose(_grown(rng, shape[::-1], depth))


def _scaled(rng: random.Random, shape: Shape, depth: int) -> Expr:
    factors = [_grown(rng, SCALAR, depth), _grown(rng, shape, depth)]
    return mul(*(factors if rng.random() < 0.7 else factors[::-1]))


def _filled(rng: random.Random, shape: Shape, depth: int) -> Expr:
    sizes = tuple(size(d) for d in shape)
    if shape[0] == shape[1] and rng.random() < 0.7:
        return call("eye", sizes[:1], shape)
    return call("ones", sizes[:1] if shape[1] == ONE else sizes, shape)


def _square(rng: random.Random, shape: Shape, depth: int) -> Expr:
    choice = rng.randrange(3)
    well_behaved = S if shape == (n, n) else K if shape == (m, m) else call("eye", (size(k),), (k, k))
    if choice == 0:
        return call("inv", (well_behaved,), shape)
    if choice == 1:
        return call("diag", (_grown(rng, (shape[0], ONE), depth),), shape)
    return power(well_behaved, TWO)


def _scalar_made(rng: random.Random, shape: Shape, depth: int) -> Expr:
    choice = rng.randrange(6)
    side = rng.choice([n, m])
    if choice == 0:
        return call("tr", (_grown(rng, (side, side), depth),), SCALAR)
    if choice == 1:
        return call("sum", (_grown(rng, rng.choice([(n, ONE), (m, n), (ONE, n)]), depth),), SCALAR)
    if choice == 2:
        return call("logdet", (rng.choice([S, K]),), SCALAR)
    if choice == 3:
        return power(_positive(rng, SCALAR), rng.choice([TWO, MINUS_TWO, HALF, a]))
    if choice == 4:
        return entry(_grown(rng, (n, ONE), depth), 2, None)
    return call("norm2", (_grown(rng, rng.choice([(n, ONE), (m, n)]), depth),), SCALAR)
