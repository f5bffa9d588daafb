"""The commands that show and verify the rules."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from matcalc.errors import UnknownNameError
from matcalc.options import rules_option


@click.group()
def rules() -> None:
    """The functions and identities that matcalc knows."""


@rules.command("list")
@rules_option
def list_rules(rule_files: tuple[Path, ...]) -> None:
    """Every function, with its parameters and where it is defined.

    \b
    matcalc rules list
    """
    from matcalc.rulebook import load_rulebook

    for function in load_rulebook(rule_files).functions:
        click.echo(f"{function!r:<60} {function.where}")


@rules.command("show")
@click.argument("name")
@rules_option
def show_rule(name: str, rule_files: tuple[Path, ...]) -> None:
    """The lines that define the function NAME, and the identities it stands in.

    \b
    matcalc rules show sigmoid
    """
    from matcalc.rulebook import load_rulebook

    rulebook = load_rulebook(rule_files)
    functions = rulebook.overloads(name)
    if not functions:
        raise UnknownNameError(f"no function {name} is known", suggestion=nearest(name, rulebook.names()))
    for line in functions:
        click.echo(f"% {line.where}\n{line.text}")


@rules.command("verify")
@rules_option
def verify_rules(rule_files: tuple[Path, ...]) -> None:
    """Compare every rule with numerical derivatives and values at random points.

    \b
    matcalc rules verify
    """
    from matcalc.rule_verdicts import verdicts
    from matcalc.rulebook import load_rulebook

    count, wrong = 0, 0
    for entry, fault in verdicts(load_rulebook(rule_files)):
        count += 1
        if fault:
            wrong += 1
            click.echo(f"{entry.where}: {fault}\n  {entry.text}")
    click.echo(f"{count} rules, {wrong} wrong")
    if wrong:
        raise click.exceptions.Exit(1)


@rules.command("table")
@rules_option
def rules_table(rule_files: tuple[Path, ...]) -> None:
    """What works for which function (value, derivatives, renderings), found by trying, as Markdown.

    \b
    matcalc rules table
    """
    from matcalc.function_table import function_page
    from matcalc.rulebook import load_rulebook

    click.echo(function_page(load_rulebook(rule_files)), nl=False)


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The known name that a misspelt one is closest to."""
    import difflib

    near = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {near[0]}?" if near else None
