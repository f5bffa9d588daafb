"""What undeclared names are taken for, the sizes they are given, and shapes that cannot be."""

from __future__ import annotations

import itertools

import pytest

from matcalc.dimensions import ONE, Dimension
from matcalc.errors import MatcalcError
from matcalc.extents import SINGLE, Extent, differ, find, shape_text, unify
from matcalc.parser import parse
from matcalc.shapes import Variable, letter_convention, name_sizes

M, N = Dimension.of("m"), Dimension.of("n")

# input -> kinds of its names in order, then the shape of the whole
READ = """
(X*theta - y)'*(X*theta - y)                | X: matrix(m,n), theta: vector(n), y: vector(m)     | 1 x 1
A*x + b                                     | A: matrix(m,n), x: vector(n), b: vector(m)         | m x 1
b + A*x                                     | b: vector(n), A: matrix(n,k), x: vector(k)         | n x 1
b + c + A*x                                 | b: vector(n), c: vector(n), A: matrix(n,k), x: vector(k) | n x 1
A*x - (b + 2*c)                             | A: matrix(m,n), x: vector(n), b: vector(m), c: vector(m) | m x 1
a*x + b                                     | a: scalar, x: vector(n), b: vector(n)              | n x 1
a.*x./b                                     | a: vector(n), x: vector(n), b: vector(n)           | n x 1
a*x^2 + b*x + c                             | a: scalar, x: scalar, b: scalar, c: scalar         | 1 x 1
x'*A*x                                      | x: vector(n), A: matrix(n,n)                       | 1 x 1
x'*A*y                                      | x: vector(n), A: matrix(n,k), y: vector(k)         | 1 x 1
x'*x + w'*w                                 | x: vector(n), w: vector(k)                         | 1 x 1
w'*x + z                                    | w: vector(n), x: vector(n), z: scalar              | 1 x 1
z + w'*x                                    | z: scalar, w: vector(n), x: vector(n)              | 1 x 1
1 + x                                       | x: vector(n)                                       | n x 1
a'*x                                        | a: vector(n), x: vector(n)                         | 1 x 1
dot(a, x)                                   | a: vector(n), x: vector(n)                         | 1 x 1
X*W + b'                                    | X: matrix(m,n), W: matrix(n,k), b: vector(k)       | m x k
X*W + ones(q)*b'                            | X: matrix(q,n), W: matrix(n,k), b: vector(k)       | q x k
W2*tanh(W1*x + p) + q | W2: matrix(m,n), W1: matrix(n,k), x: vector(k), p: vector(n), q: vector(m) | m x 1
sum(log(1 + exp(-y.*(X*w))))                | y: vector(n), X: matrix(n,k), w: vector(k)         | 1 x 1
((wt'*returns) - (rf)')/(wt'*cov*wt).^0.5 | wt: vector(n), returns: vector(n), rf: scalar, cov: scalar | 1 x 1
norm2(A*x - b)^2                            | A: matrix(m,n), x: vector(n), b: vector(m)         | 1 x 1
logdet(s*I + Z*Z') + y'*inv(s*I + Z*Z')*y   | s: scalar, Z: matrix(m,n), y: vector(m)            | 1 x 1
x'*diag(w)*x                                | x: vector(n), w: vector(n)                         | 1 x 1
A'*diag(d)*A                                | A: matrix(m,n), d: vector(m)                       | n x n
tr(A*X*B)                                   | A: matrix(m,n), X: matrix(n,k), B: matrix(k,m)     | 1 x 1
A^2                                         | A: matrix(n,n)                                     | n x n
X^-1*y                                      | X: matrix(n,n), y: vector(n)                       | n x 1
x^3                                         | x: scalar                                          | 1 x 1
x^p                                         | x: scalar, p: scalar                               | 1 x 1
x.^p                                        | x: vector(n), p: scalar                            | n x 1
x/t                                         | x: vector(n), t: scalar                            | n x 1
(x'*A*x)/(x'*B*x)                           | x: vector(n), A: matrix(n,n), B: matrix(n,n)       | 1 x 1
alpha*x + lambda*theta                      | alpha: scalar, x: vector(n), lambda: scalar, theta: vector(n) | n x 1
Sigma*mu                                    | Sigma: matrix(m,n), mu: vector(n)                  | m x 1
A\\b                                         | A: matrix(n,n), b: vector(n)                       | n x 1
z = X*w - y; z'*z                           | X: matrix(m,n), w: vector(n), y: vector(m)         | 1 x 1
c = 2; c*x                                  | x: vector(n)                                       | n x 1
x*y'                                        | x: vector(n), y: vector(k)                         | n x k
sum(X, 1)*a                                 | X: matrix(m,n), a: scalar                          | 1 x n
x'*a                                        | x: vector(n), a: vector(n)                         | 1 x 1
a'*X*b                                      | a: vector(n), X: matrix(n,k), b: vector(k)         | 1 x 1
(a'*X*b)^2                                  | a: vector(n), X: matrix(n,k), b: vector(k)         | 1 x 1
y'*K*alpha                                  | y: vector(n), K: matrix(n,k), alpha: vector(k)     | 1 x 1
-w'*(a - b)                                 | w: vector(n), a: vector(n), b: vector(n)           | 1 x 1
x'*a*x                                      | x: vector(n), a: scalar                            | 1 x 1
(w'*x + b)*c                                | w: vector(n), x: vector(n), b: scalar, c: scalar   | 1 x 1
x - mean(x)                                 | x: vector(n)                                       | n x 1
z - logsumexp(z)                            | z: vector(n)                                       | n x 1
c*sum(a)                                    | c: scalar, a: vector(n)                            | 1 x 1
y + sum(x)                                  | y: scalar, x: vector(n)                            | 1 x 1
vec(X)                                      | X: matrix(m,n)                                     | m*n x 1
kron(A, B)*x                                | A: matrix(m,n), B: matrix(k,p), x: vector(n*p)     | k*m x 1
x[2] + X[1,:]*y                             | x: vector(n), X: matrix(m,k), y: vector(k)         | 1 x 1
max(0, X*w + b)                             | X: matrix(m,n), w: vector(n), b: vector(m)         | m x 1
x + eye(n)*x                                | x: vector(n)                                       | n x 1
(X @ w - y).T @ (X @ w - y) / n             | X: matrix(m,k), w: vector(k), y: vector(m), n: scalar | 1 x 1
""".strip().splitlines()


