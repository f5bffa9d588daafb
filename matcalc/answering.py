"""How a command that differentiates answers: one program or one a line, in the language and form asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from matcalc.arguments import Failure, read_declarations, read_lines, read_program
from matcalc.errors import MatcalcError, UnsupportedError
from matcalc.step_answers import rendered_steps, steps_style, steps_target, with_steps

if TYPE_CHECKING:
    from matcalc.answers import Answer
    from matcalc.computation_graph import Graph
    from matcalc.differentials import Differential
    from matcalc.rulebook import Rulebook
    from matcalc.separate import Derivatives
    from matcalc.updates import Update

    Shown = Answer | Derivatives
    # from the text of a program to its answer
    Ask = Callable[..., Shown]


def answer_programs(
    ask: Ask,
    expression: str | None,
    target: str,
    latex: bool,
    form: str | None,
    expand: bool,
    factor: bool,
    inline: bool,
    batch: bool,
    quiet: bool,
    shapes: bool,
    check: bool,
    seed: int,
    steps: str | None = None,
    align: bool = False,
    **question: Any,
) -> None:
    """Answer one program, or one a line; `question` holds the options that say what is asked."""
    target, style = target_of(target, latex, form), steps_style(steps, align)
    target = steps_target(target, align, form, batch) if style else target
    if expand and factor:
        raise click.UsageError("--expand and --factor exclude each other.")
    asked = keywords(**question)

    def respond(text: str) -> None:
        answer = as_presented(in_form(ask(text, **asked), form), expand, factor, inline)
        written = shown_as(answer, target, style, shapes)
        click.echo(on_one_line(written, target) if batch else written)
        if not (quiet or batch):
            note_unused(answer, asked["variables"])
        report_on(answer, quiet, shapes, check, seed)

    if not batch:
        respond(read_program(expression))
    elif target in ("numpy", "dot"):
        raise click.UsageError("--batch answers on one line each; NumPy source and a graph take several.")
    else:
        answer_lines(expression, respond)


def shown_as(answer: Shown, target: str, style: str | None, shapes: bool) -> str:
    """The answer, or the steps to it where they are asked for in some style."""
    if style is None:
        return rendered(answer, target)
    if target == "json":
        return with_steps(as_json(answer), answer, style)
    return rendered_steps(answer, style, target, shapes)


def answer_lines(expression: str | None, respond: Callable[[str], None]) -> None:
    """One line out for each line in; a line without an answer stays empty."""
    status = 0
    for number, text in read_lines(expression):
        try:
            if text.strip():
                respond(text)
            else:
                click.echo()
        except MatcalcError as error:
            click.echo()
            click.echo(f"error: line {number}: {error}", err=True)
            status = max(status, error.exit_status)
        except Failure as refuted:  # the answer itself is printed already
            click.echo(f"error: line {number}: {refuted}", err=True)
            status = max(status, refuted.exit_code)
    if status:
        raise click.exceptions.Exit(status)


def on_one_line(written: str, target: str) -> str:
    """An answer by several variables, which has a line for each, as one line."""
    return (" " if target == "latex" else "; ").join(written.splitlines())


def note_unused(answer: Shown, declared: Iterable[str]) -> None:
    """Which names of --var stand nowhere; lines of a batch share their declarations, so there it means nothing."""
    from matcalc.lints import unused
    from matcalc.separate import Derivatives
    from matcalc.spelling import plain_name

    answers = list(answer.values()) if isinstance(answer, Derivatives) else [answer]
    moving = {name for one in answers for name in one.moving_names}
    for note in unused([name for name in map(plain_name, declared) if name not in moving], answer.program):
        click.echo(f"note: {note}", err=True)


def report_on(answer: Shown, quiet: bool, shapes: bool, check: bool, seed: int) -> None:
    """What was asked for besides the answer, on standard error."""
    if not quiet:
        for note in answer.notes:
            click.echo(f"note: {note}", err=True)
    if shapes:
        click.echo(answer.shapes_text, err=True)
    if check:
        report = answer.check(seed=seed)
        click.echo(report.text, err=True)
        if not report.ok:
            raise Failure("the numerical check does not confirm this answer")


def keywords(
    wrt: tuple[str, ...],
    layout: str | None,
    symmetric: str | None,
    declarations: tuple[str, ...],
    rule_files: tuple[Path, ...],
    **more: Any,
) -> dict[str, Any]:
    """The options as the Python interface takes them; --wrt more than once asks for derivatives in turn."""
    return {
        "wrt": list(wrt) if len(wrt) > 1 else wrt[0] if wrt else None,
        "layout": layout or "mixed",
        "symmetric": symmetric or "projected",
        "variables": read_declarations(declarations),
        "rulebook": rulebook_of(rule_files),
        **more,
    }


def rulebook_of(files: tuple[Path, ...]) -> Rulebook | None:
    """The rules with the user's files added; None stands for the built-in ones."""
    if not files:
        return None
    from matcalc.rulebook import load_rulebook

    return load_rulebook(files)


