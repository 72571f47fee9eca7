"""The ways into the command besides `quorate`: as a module, its version, a shell's completion."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

import click
import pytest
from click.shell_completion import ShellComplete

import quorate
from quorate.checker.cli.main import COMPLETE, VERBS, main
from quorate.checker.cli.main import quorate as command


def test_it_runs_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "quorate", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"quorate, version {version('quorate')}\n"
    assert done.stderr == ""


def test_the_package_has_its_version() -> None:
    assert quorate.__version__ == version("quorate")


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
