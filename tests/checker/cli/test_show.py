"""`quorate show`: any trace that can be read can be looked at, without its model."""

from __future__ import annotations

from pathlib import Path

import pytest

from quorate.checker.cli.main import run

CASES = Path(__file__).parents[2] / "cases" / "itf"
QUINT = CASES / "no_model.itf.json"


def test_a_trace_of_quint(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["show", str(QUINT), "--width", "90"]) == 0
    out = capsys.readouterr().out
    assert "SumTypes.qnt\ninitially value: None\n" in out
    assert "1  (unnamed step)  value: None → Some(value=40)" in out
    assert "1  (unnamed step)  ●" in out


def test_as_ascii_and_as_mermaid(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["show", str(QUINT), "--ascii"]) == 0
    out = capsys.readouterr().out
    assert out.isascii() and "None -> Some(value=40)" in out
    assert run(["show", str(QUINT), "--as", "mermaid"]) == 0
    assert capsys.readouterr().out.startswith("sequenceDiagram\n")


def test_what_cannot_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    file = str(CASES / "key_twice.itf.json")
    assert run(["show", file]) == 2
    error = capsys.readouterr().err
    assert (
        error == f"error: {file}: states[0].m.#map[1]: found the key a twice, expected each once\n"
    )
    assert run(["show", "nowhere.itf.json"]) == 2
    assert "nowhere.itf.json: found no such file or folder" in capsys.readouterr().err
