"""The run-time guard: it has the right numbers, accepts what is equal, and refuses what is not."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from click.testing import CliRunner

import matcalc
import matcalc.guard
import matcalc.simplify
from generator import problem
from matcalc.agreement import agree
from matcalc.cli import main
from matcalc.evaluation import tensor_value
from matcalc.guard import guarded
from matcalc.lower import lower, lowered_folded
from matcalc.parser import parse
from matcalc.rule_checks import call_of
from matcalc.rulebook import default_rulebook, load_rulebook
from matcalc.simplify import Simplifier
from matcalc.sums import linear, scaled
from matcalc.symbols import Member
from matcalc.tensor import product, transposed
from matcalc.terms import Apply, Leaf, Product, Sum, make_product, make_sum, postorder
from matcalc.witness import Witness
from matcalc.witness_draws import POOLS, NoValue, Point

BOOK = default_rulebook()
BUDGET = 100_000
# one of every kind of operand, and every class of nodes
TEXTS = [
    ("x'*A*x + a*x'*x", {}),
    ("sum(X.^2./(1 + X'*X*ones(n,n)))", {"X": "matrix(n,n)"}),
    (
        "K*S*Q*P*R*T",
        {"K": "skew(n)", "S": "symmetric(n)", "Q": "orthogonal(n)", "P": "spd(n)", "R": "psd(n)", "T": "invertible(n)"},
    ),
    ("L*U*D*Z*p", {"L": "lower(n)", "U": "upper(n)", "D": "diagonal(n)", "Z": "positive_stable(n)", "p": "simplex(n)"}),
    (
        "sqrt(u) + log(v) + acosh(w) + asin(z)",
        {"u": "vector(n) nonnegative", "v": "vector(n) positive", "w": "vector(n) above_one", "z": "vector(n) unit"},
    ),
    ("tril(A) + triu(B)", {"A": "matrix(n,n)", "B": "matrix(n,n)"}),
    ("kron(A, B)*vec(C)", {"A": "matrix(m,n)", "B": "matrix(k,l)", "C": "matrix(l,n)"}),
    ("duplication(n)'*vec(A)", {"A": "matrix(n,n)"}),
    ("commutation(m,n)*vec(A)", {"A": "matrix(m,n)"}),
    (
        "[A, B; C, D]*[x; y]",
        {
            "A": "matrix(m,n)",
            "B": "matrix(m,k)",
            "C": "matrix(l,n)",
            "D": "matrix(l,k)",
            "x": "vector(n)",
            "y": "vector(k)",
        },
    ),
    ("x[4]*A[2,1] + n*pi", {"x": "vector(n)", "A": "matrix(m,k)"}),
    ("sum_i((w'*x_i - y_i)^2/(1 + exp(x_i'*x_i)))", {}),
    ("sum_i(x_i*x_i')*A", {"A": "matrix(n,n)"}),
    ("sum_i(inv(X_i)*logdet(X_i))", {"X_i": "invertible(n), i=1..N"}),
    ("2^a + x.^b", {"x": "vector(n) positive"}),
    ("tr(A*B*C) + det(B*C*A)", {"A": "matrix(n,n)", "B": "matrix(n,n)", "C": "matrix(n,n)"}),
]


def found_at(node, number, *more):
    """The values of a node by the witness, and by einsum at the same operands; then those of more nodes by einsum."""
    order = [part for root in (node, *more) for part in postorder(root)]
    shift = 2 if "unit" in {type(n).__name__.lower() for n in order} else 0
    point = Point(number, BUDGET, shift)
    witness = Witness(point)
    witness.run(order)
    values = {}
    for leaf in order:
        if isinstance(leaf, Leaf) and "constant" not in leaf.facts:
            array = np.array(witness.done[leaf.digest])
            lengths = [point.length(d) for d in leaf.axes]
            if isinstance(leaf.symbol, Member):
                values[leaf.symbol.family.key] = array.reshape(point.length(leaf.symbol.index.count), *lengths)
                continue
            array = np.diag(array) if "diagonal" in leaf.facts else array.reshape(lengths)
            values[leaf.symbol.name] = array.reshape(1, -1) if leaf.symbol.kind.structure == "row" else array
    einsum = [tensor_value(root, values, point.sizes, BOOK).reshape(-1) for root in (node, *more)]
    return witness.done[node.digest], *einsum


@pytest.mark.parametrize(("text", "kinds"), TEXTS, ids=[text for text, _ in TEXTS])
def test_the_witness_has_the_numbers_of_einsum(text, kinds):
    node = lower(parse(text, variables=kinds).expr, BOOK)
    for number in range(2):
        found, wanted = found_at(node, number)
        np.testing.assert_allclose(found, wanted, rtol=1e-10, atol=1e-12)


def test_random_terms_have_the_numbers_of_einsum(seed):
    given = problem(seed)
    try:
        node = lower(parse(given.text, variables=given.declarations).expr, BOOK)
        found, wanted = found_at(node, 2)
    except (matcalc.MatcalcError, NoValue, ArithmeticError, ValueError):
        return
    if np.all(np.isfinite(wanted)):
        size = np.abs(wanted).max()
        np.testing.assert_allclose(found, wanted, rtol=1e-7, atol=1e-9 * size)


# what takes more than small eliminations and `math`
WITHOUT_A_VALUE = {
    *("digamma", "trigamma", "expm", "dexpm", "logm", "dlogm", "sqrtm", "mpower", "sylvester"),
    *("norm(X: matrix(m,n), 2) -> scalar", "norm(x: vector(n), 0) -> scalar", "norm(x: row(n), 0) -> scalar"),
}


@pytest.mark.parametrize("function", BOOK.functions, ids=repr)
def test_every_function_has_its_plain_value_from_its_line(function):
    node = lowered_folded(call_of(function), BOOK)
    if function.name in WITHOUT_A_VALUE or repr(function) in WITHOUT_A_VALUE:
        with pytest.raises(NoValue):
            found_at(node, 2)
        return
    for number in (2, 4) if function.name in ("acosh", "arccosh") else (2, 3):
        try:
            found, wanted = found_at(node, number)
        except ArithmeticError:
            pytest.fail(f"{function!r} has no value at point {number}")
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-12)


# -- what is equal passes

SIMPLIFIED = [
    ("x'*A*x", "x", {}),
    ("sum(log(1+exp(-y.*(X*w))))", "w", {}),
    ("log(sum(exp(D*x)))", "x", {}),
    ("sum_i(log(1 + exp(-y_i*w'*x_i)))", "w", {}),
    ("f: function -> scalar; f(A*x)*exp(x'*x)/exp(a)", "x", {}),
    ("g: elementwise function; sum(g(x).*exp(x)./exp(y))", "x", {}),
    ("max(x)^2 + sum(abs(x))^2", "x", {}),
]


def changed(text, wrt, kinds, monkeypatch):
    """The raw node of an answer and the simplified one."""
    seen = []

    def spied(node, rulebook, forms=None):
        short, notes = guarded(node, rulebook, forms)
        seen.append((node, short))
        return short, notes

    monkeypatch.setattr("matcalc.notation.guarded", spied)
    matcalc.differentiate(text, wrt=wrt, variables=kinds)
    monkeypatch.undo()
    return seen[0]


@pytest.mark.parametrize(("text", "wrt", "kinds"), SIMPLIFIED)
def test_a_right_simplification_agrees(text, wrt, kinds, monkeypatch):
    raw, short = changed(text, wrt, kinds, monkeypatch)
    assert raw != short
    assert agree(raw, short) is True
    matcalc.clear_cache()
    assert agree(raw, short) is True


def test_every_pass_keeps_the_numbers_of_random_problems(seed, monkeypatch):
    """The passes one by one, where each makes something new of a node."""

    def watched(name, original, place):
        def run(*args):
            found = original(*args)
            if found is not None and found != args[place]:
                assert agree(args[place], found) is not False, f"{name} of seed {seed}"
            return found

        return run

    for name in ("distributed", "all_distributed", "expanded", "divided", "opened", "in_order"):
        monkeypatch.setattr(matcalc.simplify, name, watched(name, getattr(matcalc.simplify, name), 0))
    passes = ("_divided", "_opened", "_absorbed", "_closed_anew", "_factored_or_expanded", "_joined", "_rewritten")
    for name in (*passes, "_vanished", "_over_one_denominator", "_best_common_factor", "_regrouped"):
        monkeypatch.setattr(Simplifier, name, watched(name, getattr(Simplifier, name), 1))
    given = problem(seed)
    try:
        answer = matcalc.differentiate(
            given.text, wrt=given.wrt, variables=given.declarations, order=given.order, layout=given.layout
        )
    except matcalc.MatcalcError:
        return
    assert not any("simplified" in note for note in answer.notes)


# -- what is not equal does not


def twice(node):
    return scaled(2, node)


def negative(node):
    return scaled(-1, node)


def turned(node):
    return transposed(node) if len(node.axes) == 2 and node.axes[0] == node.axes[1] else node


def without_a_term(node):
    return make_sum(node.terms[1:], node.axes) if isinstance(node, Sum) and len(node.terms) > 1 else node


def with_another_exponent(node):
    if not isinstance(node, Product) or not node.factors:
        return node
    (base, exponent, indices), *rest = node.factors
    if not isinstance(exponent, int):
        return node
    return make_product(((base, exponent + 1, indices), *rest), node.axes, node.bound)


def with_one_more(node):
    return linear([(1, node), (1, product([], tuple(range(len(node.axes))), node.axes))], node.axes)


DAMAGES = [twice, negative, turned, without_a_term, with_another_exponent, with_one_more]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda d: d.__name__)
@pytest.mark.parametrize("name", ["distributed", "in_order"])
def test_a_damaged_pass_leaves_the_plain_form(damage, name, monkeypatch):
    """Whatever a pass makes of a node, the answer is right, and says so where it is not the short one."""
    original = getattr(matcalc.simplify, name)
    left = 0

    def damaged(node):
        nonlocal left
        left -= 1  # not for ever: a pass that adds a term whenever it is called never ends
        return damage(original(node)) if left >= 0 else original(node)

    monkeypatch.setattr(matcalc.simplify, name, damaged)
    told = 0
    for text, wrt, kinds in SIMPLIFIED:
        left = 20
        answer = matcalc.differentiate(text, wrt=wrt, variables=kinds)
        assert answer.check().ok, f"{text}: {answer.text}"
        told += any("fault of matcalc" in note for note in answer.notes)
    assert told or damage in (turned, without_a_term), "the damage was never seen"


def test_damaged_random_answers_are_refused():
    """A node inside a random answer is damaged; einsum says whether that changed the numbers."""
    tally = Counter()
    for seed in range(120):
        given = problem(seed)
        try:
            answer = matcalc.differentiate(given.text, wrt=given.wrt, variables=given.declarations, order=given.order)
        except matcalc.MatcalcError:
            continue
        for damage in DAMAGES:
            wrong = damage(answer.node)
            if wrong == answer.node:
                continue
            try:
                _, *values = found_at(answer.node, 2, wrong)
            except (NoValue, ArithmeticError, ValueError):
                continue
            gap = np.abs(values[0] - values[1]).max(initial=0.0)
            if gap > 1e-9 * max(np.abs(value).max(initial=0.0) for value in values):
                verdict = agree(answer.node, wrong)
                tally[verdict] += 1
                assert verdict is not True, f"{damage.__name__} of {given}"
    assert tally[False] > 200
    assert tally[None] <= 0.02 * tally[False], tally


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("abs(a)", "a"),  # equal at a positive one
        ("det(-X)", "-det(X)"),  # equal where the size is odd
        ("sum(x)*n", "3*sum(x)"),
        ("tr(A*B)", "tr(A*B')"),
        ("x'*x + 1e-6*a", "x'*x"),
        ("relu(x)", "x"),
        ("inv(X + Y)", "inv(X) + inv(Y)"),
        ("tr(A*ones(n,n))*sum(ones(n,n))", "2*tr(A*ones(n,n))*sum(ones(n))"),
        ("log(a*b)", "log(a) + 2*log(b)"),
    ],
)
def test_coincidences_are_seen_through(left, right):
    kinds = dict.fromkeys("ABXY", "matrix(n,n)") | {"x": "vector(n)"}
    kinds = {name: kind for name, kind in kinds.items() if name in left}
    nodes = [lower(parse(text, variables=kinds).expr, BOOK) for text in (left, right)]
    assert agree(*nodes) is False
    assert agree(nodes[0], nodes[0]) is True


FALSE_RULES = [
    ("let x: scalar", "rule sin(x) -> x", "sum(cos(x))", "x", "-sin(x)"),
    ("let x: scalar", "rule exp(x)*exp(-x) -> 2", "sum(exp(x))^2", "x", "2*sum(exp(x))*exp(x)"),
    ("let X: invertible(n)", "rule inv(X') -> inv(X)", "logdet(X)", "X", "inv(X)'"),
    ("let X: invertible(n)", "rule det(X) -> 1", "det(X)", "X", "det(X)*inv(X)'"),
    ("let x: scalar", "rule tanh(x)^2 -> x", "sum(tanh(x).^3)", "x", None),
]


@pytest.mark.parametrize(("let", "rule", "text", "wrt", "right"), FALSE_RULES)
def test_a_false_rule_of_a_file_does_not_reach_the_answer(let, rule, text, wrt, right, tmp_path):
    file = tmp_path / "false.rules"
    file.write_text(f"{let}\n{rule}\n", encoding="utf-8")
    answer = matcalc.differentiate(text, wrt=wrt, rulebook=load_rulebook([file]))
    assert answer.text == (right or matcalc.differentiate(text, wrt=wrt).text)
    assert answer.check().ok


def test_the_author_of_a_false_rule_is_told(tmp_path):
    file = tmp_path / "false.rules"
    file.write_text("let x: scalar\nrule sin(x) -> x\n", encoding="utf-8")
    done = CliRunner().invoke(main, ["diff", "sum(cos(x))", "--wrt", "x", "--rules", str(file)])
    assert done.stdout == "-sin(x)\n"
    message = "left out, since with it the numbers of the answer change: rule sin(x) -> x"
    assert f"note: {message} ({file}, line 2)" in done.stderr


def test_a_rule_of_a_file_is_tried_whatever_ran_before(tmp_path):
    file = tmp_path / "false.rules"
    file.write_text("let x: scalar\nrule sin(x) -> x\n", encoding="utf-8")
    for text in ("sum(cos(x))", "sum(sin(-x))", "a*sin(b)*cos(a)"):
        matcalc.differentiate(text, wrt="x" if "x" in text else "a")
    assert matcalc.differentiate("sum(cos(x))", wrt="x", rulebook=load_rulebook([file])).notes


def test_a_right_rule_of_a_file_is_used(tmp_path):
    file = tmp_path / "right.rules"
    file.write_text("let x: scalar\nrule sinh(x) + cosh(x) -> exp(x)\n", encoding="utf-8")
    answer = matcalc.differentiate("sum(sinh(x) + cosh(x))", wrt="x", rulebook=load_rulebook([file]))
    assert answer.text == "exp(x)" and answer.notes == []


# -- what it costs


def test_nothing_is_evaluated_where_nothing_was_simplified(monkeypatch):
    def never(*_):
        raise AssertionError("evaluated")

    monkeypatch.setattr(matcalc.guard, "agree", never)
    matcalc.differentiate("(X*theta-y)'*(X*theta-y)", wrt="theta")
    with pytest.raises(AssertionError, match="evaluated"):
        matcalc.differentiate("x'*A*x", wrt="x")


def test_large_declared_sizes_are_not_evaluated():
    kinds = {"A": "matrix(5000,5000)", "x": "vector(5000)"}
    left, right = (lower(parse(text, variables=kinds).expr, BOOK) for text in ("x'*A*x", "x'*A'*x + sum(A)"))
    assert agree(left, right) is None
    assert matcalc.differentiate("x'*A*x", wrt="x", variables=kinds).text == "(A + A')*x"


def test_points_differ_in_size_and_parity():
    for first, second in pairwise(POOLS):
        assert first != second and sorted(first) == sorted(second)
    assert {size % 2 for size in (POOLS[0][0], POOLS[1][0])} == {0, 1}


def test_a_call_without_a_value_gives_no_verdict():
    left, right = (lower(parse(text).expr, BOOK) for text in ("expm(X)", "X"))
    assert any(isinstance(node, Apply) for node in postorder(left))
    assert agree(left, right) is None
