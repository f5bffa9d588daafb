"""vjp, jvp and hvp against central differences, the Jacobian and the Hessian, in text and in numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sympy as sp

import matcalc
from generator import problem
from matcalc import terms
from matcalc.answers import Answer
from oracle import differences
from oracle.layouts import LAYOUTS, agree, relative_error
from oracle.shapes import Array, as_matrix
from oracle.surface import evaluate
from reading_back import reads_back

SIZES = {"k": 5, "m": 2, "n": 3, "p": 4}
KINDS = {
    "a": "scalar",
    "x": "vector(n)",
    "y": "vector(m)",
    "h": "row(n)",
    "X": "matrix(m,n)",
    "A": "matrix(k,m)",
    "B": "matrix(n,p)",
    "M": "invertible(n)",
    "N": "matrix(n,n)",
}
# value, variable, expression, vjp with G or u or g, jvp along V, v or d
FIRST = [
    ("tanh(X*x)", "x", "X'*(u.*(1 - tanh(X*x).^2))", "(X*v).*(1 - tanh(X*x).^2)"),
    ("tanh(X*x)", "X", "(u.*(1 - tanh(X*x).^2))*x'", "(V*x).*(1 - tanh(X*x).^2)"),
    ("A*X*B", "X", "A'*G*B'", "A*V*B"),
    ("A*X*B", "A", "G*B'*X'", "V*X*B"),
    ("A*X*B", "B", "X'*A'*G", "A*X*V"),
    ("X'", "X", "G'", "V'"),
    ("X*N + ones(m)*x'", "x", "sum(G, 1)'", "ones(m)*v'"),
    ("h*N*N", "h", "u*(N')^2", "v*N^2"),
    ("exp(a)*X", "a", "exp(a)*sum(G.*X)", "d*exp(a)*X"),
    ("a*x", "a", "u'*x", "d*x"),
    ("x'*N*x", "x", "g*(N + N')*x", "x'*(N + N')*v"),
    ("inv(M)", "M", "-inv(M)'*G*inv(M)'", "-inv(M)*V*inv(M)"),
    ("logdet(M)", "M", "g*inv(M)'", "tr(inv(M)*V)"),
    ("diag(X*x)", "x", "X'*diag(G)", "diag(X*v)"),
    ("X.*X", "X", "2*(G.*X)", "2*(V.*X)"),
    ("y", "x", "zeros(n)", "zeros(m)"),
]
SECOND = [
    ("norm2(X*x - y)^2", "x", "2*X'*X*v"),
    ("x'*N*x", "x", "(N + N')*v"),
    ("norm2(A*X*B)^2", "X", "2*A'*A*V*B*B'"),
    ("logdet(M)", "M", "-inv(M)'*V'*inv(M)'"),
    ("h*N*h'", "h", "v*(N + N')"),
    ("sum(exp(X*x))", "x", "X'*((X*v).*exp(X*x))"),
    ("sum(exp(X*x))", "X", "((V*x).*exp(X*x))*x'"),
    ("tr(X'*X)", "X", "2*V"),
    ("sum(a^3*x)", "a", "6*a*d*sum(x)"),
    ("y'*X*x", "X", "zeros(m, n)"),
]


def point(variables: dict[str, Any]) -> dict[str, Any]:
    """Numbers for every name, the same in each test; matrices that are inverted are far from singular."""
    source = np.random.default_rng(11)
    values: dict[str, Any] = {}
    for name, kind in sorted(variables.items()):
        rows, columns = (d.value(SIZES) for d in kind.shape)
        entries = source.uniform(0.2, 1.2, (rows, columns)) * source.choice([-1.0, 1.0], (rows, columns))
        if "invertible" in kind.facts:
            entries += 2 * np.eye(rows)
        structure = {
            "symmetric": lambda e: e + e.T,
            "skew": lambda e: e - e.T,
            "diagonal": lambda e: e * np.eye(len(e)),
        }
        for fact, project in structure.items():
            if fact in kind.facts:
                entries = project(entries)
        values[name] = entries[0, 0] if kind.structure == "scalar" else entries
    return values


def value_of(expression: str, wrt: str, values: dict[str, Any]) -> Callable[[Array], Array]:
    return lambda at: evaluate(expression, {**values, wrt: at}, SIZES)


def jacobian(expression: str, wrt: str, values: dict[str, Any], structure: str = "") -> Array:
    """Entry [p, q, i, j] is the derivative of entry (p, q) of the value by entry (i, j) of the variable."""
    entries, error = differences.jacobian(value_of(expression, wrt, values), as_matrix(values[wrt]), structure)
    assert error < 1e-6
    return entries


def gradient_of(expression: str, wrt: str, values: dict[str, Any], structure: str = "") -> Callable[[Array], Array]:
    """The gradient by differences, shaped like the variable, as a function of it."""
    return lambda at: jacobian(expression, wrt, {**values, wrt: at}, structure)[0, 0]


def check(answer: Answer, values: dict[str, Any], wanted: Array, tolerance: float = 1e-8) -> None:
    """Numbers of the answer and of its text, its shape, its own check, and that the text reads back."""
    wanted = np.where(np.abs(wanted) < 1e-9, 0.0, wanted)  # what rounding leaves of a zero
    assert agree(as_matrix(answer.evaluate(values, SIZES)), wanted, tolerance)
    assert tuple(d.value(SIZES) for d in answer.shape) == wanted.shape
    assert agree(evaluate(answer.text, values, SIZES), wanted, tolerance)
    assert reads_back(answer.text, answer.variables, answer.expression)
    report = answer.check()
    assert report.ok, report.text


def vector_of(answer: Answer) -> str:
    """The name that was added."""
    (name,) = set(answer.variables) - set(KINDS)
    return name


@pytest.mark.parametrize(("expression", "wrt", "text", "_"), FIRST)
def test_vjp_is_the_cotangent_times_the_jacobian(expression: str, wrt: str, text: str, _: str) -> None:
    answer = matcalc.vjp(expression, wrt, variables=KINDS)
    assert answer.text == text
    values = point(answer.variables)
    wanted = np.einsum("pq,pqij->ij", as_matrix(values[vector_of(answer)]), jacobian(expression, wrt, values))
    check(answer, values, wanted)


@pytest.mark.parametrize(("expression", "wrt", "_", "text"), FIRST)
def test_jvp_is_the_jacobian_times_the_direction(expression: str, wrt: str, _: str, text: str) -> None:
    answer = matcalc.jvp(expression, wrt, variables=KINDS)
    assert answer.text == text
    values = point(answer.variables)
    wanted = np.einsum("pqij,ij->pq", jacobian(expression, wrt, values), as_matrix(values[vector_of(answer)]))
    check(answer, values, wanted)


@pytest.mark.parametrize(("expression", "wrt", "text"), SECOND)
def test_hvp_is_the_hessian_times_the_direction(expression: str, wrt: str, text: str) -> None:
    answer = matcalc.hvp(expression, wrt, variables=KINDS)
    assert answer.text == text
    values = point(answer.variables)
    hessian, _ = differences.jacobian(gradient_of(expression, wrt, values), as_matrix(values[wrt]))
    wanted = np.einsum("ijkl,kl->ij", hessian, as_matrix(values[vector_of(answer)]))
    check(answer, values, wanted, 1e-7)


@pytest.mark.parametrize(("expression", "wrt", "_", "__"), FIRST)
def test_products_agree_with_the_derivative_and_with_each_other(expression: str, wrt: str, _: str, __: str) -> None:
    """Both are contractions of the tensor, hence <G, J V> = <J'G, V>."""
    back, along = matcalc.vjp(expression, wrt, "G", variables=KINDS), matcalc.jvp(expression, wrt, "V", variables=KINDS)
    values = point({**back.variables, **along.variables})
    pulled, pushed = (as_matrix(answer.evaluate(values, SIZES)) for answer in (back, along))
    G, V = as_matrix(values["G"]), as_matrix(values["V"])
    tensor = matcalc.differentiate(expression, wrt, variables=KINDS).evaluate(values, SIZES)
    entries = np.reshape(tensor, (*G.shape, *V.shape))
    assert agree(pulled, np.einsum("pq,pqij->ij", G, entries), 1e-12)
    assert agree(pushed, np.einsum("pqij,ij->pq", entries, V), 1e-12)
    assert np.sum(G * pushed) == pytest.approx(np.sum(pulled * V), abs=1e-12)


