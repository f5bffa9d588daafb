"""Functions of a matrix, triangles, extreme entries, norms, structured variables: what is printed, what is not."""

from __future__ import annotations

import re

import numpy as np
import pytest

import matcalc
from matcalc.commuting import commute, in_order
from matcalc.distinct import has_distinct_entries
from matcalc.lower import lower
from matcalc.matrixform import matrix_form
from matcalc.parser import parse
from matcalc.printers.text import text
from matcalc.rulebook import default_rulebook
from matcalc.terms import Node, Product
from oracle.surface import evaluate
from reading_back import reads_back

BOOK = default_rulebook()
KINDS = {
    **dict.fromkeys("ABX", "matrix(n,n)"),
    **dict.fromkeys("abkpst", "scalar"),
    **dict.fromkeys("uvwx", "vector(n)"),
    "C": "matrix(m,n)",
    "y": "vector(m)",
    "S": "symmetric(n)",
    "P": "spd(n)",
    "Q": "orthogonal(n)",
    "K": "skew(n)",
    "L": "lower(n)",
    "U": "upper(n)",
    "r": "simplex(n)",
}


def kinds_of(source: str) -> dict[str, str]:
    words = re.findall(r"[A-Za-z]\w*", source)
    return {name: kind for name, kind in KINDS.items() if name in words}


def derivative(source: str, by: str, order: int = 1, **options: str) -> matcalc.Derivative:
    return matcalc.differentiate(source, by, order, variables=kinds_of(source), **options)


ANSWERS = [
    # a trace, or a direction that commutes with the matrix: closed
    ("tr(expm(A))", "A", "expm(A)'"),
    ("expm(t*A)", "t", "A*expm(t*A)"),
    ("u'*expm(t*A)*v", "t", "u'*A*expm(t*A)*v"),
    ("expm(-t*A + 2*eye(n))", "t", "-A*expm(2*eye(n) - t*A)"),
    ("tr(expm(A*B))", "A", "expm(A*B)'*B'"),
    ("tr(expm(S))", "S", "expm(S)"),
    ("tr(A*expm(A))", "A", "(A*expm(A) + expm(A))'"),
    ("tr(expm(A))*tr(expm(A))", "A", "2*tr(expm(A))*expm(A)'"),
    ("tr(sqrtm(X))", "X", "0.5*inv(sqrtm(X))'"),
    ("tr(X*sqrtm(X))", "X", "1.5*sqrtm(X)'"),
    ("tr(logm(X))", "X", "inv(X)'"),
    ("sqrtm(t*X)", "t", "0.5*X*inv(sqrtm(t*X))"),
    ("tr(X^k)", "X", "k*(X^(k - 1))'"),
    ("tr(X^n)", "X", "n*(X^(n - 1))'"),
    ("tr((C'*C)^k)", "C", "2*k*C*(C'*C)^(k - 1)"),
    ("(t*X)^k", "t", "k*X*(t*X)^(k - 1)"),
    ("X^k", "k", "logm(X)*X^k"),
    # elsewhere the derivative in a direction, or the equation that it solves
    ("u'*expm(X)*v", "X", "dexpm(X', u*v')"),
    ("tr(expm(A) + B*expm(A))", "A", "(dexpm(A, B) + expm(A))'"),
    ("u'*logm(P)*u", "P", "dlogm(P, u*u')"),
    ("u'*sqrtm(X)*v", "X", "sylvester(sqrtm(X), sqrtm(X), v*u')'"),
    ("3*a*u'*expm(X)*v", "X", "3*a*dexpm(X', u*v')"),
    # what functions of a matrix have to do with each other
    ("logdet(expm(t*A))", "t", "tr(A)"),
    ("tr(expm(A)*expm(-A))", "A", "zeros(n, n)"),
    ("tr(B*expm(logm(X)))", "B", "X'"),
    ("tr(B*sqrtm(X)^2)", "B", "X'"),
    # triangles
    ("x'*tril(A)*u", "A", "tril(x*u')"),
    ("y'*triu(C)*x", "C", "triu(y*x')"),
    ("sum(tril(C).^2)", "C", "2*tril(C)"),
    ("tril(A)*x", "x", "tril(A)"),
    ("tril(triu(A))*x", "x", "diag(diag(A))"),
    ("tr(tril(A)*triu(B))", "A", "tril(B')"),
    ("sum(sqrt(tril(exp(C))))", "C", "0.5*tril(sqrt(exp(C)))"),
    # extreme entries and norms
    ("max(x)", "x", "1 - sign(max(x) - x)"),
    ("min(C*x)", "x", "C'*(1 - sign(C*x - min(C*x)))"),
    ("max(C*x - y)", "x", "C'*(1 - sign(max(C*x - y) - (C*x - y)))"),
    ("min(x - 3*u + 1)", "x", "1 - sign(x - 3*u + 1 - min(x - 3*u + 1))"),
    ("max(2*(x + u))", "x", "2*(1 - sign(max(2*(u + x)) - 2*(u + x)))"),
    ("norm(x, inf)", "x", "r = 1 - sign(max(abs(x)) - abs(x)); (sign(x).*r)/sum(r)"),
    ("norm(C, inf)", "C", "r = 1 - sign(max(sum(abs(C), 2)) - sum(abs(C), 2)); diag(r)*sign(C)/sum(r)"),
    ("max(S)", "S", "P = 1 - sign(max(S) - S); P/sum(P)"),
    ("max(a + relu(x))", "a", "1"),
    ("norm(C, 'fro')", "C", "C/normF(C)"),
    ("norm(x, 3)", "x", "(x.*abs(x))/norm(x, 3)^2"),
    ("norm(x, 4)^4", "x", "4*x.^3"),
    ("norm(x, p)", "x", "norm(x, p)^(1 - p)*(sign(x).*abs(x).^(p - 1))"),
    # structured variables
    ("x'*L*u", "L", "tril(x*u')"),
    ("x'*U*u", "U", "triu(x*u')"),
    ("tr(L*L')", "L", "2*L"),
    ("logdet(L*L')", "L", "2*tril(inv(L)')"),
    ("tr(K*B)", "K", "0.5*(B' - B)"),
    # what is declared is used
    ("x'*Q'*Q*u", "u", "x"),
    ("det(Q)^2*x'*u", "u", "x"),
    ("x'*inv(Q)*u", "x", "Q'*u"),
    ("sum(r)*x'*r", "x", "r"),
    ("x'*tril(L)*u", "x", "L*u"),
    ("x'*triu(U)*u", "x", "U*u"),
]


