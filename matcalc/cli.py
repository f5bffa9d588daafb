"""The command `matcalc`: answers on standard output, everything else on standard error.

Everything heavy is imported inside the command that needs it, so that a short answer comes quickly.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from matcalc import __version__
from matcalc.arguments import (
    CommandGroup,
    ExpressionCommand,
    Failure,
    read_declarations,
    read_lines,
    read_program,
)
from matcalc.errors import MatcalcError
from matcalc.options import LAYOUTS, differentiating, rules_option, variables_option
from matcalc.rule_commands import rules

if TYPE_CHECKING:
    from matcalc.derivatives import Derivative
    from matcalc.rulebook import Rulebook

HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


@click.group(cls=CommandGroup, context_settings=HELP)
@click.version_option(__version__, prog_name="matcalc")
def main() -> None:
    """Derivatives of scalars, vectors and matrices, in the notation you would write by hand.

    \b
    matcalc diff "(X*theta-y)'*(X*theta-y)" --wrt theta
    matcalc hessian "x'*A*x" --wrt x --latex
    matcalc rules show sigmoid
    """


@main.command(cls=ExpressionCommand)
@differentiating
@click.option("--order", type=click.IntRange(min=1), default=1, metavar="N", help="How often to differentiate.")
def diff(order: int, **options: Any) -> None:
    """The derivative of EXPR in closed form.

    EXPR is a formula such as "x'*A*x"; - reads it from standard input and @FILE from a file.

    \b
    matcalc diff "(X*theta-y)'*(X*theta-y)" --wrt theta
    matcalc diff "-x'*A*x" --wrt x --var "A: symmetric(n)"
    matcalc diff "A*x" --wrt x --layout denominator --shapes
    matcalc diff "r = X*w - y; r'*r" --wrt w --check
    """
    differentiate(order=order, **options)


@main.command(cls=ExpressionCommand)
@differentiating
def jacobian(**options: Any) -> None:
    """The Jacobian of EXPR: a row for each output, a column for each input.

    \b
    matcalc jacobian "tanh(W*x + b)" --wrt x
    matcalc jacobian "x'*A*x" --wrt x
    """
    differentiate(order=1, **{**options, "layout": options["layout"] or "numerator"})


@main.command(cls=ExpressionCommand)
@differentiating
def hessian(**options: Any) -> None:
    """The matrix of second derivatives of a scalar EXPR.

    \b
    matcalc hessian "norm2(X*w - y)^2" --wrt w
    matcalc hessian "x'*A*x" --wrt x --to unicode
    """
    differentiate(order=2, **options)


def differentiate(
    expression: str | None, target: str, latex: bool, batch: bool, rule_files: tuple[Path, ...], **options: Any
) -> None:
    """Answer one program, or one a line."""
    target = "latex" if latex else target
    settings = {**options, "rulebook": rulebook_of(rule_files)}
    if not batch:
        answer(read_program(expression), target, **settings)
    elif target == "numpy":
        raise click.UsageError("--batch answers on one line each; NumPy source takes several.")
    else:
        answer_lines(expression, target, **settings)


def answer_lines(expression: str | None, target: str, **settings: Any) -> None:
    """One line out for each line in; a line without an answer stays empty."""
    status = 0
    for number, text in read_lines(expression):
        try:
            if text.strip():
                answer(text, target, **settings)
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


def answer(text: str, target: str, quiet: bool, shapes: bool, check: bool, seed: int, **settings: Any) -> None:
    """Print the derivative of one program, and what was asked for besides it."""
    derivative = derivative_of(text, **settings)
    click.echo(rendered(derivative, target))
    if not quiet:
        for note in derivative.notes:
            click.echo(f"note: {note}", err=True)
    if shapes:
        click.echo(derivative.shapes_text, err=True)
    if check:
        report = derivative.check(seed=seed)
        click.echo(report.text, err=True)
        if not report.ok:
            raise Failure("the numerical check does not confirm this answer")


def derivative_of(
    text: str,
    wrt: tuple[str, ...],
    order: int,
    layout: str | None,
    vec: bool,
    symmetric: str | None,
    declarations: tuple[str, ...],
    rulebook: Rulebook | None,
) -> Derivative:
    """What the options ask of the Python interface."""
    from matcalc import api

    if len(wrt) > 1:
        raise click.UsageError("--wrt is given more than once; mixed second derivatives are not supported yet.")
    return api.differentiate(
        text,
        wrt=wrt[0] if wrt else None,
        order=order,
        layout=layout or "mixed",
        variables=read_declarations(declarations),
        symmetric=symmetric or "projected",
        vec=vec,
        rulebook=rulebook,
    )


def rulebook_of(files: tuple[Path, ...]) -> Rulebook | None:
    """The rules with the user's files added; None stands for the built-in ones."""
    if not files:
        return None
    from matcalc.rulebook import load_rulebook

    return load_rulebook(files)


def rendered(derivative: Derivative, target: str) -> str:
    """The answer in the wanted language."""
    if target == "text":
        return derivative.text
    if target == "unicode":
        return derivative.unicode
    if target == "latex":
        return derivative.latex()
    if target == "index":
        return derivative.index()
    if target == "numpy":
        return derivative.numpy_source().rstrip("\n")
    return str(derivative.sympy()) if target == "sympy" else as_json(derivative)


def as_json(derivative: Derivative) -> str:
    """Everything about the answer that is text, on one line."""
    import json

    return json.dumps(
        {
            "text": derivative.text,
            "latex": derivative.latex() if derivative.expression is not None else None,
            "shape": [str(dimension) for dimension in derivative.shape],
            "variables": {name: str(kind) for name, kind in derivative.variables.items()},
            "assumptions": list(derivative.assumptions),
            "notes": list(derivative.notes),
        },
        ensure_ascii=False,
    )


@main.command("eval", cls=ExpressionCommand)
@click.argument("expression", metavar="EXPR", required=False)
@click.option("--at", "values", multiple=True, metavar="NAME=VALUE", help="Numbers, or a .npy, .npz or .csv file.")
@click.option("--wrt", multiple=True, metavar="NAME", help="Evaluate the derivative by NAME instead.")
@click.option("--order", type=click.IntRange(min=1), default=1, metavar="N", help="How often to differentiate.")
@click.option("--layout", type=click.Choice(LAYOUTS), help="Where the axes of a derivative stand.")
@variables_option
@rules_option
def evaluate(
    expression: str | None,
    values: tuple[str, ...],
    wrt: tuple[str, ...],
    order: int,
    layout: str | None,
    declarations: tuple[str, ...],
    rule_files: tuple[Path, ...],
) -> None:
    """The numbers of EXPR, or of its derivative, at given values.

    A value is a number, a list or a matrix, or a file. The answer is a literal of the same form.

    \b
    matcalc eval "x'*A*x" --at "x=[1, 2]" --at "A=[2, 1; 0, 3]"
    matcalc eval "x'*A*x" --wrt x --at "x=[1, 2]" --at "A=[2, 1; 0, 3]"
    """
    from matcalc import api
    from matcalc.literals import read_values, written

    text, arrays, rulebook = read_program(expression), read_values(values), rulebook_of(rule_files)
    if not wrt:
        click.echo(written(api.evaluate(text, arrays, variables=read_declarations(declarations), rulebook=rulebook)))
        return
    derivative = derivative_of(text, wrt, order, layout, False, None, declarations, rulebook)
    click.echo(written(derivative.evaluate(arrays)))


main.add_command(rules)
