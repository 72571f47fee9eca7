"""A baseline: less than it says is a loss, said by name with what was and what is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from quorate.checker.errors import InputError
from quorate.checker.project.measured import (
    Baseline,
    Measured,
    covered,
    losses,
    read_baseline,
    written,
)
from quorate.checker.project.results import CheckEnding, CheckPart, CheckReport, lost
from quorate.checker.results import Exploration, GuardCoverage, Outcome

FULL = Measured(
    protocol="m.py:P",
    model="m0",
    asked="a0",
    sizes={"A": 2},
    faults={},
    states=1000,
    transitions=2000,
    depth=7,
    actions={"go": True, "stop": False},
    goals={"done": True},
    guards={"go: x": True, "go: y": False},
    holds=["safe"],
    violated={"eager": 3},
    proved=["safe"],
    refines=["P refines Q"],
)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, []),
        ({"states": 999}, ["states of an unchanged model: 1,000 → 999"]),
        ({"transitions": 1}, ["transitions of an unchanged model: 2,000 → 1"]),
        ({"depth": None}, ["depth of an unchanged model: 7 → not all were found"]),
        ({"states": 999, "model": "m1"}, []),
        ({"states": 999, "asked": "a1"}, []),
        ({"actions": {"go": False, "stop": True}}, ["action go: taken → never taken"]),
        ({"actions": {"stop": False}}, ["action go: taken → gone"]),
        ({"actions": {"go": True}}, []),
        ({"goals": {"done": False}}, ["goal done: reached → never reached"]),
        ({"goals": {}}, ["goal done: reached → gone"]),
        (
            {"guards": {"go: x": False}},
            ["guard go: x: stops something → never stops something"],
        ),
        ({"guards": {"go: z": True}}, []),
        ({"holds": []}, ["invariant safe: holds → not shown to hold"]),
        ({"proved": []}, ["proof of safe: for any size → none"]),
        ({"refines": []}, ["refinement P refines Q: shown → not shown"]),
        ({"violated": {}}, ["violation of eager: after 3 steps → none"]),
        ({"violated": {"eager": 4}}, []),
        ({"holds": ["more", "safe"], "goals": {"done": True, "other": False}}, []),
    ],
)
def test_what_is_lost(changed: dict[str, Any], said: list[str]) -> None:
    now = msgspec.structs.replace(FULL, **changed)
    found = losses(Baseline(checks={"P": FULL}), {"P": now, "new": FULL})
    assert [str(loss) for loss in found] == said
    assert all(loss.check == "P" for loss in found)


def test_a_check_that_is_gone() -> None:
    (loss,) = losses(Baseline(checks={"P": FULL}), {})
    assert str(loss) == "the check: in the list → gone"


@pytest.mark.parametrize("ending", CheckEnding)
@pytest.mark.parametrize("measured", [None, msgspec.structs.replace(FULL, holds=[])])
def test_what_fails_is_not_compared(ending: CheckEnding, measured: Measured | None) -> None:
    part = CheckPart(ending, "", ())
    found = lost(Baseline(checks={"P": FULL}), [CheckReport("P", "", "", (part,), measured)])
    compared = ending in (CheckEnding.HOLDS, CheckEnding.INCONCLUSIVE)
    assert bool(found) == compared


def test_the_file_is_sorted_and_read_back(tmp_path: Path) -> None:
    other = msgspec.structs.replace(FULL, goals={"b": True, "a": False})
    file, again = tmp_path / "b.json", Baseline(checks={"z": FULL, "a": other})
    file.write_bytes(written(again))
    assert read_baseline(file) == again
    lines = file.read_text().splitlines()
    assert lines.index('    "a": {') < lines.index('    "z": {')
    assert lines.index('        "a": false,') < lines.index('        "b": true')
    reordered = Baseline(checks={"a": other, "z": FULL})
    assert written(reordered) == written(again)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file or directory; write it with --write-baseline"),
        (b"[]", "is no baseline: Expected `object`, got `array`"),
        (b"{", "is no baseline: Input data was truncated"),
        (b'{"checks": {"P": {"protocol": 3}}}', "Expected `str`, got `int` - at `$.checks[...]"),
        (b'{"checks": {}, "version": 2}', "version is 2, expected 1: write it anew"),
        (b'{"checks": {}, "check": {}}', "is no baseline: Object contains unknown field `check`"),
    ],
)
def test_what_is_no_baseline(content: bytes | None, said: str, tmp_path: Path) -> None:
    file = tmp_path / "b.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(InputError) as raised:
        read_baseline(file)
    assert said in str(raised.value) and str(raised.value).startswith(f"{file}: ")


def test_what_is_covered_of_a_search() -> None:
    guards = (
        GuardCoverage("go", 3, "x", 5),
        GuardCoverage("go", 4, "x", 0),
        GuardCoverage("go", 5, "n < 3", 2, bounds=True),
    )
    fired, reached = {"go": 4, "stop": 0}, frozenset({"done"})
    found = Exploration(Outcome.HOLDS, 9, 12, 3, fired=fired, reached=reached, guards=guards)
    assert covered(found, ["done", "never"]) == {
        "states": 9,
        "transitions": 12,
        "depth": 3,
        "actions": {"go": True, "stop": False},
        "goals": {"done": True, "never": False},
        "guards": {"go: x": True, "go: x (2)": False},
    }
    for part in (
        Exploration(Outcome.LIMIT, 9, 12, 3),
        Exploration(Outcome.HOLDS, 9, 12, 3, por=True),
    ):
        assert covered(part, ["done"]) == {}
