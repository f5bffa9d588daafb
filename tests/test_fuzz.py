"""Whatever is typed ends in an answer or in an error of matcalc's own, soon and in little memory, and runs nothing.

`--fuzz N` asks for more of the random inputs; `fuzzing.py` by itself runs for as long as it is told.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import matcalc
from fuzzing import DATA, fault, inputs
from matcalc.cli import main
from matcalc.rulebook import load_rulebook

FOUND = json.loads((DATA / "fuzz_found.json").read_text("utf-8"))


@pytest.mark.parametrize("one", FOUND, ids=lambda one: f"{one['way']}: {one['given'][0]}"[:60])
def test_what_once_went_wrong(one: dict[str, object]) -> None:
    assert fault(str(one["way"]), one["given"]) == ""


def test_random_inputs(request: pytest.FixtureRequest) -> None:
    """In a process of their own, so that the memory is theirs."""
    count = request.config.getoption("--fuzz")
    command = [sys.executable, str(Path(__file__).parent / "fuzzing.py"), "--count", str(count), "--seed", "5"]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr.startswith(f"{count} inputs")


def test_inputs_follow_from_the_seed() -> None:
    first, second = ([next(source) for _ in range(20)] for source in (inputs(3), inputs(3)))
    assert first == second != [next(inputs(4)) for _ in range(20)]


def test_a_fault_is_found() -> None:
    """The harness itself: an error that is none of matcalc's, and a way to hang, are noticed."""
    assert "TypeError" in fault("api", [3.5, {"x": 1}, 7])
    assert fault("stdin", [["no", "such", "command"], 3.5]) and not fault("stdin", [["no", "such", "command"], ""])


# what would show if any of it were run
HOSTILE = ["__import__('os').system('touch {0}')", "`touch {0}`", "$(touch {0})", "open('{0}','w')", "\\input{{{0}}}"]


@pytest.mark.parametrize("template", HOSTILE)
@pytest.mark.parametrize("command", ["diff", "hessian", "eval", "graph"])
def test_inputs_run_nothing(template: str, command: str, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    hostile = template.format(mark)
    for arguments in ([hostile, "--wrt", "x"], ["x^2", "--wrt", hostile], ["x^2", "--var", f"x: {hostile}"]):
        result = CliRunner().invoke(main, [command, *arguments])
        assert result.exit_code in (1, 2) and isinstance(result.exception, SystemExit)
        assert "Traceback" not in result.output
    assert not mark.exists()


@pytest.mark.parametrize(
    "line",
    [
        'fn bad(x) d = dx numpy = "{0}"',
        'fn bad(x) = x^2 d = 2*x*dx numpy = "{0}"',
        "def bad(x) = {0}",
        "rule {0} -> 1",
        'fn bad(x) d = "{0}"',
        'fn bad(x) = x^2 d = 2*x*dx latex = "{0}"',
        'later bad "{0}"',
        "import os; {0}",
    ],
)
def test_rule_files_run_nothing(line: str, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    file = tmp_path / "my.rules"
    code = f"__import__('pathlib').Path('{mark}').touch()"
    file.write_text(line.format(code) + "\n", "utf-8")
    for arguments in (
        ["diff", "bad(x)", "--wrt", "x", "--check"],
        ["eval", "bad(a)", "--at", "a=1"],
        ["rules", "list"],
    ):
        result = CliRunner().invoke(main, [*arguments, "--rules", str(file)])
        assert result.exit_code in (0, 1, 2) and "Traceback" not in result.output
        assert result.exception is None or isinstance(result.exception, SystemExit)
    assert not mark.exists()


def test_templates_of_other_files_are_not_read_as_numpy(tmp_path: Path) -> None:
    file = tmp_path / "my.rules"
    file.write_text('fn bad(x) = x^2 d = 2*x*dx numpy = "np.square(${x})"\n', "utf-8")
    with pytest.raises(matcalc.MatcalcError, match="would run as code"):
        load_rulebook([file])


@pytest.mark.parametrize("name", ["a'\"; import os", "x\n__import__('os')", "__class__", "lambda", "x.y", "os"])
def test_names_in_generated_code_are_names(name: str) -> None:
    """A name is one of the language, or refused; what is printed as code compiles to one function and no more."""
    try:
        source = matcalc.differentiate("q*z^2", "z", variables={name: "scalar", "z": "scalar"}).numpy_source()
    except matcalc.MatcalcError:
        return
    statements = ast.parse(source).body
    assert all(isinstance(one, (ast.Import, ast.ImportFrom, ast.FunctionDef)) for one in statements)
    imported = {alias.name for one in statements if isinstance(one, ast.Import) for alias in one.names}
    assert imported <= {"numpy", "scipy"}


def test_no_state_is_left_of_what_failed() -> None:
    """Sizes that are known to be 1 were once changed for every later input."""
    before = matcalc.differentiate("norm2(A*x - b)^2", "x").text
    for text in ("s = W1; x_i@a+f.*theta^z", "dot(w, x) +y_j b", "norm2(f - y)^2 + l*f2", "[x; eye] + vec(a)"):
        fault("api", [text, "x"])
    assert matcalc.differentiate("norm2(A*x - b)^2", "x").text == before
    from matcalc.extents import SINGLE

    assert SINGLE.is_one and not SINGLE.many and not SINGLE.is_open and not SINGLE.watchers
