"""Whether a printed text says what it was printed from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matcalc.expr import Expr
from matcalc.lower import lower
from matcalc.parser import parse
from matcalc.rulebook import Rulebook, default_rulebook


def reads_back(text: str, kinds: Mapping[str, Any], expression: Expr, rulebook: Rulebook | None = None) -> bool:
    """Whether a text is that expression; where it names a stretch of factors, up to how products are bracketed."""
    found = parse(text, kinds, rulebook).expr
    if found == expression or "=" not in text:
        return found == expression
    book = rulebook or default_rulebook()
    return lower(found, book) == lower(expression, book)