def target_of(target: str, latex: bool, form: str | None) -> str:
    """The language to print in; the index form has one of its own."""
    target = "latex" if latex else target
    if form != "index":
        return target
    if target not in ("text", "index"):
        raise click.UsageError(f"--form index is printed as text, not as {target}.")
    return "index"


def in_form(answer: Shown, form: str | None) -> Shown:
    """The answer in one of the forms of --form that are answers of their own; that with sums is as it is found."""
    if form == "matrix":
        return answer.matrix_form()
    if form not in ("differential", "trace"):
        return answer
    from matcalc.derivatives import Derivative
    from matcalc.separate import Derivatives

    if not isinstance(answer, (Derivative, Derivatives)):
        raise UnsupportedError(f"the {form} form is that of a derivative")
    return answer.differential() if form == "differential" else answer.trace_form()


def as_presented(answer: Shown, expand: bool, factor: bool, inline: bool) -> Shown:
    """The answer multiplied out, factored or without named parts, as asked for."""
    answer = answer.expanded() if expand else answer.factored() if factor else answer
    return answer.inlined() if inline else answer


def rendered(answer: Shown, target: str) -> str:
    """The answer in the wanted language; a differential or a step as an equation, where there is a notation for one."""
    equation = equation_of(answer)
    if target == "text":
        return answer.text if equation is None else equation.equation
    if target == "unicode":
        return answer.unicode
    if target == "latex":
        return answer.latex() if equation is None else equation.latex_equation()
    if target == "index":
        return answer.index()
    if target == "numpy":
        return answer.numpy_source().rstrip("\n")
    if target == "json":
        return as_json(answer)
    if target == "dot":
        return graph_behind(answer).dot()
    forms = answer.sympy()
    return "\n".join(f"{name}: {form}" for name, form in forms.items()) if isinstance(forms, dict) else str(forms)


def graph_behind(answer: Shown) -> Graph:
    """The computational graph of what was differentiated."""
    from matcalc.computation_graph import graph_of
    from matcalc.separate import Derivatives
    from matcalc.stacked import parts_of

    answers = list(answer.values()) if isinstance(answer, Derivatives) else [answer]
    variables = [part for one in answers for partial in one.partials for part in parts_of(partial.by)]
    return graph_of(answers[0].program, variables, answers[0].layout, answers[0].rulebook)


def equation_of(answer: Shown) -> Differential | Update | None:
    """The answer where it is an equation, with a name on the left."""
    from matcalc.differentials import Differential
    from matcalc.updates import Update

    return answer if isinstance(answer, (Differential, Update)) else None


def as_json(answer: Shown) -> str:
    """Everything about the answer that is text, on one line."""
    import json

    from matcalc.separate import Derivatives

    own: dict[str, Any]
    if isinstance(answer, Derivatives):
        own = {
            "text": answer.text,
            "parts": answer.parts,
            "derivatives": {name: fields(one) for name, one in answer.items()},
        }
    else:
        own = fields(answer)
    common = {
        "variables": answer.declarations,
        "assumptions": list(answer.assumptions),
        "notes": list(answer.notes),
    }
    return json.dumps({**own, **common}, ensure_ascii=False)


def fields(answer: Answer) -> dict[str, Any]:
    """What belongs to one closed form; a differential and a step are equations as well."""
    found: dict[str, Any] = {
        "text": answer.text,
        "latex": answer.latex() if answer.expression is not None else None,
        "shape": [str(dimension) for dimension in answer.shape],
        "parts": answer.parts,
    }
    equation = equation_of(answer)
    return found if equation is None else {**found, "equation": equation.equation}
