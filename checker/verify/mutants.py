"""One seeded bug: found in the model, refused by healthy code, reproduced by broken code."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from quorate.checker.conform.adapters.registry import HEALTHY, adapter_for
from quorate.checker.conform.replaying.replay import Replay, ReplayVerdict, replay
from quorate.checker.errors import InputError
from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.loading import name_of
from quorate.checker.tracing.build import counterexample
from quorate.model.mutants import MUTANTS
from quorate.traces import read_itf, write_itf

# Millions of states come before these bugs; of the others there are so few that searching them
# takes less time than compiling what reduces them.
REDUCED = frozenset({"P1", "P4", "R24"})


@dataclass(frozen=True)
class MutantsBegun:
    """Reported before the first mutant of a system."""

    system: str


@dataclass(frozen=True)
class MutantResult:
    """The result of one mutant; `states` counts every state of an orbit."""

    name: str
    code: str
    title: str
    reference: str
    violates: str
    sizes: dict[str, int]
    states: int
    steps: int | None
    trace: str | None
    healthy: Replay | None
    broken: Replay | None
    defect: str
    seconds: float

    @property
    def as_expected(self) -> bool:
        """Found, refused by the healthy implementation, reproduced by the broken one."""
        return (
            self.healthy is not None
            and self.broken is not None
            and self.healthy.verdict is ReplayVerdict.REFUSED
            and self.broken.verdict is ReplayVerdict.REPRODUCED
        )


def try_mutant(name: str, folder: Path) -> MutantResult:
    """Explore a mutant at its sizes, write its counterexample, and replay the file twice."""
    started = time.perf_counter()
    mutant = MUTANTS[name]
    assert mutant.violates is not None and mutant.defect is not None
    sizes = mutant.protocol.sized(mutant.faults, **mutant.sizes)
    only = frozenset({mutant.violates})
    explorer = Explorer(mutant.protocol, sizes, invariants=only, symmetry=mutant.code in REDUCED)
    found = explorer.run(coverage=False)
    trace = counterexample(mutant.protocol, name_of(mutant.protocol), sizes, found)
    path = folder / f"{mutant.code}-{mutant.name}.itf.json"
    healthy = broken = None
    if trace is not None:
        write_itf(trace, path)
        recorded = read_itf(path)
        healthy = replay(recorded, mutant.protocol, adapter_for(mutant.protocol, HEALTHY))
        broken = replay(recorded, mutant.protocol, adapter_for(mutant.protocol, mutant.defect))
    return MutantResult(
        name=mutant.name,
        code=mutant.code,
        title=mutant.title,
        reference=mutant.reference,
        violates=mutant.violates,
        sizes=dict(mutant.sizes),
        states=found.full_states,
        steps=len(trace.steps) if trace is not None else None,
        trace=str(path) if trace is not None else None,
        healthy=healthy,
        broken=broken,
        defect=mutant.defect,
        seconds=time.perf_counter() - started,
    )


def counterexamples_in(folder: Path) -> Path:
    """The folder for counterexamples, created and writable. Raises InputError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise InputError(
            f"{folder}: cannot write counterexamples here ({error.strerror}); give --out"
        ) from None
    return folder
