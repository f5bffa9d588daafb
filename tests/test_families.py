"""Sums over an index: families of members `x_i`, from the text to derivatives in sums and in whole matrices."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import matcalc
from matcalc import MatcalcError, ParseError, ShapeError, UnknownNameError, UnsupportedError, differentiate, parse
from matcalc.cli import main
from matcalc.lower import lower
from matcalc.printers.numpy import compile_numpy
from matcalc.printers.sympy import to_sympy
from matcalc.rulebook import default_rulebook, load_rulebook
from oracle import differences
from oracle.layouts import LAYOUTS, agree, arranged, relative_error
from oracle.shapes import Family, as_matrix
from oracle.surface import evaluate
from reading_back import reads_back

KINDS = {
    "w": "vector(n)",
    "v": "vector(n)",
    "mu": "vector(n)",
    "b": "scalar",
    "s": "scalar positive",
    "W": "matrix(m,n)",
    "A": "matrix(n,n)",
    "S": "spd(n)",
    "x": "vector(n)",
    "z": "vector(n)",
    "t": "vector(m)",
    "r": "row(n)",  # given as a vector
    "y": "scalar",
    "a": "scalar",
    "P": "spd(n)",
}
COUNT, M, N = 5, 2, 3
SIZES = {"N": COUNT, "m": M, "n": N}
_MEMBER = re.compile(r"([a-zA-Z])_([ij])\Z")


def declared(expression: str) -> dict[str, str]:
    """The declarations of the names in an expression, the same for all members of a family."""
    found = {}
    for name in dict.fromkeys(re.findall(r"[A-Za-z]\w*", expression)):
        member = _MEMBER.match(name)
        if member:
            found[name] = KINDS[member[1]]
        elif name in KINDS and not name.startswith("sum_"):
            found[name] = KINDS[name]
    return found


def operand(kind: str, source: np.random.Generator) -> Any:
    """Numbers of a kind."""
    if kind.startswith("spd"):
        entries = source.normal(size=(N, N))
        return entries @ entries.T + np.eye(N)
    if kind == "scalar positive":
        return source.uniform(0.5, 1.5)
    shapes = {"scalar": (), "vector(n)": (N,), "vector(m)": (M,), "row(n)": (N,), "matrix(n,n)": (N, N)}
    return source.normal(size=shapes.get(kind, (M, N)))


def operands(kinds: Mapping[str, str], seed: int = 0) -> dict[str, Any]:
    """Numbers for the names: those of a family stand together under its name."""
    source, values = np.random.default_rng(seed), {}
    for name, kind in kinds.items():
        member = _MEMBER.match(name)
        if not member:
            values[name] = operand(kind, source)
        elif member[1] not in values:
            values[member[1]] = np.array([operand(kind, source) for _ in range(COUNT)])
    return values


def by_member(kinds: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, Any]:
    """The same numbers as the tests' own reader takes them: a family under the name of its members."""
    found = {}
    for name, kind in kinds.items():
        value = values[name[0]] if _MEMBER.match(name) else values[name]
        if kind.startswith("row"):
            value = np.asarray(value)[..., None, :]
        found[name] = Family(value) if _MEMBER.match(name) else value
    return found


