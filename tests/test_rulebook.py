"""The rule language: what an entry says, what a file of one's own may say, and how a mistake is shown."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from matcalc import expr as ex
from matcalc.errors import (
    MatcalcError,
    NotDifferentiableError,
    ParseError,
    ShapeError,
    UnknownNameError,
    UnsupportedError,
)
from matcalc.grammar import Stuck, data_folder, tables
from matcalc.numeric import evaluate
from matcalc.parser import parse
from matcalc.printers.latex import latex
from matcalc.printers.text import text
from matcalc.rule_checks import call_of, differential_error, identity_error
from matcalc.rule_lines import scan
from matcalc.rulebook import Rulebook, default_rulebook, load_rulebook

BOOK = default_rulebook()


def book_of(tmp_path, source):
    """The shipped rules with those of one more file."""
    file = tmp_path / "my.rules"
    file.write_text(source, "utf-8")
    return load_rulebook([file])


def file_of(name):
    """The text of a file of rules/."""
    return Path(data_folder("rules"), f"{name}.rules").read_text("utf-8")


# ---- what is in the book


def test_names_of_the_language_are_all_there():
    elementwise = """exp log log2 log10 log1p expm1 sqrt abs sign sin cos tan asin acos atan sinh cosh tanh asinh acosh
        atanh arcsin arccos arctan ln sigmoid softplus relu gelu silu erf erfc normcdf normpdf gamma lgamma digamma
        trigamma clip step"""
    others = "inv inverse det logdet adj pinv dot outer norm norm1 norm2 normF mean var std prod softmax logsumexp"
    assert set((elementwise + " " + others).split()) <= set(BOOK.names())
    assert all(BOOK.overloads(name)[0].elementwise for name in elementwise.split())


def test_a_function_is_its_line():
    (log,) = BOOK.overloads("log")
    assert repr(log) == "log(x: scalar positive)"
    assert text(log.differential) == "dx./x" or text(log.differential) == "dx/x"
    assert (log.definition, log.formula, log.numpy, log.latex) == (None, None, "np.log(${x})", r"\log")
    assert log.file == "rules/elementwise.rules" and log.text.startswith("fn log(x: positive) d = dx./x")
    assert file_of("elementwise").split("\n")[log.line - 1].startswith("fn  log(x: positive)")


def test_a_definition_has_a_formula_and_no_differential():
    clip = BOOK.overloads("clip")[0]
    assert text(clip.definition) == "min(max(x, a), b)" and clip.differential is None
    assert [p.name for p in clip.parameters] == ["x", "a", "b"]


def test_signs_of_values_are_facts():
    facts = {name: BOOK.overloads(name)[0].result_facts for name in ("exp", "relu", "tanh", "sin", "inv")}
    assert facts == {
        "exp": {"positive", "nonnegative"},
        "relu": {"nonnegative"},
        "tanh": {"unit"},
        "sin": set(),
        "inv": {"invertible"},
    }


def test_transposes_follow_from_the_identities():
    found = {name: BOOK.overloads(name)[0].transposes for name in ("inv", "adj", "pinv", "det", "logdet", "exp")}
    assert found == {
        "inv": "moves",
        "adj": "moves",
        "pinv": "moves",
        "det": "vanishes",
        "logdet": "vanishes",
        "exp": None,
    }


def test_aliases_are_other_spellings():
    aliases = {"ln": "log", "arcsin": "asin", "arctanh": "atanh", "inverse": "inv"}
    assert {name: BOOK.alias(name) for name in aliases} == aliases
    assert [BOOK.alias(name) for name in ("log", "norm", "mean", "softmax", "nothing")] == [None] * 5


def arguments(source):
    return parse(source, {"X": "matrix(m,n)", "x": "vector(n)", "s": "scalar", "S": "matrix(n,n)"}).expr.args


@pytest.mark.parametrize(
    "source, signature",
    [
        ("mean(X)", "mean(X: matrix(m,n)) -> scalar"),
        ("mean(X, 1)", "mean(X: matrix(m,n), 1) -> row(n)"),
        ("mean(X, 2)", "mean(X: matrix(m,n), 2) -> vector(m)"),
        ("norm(x, 1)", "norm(x: vector(n), 1) -> scalar"),
        ("mean(x)", "mean(X: matrix(m,n)) -> scalar"),
        ("norm(x', 1)", "norm(x: row(n), 1) -> scalar"),
        ("norm(X, 1)", "norm(X: matrix(m,n), 1) -> scalar"),
        ("exp(X)", "exp(x: scalar)"),
    ],
)
def test_arguments_select_the_overload(source, signature):
    name = source.partition("(")[0]
    assert repr(BOOK.function(name, arguments(source))) == signature


def test_no_overload_for_these_arguments():
    with pytest.raises(ShapeError, match="inv does not take arguments of the shapes m x n") as caught:
        BOOK.function("inv", arguments("exp(X)"))
    assert caught.value.expected == "inv(X: invertible(n)) -> invertible(n)"
    with pytest.raises(UnknownNameError, match="no function nothing is known"):
        BOOK.function("nothing", ())
    assert BOOK.overloads("nothing") == ()


def test_a_name_for_later_says_why(tmp_path):
    book = book_of(tmp_path, 'later cosm "its derivative is not known yet"\n')
    with pytest.raises(UnsupportedError, match="cosm is not supported yet: its derivative is not known yet"):
        book.overloads("cosm")
    assert "cosm" in book.reserved and "cosm" not in book.names()


def test_a_function_without_differential_says_why():
    (trigamma,) = BOOK.overloads("trigamma")
    with pytest.raises(NotDifferentiableError, match=r"trigamma is not differentiated: .* tetragamma"):
        _ = trigamma.differential


def test_the_digest_names_the_content(tmp_path):
    files = [("a.rules", "fn f(x) = x  d = dx\n", True)]
    assert Rulebook(files).digest == Rulebook(files).digest
    assert Rulebook(files).digest != Rulebook([("a.rules", "fn f(x) = x  d = 1*dx\n", True)]).digest
    assert book_of(tmp_path, "fn swish(x) = x.*sigmoid(x)  d = sigmoid(x).*dx\n").digest != BOOK.digest


def test_opening_the_book_parses_no_formula_and_loads_no_numpy():
    code = """
