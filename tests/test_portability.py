"""What Quorate takes of a system: nothing of POSIX to be imported, and the packages that are said.

That it runs is tested on Linux alone.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from quorate.checker import errors
from quorate.checker.cli.main import run
from quorate.checker.conform.adapters.by_name import adapter_named
from quorate.checker.errors import InputError
from quorate.checker.workers import workers
from quorate.model.paxos import Paxos

from .support import portability

ROOT = Path(__file__).parents[1]
FOLDERS = ("checker", "impl", "model", "traces")
AT_THE_TOP = re.compile(rf"^(?:import|from) (?:{'|'.join(portability.MODULES)})\b", re.MULTILINE)


def test_no_module_imports_what_only_posix_has() -> None:
    files = [file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py")]
    assert len(files) > 500
    assert not [f for f in files if AT_THE_TOP.search(f.read_text(encoding="utf-8"))]


@pytest.mark.exhaustive
def test_every_module_is_imported_without_posix() -> None:
    program = Path(portability.__file__)
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 500


def test_every_file_is_opened_with_an_encoding() -> None:
    """By a rule of ruff, which `make lint` applies."""
    lint = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
    assert "PLW1514" in lint["select"] and lint["preview"]


def test_processes_of_ones_own_take_posix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors, "POSIX", False)
    with pytest.raises(InputError, match="work in several processes takes Linux, macOS or WSL"):
        workers(1, len).__enter__()
    with pytest.raises(InputError, match="an adapter or a node in a process of its own takes"):
        adapter_named("quorate.checker.conform.adapters.paxos:PaxosAdapter", Paxos, None)


@pytest.mark.parametrize(
    ("module", "package", "arguments"),
    [
        ("z3", "z3-solver", ["quorums", "Paxos"]),
        ("networkx", "networkx", ["check", "Paxos"]),
        ("pysat", "python-sat", ["check", "Paxos"]),
    ],
)
def test_a_package_that_is_left_out(
    module: str,
    package: str,
    arguments: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def load(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {module!r}", name=module)

    monkeypatch.setattr("quorate.checker.cli.main.importlib.import_module", load)
    assert run(arguments) == 2
    said = f"error: this takes {module}, which is not here: pip install {package}\n"
    assert capsys.readouterr().err == said
