"""Several variables: in turn (mixed derivatives), apart (one derivative each), and as one column (`[x, y]`)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.parser import parse
from oracle import differences
from oracle.layouts import LAYOUTS, agree
from oracle.layouts import arranged as arranged_by_oracle
from oracle.shapes import Array, as_matrix
from oracle.surface import evaluate
from reading_back import reads_back

SIZES = {"k": 5, "m": 2, "n": 3, "p": 4}
KINDS = {
    "a": "scalar",
    "b": "scalar",
    "x": "vector(n)",
    "y": "vector(k)",
    "h": "row(n)",
    "X": "matrix(n,k)",
    "A": "matrix(m,n)",
    "B": "matrix(m,k)",
    "N": "matrix(n,n)",
    "S": "symmetric(n)",
}


def point() -> dict[str, Any]:
    """Numbers for every name, the same in each test."""
    source = np.random.default_rng(13)
    values: dict[str, Any] = {}
    for name, symbol in parse("0", KINDS).symbols.items():
        rows, columns = (d.value(SIZES) for d in symbol.kind.shape)
        entries = source.uniform(0.1, 0.7, (rows, columns)) * source.choice([-1.0, 1.0], (rows, columns))
        values[name] = entries + entries.T if "symmetric" in symbol.kind.facts else entries
    values["a"], values["b"] = 0.4, -0.7
    return values


VALUES = point()
STRUCTURE = {"S": "symmetric"}


def nested(expression: str, wrt: list[str], values: dict[str, Any]) -> Array:
    """Derivatives by differences, one inside the other: [p, q] of the value, then [i, j] of each variable in turn."""
    if not wrt:
        return evaluate(expression, values, SIZES)
    last = as_matrix(values[wrt[-1]])

    def before(at: Array) -> Array:
        inner = nested(expression, wrt[:-1], {**values, wrt[-1]: at})
        return inner.reshape(-1, 1)

    entries, _ = differences.jacobian(before, last, STRUCTURE.get(wrt[-1], ""))
    axes = [n for name in wrt[:-1] for n in as_matrix(values[name]).shape]
    value = evaluate(expression, values, SIZES).shape
    return entries.reshape(*value, *axes, *last.shape)


def laid_out(entries: Array, layout: str) -> Array:
    """Axes of length 1 dropped, those of the value first, in denominator layout all blocks the other way round."""
    blocks = [(k, k + 1) for k in range(0, entries.ndim, 2)]
    order = [axis for block in (reversed(blocks) if layout == "denominator" else blocks) for axis in block]
    return np.squeeze(entries.transpose(order))


# -- in turn

# (expression, variables in turn, shape in mixed and numerator layout)
MIXED = [
    ("x'*X*y", ["x", "y"], "n k"),
    ("x'*X*y", ["y", "x"], "k n"),
    ("exp(a*x'*X*y)", ["x", "y"], "n k"),
    ("exp(h*X*y)", ["y", "h"], "k n"),
    ("sum(tanh(A*x + B*y))", ["x", "y"], "n k"),
    ("norm2(A*x - B*y)^2", ["y", "x"], "k n"),
    ("exp(x'*X*y)", ["x", "x", "y"], "n n k"),
    ("exp(x'*X*y)", ["y", "x", "x"], "k n n"),
    ("exp(x'*X*y)", ["x", "y", "x"], "n k n"),
    ("exp(x'*X*y)", ["X", "x"], "n k n"),
    ("exp(x'*X*y)", ["x", "X"], "n n k"),
    ("tanh(A*x).*(B*y)", ["x", "y"], "m n k"),
    ("A*X*y", ["X", "y"], "m n k k"),
    ("(A*X)*sum(y)", ["A", "y"], "m k m n k"),
    ("x'*S*N*x", ["S", "x"], "n n n"),
]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("expression", "wrt", "shape"), MIXED)
def test_in_turn(expression: str, wrt: list[str], shape: str, layout: str) -> None:
    derivative = matcalc.differentiate(expression, wrt, variables=KINDS, layout=layout)
    wanted = laid_out(nested(expression, wrt, VALUES), layout)
    found = derivative.evaluate(VALUES, SIZES)
    assert agree(found, wanted, 1e-5)
    if layout != "denominator":
        assert [d.text for d in derivative.shape] == shape.split()
    shown = evaluate(derivative.text, VALUES, SIZES, shape=found.shape)
    assert agree(np.squeeze(shown), found, 1e-10)
    report = derivative.check()
    assert report.ok, report.text


# (expression, variables in turn, shape in each layout)
BY_SCALARS = [
    ("exp(a*x'*X*y)", ["x", "a"], "n 1, 1 n, n 1"),
    ("exp(a*x'*X*y)", ["a", "x"], "n 1, 1 n, n 1"),
    ("exp(a*h*X*y)", ["a", "h"], "1 n, n 1, 1 n"),
    ("exp(a*x'*X*y)", ["a", "X"], "n k, k n, n k"),
    ("exp(a*x'*X*y)", ["X", "a", "b"], "n k, k n, n k"),
    ("sin(a*b)*sum(x)", ["a", "b"], "1 1, 1 1, 1 1"),
    ("exp(a*b)*X", ["a", "b"], "n k, n k, k n"),
    ("sin(a)*exp(b)*x", ["a", "b", "a"], "n 1, n 1, 1 n"),
    ("exp(a*A*x)", ["x", "a"], "m n, m n, n m"),
    ("exp(a*A*x)", ["a", "x"], "m n, m n, n m"),
]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("expression", "wrt", "shapes"), BY_SCALARS)
def test_scalars_among_the_variables_change_no_shape(expression: str, wrt: list[str], shapes: str, layout: str) -> None:
    derivative = matcalc.differentiate(expression, wrt, variables=KINDS, layout=layout)
    assert [d.text for d in derivative.shape] == shapes.split(", ")[LAYOUTS.index(layout)].split()
    report = derivative.check()
    assert report.ok, report.text
    lengths = tuple(SIZES.get(d.text, 1) for d in derivative.shape)
    entries = np.squeeze(nested(expression, wrt, VALUES))
    found = as_matrix(derivative.evaluate(VALUES, SIZES))
    assert found.shape == lengths
    assert agree(np.sort(found.reshape(-1)), np.sort(entries.reshape(-1)), 1e-5)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("expression", ["exp(x'*X*y)", "norm2(A*x - B*y)^2", "sum(tanh(A*x + B*y))"])
def test_the_other_order_is_the_transpose(expression: str, layout: str) -> None:
    one, other = (
        matcalc.differentiate(expression, wrt, variables=KINDS, layout=layout) for wrt in (["x", "y"], ["y", "x"])
    )
    assert agree(one.evaluate(VALUES, SIZES), other.evaluate(VALUES, SIZES).T, 1e-12)
    assert one.shape == other.shape[::-1]


def test_texts_of_mixed_derivatives() -> None:
    assert matcalc.differentiate("x'*X*y", ["x", "y"]).text == "X"
    assert matcalc.differentiate("x'*X*y", ["y", "x"]).text == "X'"
    assert matcalc.differentiate("x'*X*y", ["x", "y"], layout="denominator").text == "X'"
    assert matcalc.hessian("x'*A*x", ["x", "x"]).text == "A + A'"
    assert repr(matcalc.differentiate("x'*X*y", ["x", "y"])) == "<derivative by x, by y: X>"


def test_again_is_in_turn() -> None:
    """Tensors too: from the index term, not from the text."""
    gradient = matcalc.differentiate("exp(x'*X*y)", "X", variables=KINDS)
    tensor = gradient.diff("X")
    assert [d.text for d in tensor.shape] == ["n", "k", "n", "k"]
    third = tensor.diff("y")
    assert [d.text for d in third.shape] == ["n", "k", "n", "k", "k"]
    for again, wrt in ((tensor, ["X", "X"]), (third, ["X", "X", "y"]), (gradient.diff("y", order=2), ["X", "y", "y"])):
        at_once = matcalc.differentiate("exp(x'*X*y)", wrt, variables=KINDS)
        assert again.node == at_once.node
        assert again.check().ok, again.check().text
    assert gradient.diff().node == tensor.node


ORDERS = [
    ("exp(2*a)*sum(x)", "a", 5),
    ("sin(a)*x'", "a", 4),
    ("a^6", "a", 4),
    ("tanh(a*A*x)", "a", 3),
    ("x'*x*(x'*N*x)", "x", 3),
    ("sum(exp(X))", "X", 2),
    ("tr(N*N*N)", "N", 3),
    ("logdet(S)", "S", 2),
]


@pytest.mark.parametrize(("expression", "wrt", "order"), ORDERS)
def test_higher_orders(expression: str, wrt: str, order: int) -> None:
    kinds = {**KINDS, "S": "spd(n)"}
    derivative = matcalc.differentiate(expression, wrt, order, variables=kinds)
    assert derivative.order == order
    if order < 5:
        report = derivative.check()
        assert report.ok, report.text
    if wrt == "a":
        point = {**VALUES, "S": np.eye(3)}
        before = matcalc.differentiate(expression, wrt, order - 1, variables=kinds)
        wanted, error = differences.along(
            lambda at: as_matrix(before.evaluate({**point, "a": at.item()}, SIZES)), np.array([[0.4]]), np.eye(1)
        )
        assert error < 1e-6
        assert agree(as_matrix(derivative.evaluate(point, SIZES)), wanted, 1e-7)


@pytest.mark.parametrize(
    ("wrt", "order", "said"),
    [
        (["x", "y"], 3, "by 2 variables in turn the order is 2, not 3"),
        ([], 1, "by no variable"),
        ("x", 0, "at least 1"),
        (["x", "z"], 1, "'z' is neither used nor declared"),
        (["x, y", "x"], 1, "one variable is named here, not several: x, y"),
        ("x, y, x", 1, "x is named twice"),
        ("x, ", 1, "a name is missing"),
        ("[x, x]", 1, "x is named twice"),
        ("[x, ]", 1, "a name is missing"),
        ("[x, X]", 1, "a column of scalars and vectors, but X is n x k"),
        ("[x, z]", 1, "'z' is neither used nor declared"),
        ("[x, y", 1, "not several"),
    ],
)
def test_refusals(wrt: Any, order: int, said: str) -> None:
    with pytest.raises(matcalc.MatcalcError, match=said.replace("[", r"\[")):
        matcalc.differentiate("x'*X*y", wrt, order, variables=KINDS)


# -- apart


def test_apart_gives_one_answer_each() -> None:
    kinds = {"A": "matrix(m,n)", "x": "vector(n)", "z": "vector(m)"}
    values = {"A": VALUES["A"], "x": VALUES["x"], "z": np.array([0.3, -0.8])}
    both = matcalc.differentiate("norm2(A*x - z)^2", "x, A", variables=kinds)
    assert isinstance(both, matcalc.Derivatives)
    assert list(both) == ["x", "A"]
    assert len(both) == 2
    assert both.text == str(both) == "x: 2*A'*(A*x - z)\nA: 2*(A*x - z)*x'"
    assert repr(both) == "<derivatives by x, A>"
    for name in both:
        alone = matcalc.differentiate("norm2(A*x - z)^2", name, variables=kinds)
        assert both[name].text == alone.text
        assert agree(both.evaluate(values)[name], alone.evaluate(values), 1e-14)
    assert both.check().ok
    assert both.notes == [
        "the derivative by x is the gradient of least squares (zero in the normal equations)",
        "the derivative by A is the gradient of least squares by the matrix (an outer product with the residual)",
    ]
    assert both.variables == both["x"].variables


def test_apart_names_long_shared_parts_once() -> None:
    found = matcalc.differentiate("0.5*norm2(W2*tanh(W1*x + b1) + b2 - y)^2", "W1, b1, W2, b2")
    *definitions, w1, b1, w2, b2 = found.text.splitlines()
    assert definitions == ["r = tanh(W1*x + b1)", "u = W2*r + b2 - y", "v = (1 - r.^2).*(W2'*u)"]
    assert [w1, b1, w2, b2] == ["W1: v*x'", "b1: v", "W2: u*r'", "b2: u"]
    values = {"W1": VALUES["A"], "x": VALUES["x"], "b1": np.array([0.3, -0.2]), "W2": VALUES["X"][:2, :2].T}
    values |= {"W2": np.array([[0.4, 0.1], [-0.3, 0.9], [0.2, 0.5]]), "b2": np.ones(3), "y": np.array([0.1, 0.5, 0.7])}
    for line in (w1, b1, w2, b2):
        name, _, body = line.partition(": ")
        shown = evaluate("; ".join([*definitions, body]), values)
        assert agree(shown, as_matrix(found[name].evaluate(values)), 1e-12)


def test_apart_in_other_languages() -> None:
    both = matcalc.differentiate("norm2(A*x)^2", "A, x", variables=KINDS)
    assert both.unicode == "A: 2 A x xᵀ\nx: 2 AᵀA x"
    assert both.latex() == (
        "\\begin{aligned}\nA&\\colon\\; 2 A x x^\\top \\\\\nx&\\colon\\; 2 A^\\top A x\n\\end{aligned}"
    )
    assert both._repr_latex_() == f"$\\displaystyle {both.latex()}$"
    assert {name: str(form) for name, form in both.sympy().items()} == {"A": "2*A*x*x.T", "x": "2*A.T*A*x"}
    assert both.index().splitlines() == [f"{name}: {both[name].index()}" for name in both]
    scope: dict[str, Any] = {}
    exec(both.numpy_source("slope"), scope)
    for name in both:
        arguments = {n: v for n, v in VALUES.items() if n in both.variables}
        arguments["x"] = arguments["x"][:, 0]
        names = scope[f"slope_{name}"].__code__.co_varnames[: scope[f"slope_{name}"].__code__.co_argcount]
        assert agree(scope[f"slope_{name}"](**{n: arguments[n] for n in names}), both[name].evaluate(arguments), 1e-13)


def test_apart_tensors_shapes_and_notes() -> None:
    found = matcalc.differentiate("A*x", "A, x, y", variables=KINDS)
    lines = found.text.splitlines()
    assert lines[0] == f"A: {found['A'].index()}"
    assert lines[1:] == ["x: A", "y: zeros(m, k)"]
    assert found._repr_latex_() is None
    assert found.notes == ["y does not occur in the expression: the derivative is zero"]
    assert "by x: m x n (mixed layout)" in found.shapes_text
    assert matcalc.differentiate("logdet(N)*a", "N, a").assumptions == ["N is invertible"]
    assert found.check().ok


def test_apart_with_other_orders_and_layouts() -> None:
    second = matcalc.differentiate("x'*N*x + y'*y", "x, y", order=2, variables=KINDS)
    assert second.text == "x: N + N'\ny: 2*eye(k)"
    rows = matcalc.gradient("x'*N*x + y'*y", "x, y", layout="numerator", variables=KINDS)
    assert rows.text == "x: x'*(N + N')\ny: 2*y'"


def test_a_wrong_one_among_several_is_reported() -> None:
    both = matcalc.differentiate("norm2(A*x)^2 + y'*y", "x, y", variables=KINDS)
    both["y"].program = parse("norm2(A*x)^2 + 2*y'*y", KINDS)
    report = both.check()
    assert report.verdict == "wrong"
    assert report.reason.startswith("by y: ")


# -- as one column

# (expression, list, text in each layout)
STACKED = [
    ("[3*a^2*b, 2*a + b^8]", "[a, b]", "[[6*a*b, 3*a^2], [2, 8*b^7]]", "same", "[[6*a*b, 2], [3*a^2, 8*b^7]]"),
    ("3*a^2*b", "[a, b]", "[6*a*b, 3*a^2]", "[[6*a*b, 3*a^2]]", "[6*a*b, 3*a^2]"),
    ("[log(a^2), sin(3*a)]", "[a]", "[2/a, 3*cos(3*a)]", "same", "[[2/a, 3*cos(3*a)]]"),
    ("A*x + B*y", "[x, y]", "[A, B]", "same", "[A, B]'"),
    ("A*x + B*y", "[y, x]", "[B, A]", "same", "[B, A]'"),
    ("x'*X*y", "[x, y]", "[X*y; X'*x]", "[X*y; X'*x]'", "[X*y; X'*x]"),
    ("h*N*x", "[h, x]", "[N*x; N'*h']", "[x'*N', h*N]", "[N*x; N'*h']"),
    ("a*x", "[a, x]", "[x, a*eye(n)]", "same", "[x'; a*eye(n)]"),
    ("x'*x", "[x]", "2*x", "2*x'", "2*x"),
    ("a*b^2", "[b]", "2*a*b", "same", "same"),
]


def stacked_value(expression: str, names: list[str]) -> Any:
    """The expression as a function of the column of all entries of these variables."""
    shapes = [as_matrix(VALUES[name]).shape for name in names]
    ends = np.cumsum([rows * columns for rows, columns in shapes])

    def value(column: Array) -> Array:
        pieces = np.split(column[:, 0], ends[:-1])
        parts = {name: piece.reshape(shape) for name, piece, shape in zip(names, pieces, shapes, strict=True)}
        return evaluate(expression, {**VALUES, **parts}, SIZES)

    return value, np.concatenate([as_matrix(VALUES[name]).reshape(-1) for name in names])[:, None]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("expression", "wrt", "mixed", "numerator", "denominator"), STACKED)
def test_stacked(expression: str, wrt: str, mixed: str, numerator: str, denominator: str, layout: str) -> None:
    derivative = matcalc.differentiate(expression, wrt, variables=KINDS, layout=layout)
    text = {"mixed": mixed, "numerator": numerator, "denominator": denominator}[layout]
    assert derivative.text == (mixed if text == "same" else text)
    value, column = stacked_value(expression, wrt[1:-1].split(", "))
    entries, error = differences.jacobian(value, column)
    assert error < 1e-6
    wanted = arranged_by_oracle(entries, layout)
    assert agree(derivative.evaluate(VALUES, SIZES), wanted, 1e-8)
    assert agree(evaluate(derivative.text, VALUES, SIZES), as_matrix(wanted), 1e-8)
    assert reads_back(derivative.text, derivative.variables, derivative.expression)
    report = derivative.check()
    assert report.ok, report.text


@pytest.mark.parametrize("expression", ["exp(x'*X*y)", "sum(tanh(A*x + B*y))", "a^2*b + a*b^3", "a*x'*x"])
def test_stacked_hessian(expression: str) -> None:
    """The blocks are the second and the mixed derivatives."""
    names = [name for name in ("x", "y", "a", "b") if name in parse(expression).symbols]
    wrt = f"[{', '.join(names)}]"
    hessian = matcalc.hessian(expression, wrt, variables=KINDS)
    assert hessian.check().ok, hessian.check().text
    found = hessian.evaluate(VALUES, SIZES)
    rows = []
    for first in names:
        row = []
        for second in names:
            block = matcalc.differentiate(expression, [first, second], variables=KINDS).evaluate(VALUES, SIZES)
            rows_of, columns_of = as_matrix(VALUES[first]).size, as_matrix(VALUES[second]).size
            row.append(np.reshape(block, (rows_of, columns_of)))
        rows.append(row)
    assert agree(found, np.block(rows), 1e-12)


def test_stacked_products() -> None:
    """A vector for a list is one column, divided as the list is."""
    kinds = {name: KINDS[name] for name in "ABxyab"}
    back = matcalc.vjp("A*x + B*y", "[x, y]", "u", variables=kinds)
    along = matcalc.jvp("tanh(A*x + B*y)", "[x, y]", "v", variables=kinds)
    second = matcalc.hvp("sum(exp(A*x + B*y))", "[x, y]", "v", variables=kinds)
    assert back.text == "[A, B]'*u"
    assert [str(answer.variables["v"]) for answer in (along, second)] == ["vector(k + n)"] * 2
    for answer in (back, along, second, matcalc.hvp("exp(a*b)", "[a, b]", "v", variables=kinds)):
        assert answer.check().ok, answer.check().text


def test_stacked_with_others_in_turn() -> None:
    tensor = matcalc.differentiate("x'*X*y", ["X", "[x, y]"], variables=KINDS)
    assert [d.text for d in tensor.shape] == ["n", "k", "k + n"]
    assert tensor.check().ok, tensor.check().text
    assert matcalc.differentiate("x'*X*y", ["[x, y]", "x"], variables=KINDS).text == "[zeros(n, n); X']"
    assert matcalc.differentiate("x'*X*y", "[x, y]", variables=KINDS).diff().shape[0].text == "k + n"


def test_notes_name_the_part_that_does_not_occur() -> None:
    derivative = matcalc.differentiate("A*x", "[x, y]", variables=KINDS)
    assert derivative.text == "[A, zeros(m, k)]"
    assert derivative.notes == ["y does not occur in the expression: the derivative is zero"]