@pytest.mark.parametrize(("source", "by", "expected"), ANSWERS, ids=[f"{s} by {b}" for s, b, _ in ANSWERS])
def test_answer(source: str, by: str, expected: str) -> None:
    found = derivative(source, by)
    assert found.text == expected
    assert found.check().ok, found.check().text
    assert parse(expected, kinds_of(source)).expr == found.expression


SUMS_IN_A_MAXIMUM = [
    *("max(C*x - y)", "max(x + u)", "max(0.1*x + 0.7*u + 0.3)", "min(x - 3*u + 1)", "max(x - mean(x))"),
    *("max(a*x + u)*max(x + u)", "norm(C'*y - x + u, inf)", "log(max(x + u) - min(x + u))", "max([x + u; y - 1])"),
    *("max(u*x' + x*u')", "max(abs(C*x - y)) + min(x + u)^2", "max(x*ones(n)')", "max([x; x])", "max(kron(x, x))"),
]
DISTINCT = ["x", "C*x - y", "A", "exp(C*x)", "A*B + X", "2*x.^3", "x - 3*u + 1", "a*C"]
PERHAPS_EQUAL = [
    *("S", "x*u' + u*x'", "x*ones(n)'", "A + A'", "A*A", "tril(A)", "relu(x)", "sign(x)", "abs(x)", "[x; x]"),
    *("diag(x)", "x - mean(x)", "eye(n)", "kron(x, x)", "ones(n)", "x.*step(a)", "S*x", "r"),
]


@pytest.mark.parametrize("source", DISTINCT)
def test_distinct_entries(source: str) -> None:
    assert has_distinct_entries(node(source))
    values = {name: np.random.default_rng(3).normal(size=(3, 3)) for name in "AXB"} | {"a": np.array(0.7)}
    values |= {"x": np.array([0.3, -1.2, 0.8]), "u": np.array([0.1, 0.5, -0.4]), "y": np.array([1.0, 0.2])}
    entries = matcalc.evaluate(source, {**values, "C": values["A"][:2]}, variables=kinds_of(source))
    assert np.unique(entries).size == entries.size


@pytest.mark.parametrize("source", PERHAPS_EQUAL)
def test_entries_that_may_be_equal(source: str) -> None:
    assert not has_distinct_entries(node(source))


