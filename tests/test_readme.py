"""Every transcript in the documentation is what the command prints, and the README's commands are the CI's."""

from __future__ import annotations

import doctest
import importlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PYTHON_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def transcripts() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Each console block with its page: the commands behind `$ `, each with what it prints."""
    for page in PAGES:
        for block in BLOCK.findall(page.read_text(encoding="utf-8")):
            entries = (entry.partition("\n") for entry in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:])
            yield page.name, [(command, printed) for command, _, printed in entries]


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A search path on which `matcalc` is this checkout."""
    folder = tmp_path_factory.mktemp("bin")
    command = folder / "matcalc"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m matcalc "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    return {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}


BLOCKS = [pytest.param(entries, id=f"{page}: {entries[0][0]}") for page, entries in transcripts()]


@pytest.mark.parametrize("entries", BLOCKS)
def test_transcript(entries: list[tuple[str, str]], environment: dict[str, str], tmp_path: Path) -> None:
    for command, printed in entries:
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=60,
        )
        assert masked(done.stdout) == masked(printed), command


def masked(printed: str) -> str:
    """Without the rounding errors that a check found, which are another machine's."""
    return re.sub(r"(?<=largest relative error )\d(e-\d+)?(?=: ok)", "...", printed)


def test_the_readme_shows_a_transcript() -> None:
    assert any(page == "README.md" and entries for page, entries in transcripts())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_blocks_run(page: Path) -> None:
    """A line `expression   # result` prints what its comment says."""
    scope: dict[str, object] = {}
    for block in PYTHON_BLOCK.findall(page.read_text(encoding="utf-8")):
        for statement, result in statements(block):
            if result is None:
                exec(statement, scope)
            else:
                assert str(eval(statement, scope)) == result, statement


def statements(block: str) -> Iterator[tuple[str, str | None]]:
    for line in block.splitlines():
        statement, _, result = line.partition("  # ")
        if statement.strip():
            yield statement.strip(), result.strip() or None


MODULES = sorted((ROOT / "matcalc").rglob("*.py"))


@pytest.mark.parametrize(
    "path", [path for path in MODULES if ">>> " in path.read_text(encoding="utf-8")], ids=lambda path: path.stem
)
def test_examples_of_a_module_run(path: Path) -> None:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted > 0
    assert found.failed == 0


def test_ci_runs_the_two_commands_of_the_readme() -> None:
    """Each command stands in one line under its name, where `.ci/run` looks for it."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in ("run", "test"):
        assert len(re.findall(rf"^# {name}\npython3 -m venv .+$", readme, re.MULTILINE)) == 1
        assert f"readme_command {name}" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


@pytest.mark.parametrize("script", sorted((ROOT / "examples").glob("*.py")), ids=lambda path: path.name)
def test_example_runs(script: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, str(script)], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout
