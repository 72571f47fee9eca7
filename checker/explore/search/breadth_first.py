"""Breadth-first search over packed states with the compiled kernel.

`explore` returns counts and verdict; the states stay in memory for `StateGraph` and for proofs. A
counterexample is read off the parents and then run again by CPython, step by step, so a path that
the class itself does not take never reaches a user.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

import numpy as np

from quorate.checker.errors import InputError
from quorate.checker.explore.compiled import CompiledModel
from quorate.checker.explore.kernel import Kernel
from quorate.checker.explore.store.budget import Estimate, bytes_per_state, free_memory, most_states
from quorate.checker.explore.store.memory import MOST_SHARDS, StateStore
from quorate.checker.ground.dependency import by_messages
from quorate.checker.ground.packing import Words
from quorate.checker.lazily import lazily
from quorate.checker.results import (
    Exploration,
    Finding,
    GuardCoverage,
    Move,
    Outcome,
    Resumed,
    from_the_start,
)
from quorate.model.language.declare.protocol import Protocol
from quorate.model.language.declare.sorts import Sizes
from quorate.model.language.interpreter import State

from . import driver as d
from .coverage import guard_coverage, outside
from .directed.shrink import shrunk
from .in_memory import MemoryStorage
from .interface import Progress, Report, SearchEngine
from .interrupt import Interrupt
from .options import BreadthFirst, InMemory
from .placement import Placement
from .storage import Job, StateStorage

if TYPE_CHECKING:
    from quorate.checker.explore.codegen.blocked import Goal

    from . import checkpoint, handover, manifest, restore
    from .checkpoint import CheckpointFolder
else:  # most searches need none of these, and they load Numba
    checkpoint = lazily("quorate.checker.explore.search.checkpoint")
    handover = lazily("quorate.checker.explore.search.handover")
    manifest = lazily("quorate.checker.explore.search.manifest")
    restore = lazily("quorate.checker.explore.search.restore")

ALL_IN_MEMORY = BreadthFirst(storage=InMemory())

ENDINGS = {
    d.DONE: Outcome.HOLDS,
    d.VIOLATED: Outcome.VIOLATED,
    d.UNDEFINED: Outcome.UNDEFINED,
    d.LIMIT: Outcome.LIMIT,
}


def search_from_the_start(
    begin: Callable[[], Explorer], report: Report | None = None, coverage: bool = True
) -> tuple[Explorer | None, Exploration]:
    """The explorer that `begin` makes, and what it found; none if `@init` is undefined already."""
    begun: list[Explorer] = []

    def search() -> Exploration:
        begun.append(begin())
        return begun[0].run(report, coverage)

    found = from_the_start(search)
    return next(iter(begun), None), found


class Explorer(SearchEngine):
    """One search of one protocol at one size.

    `invariants` are those to check, by default all. With `symmetry` one state is stored for each
    orbit of interchangeable elements: as permuting them maps steps to steps, it is a deadlock if
    its representative is. With `deadlock`, a state where nothing can happen is a violation. Unless
    it `derives`, cells that follow from others are stored like all. `kernel_of` makes its kernel.

    With several threads, the search is divided once enough states wait. With any number of threads,
    states are found in the same order, so counts, verdict, counterexample and `store` are the same.
    Only if the memory is full may the last states differ, because a round is finished first.

    Raises SizeError, ModelError, InputError; StepError where `@init` is undefined (see
    `from_the_start`).
    """

    def __init__(
        self,
        protocol: type[Protocol],
        sizes: Sizes,
        search: BreadthFirst = ALL_IN_MEMORY,
        *,
        invariants: Collection[str] | None = None,
        symmetry: bool = False,
        deadlock: bool = False,
        derives: bool = True,
        kernel_of: Callable[..., Kernel] = Kernel,
    ) -> None:
        if not 1 <= search.threads <= MOST_SHARDS:
            raise ValueError(f"{search.threads} threads, expected 1 to {MOST_SHARDS}")
        self.protocol, self.sizes, self.search = protocol, sizes, search
        if search.eager and (search.por or deadlock):
            other = "--por" if search.por else "--deadlock"
            raise InputError(f"--eager does not go with {other}: drop one")
        self.placement = Placement.of(search.storage)
        how = {"symmetry": symmetry, "por": search.por, "deadlock": deadlock, "derives": derives}
        how["eager"] = search.eager
        self.model = CompiledModel(protocol, sizes, invariants, **how, kernel_of=kernel_of)
        self.description, self.kernel = self.model.description, self.model.kernel
        self.packing, self.interpreter = self.model.packing, self.model.interpreter
        self._storage: StateStorage | None = None
        self._checkpoint: CheckpointFolder | None = None
        self._resumed: Resumed | None = None

    @property
    def storage(self) -> StateStorage:
        """The storage of the states. Raises ValueError before the search."""
        if self._storage is None:
            raise ValueError("nothing was searched yet")
        return self._storage

    @property
    def store(self) -> StateStore:
        """The states found, in the order of discovery.

        After a search by several threads they are copied together at the first use. Raises
        ValueError if nothing was searched yet, or the states went to the disk.
        """
        return self.storage.whole()

    # ------------------------------------------------------------ searching

    def run(self, report: Report | None = None, coverage: bool = True) -> Exploration:
        """Search to the end, the first violation or undefined step, the limit, or Ctrl-C.

        With `coverage`, a complete search counts guards. Raises OSError, and InputError if the
        checkpoint is damaged or belongs to another search.
        """
        self._coverage = coverage
        return super().run(report)

    def begin(self) -> Outcome | None:
        search, place = self.search, self.placement
        self.initial = self.model.initial()
        job = self._job = Job.of(self.kernel, place.memory, search.limit, search.threads)
        self.control, self.fired = job.control, job.fired
        self._storage = MemoryStorage.begun(job, self.initial.rows)
        self._checkpoint, self._resumed = None, None
        if place.checkpoint is not None:
            identity = manifest.Identity.of(self.kernel)
            self._checkpoint = checkpoint.CheckpointFolder(place.checkpoint, identity)
            if self._checkpoint.saved is not None:
                return self._resume(self._checkpoint) or self._first_look()
        return self._first_look()

    def _first_look(self) -> Outcome | None:
        """Check the invariants of the initial states."""
        seen = self.model.confirm.look(self.initial)
        self.control[d.REACHED] |= seen.reached
        if seen.found:
            self.control[d.FOUND], self.control[d.WHERE] = seen.found, seen.where
        return Outcome.VIOLATED if seen.found else None

    def expand(self) -> Outcome | None:
        self.kernel.improve(int(self.control[d.HEAD]))
        status = self.storage.expand()
        if status in (d.FULL, d.CROWDED) and not self.storage.grow() and not self._spill():
            return Outcome.OUT_OF_MEMORY
        outcome = ENDINGS.get(status)
        if outcome is None:
            self._storage = self.storage.shared_out()
        return outcome

    def _spill(self) -> bool:
        """Continue on disk, if there is a folder for that. Raises OSError."""
        kept = self._checkpoint
        folder = self.placement.spill if kept is None else kept.folder
        if folder is None:
            return False
        self._storage = handover.hand_over(self.storage, self._job, folder, kept is not None)
        self._saved_at = -self.placement.seconds  # a checkpoint is due
        return True

    def _loop(self, report: Report | None) -> Outcome:
        limit = self.search.limit
        at_limit = limit is not None and self.control[d.COUNT] >= limit
        outcome = Outcome.LIMIT if at_limit else None
        if self._checkpoint is None:
            return outcome or super()._loop(report)
        return self._kept_loop(self._checkpoint, report, outcome)

    def _kept_loop(
        self, kept: CheckpointFolder, report: Report | None, outcome: Outcome | None
    ) -> Outcome:
        """Search, with a checkpoint from time to time. Ctrl-C waits until one can be made."""
        self._saved_at = time.perf_counter()
        with Interrupt(deferred=True) as interrupt:
            try:
                while outcome is None:
                    interrupt.safe = False
                    outcome = self.expand()
                    interrupt.safe = True
                    if report is not None:
                        report(self.progress())
                    if interrupt.asked:
                        outcome = outcome or Outcome.INTERRUPTED
                    if outcome is None and self._due():
                        self._save(kept, None)
            except KeyboardInterrupt:
                outcome = Outcome.INTERRUPTED
            if interrupt.safe:
                self._save(kept, outcome)
        return outcome

    def close(self) -> None:
        """End threads, and remove files unless they belong to a checkpoint."""
        if self._storage is not None:
            self._storage.close()
        if self._checkpoint is not None:
            self._checkpoint.close()

    # ------------------------------------------------------------ checkpoints

    def _resume(self, kept: CheckpointFolder) -> Outcome | None:
        """Restore the state of the checkpoint; the outcome if its search is finished."""
        saved = kept.saved
        assert saved is not None
        self.control[:], self.fired[:] = saved.control, saved.fired
        self._storage = restore.restored(kept, self._job)
        self._started -= saved.seconds
        self._resumed = Resumed(int(self.control[d.COUNT]), saved.outcome is not None)
        return None if saved.outcome is None else Outcome(saved.outcome)

    def _due(self) -> bool:
        return time.perf_counter() - self._saved_at >= self.placement.seconds

    def _save(self, kept: CheckpointFolder, outcome: Outcome | None) -> None:
        """Make a checkpoint. Raises OSError."""
        where = self.storage.save(kept)
        finished = outcome in (Outcome.HOLDS, Outcome.VIOLATED, Outcome.UNDEFINED)
        ended = outcome.value if outcome is not None and finished else None
        kept.save(self.control.tolist(), self.fired.tolist(), self.seconds, ended, where)
        self._saved_at = time.perf_counter()

    # ------------------------------------------------------------ how far it is, how large

    def progress(self) -> Progress:
        count, head = int(self.control[d.COUNT]), int(self.control[d.HEAD])
        depth, written = int(self.control[d.DEPTH]), self.storage.bytes_written
        nearer = None if written else int(self.control[d.LEVEL_END])
        return Progress(count, count - head, depth, self.seconds, written, nearer)

    def estimate(self) -> Estimate:
        """The size of a state and of the kernel, and how many states fit in the memory."""
        k, memory = self.kernel, self.placement.memory
        memory = free_memory() if memory is None else memory
        return Estimate(
            bits=k.layout.bits,
            words=k.words,
            bytes_per_state=self.bytes_per_state(),
            instances=k.metadata.instances,
            most_states_in_memory=most_states(k.words, k.keyed, memory),
        )

    def bytes_per_state(self) -> int:
        """Memory for one state: its words, its parent, its share of the table."""
        return bytes_per_state(self.kernel.words, self.kernel.keyed)

    # ------------------------------------------------------------ reading off

    def state(self, k: int) -> State:
        """The k-th state found, as a value. Use it inside the sizes."""
        return self.packing.unpack(self.storage.row(k))

    def path_to(self, k: int) -> tuple[State, tuple[Move, ...]]:
        """The initial state and a shortest path to the k-th state found, run by CPython."""
        return self._steps(self.storage.chain(k))

    def _steps(self, rows: list[Words]) -> tuple[State, tuple[Move, ...]]:
        """The initial state and the steps that lead through these states."""
        initial = self.initial.state(rows[0])
        return initial, self.model.steps(initial, rows[1:])

    def confirm(self, outcome: Outcome) -> Finding:
        if outcome not in (Outcome.VIOLATED, Outcome.UNDEFINED):
            return Finding()
        found = int(self.control[d.FOUND])
        if outcome is Outcome.UNDEFINED:
            self.control[d.FOUND] = 0  # it was the number of a step, not bits of properties
        finding = self.model.confirm.finding(outcome, *self._steps(self.storage.ending()), found)
        return shrunk(self.interpreter, finding) if self.search.eager else finding

    def result(self, outcome: Outcome, finding: Finding) -> Exploration:
        guards: tuple[GuardCoverage, ...] = ()
        sampled: int | None = None
        count, head = int(self.control[d.COUNT]), int(self.control[d.HEAD])
        if self._coverage and outcome is Outcome.HOLDS:
            guards, sampled = guard_coverage(self.description, count, self._count_blocked)
        beyond = 0
        if outcome is Outcome.HOLDS:
            beyond = outside(self.kernel, int(self.control[d.REACHED]), self._count_blocked)
        return Exploration(
            outcome=finding.outcome(outcome, beyond),
            outside=beyond,
            states=count,
            transitions=int(self.fired.sum()),
            depth=finding.depth(int(self.control[d.DEPTH])),
            violated=finding.violated,
            undefined=finding.undefined,
            initial=finding.initial,
            path=finding.path,
            fired=dict(zip(self.kernel.actions, map(int, self.fired), strict=True)),
            reached=self.kernel.reached(int(self.control[d.REACHED])),
            guards=guards,
            seconds=self.seconds,
            bits=self.kernel.layout.bits,
            words=self.kernel.words,
            follow=by_messages(self.kernel.layout.determined),
            waiting=count - head,
            por=self.search.reducing is not None,
            sampled=sampled,
            orbits=self.model.canonical.orbits(count, self.storage.sweep),
            spilled=self.storage.spilled(),
            resumed=self._resumed,
        )

    def _count_blocked(self, goals: list[Goal], step: int) -> list[int]:
        counts = np.zeros(len(goals), np.int64)
        code = self.kernel.blocked(goals)  # its code lives as long as it does
        self.storage.sweep(code.address("blocked"), step, counts)
        return [int(n) for n in counts]


def explore(
    protocol: type[Protocol],
    sizes: Sizes,
    search: BreadthFirst = ALL_IN_MEMORY,
    *,
    invariants: Collection[str] | None = None,
    symmetry: bool = False,
    report: Report | None = None,
) -> Exploration:
    """Search every reachable state of a protocol at these sizes."""
    explorer = Explorer(protocol, sizes, search, invariants=invariants, symmetry=symmetry)
    return explorer.run(report)