@pytest.mark.parametrize("source", SUMS_IN_A_MAXIMUM)
def test_rounding_leaves_nothing_of_the_largest_entry(source: str) -> None:
    """max(X) - X is 0 where X has its largest entry, whatever sum X is, in the numbers and in the text."""
    found = derivative(source, "x")
    assert all(found.check(seed).ok for seed in range(4)), found.text
    assert reads_back(found.text, kinds_of(source), found.expression)
    for seed in range(20):
        rng = np.random.default_rng(seed)
        values = {"C": rng.normal(size=(4, 3)), "y": rng.normal(size=4), "a": np.array(0.3)}
        values |= {"x": rng.normal(size=3), "u": rng.normal(size=3)}
        shown = evaluate(found.text, values, {"m": 4, "n": 3}).ravel()
        np.testing.assert_allclose(shown, np.ravel(found.evaluate(values, {"m": 4, "n": 3})), rtol=1e-9, atol=1e-12)


REFUSED = [
    ("u'*X^k*v", "X", 1, "X^k with a symbolic k has a derivative in closed form only in a trace"),
    ("u'*expm(X)*v", "X", 2, "the second derivative of the matrix exponential has no closed form"),
    ("tr(B*logm(X))", "X", 2, "the second derivative of the matrix logarithm has no closed form"),
    ("norm(C, 2)", "C", 1, "the largest singular value moves with its singular vectors"),
    ("norm(x, 0)", "x", 1, "it is constant between jumps"),
]


@pytest.mark.parametrize(("source", "by", "order", "reason"), REFUSED, ids=[f"{s} {o}" for s, _, o, _ in REFUSED])
def test_refused_with_the_reason(source: str, by: str, order: int, reason: str) -> None:
    with pytest.raises(matcalc.NotDifferentiableError, match=re.escape(reason)):
        derivative(source, by, order)


SECOND = ["tr(expm(X))", "tr(sqrtm(X))", "tr(logm(X))", "u'*sqrtm(X)*v", "x'*L*L*x", "max(C*x)^2", "norm(C*x, 3)"]
TENSORS = ["expm(X)", "sqrtm(X)", "expm(X)*v", "tril(X*A)", "X*expm(X)*A", "logm(X)*v", "sylvester(A, X, B)"]


@pytest.mark.parametrize("source", SECOND)
def test_second_derivatives_where_they_are_closed(source: str) -> None:
    (by,) = [name for name in "XLx" if name in source][:1]
    found = derivative(source, by, 2)
    assert found.check().ok, found.check().text


@pytest.mark.parametrize("layout", ["mixed", "numerator", "denominator"])
@pytest.mark.parametrize("source", TENSORS)
def test_tensors_of_functions_linear_in_a_direction(source: str, layout: str) -> None:
    found = derivative(source, "X", layout=layout)
    assert found.check().ok, found.check().text


PRODUCTS = [
    ("jvp", "tr(expm(X))", "tr(expm(X)*V)"),
    ("jvp", "tr(X^k)", "k*tr(X^(k - 1)*V)"),
    ("jvp", "u'*expm(X)*v", "u'*dexpm(X, V)*v"),
    ("jvp", "expm(X)", "dexpm(X, V)"),
    ("vjp", "expm(X)", "dexpm(X', V)"),
    ("vjp", "sqrtm(X)", "sylvester(sqrtm(X)', sqrtm(X)', V)"),
    ("hvp", "tr(expm(X))", "dexpm(X, V)'"),
    ("hvp", "tr(logm(X))", "-inv(X)'*V'*inv(X)'"),
]


@pytest.mark.parametrize(("kind", "source", "expected"), PRODUCTS, ids=[f"{k} {s}" for k, s, _ in PRODUCTS])
def test_products_with_a_direction(kind: str, source: str, expected: str) -> None:
    found = getattr(matcalc, kind)(source, "X", "V", variables=kinds_of(source))
    assert found.text == expected
    assert found.check().ok, found.check().text


@pytest.mark.parametrize(
    ("source", "expected"),
    [("tr(expm(X))", "df = tr(expm(X)*dX)"), ("expm(X)", "dF = dexpm(X, dX)"), ("tr(X^k)", "df = k*tr(X^(k - 1)*dX)")],
)
def test_differentials(source: str, expected: str) -> None:
    assert repr(derivative(source, "X").differential()) == f"<differential {expected}>"


# ---- what commutes


def node(source: str) -> Node:
    return lower(parse(source, kinds_of(source)).expr, BOOK)