@pytest.mark.parametrize(("expression", "wrt", "_"), SECOND)
def test_hvp_agrees_with_the_hessian(expression: str, wrt: str, _: str) -> None:
    answer = matcalc.hvp(expression, wrt, "V", variables=KINDS)
    values = point(answer.variables)
    hessian = matcalc.hessian(expression, wrt, variables=KINDS).evaluate(values, SIZES)
    V = as_matrix(values["V"])
    wanted = np.reshape(hessian, (*V.shape, *V.shape))
    found = as_matrix(answer.evaluate(values, SIZES))
    assert agree(found, np.einsum("ijkl,kl->ij", wanted, V), 1e-12)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_vjp_and_hvp_stand_as_gradients_and_jvp_as_a_derivative_by_a_scalar(layout: str) -> None:
    row, column = layout == "numerator", layout == "denominator"
    back = matcalc.vjp("tanh(X*x)", "X", variables=KINDS, layout=layout)
    assert [d.text for d in back.shape] == (["n", "m"] if row else ["m", "n"])
    second = matcalc.hvp("x'*N*x", "x", variables=KINDS, layout=layout)
    assert [d.text for d in second.shape] == (["1", "n"] if row else ["n", "1"])
    along = matcalc.jvp("A*X*B", "X", variables=KINDS, layout=layout)
    assert [d.text for d in along.shape] == (["p", "k"] if column else ["k", "p"])
    for answer in (back, second, along):
        assert answer.check().ok, answer.check().text


