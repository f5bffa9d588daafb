"""Numbers as they are written, and which operands need brackets: shared by the line-oriented printers.

Tightness of a written expression follows the language: sums are loosest, then products, then the
unary minus, then the one level of powers and transposes, then atoms. What is written may be looser
than the operation says: a number such as 1/3 is a quotient on paper, a size such as n + 1 a sum.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from matcalc.expr import prints_as_decimal

if TYPE_CHECKING:
    from matcalc.expr import Expr, Rational

# A double has 17 significant digits: what anybody types as a decimal comes back as that decimal.
TYPED_DIGITS = 17


def number_text(value: Rational) -> str:
    """An exact non-negative number: an integer, a decimal, or p/q where there is no short decimal.

    >>> number_text(Fraction(1, 8)), number_text(Fraction(1, 3))
    ('0.125', '1/3')
    """
    if isinstance(value, int):
        return str(value)
    fraction = f"{value.numerator}/{value.denominator}"
    decimal = decimal_text(value)
    if decimal is None:
        return fraction
    is_typed = len(decimal.replace(".", "").strip("0")) <= TYPED_DIGITS
    return decimal if is_typed or prints_as_decimal(value) else fraction


def decimal_text(value: Fraction) -> str | None:
    """The finite decimal expansion of a non-negative fraction, None if there is none."""
    rest, twos, fives = value.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        return None
    places = max(twos, fives)
    digits = str(value.numerator * 2 ** (places - twos) * 5 ** (places - fives)).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}" if places else digits


def is_inverse_power(node: Expr) -> bool:
    """Whether a power is that of the inverse of a matrix, which is written as a negative power of the matrix."""
    base, exponent = node.args
    is_inverse = base.op == "call" and base.value == "inv" and not base.is_scalar
    return is_inverse and exponent.op == "number" and isinstance(exponent.value, int)


def written_op(node: Expr) -> str:
    """The operation a reader sees: that of the node, but `div` for 1/3 and `add`, `mul` for such sizes."""
    if node.op == "number":
        return "number" if isinstance(node.value, int) or "/" not in number_text(node.value) else "div"
    if node.op == "size":
        text = node.value.text
        return "add" if " " in text or text[0] == "-" else "mul" if "*" in text else "size"
    return node.op