TOGETHER = [
    ("A", "A"), ("A", "3*a*A"), ("A", "eye(n)"), ("A", "A^3 + 2*A"), ("A", "inv(A)"), ("A", "expm(A)*A"),
    ("expm(A)", "inv(A + eye(n))"), ("A*B", "expm(A*B)"), ("S", "S'"), ("A'", "expm(A)'"),
    ("X^k", "X"), ("sqrtm(X)", "logm(X)"), ("A + B", "(A + B)^2"), ("adj(A)", "A^2"),
]  # fmt: skip
APART = [
    ("A", "B"), ("A", "A'"), ("A", "A*B"), ("A", "A.^2"), ("A", "exp(A)"), ("expm(A)", "expm(B)"), ("A + B", "A"),
    ("A", "expm(A + B)"), ("A*B", "B*A"), ("A", "diag(x)"), ("A", "tril(A)"), ("A", "expm(A)'"),
    ("A", "x*u'"), ("A", "A*x*x'*A"), ("A", "ones(n,n)"), ("A", "diag(diag(A))"),
]  # fmt: skip


@pytest.mark.parametrize(("first", "second"), TOGETHER)
def test_known_to_commute(first: str, second: str) -> None:
    a, b = parse(first, kinds_of(first)).expr, parse(second, kinds_of(second)).expr
    if first not in ("X^k", "sqrtm(X)"):  # which need their eigenvalues off the negative axis
        assert commutator(first, second) <= 1e-9
    assert commute(node(first), node(second)) and commute(node(second), node(first)), (text(a), text(b))


@pytest.mark.parametrize(("first", "second"), APART)
def test_what_does_not_commute_is_kept_apart(first: str, second: str) -> None:
    assert commutator(first, second) > 1e-3
    assert not commute(node(first), node(second)) and not commute(node(second), node(first))


def commutator(first: str, second: str) -> float:
    """How far two matrices are from commuting at random entries."""
    rng = np.random.default_rng(0)
    values = {name: rng.uniform(-1, 1, (3, 3)) for name in "ABX"} | {name: rng.uniform(-1, 1, 3) for name in "xu"}
    values |= {"S": values["A"] + values["A"].T, "a": np.array(0.7), "k": np.array(2.0)}
    a, b = (matcalc.evaluate(s, values, variables=kinds_of(s), sizes={"n": 3}) for s in (first, second))
    return float(np.abs(a @ b - b @ a).max() / max(1.0, np.abs(a).max() * np.abs(b).max()))


def test_a_matrix_stands_before_the_functions_of_it() -> None:
    for source in ("expm(A)*A*x", "x'*expm(A)*A", "A*expm(A)*x", "A*expm(A)*A*sqrtm(A)", "A'*expm(A)'*x"):
        before = node(source)
        assert isinstance(before, Product)
        after = in_order(before)
        values = {"A": np.array([[2.0, 0.3], [-0.2, 1.5]]), "x": np.array([0.4, -1.2])}
        forms = [matcalc.evaluate(text(matrix_form(n).straight), values) for n in (before, after)]
        np.testing.assert_allclose(np.ravel(forms[0]), np.ravel(forms[1]), rtol=1e-12)
    assert node("A*expm(A)*x") == in_order(node("expm(A)*A*x"))  # type: ignore[arg-type]


# ---- what is said of an answer

NOTES = [
    ("sum(relu(C*x))", "x", ["step(0) = 0"]),
    ("max(0, a*b)", "a", ["step(0) = 0"]),
    ("sum(abs(x))", "x", ["sign(0) = 0"]),
    ("sum(relu(x).^2)", "x", []),
    ("sum(exp(x))", "x", []),
    ("x'*L*u", "L", ["by a triangular variable: the projection onto the structure, tril(G) or triu(G)"]),
    ("x'*r", "r", ["by a variable of the kind simplex: all entries taken as independent"]),
    ("x'*Q*u", "Q", ["by a variable of the kind orthogonal: all entries taken as independent"]),
]


@pytest.mark.parametrize(("source", "by", "notes"), NOTES, ids=[s for s, _, _ in NOTES])
def test_notes(source: str, by: str, notes: list[str]) -> None:
    assert derivative(source, by).remarks == notes


ASSUMED = [
    ("max(C*x)", "x", ["entries of C*x that are largest together move together"]),
    ("prod(x)", "x", ["no entry of x is 0"]),
    ("u'*logm(X)*v", "X", ["X has no eigenvalue at or below 0"]),
    ("u'*sqrtm(X)*v", "X", ["X has no eigenvalue at or below 0"]),
    ("u'*sqrtm(P)*v", "P", []),
    ("tr(X^k)", "X", ["k - 1 is whole, or X has no eigenvalue at or below 0"]),
    ("u'*sylvester(A, B, X)*v", "X", ["A and -B have no eigenvalue in common"]),
    ("sum(pinv(C))", "C", ["C has full rank"]),
    ("x'*adj(A)*x", "A", ["A is invertible"]),
    ("logdet(tril(A))", "A", ["tril(A) is invertible"]),
]