import sys
from matcalc.rulebook import default_rulebook
import matcalc.rule_formulas as formulas
def fail(*_): raise AssertionError("a formula was parsed")
formulas.parse = fail
book = default_rulebook()
assert len(book.names()) > 60 and len(book.identities) > 100
assert book.overloads("exp")[0].transposes is None
assert not {"numpy", "scipy", "sympy", "lark"} & set(sys.modules), sys.modules.keys()
"""
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", ["definitions", "elementwise", "identities", "known", "matrix"])
def test_every_entry_is_in_the_grammar_of_rule_files(name):
    grammar = tables("line")
    alternatives = {alternative: lambda self, parts: parts for _, _, alternative in grammar.rules if alternative}
    anything = type("Anything", (), alternatives)()
    for entry in scan(file_of(name), name):
        assert grammar.parse(" ".join(entry.text.split()), anything, "line")
    with pytest.raises(Stuck):
        grammar.parse("fn f(x) = x  d = 2*/dx", anything, "line")


# ---- one line teaches a function

SWISH = "fn swish(x) = x.*sigmoid(x)   d = (sigmoid(x) + x.*sigmoid(x).*(1 - sigmoid(x))).*dx\n"


def test_one_line_is_enough_for_parser_values_latex_and_check(tmp_path):
    book = book_of(tmp_path, SWISH)
    program = parse("sum(swish(A*x))", {"A": "matrix(m,n)"}, book)
    values = {"A": np.array([[1.0, -2.0], [0.5, 3.0], [0.0, 1.0]]), "x": np.array([0.3, -0.7])}
    z = values["A"] @ values["x"]
    assert evaluate(program.expr, values, rulebook=book) == pytest.approx(np.sum(z / (1 + np.exp(-z))))
    assert r"\operatorname{swish}" in latex(program.expr, book)
    assert differential_error(book.overloads("swish")[0], 0) < 1e-9
    with pytest.raises(UnknownNameError):
        parse("swish(x)")


def test_a_wrong_line_fails_its_check(tmp_path):
    book = book_of(tmp_path, "fn swish(x) = x.*sigmoid(x)   d = sigmoid(x).*dx\n")
    assert differential_error(book.overloads("swish")[0], 0) > 1e-2


def test_functions_of_matrices_and_several_lines(tmp_path):
    source = """% energies