@pytest.mark.parametrize("number", range(60))
def test_random_problems(number: int) -> None:
    """Contractions of the derivative, with texts that the oracle reads."""
    given = problem(number)
    derivative = matcalc.differentiate(given.text, given.wrt, variables=given.declarations)
    value, variable = given.value().shape, as_matrix(given.values[given.wrt]).shape
    entries = np.reshape(derivative.evaluate(given.values, given.sizes), (*value, *variable))
    source = np.random.default_rng(number)
    for product, axes in ((matcalc.vjp, "pq,pqij->ij"), (matcalc.jvp, "ij,pqij->pq")):
        answer = product(given.text, given.wrt, "VV", variables=given.declarations)
        vector = drawn(answer.variables["VV"], given.sizes, source)
        found = answer.evaluate({**given.values, "VV": vector}, given.sizes)
        wanted = np.einsum(axes, as_matrix(vector), entries)
        assert relative_error(as_matrix(found), wanted) <= 1e-9, f"{given}: {answer.text}"
        shown = evaluate(answer.text, {**given.values, "VV": vector}, given.sizes)
        assert relative_error(shown, as_matrix(found)) <= 1e-9, f"{given}: {answer.text}"


def drawn(kind: Any, sizes: dict[str, int], source: np.random.Generator) -> Array:
    """Numbers for a vector of this kind, in the shape in which a user gives them."""
    entries = source.uniform(-1, 1, [d.value(sizes) for d in kind.shape])
    entries = entries + entries.T if "symmetric" in kind.facts else entries
    return entries.reshape({"scalar": (), "vector": (-1,)}.get(kind.structure, entries.shape))


# -- structured variables

STRUCTURES = ["symmetric", "spd", "skew", "diagonal"]


@pytest.mark.parametrize("convention", ["projected", "independent", "cookbook"])
@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("expression", ["N*S*x", "x'*inv(S + 5*eye(n))*N*x", "sum(exp(S).*N)"])
def test_by_a_structured_variable(expression: str, structure: str, convention: str) -> None:
    """Directions are within the structure; the axes of the variable follow the convention, as in a gradient."""
    options: dict[str, Any] = {"variables": {**KINDS, "S": f"{structure}(n)"}, "symmetric": convention}
    back, along = matcalc.vjp(expression, "S", "G", **options), matcalc.jvp(expression, "S", "V", **options)
    values = point({**back.variables, **along.variables})
    tied = structure if convention != "independent" or structure == "diagonal" else ""
    entries = jacobian(expression, "S", values, tied)
    tangent = {"spd": "symmetric", "": "matrix"}.get(tied, tied)
    assert along.variables["V"].structure == tangent
    assert agree(as_matrix(along.evaluate(values, SIZES)), np.einsum("pqij,ij->pq", entries, values["V"]), 1e-8)
    if convention != "cookbook":
        wanted = np.einsum("pq,pqij->ij", as_matrix(values["G"]), entries)
        assert agree(back.evaluate(values, SIZES), wanted, 1e-8)
    for answer in (back, along):
        assert answer.check().ok, answer.check().text


