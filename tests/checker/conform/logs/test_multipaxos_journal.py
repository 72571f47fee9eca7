"""The journals of the bundled Multi-Paxos: what its nodes did is a run of MultiPaxos, or is not."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from quorate.checker.errors import InputError
from quorate.impl.multipaxos.defects import COMPOSITIONS
from quorate.impl.multipaxos.tracing import traced
from tests.support import journals
from tests.support.journals import SERVERS, World, verdict


def world_of(seed: int, variant: str = "healthy") -> World:
    return World(seed, partial(traced, COMPOSITIONS[variant]))


def played(folder: Path, seed: int, variant: str = "healthy", turns: int = 60) -> list[Path]:
    return journals.played(folder, seed, partial(traced, COMPOSITIONS[variant]), turns)


validated = partial(journals.validated, "MultiPaxos")


@pytest.mark.parametrize(
    "seed", [3, *(pytest.param(k, marks=pytest.mark.exhaustive) for k in range(4, 60))]
)
def test_what_the_nodes_did_is_a_run(seed: int, tmp_path: Path) -> None:
    paths = played(tmp_path, seed)
    text = "".join(path.read_text() for path in paths)
    result = validated(paths)
    assert result.holds, result
    events = ("prepare", "promise", "lead", "propose", "vote", "learn", "receive", "send")
    assert all(f'"event": "{event}"' in text for event in events)
    assert result.validation.steps > 30


@pytest.mark.parametrize(
    ("variant", "seed"),
    [
        ("phase-two-without-phase-one", 1),
        *(
            pytest.param(*case, marks=pytest.mark.exhaustive)
            for case in (
                ("disjoint-quorums", 2),
                ("promise-not-recorded", 1),
                ("ignores-recovered", 1),
                ("round-not-persisted", 1),
                ("promise-omits-votes", 1),
                ("promise-reports-last-slot", 1),
                ("accept-does-not-raise-promise", 1),
                ("promise-for-any-ballot", 1),
                ("promise-lost-on-restart", 1),
                ("votes-lost-on-restart", 1),
                ("all-lost-on-restart", 1),
            )
        ),
    ],
)
def test_what_nodes_with_a_defect_did_is_no_run(variant: str, seed: int, tmp_path: Path) -> None:
    assert verdict(validated(played(tmp_path, seed, variant))) == "unexplained"


@pytest.mark.parametrize(
    ("event", "change"),
    [
        ("learn", {"slot": 0}),
        ("lead", {"recovered": []}),
        pytest.param("vote", {"slot": 0}, marks=pytest.mark.exhaustive),
        pytest.param("promise", {"votes": []}, marks=pytest.mark.exhaustive),
    ],
)
def test_a_line_that_says_something_else_is_found(
    event: str, change: dict[str, Any], tmp_path: Path
) -> None:
    for path in played(tmp_path, 6, turns=26):
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        for k, line in enumerate(lines):
            if line["event"] == event and {**line, **change} != line:
                place, changed = (
                    (str(path), k + 1),
                    [*lines[:k], {**line, **change}, *lines[k + 1 :]],
                )
                file, text = path, "".join(f"{json.dumps(line)}\n" for line in changed)
    file.write_text(text)
    found = validated([tmp_path / f"{name}.jsonl" for name in SERVERS]).validation.failure
    assert found is not None
    assert (found.place.file, found.place.line) == place


def test_what_is_beyond_the_model_is_no_violation(tmp_path: Path) -> None:
    world = world_of(3)
    world.play(60)
    paths = world.written(tmp_path)
    result = validated(paths, Slot=1)
    assert verdict(result) == "inconclusive" and "with Slot=1" in repr(result)
    world.lines.clear()
    world.hosts = {name: world.started(name) for name in SERVERS}
    result = validated(world.written(tmp_path))
    assert verdict(result) == "inconclusive" and "before its journal begins" in repr(result)


def test_other_acceptors_are_beyond_the_model(tmp_path: Path) -> None:
    path, ballot = tmp_path / "n0.jsonl", {"round": 1, "proposer": "n0"}
    decree = {"type": "reconfiguration", "members": ["n1"]}
    line = {"node": "n0", "turn": 1, "event": "learn", "slot": 0, "decree": decree}
    late = {"node": "n0", "turn": 1, "event": "recover", "ballot": ballot, "recovered": []}
    path.write_text(f"{json.dumps(late)}\n{json.dumps(line)}\n")
    result = validated([path])
    assert verdict(result) == "inconclusive" and "other acceptors are decided on" in repr(result)


def test_a_late_promise_that_changes_what_is_recovered_is_beyond_the_model(tmp_path: Path) -> None:
    paths = played(tmp_path, 3)
    lines = [json.loads(line) for line in paths[0].read_text().splitlines()]
    k = max(k for k, x in enumerate(lines) if x["event"] == "lead" and x["recovered"])
    slot, decree = lines[k]["recovered"][0]
    late = {**lines[k], "event": "recover", "recovered": [[slot, {**decree, "submissions": []}]]}
    lines.insert(k + 1, late)
    paths[0].write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    result = validated(paths)
    assert verdict(result) == "inconclusive"
    assert f"a late promise changes what n0 recovers in slot {slot}" in repr(result)


def test_what_is_no_journal(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    for line, message in (
        ({"node": "n0"}, "found no node, turn or event"),
        (
            {"node": "n0", "turn": 1, "event": "slept"},
            "the event 'slept', expected started, prepare",
        ),
        ({"node": "n0", "turn": 1, "event": "lead"}, "the mapping cannot read it: KeyError"),
    ):
        path.write_text(f"{json.dumps(line)}\n")
        with pytest.raises(InputError, match=message):
            validated([path])
