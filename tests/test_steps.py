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
FIRST = [case for case in CASES if case["order"] == 1 and case["id"] not in REFUSED]
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

        tried = [along(value, np.asarray(0.0), np.asarray(1.0), step) for step in (0.02, 0.004, 0.001)]
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
    value = own[step.left.split("[")[0]]
    operands = {d: of for d, of in own.items() if re.search(rf"\b{d}\b", step.right)}
    more = {d: numbers.direction(of) for d, of in operands.items()}
    directions = {of: more[d] for d, of in operands.items()}
    found = np.squeeze(numbers.text(step, more))
    close(found, numbers.change(value, directions, is_total=step.action != "local"), step)


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


@pytest.mark.parametrize("case", [pytest.param(c, id=c["id"]) for c in FIRST])
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
