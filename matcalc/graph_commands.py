"""The command that shows the computational graph of an expression."""

from __future__ import annotations

from pathlib import Path

import click

from matcalc.answering import rulebook_of
from matcalc.arguments import ExpressionCommand, read_declarations, read_program
from matcalc.options import LAYOUTS, language_option, rules_option, variables_option


@click.command(cls=ExpressionCommand)
@click.argument("expression", metavar="EXPR", required=False)
@click.option("--wrt", metavar="NAME", help="Derivatives towards this variable, or NAME,NAME; else towards all.")
@click.option("--layout", type=click.Choice(LAYOUTS), default="mixed", help="Where the axes of a derivative stand.")
@click.option("--to", "target", type=click.Choice(("text", "dot", "svg")), default="text", help="What to print.")
@language_option
@variables_option
@rules_option
def graph(
    expression: str | None,
    wrt: str | None,
    layout: str,
    target: str,
    language: str | None,
    declarations: tuple[str, ...],
    rule_files: tuple[Path, ...],
) -> None:
    """The computational graph of EXPR: each operation with its shape, and its derivative by each operand.

    What occurs again is shown once; definitions keep their names. SVG is drawn by Graphviz, where that is installed.

    \b
    matcalc graph "r = X*theta - y; r'*r" --wrt theta
    matcalc graph "tanh(W*x + b)" --wrt W,b --to dot
    """
    from matcalc import computation_graph

    found = computation_graph.graph(
        read_program(expression), wrt, layout, read_declarations(declarations), rulebook_of(rule_files), language
    )
    click.echo(found.dot() if target == "dot" else found.svg() if target == "svg" else found.text)
