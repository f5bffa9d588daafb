"""The command `matcalc`: answers on standard output, everything else on standard error.

Everything heavy is imported inside the command that needs it, so that a short answer comes quickly.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from matcalc import __version__
from matcalc.answering import answer_programs, keywords
from matcalc.arguments import CommandGroup, ExpressionCommand, read_program
from matcalc.check_command import check
from matcalc.graph_commands import graph
from matcalc.options import (
    LAYOUTS,
    derivative_options,
    differentiating,
    language_option,
    rules_option,
    variables_option,
    vector_option,
)
from matcalc.rule_commands import rules
from matcalc.solution_commands import convex, solve, update

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
@derivative_options
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
    from matcalc import api

    answer_programs(api.differentiate, order=order, **options)


@main.command(cls=ExpressionCommand)
@derivative_options
def jacobian(**options: Any) -> None:
    """The Jacobian of EXPR: a row for each output, a column for each input.

    \b
    matcalc jacobian "tanh(W*x + b)" --wrt x
    matcalc jacobian "x'*A*x" --wrt x
    """
    from matcalc import api

    answer_programs(api.differentiate, **{**options, "layout": options["layout"] or "numerator"})


@main.command(cls=ExpressionCommand)
@derivative_options
def hessian(**options: Any) -> None:
    """The matrix of second derivatives of a scalar EXPR.

    \b
    matcalc hessian "norm2(X*w - y)^2" --wrt w
    matcalc hessian "x'*A*x" --wrt x --to unicode
    """
    from matcalc import api

    answer_programs(api.differentiate, order=2, **options)


@main.command(cls=ExpressionCommand)
@differentiating
@vector_option("the value")
def vjp(vector: str | None, **options: Any) -> None:
    """The product of a vector shaped like the value of EXPR with the Jacobian, which is not formed.

    What back-propagation computes: given the gradient G of a loss by the value, the gradient by the variable.

    \b
    matcalc vjp "X*W + ones(n)*b'" --wrt X,W,b --with G
    matcalc vjp "tanh(W*x)" --wrt W --with g
    """
    from matcalc import api

    answer_programs(api.vjp, form=None, vector=vector, **options)


@main.command(cls=ExpressionCommand)
@differentiating
@vector_option("the variable")
def jvp(vector: str | None, **options: Any) -> None:
    """The derivative of EXPR along a vector shaped like the variable: the Jacobian times it.

    \b
    matcalc jvp "inv(X)" --wrt X --with V
    matcalc jvp "logdet(S)" --wrt S --with E --var "S: spd(n)"
    """
    from matcalc import api

    answer_programs(api.jvp, form=None, vector=vector, **options)


@main.command(cls=ExpressionCommand)
@differentiating
@vector_option("the variable")
def hvp(vector: str | None, **options: Any) -> None:
    """The matrix of second derivatives of a scalar EXPR times a vector, without the matrix.

    \b
    matcalc hvp "norm2(X*w - y)^2" --wrt w --with v
    matcalc hvp "logdet(X)" --wrt X --with V
    """
    from matcalc import api

    answer_programs(api.hvp, form=None, vector=vector, **options)


@main.command("eval", cls=ExpressionCommand)
@click.argument("expression", metavar="EXPR", required=False)
@click.option("--at", "values", multiple=True, metavar="NAME=VALUE", help="Numbers, or a .npy, .npz or .csv file.")
@click.option("--wrt", multiple=True, metavar="NAME", help="Evaluate the derivative by NAME instead.")
@click.option("--order", type=click.IntRange(min=1), default=1, metavar="N", help="How often to differentiate.")
@click.option("--layout", type=click.Choice(LAYOUTS), help="Where the axes of a derivative stand.")
@language_option
@variables_option
@rules_option
def evaluate(
    expression: str | None,
    values: tuple[str, ...],
    wrt: tuple[str, ...],
    order: int,
    layout: str | None,
    language: str | None,
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

    text, arrays = read_program(expression), read_values(values)
    asked = keywords(wrt, layout, None, declarations, rule_files, language=language)
    if not wrt:
        settings = {name: asked[name] for name in ("variables", "rulebook", "language")}
        click.echo(written(api.evaluate(text, arrays, **settings)))
        return
    numbers = api.differentiate(text, order=order, **asked).evaluate(arrays)
    if isinstance(numbers, dict):
        click.echo("\n".join(f"{name}: {written(array)}" for name, array in numbers.items()))
    else:
        click.echo(written(numbers))


for command in (check, solve, update, convex, graph, rules):
    main.add_command(command)
