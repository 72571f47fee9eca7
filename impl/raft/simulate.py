"""Raft in a deterministic world: the seeded host, and an audit of what the servers commit."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from random import Random
from typing import Final

from quorate.impl.errors import SafetyViolation
from quorate.impl.replicated.patience import Patience
from quorate.impl.simulation.plan import Plan
from quorate.impl.simulation.replicas import (
    TICK_MS,
    Administrator,
    Audit,
    ReplicasReport,
    simulate_replicas,
)

from .messages import LogEntry
from .options import Options
from .records import RaftOutputs, RaftState
from .replica import Replica
from .system import RAFT
from .variant import HEALTHY, RaftVariant

SHORTEST: Final = 15
LONGEST: Final = 30


def simulate_raft(
    seed: int = 0,
    plan: Plan | None = None,
    options: Options | None = None,
    variant: RaftVariant = HEALTHY,
    *,
    administered: bool = False,
) -> ReplicasReport:
    """Run one cluster until each client has made its calls and the faults have ceased.

    With `administered` the leaders are asked, now and then, to hand over or to change the members.
    """

    def recover(name: str, servers: Collection[str], state: RaftState, random: Random) -> Replica:
        server = variant.server(name, servers, state)
        return variant.replica(server, Patience(random, SHORTEST, LONGEST), options, variant.clock)

    plan = Plan() if plan is None else plan
    asks = administrator(plan.names) if administered else None
    return simulate_replicas(replace(RAFT, recover=recover), seed, plan, audit(), asks)


def drift_of(bound_ms: int) -> int:
    """By how many ticks two clocks may differ over a while, if readings do by at most the bound.

    Each may gain as much as the bound, and begins and ends within a tick.
    """
    return -(-2 * bound_ms // TICK_MS) + 2


def administrator(names: Sequence[str]) -> Administrator:
    """Asks a leader to hand over to one of the servers, or to make some of them the members."""

    def ask(replica: Replica, random: Random) -> RaftOutputs:
        if random.random() < 0.3:
            return replica.transfer(random.choice(names))
        members = set(replica.server.configuration.members)
        if random.random() < 0.5:
            return replica.reconfigure(sorted(members ^ {random.choice(names)}))
        return replica.reconfigure(sorted(random.sample(names, random.randint(1, len(names)))))

    return ask


def audit() -> Audit:
    """Holds what a server has committed against all that was ever committed (figure 3)."""
    committed: dict[int, LogEntry] = {}
    checked: dict[tuple[str, int], int] = {}

    def look(replica: Replica, life: int) -> None:
        server = replica.server
        start = max(checked.get((replica.name, life), 0), server.state.snapshot.length)
        for position in range(start, server.commit):
            entry = server.state.entry(position)
            if committed.setdefault(position, entry) != entry:
                raise SafetyViolation(
                    f"Entry {position + 1} was committed as {committed[position]}; "
                    f"{replica.name} commits {entry}."
                )
        checked[replica.name, life] = server.commit

    return look
