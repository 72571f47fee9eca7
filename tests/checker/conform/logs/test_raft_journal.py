"""The journals of the bundled Raft: what its nodes did is a run of Raft, or is not."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest

import quorate
from quorate.checker.api._validate import ValidateResult
from quorate.checker.errors import InputError
from quorate.impl import Envelope, SafetyViolation
from quorate.impl.raft import Appended, RaftState, TermRecord
from quorate.impl.raft.server import Server
from quorate.impl.raft.tracing import traced
from quorate.impl.replicated.host import ReplicaHost
from quorate.impl.replicated.turns import TurnJournal
from quorate.impl.store import Put, Submission

SERVERS = ("n0", "n1", "n2")


class Died(Exception):
    """The process is killed here."""


class Disk:
    """The log of a replica's records, which may kill it before or after a write."""

    is_long = False

    def __init__(self) -> None:
        self.records: list[Any] = []
        self.dies = ""

    @property
    def last(self) -> int:
        return len(self.records)

    def load(self) -> list[Any]:
        return list(self.records)

    def append(self, records: Sequence[Any]) -> None:
        if self.dies == "before":
            raise Died
        self.records += records
        if self.dies == "after":
            raise Died


class World:
    """Three hosts with journals, a network that loses and doubles, and deaths, all from a seed."""

    def __init__(self, seed: int, server: type[Server] = Server) -> None:
        self.random, self.server = Random(seed), server
        self.disks = {name: Disk() for name in SERVERS}
        self.lines: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        self.mail: list[Envelope[Any]] = []
        self.hosts = {name: self.started(name) for name in SERVERS}

    def started(self, name: str) -> ReplicaHost[Any, Any]:
        self.disks[name].dies = ""
        journal = TurnJournal(name, self.lines[name].append)
        system, disk = traced(self.server, journal.step), self.disks[name]
        chance = Random(self.random.random())
        send = self.mail.append
        return ReplicaHost(system, name, SERVERS, disk, send, chance, journal=journal)  # type: ignore[arg-type]

    def play(self, turns: int) -> None:
        number = 0
        for _ in range(turns):
            name = self.random.choice(SERVERS)
            host = self.hosts[name]
            self.disks[name].dies = self.random.choice(["before", "after"] + [""] * 40)
            try:
                for envelope in [e for e in self.mail if e.dst == name]:
                    self.deliver(envelope)
                number += 1
                host.take(Envelope("c", name, Submission("c", number, Put("k", "v"))))
                for _ in range(self.random.randint(0, 6)):
                    host.tick()
                host.end_turn()
            except Died:
                self.hosts[name] = self.started(name)

    def deliver(self, envelope: Envelope[Any]) -> None:
        if self.random.random() < 0.7:  # else it comes again
            self.mail.remove(envelope)
        if self.random.random() < 0.8:
            self.hosts[envelope.dst].take(envelope)

    def written(self, folder: Path) -> list[Path]:
        paths = []
        for name in SERVERS:
            paths.append(folder / f"{name}.jsonl")
            paths[-1].write_text("".join(f"{json.dumps(line)}\n" for line in self.lines[name]))
        return paths


def played(folder: Path, seed: int, server: type[Server] = Server, turns: int = 60) -> list[Path]:
    world = World(seed, server)
    with suppress(SafetyViolation):  # it is found out by itself
        world.play(turns)
    return world.written(folder)


def validated(paths: list[Path], **sizes: int) -> ValidateResult:
    return quorate.validate(paths, "Raft", mapping="raft", sizes=sizes)


def verdict(result: ValidateResult) -> str:
    return result.validation.verdict.value


@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(k, marks=pytest.mark.exhaustive) for k in range(2, 40))]
)
def test_what_the_nodes_did_is_a_run(seed: int, tmp_path: Path) -> None:
    paths = played(tmp_path, seed)
    text = "".join(path.read_text() for path in paths)
    result = validated(paths)
    assert result.holds, result
    assert all(f'"event": "{event}"' in text for event in ("lead", "request", "append", "receive"))
    assert result.validation.steps > 30


def test_it_dies_in_every_way_and_commits(tmp_path: Path) -> None:
    """What the seeds together have: lost turns, durable ones without a word, entries committed."""
    seen: set[str] = set()
    for seed in range(1, 9):
        world = World(seed)
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
    [ForgetsItsVote, pytest.param(AcknowledgesTooMuch, marks=pytest.mark.exhaustive)],
)
def test_what_nodes_with_a_defect_did_is_no_run(server: type[Server], tmp_path: Path) -> None:
    assert verdict(validated(played(tmp_path, 1, server))) == "unexplained"


def test_terms_beyond_the_model_are_no_violation(tmp_path: Path) -> None:
    result = validated(played(tmp_path, 1), Term=1)
    assert verdict(result) == "inconclusive" and "with Term=1" in repr(result)


def test_a_journal_that_begins_late_is_beyond_the_model(tmp_path: Path) -> None:
    world = World(1)
    world.play(60)
    world.lines.clear()
    world.hosts = {name: world.started(name) for name in SERVERS}
    result = validated(world.written(tmp_path))
    assert verdict(result) == "inconclusive" and "before its journal begins" in repr(result)


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
