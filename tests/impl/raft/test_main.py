"""The command line of Raft's simulator: what fails is run again by the command that it prints."""

from __future__ import annotations

import shlex

import pytest

from quorate.impl.raft.__main__ import main


def test_a_failing_seed_is_run_again_by_the_command_it_prints(capsys):
    options = ["--impl", "changes-at-once", "--change", "--spares", "2"]
    assert main(["--seeds", "12", *options]) == 1
    *told, verdict = capsys.readouterr().out.splitlines()
    assert told and verdict == f"✗ {len(told) // 2} of 12 seeds failed"
    assert main(shlex.split(told[1])[3:]) == 1
    assert capsys.readouterr().out.splitlines()[0] == told[0]


def test_a_history_is_written_for_linearize(tmp_path, capsys):
    file = tmp_path / "h.jsonl"
    assert main(["--seed", "3", "--drift", "20", "--history", str(file)]) == 0
    assert capsys.readouterr().out.startswith("✓ ")
    assert file.read_text().count('"invoke"') == 30


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--seeds", "0"], "--seeds is at least 1, not 0."),
        (["--compact", "0"], "--compact is at least 1, not 0."),
        (["--nodes", "0"], "at least one server"),
        (["--seeds", "3", "--history", "x"], "--history is of one run: give --seed."),
        (["--seed", "3", "--history", "/nowhere/x"], "No such file"),
    ],
)
def test_what_cannot_be_run_is_said(options, said, capsys):
    assert main(options) == 2
    assert said in capsys.readouterr().err