@pytest.mark.parametrize(("source", "by", "assumed"), ASSUMED, ids=[s for s, _, _ in ASSUMED])
def test_assumptions(source: str, by: str, assumed: list[str]) -> None:
    found = [a.replace("B and -A", "A and -B") for a in derivative(source, by).assumptions]
    assert found == assumed


CASES = [
    ("max(0, w'*x + b)", "w", r"\begin{cases} x & \text{if } x^\top w + b > 0 \\ 0 & \text{otherwise} \end{cases}"),
    ("max(0, w'*x + b)", "b", r"\begin{cases} 1 & \text{if } w^\top x + b > 0 \\ 0 & \text{otherwise} \end{cases}"),
    ("3*relu(-a)/b", "a", r"\begin{cases} -\frac{3}{b} & \text{if } a < 0 \\ 0 & \text{otherwise} \end{cases}"),
    (
        "relu(a)*relu(b)*step(b)",
        "a",
        r"\begin{cases} \operatorname{relu}(b) & \text{if } a > 0 \\ 0 & \text{otherwise} \end{cases}",
    ),
    ("sum(relu(C*x))", "x", r"C^\top \mathbf{1}_{>0}(C x)"),
    ("relu(a) + a", "a", r"\mathbf{1}_{>0}(a) + 1"),
]


@pytest.mark.parametrize(("source", "by", "expected"), CASES, ids=[s for s, _, _ in CASES])
def test_an_indicator_of_the_whole_gives_cases(source: str, by: str, expected: str) -> None:
    assert derivative(source, by).latex() == expected


# ---- how it is read


def test_a_maximum_with_a_number_is_entry_by_entry() -> None:
    program = parse("max(C, 1)", {"C": "matrix(m,n)"})
    assert [d.text for d in program.expr.shape] == ["m", "n"]
    assert program.notes == ["max(C, 1) compares every entry with 1"]
    assert parse("max(C)", {"C": "matrix(m,n)"}).expr.is_scalar
    assert parse("max(a, 1)", {"a": "scalar"}).notes == []


@pytest.mark.parametrize(
    ("source", "same"),
    [
        ("norm(x, np.inf)", "norm(x, inf)"),
        ("np.linalg.norm(x, ord=np.inf)", "norm(x, inf)"),
        ("||x||_inf", "norm(x, inf)"),
        ("norm(C, 'fro')", "normF(C)"),
        ("||C||_1", "norm(C, 1)"),
        ("||C||_2", "norm(C, 2)"),
        ("mpower(A, k)", "A^k"),
        ("scipy.linalg.expm(A)", "expm(A)"),
    ],
)
def test_spellings(source: str, same: str) -> None:
    assert parse(source, kinds_of(source)).expr == parse(same, kinds_of(same)).expr


def test_inf_is_a_name_like_any_other_where_it_is_declared() -> None:
    assert matcalc.differentiate("inf*x", "x", variables={"inf": "scalar", "x": "vector(n)"}).text == "inf*eye(n)"


def test_triangles_of_rows_and_columns() -> None:
    point = np.array([3.0, 4.0, 5.0])
    for source, expected in [("tril(x)", [3, 4, 5]), ("triu(x)", [3, 0, 0]), ("tril(x')'", [3, 0, 0])]:
        assert matcalc.evaluate(source, {"x": point}).ravel().tolist() == expected
        jacobian = matcalc.differentiate(source, "x", variables={"x": "vector(n)"})
        assert (jacobian.evaluate({"x": point}) @ point).tolist() == expected


def test_a_matrix_without_a_real_logarithm_has_no_numbers() -> None:
    rotated = np.array([[-1.0, 0.0], [0.0, -2.0]])
    for source in ("logm(A)", "sqrtm(A)", "A^k"):
        values = {"A": rotated, "k": np.array(0.5)}
        assert np.all(np.isnan(matcalc.evaluate(source, values, variables=kinds_of(source))))


@pytest.mark.parametrize("convention", ["projected", "independent", "cookbook"])
def test_conventions_for_triangular_variables(convention: str) -> None:
    found = derivative("x'*L*u", "L", symmetric=convention)
    assert found.text == ("x*u'" if convention == "independent" else "tril(x*u')")
    assert found.check().ok
