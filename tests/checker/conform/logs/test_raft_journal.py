"""The journals of the bundled Raft: what its nodes did is a run of Raft, or is not."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import quorate
from quorate.checker.errors import InputError
from quorate.impl.raft import Appended, RaftState, TermRecord
from quorate.impl.raft.defects import VARIANTS as RAFTS
from quorate.impl.raft.options import Options
from quorate.impl.raft.server import Server
from quorate.impl.raft.tracing import traced
from tests.support import journals
from tests.support.journals import SERVERS, World, verdict

HEALTHY = RAFTS["healthy"]


def world_of(seed: int, server: type[Server] = Server) -> World:
    return World(seed, partial(traced, replace(HEALTHY, server=server)))


def played(folder: Path, seed: int, server: type[Server] = Server) -> list[Path]:
    return journals.played(folder, seed, partial(traced, replace(HEALTHY, server=server)))


validated = partial(journals.validated, "Raft")


@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(k, marks=pytest.mark.exhaustive) for k in range(2, 40))]
)
def test_what_the_nodes_did_is_a_run(seed: int, tmp_path: Path) -> None:
    paths = played(tmp_path, seed)
    text = "".join(path.read_text() for path in paths)
    result = validated(paths)
    assert result.holds, result
    assert all(f'"event": "{event}"' in text for event in ("lead", "request", "append", "receive"))
    assert result.validation.steps > 15


def test_it_dies_in_every_way_and_commits(tmp_path: Path) -> None:
    """What the seeds together have: lost turns, durable ones without a word, entries committed."""
    seen: set[str] = set()
    for seed in range(1, 9):
        world = world_of(seed)
        world.play(100)
        for lines in world.lines.values():
            for before, line in pairwise(lines):
                if line["event"] == "started" and "records" in before:
                    told = before["event"] == "durable"
                    lost = before["records"] > line["records"]
                    seen.add("told" if told else "lost" if lost else "untold")
                if line["event"] == "advance-commit":
                    seen.add("commit")
    assert seen >= {"lost", "untold", "commit"}


def test_a_state_that_no_step_leads_to_is_found_in_whichever_file(tmp_path: Path) -> None:
    paths = played(tmp_path, 1)
    lines = [json.loads(line) for line in paths[1].read_text().splitlines()]
    wrong = max(k for k, x in enumerate(lines) if x["event"] == "receive" and "records" not in x)
    lines[wrong]["state"]["commit"] += 1
    paths[1].write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    found = validated(paths).validation.failure
    assert found is not None
    assert (found.place.file, found.place.line) == (str(paths[1]), wrong + 1)


class ForgetsItsVote(Server):
    """A vote is not kept over a restart."""

    def restored(self, stored: RaftState) -> RaftState:
        return RaftState(TermRecord(stored.vote.term), stored.log)


class AcknowledgesTooMuch(Server):
    """It acknowledges one entry more than it has taken."""

    def take_entries(self, message: Any) -> Any:
        *rest, last = super().take_entries(message)
        if not isinstance(last.message, Appended):
            return (*rest, last)
        more = Appended(self.term, self.name, message.leader, last.message.length + 1)
        return (*rest, type(last)(last.dst, more))


@pytest.mark.parametrize(
    "server",
    [
        ForgetsItsVote,
        RAFTS["matches-backwards"].server,  # which only what the leader knows of others shows
        pytest.param(AcknowledgesTooMuch, marks=pytest.mark.exhaustive),
    ],
)
def test_what_nodes_with_a_defect_did_is_no_run(server: type[Server], tmp_path: Path) -> None:
    assert verdict(validated(played(tmp_path, 1, server))) == "unexplained"


@pytest.mark.parametrize(
    "seed", [2, *(pytest.param(k, marks=pytest.mark.exhaustive) for k in range(3, 40))]
)
def test_snapshots_are_passed_over_or_beyond_the_model(seed: int, tmp_path: Path) -> None:
    compacting = partial(traced, HEALTHY, options=Options(compact_after=4))
    result = validated(journals.played(tmp_path, seed, compacting))
    beyond = verdict(result) == "inconclusive" and "which the model does not have" in repr(result)
    assert verdict(result) == "explained" or beyond


def test_terms_beyond_the_model_are_no_violation(tmp_path: Path) -> None:
    result = validated(played(tmp_path, 1), Term=1)
    assert verdict(result) == "inconclusive" and "with Term=1" in repr(result)


def test_a_journal_that_begins_late_is_beyond_the_model(tmp_path: Path) -> None:
    world = world_of(1)
    world.play(60)
    world.lines.clear()
    world.hosts = {name: world.started(name) for name in SERVERS}
    result = validated(world.written(tmp_path))
    assert verdict(result) == "inconclusive" and "before its journal begins" in repr(result)


@pytest.mark.parametrize("more", [[], ["another"]])
def test_a_change_of_members_is_beyond_the_model(more: list[str], tmp_path: Path) -> None:
    """By both, to the leader alone, which then commits by itself; or directly, to two of three."""
    world = world_of(1)
    world.play(60)
    while not (leads := [n for n in SERVERS if world.hosts[n].status().role == "leader"]):
        world.play(1)
    leader = leads[0]
    another = next(name for name in SERVERS if name != leader)
    before = {name: len(lines) for name, lines in world.lines.items()}
    world.hosts[leader].reconfigure([leader, *(another for _ in more)])
    world.hosts[leader].end_turn()
    world.play(60)
    paths = world.written(tmp_path)
    validation = validated(paths).validation
    assert validation.verdict.value == "inconclusive" and validation.explained > 50
    said = {place.file: (place.line, why) for place, why in validation.beyond}
    assert len(said) == len(validation.beyond) and str(tmp_path / f"{leader}.jsonl") in said
    for file, (line, why) in said.items():
        assert why.startswith("the members change") and line > before[Path(file).stem]
    for model in ("SingleServerChanges", "JointConsensus"):
        with pytest.raises(InputError, match="the model has no messages, as this log has"):
            quorate.validate(paths, model, mapping="raft")


def test_what_is_no_journal(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    for line, message in (
        ({"node": "n0"}, "found no node, turn or event"),
        ({"node": "n0", "turn": 1, "event": "slept"}, "the event 'slept', expected start-election"),
        ({"node": "n0", "turn": 1, "event": "lead"}, "the mapping cannot read it: KeyError"),
        (
            {"node": "n0", "turn": 1, "event": "lead", "state": 3, "sent": 4, "message": "no"},
            "the mapping cannot read it: ",
        ),
    ):
        path.write_text(f"{json.dumps(line)}\n")
        with pytest.raises(InputError, match=message):
            validated([path])
