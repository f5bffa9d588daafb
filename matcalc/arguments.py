"""How the command line is read: expressions that start with a minus, files, declarations, numbers.

No mathematics here, and nothing heavy: this module is loaded by every call of the command.
"""

from __future__ import annotations

import sys
from collections import deque
from typing import TYPE_CHECKING, Any

import click

from matcalc.errors import MatcalcError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

EPILOGUE = "This should not happen. Please report it to the authors with the command as you typed it."


class Failure(click.ClickException):
    """The mathematics says no: shown as `error: ...`, with status 1."""

    exit_code = 1

    def show(self, file: Any = None) -> None:
        click.echo(f"error: {self.message}", err=True)


class SyntaxFailure(Failure):
    """The input cannot be read: status 2."""

    exit_code = 2


def failure(error: MatcalcError) -> Failure:
    """An error of matcalc as one of the command."""
    return (SyntaxFailure if error.exit_status == 2 else Failure)(str(error))


class CommandGroup(click.Group):
    """Commands whose errors end in a message and a status, never in a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except MatcalcError as error:
            raise failure(error) from None
        except (click.ClickException, click.exceptions.Exit, click.Abort, OSError):
            raise
        except Exception as error:  # a fault of matcalc: the user gets one line and where to turn
            raise Failure(f"{type(error).__name__}: {error}\n  {EPILOGUE}") from None


class ExpressionCommand(click.Command):
    """A command whose expression may start with a minus: `matcalc diff "-x'*x" --wrt x`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        known = {name: p for p in self.get_params(ctx) if isinstance(p, click.Option) for name in p.opts}
        options, words = _parted(args, known)
        return super().parse_args(ctx, [*options, "--", *words])


def _parted(args: list[str], known: dict[str, click.Option]) -> tuple[list[str], list[str]]:
    """Options with their values, and the words that are none: only a known option is one."""
    options: list[str] = []
    words: list[str] = []
    rest = deque(args)
    while rest:
        arg = rest.popleft()
        option = known.get(arg.split("=", 1)[0])
        if arg == "--":
            words += rest
            rest.clear()
        elif option and arg in known and _may_stand_alone(option):
            options.append(f"{arg}={_value_if_any(option, rest)}")
        elif option and arg in known and not option.is_flag:
            options += [arg, _value(arg, rest)]
        elif arg in known or (option and arg.startswith("--")) or _is_misspelt(arg):
            options.append(arg)
        else:
            words.append(arg)
    return options, words


def _value(option: str, rest: deque[str]) -> str:
    if not rest:
        raise click.BadOptionUsage(option, f"Option {option!r} requires an argument.")
    return rest.popleft()


def _may_stand_alone(option: click.Option) -> bool:
    """Whether an option has a value of its own when none is given."""
    return not option.is_flag and isinstance(option.flag_value, str)


def _value_if_any(option: click.Option, rest: deque[str]) -> str:
    """The next word where it is one of the choices, else the value that the option has alone."""
    choices = option.type.choices if isinstance(option.type, click.Choice) else ()
    return rest.popleft() if rest and rest[0] in choices else str(option.flag_value)


def _is_misspelt(arg: str) -> bool:
    """Whether it looks like a long option and not like a formula."""
    return len(arg) > 3 and arg[:2] == "--" and arg[2] != "-" and arg[2:].split("=")[0].replace("-", "").isalpha()


def read_program(expression: str | None) -> str:
    """The text meant by EXPR: itself, standard input for `-`, or the content of a file for `@file`."""
    if expression is None:
        raise click.UsageError("Missing argument 'EXPR': a formula, - for standard input, or @file.")
    if expression == "-":
        return _decoded(sys.stdin.buffer.read(), "standard input")
    if expression.startswith("@"):
        try:
            with open(expression[1:], "rb") as file:
                return _decoded(file.read(), expression[1:])
        except OSError as error:
            raise click.UsageError(f"cannot read {expression[1:]!r}: {error.strerror}") from None
        except ValueError:  # a name with a zero byte
            raise click.UsageError(f"{expression[1:]!r} is no name of a file") from None
    return expression


def _decoded(data: bytes, origin: str) -> str:
    try:
        return data.decode("utf-8-sig").rstrip()
    except UnicodeDecodeError as error:
        raise SyntaxFailure(f"{origin} is not UTF-8 text (byte {error.start})") from None


def read_lines(expression: str | None) -> Iterator[tuple[int, str]]:
    """The programs of a batch with their line numbers."""
    yield from enumerate(read_program("-" if expression is None else expression).splitlines(), start=1)


def read_declarations(items: Iterable[str]) -> dict[str, str]:
    """`X: matrix(m,n)` once for each name."""
    found: dict[str, str] = {}
    for item in items:
        name, colon, kind = (part.strip() for part in item.partition(":"))
        if not (name and colon and kind):
            raise click.UsageError(f'--var {item!r}: write a name, a colon and a kind, as in --var "X: matrix(m,n)"')
        if found.setdefault(name, kind) != kind:
            raise click.UsageError(f"--var declares {name!r} twice: {found[name]} and {kind}")
    return found