@pytest.mark.parametrize("convention", ["projected", "independent", "cookbook"])
@pytest.mark.parametrize("structure", STRUCTURES)
def test_hvp_by_a_structured_variable(structure: str, convention: str) -> None:
    options: dict[str, Any] = {"variables": {**KINDS, "S": f"{structure}(n)"}, "symmetric": convention}
    answer = matcalc.hvp("tr(N*S*N*S*S)", "S", "V", **options)
    assert answer.check().ok, answer.check().text
    tied = structure if convention != "independent" or structure == "diagonal" else ""
    if convention != "cookbook":
        values = point(answer.variables)
        gradient = gradient_of("tr(N*S*N*S*S)", "S", values, tied)
        wanted, error = differences.along(gradient, values["S"], values["V"])
        assert error < 1e-5
        assert agree(answer.evaluate(values, SIZES), wanted, 1e-6)


@pytest.mark.parametrize(("structure", "text"), [("symmetric", "0.5*tr(N*(V + V'))"), ("skew", "0.5*tr(N*(V - V'))")])
def test_a_direction_outside_the_structure_is_projected_onto_it(structure: str, text: str) -> None:
    kinds = {**KINDS, "S": f"{structure}(n)", "V": "matrix(n,n)"}
    answer = matcalc.jvp("tr(N*S)", "S", "V", variables=kinds)
    assert answer.text == text
    assert answer.check().ok, answer.check().text
    free = matcalc.jvp("tr(N*S)", "S", "V", variables=kinds, symmetric="independent")
    assert free.text == "tr(N*V)"
    assert free.check().ok, free.check().text


@pytest.mark.parametrize("kind", ["lower(n)", "upper(n)", "orthogonal(n)", "invertible(n) positive"])
def test_direction_of_other_kinds(kind: str) -> None:
    answer = matcalc.jvp("x'*S*N*S*x", "S", "V", variables={**KINDS, "S": kind})
    assert answer.variables["V"].text == (kind if kind in ("lower(n)", "upper(n)") else "matrix(n,n)")
    assert answer.check().ok, answer.check().text


# -- the named vector


def test_name_is_chosen_by_axes_and_skips_names_in_use() -> None:
    assert vector_of(matcalc.vjp("A*X*B", "X", variables=KINDS)) == "G"
    assert vector_of(matcalc.vjp("X*x", "x", variables=KINDS)) == "u"
    assert vector_of(matcalc.vjp("x'*x", "x", variables=KINDS)) == "g"
    assert matcalc.jvp("V*v", "v").text == "V*v1"
    assert matcalc.jvp("V*v", "V").text == "V1*v"
    assert matcalc.vjp("r = x.*x; u = 2*r; u", "x").text == "4*(u1.*x)"


def test_a_name_in_use_is_used() -> None:
    """H*x, with x as the direction, and J'*y, with a y that stands in the expression."""
    assert matcalc.hvp("x'*N*x", "x", "x").text == "(N + N')*x"
    assert matcalc.vjp("X*x + y", "x", "y").text == "X'*y"
    assert matcalc.jvp("X*x", "x", "v", variables={"x": "vector(n)", "v": "vector(n) positive"}).text == "X*v"
    for answer in (matcalc.hvp("x'*N*x + sum(exp(x))", "x", "x"), matcalc.vjp("exp(X*x).*y", "x", "y")):
        assert answer.check().ok, answer.check().text


def test_greek_and_sympy_names() -> None:
    assert matcalc.vjp("X*x", "x", "δ").text == "X'*delta"
    n = sp.Symbol("n", integer=True, positive=True)
    x, A = sp.MatrixSymbol("x", n, 1), sp.MatrixSymbol("A", n, n)
    assert matcalc.hvp(x.T * A * x, x, sp.MatrixSymbol("v", n, 1)).text == "(A + A')*v"
    assert matcalc.jvp(A * x, x, "s", variables={"s": "vector(n)"}).text == "A*s"
    with pytest.raises(matcalc.ShapeError, match="s is m x 1"):
        matcalc.jvp(A * x, x, "s", variables={"s": "vector(m)"})
    assert matcalc.differentiate(A * x, "z", variables={"z": "vector(m)"}).text == "zeros(n, m)"


