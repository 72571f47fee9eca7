"""What `quorate new` writes passes at once; it overwrites nothing."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import quorate
from quorate.checker.cli.main import run
from quorate.checker.conform.adapters.loading import load_adapter

SIZES = {"Client": 2, "Epoch": 1}


@pytest.fixture
def project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Path:
    monkeypatch.chdir(tmp_path)
    assert run(["new", "my-lock"]) == 0
    told = capsys.readouterr().out.split()
    found = sorted(f.relative_to(tmp_path) for f in tmp_path.rglob("*") if f.is_file())
    assert told[: len(found)] == [str(file) for file in found]
    monkeypatch.chdir("my-lock")
    return tmp_path / "my-lock"


def test_model_and_code_pass(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "model.py"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("MyLock  Client=2, Epoch=2\n") and "67 states, 180 transitions" in out
    assert "!" not in out
    assert quorate.conform("model.py", load_adapter("adapter.py:Adapter"), sizes=SIZES).holds


def test_it_is_whole_and_names_itself(project: Path) -> None:
    texts = [f.read_text(encoding="utf-8") for f in project.rglob("*") if f.is_file()]
    assert not [text for text in texts if "$name" in text or "$Protocol" in text]
    assert (project / "README.md").read_text().startswith("# my-lock\n")


@pytest.mark.exhaustive
def test_its_tests_and_proof_pass(project: Path) -> None:
    plugin = entry_points(group="pytest11", name="quorate")  # is it installed?
    named = [] if plugin else ["-p", "quorate.checker.testing.plugin"]
    command = [sys.executable, "-m", "pytest", "-q", *named]
    tests = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert "12 passed" in tests.stdout, tests.stdout
    assert quorate.prove("model.py").holds


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("9lives", "9lives: found no name for a project"),
        ("../up", "../up: found no name for a project"),
        ("a b", "a b: found no name for a project"),
        ("", "an empty name: found no name for a project"),
        ("none", "none: found no name for a project"),
        ("grant", "grant: the protocol would be called Grant, as something in it is"),
        ("protocol", "the protocol would be called Protocol"),
        ("taken", "taken: exists already, and is left as it is"),
    ],
)
def test_bad_names_are_refused(
    name: str,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("taken").write_text("mine")
    assert run(["new", name]) == 2
    assert said in capsys.readouterr().err
    assert [f.name for f in tmp_path.iterdir()] == ["taken"]
    assert Path("taken").read_text() == "mine"


def test_a_disk_that_is_full_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(self: Path, *_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Path, "write_text", full)
    assert run(["new", "lock"]) == 2
    assert "the disk is full" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
