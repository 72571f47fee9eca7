"""Multi-Paxos in a deterministic world: the seeded host, and an audit of what replicas execute."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from random import Random
from typing import Final

from quorate.impl.errors import SafetyViolation
from quorate.impl.replicated.patience import Patience
from quorate.impl.simulation.faults import Faults
from quorate.impl.simulation.plan import Plan
from quorate.impl.simulation.replicas import (
    Administrator,
    Audit,
    ReplicasReport,
    simulate_replicas,
)
from quorate.impl.store import KeyValueStore, StoreSnapshot

from .composition import HEALTHY, Composition
from .learner import Learner
from .messages import Commands, Decree, Snapshot
from .records import MultiPaxosOutputs, MultiPaxosState
from .replica import Pace, Replica
from .system import MULTIPAXOS

#: A short window and frequent snapshots, so that a run of some seconds has many of both.
PACE: Final = Pace(alpha=4, most_batched=4, snapshot_every=6)


def simulate_multipaxos(
    nodes: int = 3,
    seed: int = 0,
    faults: Faults | None = None,
    spares: int = 0,
    composition: Composition = HEALTHY,
    clients: int = 3,
    calls: int = 10,
) -> ReplicasReport:
    """Run one cluster until each client has made its calls and the faults have ceased.

    With spares the acceptors are changed now and then: `nodes` of all, drawn anew each time.
    Raises ConfigError for a cluster without servers or clients, or faults that it does not have.
    """

    def recover(
        name: str, servers: Collection[str], state: MultiPaxosState, random: Random
    ) -> Replica:
        return Replica(name, servers, state, Patience(random, 15, 30), PACE, composition)

    plan = Plan(nodes, spares, Faults() if faults is None else faults, clients, calls)
    changes = changing(nodes, spares) if spares else None
    return simulate_replicas(replace(MULTIPAXOS, recover=recover), seed, plan, audit(), changes)


def changing(nodes: int, spares: int) -> Administrator:
    """Asks for other acceptors, twice in a row; whoever does not lead refuses."""
    names = [f"n{index}" for index in range(nodes + spares)]

    def change(replica: Replica, random: Random) -> MultiPaxosOutputs:
        outputs = replica.reconfigure(random.sample(names, nodes))
        if replica.leads:  # alone, it may have executed that, and be no acceptor any more
            outputs = (*outputs, *replica.reconfigure(random.sample(names, nodes)))
        return outputs

    return change


def audit() -> Audit:
    """Holds what a learner has executed, and its snapshots, against all that was ever executed."""
    executed = _Executed()

    def look(replica: Replica, life: int) -> None:
        executed.check(replica.learner, life)

    return look


class _Executed:
    """The decrees that were executed, and what they led to, as the first to execute them has it.

    A replica may die before it is looked at. Of what only its snapshot tells, the decrees are
    unknown until another one executes them.
    """

    def __init__(self) -> None:
        self._decrees: list[Decree | None] = []
        self._store = KeyValueStore()
        self._states: list[StoreSnapshot | None] = [self._store.snapshot()]
        self._checked: dict[tuple[str, int], int] = {}

    def check(self, learner: Learner, life: int) -> None:
        """Raises SafetyViolation where a learner differs."""
        who = (learner.name, life)
        if learner.snapshot is not None and learner.base > len(self._decrees):
            self._adopt(learner.snapshot)
        for slot in range(max(self._checked.get(who, 0), learner.base), learner.executed):
            decree = learner.log.get(slot)
            if decree is None:
                raise SafetyViolation(f"{learner.name} has gone past slot {slot}, which it lacks.")
            self._check_decree(learner.name, slot, decree)
        if learner.snapshot is not None:
            self._check_snapshot(learner.name, learner.snapshot)
        self._checked[who] = learner.executed

    def _adopt(self, snapshot: Snapshot) -> None:
        missing = snapshot.slots - len(self._decrees)
        self._decrees += [None] * missing
        self._states += [None] * (missing - 1) + [snapshot.store]
        self._store = KeyValueStore(snapshot.store)

    def _check_decree(self, name: str, slot: int, decree: Decree) -> None:
        if slot == len(self._decrees):
            self._decrees.append(None)
            for submission in decree.submissions if isinstance(decree, Commands) else ():
                self._store.apply(submission)
            self._states.append(self._store.snapshot())
        known = self._decrees[slot]
        if known not in (None, decree):
            raise SafetyViolation(f"In slot {slot} {known} was executed; {name} executes {decree}.")
        self._decrees[slot] = decree

    def _check_snapshot(self, name: str, snapshot: Snapshot) -> None:
        if self._states[snapshot.slots] not in (None, snapshot.store):
            raise SafetyViolation(
                f"The snapshot of {name} is not what {snapshot.slots} slots lead to."
            )
