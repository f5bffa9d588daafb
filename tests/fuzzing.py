r"""Random inputs that nobody would type, and what must hold of matcalc on all of them.

    python tests/fuzzing.py --count 1000 --seed 0

Half of the inputs are made from a grammar of the language, well formed and badly typed; half are bytes, those of known
inputs with some put in, left out, doubled or changed. Each goes through the Python interface and through one of the
commands. Everything follows from the seed. Whatever ends otherwise than in an answer or in an error of matcalc's own,
or computes longer than LONGEST seconds, is printed as a line of JSON, such as `data/fuzz_found.json` keeps.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import resource
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import click
from click.testing import CliRunner

import matcalc
from matcalc.arguments import EPILOGUE
from matcalc.cli import main
from matcalc.errors import MatcalcError

LONGEST = 5.0  # seconds of computing for one input
MOST_MEMORY = 500  # megabytes for all of them together
DATA = Path(__file__).parent / "data"

NAMES = "X Y A B S x y z w theta a b e n m i x_i y_j w_1 λ Σ I pi X' W1 f eye".split()
FUNCTIONS = """exp log sqrt abs tanh sigmoid relu softmax logsumexp norm norm2 normF sum mean var max min prod tr det
    logdet inv pinv adj diag vec kron eye ones zeros expm logm sqrtm tril triu erf gamma digamma unit commutation
    duplication grad dexpm norm1 nosuch clip step sum_i sum_j""".split()
OPERATORS = ["+", "-", "*", "/", ".*", "./", "^", ".^", "\\", "@", "**", "⊙"]
KINDS = """scalar vector(n) vector(3) row(n) matrix(m,n) matrix(n,n) symmetric(n) spd(n) skew(n) diagonal(n)
    orthogonal(n) lower(n) invertible(n) simplex(n) matrix(2*n,m) matrix(0,n) vector(-1) function nonsense(n)""".split()
KINDS += ["function -> scalar", "elementwise function", "scalar positive", "vector(n) nonnegative", "vector(n), i=1..N"]
NUMBERS = ["0", "1", "2", "3", "0.5", "1e-3", "1e400", "1e5000", "99999999999999999999", ".5", "2.", "1/3", "7"]
VALUES = ["1", "[1, 2]", "[1, 2; 3, 4]", "[[1], [2, 3]]", "x", "", "[", "nan"]
LATEX = [
    r"\frac{1}{2}\|Xw-y\|_2^2",
    r"\theta^\top X",
    r"\sum_{i=1}^{N} (w^\top x_i - y_i)^2",
    r"\log\det X",
    r"\operatorname{tr}(A^{-1}B)",
    r"\nabla_x \left( x^\top A x \right)",
    r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}",
    r"\newcommand{\x}{\mathbf{x}} \x^\top \x",
]
PIECES = [
    *OPERATORS,
    *"()[]{}';:,=|%$&_^\\~!?\"`#",
    "''",
    ".'",
    "\n",
    "\t",
    "\0",
    "‖",
    "∂",
    "²",
    "ᵀ",
    "𝟙",
    "é",
    "\ufeff",
]


def expression(rng: random.Random, depth: int) -> str:
    """A formula of the grammar, whose kinds need not fit."""
    if depth <= 0 or rng.random() < 0.15:
        return rng.choice(NAMES) if rng.random() < 0.8 else rng.choice(NUMBERS)
    inner = [expression(rng, depth - 1 - rng.randrange(2)) for _ in range(2)]
    choice = rng.randrange(11)
    if choice < 4:
        return f"{inner[0]}{rng.choice(OPERATORS)}{inner[1]}"
    if choice < 6:
        arguments = inner if rng.random() < 0.25 else inner[:1]
        return f"{rng.choice(FUNCTIONS)}({', '.join(arguments)})"
    if choice == 6:
        return f"({inner[0]})'"
    if choice == 7:
        return f"({inner[0]})^{rng.choice(['2', '-1', '0.5', '(1/2)', 'n', '-T', inner[1], '0', '100'])}"
    if choice == 8:
        return rng.choice(["[{}, {}]", "[{}; {}]", "[[{}, {}]]", "|{}| + {}", "||{}||_{}", "<{}, {}>"]).format(*inner)
    if choice == 9:
        return f"({inner[0]})[{rng.choice(['1', '2,:', ':,1', 'i', 'i,j', '0', '1,2'])}]"
    return rng.choice(["-({})", "({})", "sum_i({})", "sum_{{i=1..N}}({})", "let z = {} in z'*z"]).format(inner[0])


def program(rng: random.Random) -> str:
    """Declarations, definitions and a formula."""
    statements = [f"{rng.choice(NAMES)}: {rng.choice(KINDS)}" for _ in range(rng.choice([0, 0, 0, 1, 2]))]
    statements += [f"{rng.choice('pqrst')} = {expression(rng, 2)}" for _ in range(rng.choice([0, 0, 0, 1, 2]))]
    return "; ".join([*statements, expression(rng, rng.choice([1, 2, 3, 3, 4]))])


def known_inputs() -> list[str]:
    """What the other tests differentiate, and LaTeX."""
    cases = json.loads((DATA / "cases.json").read_text("utf-8"))
    published = json.loads((DATA / "published.json").read_text("utf-8"))
    return sorted({case["expr"] for case in [*cases, *published]}) + LATEX


def damaged(rng: random.Random, text: str) -> bytes:
    """The bytes of a text with a few of them, or pieces of the language, put in, left out, doubled or changed."""
    data = bytearray(text.encode())
    for _ in range(rng.choice([1, 1, 2, 3, 8])):
        at = rng.randrange(len(data) + 1)
        end = min(len(data), at + rng.choice([1, 1, 2, 5]))
        way = rng.randrange(5)
        if way == 0:
            data[at:at] = rng.choice(PIECES).encode()
        elif way == 1:
            del data[at:end]
        elif way == 2:
            data[at:at] = data[at:end] * rng.choice([1, 2, 50])
        elif way == 3:
            data[at:end] = bytes([rng.randrange(256)])
        else:
            data[at:at] = rng.choice([*NAMES, *NUMBERS]).encode()
    return bytes(data)


def value_of(option: click.Option, rng: random.Random) -> str:
    """A value that an option may take, or just may not."""
    if isinstance(option.type, click.Choice):
        return str(rng.choice(list(option.type.choices)))
    if isinstance(option.type, (click.types.IntParamType, click.types.FloatParamType)):
        return rng.choice(["1", "2", "3", "0", "-1"])
    said = " ".join(option.opts)
    if "--var" in said:
        return f"{rng.choice(NAMES)}: {rng.choice(KINDS)}"
    if "--at" in said:
        return f"{rng.choice(NAMES)}={rng.choice(VALUES)}"
    if "--rules" in said or option.type.name in ("path", "file"):
        return "/nonexistent"
    return rng.choice([*NAMES, "x,y", "[x, y]", expression(rng, 1)])


def arguments(rng: random.Random, text: str) -> list[str]:
    """A command with some of its options, for a text."""
    names = sorted(name for name, command in main.commands.items() if not isinstance(command, click.Group))
    command = main.commands[rng.choice(names)]
    options = [p for p in command.params if isinstance(p, click.Option) and "--rules" not in p.opts]
    chosen = rng.sample(options, min(len(options), rng.choice([0, 1, 2, 3])))
    words: list[str] = []
    for option in chosen:
        words += [option.opts[0]] if option.is_flag else [option.opts[0], value_of(option, rng)]
    if rng.random() < 0.8:
        words += ["--wrt", rng.choice(["x", "X", "w", "A", "a", "y"])]
    return [str(command.name), text, *words]


def inputs(seed: int) -> Iterator[tuple[str, Any]]:
    """Pairs of a way in and what goes in, without end."""
    rng, known = random.Random(seed), known_inputs()
    while True:
        if rng.random() < 0.5:
            data = program(rng).encode()
        else:
            data = damaged(rng, rng.choice(known) if rng.random() < 0.8 else program(rng))
        text = data.decode("utf-8", "surrogateescape" if rng.random() < 0.3 else "replace")
        yield "api", [text, rng.choice(["x", "X", "w", None, "x, y", "A", "[x, y]"])]
        if rng.random() < 0.7:
            yield "command", arguments(rng, text)
        else:
            yield "stdin", [arguments(rng, "-"), data.decode("latin-1")]


class TooLong(BaseException):
    """Computing took longer than it may; nothing catches this on its way."""


def through_api(text: str, wrt: Any) -> None:
    """Differentiate, and ask the answer for all that it has."""
    try:
        answer = matcalc.differentiate(text, wrt)
        _ = answer.text, answer.notes, answer.assumptions, answer.shapes_text, answer.index()
        with contextlib.suppress(MatcalcError):
            answer.latex()
        _ = answer.unicode
    except MatcalcError as error:
        check_error(error)


def check_error(error: MatcalcError) -> None:
    """What every error has: a message, and a position inside of what was typed."""
    assert error.message and str(error)
    assert error.exit_status in (1, 2)
    if error.position is not None and error.source is not None:
        start, end = error.position
        assert 0 <= start <= end <= len(error.source) + 1, (error.position, error.source)


def through_command(arguments: list[str], data: bytes | None = None) -> None:
    """Run the command line; its status is one of three, and nothing but an answer or an error is printed."""
    result = CliRunner().invoke(main, arguments, input=data)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code in (0, 1, 2), result.exit_code
    assert EPILOGUE not in result.output, result.output
    assert "Traceback" not in result.output, result.output


WAYS: dict[str, Callable[[list[Any]], None]] = {
    "api": lambda given: through_api(*given),
    "command": lambda given: through_command(given),
    "stdin": lambda given: through_command(given[0], given[1].encode("latin-1")),
}


def fault(way: str, given: Any) -> str:
    """What goes wrong with an input; nothing where nothing does."""

    def stop(*_: Any) -> None:
        raise TooLong

    signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, LONGEST)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            WAYS[way](given)
    except TooLong:
        return f"more than {LONGEST} s: " + traceback.format_exc(limit=-3).replace("\n", " ")[:400]
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:300] + " ... " + traceback.format_exc(limit=-2).replace("\n", " ")
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return ""


def megabytes() -> float:
    """The most memory that this process has held."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def fuzz(count: int, seed: int, seconds: float | None = None) -> int:
    """Try so many inputs, or for so long; the number of faults, each of them printed."""
    faults, begun, tried = 0, time.monotonic(), 0
    for way, given in inputs(seed):
        if tried >= count or (seconds is not None and time.monotonic() - begun > seconds):
            break
        tried += 1
        found = fault(way, given)
        if found:
            faults += 1
            print(json.dumps({"way": way, "given": given, "fault": found}), flush=True)
    if megabytes() > MOST_MEMORY:
        faults += 1
        print(json.dumps({"fault": f"{megabytes():.0f} MB"}))
    spent = time.monotonic() - begun
    print(f"{tried} inputs in {spent:.0f} s, {megabytes():.0f} MB, {faults} faults", file=sys.stderr)
    return faults


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float)
    options = parser.parse_args()
    sys.exit(min(1, fuzz(options.count, options.seed, options.seconds)))
