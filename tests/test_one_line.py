"""One line in a rules file teaches a function, and every part of matcalc knows it from that line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

import matcalc
from matcalc.cli import main
from matcalc.printers.latex import latex
from matcalc.rulebook import Rulebook, load_rulebook
from oracle.layouts import agree

SWISH = (
    r"fn swish(x) = x.*sigmoid(x)   d = (sigmoid(x) + x.*sigmoid(x).*(1 - sigmoid(x))).*dx"
    r'   latex = "\operatorname{sw}"'
    "\n"
)
GRAM = "fn gram(X: matrix(m,n)) -> symmetric(n) = X'*X   d = dX'*X + X'*dX\n"
LINES = {"swish": SWISH, "gram": GRAM}
X, W = np.array([[1.0, -2.0], [0.5, 1.5], [0.0, 3.0]]), np.array([0.3, -0.7])


def written(folder: Path, *names: str) -> Path:
    path = folder / "mine.rules"
    path.write_text("".join(LINES[name] for name in names), encoding="utf-8")
    return path


@pytest.fixture
def book(tmp_path: Path) -> Rulebook:
    return load_rulebook([written(tmp_path, "swish", "gram")])


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def swish_gradient(X: Any, w: Any) -> Any:
    """By hand: the gradient of sum(swish(X*w))."""
    s = sigmoid(X @ w)
    return X.T @ (s + (X @ w) * s * (1 - s))


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_each_is_one_line() -> None:
    assert all(line.count("\n") == 1 and line.endswith("\n") for line in LINES.values())


def test_parser_knows_it(book: Rulebook) -> None:
    assert matcalc.parse("swish(X*w)", rulebook=book).expr.shape == matcalc.parse("exp(X*w)").expr.shape
    program = matcalc.parse("gram(X*Y)", {"X": "matrix(m,n)", "Y": "matrix(n,k)"}, book)
    assert [d.text for d in program.expr.shape] == ["k", "k"]
    with pytest.raises(matcalc.ShapeError):
        matcalc.parse("X: matrix(m,n); gram(X) + X", rulebook=book)


def test_it_is_unknown_without_the_line() -> None:
    for name in LINES:
        with pytest.raises(matcalc.UnknownNameError, match=name):
            matcalc.parse(f"{name}(X)")


def test_derivative_has_it(book: Rulebook) -> None:
    derivative = matcalc.differentiate("sum(swish(X*w))", "w", rulebook=book)
    assert agree(derivative.evaluate({"X": X, "w": W}), swish_gradient(X, W), 1e-12)
    assert "swish" not in derivative.text
    gradient = matcalc.differentiate("tr(B*gram(X))", "X", rulebook=book)
    assert gradient.text == "X*(B + B')"


def test_it_stays_in_the_answer(book: Rulebook) -> None:
    """Where the answer is the function itself, the languages that can keep its name."""
    derivative = matcalc.differentiate("norm2(swish(x))^2 + log(tr(gram(X)))*a", "a", rulebook=book)
    assert derivative.text == "log(tr(gram(X)))"
    kept = matcalc.differentiate("a*sum(swish(x))", "a", rulebook=book)
    assert kept.text == "sum(swish(x))"
    assert matcalc.parse(kept.text, {"x": "vector(n)"}, book).expr == kept.expression
    assert r"\operatorname{sw}" in kept.latex()
    assert "exp(-x)" in str(kept.sympy())  # written out


def test_latex_has_its_sign(book: Rulebook) -> None:
    assert r"\operatorname{sw}" in latex(matcalc.parse("swish(x)", rulebook=book).expr, book)
    assert r"\operatorname{gram}" in latex(matcalc.parse("gram(X)", rulebook=book).expr, book)


@pytest.mark.parametrize("expression", ["a*sum(swish(X*w))", "a*tr(gram(X))*w'*w", "a*swish(X*w)", "a*gram(X)*w"])
def test_numpy_source_computes_it(expression: str, book: Rulebook) -> None:
    """Its value is written out, since NumPy does not know it."""
    derivative = matcalc.differentiate(expression, "a", variables={"a": "scalar"}, rulebook=book)
    source = derivative.numpy_source()
    scope: dict[str, Any] = {}
    exec(source, scope)
    s = X @ W
    wanted = {
        "a*sum(swish(X*w))": np.sum(s * sigmoid(s)),
        "a*tr(gram(X))*w'*w": np.sum(X * X) * (W @ W),
        "a*swish(X*w)": s * sigmoid(s),
        "a*gram(X)*w": X.T @ X @ W,
    }[expression]
    names = [name for name in ("X", "a", "w") if name in matcalc.parse(expression, rulebook=book).symbols]
    values = {"X": X, "w": W, "a": 2.0}
    assert agree(scope["f"](**{name: values[name] for name in names}), wanted, 1e-12)
    assert agree(derivative.evaluate(values), wanted, 1e-12)


@pytest.mark.parametrize(
    ("expression", "wrt", "order"),
    [
        ("sum(swish(X*w))", "w", 1),
        ("sum(swish(X*w))", "w", 2),
        ("swish(X*w)", "w", 1),
        ("tr(B*gram(X))", "X", 1),
        ("logdet(gram(X))", "X", 1),
        ("gram(X)*w", "w", 1),
    ],
)
def test_check_confirms_answers_with_it(expression: str, wrt: str, order: int, book: Rulebook) -> None:
    report = matcalc.differentiate(expression, wrt, order=order, rulebook=book).check()
    assert report.ok, report.text


@pytest.mark.parametrize(
    "wrong",
    [
        SWISH.replace("1 - sigmoid(x)", "1 + sigmoid(x)"),
        GRAM.replace("dX'*X + X'*dX", "2*X'*dX"),
    ],
)
def test_wrong_line_is_found_by_both_checks(wrong: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.rules"
    path.write_text(wrong, encoding="utf-8")
    verdict = run("rules", "verify", "--rules", path)
    assert verdict.exit_code == 1
    assert "wrong.rules, line 1: the differential is off by" in verdict.stdout
    expression = "sum(swish(X*w))" if "swish" in wrong else "tr(B*gram(X))"
    answer = run("diff", expression, "--wrt", "X", "--rules", path, "--check", "-q")
    assert answer.exit_code == 1
    assert "wrong" in answer.stderr


def test_command_line_knows_it(tmp_path: Path) -> None:
    path = written(tmp_path, "swish", "gram")
    answer = run("diff", "tr(B*gram(X))", "--wrt", "X", "--rules", path, "--check")
    assert (answer.exit_code, answer.stdout) == (0, "X*(B + B')\n")
    assert answer.stderr.endswith(": ok\n")
    assert run("diff", "sum(swish(X*w))", "--wrt", "w", "--rules", path, "--latex").exit_code == 0
    assert run("eval", "swish(x)", "--at", "x=2", "--var", "x: scalar", "--rules", path).stdout.startswith("1.76")
    assert "swish" in run("rules", "list", "--rules", path).stdout
    assert " ".join(SWISH.split()) in run("rules", "show", "swish", "--rules", path).stdout
    assert run("rules", "verify", "--rules", path).exit_code == 0


def test_function_known_by_its_differential_alone(tmp_path: Path) -> None:
    """It differentiates; its value is not known, and is asked for in vain with the reason."""
    path = tmp_path / "mine.rules"
    path.write_text("fn cube(x)  d = 3*x.^2.*dx\n", encoding="utf-8")
    assert run("diff", "sum(cube(x))", "--wrt", "x", "--rules", path).stdout == "3*x.^2\n"
    checked = run("diff", "sum(cube(x))", "--wrt", "x", "--rules", path, "--check")
    assert checked.exit_code == 1
    assert "not checked: the value of cube is not known" in checked.stderr


def test_template_of_a_foreign_file_is_not_executed(tmp_path: Path) -> None:
    path, proof = tmp_path / "mine.rules", tmp_path / "executed"
    path.write_text(f"fn evil(x) d = dx numpy = \"open({str(proof)!r}, 'w')\"\n", encoding="utf-8")
    for arguments in (["diff", "a*sum(evil(x))", "--wrt", "a", "--check"], ["eval", "evil(x)", "--at", "x=1"]):
        assert run(*arguments, "--rules", path).exit_code != 0
    assert not proof.exists()
