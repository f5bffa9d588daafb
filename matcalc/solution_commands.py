"""The commands that go on from a derivative: solve, update, convex."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from matcalc.answering import answer_programs, rulebook_of
from matcalc.arguments import ExpressionCommand, Failure, read_declarations, read_program
from matcalc.options import differentiating, language_option, rules_option, solving, variables_option

if TYPE_CHECKING:
    from matcalc.curvature import Convexity


@click.command(cls=ExpressionCommand)
@solving
def solve(unknown: str | None, **options: Any) -> None:
    """The NAME that solves an equation, or at which the gradient of a scalar is zero, in closed form.

    EXPR is an equation lhs = rhs, or a scalar objective. What is to be zero must be affine in NAME. Conditions, and
    whether it is a minimum, are said on standard error.

    \b
    matcalc solve "norm2(X*theta - y)^2" --for theta
    matcalc solve "norm2(X*w - y)^2 + a*norm2(w)^2" --for w --var "a: scalar positive"
    matcalc solve "A*X + X*B = C" --for X
    """
    from matcalc import solving as solutions

    def ask(text: str, **question: Any) -> solutions.Solution:
        return solutions.solve(text, question["wrt"], question["variables"], question["rulebook"], question["language"])

    answer_programs(ask, form=None, layout=None, symmetric=None, wrt=(unknown,) if unknown else (), **options)


@click.command(cls=ExpressionCommand)
@differentiating
@click.option("--step", default="eta", metavar="NAME", help="The name of the step size; numbered if in use.")
def update(step: str, **options: Any) -> None:
    """A step of gradient descent: NAME_next = NAME - eta*gradient.

    \b
    matcalc update "norm2(X*w - y)^2/m" --wrt w
    matcalc update "sum(log(1 + exp(-y.*(X*w))))" --wrt w --step alpha
    """
    from matcalc import updates

    def ask(text: str, layout: str, **question: Any) -> updates.Update:
        if layout != "mixed":
            raise click.UsageError("a step has the shape of the variable, in every layout")
        return updates.update(text, step=step, **question)

    answer_programs(ask, form=None, **options)


@click.command(cls=ExpressionCommand)
@click.argument("expression", metavar="EXPR", required=False)
@click.option("--wrt", metavar="NAME", help="The variable; not needed where only one name is free.")
@click.option("--to", "target", type=click.Choice(("text", "json")), default="text", help="What to print.")
@language_option
@variables_option
@rules_option
def convex(
    expression: str | None,
    wrt: str | None,
    target: str,
    language: str | None,
    declarations: tuple[str, ...],
    rule_files: tuple[Path, ...],
) -> None:
    """Whether a scalar EXPR is convex in NAME: convex, concave, affine, or unknown, and why.

    What is said is certain. Declared kinds and signs help: "A: psd(n)", "x: vector(n) positive". The status is 1
    where it is unknown.

    \b
    matcalc convex "log(sum(exp(D*x)))" --wrt x
    matcalc convex "prod(x)^(1/n)" --wrt x --var "x: vector(n) positive"
    matcalc convex "x'*A*x" --wrt x --var "A: psd(n)"
    """
    from matcalc.curvature import convexity

    book = rulebook_of(rule_files)
    found = convexity(read_program(expression), wrt, read_declarations(declarations), book, language)
    click.echo(found.text if target == "text" else _as_json(found))
    if found.verdict == "unknown":
        raise click.exceptions.Exit(Failure.exit_code)


def _as_json(found: Convexity) -> str:
    fields = {
        "verdict": found.verdict,
        "variable": found.by.name,
        "certificate": found.certificate,
        "variables": found.variables,
        "notes": list(found.program.notes),
    }
    return json.dumps(fields, ensure_ascii=False)
