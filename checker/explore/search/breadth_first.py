"""The fast explorer: breadth-first over packed states, by the compiled kernel.

`explore` gives counts and verdict; the states stay in memory for `StateGraph` and for proofs. A
counterexample is read off the parents and then run again under CPython, step by step: a path that
the class itself does not take never reaches a user.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from quorate.checker.explore.compiled import CompiledModel
from quorate.checker.explore.kernel import Kernel
from quorate.checker.explore.store.memory import MOST_SHARDS, Partitions, Store, bytes_per_state
from quorate.checker.explore.store.table import BATCH, nothing_met
from quorate.checker.ground.derived import by_messages
from quorate.checker.results import (
    Exploration,
    Finding,
    GuardCoverage,
    Move,
    Outcome,
    Resumed,
    Spilled,
    from_the_start,
)
from quorate.model.language.declare.protocol import Protocol
from quorate.model.language.declare.sorts import Sizes
from quorate.model.language.interpreter import State
from quorate.model.language.ir import core as c

from . import driver as d
from .coverage import guard_coverage
from .interrupt import Interrupt

if TYPE_CHECKING:
    from quorate.checker.explore.codegen.emit import Goal

    from .checkpoint import Checkpoint, InMemory, OnDisk
    from .external import External
    from .threads import Team

FIRST_ROOM = 1 << 16
GROWTH = 4  # a table of indices grows by hashing every state again, so seldom
KEYED_GROWTH = 2
MOST_STATES = 1 << 31  # indices are 32-bit, and the table has two places for each state
SLICE = 200_000  # states expanded between looks at the clock, the memory and the keyboard
BATCH_ROOM = 1 << 13  # successors of one batch, unless one state can have more
CROWD = 1 << 16  # states waiting before several threads are worth their while


@dataclass(frozen=True)
class Progress:
    """Where a search is: what a progress line shows."""

    states: int
    waiting: int
    depth: int
    seconds: float
    disk: int = 0  # bytes, once the states no longer fit in the memory


Report = Callable[[Progress], None]


@dataclass(frozen=True)
class Estimate:
    """What a search will take, known before it runs: the size of a state, of the kernel.

    `most_states_in_memory` is how many states fit in the memory budget, or in what the machine
    has free.
    """

    bits: int
    words: int
    bytes_per_state: int
    instances: int
    most_states_in_memory: int


@dataclass
class Explorer:
    """One search of one protocol at one size.

    Raises SizeError, ModelError; StepError where `@init` is undefined (see `from_the_start`).

    With several threads the search is shared out once enough states wait. Whatever their number,
    states are found in the same order, so that counts, verdict, counterexample and `store` are the
    same; only when the memory is full may the last states differ, by the end of a round.
    """

    protocol: type[Protocol]
    sizes: Sizes
    memory: int | None = None  # bytes that the states may take
    limit: int | None = None
    only: frozenset[str] | None = None  # the invariants to check; by default all
    symmetry: bool = False  # store one state for each orbit of interchangeable elements
    threads: int = 1  # what is found, and its order, do not depend on it
    spill: Path | None = None  # where to go on on disk when the memory is full; then no `store`
    checkpoint: Path | None = None  # a folder to keep the search in, and to go on from
    every: float = 60.0  # seconds between checkpoints
    por: bool = False  # take the steps of stubborn sets alone
    description: c.Description = field(init=False)
    kernel: Kernel = field(init=False)
    _store: Store | None = field(init=False, default=None)
    _partitions: Partitions | None = field(init=False, default=None)
    _external: External | None = field(init=False, default=None)
    _team: Team | None = field(init=False, default=None)
    _kept: Checkpoint | None = field(init=False, default=None)
    _resumed: Resumed | None = field(init=False, default=None)

    @property
    def store(self) -> Store:
        """The states found, in the order of discovery.

        After a search by several threads they are copied together at the first use.
        """
        if self._store is None:
            if self._partitions is None:
                raise ValueError("nothing was searched yet, or the states went to the disk")
            self._store = self._partitions.gathered()
        return self._store

    def __post_init__(self) -> None:
        if not 1 <= self.threads <= MOST_SHARDS:
            raise ValueError(f"{self.threads} threads, expected 1 to {MOST_SHARDS}")
        self.model = CompiledModel(self.protocol, self.sizes, self.only, self.symmetry, self.por)
        self.description, self.kernel = self.model.description, self.model.kernel
        self.packing, self.machine = self.model.packing, self.model.machine

    # ------------------------------------------------------------ searching

    def run(self, report: Report | None = None, coverage: bool = True) -> Exploration:
        """Search to the end, the first violation or undefined step, the limit, or Ctrl-C.

        Raises InputError if the `checkpoint` is of another search or damaged, OSError.
        """
        return from_the_start(lambda: self._run(report, coverage))

    def _run(self, report: Report | None, coverage: bool) -> Exploration:
        started = time.perf_counter()
        with self.sizes:
            self._begin()
            try:
                outcome = self._resume() or self._first_look()
                started -= self._before
                if outcome is None:
                    outcome = self._loop(report, started)
                return self._result(outcome, started, coverage)
            finally:
                self._clear()

    def _begin(self) -> None:
        k = self.kernel
        self.initial = self.model.initial()
        self._store, self._partitions = (
            Store.empty(k.words, self._first_room(), self.kernel.keyed),
            None,
        )
        self._external, self._team, self._kept = None, None, None
        self._before, self._resumed = 0.0, None
        self.control = np.zeros(d.CONTROLS, np.int64)
        self.fired = np.zeros(len(k.actions), np.int64)
        self._fired_before = np.zeros(len(k.actions), np.int64)
        batch = max(k.most_successors, min(BATCH * k.most_successors, BATCH_ROOM))
        self._met = nothing_met(k.words)
        self._out = np.zeros(batch * k.words, np.uint64)
        self._labels = np.zeros(batch, np.uint32)
        self._hashes = np.zeros(batch, np.uint64)
        self._sources = np.zeros(batch, np.uint32)
        self._kinds = np.zeros(batch, np.uint32)
        self._which = np.zeros(batch, np.uint32)
        for i, state in enumerate(self.initial):
            self.store.row(i)[:] = self.model.packed(state)
            self.store.parents[i] = i
        self.store.count = len(self.initial)
        self.store.rehash()
        self.control[d.COUNT] = self.control[d.LEVEL_END] = self.store.count

    def _stores(self) -> list[Store]:
        """All states, in one store or several."""
        return [self.store] if self._partitions is None else self._partitions.stores

    def _first_room(self) -> int:
        """Room for a batch of successors at least, within the memory budget if possible."""
        least = 2 * (self.kernel.most_successors + len(self.initial))
        room = FIRST_ROOM
        if self.memory is not None:
            room = min(room, self._most_states(self.memory))
        return max(room, least)

    def _first_look(self) -> Outcome | None:
        """The invariants of the initial states, by CPython."""
        for i, state in enumerate(self.initial):
            bits = self.model.confirm.bits(state)
            self.control[d.REACHED] |= bits & ~self.kernel.bad
            if bits & self.kernel.bad:
                self.control[d.FOUND], self.control[d.WHERE] = bits & self.kernel.bad, i
                return Outcome.VIOLATED
        return None

    def _loop(self, report: Report | None, started: float) -> Outcome:
        outcome = None
        if self.limit is not None and self.control[d.COUNT] >= self.limit:
            outcome = Outcome.LIMIT
        if self._partitions is not None:
            self._team = self._team_for(self._partitions)
        self._saved_at = time.perf_counter()
        with Interrupt(deferred=self._kept is not None) as interrupt:
            try:
                while outcome is None:
                    interrupt.safe = False
                    status = self._step()
                    interrupt.safe = True
                    if report is not None:
                        report(self._progress(started))
                    outcome = self._after(status)
                    if interrupt.asked:
                        outcome = outcome or Outcome.INTERRUPTED
                    if outcome is None and self._due():
                        self._save(started, None)
            except KeyboardInterrupt:
                outcome = Outcome.INTERRUPTED
            if interrupt.safe:
                self._save(started, outcome)
        return outcome

    def _step(self) -> int:
        """Expand some states, wherever they are."""
        if self._external is not None:
            return self._external.slice()
        return self._slice() if self._team is None else self._team.slice(SLICE)

    def _after(self, status: int) -> Outcome | None:
        """What a status means: how the search ended, or what is done so that it can go on."""
        if status in (d.FULL, d.CROWDED) and (self._team is not None or not self._grow()):
            folder = self.spill if self._kept is None else self._kept.folder
            if folder is None:
                return Outcome.OUT_OF_MEMORY
            self._go_to_disk(folder)
        endings = {
            d.DONE: Outcome.HOLDS,
            d.VIOLATED: Outcome.VIOLATED,
            d.UNDEFINED: Outcome.UNDEFINED,
            d.LIMIT: Outcome.LIMIT,
        }
        outcome = endings.get(status)
        if outcome is None and self._team is None and self.threads > 1 and self._crowded():
            self._team = self._split()
        return outcome

    def _go_to_disk(self, folder: Path) -> None:
        """Hand what was found over to a search on disk. Raises OSError."""
        from .handover import hand_over

        stores, heads = self._stores(), [int(self.control[d.HEAD])]
        if self._partitions is not None:
            heads = self._partitions.among_first(heads[0])
        if self._team is not None:
            self._team.close()
        self._store, self._partitions, self._team = None, None, None
        if self._kept is None:
            folder = Path(tempfile.mkdtemp(prefix="quorate-", dir=folder))
        self._in_memory = int(self.control[d.COUNT])
        self._external = self._on_disk(folder)
        hand_over(stores, heads, self._external)
        self._saved_at = -self.every

    def _on_disk(self, folder: Path) -> External:
        from .external import External

        memory = free_memory() if self.memory is None else self.memory
        external = External(
            self.kernel, folder, memory, self.threads, self.limit, self.control, self.fired
        )
        external.keep = self._kept is not None
        return external

    def _clear(self) -> None:
        """End threads, and remove what is on disk if nobody wanted it kept."""
        if self._team is not None:
            self._team.close()
        if self._external is not None:
            self._external.close()
            if self._kept is None:
                shutil.rmtree(self._external.folder, ignore_errors=True)
        if self._kept is not None:
            self._kept.close()

    # ------------------------------------------------------------ checkpoints

    def _resume(self) -> Outcome | None:
        """Go to where the checkpoint is; the outcome if its search is finished."""
        if self.checkpoint is None:
            return None
        from .checkpoint import Checkpoint, Identity, OnDisk

        kept = self._kept = Checkpoint(self.checkpoint, Identity.of(self.kernel))
        saved = kept.saved
        if saved is None:
            return None
        self.control[:], self.fired[:] = saved.control, saved.fired
        if isinstance(saved.where, OnDisk):
            self._store, self._in_memory = None, saved.where.in_memory
            self._external = self._on_disk(kept.folder)
            kept.external(self._external)
        else:
            stores = kept.stores(self.store)
            if isinstance(stores, Partitions):
                self._store, self._partitions = None, stores
                if stores.shards != self.threads:
                    self._store, self._partitions = stores.gathered(), None
        self._before = saved.seconds
        self._resumed = Resumed(int(self.control[d.COUNT]), saved.outcome is not None)
        return None if saved.outcome is None else Outcome(saved.outcome)

    def _due(self) -> bool:
        return self._kept is not None and time.perf_counter() - self._saved_at >= self.every

    def _save(self, started: float, outcome: Outcome | None) -> None:
        """Make a checkpoint, if they are wanted. Raises OSError."""
        if self._kept is None:
            return
        from .checkpoint import Saved

        if self._external is not None:
            where: InMemory | OnDisk = self._kept.save_disk(self._external, self._in_memory)
        else:
            parts = self._partitions
            order = None if parts is None else parts.order[: parts.count]
            where = self._kept.save_memory(self._stores(), order)
        finished = outcome in (Outcome.HOLDS, Outcome.VIOLATED, Outcome.UNDEFINED)
        self._kept.commit(
            Saved(
                identity=self._kept.identity,
                control=self.control.tolist(),
                fired=self.fired.tolist(),
                seconds=time.perf_counter() - started,
                outcome=outcome.value if outcome is not None and finished else None,
                where=where,
            )
        )
        self._saved_at = time.perf_counter()

    def _crowded(self) -> bool:
        if self._external is not None:
            return False
        return bool(self.control[d.COUNT] - self.control[d.HEAD] >= CROWD)

    def _split(self) -> Team | None:
        """Go on with several threads, each the shard of a part of the states."""
        try:
            parts = Partitions.split(self.store, self.threads)
        except MemoryError:
            return None
        self._store, self._partitions = None, parts
        return self._team_for(parts)

    def _team_for(self, parts: Partitions) -> Team:
        from .threads import Team

        return Team(self.kernel, parts, self.control, self.fired, self.limit, self._reserve)

    def _reserve(self, store: Store, count: int) -> bool:
        """Make room in the store of one thread, within its share of the memory."""
        if count <= store.room:
            return True
        room = max(count, self._growth * store.room)
        most = MOST_STATES if self.memory is None else self._most_states(self.memory)
        room = min(room, most // self.threads)
        if room < count:
            return False
        try:
            store.grow(room)
        except MemoryError:
            return False
        return True

    def _slice(self) -> int:
        k, s = self.kernel, self.store
        status = int(
            d.search_for(k.words, s.keyed)(
                k.successors(),
                k.check(),
                k.words,
                k.bad,
                -1 if self.limit is None else self.limit,
                k.most_successors,
                s.states,
                s.parents,
                s.table,
                self.control,
                self.fired,
                self._fired_before,
                self._met,
                self._out,
                self._labels,
                self._sources,
                self._hashes,
                self._kinds,
                self._which,
                SLICE,
            )
        )
        s.count = int(self.control[d.COUNT])
        return status

    def estimate(self) -> Estimate:
        """How large a state and the kernel are, and how many states the memory holds."""
        size = self.bytes_per_state()
        memory = free_memory() if self.memory is None else self.memory
        return Estimate(
            bits=self.kernel.layout.bits,
            words=self.kernel.words,
            bytes_per_state=size,
            instances=self.kernel.metadata.instances,
            most_states_in_memory=self._most_states(memory),
        )

    def bytes_per_state(self) -> int:
        """Memory for one state: its words, its parent, its share of the table."""
        return bytes_per_state(self.kernel.words, self.kernel.keyed)

    @property
    def _growth(self) -> int:
        return KEYED_GROWTH if self.kernel.keyed else GROWTH

    def _most_states(self, memory: int) -> int:
        """How many states fit, with the table that so many need."""
        size = 8 * self.kernel.words + 4
        # The table is the larger part of some sizes: try each of its sizes.
        entry, full = (8, 7) if self.kernel.keyed else (4, 5)
        tables = (1 << k for k in range(2, 33))
        fits = (min((memory - entry * t) // size, full * t // 10) for t in tables)
        return max(0, *fits)

    def _grow(self) -> bool:
        room = min(self._growth * self.store.room, MOST_STATES)
        if self.memory is not None:
            room = min(room, self._most_states(self.memory))
        if room < self.store.room + self.kernel.most_successors:
            return False
        try:
            self.store.grow(room)
        except MemoryError:
            return False
        return True

    def _progress(self, started: float) -> Progress:
        count, head = int(self.control[d.COUNT]), int(self.control[d.HEAD])
        depth = int(self.control[d.DEPTH])
        disk = 0 if self._external is None else self._external.bytes_written
        return Progress(count, count - head, depth, time.perf_counter() - started, disk)

    # ------------------------------------------------------------ reading the store

    def state(self, k: int) -> State:
        """The k-th state found, as a value. (Use inside the sizes.)"""
        if self._store is None and self._partitions is not None:
            return self.packing.unpack(self._partitions.row(self._partitions.number(k)))
        return self.packing.unpack(self.store.row(k))

    def _rank(self, number: int) -> int:
        """Which state in the order of discovery has this number."""
        return number if self._partitions is None else self._partitions.rank(number)

    def _path_on_disk(self, external: External) -> tuple[State, tuple[Move, ...]]:
        """The initial state and a shortest path to the one that ended the search on disk."""
        first, *rows = external.chain()
        initial = next(s for s in self.initial if np.array_equal(self.model.packed(s), first))
        return initial, self.model.steps(initial, rows)

    def path_to(self, k: int) -> tuple[State, tuple[Move, ...]]:
        """The initial state and a shortest path to the k-th state found, as CPython runs it."""
        parts = self._partitions
        stores = self.store if parts is None else parts
        chain = [k if parts is None else parts.number(k)]
        while (parent := stores.parent(chain[-1])) != chain[-1]:
            chain.append(parent)
        first = chain.pop()
        initial = self.initial[self._rank(first)]
        rows = (stores.row(n) for n in reversed(chain))
        return initial, self.model.steps(initial, rows)

    def _result(self, outcome: Outcome, started: float, coverage: bool) -> Exploration:
        finding = Finding()
        if outcome in (Outcome.VIOLATED, Outcome.UNDEFINED):
            if self._external is not None:
                initial, path = self._path_on_disk(self._external)
            else:
                initial, path = self.path_to(self._rank(int(self.control[d.WHERE])))
            found = int(self.control[d.FOUND])
            finding = self.model.confirm.finding(outcome, initial, path, found)
        if outcome is Outcome.UNDEFINED:
            self.control[d.FOUND] = 0  # it was the number of a step, not bits of properties
        guards: tuple[GuardCoverage, ...] = ()
        sampled: int | None = None
        count, head = int(self.control[d.COUNT]), int(self.control[d.HEAD])
        if coverage and outcome is Outcome.HOLDS:
            guards, sampled = guard_coverage(self.description, count, self._count_blocked)
        return Exploration(
            outcome=finding.outcome(outcome),
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
            seconds=time.perf_counter() - started,
            bits=self.kernel.layout.bits,
            words=self.kernel.words,
            follow=by_messages(self.kernel.layout.determined),
            waiting=count - head,
            por=self.por,
            sampled=sampled,
            orbits=self.model.canonical.orbits(count, self._sweep),
            spilled=self._spilled(),
            resumed=self._resumed,
        )

    def _spilled(self) -> Spilled | None:
        e = self._external
        return None if e is None else Spilled(self._in_memory, e.bytes_per_state(), e.most_bytes)

    # ------------------------------------------------------------ coverage

    def _count_blocked(self, goals: list[Goal], step: int) -> list[int]:
        machine = self.kernel.blocked(goals)
        counts = np.zeros(len(goals), np.int64)
        self._sweep(machine.address("blocked"), step, counts)
        return [int(n) for n in counts]

    def _sweep(self, function: int, step: int, counts: npt.NDArray[np.int64]) -> None:
        """Run the function at an address over every `step`-th state."""
        if self._external is not None:
            self._external.sweep(function, step, counts)
        elif self._partitions is not None:
            self._partitions.sweep(function, step, counts)
        else:
            self.store.sweep(function, step, counts)


def free_memory() -> int:
    """The bytes that programs can still have, as the system tells; 4 GiB where it does not."""
    try:
        with Path("/proc/meminfo").open(encoding="ascii") as file:
            rows = dict(line.split(":", 1) for line in file)
        return int(rows["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return 4 << 30


def explore(
    protocol: type[Protocol],
    sizes: Sizes,
    *,
    memory: int | None = None,
    limit: int | None = None,
    only: frozenset[str] | None = None,
    symmetry: bool = False,
    threads: int = 1,
    spill: Path | None = None,
    por: bool = False,
    report: Report | None = None,
) -> Exploration:
    """Search every reachable state of a protocol at these sizes with the compiled kernel."""
    explorer = Explorer(protocol, sizes, memory, limit, only, symmetry, threads, spill, por=por)
    return explorer.run(report)
