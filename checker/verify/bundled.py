"""The bundled Paxos, its livelock and implementation; seeded bugs must each be found."""

from __future__ import annotations

import os
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.workers import workers
from quorate.model.mutants import MUTANTS
from quorate.model.paxos import Paxos
from quorate.model.proofs.paxos import ProvedPaxosRoles

from .livelock import Livelock, find_livelock
from .mutants import MutantResult, try_mutant
from .protocol import Report, verify_protocol
from .results import VerifiedProtocol

CORES = 2
TINY = {"Acceptor": 1, "Ballot": 1, "Value": 1}
PAXOS = {"Acceptor": 3, "Ballot": 2, "Value": 2}
ROLES = {"Proposer": 1, "Acceptor": 3, "Learner": 1, "Value": 2, "Ballot": 2}
# The classics; the two that need three ballots first, since they take longest.
CLASSICS = ("P4", "P1", "P2", "P5", "P8", "P11", "P13", "P18")


@dataclass(frozen=True)
class MutantsBegun:
    """Reported before the first mutant."""


@dataclass(frozen=True)
class Tried:
    """The number of mutants tried so far."""

    done: int
    total: int


def verify_bundled(
    folder: Path, all_mutants: bool, report: Report
) -> tuple[list[VerifiedProtocol], Livelock, list[MutantResult]]:
    """Verify the bundled Paxos, and try its mutants, by default the classics.

    `report` is called as by `verify_protocol` and `find_livelock`, then with `MutantsBegun`, with
    each MutantResult, and with `Tried` in between. Raises InputError if the process of a
    mutant ends.
    """
    chosen = [m for m in MUTANTS.values() if m.defect and (all_mutants or m.code in CLASSICS)]
    chosen.sort(key=lambda m: CLASSICS.index(m.code) if m.code in CLASSICS else len(CLASSICS))
    # The search driver is compiled once per installation: here, not in every process.
    Explorer(Paxos, Paxos.sized({}, **TINY)).run(coverage=False)
    with workers(min(CORES, os.cpu_count() or 1), try_mutant) as tried:
        futures = [tried(mutant.name, folder) for mutant in chosen]
        paxos = verify_protocol(Paxos, Paxos.sized({}, **PAXOS), folder, report)
        sizes = ProvedPaxosRoles.sized({"crash": 0}, **ROLES)
        roles = verify_protocol(ProvedPaxosRoles, sizes, folder, report, conform=True)
        livelock = find_livelock(report)
        return [paxos, roles], livelock, _results(futures, report)


def _results(futures: list[Future[MutantResult]], report: Report) -> list[MutantResult]:
    report(MutantsBegun())
    results = []
    for done, future in enumerate(futures):
        report(Tried(done, len(futures)))
        results.append(future.result())
        report(results[-1])
    return results
