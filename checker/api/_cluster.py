"""`quorate.conform_cluster`: real processes under faults, their answers and logs judged."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any

from quorate.checker.conform.adapters.loading import made
from quorate.checker.conform.adapters.registry import HEALTHY
from quorate.checker.conform.cluster.bundled import LEAST_NODES
from quorate.checker.conform.cluster.campaign import SECONDS, Campaign, ClusterVerdict, campaign
from quorate.checker.conform.cluster.multipaxos import MultiPaxosCluster
from quorate.checker.conform.cluster.paxos import PaxosCluster
from quorate.checker.conform.cluster.raft import Leases, RaftCluster
from quorate.checker.conform.cluster.system import METHODS, System
from quorate.checker.errors import InputError
from quorate.checker.rendering import clusters as rendering
from quorate.checker.rendering.output import Output
from quorate.checker.reports.cases import NONCONFORMING
from quorate.model.language import Protocol
from quorate.model.multipaxos import MultiPaxos
from quorate.model.raft import Raft
from quorate.traces import Trace

from ._check import loaded
from .results import Result


@dataclass(frozen=True, repr=False)
class ConformClusterResult(Result):
    """The result of running a cluster under faults; `campaign` has all that was counted."""

    rule = NONCONFORMING

    system: str
    protocol: type[Protocol] | None
    campaign: Campaign

    @property
    def holds(self) -> bool:
        return self.campaign.verdict is ClusterVerdict.CONFORMS

    @property
    def violation(self) -> str | None:
        return rendering.finding_line(self.system, self.campaign)

    @property
    def trace(self) -> Trace | None:
        """None: what happened is in the logs of the run that found something."""
        return None

    @property
    def _model(self) -> str | None:
        return None if self.protocol is None else self.protocol.__name__

    def to_json(self, written: Path | None = None) -> dict[str, Any]:
        return {"cluster": rendering.as_json(self.system, self._model, self.campaign)}

    def show(self, out: Output) -> None:
        self.report(out)

    def report(self, out: Output, command: str | None = None) -> None:
        """The result; `command` is how to get it again."""
        rendering.report(out, self.system, self._model, self.campaign, command)


def _bundled(target: type[Protocol] | None, leases: Leases | None) -> Callable[[int, str], System]:
    """The bundled cluster for a model. Raises InputError for leases of another one than Raft."""
    kinds: dict[type[Protocol], Callable[[int, str], System]] = {
        Raft: RaftCluster,
        MultiPaxos: MultiPaxosCluster,
    }
    found = (kind for base, kind in kinds.items() if target and issubclass(target, base))
    kind = next(found, PaxosCluster)
    if leases is None:
        return kind
    if kind is not RaftCluster:
        raise InputError("leases are for the bundled Raft: give Raft with them")
    return partial(RaftCluster, leases=leases)


def _leases(leases: bool, margin_s: float | None, drift_s: float | None) -> Leases | None:
    """What is asked for. Raises InputError for a margin or a drift of none."""
    if not leases and (margin_s is not None or drift_s is not None):
        raise InputError("a margin and a drift are of leases: give leases with them")
    if not leases:
        return None
    asked = Leases() if margin_s is None else Leases(margin_s, drift_s=margin_s)
    return asked if drift_s is None else replace(asked, drift_s=drift_s)


def conform_cluster(
    protocol: type[Protocol] | str | None = None,
    system: System | str | None = None,
    *,
    variant: str | None = None,
    nodes: int | None = None,
    leases: bool = False,
    margin_s: float | None = None,
    drift_s: float | None = None,
    seconds: float = SECONDS,
    runs: int | None = None,
    seed: int = 0,
    rates: Mapping[str, float] | None = None,
    keep: str | PathLike[str] | None = None,
    told: Callable[[Campaign], None] = lambda campaign: None,
) -> ConformClusterResult:
    """Run a cluster of real processes under faults again and again, and judge each run.

    Between the nodes is a network that loses, duplicates, delays and reorders messages, cuts
    connections and has partitions; nodes are killed at random times and at points that they know,
    paused, and have slow disks and clocks that drift where they can.
    What clients and nodes say was decided must agree, what nodes have said must be durable, and
    their logs must be a run of `protocol`. This ends after `seconds`, after so many `runs` if they
    are given, or with the first finding. `rates` says how often which fault happens, where other
    than by the system's own rates (`quorate.kit.Rates`). `keep` is a folder for the files of all
    runs; without it those of a run that found something are left, and named.

    `system` is a cluster of yours, an object or "path.py:Class", see `quorate.kit.System`. Without
    it the bundled Paxos runs, or for `Raft` or `MultiPaxos` that one: `variant` is "healthy", as by
    default, or the name of a defect, `nodes` is 3 by default; with `leases` Raft reads by them.
    While others wait for a leader (0.8 s), a clock falls behind by `drift_s` now and then, and
    leases allow for `margin_s`: 0.06, both, by default.

    The faults follow from `seed`; the machine's own timing does not. `told` is called after each
    run. Raises InputError, ModelError, SizeError.
    """
    if not 0 < seconds < math.inf:
        raise InputError(f"seconds: found {seconds}, expected a number of seconds")
    if runs is not None and runs < 1:
        raise InputError(f"runs: found {runs}, expected 1 or more")
    if system is not None and (variant is not None or nodes is not None or leases):
        raise InputError(
            "variant, nodes and leases are for the bundled cluster: give no system with them"
        )
    by_leases = _leases(leases, margin_s, drift_s)
    if system is None:
        protocol = protocol or "Paxos"
    target = None if protocol is None else loaded(protocol)
    if system is None:
        kind = _bundled(target, by_leases)
        system = kind(LEAST_NODES if nodes is None else nodes, variant or HEALTHY)
    cluster: System = made(system, "a system", METHODS) if isinstance(system, str) else system
    wanted = cluster.rates.changed(rates or {})
    folder = None if keep is None else Path(keep)
    done = campaign(
        cluster, target, wanted, seconds=seconds, runs=runs, seed=seed, keep=folder, told=told
    )
    return ConformClusterResult(cluster.name, target, done)
