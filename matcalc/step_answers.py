"""How a command shows the steps to its answer: as text, as an `align*` environment, or as JSON beside the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from matcalc.errors import UnsupportedError
from matcalc.options import STYLES

if TYPE_CHECKING:
    from matcalc.answers import Answer
    from matcalc.derivation import Derivation
    from matcalc.separate import Derivatives


def steps_style(steps: str | None, align: bool) -> str | None:
    """The style asked for; None where no steps are."""
    return steps or (STYLES[0] if align else None)


def steps_target(target: str, align: bool, form: str | None, batch: bool) -> str:
    """The language of the steps. Raises UsageError for one that they do not have."""
    if form not in (None, "sum"):
        raise click.UsageError(f"--steps lead to the derivative as it is found, not to its {form} form.")
    if align and target == "text":
        target = "latex"
    if target not in ("text", "latex", "json") or (align and target != "latex"):
        raise click.UsageError(f"--steps and --align are printed as text, LaTeX or JSON, not as {target}.")
    if batch and target != "json":
        raise click.UsageError("--batch answers on one line each; steps take several.")
    return target


def rendered_steps(answer: Answer | Derivatives, style: str, target: str, shapes: bool) -> str:
    """The steps, those by several variables one after the other. Raises UnsupportedError where there are none."""
    found = list(_derivations(answer, style).values())
    if target == "latex":
        return "\n".join([derivation.latex() for derivation in found])
    return "\n\n".join([derivation.shapes_text if shapes else derivation.text for derivation in found])


def with_steps(written: str, answer: Answer | Derivatives, style: str) -> str:
    """An answer in JSON with the steps as one more field, by name where there are several variables."""
    import json

    from matcalc.separate import Derivatives

    steps = {name: [step.data() for step in one] for name, one in _derivations(answer, style).items()}
    shown = steps if isinstance(answer, Derivatives) else next(iter(steps.values()))
    return json.dumps({**json.loads(written), "style": style, "steps": shown}, ensure_ascii=False)


def _derivations(answer: Answer | Derivatives, style: str) -> dict[str, Derivation]:
    from matcalc.derivatives import Derivative
    from matcalc.separate import Derivatives

    if isinstance(answer, Derivatives):
        return answer.derivations(style)
    if not isinstance(answer, Derivative):
        raise UnsupportedError("steps are shown for a derivative", suggestion="ask diff or jacobian for them")
    return {answer.wrt.name: answer.derivation(style)}