@pytest.mark.parametrize("line", READ, ids=lambda s: s.split(" | ")[0])
def test_inferred_kinds(line: str) -> None:
    text, kinds, shape = (part.strip() for part in line.split(" | "))
    program = parse(text)
    assert ", ".join(map(repr, program.symbols.values())) == kinds
    assert f"{program.expr.shape[0]} x {program.expr.shape[1]}" == shape


# declared kinds reach the undeclared names around them
DECLARED = [
    ("X*w - y", {"X": "4 3"}, {"w": "vector(3)", "y": "vector(4)"}),
    ("X*w - y", {"y": "vector(p)"}, {"X": "matrix(p,n)", "w": "vector(n)"}),
    ("x'*A*b", {"b": "vector(q)"}, {"x": "vector(n)", "A": "matrix(n,q)"}),
    ("a + x", {"a": "scalar"}, {"x": "vector(n)"}),
    ("h*x", {"h": "row(k)"}, {"x": "vector(k)"}),
    ("y - A*b", {"y": "vector(m)", "A": "matrix(m,k)"}, {"b": "vector(k)"}),
    ("X*x/m", {"X": "matrix(m,n)"}, {"x": "vector(n)"}),
    ("sum(x)", {"x": "vector(2*n)"}, {}),
    ("S*x", {"S": "spd(k)"}, {"x": "vector(k)"}),
]


@pytest.mark.parametrize(("text", "declared", "inferred"), DECLARED)
def test_declarations_reach_their_neighbours(text: str, declared: dict[str, str], inferred: dict[str, str]) -> None:
    found = parse(text, declared).symbols
    assert {name: found[name].kind.text for name in inferred} == inferred


def test_names_of_sizes_skip_every_name_of_the_input() -> None:
    found = parse("m*(X*n) + k", {"m": "scalar", "X": "matrix(p,q)"}).symbols
    assert found["n"].kind.text == "vector(q)"
    assert parse("n'*A*m").symbols["A"].kind.text == "matrix(k,p)"
    assert list(parse("x'*x", {"unused": "vector(7)"}).symbols) == ["x", "unused"]


