"""The command: answers alone on standard output, notes and errors on standard error, and the exit status."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from matcalc import api, clear_cache
from matcalc.answers import Answer
from matcalc.cli import main
from oracle.surface import evaluate

Run = Callable[..., Result]
LEAST_SQUARES = ["diff", "(X*theta-y)'*(X*theta-y)", "--wrt", "theta"]


@pytest.fixture
def run() -> Run:
    """Runs the command with these arguments, in this process."""
    runner = CliRunner()

    def call(*arguments: str, stdin: str | bytes = "") -> Result:
        return runner.invoke(main, [str(argument) for argument in arguments], input=stdin, prog_name="matcalc")

    return call


def test_variable_may_be_left_out_when_there_is_one(run: Run) -> None:
    assert run("diff", "exp(t^2)").stdout == "2*t*exp(t^2)\n"
    result = run("diff", "x'*y")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "x" in result.stderr
    assert "y" in result.stderr


@pytest.mark.parametrize("expression", ["-x'*A*x", "-z", "--x'*x", "-2*x", "-(x'*x)^2", "-q'*q"])
def test_leading_minus_works_as_typed(run: Run, expression: str) -> None:
    wrt = re.findall("[xzq]", expression)[0]
    typed = run("diff", expression, "--wrt", wrt)
    assert typed.exit_code == 0, typed.stderr
    assert typed.stdout == run("diff", "--wrt", wrt, "--", expression).stdout
    assert typed.stdout == run("diff", f"({expression})", "--wrt", wrt).stdout


def test_options_stand_before_or_after_the_expression(run: Run) -> None:
    assert run("diff", "--wrt", "x", "-q", "-x'*A*x", "--layout=numerator").stdout == "-x'*(A + A')\n"


def test_standard_input_and_file(run: Run, tmp_path: Path) -> None:
    program = "r = X*w - y  % the residual\nr'*r\n"
    path = tmp_path / "loss.m"
    path.write_text(program, encoding="utf-8")
    assert run("diff", "-", "--wrt", "w", stdin=program).stdout == "2*X'*(X*w - y)\n"
    assert run("diff", f"@{path}", "--wrt", "w").stdout == "2*X'*(X*w - y)\n"


def test_batch_answers_line_by_line(run: Run) -> None:
    result = run("diff", "--batch", "--wrt", "x", "-q", stdin="x'*x\n\nx*y\n-x'*A*x\n")
    assert result.stdout == "2*x\n\n\n-(A + A')*x\n"
    assert result.stderr.startswith("error: line 3: ")
    assert result.exit_code == 1
    assert run("diff", "--batch", "--wrt", "x", "-", stdin="3*x'*x").stdout == "6*x\n"


TARGETS = {
    "text": "2*X'*(X*theta - y)",
    "unicode": "2 Xᵀ(Xθ − y)",
    "latex": r"2 X^\top (X \theta - y)",
    "sympy": "2*X.T*(X*theta - y)",
}


@pytest.mark.parametrize(("target", "answer"), TARGETS.items())
def test_target(run: Run, target: str, answer: str) -> None:
    assert run(*LEAST_SQUARES, "--to", target).stdout == answer + "\n"


def test_latex_is_short_for_to_latex(run: Run) -> None:
    assert run(*LEAST_SQUARES, "--latex").stdout == run(*LEAST_SQUARES, "--to", "latex").stdout


def test_json_holds_the_whole_answer(run: Run) -> None:
    answer = json.loads(run(*LEAST_SQUARES, "--to", "json").stdout)
    assert answer["text"] == "2*X'*(X*theta - y)"
    assert answer["shape"] == ["n", "1"]
    assert answer["variables"] == {"X": "matrix(m,n)", "theta": "vector(n)", "y": "vector(m)"}
    assert set(answer) == {"text", "latex", "shape", "parts", "variables", "assumptions", "notes"}


def test_numpy_source_runs(run: Run) -> None:
    source = run(*LEAST_SQUARES, "--to", "numpy").stdout
    scope: dict[str, Any] = {"np": np}
    exec(source, scope)
    X, theta, y = np.arange(12.0).reshape(4, 3), np.array([1.0, -2.0, 0.5]), np.arange(4.0)
    np.testing.assert_allclose(scope["f"](X=X, theta=theta, y=y), 2 * X.T @ (X @ theta - y))


def test_index_form_of_a_tensor(run: Run) -> None:
    """Axes of the value, then axes of the variable; the letters skip the names in use."""
    text = run("diff", "A*X + B", "--wrt", "X", "-q").stdout
    A = np.arange(12.0).reshape(4, 3)
    shown = evaluate(text, {"A": A}, {"k": 2}, shape=(4, 2, 3, 2))
    np.testing.assert_allclose(shown, np.einsum("ki,lj->klij", A, np.eye(2)))
    assert text == run("diff", "A*X + B", "--wrt", "X", "-q", "--to", "index").stdout
    assert re.match(r"\[[a-z],[a-z],[a-z],[a-z]\] ", text)


def test_jacobian_has_a_row_for_each_output(run: Run) -> None:
    assert run("jacobian", "x'*A*x", "--wrt", "x").stdout == "x'*(A + A')\n"
    assert run("jacobian", "A*x", "--wrt", "x").stdout == "A\n"
    assert run("jacobian", "A*x", "--wrt", "x", "--layout", "denominator").stdout == "A'\n"


def test_hessian(run: Run) -> None:
    assert run("hessian", "x'*A*x", "--wrt", "x").stdout == "A + A'\n"
    assert run("diff", "x'*A*x", "--wrt", "x", "--order", "2").stdout == "A + A'\n"


def test_products_with_a_vector(run: Run) -> None:
    assert run("vjp", "A*X*B", "--wrt", "X", "--with", "G").stdout == "A'*G*B'\n"
    assert run("jvp", "inv(X)", "--wrt", "X", "--with", "V").stdout == "-inv(X)*V*inv(X)\n"
    assert run("hvp", "norm2(X*w - y)^2", "--wrt", "w").stdout == "2*X'*X*v\n"
    assert run("hvp", "-x'*A*x", "--with", "x", "--wrt", "x", "--layout", "numerator").stdout == "-x'*(A + A')\n"
    layer = ["vjp", "x*w + ones(N)*b'", "--wrt", "x,w,b", "--with", "G", "--check"]
    kinds = ["--var", "x: matrix(N,D)", "--var", "w: matrix(D,M)", "--var", "b: vector(M)"]
    assert run(*layer, *kinds).stdout == "x: G*w'\nw: x'*G\nb: sum(G, 1)'\n"
    answer = json.loads(run("jvp", "A*x", "--wrt", "x", "--with", "v", "--to", "json").stdout)
    assert (answer["text"], answer["variables"]["v"]) == ("A*v", "vector(n)")
    assert run("jvp", "A*x", "--wrt", "x", "--with", "v", "--latex").stdout == "A v\n"


def test_forms_of_a_derivative(run: Run) -> None:
    inverse, logdet = ["diff", "inv(X)", "--wrt", "X"], ["diff", "logdet(X)", "--wrt", "X"]
    assert run(*inverse, "--form", "differential").stdout == "dF = -inv(X)*dX*inv(X)\n"
    assert run(*inverse, "--form", "differential", "--latex").stdout == (
        "\\mathrm{d}F = -X^{-1} \\, \\mathrm{d}X \\, X^{-1}\n"
    )
    assert run(*logdet, "--form", "trace").stdout == "df = tr(inv(X)*dX)\n"
    assert run(*logdet, "--form", "index").stdout == run(*logdet, "--to", "index").stdout == "[i,j] inv(X)[j,i]\n"
    answer = json.loads(run(*inverse, "--form", "differential", "--to", "json").stdout)
    assert (answer["text"], answer["equation"]) == ("-inv(X)*dX*inv(X)", "dF = -inv(X)*dX*inv(X)")
    assert run("diff", "A*x", "--wrt", "A,x", "--form", "differential").stdout == "dF = A*dx + dA*x\n"
    assert run(*inverse, "--form", "differential", "--check").exit_code == 0


def test_forms_on_request(run: Run) -> None:
    squares = ["diff", "norm2(X*w - y)^2", "--wrt", "w"]
    assert run(*squares, "--expand").stdout == "2*X'*X*w - 2*X'*y\n"
    assert run(*squares, "--expand", "--to", "unicode").stdout == "2 XᵀX w − 2 Xᵀy\n"
    assert run(*squares, "--factor").stdout == run(*squares).stdout
    assert run(*squares, "--expand", "--factor").exit_code == 2
    assert run("hessian", "norm2(x)", "--wrt", "x", "--factor").stdout == "(norm2(x)^2*eye(n) - x*x')/norm2(x)^3\n"
    assert run("jvp", "(A + B)*x", "--wrt", "x", "--with", "v", "--expand").stdout == "A*v + B*v\n"
    net = ["diff", "0.5*norm2(W2*tanh(W1*x + b1) + b2 - y)^2", "--wrt", "W1", "-q"]
    assert json.loads(run(*net, "--to", "json").stdout)["parts"] == {"r": "tanh(W1*x + b1)"}
    inlined = run(*net, "--inline", "--to", "json")
    assert json.loads(inlined.stdout)["parts"] == {}
    assert "where" in run(*net, "--latex").stdout
    assert "where" not in run(*net, "--latex", "--inline").stdout


def test_hints_are_notes(run: Run) -> None:
    quadratic = ["diff", "0.5*x'*A*x", "--wrt", "x"]
    known = "up to a factor this is the gradient of a quadratic form (Matrix Cookbook 81)"
    assert run(*quadratic).stderr == f"note: {known}\nnote: with A symmetric this is A*x\n"
    assert run(*quadratic, "-q").stderr == ""
    assert json.loads(run(*quadratic, "--to", "json").stdout)["notes"] == [known, "with A symmetric this is A*x"]


def test_several_variables(run: Run) -> None:
    bilinear = ["diff", "x'*A*y"]
    assert run(*bilinear, "--wrt", "x", "--wrt", "y").stdout == "A\n"
    assert run(*bilinear, "--wrt", "y", "--wrt", "x").stdout == "A'\n"
    assert run(*bilinear, "--wrt", "x,y").stdout == "x: A*y\ny: A'*x\n"
    assert run(*bilinear, "--wrt", "x, y", "--wrt", "x").exit_code == 1
    assert run(*bilinear, "--wrt", "[x, y]").stdout == "[A*y; A'*x]\n"
    assert run(*bilinear, "--wrt", "[x, y]", "--order", "2").stdout == "[zeros(n, n), A; A', zeros(k, k)]\n"
    both = json.loads(run(*bilinear, "--wrt", "x,y", "--to", "json").stdout)
    assert set(both) == {"text", "parts", "derivatives", "variables", "assumptions", "notes"}
    assert both["derivatives"]["y"] == {"text": "A'*x", "latex": r"A^\top x", "shape": ["k", "1"], "parts": {}}
    listed = ["diff", "--batch", "--wrt", "x,y"]
    assert run(*listed, stdin="x'*A*y\nx'*x + y'*y").stdout == "x: A*y; y: A'*x\nx: 2*x; y: 2*y\n"
    numbers = ["--at", "x=[1, 2]", "--at", "A=[2, 1; 0, 3]", "--at", "y=[1, 0]"]
    assert run("eval", "x'*A*y", "--wrt", "x,y", *numbers).stdout == "x: [2.0, 0.0]\ny: [2.0, 7.0]\n"


def test_jacobian_of_listed_functions(run: Run) -> None:
    for layout, answer in {
        "mixed": "[[6*x*y, 3*x^2], [2, 8*y^7]]",
        "numerator": "[[6*x*y, 3*x^2], [2, 8*y^7]]",
        "denominator": "[[6*x*y, 2], [3*x^2, 8*y^7]]",
    }.items():
        listed = run("diff", "[3*x^2*y, 2*x + y^8]", "--wrt", "[x, y]", "--layout", layout, "--check")
        assert (listed.stdout, listed.exit_code) == (answer + "\n", 0)
    declared = ["--var", "y: scalar"]
    assert run("diff", "3*x^2*y", "--wrt", "[x, y]", *declared).stdout == "[6*x*y, 3*x^2]\n"
    assert run("diff", "[log(x^2), sin(3*x)]", "--wrt", "x").stdout == "[2/x, 3*cos(3*x)]\n"


def test_declarations_decide(run: Run) -> None:
    assert run("diff", "x'*S*x", "--wrt", "x", "--var", "S: symmetric(n)").stdout == "2*S*x\n"
    assert run("diff", "tr(A*S)", "--wrt", "S", "--var", "S: symmetric(n)").stdout == "0.5*(A + A')\n"
    independent = run("diff", "tr(A*S)", "--wrt", "S", "--var", "S: symmetric(n)", "--symmetric", "independent")
    assert independent.stdout == "A'\n"


def test_shapes_and_check_go_to_standard_error(run: Run) -> None:
    result = run(*LEAST_SQUARES, "--shapes", "--check")
    assert (result.stdout, result.exit_code) == ("2*X'*(X*theta - y)\n", 0)
    for said in ("X: matrix(m,n)", "theta: vector(n)", "y: vector(m)"):
        assert said in result.stderr


def test_failed_check_has_status_one(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing:
        ok = False
        text = "relative error 1e+00"

    monkeypatch.setattr(Answer, "check", lambda self, seed=0: Failing())
    result = run(*LEAST_SQUARES, "--check")
    assert result.exit_code == 1
    assert "relative error 1e+00" in result.stderr


def test_quiet_silences_notes(run: Run) -> None:
    noted = run("diff", "x'*x", "--wrt", "z", "--var", "z: vector(m)")
    assert noted.stderr.startswith("note: ")
    quiet = run("diff", "x'*x", "--wrt", "z", "--var", "z: vector(m)", "-q")
    assert (quiet.stdout, quiet.stderr) == (noted.stdout, "")


# (arguments, exit status, what the message says)
BAD = [
    (["diff", "x'*(y", "--wrt", "x"], 2, "x'*(y"),
    (["diff", "", "--wrt", "x"], 2, "empty"),
    (["diff", "x*y", "--wrt", "x"], 1, "x'*y"),
    (["diff", "sigmod(x)", "--wrt", "x"], 1, "sigmoid"),
    (["diff", "x'*x", "--wrt", "w"], 1, "w"),
    (["diff", "A*x", "--wrt", "x", "--var", "A: matrix(3,4)", "--var", "x: vector(3)"], 1, "3"),
    (["diff", "x'*x", "--wrt", "x", "--var", "x"], 2, "--var"),
    (["diff", "x'*x", "--wrt", "x", "--var", "x: vektor(n)"], 2, "vektor"),
    (["diff", "x'*x", "--wrt", "x", "--to", "html"], 2, "html"),
    (["diff", "x'*x", "--wrt", "x", "--layuot", "mixed"], 2, "--layout"),
    (["diff", "@no-such-file", "--wrt", "x"], 2, "no-such-file"),
    (["diff"], 2, "EXPR"),
    (["diff", "x'*x", "--wrt", "x", "--form", "index", "--latex"], 2, "--form index"),
    (["diff", "x'*x", "--wrt", "x", "--form", "sideways"], 2, "sideways"),
    (["diff", "A*x", "--wrt", "x", "--form", "trace"], 1, "the trace form is of a scalar; this is m x 1"),
    (["hessian", "x'*x", "--wrt", "x", "--form", "differential"], 1, "first derivative"),
    (["hvp", "A*x", "--wrt", "x"], 1, "a Hessian is of a scalar"),
    (["jvp", "A*x", "--wrt", "x", "--with", "A"], 1, "A is m x n"),
    (["vjp", "A*x", "--wrt", "x", "--form", "trace"], 2, "--form"),
    (["diff", "x'*x", "--wrt", "x", "--wrt", "x", "--order", "3"], 1, "the order is 2"),
    (["diff", "x'*x", "--wrt", "x,x"], 1, "twice"),
    (["diff", "x'*A*x", "--wrt", "[A, x]"], 1, "without brackets, as in A, x"),
    (["diff", "x'*x", "--wrt"], 2, "--wrt"),
    (["dif", "x"], 2, "dif"),
    (["rules", "show", "sigmod"], 1, "sigmoid"),
    (["eval", "x'*x", "--at", "x=[1, two]"], 1, "two"),
    (["eval", "x'*x"], 1, "x"),
]


@pytest.mark.parametrize(("arguments", "status", "said"), BAD)
def test_bad_input_ends_in_a_message(run: Run, arguments: list[str], status: int, said: str) -> None:
    result = run(*arguments)
    assert (result.stdout, result.exit_code) == ("", status)
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_unexpected_error_is_one_message(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object, **options: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(api, "differentiate", broken)
    result = run(*LEAST_SQUARES)
    assert (result.stdout, result.exit_code) == ("", 1)
    assert result.stderr.startswith("error: ZeroDivisionError: by zero")
    assert "report" in result.stderr


@pytest.mark.parametrize("noise", ["(" * 1_000_000, "x" * 1_000_000, "+*" * 500_000, "\x00\x01" * 1000, "é" * 10_000])
def test_noise_ends_in_a_short_message(run: Run, noise: str) -> None:
    result = run("diff", "-", "--wrt", "w", stdin=noise)
    assert result.exit_code in (1, 2)
    assert result.stdout == ""
    assert len(result.stderr) < 2000


def test_input_that_is_not_text(run: Run) -> None:
    result = run("diff", "-", "--wrt", "x", stdin=b"x'*x\xff\xfe")
    assert (result.exit_code, result.stderr) == (2, "error: standard input is not UTF-8 text (byte 4)\n")


def test_deep_nesting_and_many_definitions(run: Run) -> None:
    nested = "(" * 2000 + "x'*x" + ")" * 2000
    assert run("diff", "-", "--wrt", "x", stdin=nested).stdout == "2*x\n"
    chain = "".join(f"t{i} = t{i - 1} + x;\n" for i in range(1, 1001))
    assert run("diff", "-", "--wrt", "x", stdin=f"t0 = x;\n{chain}sum(t1000)").stdout == "1001*ones(n)\n"


def test_eval_at_literals_and_files(run: Run, tmp_path: Path) -> None:
    A = np.array([[2.0, 1.0], [0.0, 3.0]])
    np.save(tmp_path / "A.npy", A)
    np.savez(tmp_path / "both.npz", A=A, x=np.array([1.0, 2.0]))
    (tmp_path / "A.csv").write_text("2,1\n0,3\n", encoding="utf-8")
    for at in ("A=[2, 1; 0, 3]", "A=[[2, 1], [0, 3]]", f"A={tmp_path / 'A.npy'}", f"A={tmp_path / 'A.csv'}"):
        assert run("eval", "x'*A*x", "--at", "x=[1, 2]", "--at", at).stdout == "16.0\n"
    both = ["--at", str(tmp_path / "both.npz")]
    assert run("eval", "A*x", *both).stdout == "[4.0, 6.0]\n"
    assert run("eval", "x'*A*x", "--wrt", "x", *both).stdout == "[6.0, 13.0]\n"


def test_rules_list_and_show(run: Run) -> None:
    listed = run("rules", "list").stdout
    for name in ("sigmoid", "inv", "softmax"):
        assert re.search(rf"^{name}\(.*\.rules, line \d+$", listed, re.MULTILINE)
    shown = run("rules", "show", "sigmoid").stdout
    assert "fn sigmoid(x)" in shown
    assert "elementwise.rules" in shown


def test_one_line_teaches_the_command_a_function(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "mine.rules"
    path.write_text("fn cube(x)  d = 3*x.^2.*dx\n", encoding="utf-8")
    assert run("diff", "sum(cube(x))", "--wrt", "x", "--rules", path).stdout == "3*x.^2\n"
    assert "cube" in run("rules", "list", "--rules", path).stdout
    assert run("diff", "sum(cube(x))", "--wrt", "x").exit_code == 1


def examples() -> list[str]:
    """The command lines that the help of each command shows."""
    found, pending = [], [main]
    while pending:
        command = pending.pop()
        found += re.findall(r"^ *matcalc (.+)$", command.help or "", re.MULTILINE)
        pending += list(getattr(command, "commands", {}).values())
    return sorted(set(found) - {"rules table"})  # takes long, and test_functions holds all of it to its page


@pytest.mark.parametrize("line", examples())
def test_example_of_the_help_runs(run: Run, line: str) -> None:
    result = run(*shlex.split(line))
    assert result.exit_code == 0, result.stderr
    assert result.stdout


def test_every_command_has_an_example(run: Run) -> None:
    for name in main.commands:
        assert any(line.startswith(name) for line in examples()), name
        assert run(name, "--help").exit_code == 0


def test_version(run: Run) -> None:
    assert re.fullmatch(r"matcalc, version \d+\.\d+\.\d+\S*\n", run("--version").stdout)


def test_steps_with_and_without_a_style(run: Run) -> None:
    plain = run("diff", "--steps", "r'*r", "--wrt", "r")
    assert plain.exit_code == 0, plain.stderr
    assert plain.stdout.splitlines()[0].startswith("f = r'*r")
    assert plain.stdout == run("diff", "r'*r", "--wrt", "r", "--steps", "differential").stdout
    assert plain.stdout == run("diff", "r'*r", "--wrt", "r", "--steps=differential").stdout
    chain = run("diff", "--steps", "chain", "norm2(X*w)^2", "--wrt", "w")
    assert "df/dw = (dr/dw)'*df/dr = 2*X'*r" in chain.stdout


def test_steps_in_other_languages(run: Run) -> None:
    aligned = run("diff", "norm2(X*w)^2", "--wrt", "w", "--align")
    assert aligned.stdout.startswith("\\begin{align*}\n")
    assert aligned.stdout == run("diff", "norm2(X*w)^2", "--wrt", "w", "--steps", "--latex").stdout
    both = run("diff", "norm2(W*z)^2", "--wrt", "W,z", "--align").stdout
    assert both.count("\\begin{align*}") == 2
    read = json.loads(run("diff", "norm2(X*w)^2", "--wrt", "w", "--steps", "index", "--to", "json").stdout)
    assert read["text"] == "2*X'*X*w" and read["style"] == "index"
    assert read["steps"][-1]["right"] == read["text"]
    each = json.loads(run("diff", "norm2(W*z)^2", "--wrt", "W,z", "--steps", "--to", "json").stdout)
    assert list(each["steps"]) == ["W", "z"]
    shapes = run("diff", "norm2(X*w)^2", "--wrt", "w", "--steps", "--shapes")
    assert re.search(r"^dr = X\*dw +% m x 1; linear$", shapes.stdout, re.MULTILINE)


@pytest.mark.parametrize(
    "options", [["--to", "numpy"], ["--form", "trace"], ["--batch"], ["--align", "--to", "json"], ["--form", "index"]]
)
def test_steps_where_there_are_none_are_a_usage_error(run: Run, options: list[str]) -> None:
    result = run("diff", "x'*x", "--wrt", "x", "--steps", *options)
    assert result.exit_code == 2, result.stdout
    assert result.stdout == "" and "steps" in result.stderr


def test_steps_are_the_same_whatever_ran_before(run: Run) -> None:
    asked = ("diff", "log(sum(exp(A*x))) + norm2(A*x - y)^2", "--wrt", "x", "--steps", "chain")
    first = run(*asked).stdout
    run("diff", "norm2(x)", "--wrt", "x", "--steps")
    clear_cache()
    assert run(*asked).stdout == first
