"""The bundled systems: protocols, livelocks and implementations; seeded bugs must be found."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quorate.checker.workers import workers

from .kept_proof import proof_of, prove_without_refuting
from .livelock import Contest, LivelockBegun, find_livelock
from .mutants import MutantsBegun, try_mutant
from .protocol import Report, verify_protocol
from .results import Begun, VerifiedProtocol, VerifiedSystem
from .systems import SYSTEMS, Bounded, BundledSystem

CORES = 2

Part = Bounded | Contest | str
"""One thing to look at: a protocol, a livelock, or a bug by its name."""


@dataclass(frozen=True)
class Awaited:
    """Reported while other processes work: how many of the parts are done."""

    done: int
    total: int


def verify_bundled(
    folder: Path, everything: bool, report: Report, caching: bool = True
) -> list[VerifiedSystem]:
    """Verify the bundled systems: what takes seconds, or everything.

    The first protocol is verified here, all else in other processes meanwhile. `report` is called
    with what is found, in the order in which it is shown: as by `verify_protocol`, then with
    LivelockBegun and the Livelock, and with MutantsBegun and each MutantResult. Before it waits, it
    is called with Awaited. With `caching`, proofs of earlier runs are taken from the cache. Raises
    InputError if a process ends.
    """
    systems = [s for s in SYSTEMS if everything or not s.optional]
    first = systems[0].protocols[0]
    others = [part for part in _longest_first(systems, everything) if part is not first]
    with workers(min(CORES, os.cpu_count() or 1), look_at) as called:
        futures = {part: called(part, folder, caching) for part in others}
        looking = _Looking(first, futures, everything, folder, report, caching)
        return [looking.at_system(system) for system in systems]


def look_at(part: Part, folder: Path, caching: bool, report: Report = lambda _: None) -> Any:
    """The VerifiedProtocol, Livelock or MutantResult of a part."""
    if isinstance(part, Contest):
        return find_livelock(part)
    if isinstance(part, str):
        return try_mutant(part, folder)
    sizes = part.protocol.sized(part.faults, **part.sizes)
    prover = proof_of if caching else prove_without_refuting
    how = (part.conform, part.proved, prover)
    return verify_protocol(part.protocol, sizes, folder, report, *how)


def _longest_first(systems: Sequence[BundledSystem], everything: bool) -> Iterator[Part]:
    """All parts, in the order in which they are begun: what is short fills the gaps at the end."""
    yield from reversed([part for s in systems for part in s.protocols])
    yield from (s.contest for s in systems if s.contest is not None)
    yield from (name for s in systems for name in s.bugs_to_try(everything))


@dataclass
class _Looking:
    """Reports the parts in the order in which they are shown."""

    first: Bounded
    futures: dict[Part, Future[Any]]
    everything: bool
    folder: Path
    report: Report
    caching: bool

    def at_system(self, system: BundledSystem) -> VerifiedSystem:
        protocols = [self._protocol(part) for part in system.protocols]
        livelock = None
        if system.contest is not None:
            livelock = self._awaited(system.contest)
            self.report(LivelockBegun(system.contest))
            self.report(livelock)
        mutants = []
        for name in system.bugs_to_try(self.everything):
            mutants.append(self._awaited(name))
            if len(mutants) == 1:
                self.report(MutantsBegun(system.name))
            self.report(mutants[-1])
        return VerifiedSystem(system.name, tuple(protocols), livelock, tuple(mutants))

    def _protocol(self, part: Bounded) -> VerifiedProtocol:
        if part is self.first:
            found: VerifiedProtocol = look_at(part, self.folder, self.caching, self.report)
            return found
        found = self._awaited(part)
        self.report(Begun(found.protocol, found.sizes))
        for row in found.rows:
            self.report(row)
        return found

    def _awaited(self, part: Part) -> Any:
        done = sum(future.done() for future in self.futures.values())
        self.report(Awaited(done, len(self.futures)))
        return self.futures[part].result()
