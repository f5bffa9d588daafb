"""Terms that a formula lacks, has too many, or has with another factor."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from fractions import Fraction
from typing import TYPE_CHECKING

from matcalc.errors import MatcalcError
from matcalc.full_expansion import fully_expanded, terms_of
from matcalc.ratios import Factor, combination, factor_of, multiples
from matcalc.sums import scaled

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from matcalc.terms import Node
    from matcalc.trials import Trial

    Array = NDArray[np.float64]

MOST_TERMS = 12


class TermFault:
    """A term of the answer and how often the formula has it (0 where it is missing), or a surplus one."""

    __slots__ = ("factor", "is_surplus", "term")

    def __init__(self, term: Node, factor: Factor, is_surplus: bool) -> None:
        self.term = term
        self.factor = factor
        self.is_surplus = is_surplus

    @property
    def name(self) -> str:
        """The verdict that it makes."""
        if self.is_surplus:
            return "surplus term"
        if self.factor.is_number and self.factor.number in (0, -1):
            return "sign of a term" if self.factor.number else "missing term"
        return "factor of a term"


def term_faults(trials: Sequence[Trial], found: Sequence[Array]) -> list[TermFault]:
    """What turns the terms of the answer into what the formula gives at all points; empty where nothing simple does."""
    beside = trials[0].beside
    gap = [array - trial.wanted for array, trial in zip(found, trials, strict=True)]
    own = _terms(beside.answer.node)
    for term in own:
        fault = _of_one(term, gap, trials, is_surplus=False)
        if fault is not None:
            return [fault]
    known = {term.digest for term in own}
    extra = [term for term in _terms(beside.guess.node) if term.digest not in known]
    for term in extra if beside.guess.node.axes == beside.answer.node.axes else []:
        fault = _of_one(term, gap, trials, is_surplus=True)
        if fault is not None:
            return [fault]
    return _of_several(list(own), gap, trials)


def _terms(node: Node) -> list[Node]:
    """The terms of a sum as it stands, and those that it has when multiplied out; few, each once."""
    ways = [node]
    with suppress(MatcalcError):  # too many terms
        ways.append(fully_expanded(node))
    found: dict[bytes, Node] = {}
    for way in ways:
        terms = terms_of(way)
        if 1 < len(terms) <= MOST_TERMS:
            found.update({scaled(c, term).digest: scaled(c, term) for c, term in terms})
    return list(found.values())


def _arrays(term: Node, trials: Sequence[Trial]) -> list[Array]:
    return [trial.numbers(term, None).reshape(trial.wanted.shape) for trial in trials]


def _of_one(term: Node, gap: Sequence[Array], trials: Sequence[Trial], is_surplus: bool) -> TermFault | None:
    """The fault of one term that explains the whole gap."""
    ratios = multiples(gap, _arrays(term, trials))
    if ratios is None:
        return None
    factor = factor_of(ratios if is_surplus else [1 + ratio for ratio in ratios], trials)
    if factor is None or (is_surplus and not (factor.is_number and factor.number == 1)):
        return None
    return TermFault(term, factor, is_surplus)


def _of_several(terms: Sequence[Node], gap: Sequence[Array], trials: Sequence[Trial]) -> list[TermFault]:
    """The faults of several terms together, each by a number."""
    if not 2 <= len(terms) <= MOST_TERMS:
        return []
    numbers = combination(gap, [_arrays(term, trials) for term in terms])
    found = zip(terms, numbers or [], strict=False)
    return [TermFault(term, Factor(Fraction(1 + number)), False) for term, number in found if number]
