"""A small world of replicas with journals: hosts whose disks and networks fail, all from a seed."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import quorate
from quorate.checker.api._validate import ValidateResult
from quorate.impl.envelope import Envelope
from quorate.impl.errors import SafetyViolation
from quorate.impl.replicated.host import ReplicaHost
from quorate.impl.replicated.replica import ReplicatedSystem
from quorate.impl.replicated.turns import TurnJournal
from quorate.impl.store import Put, Submission

Trace = Callable[[Any], None]
Traced = Callable[[Trace], ReplicatedSystem[Any, Any, Any]]
"""A system whose replicas tell their steps."""

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

    def __init__(self, seed: int, traced: Traced) -> None:
        self.random, self.traced = Random(seed), traced
        self.disks = {name: Disk() for name in SERVERS}
        self.lines: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        self.mail: list[Envelope[Any]] = []
        self.hosts = {name: self.started(name) for name in SERVERS}

    def started(self, name: str) -> ReplicaHost[Any, Any]:
        self.disks[name].dies = ""
        journal = TurnJournal(name, self.lines[name].append)
        system, disk = self.traced(journal.step), self.disks[name]
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
                    host.pass_time(1)
                    host.fire_timers()
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


def played(folder: Path, seed: int, traced: Traced, turns: int = 60) -> list[Path]:
    """The journals of a world, in which a defect may be found out by itself."""
    world = World(seed, traced)
    with suppress(SafetyViolation):
        world.play(turns)
    return world.written(folder)


def validated(model: str, paths: list[Path], **sizes: int) -> ValidateResult:
    """How journals of the bundled implementation fare under a model."""
    return quorate.validate(paths, model, mapping=model.lower(), sizes=sizes)


def verdict(result: ValidateResult) -> str:
    """The verdict in one word."""
    return result.validation.verdict.value