fn  ridge(X: matrix(m,n), y: vector(m)) -> vector(n)
    = inv(X'*X + eye(n))*X'*y   # the estimate
    d = inv(X'*X + eye(n))*(dX'*y + X'*dy - (dX'*X + X'*dX)*inv(X'*X + eye(n))*X'*y)

def energy(x: vector(n), A: matrix(n,n)) -> scalar = x'*A*x/2
let a, b: scalar positive
rule log(a) + log(b) -> log(a*b)
"""
    book = book_of(tmp_path, source)
    (ridge,), (energy,) = book.overloads("ridge"), book.overloads("energy")
    assert (ridge.line, energy.line) == (2, 6)
    assert all(differential_error(ridge, seed) < 1e-9 for seed in range(4))
    assert evaluate(call_of(energy), {"x": np.ones(3), "A": np.eye(3)}, rulebook=book) == 1.5
    rule = book.identities[-1]
    assert (text(rule.left), text(rule.right), rule.line) == ("log(a) + log(b)", "log(a*b)", 8)
    assert rule.elementwise and rule.function_names == {"log"} and [s.name for s in rule.symbols] == ["a", "b"]
    assert identity_error(rule, 0) < 1e-12


def test_a_name_kept_for_later_may_be_taught(tmp_path):
    later = 'later cosm "its derivative is not known yet"\n'
    book = book_of(tmp_path, later + "def cosm(A: matrix(n,n)) -> matrix(n,n) = A - A\n")
    assert book.overloads("cosm")[0].where.endswith("my.rules, line 2") and "cosm" not in book.reserved


def test_without_a_value_the_numbers_are_refused(tmp_path):
    book = book_of(tmp_path, "fn mystery(x)  d = cos(x).*dx\n")
    with pytest.raises(MatcalcError, match=r"the value of mystery is not known: .*my.rules, line 1"):
        evaluate(ex.call("mystery", (ex.number(1),), ex.SCALAR), {}, rulebook=book)


# ---- mistakes are shown where they are

MISTAKES = {
    "keyword": (
        "fun f(x) d = dx",
        "line 1: a line must begin with fn, def, let, rule, open, fold or later",
        "fun f(x) d = dx",
    ),
    "no name": ("fn (x) d = dx", "line 1, column 3: a name was expected after fn", " "),
    "no parameters": ("fn f d = dx", "line 1, column 4: a name and its parameters were expected, such as f(x)", "f"),
    "syntax": ("fn f(x) = x  d = 2*/dx", "line 1, column 20: ", "/"),
    "bracket": ("fn f(x) = (x  d = dx", "line 1, column 11: this bracket is never closed", "("),
    "closing": ("fn f(x) = x)  d = dx", "line 1, column 12: there is nothing that ) closes", ")"),
    "unknown function": ("fn f(x) = x  d = cosinus(x).*dx", "line 1, column 18: unknown function 'cosinus'", "cosinus"),
    "unknown variable": ("fn f(x) = x + y  d = dx", "line 1, column 11: y is not declared", "x + y"),
    "unknown size": (
        "def f(X: matrix(m,n)) -> scalar = sum(X) + sum(ones(k))",
        "line 1, column 35: ",
        None,
    ),
    "kind": ("fn f(X: matrx(m,n)) -> scalar  d = sum(dX)", "line 1, column 9: ", "matrx(m,n)"),
    "not linear": ("fn f(x) = x.^2  d = 2*x", "line 1, column 21: every term must be linear in dx", "2*x"),
    "quadratic": ("fn f(x) = x  d = dx.*dx", "line 1, column 18: every term must be linear in dx", "dx.*dx"),
    "mixed": ("fn f(x) = x  d = dx + 1", "line 1, column 18: every term must be linear in dx", "dx + 1"),
    "one of two": ("fn f(x, y) = x.*y  d = y.*dx", "line 1, column 24: every term must be linear in dx or dy", "y.*dx"),
    "shape of value": (
        "def f(X: matrix(m,n)) -> scalar = X",
        "line 1, column 35: the formula is m x n, the result 1 x 1",
        "X",
    ),
    "shape of differential": (
        "fn f(X: matrix(m,n)) -> scalar = sum(X)  d = dX",
        "line 1, column 46: the differential is m x n, the result 1 x 1",
        "dX",
    ),
    "shapes": ("def f(x: vector(n)) -> scalar = x*x", "line 1, column 33: ", "x*x"),
    "no result": ("def f(X: matrix(m,n)) = sum(X)", "line 1, column 1: the kind of the result is missing", None),
    "no differential": ("fn f(x) = x", "line 1, column 1: the differential of f is missing", "fn f(x) = x"),
    "differential of def": ("def f(x) = x  d = dx", "line 1, column 19: a def has no differential of its own", None),
    "no formula": ("def f(x)", "line 1, column 1: f is not defined: a formula was expected after =", "def f(x)"),
    "twice": ("fn f(x) = x  d = dx  d = dx", "line 1, column 22: this is the second differential", "d ="),
    "empty": ("fn f(x) = x  d =", "line 1, column 14: differential (after d =) is empty", "d ="),
    "template": (
        'fn f(x) = x  d = dx  numpy = "np.sin(${x})"',
        "line 1, column 30: a numpy template would run as code, so only the rules that ship with matcalc have one",
        '"np.sin(${x})"',
    ),
    "latex": ('fn f(x) = x  d = dx  latex = "${y}"', "line 1, column 30: latex must hold ${...} for each", '"${y}"'),
    "linear without adjoint": (
        "fn f(A: matrix(n,n), E: matrix(n,n)) -> matrix(n,n) = A*E  linear = E  d = dA*E + A*dE",
        "line 1, column 1: linear = ... and adjoint = ... belong together",
        None,
    ),
    "printed without a formula": (
        "fn f(A: matrix(n,n)) -> matrix(n,n)  printed = formula  d = dA",
        "line 1, column 48: printed = formula belongs to a function with a formula",
        None,
    ),
    "linear in nothing": (
        "fn f(A: matrix(n,n)) -> matrix(n,n) = A  linear = B  adjoint = A  d = dA",
        "line 1, column 51: linear = ... names a parameter of a function of matrices",
        "B",
    ),
    "adjoint": (
        "fn f(A: matrix(m,n), E: matrix(n,m)) -> matrix(m,m) = A*E  linear = E  adjoint = E*A  d = dA*E + A*dE",
        "line 1, column 82: ",
        "E*A",
    ),
    "not a string": ("fn f(x) = x  d = dx  latex = phi", 'line 1, column 30: latex = "..." was expected', "phi"),
    "parameter": ("fn f(x, ) = x  d = dx", "line 1, column 9: a parameter of f is missing", None),
    "same names": ("fn f(x, x) = x  d = dx", "line 1, column 1: the parameters and their differentials need", None),
    "taken": ("fn sigmoid(x) = x  d = dx", "line 1, column 1: sigmoid is already defined in rules/elementwise", None),
    "structural": ("def sum(X: matrix(m,n)) -> scalar = tr(X'*X)", "line 1, column 1: sum is a function of the", None),
    "circle": (
        "def f(x) = g(x) + 1\ndef g(x) = 2*f(x)",
        "line 1, column 1: the formula of f leads back to f by f, g",
        None,
    ),
    "itself": ("def f(x) = f(x) + 1", "line 1, column 1: the formula of f leads back to f by f", None),
    "rule": ("let x: scalar\nrule sin(x)", "line 2, column 1: two sides were expected", "rule sin(x)"),
    "free variable": ("let x: scalar\nlet y: scalar\nrule sin(x) -> y", "line 3, column 16: y is not declared", "y"),
    "no let": ("rule sin(x) -> x", "line 1, column 6: x is not declared", "sin(x)"),
    "sides": ("let v: vector(n)\nrule v -> v'*v", "line 2, column 11: the two sides have different shapes", None),
    "let": ("let x scalar\nrule sin(x) -> x", "line 1, column 1: a name and a kind were expected", "let x scalar"),
    "second line": ("fn f(x) = x\n    d = dx .*", "line 2, column ", None),
}


@pytest.mark.parametrize("source, message, marked", MISTAKES.values(), ids=MISTAKES)
def test_mistakes_point_at_their_place(tmp_path, source, message, marked):
    with pytest.raises(MatcalcError) as caught:
        book_of(tmp_path, source + "\n")
    first, line, carets = [*str(caught.value).split("\n"), "", ""][:3]
    assert first.startswith(f"{tmp_path / 'my.rules'}, {message}")
    if marked is not None:
        at = carets.index("^")
        assert line[at : at + carets.count("^")] == marked


def test_a_file_that_cannot_be_read():
    with pytest.raises(MatcalcError, match=r"the rule file nowhere\.rules cannot be read"):
        load_rulebook(["nowhere.rules"])


def test_comments_end_at_the_line_and_not_in_strings(tmp_path):
    book = book_of(tmp_path, 'fn f(x) = x % "twice"\n  d = dx  latex = "\\%"  # done\n')
    assert book.overloads("f")[0].latex == r"\%"


def test_no_formula_of_the_shipped_rules_leads_in_a_circle():
    from matcalc.rulebook import _refuse_circles

    _refuse_circles(BOOK.functions)


def test_errors_are_parse_errors_with_a_position(tmp_path):
    with pytest.raises(ParseError) as caught:
        book_of(tmp_path, "fn f(x) = x  d = 2*x\n")
    assert caught.value.position == (17, 20) and caught.value.source == "fn f(x) = x  d = 2*x"
