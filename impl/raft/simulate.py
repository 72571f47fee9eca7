"""Raft in a deterministic world: the seeded host, and an audit of what the servers commit."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from random import Random

from quorate.impl.errors import SafetyViolation
from quorate.impl.faults import Faults
from quorate.impl.patience import Patience
from quorate.impl.simulation.replicas import Audit, Plan, ReplicasReport, simulate_replicas

from .defects import HEALTHY, RaftVariant
from .messages import LogEntry
from .records import RaftState
from .replica import Replica
from .system import RAFT


def simulate_raft(
    nodes: int = 3,
    seed: int = 0,
    faults: Faults | None = None,
    clients: int = 3,
    calls: int = 10,
    variant: RaftVariant = HEALTHY,
) -> ReplicasReport:
    """Run one cluster until each client has made its calls and the faults have ceased.

    Raises ConfigError for a cluster without servers or clients, or faults that it does not have.
    """

    def recover(name: str, servers: Collection[str], state: RaftState, random: Random) -> Replica:
        return Replica(variant.server(name, servers, state=state), Patience(random, 15, 30))

    plan = Plan(nodes, 0, Faults() if faults is None else faults, clients, calls)
    return simulate_replicas(replace(RAFT, recover=recover), seed, plan, audit())


def audit() -> Audit:
    """Holds what a server has committed against all that was ever committed (figure 3)."""
    committed: list[LogEntry] = []
    checked: dict[tuple[str, int], int] = {}

    def look(replica: Replica, life: int) -> None:
        server = replica.server
        for position in range(checked.get((replica.name, life), 0), server.commit):
            entry = server.log[position]
            if position == len(committed):
                committed.append(entry)
            if committed[position] != entry:
                raise SafetyViolation(
                    f"Entry {position + 1} was committed as {committed[position]}; "
                    f"{replica.name} commits {entry}."
                )
        checked[replica.name, life] = server.commit

    return look
