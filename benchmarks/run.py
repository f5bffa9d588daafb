"""Time matcalc against SymPy, as ratios of CPU time within this one run: `python benchmarks/run.py`.

Cold start is that of the installed command where there is one beside this Python (with its compiled files),
else of `python -m matcalc`. In process, both libraries start every repeat with empty caches; SymPy's part is
`.diff` alone, ours is reading the text, differentiating, and printing the answer.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from problems import PROBLEMS, in_sympy

REPEATS = 15
BUDGET = 20.0  # seconds for one problem in one library
COLD_GOAL, LEAST_SQUARES_GOAL = 0.35, 1 / 60
DIFF = ["diff", "(X*theta-y)'*(X*theta-y)", "--wrt", "theta"]
ROOT = Path(__file__).resolve().parent.parent


def environment() -> dict[str, str]:
    """This environment, with compiled files allowed."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    if installed_command() is None:
        kept["PYTHONPATH"] = str(ROOT)
    return kept


def installed_command() -> Path | None:
    """The `matcalc` beside this Python."""
    command = Path(sys.executable).with_name("matcalc")
    return command if command.exists() else None


def child_seconds(command: list[str]) -> float:
    """CPU time of one run of a command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=environment(), stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


def cold_start() -> float:
    """CPU time of a cold `matcalc diff` over that of `import sympy`, measured in turn."""
    installed = installed_command()
    ours = [str(installed)] if installed else [sys.executable, "-m", "matcalc"]
    commands = {"matcalc": [*ours, *DIFF], "sympy": [sys.executable, "-c", "import sympy"]}
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for repeat in range(REPEATS + 1):
        for name, command in commands.items():
            taken = child_seconds(command)
            if repeat:  # the first run writes the compiled files
                seconds[name].append(taken)
    return statistics.median(seconds["matcalc"]) / statistics.median(seconds["sympy"])


def loaded_modules() -> tuple[int, list[str]]:
    """How many modules a cold text answer loads, and which of the heavy ones."""
    code = (
        "import sys\nfrom matcalc.cli import main\n"
        f"main({DIFF!r}, standalone_mode=False)\n"
        "print(len(sys.modules), *[name for name in ('sympy', 'numpy', 'scipy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True)
    count, *heavy = done.stdout.splitlines()[-1].split()
    return int(count), heavy


def process_seconds(function: Callable[[], object], clear: Callable[[], object]) -> float:
    """The median CPU time of a call that starts with empty caches."""
    taken: list[float] = []
    while len(taken) < REPEATS and sum(taken) < BUDGET:
        clear()
        start = time.process_time()
        function()
        taken.append(time.process_time() - start)
    return statistics.median(taken)


def problem_ratios() -> dict[str, float | str]:
    """For each problem our time over SymPy's, or why SymPy gives none."""
    from sympy.core.cache import clear_cache

    if installed_command() is None:
        sys.path.insert(0, str(ROOT))
    import matcalc

    theirs = in_sympy()
    ratios: dict[str, float | str] = {}
    for name, (text, wrt, order) in PROBLEMS.items():

        def ours(text: str = text, wrt: str = wrt, order: int = order) -> str:
            return matcalc.differentiate(text, wrt=wrt, order=order).text

        ours()
        own = process_seconds(ours, matcalc.clear_cache)
        try:
            if str(theirs[name]()) == "0":
                ratios[name] = f"SymPy answers 0, which is wrong; ours takes {1000 * own:.2f} ms"
            else:
                ratios[name] = own / process_seconds(theirs[name], clear_cache)
        except Exception as error:
            ratios[name] = f"SymPy raises {type(error).__name__}; ours takes {1000 * own:.2f} ms"
    return ratios


def main() -> int:
    """Print the ratios; the exit status says whether the two goals hold."""
    cold = cold_start()
    print(f"cold `matcalc diff` over `import sympy`: {cold:.3f}   (goal: at most {COLD_GOAL})")
    count, heavy = loaded_modules()
    print(f"modules loaded by it: {count}, of the heavy ones: {', '.join(heavy) or 'none'}")
    print("parse + differentiate + print over SymPy's .diff alone:")
    ratios = problem_ratios()
    for name, ratio in ratios.items():
        print(f"  {name:<22}" + (f"1/{1 / ratio:.0f}" if isinstance(ratio, float) else ratio))
    numbers = [ratio for ratio in ratios.values() if isinstance(ratio, float)]
    print(f"  geometric mean        1/{1 / statistics.geometric_mean(numbers):.0f}")
    least_squares = ratios["least squares"]
    fast = isinstance(least_squares, float) and least_squares <= LEAST_SQUARES_GOAL
    print(f"goals {'met' if fast and cold <= COLD_GOAL and not heavy else 'MISSED'}")
    return 0 if fast and cold <= COLD_GOAL and not heavy else 1


if __name__ == "__main__":
    sys.exit(main())
