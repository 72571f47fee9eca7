"""The ways into the command besides `quorate`: as a module, its version, a shell's completion."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete

import quorate
from quorate.checker.cli.main import COMPLETE, VERBS, main
from quorate.checker.cli.main import quorate as command
from quorate.checker.one_thread import VARIABLE


def test_it_runs_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "quorate", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"quorate, version {version('quorate')}\n"
    assert done.stderr == ""


def test_the_package_has_its_version() -> None:
    assert quorate.__version__ == version("quorate")


def test_only_numpy_is_told_to_start_no_threads(tmp_path: Path) -> None:
    show = "import os; print(os.environ.get('OPENBLAS_NUM_THREADS'))\n"
    (tmp_path / "numpy.py").write_text(show)
    begun = "from quorate.checker.one_thread import one_thread; one_thread()\n"
    code = f"{begun}{show}import numpy\n{show}"
    for given, expected in (({}, ["None", "1", "None"]), ({VARIABLE: "3"}, ["3"] * 3)):
        clean = {name: text for name, text in os.environ.items() if name != VARIABLE}
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**clean, **given, "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.split() == expected


def completed(*begun: str) -> list[str]:
    *arguments, last = begun
    found = ShellComplete(command, {}, "quorate", COMPLETE).get_completions(arguments, last)
    return [item.value for item in found]


def test_a_shell_completes() -> None:
    assert completed("") == list(VERBS)
    assert completed("ch") == ["check"]
    assert completed("check", "--sym") == ["--symmetry"]
    assert completed("check", "Paxos", "--search", "b") == ["breadth-first", "best-first"]
    assert completed("prove", "Paxos") == ["Paxos", "PaxosRoles"]
    assert completed("refine", "Paxos", "Vo") == ["Voting"]


def test_files_complete_a_protocol_that_is_not_bundled() -> None:
    [found] = ShellComplete(command, {}, "quorate", COMPLETE).get_completions(["check"], "mine/")
    assert (found.type, found.value) == ("file", "mine/")


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_script_for_a_shell_is_printed(
    shell: str, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setenv(COMPLETE, f"{shell}_source")
    with pytest.raises((SystemExit, click.exceptions.Exit)):
        main()
    assert b"_quorate_completion" in capsysbinary.readouterr().out
