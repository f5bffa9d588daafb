"""Whether a user's formula is the derivative, and what is wrong with it: by numbers first, then by its build."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from matcalc.api import Declarations, differentiate
from matcalc.counterexample import counterexample, numbers_text, point_text
from matcalc.derivatives import Derivative
from matcalc.dimensions import Shape
from matcalc.errors import MatcalcError, ShapeError, UnsupportedError
from matcalc.factor_faults import damaged
from matcalc.guesses import Guess, read_guess
from matcalc.judgement import Judgement
from matcalc.layout import LAYOUTS, SYMMETRIES, shape_text
from matcalc.ratios import Factor, factor_of, multiples
from matcalc.term_faults import TermFault, term_faults
from matcalc.trials import Beside, Trial, all_equal, trials

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matcalc.answers import Answer
    from matcalc.rulebook import Rulebook

    Array = NDArray[np.float64]

Fault = tuple[str, str]
LONGEST_PART = 120  # of what is shown of a damaged factor
LONGEST_EXAMPLE = 600


def check(
    expression: Any,
    equals: str,
    wrt: Any = None,
    order: int = 1,
    layout: str = "mixed",
    variables: Declarations | None = None,
    symmetric: str = "projected",
    vec: bool = False,
    rulebook: Rulebook | None = None,
    language: str | None = None,
) -> Judgement:
    r"""Whether a formula is the derivative of an expression in the layout asked for, and else what is wrong with it.

    `equals` is the formula, text or LaTeX, over the names of the expression; it may define names of its own. The other
    arguments are those of `differentiate`. The two are compared at random points of several sizes. Raises what
    `differentiate` raises, and ParseError where the formula cannot be read; one whose shapes do not fit is a verdict.

    >>> check("x'*A*x", "A*x + A'*x", "x").verdict
    'equal'
    >>> found = check("x'*A*x", "2*A*x", "x")
    >>> found.verdict, found.ok
    ('only if symmetric', False)
    >>> print(check("x'*x", "-2*x", "x"))
    the sign is wrong: the formula is minus the answer
    the answer is 2*x
    for example with x = [1, 2]: the formula is [-2, -4], the answer [2, 4]
    """
    answer = differentiate(
        expression,
        wrt,
        order=order,
        layout=layout,
        variables=variables,
        symmetric=symmetric,
        vec=vec,
        rulebook=rulebook,
        language=language,
    )
    if not isinstance(answer, Derivative):
        raise UnsupportedError("a formula is compared with one derivative", suggestion="name one variable")
    try:
        guess = read_guess(equals, answer, language)
    except ShapeError as misfit:
        return Judgement(answer, [_misfit(equals, answer, language, misfit)], [])
    return judged(answer, guess)


def judged(answer: Derivative, guess: Guess) -> Judgement:
    """The verdict on a formula whose shapes fit together."""
    beside = Beside(answer, guess)
    points = trials(beside)
    if not points:
        raise UnsupportedError("the expression has no value at any random point: nothing can be compared")
    if all_equal(points):
        return Judgement(answer, [], [])
    faults = next(iter(_found(beside, points)))
    unknown = [("", f"{name} does not occur in the expression") for name in guess.added]
    return Judgement(answer, [*faults, *unknown], _example(beside, points))


def _found(beside: Beside, points: list[Trial]) -> Iterator[list[Fault]]:
    """What is wrong, the likeliest first."""
    if not any(np.all(np.isfinite(trial.found)) for trial in points):
        yield [("no value", "the formula has no value at points where the answer has one")]
    points = [trial for trial in points if np.all(np.isfinite(trial.found))]
    for judge in (_layouts, _conventions, _multiples, _structures, _terms, _factors):
        found = judge(beside, points)
        if found:
            yield found
    own, given = beside.asked.matrix_shape, beside.guess.shape
    if own != given and not beside.guess.is_zero:
        yield [("shape", f"the answer is {_shape_text(own)}, the formula is {shape_text(given)}")]
    zero = [name for name, numbers in (("formula", "found"), ("answer", "wanted")) if _is_zero(points, numbers)]
    yield [("different", f"the {zero[0]} is zero, unlike the other" if zero else "the formula has other numbers")]


def _is_zero(points: list[Trial], numbers: str) -> bool:
    return all(not np.any(getattr(trial, numbers)) for trial in points)


# -- hypotheses: each gives the faults it finds, or none


def _layouts(beside: Beside, points: list[Trial]) -> list[Fault]:
    """The same derivative in another layout."""
    asked = beside.asked
    for vec in (False, True):
        for layout in LAYOUTS:
            other = Derivative(
                asked.program, asked.partials, layout, asked.symmetric, asked.rulebook, vec=vec or asked.vec
            )
            if (layout, other.vec) != (asked.layout, asked.vec) and all_equal(trials(Beside(other, beside.guess), 3)):
                return [_in_layout(beside, points, layout, other.vec)]
    return []


def _in_layout(beside: Beside, points: list[Trial], layout: str, vec: bool) -> Fault:
    where = f"it is the answer in {layout} layout" + (" as d vec(Y)/d vec(X)'" if vec else "")
    turned = all(t.found.ndim == t.wanted.ndim == 2 and t.agree(t.found.T, t.wanted) for t in points)
    return ("transposed", f"transposed: {where}") if turned else ("other layout", f"another layout: {where}")


def _conventions(beside: Beside, points: list[Trial]) -> list[Fault]:
    """The same derivative by a structured variable, by another convention."""
    asked = beside.asked
    if all(by.kind.structure in ("scalar", "vector", "row", "matrix") for by in asked.open_variables):
        return []
    for convention in SYMMETRIES:
        other = Derivative(asked.program, asked.partials, asked.layout, convention, asked.rulebook, vec=asked.vec)
        if convention != asked.symmetric and all_equal(trials(Beside(other, beside.guess), 3)):
            said = "it is the derivative with all entries independent" if convention == "independent" else None
            return [("other convention", said or f"it is the derivative by the convention {convention}")]
    return []


def _multiples(beside: Beside, points: list[Trial]) -> list[Fault]:
    """A multiple of the answer, or of its transpose."""
    for found, turned in _ways(points):
        ratios = multiples(found, [trial.wanted for trial in points])
        factor = None if ratios is None else factor_of(ratios, points)
        if factor is not None and factor.number:
            return [*turned, _of_factor(factor)]
    return []


def _of_factor(factor: Factor) -> Fault:
    if factor.is_number and factor.number == -1:
        return "sign", "the sign is wrong: the formula is minus the answer"
    return "factor", f"the formula is {factor.text} times the answer"


def _ways(points: list[Trial]) -> Iterator[tuple[list[Array], list[Fault]]]:
    """The numbers of the formula, and those of its transpose, where they have the shape of the answer."""
    if all(trial.found.shape == trial.wanted.shape for trial in points):
        yield [trial.found for trial in points], []
    turned = [trial.found.T for trial in points]
    if all(array.shape == trial.wanted.shape and array.ndim == 2 for array, trial in zip(turned, points, strict=True)):
        yield turned, [("transposed", "transposed")]


def _structures(beside: Beside, points: list[Trial]) -> list[Fault]:
    """Right where matrices are symmetric, or where all sizes are the same."""
    names = [symbol.name for symbol in beside.answer.program.symbols.values() if _may_be_symmetric(symbol.kind)]
    if names and all_equal(trials(beside, symmetric=names)):
        for name in list(names):
            fewer = [other for other in names if other != name]
            if fewer and all_equal(trials(beside, symmetric=fewer)):
                names = fewer
        said = " and ".join(names)
        return [("only if symmetric", f"true only if {said} {'is' if len(names) == 1 else 'are'} symmetric")]
    if len(points[0].sizes) > 1 and all_equal(trials(beside, square=True)):
        return [("only if square", f"true only where {' = '.join(sorted(points[0].sizes))}")]
    return []


def _may_be_symmetric(kind: Any) -> bool:
    rows, columns = kind.shape
    return rows == columns and rows.number != 1 and kind.structure in ("matrix", "invertible", "positive_stable")


def _terms(beside: Beside, points: list[Trial]) -> list[Fault]:
    for found, turned in _ways(points):
        faults = term_faults(points, found)
        if faults:
            return [*turned, *[_of_term(beside.asked, fault) for fault in faults]]
    return []


def _of_term(answer: Answer, fault: TermFault) -> Fault:
    term = answer.written(fault.term)
    said = {
        "missing term": f"the term {term} is missing",
        "surplus term": f"the term {term} is too much",
        "sign of a term": f"the term {term} has the wrong sign",
        "factor of a term": f"the term {term} has a factor {fault.factor.text}",
    }
    return fault.name, said[fault.name]


def _factors(beside: Beside, points: list[Trial]) -> list[Fault]:
    """One part that stands for another."""
    answer, guess = beside.asked, beside.guess
    if guess.shape != answer.matrix_shape:
        return []
    pair = damaged(answer.simplest(guess.node), answer.node)
    if pair is None:
        return []
    one, other = answer.text_of(pair[0]), answer.text_of(pair[1])
    if one == other or max(len(one), len(other)) > LONGEST_PART:
        return []
    return [("damaged factor", f"{one} stands where the answer has {other}")]


# -- shapes


def _shape_text(shape: Shape | None) -> str:
    return "a tensor of more than two axes" if shape is None else shape_text(shape)


def _misfit(text: str, answer: Derivative, language: str | None, misfit: ShapeError) -> Fault:
    """The verdict on a formula whose shapes do not fit together, but perhaps do where some sizes are the same."""
    for same in _merged(sorted(answer.program.size_names)):
        try:
            guess = read_guess(text, answer, language, same)
        except MatcalcError:
            continue
        if all_equal(trials(Beside(answer, guess), square=True)):
            return "only if square", f"true only where {' = '.join(sorted({*same, *same.values()}))}"
    shape = _shape_text(answer.matrix_shape)
    return "shape", f"the answer is {shape}; the formula does not fit together: {misfit}"


def _merged(names: Sequence[str]) -> Iterator[dict[str, str]]:
    """Two sizes taken to be one, each pair, and at last all of them."""
    for first, second in combinations(names, 2):
        yield {second: first}
    if len(names) > 2:
        yield dict.fromkeys(names[1:], names[0])


# -- the example


def _example(beside: Beside, points: list[Trial]) -> list[str]:
    """A point and both values there."""
    trial = counterexample(beside, points)
    if trial is None:
        return []
    found, wanted = trial.found, trial.wanted
    at = f"for example with {point_text(trial)}: "
    line = f"{at}the formula is {numbers_text(found)}, the answer {numbers_text(wanted)}"
    return [line] if len(line) <= LONGEST_EXAMPLE else []
