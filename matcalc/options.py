"""The options that commands share, each said once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

TARGETS = ("text", "unicode", "latex", "sympy", "numpy", "index", "json", "dot")
LAYOUTS = ("mixed", "numerator", "denominator")
FORMS = ("sum", "matrix", "trace", "index", "differential")
STYLES = ("differential", "chain", "index")
SYMMETRIES = ("projected", "independent", "cookbook")
Function = TypeVar("Function", bound=Callable[..., Any])

rules_option = click.option(
    "--rules",
    "rule_files",
    multiple=True,
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="More functions and identities, in the language of rules/.",
)
LANGUAGES = ("matcalc", "latex")
language_option = click.option(
    "--from", "language", type=click.Choice(LANGUAGES), help="The language of EXPR; a LaTeX command makes it LaTeX."
)
variables_option = click.option(
    "--var", "declarations", multiple=True, metavar="DECL", help='A declaration: --var "X: matrix(m,n)".'
)
DIFFERENTIATING = (
    click.argument("expression", metavar="EXPR", required=False),
    click.option(
        "--wrt",
        multiple=True,
        metavar="NAME",
        help="The variable; not needed where only one name is free. Given twice: the mixed second derivative. "
        "NAME,NAME: the derivative by each.",
    ),
    click.option("--layout", type=click.Choice(LAYOUTS), help="Where the axes of the answer stand."),
    click.option("--symmetric", type=click.Choice(SYMMETRIES), help="Gradient by a symmetric variable."),
    click.option("--expand", is_flag=True, help="Products over sums multiplied out."),
    click.option("--factor", is_flag=True, help="Common factors drawn out, even where that is not shorter."),
    click.option("--inline", is_flag=True, help="Written out, without named parts."),
    click.option("--to", "target", type=click.Choice(TARGETS), default="text", help="What to print."),
    click.option("--latex", is_flag=True, help="Short for --to latex."),
    language_option,
    variables_option,
    rules_option,
    click.option("--shapes", is_flag=True, help="Also say what was assumed, and the shapes of the answer."),
    click.option("--check", is_flag=True, help="Also compare with numerical derivatives at random points."),
    click.option("--seed", type=int, default=0, metavar="N", help="The random points of --check."),
    click.option("--batch", is_flag=True, help="One program a line in, one answer a line out."),
    click.option("-q", "--quiet", is_flag=True, help="No notes."),
)

SOLVING = (
    DIFFERENTIATING[0],
    click.option("--for", "unknown", metavar="NAME", help="The unknown; not needed where only one name is free."),
    *DIFFERENTIATING[4:],
)


DERIVATIVE_FORMS = (
    click.option("--vec", is_flag=True, help="A matrix by a matrix as d vec(Y)/d vec(X)'."),
    click.option(
        "--form",
        type=click.Choice(FORMS),
        help="Another form of the answer: dF = A*dX*B, or matrix for X in place of sums over its rows x_i.",
    ),
    click.option(
        "--steps",
        is_flag=False,
        flag_value=STYLES[0],
        type=click.Choice(STYLES),
        help=f"The derivation step by step, by default in the style {STYLES[0]}.",
    ),
    click.option("--align", is_flag=True, help="The steps as a whole align* environment of LaTeX, ready for notes."),
)


def differentiating(function: Function) -> Function:
    """The argument and the options of every differentiating command."""
    for decorate in reversed(DIFFERENTIATING):
        function = decorate(function)
    return function


def derivative_options(function: Function) -> Function:
    """Those, and the forms in which a whole derivative may be shown."""
    for decorate in reversed(DERIVATIVE_FORMS):
        function = decorate(function)
    return differentiating(function)


def solving(function: Function) -> Function:
    """The argument and the options of a command that solves."""
    for decorate in reversed(SOLVING):
        function = decorate(function)
    return function


def vector_option(model: str) -> Callable[[Function], Function]:
    """The option that names the vector of a product, shaped like its model."""
    said = f"The name of the vector, shaped like {model}; one declared or in use must have that shape."
    return click.option("--with", "vector", metavar="NAME", help=said)
