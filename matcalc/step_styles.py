"""The styles in which a derivation can be shown, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.chain_steps import ChainDerivation
from matcalc.differential_steps import DifferentialDerivation
from matcalc.errors import MatcalcError
from matcalc.index_steps import IndexDerivation

if TYPE_CHECKING:
    from matcalc.derivation import Derivation
    from matcalc.derivatives import Derivative

STYLES: dict[str, type[Derivation]] = {
    style.style: style for style in (DifferentialDerivation, ChainDerivation, IndexDerivation)
}


def derivation_of(answer: Derivative, style: str) -> Derivation:
    """How the answer comes about, in this style. Raises MatcalcError for any other style."""
    if style not in STYLES:
        raise MatcalcError(f"unknown style {style!r}", expected=" or ".join(STYLES), found=style)
    return STYLES[style](answer)