# expression | variable, the answer, and the same over whole matrices, or - where there is no such form
GRADIENTS = """
sum_i((y_i - max(0, w'*x_i + b))^2)/N | w
  2/N*sum_i((w'*x_i + b - y_i)*step(w'*x_i + b)*x_i)
  2*X'*(step(X*w + b).*(X*w + b - y))/N
sum_i((y_i - max(0, w'*x_i + b))^2)/N | b
  2/N*sum_i((w'*x_i + b - y_i)*step(w'*x_i + b))
  2*(X*w + b - y)'*step(X*w + b)/N
sum_i((w'*x_i - y_i)^2) | w
  2*sum_i((w'*x_i - y_i)*x_i)
  2*X'*(X*w - y)
sum_i((w'*x_i)^2) | w
  2*sum_i(x_i*x_i')*w
  2*X'*X*w
sum_i(log(1 + exp(-y_i*w'*x_i))) | w
  -sum_i(y_i*sigmoid(-y_i*w'*x_i)*x_i)
  -X'*(y.*sigmoid(-y.*(X*w)))
-sum_i(y_i*log(sigmoid(w'*x_i)) + (1 - y_i)*log(1 - sigmoid(w'*x_i))) | w
  sum_i((sigmoid(w'*x_i) - y_i)*x_i)
  X'*(sigmoid(X*w) - y)
sum_i((x_i - mu)'*inv(S)*(x_i - mu)) | mu
  2*inv(S)*sum_i(mu - x_i)
  2*inv(S)*sum(mu - X', 2)
sum_i((x_i - mu)'*inv(S)*(x_i - mu)) | S
  -inv(S)*sum_i((x_i - mu)*(x_i - mu)')*inv(S)
  -inv(S)*(mu - X')*(mu' - X)*inv(S)
sum_i(norm2(x_i - mu)^2) | mu
  2*sum_i(mu - x_i)
  2*sum(mu - X', 2)
sum_i(norm2(W*x_i - t_i)^2) | W
  2*sum_i((W*x_i - t_i)*x_i')
  2*(W*X' - T')*X
sum_i(logsumexp(W*x_i) - t_i'*W*x_i) | W
  sum_i((softmax(W*x_i) - t_i)*x_i')
  (exp(W*X')*diag(1./sum(exp(X*W'), 2)) - T')*X
log(sum_i(exp(w'*x_i))) | w
  sum_i(exp(w'*x_i)*x_i)/sum_i(exp(w'*x_i))
  X'*softmax(X*w)
sum_i((x_i - mu)'*inv(P_i)*(x_i - mu)) | mu
  2*sum_i(inv(P_i)*(mu - x_i))
  -
sum_i(logdet(P_i + s*eye(n))) | s
  sum_i(tr(inv(P_i + s*eye(n))))
  -
sum_i(sum_j(a_i*a_j*x_i'*x_j))*w'*w | w
  2*norm2(sum_i(a_i*x_i))^2*w
  2*norm2(X'*a)^2*w
sum_i(sum_j(exp(-norm2(x_i - x_j)^2/s))) | s
  sum_i(sum_j(exp(-norm2(x_i - x_j)^2/s)*norm2(x_i - x_j)^2))/s^2
  -
sum_i(sum_j(a_i*a_j*exp(-(w'*x_i)*(w'*x_j)))) | w
  -2*sum_i(a_i*sum_j(a_j*exp(-(w'*x_i)*w'*x_j)*x_j)*x_i')*w
  -2*X'*(a.*(exp(-X*w*w'*X')*(a.*(X*w))))
sum_i(y_i*(r_i*w)^2) | w
  2*sum_i(y_i*r_i'*r_i)*w
  2*R'*(y.*(R*w))
sum_i(s*norm2(w)^2 + y_i) | w
  2*N*s*w
  2*N*s*w
sum_i(s*norm2(w)^2 + y_i) | s
  N*norm2(w)^2
  N*norm2(w)^2
sum_i(w'*x_i) + sum_i(w'*z_i) | w
  sum_i(x_i + z_i)
  (sum(X, 1) + sum(Z, 1))'
sum_i(tanh(W*x_i)) | W
  -
  -
"""


def examples() -> Iterator[tuple[str, str, str, str]]:
    """Expression, variable and both answers."""
    lines = iter(GRADIENTS.strip().splitlines())
    for line, text, whole in zip(lines, lines, lines, strict=True):
        expression, _, wrt = line.partition(" | ")
        yield expression, wrt, text.strip(), whole.strip()


EXAMPLES = list(examples())
SCALARS = [example for example in EXAMPLES if example[2] != "-"]
NAMES = [f"{expression} by {wrt}" for expression, wrt, _, _ in SCALARS]


@pytest.mark.parametrize(("expression", "wrt", "text", "_whole"), SCALARS, ids=NAMES)
def test_gradient_in_print(expression: str, wrt: str, text: str, _whole: str) -> None:
    kinds = declared(expression)
    derivative = differentiate(expression, wrt, variables=kinds)
    assert derivative.text == text
    assert reads_back(text, derivative.declarations, derivative.expression)
    assert reads_back(derivative.unicode, derivative.declarations, derivative.expression)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("expression", "wrt", "_text", "_whole"), SCALARS, ids=NAMES)
def test_gradient_in_numbers(expression: str, wrt: str, _text: str, _whole: str, layout: str) -> None:
    """The numbers and the text against differences of the input, which the tests' own reader evaluates."""
    kinds = declared(expression)
    values = operands(kinds)
    given = by_member(kinds, values)
    structure = "spd" if kinds[wrt].startswith("spd") else ""
    entries, error = differences.jacobian(
        lambda at: evaluate(expression, {**given, wrt: at}, SIZES), as_matrix(values[wrt]), structure
    )
    assert error < 1e-5
    derivative = differentiate(expression, wrt, variables=kinds, layout=layout)
    wanted = arranged(entries, layout)
    assert agree(derivative.evaluate(values, sizes=SIZES), wanted, 1e-6)
    assert agree(evaluate(derivative.text, given, SIZES), as_matrix(wanted), 1e-6)


@pytest.mark.parametrize(
    ("expression", "wrt", "_text", "_whole"), EXAMPLES, ids=[f"{e[0]} by {e[1]}" for e in EXAMPLES]
)
def test_check_confirms_it(expression: str, wrt: str, _text: str, _whole: str) -> None:
    report = differentiate(expression, wrt, variables=declared(expression)).check()
    assert report.ok, report.text