def test_a_long_row_of_sizes() -> None:
    text = " + ".join(f"sum(x{i})" for i in range(8))
    sizes = [s.kind.dimensions[0].text for s in parse(text).symbols.values()]
    assert sizes == ["n", "k", "p", "q", "l", "n1", "k1", "p1"]


SUMS = ["A*x", "b", "2*c", "y", "a*w"]


@pytest.mark.parametrize("terms", list(itertools.permutations(SUMS)), ids=" + ".join)
def test_the_order_of_terms_decides_no_kind(terms: tuple[str, ...]) -> None:
    found = parse(" + ".join(terms)).symbols
    structures = {name: symbol.kind.structure for name, symbol in found.items()}
    vectors = dict.fromkeys("xbcyw", "vector")
    assert structures == {**vectors, "A": "matrix", "a": "scalar"}


def test_spreading() -> None:
    kinds = {"X": "matrix(m,n)", "h": "row(n)", "y": "vector(m)", "s": "scalar"}
    for text in ("X + h", "h + X", "X - y", "X + s", "X.*h", "y.*X", "X./y", "max(X, h)", "X + y + h"):
        assert parse(text, kinds).expr.shape == (M, N), text


# ---- extents ----


def test_unification_keeps_what_is_known() -> None:
    a, b, c = Extent(), Extent(M), Extent()
    c.many = True
    assert unify(a, c)
    assert unify(a, b)
    assert find(c).dimension == M
    assert not unify(c, SINGLE)
    assert not unify(c, Extent(N))
    assert differ(c, SINGLE)
    assert not differ(Extent(), SINGLE)
    assert SINGLE.dimension == ONE
    assert SINGLE.link is None


def test_a_long_chain_of_extents_is_followed() -> None:
    chain = [Extent() for _ in range(5000)]
    for first, second in itertools.pairwise(chain):
        assert unify(first, second)
    assert unify(chain[0], Extent(N))
    assert all(find(extent).dimension == N for extent in chain)


def test_open_sizes_show_as_question_marks_until_named() -> None:
    variable = Variable("X")
    assert shape_text(variable.rows, variable.columns) == "? x ?"
    variable.settle()
    name_sizes([variable], {"m", "k"})
    assert shape_text(variable.rows, variable.columns) == "p x n"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("A", "matrix"),
        ("Gamma", "matrix"),
        ("a", "scalar"),
        ("g3", "scalar"),
        ("h", "vector"),
        ("weight", "vector"),
        ("beta", "vector"),
        ("theta_1", "vector"),
        ("phi2", "vector"),
        ("lambda", "scalar"),
        ("sigma_x", "scalar"),
        ("_x", "vector"),
    ],
)
def test_conventions(name: str, said: str) -> None:
    assert letter_convention(name) == said


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("x + h", {"x": "vector(n)", "h": "row(n)"}),
        ("X + y", {"X": "matrix(m,n)", "y": "vector(n)"}),
        ("X*Y", {"X": "matrix(m,n)", "Y": "matrix(m,n)"}),
        ("tr(X)", {"X": "matrix(m,n)"}),
        ("X^2", {"X": "matrix(m,n)"}),
        ("x'*A*x + x", {"A": "matrix(m,n)"}),
        ("X'*X + X", {"X": "matrix(m,n)"}),
        ("kron(X, X) + X", {"X": "matrix(m,n)"}),
        ("x*y", {}),
        ("x'*x + x*x", {}),
        ("dot(x, h)", {"x": "vector(n)", "h": "row(n)"}),
        ("<X*y, x>", {"X": "matrix(3,2)", "x": "vector(2)"}),
        ("inv(X)", {"X": "matrix(2,3)"}),
        ("x.*y", {"x": "vector(n)", "y": "vector(2*n)"}),
        ("I", {}),
    ],
)
def test_shapes_that_cannot_be(text: str, kinds: dict[str, str]) -> None:
    with pytest.raises(MatcalcError) as caught:
        parse(text, kinds)
    assert caught.value.position is not None
