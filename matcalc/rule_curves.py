"""What an entry says of the graph of a function: how it bends and moves, and where its values lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.intervals import BY_SIGN, REAL, Interval

if TYPE_CHECKING:
    from collections.abc import Collection

    from matcalc.rule_fields import Field
    from matcalc.rule_lines import RuleLine

CURVES = ("convex", "concave", "increasing", "decreasing")


class Curve:
    """`convex increasing`, as the first operand moves where the function has values; `concave on spd` narrows that.

    A function that is neither convex nor concave may still be increasing; what is both is affine.
    """

    __slots__ = ("structure", "words")

    def __init__(self, words: Collection[str] = (), structure: str = "") -> None:
        self.words = frozenset(words)
        self.structure = structure

    @property
    def is_convex(self) -> bool:
        return "convex" in self.words

    @property
    def is_concave(self) -> bool:
        return "concave" in self.words

    @property
    def is_increasing(self) -> bool:
        return "increasing" in self.words

    @property
    def is_decreasing(self) -> bool:
        return "decreasing" in self.words

    def __repr__(self) -> str:
        return " and ".join(word for word in CURVES if word in self.words)


def read_curve(entry: RuleLine, field: Field | None) -> Curve:
    """The curve that a field states; without one nothing is known."""
    if field is None:
        return Curve()
    said, _, structure = (field.unquoted if field.is_string else "").partition(" on ")
    words = said.split()
    if not words or not set(words) <= set(CURVES) or structure.strip() not in ("", "spd", "positive"):
        known, end = ", ".join(CURVES), field.start + len(field.text)
        raise entry.error(f'some of {known} were expected, in quotes, as in "convex increasing"', field.start, end)
    return Curve(words, structure.strip())


def read_range(entry: RuleLine, field: Field | None, facts: Collection[str]) -> Interval:
    """The interval that a field states, `(0, 1]` for example; without one that of the sign of the value."""
    known = REAL
    for fact in facts:
        known = known.meet(BY_SIGN.get(fact, REAL))
    if field is None:
        return known
    text = field.unquoted
    ends = text[1:-1].split(",")
    try:
        low, high = (float(end) for end in ends)
    except ValueError:
        raise entry.error("an interval was expected, such as (0, 1]", field.start, field.start + len(text)) from None
    return known.meet(Interval(low, high, text[0] == "(", text[-1] == ")"))
