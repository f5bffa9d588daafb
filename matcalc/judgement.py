"""A verdict on a formula: equal to the answer, or what is wrong with it, with numbers that show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matcalc.derivatives import Derivative

VERDICTS = (
    *("equal", "transposed", "other layout", "other convention", "sign", "factor", "only if symmetric"),
    *("only if square", "missing term", "surplus term", "sign of a term", "factor of a term", "damaged factor"),
    *("shape", "no value", "different"),
)


class Judgement:
    """What was found about a formula: `verdict` in two or three words, one of `VERDICTS`, and `text` in sentences.

    `faults` are all that was found, as pairs of a verdict and a sentence; `answer` is the right derivative, `example`
    a line each with a point and with the values of both there, or empty.
    """

    __slots__ = ("answer", "example", "faults")

    def __init__(self, answer: Derivative, faults: list[tuple[str, str]], example: list[str]) -> None:
        self.answer = answer
        self.faults = faults
        self.example = example

    @property
    def verdict(self) -> str:
        """The first of the faults, or `equal`."""
        return self.faults[0][0] if self.faults else "equal"

    @property
    def ok(self) -> bool:
        """Whether the formula is the answer in the layout asked for."""
        return not self.faults

    @property
    def text(self) -> str:
        """The verdict, the right answer and the example, a line each."""
        if self.ok:
            return "equal"
        said = "; ".join(sentence for _, sentence in self.faults)
        return "\n".join([said, f"the answer is {self.answer.text}", *self.example])

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<judgement: {self.verdict}>"