@pytest.mark.parametrize(("expression", "wrt", "_text", "whole"), SCALARS, ids=NAMES)
def test_whole_matrices(expression: str, wrt: str, _text: str, whole: str) -> None:
    """The same derivative over X with the rows x_i': its text, its numbers, and that it can be typed in."""
    kinds = declared(expression)
    if whole == "-":
        with pytest.raises(UnsupportedError):
            differentiate(expression, wrt, variables=kinds).matrix_form()
        return
    derivative = differentiate(expression, wrt, variables=kinds)
    values = operands(kinds)
    wanted = derivative.evaluate(values, sizes=SIZES)
    lifted = derivative.matrix_form()
    assert lifted.text == whole
    assert agree(lifted.evaluate(values, sizes=SIZES), wanted, 1e-9)
    assert lifted.check().ok
    stacked = dict(values)
    for stack in lifted.stacks.values():
        array = np.asarray(values[stack.name.lower()])
        stacked[stack.name] = array.reshape(COUNT, -1) if array.ndim > 1 else array
    assert agree(lifted.evaluate(stacked, sizes=SIZES), wanted, 1e-9)
    assert agree(evaluate(whole, stacked, SIZES), as_matrix(wanted), 1e-9)
    stacks = {stack.name: stack.kind for stack in lifted.stacks.values()}
    plain = {name: kind for name, kind in kinds.items() if not _MEMBER.match(name)}
    assert agree(matcalc.evaluate(whole, stacked, {**plain, **stacks}, sizes=SIZES), wanted, 1e-9)


@pytest.mark.parametrize(("expression", "wrt", "_text", "_whole"), SCALARS, ids=NAMES)
def test_code(expression: str, wrt: str, _text: str, _whole: str) -> None:
    """Generated code gives the same numbers: with products of matrices where there are some, else with loops."""
    kinds = declared(expression)
    derivative = differentiate(expression, wrt, variables=kinds)
    values = operands(kinds)
    source = derivative.numpy_source()
    scope: dict[str, Any] = {}
    exec(source, scope)
    extra = {} if "*, N" not in source else {"N": COUNT}
    assert agree(scope["f"](**values, **extra), derivative.evaluate(values, sizes=SIZES), 1e-9)


# against formulas written by hand


def residuals(v: Mapping[str, Any]) -> Any:
    return v["x"] @ v["w"] + v["b"] - v["y"]


def sigmoid(u: Any) -> Any:
    return 1 / (1 + np.exp(-u))


def margins(v: Mapping[str, Any]) -> Any:
    return v["y"] * (v["x"] @ v["w"])


def scatter(v: Mapping[str, Any]) -> Any:
    return (v["x"] - v["mu"]).T @ (v["x"] - v["mu"])


BY_HAND: list[tuple[str, str, int, Callable[[Mapping[str, Any]], Any]]] = [
    (
        "sum_i((y_i - max(0, w'*x_i + b))^2)/N",
        "w",
        1,
        lambda v: 2 / COUNT * v["x"].T @ (residuals(v) * (residuals(v) + v["y"] > 0)),
    ),
    (
        "sum_i((y_i - max(0, w'*x_i + b))^2)/N",
        "b",
        1,
        lambda v: 2 / COUNT * np.sum(residuals(v) * (residuals(v) + v["y"] > 0)),
    ),
    ("sum_i((w'*x_i + b - y_i)^2)", "w", 2, lambda v: 2 * v["x"].T @ v["x"]),
    ("sum_i(log(1 + exp(-y_i*w'*x_i)))", "w", 1, lambda v: -v["x"].T @ (v["y"] * sigmoid(-margins(v)))),
    (
        "sum_i(log(1 + exp(-y_i*w'*x_i)))",
        "w",
        2,
        lambda v: v["x"].T @ np.diag(v["y"] ** 2 * sigmoid(margins(v)) * sigmoid(-margins(v))) @ v["x"],
    ),
    (
        "N/2*logdet(S) + sum_i((x_i - mu)'*inv(S)*(x_i - mu))/2",
        "S",
        1,
        lambda v: (COUNT * np.linalg.inv(v["S"]) - np.linalg.inv(v["S"]) @ scatter(v) @ np.linalg.inv(v["S"])) / 2,
    ),
    (
        "sum_i((x_i - mu)'*inv(S)*(x_i - mu))",
        "mu",
        1,
        lambda v: -2 * np.linalg.inv(v["S"]) @ np.sum(v["x"] - v["mu"], axis=0),
    ),
    ("sum_i((x_i - mu)'*inv(S)*(x_i - mu))", "mu", 2, lambda v: 2 * COUNT * np.linalg.inv(v["S"])),
    ("sum_i(norm2(x_i - mu)^2)", "mu", 1, lambda v: 2 * np.sum(v["mu"] - v["x"], axis=0)),
    ("sum_i(sum_j(a_i*a_j*x_i'*x_j))*s", "s", 1, lambda v: v["a"] @ v["x"] @ v["x"].T @ v["a"]),
    (
        "sum_i((x_i - mu)'*inv(P_i)*(x_i - mu))",
        "mu",
        1,
        lambda v: -2 * sum(np.linalg.inv(p) @ (x - v["mu"]) for p, x in zip(v["P"], v["x"], strict=True)),
    ),
]


