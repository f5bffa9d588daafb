"""Other ways to write the same name or number: Greek letters, subscripts, superscripts, NumPy paths."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigmaf sigma tau "
    "upsilon phi chi psi omega"
).split()
GREEK = {chr(0x3B1 + i): name for i, name in enumerate(_GREEK)}
GREEK |= {chr(0x391 + i): name.capitalize() for i, name in enumerate(_GREEK) if name != "sigmaf"}
GREEK |= {"ς": "sigma", "ϵ": "epsilon", "ϕ": "phi", "ϑ": "theta", "ϱ": "rho", "ϖ": "pi", "µ": "mu"}
GREEK_NAMES = frozenset(GREEK.values())
GREEK_VECTORS = frozenset({"theta", "beta", "mu", "phi"})
SUBSCRIPTS = {chr(0x2080 + i): str(i) for i in range(10)}
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
FRACTIONS = {"½": Fraction(1, 2), "¼": Fraction(1, 4), "¾": Fraction(3, 4), "⅓": Fraction(1, 3), "⅔": Fraction(2, 3)}
_DIFFERENCES = frozenset("Δδ")

# paths of the numerical libraries; what follows them is the name of the function
LIBRARIES = frozenset({"np", "numpy", "jnp", "jax", "torch", "scipy", "sp", "math"})
SAME_FUNCTION = {
    "maximum": "max",
    "minimum": "min",
    "slogdet": "logdet",
    "expit": "sigmoid",
    "ndtr": "normcdf",
    "gammaln": "lgamma",
    "absolute": "abs",
    "matmul": "@",
}
# of a matrix, papers take these row by row, while they are over all entries here
ROWWISE = frozenset({"softmax", "logsumexp"})
# matrices made of sizes alone have a sans-serif letter in LaTeX, their sizes below
SANS_SERIF = {"commutation": "K", "duplication": "D", "unit": "e"}


def plain_name(text: str) -> str:
    """A name in ASCII where it has one: `θ` is theta, `x₀` is x_0.

    >>> plain_name("θ₁")
    'theta_1'
    """
    if text.isascii():
        return text
    pieces: list[str] = []
    in_subscript = False
    for letter in text:
        if letter in SUBSCRIPTS:
            pieces.append(SUBSCRIPTS[letter] if in_subscript else "_" + SUBSCRIPTS[letter])
        else:
            pieces.append(GREEK.get(letter, letter))
        in_subscript = letter in SUBSCRIPTS
    return "".join(pieces)


def letters_side_by_side(text: str) -> list[str]:
    """The factors of a word such as `Xθ`: single letters, no two Latin ones next to each other.

    Other words stay whole, and so does `Δx`, the one name of a difference.

    >>> letters_side_by_side("Xθ"), letters_side_by_side("σ2A"), letters_side_by_side("Axθ")
    (['X', 'θ'], ['σ2', 'A'], ['Axθ'])
    """
    letter = rf"[A-Za-z{''.join(GREEK)}](?:\d+|[₀-₉]+|_\w+)?"  # a tail such as _max ends the word
    if text.isascii() or not re.fullmatch(f"(?:{letter})+", text):
        return [text]
    letters = re.findall(letter, text)
    latin = [one[0].isascii() for one in letters]
    if any(a and b for a, b in pairwise(latin)):
        return [text]
    return [text] if _DIFFERENCES.intersection(letters[:-1]) else letters


def library_function(name: str) -> str | None:
    """The function behind a path such as `np.linalg.inv`; None where the name is no such path.

    >>> library_function("np.linalg.inv")
    'inv'
    """
    first, _, rest = name.partition(".")
    if not rest or first not in LIBRARIES:
        return None
    function = rest.rpartition(".")[2]
    return SAME_FUNCTION.get(function, function)


def nearest(word: str, known: Iterable[str], likeness: float = 0.6) -> str | None:
    """The known word most like a misspelt one, if one is.

    >>> nearest("sigmod", ["softmax", "sigmoid"])
    'sigmoid'
    """
    from difflib import get_close_matches

    near = get_close_matches(word, sorted(known), 1, likeness)
    return near[0] if near else None
