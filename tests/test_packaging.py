"""The wheel and the source distribution carry grammar and rules, and the installed command answers."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LEAST_SQUARES = ["diff", "(X*theta-y)'*(X*theta-y)", "--wrt", "theta"]
ANSWER = "2*X'*(X*theta - y)\n"


def data_files() -> set[str]:
    """The files of grammar/ and rules/, relative to the project."""
    found = [*(ROOT / "grammar").glob("*"), *(ROOT / "rules").glob("*")]
    return {path.relative_to(ROOT).as_posix() for path in found if path.is_file()}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The wheel and the source distribution, built by the backend that pyproject.toml names."""
    pytest.importorskip("hatchling", reason="the build backend hatchling is not installed")
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-d", str(folder)], cwd=ROOT, check=True)
    return next(folder.glob("*.whl")), next(folder.glob("*.tar.gz"))


def test_wheel_carries_grammar_rules_and_type_marker(built: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(built[0]) as wheel:
        names = set(wheel.namelist())
    assert data_files()
    assert {f"matcalc/_data/{name}" for name in data_files()} <= names
    assert "matcalc/py.typed" in names
    assert not {name.split("/")[0] for name in names} & {"tests", "docs", "grammar", "rules"}


def test_source_distribution_carries_everything(built: tuple[Path, Path]) -> None:
    with tarfile.open(built[1]) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames()}
    assert data_files() <= names
    assert {"pyproject.toml", "LICENSE", "README.md", "tests/data/cases.json", "docs/architecture.md"} <= names


def fresh_environment(folder: Path) -> Path:
    """A new environment that sees this one's dependencies but not this checkout; the path of its Python."""
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    where = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    site = Path(subprocess.run(where, capture_output=True, text=True, check=True).stdout.strip())
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return python


def test_installed_wheel_answers(built: tuple[Path, Path], tmp_path: Path) -> None:
    python = fresh_environment(tmp_path / "environment")
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, str(built[0])], check=True)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    command = [str(python.with_name("matcalc")), *LEAST_SQUARES]
    done = subprocess.run(command, cwd=tmp_path, env=clean, capture_output=True, text=True, check=True)
    assert done.stdout == ANSWER
    where = [str(python), "-c", "import matcalc; print(matcalc.__file__)"]
    place = subprocess.run(where, cwd=tmp_path, env=clean, capture_output=True, text=True, check=True).stdout
    assert Path(place.strip()).is_relative_to(tmp_path)


def test_plain_checkout_answers(tmp_path: Path) -> None:
    """Without an installation, from any folder."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "matcalc", *LEAST_SQUARES]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == ANSWER
