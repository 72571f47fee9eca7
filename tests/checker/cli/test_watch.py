"""`--watch`: a verb runs again when a file that it read is saved, and Ctrl-C ends it.

What a user does meanwhile is done where the verb waits: in its `sleep`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from quorate.checker.cli import watch
from quorate.checker.cli.main import run

MODEL = """\
from quorate.model.language import *

from rules import LIMIT


class Step(Nat): ...


class Climb(Protocol):
    at: Step = 0

    @action
    def up(self) -> None:
        require(any(self.at < s for s in Step))
        self.at += 1

    @invariant
    def low(self) -> bool:
        return self.at < LIMIT
"""
ARGUMENTS = ["climb.py", "-s", "Step=2", "--watch"]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "climb.py").write_text(MODEL)
    (tmp_path / "rules.py").write_text("LIMIT = 3\n")
    yield tmp_path
    sys.modules.pop("rules", None)


def during(monkeypatch: pytest.MonkeyPatch, *acts: Callable[[], object]) -> None:
    """Do one of these each time that the verb waits; then press Ctrl-C."""
    left, tick = iter(acts), iter(range(1, 100))

    def sleep(_: float) -> None:
        act = next(left, None)
        if act is None:
            raise KeyboardInterrupt
        act()
        for file in Path.cwd().glob("*.py"):  # saved so many seconds later
            then = file.stat().st_mtime_ns
            if act.__name__ in ("rules", "model"):
                os.utime(file, ns=(then, then + next(tick) * 10**9))

    monkeypatch.setattr(watch.time, "sleep", sleep)


def rules(limit: int) -> Callable[[], object]:
    def rules() -> None:
        Path("rules.py").write_text(f"LIMIT = {limit}\n")

    return rules


def model(text: str) -> Callable[[], object]:
    def model() -> None:
        Path("climb.py").write_text(text)

    return model


def nothing() -> None:
    """Time passes."""


def exit_codes(out: str) -> list[int]:
    return [int(line.split()[2].strip(";")) for line in out.splitlines() if "; waiting" in line]


def test_it_runs_again_with_what_was_saved(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    slip = MODEL.replace("self.at < LIMIT", "self.att < LIMIT")
    during(monkeypatch, nothing, rules(2), nothing, model(slip), model(MODEL), rules(3))
    assert run(["check", *ARGUMENTS]) == 130
    out, err = capsys.readouterr()
    assert exit_codes(out) == [0, 1, 3, 1, 0]
    assert out.count(" has changed\n") == 4
    assert "did you mean `self.at`?" in err
    assert "\x1b" not in out


def test_a_file_that_is_gone_and_comes_back(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def gone() -> None:
        (project / "climb.py").unlink()

    during(monkeypatch, gone, model(MODEL))
    assert run(["check", *ARGUMENTS]) == 130
    out, err = capsys.readouterr()
    assert "climb.py: no such file" in err
    assert exit_codes(out) == [0, 2, 0]


def test_new_sizes_of_the_project_are_noticed(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def settings() -> None:
        (project / "quorate.toml").write_text("sizes = {Step = 1}\n")

    during(monkeypatch, settings)
    assert run(["check", "climb.py", "--watch"]) == 130
    out, err = capsys.readouterr()
    assert "needs a size for Step" in err and "quorate.toml has changed" in out
    assert "Climb  Step=1" in out


def test_ctrl_c_during_the_verb_ends_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("quorate.checker.loading.load_protocol", interrupted)
    assert run(["check", *ARGUMENTS]) == 130
    assert "waiting" not in capsys.readouterr().out


def test_it_is_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", *ARGUMENTS, "--json"]) == 2
    assert "--watch shows results to people" in capsys.readouterr().err


def test_what_other_modules_are_stays_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    before = set(sys.modules)
    during(monkeypatch, rules(2))
    run(["check", *ARGUMENTS])
    assert before <= set(sys.modules)
    assert sys.dont_write_bytecode is bool(os.environ.get("PYTHONDONTWRITEBYTECODE"))