@pytest.mark.parametrize(
    ("expression", "wrt", "order", "formula"), BY_HAND, ids=[f"{e} by {w} {k}" for e, w, k, _ in BY_HAND]
)
def test_formula_by_hand(expression: str, wrt: str, order: int, formula: Callable[[Mapping[str, Any]], Any]) -> None:
    kinds = declared(expression)
    derivative = differentiate(expression, wrt, variables=kinds, order=order)
    values = operands(kinds, seed=4)
    assert agree(derivative.evaluate(values, sizes=SIZES), formula(values), 1e-9)
    assert agree(evaluate(derivative.text, by_member(kinds, values), SIZES), as_matrix(formula(values)), 1e-9)
    assert derivative.check().ok


def test_the_loss_of_a_neuron_over_a_data_matrix_has_the_same_gradient() -> None:
    values = operands(declared("w'*x_i + b - y_i"))
    over_sums = differentiate("sum_i((y_i - max(0, w'*x_i + b))^2)/N", "w")
    over_matrices = differentiate("norm2(y - max(0, X*w + b*ones(N)))^2/N", "w", variables={"b": "scalar"})
    wanted = over_matrices.evaluate({**values, "X": values["x"]})
    assert agree(over_sums.evaluate(values), wanted, 1e-12)
    assert over_sums.matrix_form().text == "2*X'*(step(X*w + b).*(X*w + b - y))/N"


def test_tensors_have_sums_in_their_index_form() -> None:
    kinds = declared("norm2(W*x_i - t_i)")
    hessian = differentiate("sum_i(norm2(W*x_i - t_i)^2)", "W", variables=kinds, order=2)
    assert hessian.text == "[j,k,l,p] 2*sum_i(x_i*x_i')[k,p]*eye(m)[j,l]"
    values = operands(kinds)
    wanted = 2 * np.einsum("ik,jl->ijkl", np.eye(M), values["x"].T @ values["x"])
    assert agree(hessian.evaluate(values), wanted, 1e-12)
    assert agree(evaluate(hessian.text, by_member(kinds, values), SIZES, (M, N, M, N)), wanted, 1e-12)
    cubic = differentiate("sum_i((w'*x_i)^3)", "w", variables=declared("w'*x_i"), order=3)
    x = operands(declared("w'*x_i"))["x"]
    assert agree(cubic.evaluate({"x": x, "w": np.ones(N)}), 6 * np.einsum("ai,aj,ak->ijk", x, x, x), 1e-12)
    assert agree(
        evaluate(cubic.text, {"x_i": Family(x)}, SIZES, (N, N, N)), 6 * np.einsum("ai,aj,ak->ijk", x, x, x), 1e-12
    )


# reading


def test_members_of_a_family_have_one_kind_and_number() -> None:
    program = parse("sum_i(sum_j(a_i*a_j*x_i'*A*x_j)) + sum_k(b_k)")
    families = {repr(family): letters for family, letters in program.families.items()}
    assert families == {
        "a: N times scalar": ("i", "j"),
        "x: N times vector(n)": ("i", "j"),
        "b: M times scalar": ("k",),
    }
    assert list(program.symbols) == ["A"]


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("x_i: vector(n), i=1..K; sum_i(x_i)", {}),
        ("x_i: vector(n)\nsum_{i=1..K}(x_i)", {}),
        ("sum_{i=1..K}(x_i)", {"x_i": "vector(n)"}),
        ("sum_{i}(x_i)", {"x_i": "vector(n), i=1..K"}),
        ("sum_j(x_j)", {"x_i": "vector(n), i=1..K"}),
    ],
)
def test_ways_to_declare(text: str, variables: dict[str, str]) -> None:
    (family,) = parse(text, variables).families
    assert repr(family) == "x: K times vector(n)"


def test_sum_with_bounds_may_have_no_members() -> None:
    derivative = differentiate("sum_{i=1..N}(w'*w)", "w")
    assert derivative.text == "2*N*w"
    assert derivative.check().ok
    assert derivative.evaluate({"w": np.array([1.0, -2.0])}, sizes={"N": 3}).tolist() == [6.0, -12.0]
    assert matcalc.evaluate("sum_{i=1..N}(w'*w)", {"w": np.ones(2)}, sizes={"N": 3}) == 6
    scope: dict[str, Any] = {}
    exec(derivative.numpy_source(), scope)
    assert scope["f"](np.ones(2), N=3).tolist() == [6.0, 6.0]


def test_number_of_members_is_a_size() -> None:
    assert [s.name for s in parse("sum_i(x_i)/N").symbols.values()] == []
    assert parse("sum_i(x_i)/N").notes == []
    assert parse("N*sum_i(x_i)").notes == ["N is read as the number of members in sum_i(...); else declare N"]
    program = parse("sum_i(x_i'*N*x_i)", {"N": "matrix(n,n)"})
    assert [repr(family) for family in program.families] == ["x: M times vector(n)"]
    fixed = differentiate("sum_{i=1..4}(w'*x_i)", "w")
    assert fixed.evaluate({"x": np.ones((4, 2))}).tolist() == [4.0, 4.0]
    with pytest.raises(ShapeError):
        fixed.evaluate({"x": np.ones((5, 2))})


