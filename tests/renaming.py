"""The same problem under other names, or with the operands of its sums and entrywise products in another order."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping

WORD = re.compile(r"[A-Za-z_]\w*")
# a name, a number or an operator: what `token_cost` counts; brackets and commas are free
TOKEN = re.compile(r"[A-Za-z_]\w*|\d+(?:\.\d+)?|\.?[*/^']|[-+=]")
VARIABLES = [
    *"ABCDEFGHKLMNPQRSTUVWXYZabcdfghklpqrstuvwxyz",
    "W1",
    "W2",
    "alpha",
    "beta",
    "theta",
    "phi",
    "omega",
    "Zeta",
]
SIZES = [*"dklmnpqrsN", "n1", "n2", "rows", "Kinds"]


def renamed(text: str, names: Mapping[str, str]) -> str:
    """A text with other names."""
    return WORD.sub(lambda word: names.get(word.group(), word.group()), text)


def tokens(text: str) -> int:
    """How many names, numbers and operators a text has."""
    return len(TOKEN.findall(text))


def new_names(declarations: Mapping[str, str], source: random.Random) -> dict[str, str]:
    """Another name for every variable and every size, drawn at random and all different."""
    sizes = sorted({word for kind in declarations.values() for word in re.findall(r"\w+", kind.partition("(")[2])})
    sizes = [word for word in sizes if word.isidentifier() and word not in ("positive", "nonnegative")]
    others = source.sample(SIZES, len(sizes))
    variables = source.sample([name for name in VARIABLES if name not in others], len(declarations))
    return {**dict(zip(sizes, others)), **dict(zip(declarations, variables))}
