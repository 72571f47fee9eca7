"""`quorate doctor`: what is here, and what is wrong."""

from __future__ import annotations

import importlib
import json
import os
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pytest

from quorate.checker import environment
from quorate.checker.cli.main import run
from quorate.checker.explore.codegen import prepared

from .cli.shared import VALIDATOR


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Packages need not be loaded to see what is told of them."""
    monkeypatch.setattr(environment, "importlib", _Importing({}))
    monkeypatch.setenv("QUORATE_CACHE", str(tmp_path / "cache"))


class _Importing:
    """What stands in for importlib: modules that fail to load."""

    util = importlib.util

    def __init__(self, failing: dict[str, Exception]) -> None:
        self._failing = failing

    def import_module(self, name: str) -> None:
        if name in self._failing:
            raise self._failing[name]


def told(capsys: pytest.CaptureFixture[str], code: int) -> dict[str, Any]:
    assert run(["doctor", "--json"]) == code
    document = json.loads(capsys.readouterr().out)
    VALIDATOR.validate(document)
    return {fact["name"]: fact for fact in document["facts"]}


def test_what_is_here(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = told(capsys, 0)
    assert {"Python", "quorate", "numba", "z3-solver", "cache", "terminal"} <= found.keys()
    assert found["quorate"]["said"].startswith(version("quorate"))
    assert found["compiled search"]["standing"] == "good"
    assert found["cache"]["said"] == f"{tmp_path / 'cache'}: 0 bytes in 0 files"
    assert "ray" in found and "pytest" not in found  # what developers need is not asked for
    assert run(["doctor", "--ascii"]) == 0
    out = capsys.readouterr().out
    assert out.isascii() and out.endswith("ok all that is needed is here\n")


def test_a_package_that_is_missing_or_does_not_load(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def there(name: str) -> str:
        if name in ("rich", "cvc5"):
            raise PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(environment, "version", there)
    broken = _Importing({"z3": OSError("libz3.so: cannot open shared object file")})
    monkeypatch.setattr(environment, "importlib", broken)
    found = told(capsys, 2)
    assert found["rich"] == {
        "name": "rich",
        "standing": "bad",
        "said": "missing: pip install rich",
    }
    assert found["cvc5"]["standing"] == "absent"
    assert found["cvc5"]["said"] == "not installed: pip install 'quorate[cvc5]'"
    assert "does not load: OSError: libz3.so: cannot open" in found["z3-solver"]["said"]
    assert run(["doctor"]) == 2
    out = capsys.readouterr().out
    assert out.endswith("✗ 2 things needed do not work\n")


def test_a_folder_that_cannot_be_written(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("QUORATE_CACHE", str(tmp_path / "file" / "cache"))
    found = told(capsys, 2)["cache"]
    assert found["standing"] == "bad"
    assert "Not a directory: each run compiles anew; set QUORATE_CACHE" in found["said"]


def test_compiled_code_for_another_machine(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = 'target triple = "sparc-unknown-plan9"'
    monkeypatch.setattr(prepared, "_texts", lambda: {"x.ll": text})
    assert "it is for another kind of machine" in told(capsys, 0)["compiled search"]["said"]
    monkeypatch.setattr(prepared, "_texts", dict)
    assert "the archive with it is missing or damaged" in told(capsys, 0)["compiled search"]["said"]


def test_colours_and_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment.sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(environment.shutil, "get_terminal_size", lambda: os.terminal_size((72, 20)))
    for name, value in (("TERM", "xterm"), ("NO_COLOR", "1")):
        monkeypatch.delenv("NO_COLOR", raising=False)
        monkeypatch.setenv(name, value)
        colour = "no colour" if name == "NO_COLOR" else "colour"
        assert environment._terminal().said.startswith(f"a terminal, 72 columns, {colour}, utf-8")