@pytest.mark.parametrize(
    ("product", "expression", "wrt", "vector", "kind", "said"),
    [
        (
            matcalc.vjp,
            "A*x",
            "x",
            "A",
            matcalc.ShapeError,
            "A is m x n, but the vector has the shape of the value, m x 1",
        ),
        (matcalc.vjp, "x'*A'", "x", "y", matcalc.ShapeError, "1 x m"),
        (matcalc.jvp, "A*x", "x", "y", matcalc.ShapeError, "y is m x 1, but the vector has the shape of x, n x 1"),
        (matcalc.hvp, "A*x", "x", "v", matcalc.ShapeError, "a Hessian is of a scalar; this is m x 1"),
        (matcalc.jvp, "A*x", "x", "n", matcalc.MatcalcError, "n is a size"),
        (matcalc.jvp, "r = A*x; r", "x", "r", matcalc.MatcalcError, "r is defined in the input"),
        (matcalc.jvp, "f: function -> scalar; f(A*x)", "x", "f", matcalc.MatcalcError, "f is a function, not a vector"),
        (matcalc.jvp, "f: function -> scalar; f(A*x)", "f", "v", matcalc.UnknownNameError, "f is a function: a deriv"),
        (matcalc.jvp, "A*x", "x", "pi", matcalc.UnknownNameError, "'pi' is no name of a variable"),
        (matcalc.jvp, "A*x", "x", "2*v", matcalc.UnknownNameError, "no name of a variable"),
        (matcalc.jvp, "A*x", "x", "", matcalc.UnknownNameError, "no name of a variable"),
        (matcalc.jvp, "A*x", "z", "v", matcalc.UnknownNameError, "'z' is neither used nor declared"),
        (matcalc.jvp, "A*x", None, "v", matcalc.UnknownNameError, "which variable"),
        (matcalc.jvp, "A*x", "A, x", "v", matcalc.UnsupportedError, "one variable is named here, not several: A, x"),
        (matcalc.hvp, "x'*A*x", ["x", "x"], "v", matcalc.UnsupportedError, "not several: x, x"),
    ],
)
def test_refusals(
    product: Callable[..., Answer], expression: str, wrt: Any, vector: str, kind: type[Exception], said: str
) -> None:
    kinds = {"y": "vector(m)", "A": "matrix(m,n)" if expression != "x'*A*x" else "matrix(n,n)"}
    with pytest.raises(kind) as caught:
        product(expression, wrt, vector, variables=kinds)
    assert said in str(caught.value)
    assert type(caught.value) is kind


def test_unknown_convention_and_layout_are_refused() -> None:
    with pytest.raises(matcalc.MatcalcError, match="unknown convention"):
        matcalc.jvp("A*x", "x", symmetric="both")
    with pytest.raises(matcalc.MatcalcError, match="unknown layout"):
        matcalc.hvp("x'*x", "x", layout="sideways")


def test_variable_may_be_left_out_beside_a_declared_vector() -> None:
    kinds = {"x": "vector(n)", "v": "vector(n)"}
    assert matcalc.hvp("sum(exp(x))", vector="v", variables=kinds).text == "v.*exp(x)"


def test_declared_name_that_is_not_used_by_the_product_stays_known() -> None:
    answer = matcalc.jvp("x'*x", "z", variables={"z": "vector(m)"})
    assert answer.text == "0"
    assert answer.notes == ["z does not occur in the expression: the derivative is zero"]


OPAQUE = {"f": "function -> scalar", "g": "elementwise function", "A": "matrix(m,n)", "x": "vector(n)"}


@pytest.mark.parametrize(
    ("product", "expression", "text"),
    [
        (matcalc.vjp, "g(A*x)", "A'*(u.*grad(g)(A*x))"),
        (matcalc.jvp, "g(A*x)", "(A*v).*grad(g)(A*x)"),
        (matcalc.jvp, "f(A*x)", "grad(f)(A*x)'*A*v"),
        (matcalc.hvp, "f(A*x)", "A'*hess(f)(A*x)*A*v"),
    ],
)
def test_products_of_opaque_functions(product: Callable[..., Answer], expression: str, text: str) -> None:
    answer = product(expression, "x", variables=OPAQUE)
    assert answer.text == text
    assert answer.check().ok, answer.check().text