def test_no_size_is_called_like_an_index() -> None:
    program = parse("sum_N(x_N) + sum_k(W*z_k)", {"W": "matrix(m,n)"})
    assert sorted(family.count.text for family in program.families) == ["K", "M"]
    names = {name for family in parse("sum_k(sum(W*x_k)*sum(V*z_k))").families for name in family.kind.shape[0].names}
    assert names == {"n", "q"}


def test_same_name_outside_a_sum_is_a_plain_name() -> None:
    program = parse("sum_j(x_i'*z_j)")
    assert list(program.symbols) == ["x_i"]
    assert [family.name for family in program.families] == ["z"]
    assert parse("x_i'*x_i").families == {}


def test_sums_are_equal_whatever_their_indices_are_called() -> None:
    book = default_rulebook()
    kinds = declared("x_i a_i a_j x_j v s")

    def term(text: str) -> Any:
        return lower(parse(text, kinds).expr, book)

    assert term("sum_i(x_i)") == term("sum_j(x_j)")
    assert term("sum_i(sum_j(tanh(a_i + 2*a_j)))") == term("sum_j(sum_i(tanh(a_i + 2*a_j)))")
    assert term("sum_i(sum_j(tanh(a_i + 2*a_j)))") == term("sum_i(sum_j(tanh(2*a_i + a_j)))")
    assert term("sum_i(a_i*x_i'*v)") == term("v'*sum_j(a_j*x_j)")
    assert term("sum_i(sum_j(a_i*a_j*x_i'*x_j))") == term("norm2(sum_i(a_i*x_i))^2")
    assert term("sum_i(x_i)") != term("sum_i(2*x_i)")
    assert differentiate("s*sum_i(a_i) - s*sum_j(a_j)", "s", variables=kinds).text == "0"


def test_letters_are_those_of_the_input_whatever_ran_before() -> None:
    for index in "ijk":
        derivative = differentiate(f"sum_{index}((w'*x_{index} - 1)^2)", "w")
        assert derivative.text == f"2*sum_{index}((w'*x_{index} - 1)*x_{index})"


def test_a_sum_inside_another_over_the_same_index_is_named() -> None:
    """An independent reader knows one meaning of x_i at a time."""
    derivative = differentiate("c = sum_i(x_i)/N; b*sum_i(exp(norm2(x_i - c)))", "b", variables={"x_i": "vector(n)"})
    assert derivative.text == "r = sum_i(x_i); sum_i(exp(norm2(x_i - r/N)))"
    x = operands({"x_i": "vector(n)"})["x"]
    wanted = np.sum(np.exp(np.linalg.norm(x - x.mean(axis=0), axis=1)))
    assert agree(evaluate(derivative.text, {"x_i": Family(x)}, SIZES), as_matrix(wanted), 1e-12)
    assert agree(derivative.evaluate({"x": x, "b": 2.0}), wanted, 1e-12)


ERRORS = [
    ("sum_i(i*x_i)", {}, UnsupportedError, "the index i is not a number here"),
    ("sum_i(x)", {}, ParseError, "nothing inside sum_i(...) depends on i"),
    ("sum_i(x_j)", {}, ParseError, "nothing inside sum_i(...) depends on i"),
    ("x_i + sum_i(x_i)", {}, ParseError, "x_i is a member inside sum_i(...) and a name of its own here"),
    ("x_i = 2*w; sum_i(x_i)", {}, ParseError, "x_i is a member of a family and defined"),
    ("i*sum_i(x_i)", {}, ParseError, "i is an index that is summed over elsewhere"),
    ("sum_i(x_i)", {"i": "scalar"}, ParseError, "the index i is declared as well"),
    ("sum_n(x_n)", {"x_n": "vector(n)"}, ParseError, "the index n is a size as well"),
    ("sum_i(sum_j(A_ij*x_i*x_j))", {}, UnsupportedError, "A_ij: members have one index"),
    ("sum_i(sum_j(A_i_j))", {}, UnsupportedError, "A_i_j: members have one index"),
    ("sum_i(x[i]*y_i)", {}, UnsupportedError, "entries at the index of a sum are not supported: i"),
    ("sum_{i=0..N}(x_i)", {}, UnsupportedError, "members are counted from 1, and a sum takes all of them"),
    ("sum_{n=1..n}(x_n)", {}, ParseError, "the index n is a size as well"),
    ("sum_{i=1..N/2}(x_i)", {}, ParseError, "the number of members is a size: a name, a positive whole number, or 2*n"),
    ("sum_{i=1..0}(x_i)", {}, ParseError, "a family has at least one member, not 0"),
    ("sum_{ij}(x_i)", {}, ParseError, "an index is one letter, not 'ij'"),
    ("sum_ij(x_i)", {}, ParseError, "sum_ij is no sum over an index"),
    ("sum{i=1..N}(x_i)", {}, ParseError, "'sum' takes nothing in braces"),
    ("sum_{i=1..N(x_i)", {}, ParseError, "'{' is never closed"),
    (
        "sum_{i=1..N}(x_i) + sum_{j=1..M}(x_j)",
        {},
        ShapeError,
        "there are N members x_j, but the sum over j runs to M",
    ),
    (
        "x_i: vector(n), i=1..N; sum_{i=1..M}(x_i)",
        {},
        ShapeError,
        "there are N members x_i, but the sum over i runs to M",
    ),
    (
        "x_i: vector(n), i=1..N; x_i'*w",
        {},
        ParseError,
        "x_i is a member of a family, which has a meaning inside sum_i(...) only",
    ),
    ("x_k: vector(n), i=1..N; sum_i(x_i)", {}, ParseError, "the members of a family over i have names that end in _i"),
    (
        "sum_i(sum_j(x_i'*x_j))",
        {"x_i": "vector(n)", "x_j": "vector(m)"},
        ParseError,
        "the members of x are declared twice, as vector(n) and as vector(m)",
    ),
    ("sum_{i=1..N}(x_i)", {"N": "scalar"}, ParseError, "N is the number of members, and cannot be a variable as well"),
    (
        "sum_i(x_i*y_i)",
        {"x_i": "vector(n)", "y_i": "vector(n)"},
        ShapeError,
        "x_i is n x 1 and y_i is n x 1: the inner sizes 1 and n differ",
    ),
    ("sum_i(x_i, 2)", {}, ParseError, "sum_i is no sum over an index"),
    (
        "".join(f"sum_{c}(" for c in "abcdefghklmnopqrstuvw") + "x_w" + ")" * 21,
        {},
        UnsupportedError,
        "more than 20 sums stand inside each other",
    ),
]


