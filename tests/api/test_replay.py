"""`quorate.replay`: a trace of the model on the bundled implementation, and on one's own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import quorate
from quorate.checker.conform.adapter import AdapterError
from quorate.checker.conform.replaying.replay import ReplayVerdict
from quorate.checker.errors import InputError
from quorate.checker.rendering.document import envelope
from quorate.model.mutants import MUTANTS
from quorate.traces import Trace, TraceError, write_itf

CASES = Path(__file__).parents[1] / "cases" / "adapters"
MUTANT = next(m for m in MUTANTS.values() if m.code == "P11")


@pytest.fixture(scope="module")
def bug() -> Trace:
    """A counterexample of a mutant of PaxosRoles."""
    result = quorate.check(
        MUTANT.protocol, sizes=MUTANT.sizes, faults=MUTANT.faults, invariants=["agreement"]
    )
    assert result.trace is not None
    return result.trace


@pytest.fixture(scope="module")
def lock(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a protocol in a file of its own."""
    file = tmp_path_factory.mktemp("lock") / "lock.py"
    shutil.copy(CASES / "noop.py", file)
    return f"{file}:Lock"


@pytest.fixture(scope="module")
def two_holders(lock: str) -> Trace:
    result = quorate.check(lock, sizes={"Voter": 2})
    assert result.trace is not None
    return result.trace


class Lock:
    """An implementation that lets anybody in."""

    def start(self, trace: Trace) -> None:
        self.holds = {f"v{i}": False for i in range(dict(trace.sizes)["Voter"])}

    def perform(self, action: str, args: Mapping[str, Any]) -> set[Any]:
        self.holds[args["v"]] = True
        return set()

    def observe(self) -> dict[str, Any]:
        return {"holds": self.holds}


def test_healthy_code_refuses_a_bug(bug: Trace) -> None:
    result = quorate.replay(bug)
    assert result.replay.verdict is ReplayVerdict.REFUSED and result.holds
    assert result.violation is None and result.trace is None
    assert repr(result).startswith("✓ refused: healthy does 22 of 23 steps, not the next\n")
    result.raise_for_violation()


def test_code_with_the_bug_reproduces_it_from_a_file(bug: Trace, tmp_path: Path) -> None:
    file = tmp_path / "bug.itf.json"
    write_itf(bug, file)
    result = quorate.replay(file, variant="disjoint-quorums")
    assert result.violation == "disjoint-quorums does all 23 steps and violates agreement"
    assert not result.holds and result.trace == result.recorded
    with pytest.raises(quorate.ViolationError, match="violates agreement"):
        result.raise_for_violation()
    assert result.to_json()["trace"] == str(file) == quorate.replay(str(file)).to_json()["trace"]


def test_an_adapter_as_an_object_and_by_its_name(two_holders: Trace) -> None:
    result = quorate.replay(two_holders, Lock())
    assert result.violation == "Lock does all 2 steps and violates one_holder"
    bare = f"{CASES / 'noop.py'}:Bare"
    result = quorate.replay(two_holders, bare, step_timeout=30)
    assert result.replay.verdict is ReplayVerdict.UNJUDGED
    assert not result.holds and result.violation is None
    assert repr(result).startswith("! unjudged: no step changed what the adapter shows (holds)")


def test_json_is_as_the_schema_says(bug: Trace, two_holders: Trace) -> None:
    schema = json.loads(
        files("quorate.checker.rendering").joinpath("quorate.schema.json").read_text()
    )
    for result in (quorate.replay(bug), quorate.replay(two_holders, Lock())):
        told = json.loads(json.dumps(envelope("replay", 0, result.to_json())))
        jsonschema.Draft202012Validator(schema).validate(told)
        broken = {**told, "verdict": "maybe"}
        assert not jsonschema.Draft202012Validator(schema).is_valid(broken)


def test_the_protocol_may_be_elsewhere(lock: str, two_holders: Trace) -> None:
    moved = replace(two_holders, protocol="gone.py:Lock")
    with pytest.raises(InputError, match=r"the trace: its protocol gone\.py:Lock is not there"):
        quorate.replay(moved, Lock())
    assert quorate.replay(moved, Lock(), protocol=lock).violation is not None


def test_mistakes_are_raised(bug: Trace, two_holders: Trace, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="give no adapter with it"):
        quorate.replay(bug, Lock(), variant="healthy")
    with pytest.raises(InputError, match="for an adapter that is given by name"):
        quorate.replay(bug, Lock(), step_timeout=3)
    with pytest.raises(InputError, match="step_timeout: found 0, expected"):
        quorate.replay(bug, "x.py:X", step_timeout=0)
    with pytest.raises(InputError, match="no implementation of Lock is bundled"):
        quorate.replay(two_holders)
    with pytest.raises(AdapterError, match=r"step 1, take.*KeyError: 'boom in my code'"):
        quorate.replay(two_holders, f"{CASES / 'noop.py'}:Raises")
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(TraceError):
        quorate.replay(tmp_path / "x.json")