# -- what is not formed


def test_no_tensor_is_formed_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """The Jacobian of A*X*B by X has four axes; no node of a product has more than two."""
    most: list[int] = []
    finish = terms._finish

    def counting(node: Any, digest: bytes, axes: Any, *rest: Any) -> Any:
        most.append(len(axes))
        return finish(node, digest, axes, *rest)

    monkeypatch.setattr(terms, "_finish", counting)
    for product, expression in [
        (matcalc.vjp, "A*tanh(X*N)*B"),
        (matcalc.jvp, "A*tanh(X*N)*B"),
        (matcalc.hvp, "norm2(A*tanh(X*N)*B)^2"),
    ]:
        matcalc.clear_cache()
        assert product(expression, "X", variables=KINDS).text
        assert max(most) == 2
    matcalc.clear_cache()
    matcalc.differentiate("A*X*B", "X", variables=KINDS)
    assert max(most) == 4


def test_a_thousand_layers() -> None:
    """As long as the network, whatever the order of sweeps: parts stay whole."""
    layers = "t0 = x;" + "".join(f"t{k} = tanh(W*t{k - 1});" for k in range(1, 301))
    kinds = {"W": "matrix(n,n)", "x": "vector(n)"}
    values = {"W": np.array([[0.4, -0.3], [0.2, 0.9]]), "x": np.array([0.3, -0.8]), "u": np.array([1.0, 2.0])}
    back = matcalc.vjp(f"{layers} t300", "x", "u", variables=kinds)
    along = matcalc.jvp(f"{layers} t300", "x", "u", variables=kinds)
    pulled, pushed = back.evaluate(values), along.evaluate(values)
    entries, _ = differences.jacobian(value_of(f"{layers} t300", "x", values), as_matrix(values["x"]))
    wanted = entries[:, 0, :, 0]
    assert agree(pulled, wanted.T @ values["u"], 1e-6)
    assert agree(pushed, wanted @ values["u"], 1e-6)


# -- other answers from the same object


def test_renderings_and_numpy_source() -> None:
    answer = matcalc.vjp("tanh(W*x)", "x", "G")
    assert answer.latex() == r"W^\top (G \odot (1 - \tanh(W x)^{\odot 2}))"
    assert answer.unicode == "Wᵀ(G ⊙ (1 − tanh(W x).^2))"
    assert repr(answer) == "<derivative by x times G: W'*(G.*(1 - tanh(W*x).^2))>"
    assert repr(matcalc.jvp("A*x", "x", "v")) == "<derivative by x along v: A*v>"
    scope: dict[str, Any] = {}
    exec(answer.numpy_source("pull"), scope)
    values = {"W": np.arange(6.0).reshape(2, 3) / 7, "x": np.ones(3), "G": np.array([1.0, -2.0])}
    assert agree(scope["pull"](**values), answer.evaluate(values), 1e-14)


def test_wrong_products_are_refuted() -> None:
    """The check knows the vector and the direction."""
    for right, other in [
        (matcalc.vjp("tanh(X*x)", "x", "u"), matcalc.vjp("X*x", "x", "u")),
        (matcalc.jvp("tanh(X*x)", "x", "v"), matcalc.jvp("X*x", "x", "v")),
        (matcalc.hvp("x'*N*x", "x", "v"), matcalc.hvp("x'*N*N*x", "x", "v")),
    ]:
        assert right.check().ok
        other.program = right.program
        assert other.check().verdict == "wrong"


def test_products_by_several_variables_apart() -> None:
    """What back-propagation through a linear layer needs, the rows of the bias broadcast."""
    products = matcalc.vjp(
        "x*w + ones(N)*b'", "x, w, b", "G", variables={"x": "matrix(N,D)", "w": "matrix(D,M)", "b": "vector(M)"}
    )
    assert str(products) == "x: G*w'\nw: x'*G\nb: sum(G, 1)'"
    assert products.check().ok
