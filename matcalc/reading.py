"""The order in which a reader meets the words of an expression: the key that sorts terms."""

from __future__ import annotations

from matcalc.expr import Expr
from matcalc.opaque_signature import split_name

# Enough words to tell terms apart; the digest decides beyond.
WORDS = 12


def reading_key(expression: Expr) -> tuple[object, ...]:
    """Words from left to right, then cost and structure, so that the order is total.

    >>> from matcalc.expr import number
    >>> reading_key(number(2))[0]
    ('2',)
    """
    words: list[str] = []
    pending = [iter((expression,))]
    while pending and len(words) < WORDS:
        node = next(pending[-1], None)
        if node is None:
            pending.pop()
            continue
        if node.op in ("symbol", "call", "number", "size"):
            words.append(_word(node))
        if node.args:
            pending.append(iter(node.args))
    return (tuple(words), expression.cost, _Tie(expression))


def last_word(expression: Expr) -> str:
    """The name or number that the text of a product ends in; of a transpose or a function nothing."""
    while expression.op == "mul":
        expression = expression.args[-1]
    return "" if expression.args else _word(expression)


class _Tie:
    """Decides between expressions with the same words; their digests are found only then."""

    __slots__ = ("expression",)

    def __init__(self, expression: Expr) -> None:
        self.expression = expression

    def __lt__(self, other: _Tie) -> bool:
        return self.expression.digest < other.expression.digest

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Tie) and self.expression == other.expression

    __hash__ = None  # type: ignore[assignment]


def _word(node: Expr) -> str:
    if node.op == "symbol":
        return str(node.value.name)
    if node.op == "call" and "(" in node.value:  # grad(f) stands where f does
        return split_name(node.value)[0]
    return str(node.value)
