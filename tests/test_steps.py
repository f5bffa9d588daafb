"""Every line of a derivation against numerical derivatives of the named intermediates, and against the line before.

The numbers of a line come from its text alone, read by the oracle; what it must be comes from central differences of
the formulas that the first lines give to the names.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.derivation import Derivation
from matcalc.steps import Step
from oracle.differences import PROJECTIONS, along
from oracle.surface import evaluate
from test_cases import CASES, REFUSED, answer

STYLES = ("differential", "chain", "index")
DERIVATIVE = re.compile(r"([d∂])(\w+?)(?:\[([\w,]*)\])?/\1(\w+)(?:\[([\w,]*)\])?")
SHOWN = [case for case in CASES if case["id"] not in REFUSED]
ROOT = Path(__file__).parent.parent
Array = Any


class Numbers:
    """The intermediates of a derivation in numbers, and how they move."""

    def __init__(self, derivation: Derivation, values: dict[str, Any], sizes: dict[str, int]) -> None:
        self.derivation, self.sizes = derivation, sizes
        self.formulas = {step.left: step.right for step in derivation if step.action == "name"}
        self.by = derivation.by.name
        self.values = {name: np.asarray(value, dtype=float) for name, value in values.items()}
        self.values = self.moved(self.values)
        self.random = np.random.default_rng(3)

    def moved(self, known: dict[str, Array], fixed: str = "") -> dict[str, Array]:
        """The values of all names at these of the input; those up to `fixed` are kept."""
        known, names = dict(known), list(self.formulas)
        for name in names[names.index(fixed) + 1 :] if fixed in names else names:
            known[name] = evaluate(self.formulas[name], known, self.sizes)
        return known

    def text(self, step: Step, more: dict[str, Array] | None = None) -> Array:
        """The right side in numbers."""
        program = "; ".join([*step.definitions, step.right])
        values = {**self.values, **(more or {})}
        if not step.letters:
            return evaluate(program, values, self.sizes)
        lengths = [n for name in named(step) for n in np.squeeze(values[name]).shape]
        return evaluate(f"[{','.join(step.letters)}] {program}", values, self.sizes, shape=lengths)

    def tensor(self, step: Step) -> Array:
        """The right side with the axes of the value, then those of what it is differentiated by."""
        return np.squeeze(self.text(step))

    def direction(self, name: str) -> Array:
        """A random direction of a name, within the structure that the variable is declared with."""
        drawn = self.random.normal(size=self.values[name].shape)
        kind = str(self.derivation.program.kinds[name]) if name == self.by else ""
        structure = next((s for s in PROJECTIONS if kind.startswith(s)), "")
        return PROJECTIONS.get(structure, lambda e: e)(drawn)

    def change(self, of: str, directions: dict[str, Array], is_total: bool) -> tuple[Array, float]:
        """The derivative of one name along directions of others: through its own formula, or all that are between."""

        def value(t: Array) -> Array:
            known = {**self.values, **{n: self.values[n] + t * e for n, e in directions.items()}}
            if not is_total:
                return evaluate(self.formulas[of], known, self.sizes)
            (moving,) = directions
            return self.moved(known, fixed=moving)[of]

        tried = []
        for step in (0.01, 0.002, 0.0005):
            tried.append(along(value, np.asarray(0.0), np.asarray(1.0), step))
            if tried[-1][1] < 1e-8:
                break
        return min(tried, key=lambda result: result[1] if np.isfinite(result[1]) else np.inf)


def named(step: Step) -> tuple[str, str]:
    """What is differentiated by what, as the left side says."""
    match = DERIVATIVE.fullmatch(step.left)
    assert match, step.left
    return match[2], match[4]


def close(found: Array, wanted: tuple[Array, float], step: Step) -> None:
    expected, error = np.squeeze(wanted[0]), wanted[1]
    scale = 1 + float(np.max(np.abs(expected), initial=0.0))
    assert error < 1e-5 * scale, f"{step.text}: cannot be measured"
    assert np.shape(found) == expected.shape, step.text
    assert np.max(np.abs(found - expected), initial=0.0) <= 1e-6 * scale + 20 * error, step.text


def check_derivative(step: Step, numbers: Numbers) -> None:
    """A step `dv/du = ...` along a random direction."""
    value, by = named(step)
    direction = numbers.direction(by)
    tensor = numbers.tensor(step)
    flat = np.squeeze(direction)
    if numbers.derivation.answer.symmetric == "cookbook" and by == numbers.by:
        flat = np.tril(flat)  # each entry off the diagonal counts once
    found = np.tensordot(tensor, flat, axes=flat.ndim)
    close(found, numbers.change(value, {by: direction}, is_total=step.action != "local"), step)


def check_differential(step: Step, numbers: Numbers) -> None:
    """A step `dv = ...` at random differentials."""
    own = numbers.derivation.differentials
    value, is_total = own[step.left.split("[")[0]], step.action != "local"
    operands = {d: of for d, of in own.items() if re.search(rf"\b{d}\b", step.right) or (is_total and of == numbers.by)}
    more = {d: numbers.direction(of) for d, of in operands.items()}
    directions = {of: more[d] for d, of in operands.items()}
    found = np.squeeze(numbers.text(step, more))
    close(found, numbers.change(value, directions, is_total), step)


def check_product(step: Step, numbers: Numbers, known: dict[str, Array]) -> None:
    """The product in the middle of a step, of the numbers of steps before it."""
    assert step.local is not None
    total = 0.0
    for way in step.local.text.split(" + "):
        factors = [(match[2], match[4], known[label_key(match)]) for match in DERIVATIVE.finditer(way)]
        product, at = factors[0][2], factors[0][:2]
        for value, by, tensor in factors[1:]:
            if by == at[0]:
                product, at = np.tensordot(tensor, product, np.ndim(numbers_of(numbers, by))), (value, at[1])
            else:
                assert value == at[1], way
                product, at = np.tensordot(product, tensor, np.ndim(numbers_of(numbers, value))), (at[0], by)
        assert at == named(step), way
        total = total + product
    tensor = numbers.tensor(step)
    assert np.allclose(total, tensor, rtol=1e-9, atol=1e-9 * (1 + np.max(np.abs(tensor), initial=0.0))), step.text


def numbers_of(numbers: Numbers, name: str) -> Array:
    return np.squeeze(numbers.values[name])


def label_key(match: re.Match[str]) -> str:
    return f"{match[1]}{match[2]}/{match[4]}"


def check_derivation(derivation: Derivation, values: dict[str, Any], sizes: dict[str, int]) -> None:
    numbers = Numbers(derivation, values, sizes)
    known: dict[str, Array] = {}
    for step in derivation:
        assert step.rules and step.shape, step.text
        if step.action == "name":
            continue
        match = DERIVATIVE.fullmatch(step.left)
        if match is None:
            check_differential(step, numbers)
            continue
        if step.local is not None:
            check_product(step, numbers, known)
        check_derivative(step, numbers)
        known.setdefault(label_key(match), numbers.tensor(step))


@pytest.mark.parametrize("case", [pytest.param(c, id=c["id"]) for c in SHOWN])
def test_every_line_is_right_and_the_last_is_the_answer(case: dict[str, Any]) -> None:
    derivative = answer(case)
    for style in STYLES:
        derivation = derivative.derivation(style)
        check_derivation(derivation, case["draws"][0]["values"], case["sizes"])
        last = derivation[-1]
        if derivative.expression is not None:
            assert "; ".join([*last.definitions, last.right]) == derivative.text
        check_latex(derivation.latex())


def check_latex(written: str) -> None:
    """What a reader of LaTeX needs: braces, pairs and environments that close, and columns that fit."""
    assert written.startswith("\\begin{align*}\n") and written.endswith("\n\\end{align*}")
    plain = re.sub(r"\\[\\{}$&%#_]", "", written)
    depth = 0
    for letter in plain:
        depth += (letter == "{") - (letter == "}")
        assert depth >= 0
    assert depth == 0 and plain.count("$") % 2 == 0
    assert len(re.findall(r"\\left\b", written)) == len(re.findall(r"\\right\b", written))
    opened = re.findall(r"\\begin\{(\w+\*?)\}", written)
    assert sorted(opened) == sorted(re.findall(r"\\end\{(\w+\*?)\}", written))
    lines = re.split(r" \\\\\n", written.split("\n", 1)[1].rsplit("\n", 1)[0])
    assert all(line.count(" &= ") == 1 and line.count(" && ") == 1 for line in lines)


# -- what textbooks write


def lines(text: str, wrt: str, style: str, **options: Any) -> list[str]:
    return [step.text for step in matcalc.differentiate(text, wrt, **options).derivation(style)]


def test_chain_rule_with_a_named_intermediate() -> None:
    assert lines("z = X*theta - y; C = z'*z", "theta", "chain") == [
        "z = X*theta - y",
        "C = z'*z",
        "dz/dtheta = X",
        "dC/dz = 2*z",
        "dC/dtheta = (dz/dtheta)'*dC/dz = 2*X'*z",
        "dC/dtheta = 2*X'*(X*theta - y)",
    ]


def test_scalar_chain_names_multiplies_and_puts_back() -> None:
    assert lines("log(sin(x^3)^2)", "x", "chain", variables={"x": "scalar"}) == [
        "u1 = x^3",
        "u2 = sin(u1)",
        "u3 = u2^2",
        "u4 = log(u3)",
        "du1/dx = 3*x^2",
        "du2/du1 = cos(u1)",
        "du3/du2 = 2*u2",
        "du4/du3 = 1/u3",
        "du4/dx = du4/du3*du3/du2*du2/du1*du1/dx = 6*u2*x^2*cos(u1)/u3",
        "du4/dx = 6*x^2*cos(x^3)/sin(x^3)",
    ]


def test_differentials_of_least_squares() -> None:
    assert lines("(X*theta - y)'*(X*theta - y)", "theta", "differential") == [
        "r = X*theta - y",
        "f = r'*r",
        "df = 2*r'*dr",
        "dr = X*dtheta",
        "df = 2*r'*X*dtheta",
        "df/dtheta = 2*X'*r",
        "df/dtheta = 2*X'*(X*theta - y)",
    ]


def test_total_derivative_adds_up_the_ways() -> None:
    found = lines("u = x^2; x*u", "x", "chain", variables={"x": "scalar"})
    assert found[3:] == ["∂f/∂x = u", "∂f/∂u = x", "df/dx = ∂f/∂x + ∂f/∂u*du/dx = 2*x^2 + u", "df/dx = 3*x^2"]


def test_matrix_in_the_middle_is_summed_over_its_indices() -> None:
    found = lines("f(Y)", "x", "index", variables={"f": "function -> scalar", "Y": "matrix(m,n)", "x": "vector(k)"})
    assert found == ["g = f(Y)", "dg/dx = zeros(k)"]
    found = lines("Y = A*X; f(Y)", "X", "index", variables={"f": "function -> scalar"})
    assert "dg/dX[i,j] = sum_lp(dg/dY[l,p]*dY[l,p]/dX[i,j]) = (grad(f)(Y)'*A)[j,i]" in found
    assert found[-1] == "dg/dX = A'*grad(f)(A*X)"


SECTION_TWO = {
    "3*x": "3",
    "x^2 + 3*x": "2*x + 3",
    "x^2*x": "3*x^2",
    "log(x^2)": "2/x",
    "sin(x^2)": "2*x*cos(x^2)",
    "4*x^3 + x^2 + 3": "12*x^2 + 2*x",
    "sin(x + x^2)": "(2*x + 1)*cos(x^2 + x)",
    "u = x^2; x*u": "3*x^2",
    "log(sin(x^3)^2)": "6*x^2*cos(x^3)/sin(x^3)",
}


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("text", SECTION_TWO)
def test_scalar_calculus(text: str, style: str) -> None:
    derivation = matcalc.differentiate(text, "x", variables={"x": "scalar"}).derivation(style)
    assert derivation[-1].right == SECTION_TWO[text]
    check_derivation(derivation, {"x": 0.7}, {})


@pytest.mark.parametrize("layout", ["numerator", "denominator"])
def test_products_stand_in_the_order_of_the_layout(layout: str) -> None:
    found = lines("norm2(X*w - y)^2", "w", "chain", layout=layout)[-2]
    assert (
        found
        == {
            "numerator": "df/dw = df/dr*dr/dw = 2*r'*X",
            "denominator": "df/dw = dr/dw*df/dr = 2*X'*r",
        }[layout]
    )


# -- structure, names, rules


@pytest.mark.parametrize("kind", ["symmetric(n)", "spd(n)", "skew(n)", "diagonal(n)", "lower(n)"])
@pytest.mark.parametrize("style", STYLES)
def test_structured_variables_move_within_their_structure(kind: str, style: str) -> None:
    derivation = matcalc.differentiate("x'*S*A*S'*x", "S", variables={"S": kind, "A": "matrix(n,n)"}).derivation(style)
    random = np.random.default_rng(1)
    drawn = random.normal(size=(3, 3))
    project = next(p for name, p in PROJECTIONS.items() if kind.startswith(name))
    values = {"S": project(drawn), "A": random.normal(size=(3, 3)), "x": random.normal(size=3)}
    check_derivation(derivation, values, {"n": 3})


def test_names_are_none_of_the_input_or_of_the_parts_of_the_answer() -> None:
    derivative = matcalc.differentiate("norm2(y - W2*tanh(W1*x + r))^2", "W1")
    named = {step.left for step in derivative.steps if step.action == "name"}
    assert not named & {"y", "W1", "W2", "x", "r", *derivative.parts}
    assert len(derivative.parts) == 1


@pytest.mark.parametrize("text", ["norm2(X*w - y)^2", "sum(log(1 + exp(X*w)))", "w'*X'*X*w/(w'*w)"])
@pytest.mark.parametrize("style", STYLES)
def test_rules_name_the_lines_they_stand_in(text: str, style: str) -> None:
    placed = [rule for step in matcalc.differentiate(text, "w").derivation(style) for rule in step.rules if rule.where]
    for rule in placed:
        file, number = rule.where.split(":")
        written = (ROOT / file).read_text(encoding="utf-8").splitlines()[int(number) - 1]
        assert " ".join(written.split()) == rule.text.split("\n")[0] or rule.text.startswith(written.split("  ")[0])
    assert placed or "/" in text


def test_variable_that_does_not_occur() -> None:
    for style in STYLES:
        steps = matcalc.differentiate("a'*b", "x", variables={"x": "vector(n)"}).derivation(style)
        assert [step.text for step in steps] == ["f = a'*b", "df/dx = zeros(n)"]
        assert steps[-1].rule == "x does not occur"


def test_second_derivative_goes_on_from_the_first() -> None:
    hessian = matcalc.hessian("sum(log(1 + exp(X*w)))", "w")
    derivation = hessian.derivation("chain")
    texts = [step.text for step in derivation]
    start = texts.index("F = X'*sigmoid(v)")
    assert derivation[start].rule == "the derivative df/dw"
    assert "df/dw = X'*sigmoid(X*w)" in texts[:start]
    assert "dF/dw = dF/dv*dv/dw = X'*diag(sigmoid(v).*(1 - sigmoid(v)))*X" in texts[start:]
    assert texts[-1] == f"dF/dw = {hessian.text}"


def test_column_of_variables_and_unknown_style_are_refused() -> None:
    with pytest.raises(matcalc.UnsupportedError, match="one variable"):
        _ = matcalc.differentiate("x'*y", "[x, y]").steps
    with pytest.raises(matcalc.MatcalcError, match="unknown style"):
        matcalc.differentiate("x'*x", "x").derivation("magic")


def test_steps_by_several_variables() -> None:
    both = matcalc.differentiate("norm2(W*z - v)^2", "W, z")
    assert {name: one[-1].right for name, one in both.steps.items()} == {"W": "2*(W*z - v)*z'", "z": "2*W'*(W*z - v)"}


# -- forms


def test_steps_as_data() -> None:
    derivation = matcalc.differentiate("norm2(X*w - y)^2", "w").derivation("chain")
    read = json.loads(derivation.json())
    assert read["style"] == "chain" and len(read["steps"]) == len(derivation) == 6
    multiplied = read["steps"][4]
    assert (multiplied["left"], multiplied["local"], multiplied["right"]) == ("df/dw", "(dr/dw)'*df/dr", "2*X'*r")
    assert multiplied["shape"] == "n x 1" and multiplied["rules"][0]["name"] == "chain rule"
    rule = read["steps"][3]["rules"][0]
    assert rule["name"] == "norm2" and rule["where"].startswith("rules/definitions.rules:")
    assert derivation[4].result is not None and str(derivation[4].node) and derivation[1:3][0] is derivation[1]


def test_right_sides_read_back() -> None:
    for case in SHOWN[::7]:
        for style in STYLES:
            derivation = answer(case).derivation(style)
            for step in derivation:
                if step.result is not None and not step.definitions:
                    assert matcalc.parse(step.right, derivation.kinds).expr.shape == step.result.shape, step.text


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX is installed")
def test_latex_compiles(tmp_path: Path) -> None:
    shown = [answer(case).derivation(style).latex() for case in SHOWN[::10] for style in STYLES]
    body = "\n\n".join(shown)
    page = f"\\documentclass{{article}}\n\\usepackage{{amsmath}}\n\\begin{{document}}\n{body}\n\\end{{document}}\n"
    (tmp_path / "steps.tex").write_text(page, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "steps.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", errors="replace", timeout=120)
    assert done.returncode == 0, done.stdout[-2000:]
