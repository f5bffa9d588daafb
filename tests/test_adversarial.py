"""Inputs chosen to break the rewriting, the matrix notation and the printed text, compared with central differences.

Every case is checked three ways: the numbers of the answer, the numbers behind its text, and that the text parses
back to the expression it was printed from.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

import matcalc
from matcalc.partials import Partial
from matcalc.rulebook import default_rulebook
from oracle import differences
from oracle.layouts import arranged, relative_error
from oracle.shapes import Array, as_matrix
from oracle.surface import evaluate
from reading_back import reads_back

SIZES = {"m": 3, "n": 4}
KINDS = {
    "A": "matrix(n,n)",
    "B": "matrix(m,n)",
    "W": "matrix(1,n)",
    "X": "invertible(n)",
    "S": "symmetric(n)",
    "P": "spd(n)",
    "K": "skew(n)",
    "D": "diagonal(n)",
    "H": "diagonal(n) positive",
    "x": "vector(n)",
    "y": "vector(n)",
    "v": "vector(m)",
    "w": "vector(n) positive",
    "r": "row(n)",
    "z": "vector(1)",
    "a": "scalar",
    "p": "scalar positive",
}
STRUCTURED = ("symmetric", "spd", "skew", "diagonal")


class Case(NamedTuple):
    """A text, the names it uses, and how it is differentiated."""

    text: str
    names: str
    wrt: str
    order: int = 1
    layout: str = "mixed"

    @property
    def declarations(self) -> dict[str, str]:
        return {name: KINDS[name] for name in self.names}

    @property
    def structure(self) -> str:
        word = KINDS[self.wrt].split("(")[0]
        return word if word in STRUCTURED else ""


CASES = [
    # an identity between terms on different axes must not fire
    Case("sum(A.*(sin(x).^2*ones(n)' + ones(n)*(cos(x).^2)'))", "Ax", "A"),
    Case("sum(A.*(cosh(x).^2*ones(n)' - ones(n)*(sinh(x).^2)'))", "Ax", "A"),
    Case("sum(exp(A + 1 - (sin(x).^2)'))", "Ax", "A"),
    Case("sum(B.*(sigmoid(v)*ones(n)' - (sigmoid(v).^2)*ones(n)'))", "Bv", "B"),
    # an exponent that is not a number
    Case("sum(w.^x)", "wx", "w"),
    Case("sum(w.^x)", "wx", "x"),
    Case("a*exp(x'*y*log(p))", "axyp", "p"),
    Case("sum(w.^a)", "wa", "a"),
    Case("p^p", "p", "p"),
    # fractional exponents
    Case("sum(w.^(1/3))", "w", "w"),
    Case("a*p^(1/3)", "ap", "a"),
    Case("sum((x.^2).^(1/2))", "x", "x"),
    # the pseudoinverse of a column is a row, and the other way round
    Case("pinv(x)*y", "xy", "y"),
    Case("pinv(x)*y", "xy", "x"),
    Case("sum(B*pinv(r))", "Br", "B"),
    Case("y'*pinv(W)", "yW", "W", 1, "numerator"),
    # second derivatives whose tensors are inside products
    Case("logsumexp(softmax(D*x))", "Dx", "D", 2),
    Case("logsumexp(softmax(A*x))", "Ax", "A", 2),
    Case("sum((x*x')^2)", "x", "x", 2),
    Case("x'*exp(D)*x", "Dx", "D", 2),
    Case("logdet(P)*x'*P*x", "Px", "P", 2),
    # functions of a diagonal matrix are not diagonal
    Case("sum(exp(D)*A)", "DA", "D"),
    Case("sum(A./(1 + D))", "AD", "D"),
    Case("sum(inv(H)*x)", "Hx", "H"),
    Case("logdet(D + P)", "DP", "D"),
    # signs and transposes inside determinants, adjugates and inverses
    Case("adj(-X)*x", "Xx", "X", 1, "denominator"),
    Case("tr(adj(X')*A)", "XA", "X"),
    Case("logdet(-X'*X)", "X", "X"),
    Case("tr(inv(inv(X) + A))", "XA", "X"),
    Case("det(S)", "S", "S"),
    Case("tr(K*A*K)", "KA", "K"),
    # rows, one row, one entry
    Case("W*A*W'", "WA", "W"),
    Case("x*z", "xz", "z"),
    Case("B + r", "Br", "r"),
    Case("std(B)", "B", "B"),
    # an index summed inside an operand of a rule is one of its own: here diag(diag(X)) stands between the factors
    Case("a*tr(inv(X*X)*diag(diag(X))*X*A)", "aXA", "a"),
    Case("a*inv(X*X)*diag(diag(X))*X", "aX", "a"),
    Case("a*X*diag(diag(X))*inv(X*X)", "aX", "a"),
    Case("a*inv(X*P)*diag(diag(X))*P", "aXP", "a"),
    Case("a*A*diag(diag(A))*pinv(A*A)*A*A", "aA", "a"),
    # an operand of a rule that carries no factor on one of its axes
    Case("a*pinv(ones(n))*x", "ax", "a"),
    Case("a*B*pinv(ones(m,n))", "aB", "a"),
    Case("pinv(a*ones(n))", "a", "a"),
    # a power with exponent 0 is all ones, not the number 1
    Case("a*x.^0", "ax", "a"),
    Case("a*sum((1 + x.^2).^0)", "ax", "a"),
    Case("a*sum((1 + A).^(p - p))", "aAp", "a"),
    Case("a*(1 + (1 + x.^2).^0)", "ax", "a"),
]


def drawn(kind: str, source: np.random.Generator) -> Array:
    """Numbers of a declared kind."""
    word, _, rest = kind.partition("(")
    lengths = [SIZES.get(name) or int(name) for name in rest.partition(")")[0].split(",") if name]
    shape = {"vector": (*lengths, 1), "row": (1, *lengths), "matrix": tuple(lengths)}.get(word, tuple(lengths * 2))
    numbers = source.uniform(-1.5, 1.5, shape or (1, 1))
    if "positive" in kind:
        numbers = np.abs(numbers) + 0.4
    if word == "invertible":
        numbers = numbers + np.diag(2.5 * (-1.0) ** np.arange(len(numbers)))
    made = {
        "symmetric": lambda q: q + q.T,
        "skew": lambda q: q - q.T,
        "spd": lambda q: q @ q.T + np.eye(len(q)),
        "diagonal": lambda q: np.diag(np.diag(q)),
    }.get(word, lambda q: q)(numbers)
    return made.reshape({"scalar": (), "vector": (-1,)}.get(word.split()[0], made.shape))


def second_derivative(case: Case, values: dict[str, Array]) -> tuple[Array, float]:
    """All second derivatives of a scalar, projected onto the structure of the variable."""
    point = as_matrix(values[case.wrt])

    def gradient(at: Array) -> Array:
        return differences.jacobian(lambda q: evaluate(case.text, {**values, case.wrt: q}, SIZES), at, case.structure)[
            0
        ].reshape(-1, 1)

    entries, error = differences.jacobian(gradient, point, case.structure)
    return np.squeeze(entries.reshape(point.shape * 2)), error


def first_derivative(case: Case, values: dict[str, Array]) -> tuple[Array, float]:
    point = as_matrix(values[case.wrt])
    entries, error = differences.jacobian(
        lambda q: evaluate(case.text, {**values, case.wrt: q}, SIZES), point, case.structure
    )
    wanted = arranged(entries, case.layout)
    return wanted.reshape(()) if wanted.size == 1 else wanted, error


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.text} by {case.wrt}{case.order}")
def test_answer_and_text_against_differences(case: Case) -> None:
    source = np.random.default_rng(7)
    values = {name: drawn(kind, source) for name, kind in case.declarations.items()}
    derivative = matcalc.differentiate(
        case.text, case.wrt, order=case.order, layout=case.layout, variables=case.declarations
    )
    found = np.asarray(derivative.evaluate(values, sizes=SIZES), dtype=float)
    wanted, error = (first_derivative if case.order == 1 else second_derivative)(case, values)
    assert found.shape == wanted.shape
    size = float(np.abs(wanted).max(initial=0.0))
    assert np.abs(found - wanted).max(initial=0.0) <= max(1e-6 * size, 100 * error, 1e-8)
    shown = evaluate(derivative.text, values, SIZES, shape=found.shape)
    assert relative_error(shown, found if derivative.expression is None else as_matrix(found)) <= 1e-8
    if derivative.expression is not None:
        assert shown.shape == as_matrix(found).shape
        assert reads_back(derivative.text, case.declarations, derivative.expression)


def test_large_sum_that_vanishes_is_zero() -> None:
    terms = " + ".join(f"sin({k}*x'*y)^2 + cos({k}*x'*y)^2" for k in range(1, 40))
    assert matcalc.differentiate(terms, "x", variables={"x": "vector(n)", "y": "vector(n)"}).text == "zeros(n)"


def test_index_form_of_a_tensor_with_parts_kept_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matcalc.differentiation.LARGE_EXPRESSION", 5)
    derivative = matcalc.differentiate("exp(tanh(A.*A + A))", "A", variables={"A": "matrix(m,n)"})
    values = {"A": np.random.default_rng(7).uniform(0.1, 0.5, (2, 3))}
    found = derivative.evaluate(values)
    shown = evaluate(derivative.text, values, {"m": 2, "n": 3}, shape=found.shape)
    assert relative_error(shown, found) <= 1e-9


def test_names_and_shared_parts_survive_an_emptied_cache() -> None:
    text = "E = exp(Q*K'/s); P = E./(sum(E, 2)*ones(1,l)); sum(G.*(P*V))"
    kinds = {"Q": "matrix(m,n)", "K": "matrix(l,n)", "s": "scalar", "V": "matrix(l,k)", "G": "matrix(m,k)"}
    wanted = matcalc.differentiate(text, "Q", variables=kinds).text
    program = matcalc.parse(text, kinds)
    matcalc.clear_cache()
    rulebook = default_rulebook()
    found = matcalc.Derivative(program, [Partial(program.symbols["Q"])], "mixed", "projected", rulebook)
    assert found.text == wanted
