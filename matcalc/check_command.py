"""The command that judges a user's own formula for a derivative."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from matcalc.answering import keywords
from matcalc.arguments import ExpressionCommand, SyntaxFailure, read_program
from matcalc.errors import MatcalcError
from matcalc.options import LAYOUTS, SYMMETRIES, language_option, rules_option, variables_option


@click.command(cls=ExpressionCommand)
@click.argument("expression", metavar="EXPR", required=False)
@click.option("--equals", required=True, metavar="FORMULA", help="The derivative that was found by hand.")
@click.option("--wrt", multiple=True, metavar="NAME", help="The variable; given twice: the mixed second derivative.")
@click.option("--order", type=click.IntRange(min=1), default=1, metavar="N", help="How often was differentiated.")
@click.option("--layout", type=click.Choice(LAYOUTS), help="The layout that the formula is to have.")
@click.option("--symmetric", type=click.Choice(SYMMETRIES), help="Gradient by a symmetric variable.")
@click.option("--vec", is_flag=True, help="A matrix by a matrix as d vec(Y)/d vec(X)'.")
@language_option
@variables_option
@rules_option
@click.option("-q", "--quiet", is_flag=True, help="Only the verdict, in a word or two.")
def check(
    expression: str | None,
    equals: str,
    wrt: tuple[str, ...],
    order: int,
    layout: str | None,
    symmetric: str | None,
    vec: bool,
    language: str | None,
    declarations: tuple[str, ...],
    rule_files: tuple[Path, ...],
    quiet: bool,
) -> None:
    """Whether FORMULA is the derivative of EXPR, and what is wrong with it.

    Says where it is not: transposed, in another layout, a factor, a sign, a term, right only if a matrix is symmetric
    or square; with the answer and with numbers that show the difference. The status is 0 where FORMULA equals the
    derivative in the layout asked for, 1 where it does not, and 2 where something cannot be read or compared.

    \b
    matcalc check "x'*A*x" --wrt x --equals "A*x + A'*x"
    matcalc check "norm2(X*w - y)^2" --wrt w --equals "2*(X*w - y)'*X" --layout numerator
    """
    from matcalc.judging import check as judged

    asked: dict[str, Any] = keywords(wrt, layout, symmetric, declarations, rule_files, language=language)
    try:
        judgement = judged(read_program(expression), equals, order=order, vec=vec, **asked)
    except MatcalcError as error:
        raise SyntaxFailure(str(error)) from None
    click.echo(judgement.verdict if quiet else judgement.text)
    if not judgement.ok:
        raise click.exceptions.Exit(1)