@pytest.mark.parametrize(("text", "variables", "error", "message"), ERRORS, ids=[text for text, _, _, _ in ERRORS])
def test_error(text: str, variables: dict[str, str], error: type[MatcalcError], message: str) -> None:
    with pytest.raises(MatcalcError) as caught:
        parse(text, variables)
    assert caught.value.message == message
    assert type(caught.value) is error
    if caught.value.position is not None:
        start, end = caught.value.position
        assert 0 <= start < end <= len(text)


def test_no_derivative_by_all_members() -> None:
    for name in ("x", "x_i"):
        with pytest.raises(UnsupportedError, match="stands for the members of a family"):
            differentiate("sum_i((w'*x_i)^2)", name)
    with pytest.raises(UnknownNameError):
        differentiate("sum_i((w'*x_i)^2)", "x_j")


# numbers


def test_members_are_given_together() -> None:
    x, y, w = np.arange(8.0).reshape(4, 2), np.array([1.0, -1.0, 2.0, 0.5]), np.array([0.5, -0.25])
    text, wanted = "sum_i((w'*x_i - y_i)^2)", np.sum((x @ w - y) ** 2)
    for values in (
        {"x": x, "y": y},
        {"x_i": x, "y": y},
        {"x": x[:, :, None], "y_i": y[:, None]},
        {"x": x.tolist(), "y": y, "unused": np.ones(3)},
    ):
        assert matcalc.evaluate(text, {**values, "w": w}) == pytest.approx(wanted)
        gradient = differentiate(text, "w").evaluate({**values, "w": w})
        assert agree(gradient, 2 * x.T @ (x @ w - y), 1e-12)


def test_name_of_a_family_may_be_that_of_a_variable() -> None:
    derivative = differentiate("sum_i(norm2(x_i - x)^2)", "x", variables={"x": "vector(n)", "x_i": "vector(n)"})
    points = np.arange(6.0).reshape(3, 2)
    values = {"x": np.array([1.0, 1.0]), "x_i": points}
    assert agree(derivative.evaluate(values), 2 * np.sum(values["x"] - points, axis=0), 1e-12)
    assert derivative.text == "2*sum_i(x - x_i)"
    assert derivative.matrix_form().text == "2*sum(x - X', 2)"
    assert agree(compile_source(derivative)(**values), derivative.evaluate(values), 1e-12)


def compile_source(derivative: matcalc.Derivative) -> Any:
    scope: dict[str, Any] = {}
    exec(derivative.numpy_source(), scope)
    return scope["f"]


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ({"x": np.ones((3, 2))}, MatcalcError, "no value is given for the family y, N times scalar"),
        (
            {"x": np.ones((3, 2)), "y": np.ones(2)},
            ShapeError,
            "the family y has 2 entries along N, which is 3, by the family x",
        ),
        (
            {"x": np.ones(3), "y": np.ones(3)},
            ShapeError,
            "the value of the family x is an array of N times vector(n), not an array of shape (3,)",
        ),
        (
            {"x": np.ones((3, 2)), "x_i": np.ones((3, 2)), "y": np.ones(3)},
            MatcalcError,
            "the family x is given twice, as x and as x_i",
        ),
    ],
)
def test_values_that_do_not_fit(values: dict[str, Any], error: type[MatcalcError], message: str) -> None:
    for evaluated in (
        lambda v: matcalc.evaluate("sum_i((w'*x_i - y_i)^2)", v),
        differentiate("sum_i((w'*x_i - y_i)^2)", "w").evaluate,
    ):
        with pytest.raises(error) as caught:
            evaluated({**values, "w": np.ones(2)})
        assert caught.value.message == message


