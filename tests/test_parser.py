"""Text into expressions: spellings that mean the same, readings, structure, limits, the table cache."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

import matcalc
from matcalc import expr, grammar, table_cache
from matcalc.dimensions import Dimension
from matcalc.errors import MatcalcError
from matcalc.kinds import Kind
from matcalc.parser import as_product, parse, parse_kind
from matcalc.printers.text import text as written
from matcalc.rulebook import default_rulebook
from matcalc.signature import Parameter, Signature

ROOT = Path(__file__).parent.parent
M, N, K = (Dimension.of(name) for name in "mnk")
KINDS = {
    "X": "matrix(m,n)",
    "Y": "matrix(m,n)",
    "S": "matrix(n,n)",
    "Sigma": "spd(n)",
    "theta": "vector(n)",
    "w": "vector(n)",
    "x": "vector(n)",
    "y": "vector(m)",
    "z": "vector(m)",
    "h": "row(n)",
    "a": "scalar",
    "b": "scalar",
}

# each line: spellings of one expression, the plain one first
SAME = """
X*w                     | X @ w | X w | X·w | X ⋅ w | (X)*(w)
X'                      | X.' | X.T | Xᵀ | X⊤ | X^T | X’ | X′ | transpose(X) | np.transpose(X) | X'''
y.*z                    | y ⊙ z | y∘z
y./z                    | y ⊘ z
y - z                   | y − z | y + -z | y-z
x.^2                    | x .^ 2
a^2                     | a**2 | a² | a.^2
inv(S)                  | S^-1 | S⁻¹ | S^(-1) | inverse(S) | np.linalg.inv(S)
inv(S)'                 | S^-T | S⁻ᵀ | (S^-1)'
inv(S)*x                | S\\x | S \\ x | S⁻¹ x
X'*y                    | X'y | X' y | X'(y) | Xᵀy
2*x                     | 2x | 2 x | 2.*x | 2(x) | (2)*x
1/2*x                   | ½*x | 0.5*x | .5x | ½x
X*theta - y             | X*θ - y | Xθ - y | X θ − y
a*theta                 | a*θ | a θ | aθ
X'*(X*theta - y)        | Xᵀ(Xθ − y)
X*(theta.^2)            | Xθ.^2
lambda_1*(X*w)          | λ₁*(X*w) | λ_1·(X w)
norm2(x)                | ||x|| | ‖x‖ | ||x||_2 | norm(x) | np.linalg.norm(x) | Norm(x)
norm(x, 2)              | np.linalg.norm(x, ord=2) | np.linalg.norm(x, 2)
norm1(x)                | ||x||_1 | ‖x‖_1
normF(X)                | ||X|| | ||X||_F | norm(X, 'fro') | norm(X,"fro") | fro(X)
abs(a)                  | |a| | np.abs(a)
det(S)                  | |S| | np.linalg.det(S)
dot(x, w)               | <x, w> | ⟨x, w⟩ | dot(x,w)
sum(X)                  | np.sum(X) | torch.sum(X)
sum(X, 1)               | np.sum(X, axis=0) | sum(X,1)
sum(X, 2)               | np.sum(X, axis=1) | np.sum(X, axis=1, keepdims=True)
log(a)                  | ln(a) | np.log(a)
tr(S)                   | trace(S) | np.trace(S) | tr((S))
asin(a)                 | arcsin(a) | np.arcsin(a)
max(a, b)               | np.maximum(a, b)
pi*a                    | π*a | np.pi*a
x + 1                   | x + vector(1) | x+matrix(1)
log(a)*2                | log|a|*2 | log(|a|)*2
eye(n)*x                | I*x | np.eye(n)*x
unit(2, n)'*x           | unit(2,n)'*x | (unit(2, n))'*x
ones(m,n) + X           | np.ones((m, n)) + X
(X*w)'*y                | z1 = X*w; z1'*y | let u = X*w in u'*y | u = X*w; v = u'*y; v
x                       | +x | ((x)) | x % a comment | --x | x''
""".strip().splitlines()


def key(node: expr.Expr) -> tuple[object, ...]:
    """The structure, with the spellings that mean one thing made one."""
    return (node.op, str(node.value), node.shape, tuple(key(a) for a in node.args))


@pytest.mark.parametrize("line", SAME, ids=lambda line: line.split(" | ")[0].strip())
def test_spellings_mean_the_same(line: str) -> None:
    plain, *others = (text.strip() for text in re.split(r"\s\|\s", line))
    wanted = key(parse(plain, KINDS).expr)
    for text in others:
        found = parse(text, KINDS).expr
        if plain == "log(a)*2" or (plain == "1/2*x" and text != plain):
            assert found.shape == parse(plain, KINDS).expr.shape
        else:
            assert key(found) == wanted, text


STRUCTURE = [
    ("-x.^2", "neg"),
    ("X'*y*a", "mul"),
    ("S^2'", "transpose"),
    ("S'^2", "pow"),
    ("y - (z - y)", "add"),
    ("x/a", "div"),
    ("1./x", "haddiv"),
    ("x./2", "div"),
    ("x.*a", "mul"),
    ("a.*b", "mul"),
    ("X.^a", "hadpow"),
    ("x[2]", "entry"),
    ("[a, b]", "stack"),
    ("n", "size"),
    ("2*n", "mul"),
]


@pytest.mark.parametrize(("text", "op"), STRUCTURE)
def test_structure(text: str, op: str) -> None:
    assert parse(text, {**KINDS}).expr.op == op


def test_minus_binds_looser_than_powers_and_transposition() -> None:
    square = parse("-a^2", KINDS).expr
    assert square.op == "neg"
    assert square.args[0].op == "pow"
    assert parse("-x'", KINDS).expr == expr.neg(parse("x'", KINDS).expr)
    assert parse("a^-2", KINDS).expr.args[1] == expr.neg(expr.number(2))


def test_numbers_are_exact() -> None:
    assert parse("0.1").expr.value == Fraction(1, 10)
    assert parse("2e-3").expr.value == Fraction(1, 500)
    assert parse("3.").expr.value == 3
    assert parse("1e3").expr.value == 1000
    assert parse("2.*a", KINDS).expr.args[0].value == 2


def test_equal_text_is_the_identical_node() -> None:
    text = "(X*theta - y)'*(X*theta - y) + a*sum(exp(x))"
    assert parse(text, KINDS).expr is parse(text, KINDS).expr


ENTRIES = [
    ("x[2]", (2, None), (1, 1)),
    ("h[3]", (None, 3), (1, 1)),
    ("X[i,j]", ("i", "j"), (1, 1)),
    ("X[i,:]", ("i", None), (1, "n")),
    ("X[:,2]", (None, 2), ("m", 1)),
    ("x[i,1]", ("i", None), (1, 1)),
]


@pytest.mark.parametrize(("text", "value", "shape"), ENTRIES)
def test_entries(text: str, value: tuple[object, object], shape: tuple[object, object]) -> None:
    found = parse(text, KINDS).expr
    assert found.value == value
    assert found.shape == tuple(Dimension.of(s) for s in shape)  # type: ignore[arg-type]


def test_unit_vectors_are_columns_with_a_one() -> None:
    found = parse("3*unit(2, n)*unit(1, m)'").expr
    assert found.shape == (N, M)
    assert parse(written(found)).expr is found
    numbers = matcalc.evaluate(written(found), {}, sizes={"m": 2, "n": 3})
    assert numbers.tolist() == [[0, 0], [3, 0], [0, 0]]
    with pytest.raises(MatcalcError, match="outside 1"):
        matcalc.evaluate("unit(4, n)", {}, sizes={"n": 3})


def test_stacks_go_by_rows() -> None:
    wanted = parse("[1, a; b, 2]", KINDS).expr
    assert parse("[[1, a], [b, 2]]", KINDS).expr is wanted
    assert wanted.value == (2, 2)
    assert parse("[a; b; 3]", KINDS).expr is parse("[a, b, 3]", KINDS).expr


def test_definitions_are_put_in_and_shared() -> None:
    program = parse("r = X*theta - y\nc = r'*r; c/2", KINDS)
    assert list(program.definitions) == ["r", "c"]
    assert program.expr.args[0] is program.definitions["c"]
    assert program.definitions["c"].args[1] is program.definitions["r"]
    assert "r" not in program.symbols


def test_newlines_count_only_where_a_statement_may_end() -> None:
    text = "r = X*theta -\n  y\n\n% least squares\nsum(r.^2,\n  1)\n"
    assert parse(text, KINDS).expr == parse("sum((X*theta - y).^2, 1)", KINDS).expr


def test_inline_declarations() -> None:
    program = parse('X: "m n"; S: spd(2*k) positive; p: vector(3) nonnegative; sum(X)')
    assert program.symbols["X"].kind == Kind("matrix", (M, N))
    assert program.symbols["S"].kind == Kind("spd", (Dimension([(("k",), 2)]),), "positive")
    assert program.symbols["p"].kind.text == "vector(3) nonnegative"


KIND_TEXTS = [
    ("matrix(m,n)", "matrix(m,n)"),
    ("m n", "matrix(m,n)"),
    ("3*p 12*p", "matrix(3*p,12*p)"),
    ("n", "vector(n)"),
    ("", "scalar"),
    ("1 n", "row(n)"),
    ("n 1", "vector(n)"),
    ("4 3", "matrix(4,3)"),
    ("matrix(2*n + 1, n)", "matrix(2*n + 1,n)"),
    ("positive", "scalar positive"),
    ("scalar nonnegative", "scalar nonnegative"),
    (" spd( n )  positive ", "spd(n) positive"),
    ("diagonal(n)", "diagonal(n)"),
    ("(m + 1) n", "matrix(m + 1,n)"),
]


@pytest.mark.parametrize(("text", "kind"), KIND_TEXTS)
def test_kinds(text: str, kind: str) -> None:
    assert parse_kind(text).text == kind


@pytest.mark.parametrize(
    ("text", "plain"),
    [("log|S|", "log(det(S))"), ("2 log|S|", "2*log(det(S))"), ("c‖x‖_1", "c*norm1(x)"), ("f|a|", "f*abs(a)")],
)
def test_a_name_before_bars(text: str, plain: str) -> None:
    assert written(parse(text).expr) == plain


NOTES = [
    ("a x", "a x is read as a product"),
    ("a‖x‖_1", "a‖x‖_1 is read as a product"),
    ("Xθ − y", "Xθ is read as a product"),
    ("wθ'", "wθ' is read as a product"),
    ("x/2a", "x/2a is read as (x/2)*a"),
    ("x/a b", "x/a b is read as (x/a)*b"),
    ("(X*w - y)'*Xw", "Xw is one name; the product is X*w"),
    ("x'Ax", "Ax is one name; the product is A*x"),
    ("X^T*y", "^T is read as the transpose; for a power named T declare T: scalar"),
    ("sum(log(x + vector(1)))", "vector(1) is not needed: 1 is enough"),
    ("log|Sigma|", "|Sigma| is read as the determinant"),
    ("e^a", "e is a variable; write exp(x) for the exponential"),
    ("L = x'*x", "the answer is for the right side of L = ..."),
    ("np.sum(y * z)", "NumPy style seen: y * z is read entry by entry"),
    ("X @ x + X * x", "NumPy style seen: X * x is read as the product of matrices"),
    ("x'*Ax + x'*A*x", "Ax is one name; the product is A*x"),
    ("X*w + c", "c is read as vector(m), to fit what it stands next to; or declare c: scalar"),
    ("tr(S*log(Sigma))", "log is taken entry by entry; the matrix function is logm"),
    ("X/N", "N is read as a scalar, since it divides"),
    ("w'*x/k", "k is read as a scalar, since it divides"),
]


@pytest.mark.parametrize(("text", "note"), NOTES)
def test_notes(text: str, note: str) -> None:
    assert parse(text, KINDS).notes == [note]


@pytest.mark.parametrize("text", ["(X*theta - y)'*(X*theta - y)", "X.T @ y", "norm2(X*w - z)^2", "2*x + 1", "|a|"])
def test_plain_text_has_no_notes(text: str) -> None:
    assert parse(text, KINDS).notes == []


def test_a_name_that_may_be_a_product() -> None:
    assert as_product("xAx") == "x'*A*x"
    assert as_product("Ax") == "A*x"


class Book:
    """The least a rulebook can be."""

    SCALAR, MATRIX = Kind("scalar"), Kind("matrix", (M, N))

    def overloads(self, name: str) -> tuple[Signature, ...]:
        table = {
            "f": (Signature("f", (Parameter("x", self.SCALAR),), None, True),),
            "gram": (Signature("gram", (Parameter("X", self.MATRIX),), Kind("symmetric", (N,))),),
            "stacked": (Signature("stacked", (Parameter("X", self.MATRIX),), Kind("vector", (M * N,))),),
            "top": (
                Signature("top", (Parameter("x", Kind("vector", (N,))),), self.SCALAR),
                Signature("top", (Parameter("X", self.MATRIX),), Kind("row", (N,))),
            ),
        }
        return table.get(name, ())

    def names(self) -> tuple[str, ...]:
        return ("f", "gram", "stacked", "top")

    def alias(self, name: str) -> str | None:
        return {"grm": "gram"}.get(name)


@pytest.mark.parametrize(
    ("text", "shape"),
    [("f(X)", "m n"), ("gram(X)", "n n"), ("stacked(X)", "m*n"), ("top(x)", ""), ("top(X)", "1 n"), ("top(X*x)", "")],
)
def test_signatures_give_shapes(text: str, shape: str) -> None:
    assert parse(text, KINDS, Book()).expr.shape == parse_kind(shape).shape


def test_an_overload_is_chosen_when_its_operand_is_decided() -> None:
    assert parse("top(A*q) + 1", None, Book()).expr.is_scalar
    assert parse("grm(X)", KINDS, Book()).expr.value == "gram"


@pytest.mark.parametrize(
    "text",
    [
        "(" * 300_000,
        "|" * 100_000,
        "a+" * 100_000,
        "1" * 10**6,
        "1e999999999",
        "\0" * 9,
    ],
    ids=lambda text: f"{text[:6]}...",
)
def test_noise_is_refused(text: str) -> None:
    with pytest.raises(MatcalcError) as caught:
        parse(text)
    assert len(str(caught.value)) < 400


def test_every_line_of_the_rule_files_is_in_the_rule_grammar() -> None:
    from matcalc.rule_lines import scan

    class Anything:
        def __getattr__(self, name: str) -> object:
            raise AttributeError(name)

    tables = grammar.tables("line")
    for _, _, name in tables.rules:
        if name:
            setattr(Anything, name, lambda builder, parts: ())
    count = 0
    for file in sorted((ROOT / "rules").glob("*.rules")):
        for line in scan(file.read_text(encoding="utf-8"), file.name):
            tables.parse(" ".join(line.text.split("\n")), Anything(), "line")
            count += 1
    assert count > 100


# ---- the cache of parse tables ----


def test_tables_are_made_once_and_again_if_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_cache, "_cache_folder", lambda: str(tmp_path / "cache"))
    made: list[str] = []
    build = table_cache.build

    def counted(folder: str, name: str, starts: list[str]) -> dict[str, object]:
        made.append(name)
        return build(folder, name, starts)

    monkeypatch.setattr(table_cache, "build", counted)
    folder, starts = grammar.data_folder("grammar"), ["program"]
    first = table_cache.load(folder, "expr", starts)
    assert table_cache.load(folder, "expr", starts) == first
    assert made == ["expr"]
    (file,) = (tmp_path / "cache").iterdir()
    file.write_bytes(file.read_bytes()[:-1])
    again = table_cache.load(folder, "expr", starts)
    assert len(again["rows"]) == len(first["rows"])
    assert made == ["expr", "expr"]


def test_tables_work_where_nothing_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("")
    monkeypatch.setattr(table_cache, "_cache_folder", lambda: str(blocker / "cache"))
    data = table_cache.load(grammar.data_folder("grammar"), "expr", ["program"])
    assert data["starts"]


def test_a_start_with_a_cache_loads_no_lark(tmp_path: Path) -> None:
    code = "import sys; from matcalc.parser import parse; parse(\"x'*A*x\"); print('lark' in sys.modules)"
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path), "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    answers = [
        subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert answers[1].strip() == "False"


def test_default_rulebook_is_used() -> None:
    assert parse("sigmoid(x)", KINDS).expr == parse("sigmoid(x)", KINDS, default_rulebook()).expr
