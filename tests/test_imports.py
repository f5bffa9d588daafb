"""Imports run one way, and a light start stays light."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "matcalc"
# the stages from the bottom up; a module imports only modules of its own stage and of those above its line
STAGES = """
errors __init__
interning dimensions
kinds symbols
expr indicators signature opaque_signature
spelling declarations table_cache grammar complaints nodes syntax operand_syntax
extents families member_counts binding
shapes signature_shapes constraints products operators calls opaque_shapes structural inference elaborate
latex
parser
intervals rule_curves
rule_lines rule_fields rule_formulas templates linearity rule_differentials rule_entries rule_known
opaque_function rulebook
formulas
terms
sums labelling selectors components
tensor commuting substitution entrywise opaque_terms
lower
record
closed_forms differentiation layout
variables
stacked places partials
lifting
reading forms network kronecker blocks part_names stretches subsums parts sum_notation matrixform
matching distinct patterns rewriting factoring quotients expanding denominators vanishing regrouping simplify
recognition full_expansion full_factoring
elimination witness_draws witness_products witness_functions witness_opaque witness_calls witness agreement guard
ranges definiteness logarithms composition smoothness linear_maps linear_equations
printers slices indexform shape_arithmetic
sympy_sums sympy_scalars sympy_matrices sympy_input
operands stacks opaque_values sampling differences contraction report numeric evaluation
rule_checks curve_checks rule_verdicts
rounding measuring verify solution_checks
wrt assumptions hints known_results lints signs wording presentation notation statements answers
vector_products differentials derivatives
separate
stages sweeps
steps entry_latex step_printing
derivation chain_steps index_steps differential_steps step_styles
api
guesses trials ratios term_faults factor_faults counterexample judgement judging
curvature equations squared solving updates
function_table computation_graph graph_drawing
arguments literals options rule_commands step_answers answering
check_command graph_commands solution_commands cli __main__
"""
RANK = {name: rank for rank, line in enumerate(STAGES.split("\n")) for name in line.split()}
# imports inside functions that point up, each with its reason
UPWARD = {
    ("parser", "rulebook"): "the built-in rules, where the caller gives none",
    ("derivatives", "step_styles"): "the steps, which are made when asked for",
}


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Every module of the package by its dotted name inside it, with its syntax tree."""
    for path in sorted(PACKAGE.rglob("*.py")):
        yield ".".join(path.relative_to(PACKAGE).with_suffix("").parts), ast.parse(path.read_text(encoding="utf-8"))


def at_run_time(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module and of its functions, without those for type checkers."""
    for statement in body:
        if isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.dump(statement.test):
            yield from at_run_time(statement.orelse)
            continue
        yield statement
        for part in ("body", "orelse", "finalbody", "handlers"):
            for inner in getattr(statement, part, []):
                yield from at_run_time([inner] if isinstance(inner, ast.stmt) else inner.body)


def imported(statement: ast.stmt) -> Iterator[str]:
    """The modules of the package that an import statement names, without the leading `matcalc.`."""
    if isinstance(statement, ast.Import):
        names = [alias.name for alias in statement.names]
    elif isinstance(statement, ast.ImportFrom):
        assert statement.level == 0, f"line {statement.lineno}: a relative import"
        names = [f"{statement.module}.{alias.name}" for alias in statement.names]
    else:
        return
    for name in names:
        first, *rest = name.split(".")
        if first == "matcalc" and rest:
            yield rest[0] if rest[0] in RANK else "__init__"


def test_every_module_has_a_place_in_the_order() -> None:
    names = {name.split(".")[0] for name, _ in modules()}
    assert names == set(RANK)


def test_architecture_names_every_module_in_this_order() -> None:
    page = (PACKAGE.parent / "docs" / "architecture.md").read_text(encoding="utf-8")
    lines = [re.findall(r"`(\w+)`", row.split("|")[2]) for row in page.splitlines() if row.startswith("| ")][1:]
    assert {name for line in lines for name in line} == set(RANK) - {"__init__", "__main__"}
    ranks = [RANK[line[0]] for line in lines]
    assert ranks == sorted(ranks)


@pytest.mark.parametrize(("name", "tree"), [pytest.param(*module, id=module[0]) for module in modules()])
def test_module_imports_no_later_stage(name: str, tree: ast.Module) -> None:
    own = name.split(".")[0]
    for statement in at_run_time(tree.body):
        for used in imported(statement):
            allowed = RANK[used] <= RANK[own] or (own, used) in UPWARD
            assert allowed, f"{name} imports {used} (line {statement.lineno})"


def test_no_module_imports_itself_in_a_roundabout_way() -> None:
    """Neither when loaded nor later, but for the listed exceptions."""
    uses: dict[str, set[str]] = {}
    for name, tree in modules():
        own = name.split(".")[0]
        found = {used for statement in at_run_time(tree.body) for used in imported(statement)}
        uses.setdefault(own, set()).update(used for used in found - {own} if (own, used) not in UPWARD)
    while uses:
        leaves = {name for name, used in uses.items() if not used & uses.keys()}
        assert leaves, f"a cycle among {sorted(uses)}"
        uses = {name: used for name, used in uses.items() if name not in leaves}


@pytest.mark.parametrize(
    "code",
    [
        "import matcalc",
        "import matcalc; matcalc.differentiate(\"x'*A*x\", wrt='x').text",
        "import matcalc; matcalc.differentiate(\"x'*A*x\", wrt='x').latex()",
        'from matcalc.cli import main; main(["diff", "x\'*A*x", "--wrt", "x", "--shapes"], standalone_mode=False)',
    ],
)
def test_text_and_latex_load_neither_sympy_nor_numpy(code: str) -> None:
    report = "import sys; print([name for name in ('sympy', 'numpy', 'scipy') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", f"{code}\n{report}"], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
