"""Thousands of seeds by one command: each setting runs, and what fails can be run again."""

from __future__ import annotations

import shlex

import pytest

from quorate.impl import seeds
from quorate.impl.seeds import SETTINGS, main


def test_all_settings_run_and_hold(capsys):
    assert main(["--runs", str(len(SETTINGS)), "--workers", "1"]) == 0
    told = ", ".join(f"1 of {name}" for name in SETTINGS)
    assert capsys.readouterr().out == f"✓ 0 of {len(SETTINGS)} runs failed: {told}\n"


def test_a_run_that_fails_is_run_again_by_the_command_it_prints(capsys, monkeypatch):
    trials = {"good": lambda seed: None, "bad": lambda seed: "it broke" if seed == 1 else None}
    monkeypatch.setattr(seeds, "SETTINGS", trials)
    assert main(["--runs", "6", "--workers", "2"]) == 1
    problem, command, verdict = capsys.readouterr().out.splitlines()
    assert problem == "✗ it broke" and verdict == "✗ 1 of 6 runs failed: 3 of good, 3 of bad"
    assert main(shlex.split(command)[3:]) == 1
    assert capsys.readouterr().out.splitlines()[0] == problem


@pytest.mark.parametrize("given", [["--runs", "0"], ["--workers", "0"]])
def test_bad_arguments(given, capsys):
    assert main(given) == 2
    assert "at least 1" in capsys.readouterr().err


@pytest.mark.exhaustive
def test_many_runs(capsys):
    assert main(["--runs", "1200"]) == 0