def test_values_of_nested_sums_and_shadowed_indices() -> None:
    a, b = np.array([1.0, 2.0, 4.0]), np.array([0.5, -1.0, 3.0])
    values = {"a": a, "b": b}
    assert matcalc.evaluate("sum_i(a_i*sum_j(b_j + a_i))", values) == pytest.approx(np.sum(a * (b.sum() + 3 * a)))
    assert matcalc.evaluate("sum_i(a_i*sum_i(b_i))", values) == pytest.approx(a.sum() * b.sum())
    assert matcalc.evaluate("sum_i(exp(a_i + sum_i(b_i)))", values) == pytest.approx(np.sum(np.exp(a + b.sum())))
    powers = "sum_i(sum_j(a_i^2*b_j^2)) + sum_i(a_i^(1 + 2))"
    assert matcalc.evaluate(powers, values) == pytest.approx((a**2).sum() * (b**2).sum() + (a**3).sum())


# other renderings


def test_latex() -> None:
    derivative = differentiate("sum_i((y_i - max(0, w'*x_i + b))^2)/N", "w")
    assert derivative.latex() == (
        r"\frac{2}{N} \sum_{i=1}^{N} (w^\top x_i + b - y_i) \mathbf{1}_{>0}(w^\top x_i + b) x_i"
    )
    kinds = declared("S x_i mu")
    assert differentiate("sum_i((x_i - mu)'*inv(S)*(x_i - mu))", "S", variables=kinds).latex() == (
        r"-S^{-1} \left(\sum_{i=1}^{N} (x_i - \mu) (x_i - \mu)^\top\right) S^{-1}"
    )
    assert differentiate("sum_i(norm2(x_i - mu)^2)", "mu").latex() == r"2 \sum_{i=1}^{N} (\mu - x_i)"


def test_command_line() -> None:
    text = "sum_i(log(1 + exp(-y_i*w'*x_i)))"
    kinds = ["--var", "y_i: scalar", "--var", "x_i: vector(n)", "--wrt", "w"]
    run = CliRunner().invoke
    assert run(main, ["diff", text, *kinds]).stdout == "-sum_i(y_i*sigmoid(-y_i*w'*x_i)*x_i)\n"
    whole = run(main, ["diff", text, *kinds, "--form", "matrix", "--check"])
    assert whole.stdout == "-X'*(y.*sigmoid(-y.*(X*w)))\n"
    assert "note: X has rows x_i'; X: matrix(N,n)\n" in whole.stderr
    assert "note: y stacks y_i; y: vector(N)\n" in whole.stderr
    assert whole.stderr.endswith(": ok\n")
    shapes = run(main, ["diff", text, *kinds, "--shapes"]).stderr
    assert "x_i: vector(n), i=1..N\n" in shapes and "y_i: scalar, i=1..N\n" in shapes
    found = json.loads(run(main, ["diff", text, *kinds, "--to", "json"]).stdout)
    assert found["variables"] == {"w": "vector(n)", "y_i": "scalar, i=1..N", "x_i": "vector(n), i=1..N"}
    inline = run(main, ["diff", "x_i: vector(n), i=1..M; sum_i((w'*x_i)^2)/M", "--wrt", "w"]).stdout
    assert inline == "2*sum_i(x_i*x_i')*w/M\n"
    numbers = ["--at", "x=[1, 2; 3, 4]", "--at", "w=[1, 1]"]
    assert run(main, ["eval", "sum_i((w'*x_i)^2)", *numbers]).stdout == "58.0\n"


def test_without_families_the_form_is_the_same() -> None:
    assert differentiate("x'*A*x", "x").matrix_form().text == "(A + A')*x"


def test_other_answers_over_families() -> None:
    """Products with a vector, differentials, several variables: with sums and over whole matrices."""
    text, kinds = "sum_i((w'*x_i + b - y_i)^2)", declared("w x_i b y_i")
    hessian_product = matcalc.hvp(text, "w", "v", variables=kinds)
    assert hessian_product.text == "2*sum_i(x_i*x_i')*v"
    assert hessian_product.matrix_form().text == "2*X'*X*v"
    assert hessian_product.check().ok and hessian_product.matrix_form().check().ok
    both = differentiate(text, "w, b", variables=kinds)
    assert both.text == "w: 2*sum_i((w'*x_i + b - y_i)*x_i)\nb: 2*sum_i(w'*x_i + b - y_i)"
    assert both.matrix_form()["w"].text == "2*X'*(X*w + b - y)"
    assert both.check().ok
    total = both.differential()
    assert total.check().ok and total.matrix_form().check().ok
    assert both.matrix_form().trace_form().text == "r = X*w + b - y; 2*r'*X*dw + 2*sum(r)*db"
    trace = differentiate(text, "w", variables=kinds).trace_form()
    assert trace.equation == "df = 2*sum_i((w'*x_i + b - y_i)*x_i')*dw"
    assert trace.matrix_form().equation == "df = 2*(X*w + b - y)'*X*dw"
    mixed = differentiate(text, ["w", "b"], variables=kinds)
    assert mixed.text == "2*sum_i(x_i)" and mixed.check().ok
    column = differentiate(text, "[w, b]", variables=kinds)
    assert column.check().ok and column.matrix_form().check().ok
    back = matcalc.vjp("sum_i(x_i*x_i')*w", "w", "g", variables=kinds)
    assert back.text == "sum_i(x_i*x_i')*g"


def test_sympy_has_whole_matrices() -> None:
    import sympy

    answer = differentiate("sum_i((w'*x_i - y_i)^2)", "w").sympy()
    count, n = (sympy.Symbol(name, integer=True, positive=True) for name in "Nn")
    X = sympy.MatrixSymbol("X", count, n)
    assert answer.has(X) and answer.shape == (n, 1)
    with pytest.raises(UnsupportedError, match="the members of P are matrices"):
        differentiate("sum_i(w'*P_i*w)", "w").sympy()
    with pytest.raises(UnsupportedError, match="SymPy has no sum of matrices over an index"):
        to_sympy(parse("sum_i(x_i)").expr)


def test_rules_have_no_sums_over_an_index(tmp_path: Path) -> None:
    file = tmp_path / "own.rules"
    file.write_text("def total(x_i: vector(n)) -> vector(n) = sum_i(x_i)\n", encoding="utf-8")
    with pytest.raises(MatcalcError, match="a sum over an index has no place in a rule"):
        load_rulebook([file])


def test_names_of_whole_matrices_skip_those_in_use() -> None:
    derivative = differentiate("sum_i((w'*X*x_i - y*y_i)^2)", "w", variables={"y": "scalar", "y_i": "scalar"})
    lifted = derivative.matrix_form()
    assert [stack.name for stack in lifted.stacks.values()] == ["X1", "y1"]
    assert lifted.check().ok


def test_answer_can_be_differentiated_again() -> None:
    once = differentiate("sum_i(log(1 + exp(-y_i*w'*x_i)))", "w", variables=declared("w x_i y_i"))
    twice = differentiate("sum_i(log(1 + exp(-y_i*w'*x_i)))", "w", variables=declared("w x_i y_i"), order=2)
    values = operands(declared("w x_i y_i"))
    assert agree(once.diff().evaluate(values), twice.evaluate(values), 1e-12)
    assert agree(once.matrix_form().diff().evaluate({**values, "X": values["x"]}), twice.evaluate(values), 1e-12)


def test_assumptions_name_the_members() -> None:
    derivative = differentiate("sum_i(logdet(P_i + s*eye(n)))", "s", variables=declared("P_i s"))
    assert derivative.assumptions == ["P_i + s*eye(n) is invertible"]


def test_code_for_members_that_are_matrices_is_a_loop() -> None:
    derivative = differentiate("sum_i(w'*inv(P_i)*w)", "w", variables=declared("w P_i"))
    source = derivative.numpy_source()
    assert "def term1(P_i):" in source and "sum(map(term1, P))" in source
    assert compile_numpy(parse("x'*x").expr).arguments == ("x",)


# random losses

SCALAR_PARTS = ("w'*x_i", "y_i", "norm2(x_i - w)^2", "v'*A*x_i", "w'*v", "logsumexp(W*x_i)", "w'*P_i*w", "s")
FUNCTIONS = ("tanh({})", "sigmoid({})", "exp(-0.1*({})^2)", "log(1 + exp({}))", "sqrt(1 + ({})^2)", "max(0, {})")


def loss(source: np.random.Generator, depth: int = 3) -> str:
    """A random scalar that depends on members."""
    choice = source.integers(6) if depth else 0
    if choice == 0:
        return str(source.choice(SCALAR_PARTS))
    if choice == 1:
        return str(source.choice(FUNCTIONS)).format(loss(source, depth - 1))
    sign = ("", "", " + ", " - ", "*", "*")[choice]
    return f"({loss(source, depth - 1)}){sign}({loss(source, depth - 1)})" if sign.strip() else loss(source, depth - 1)


@pytest.mark.parametrize("number", range(60))
def test_random_loss(number: int) -> None:
    source = np.random.default_rng(number)
    expression = f"sum_i(({loss(source)})*(y_i + {loss(source)}))"
    if source.integers(2):
        expression = f"tanh(0.1*{expression})*sum_j(a_j*x_j'*w)"
    kinds = declared(expression)
    wrt = str(source.choice([name for name in kinds if name in ("w", "v", "s", "W", "A")] or ["w"]))
    if wrt not in kinds:
        kinds[wrt] = KINDS[wrt]
    derivative = differentiate(expression, wrt, variables=kinds)
    report = derivative.check(seed=number)
    assert report.verdict != "wrong", report.text
    assert reads_back(derivative.text, derivative.declarations, derivative.expression)
    values = operands(kinds, seed=number)
    found = derivative.evaluate(values, sizes=SIZES)
    if np.isfinite(found).all():
        shown = evaluate(derivative.text, by_member(kinds, values), SIZES)
        assert relative_error(np.squeeze(shown), np.squeeze(found)) < 1e-7
