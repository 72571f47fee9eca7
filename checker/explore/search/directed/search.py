"""Depth-first search to a bound, and best-first search towards a violation.

Both store every state they find, exactly. So a search that left nothing out has visited all
reachable states; any other says what it left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from quorate.checker.explore.codegen.assembly import Module
from quorate.checker.explore.codegen.machine_code import MachineCode as Compiled
from quorate.checker.explore.compiled import CompiledModel
from quorate.checker.explore.search import driver as d
from quorate.checker.explore.search.coverage import guard_coverage, outside
from quorate.checker.explore.search.interface import Progress, SearchEngine
from quorate.checker.explore.store.sweep import sweep
from quorate.checker.explore.store.table import BATCH, rehash
from quorate.checker.ground.packing import Words
from quorate.checker.results import Exploration, Finding, GuardCoverage, Move, Outcome
from quorate.model.language.interpreter import State

from . import frontier as f
from .heuristic import add_distance
from .shrink import shrunk

FIRST_ROOM = 1 << 16
GROWTH = 2
SLICE = 50_000  # states expanded between checks of the clock and the keyboard
WEIGHT = 16  # what one step nearer to a violation is worth, in steps from the initial state
FARTHEST = 4_000  # greater distances count as this one
BUCKETS = 1 << 16
MOST_STATES = (1 << 31) - 1  # indices are 32-bit, with a sign

if TYPE_CHECKING:
    from quorate.checker.explore.codegen.blocked import Goal

ENDINGS = {
    d.VIOLATED: Outcome.VIOLATED,
    d.UNDEFINED: Outcome.UNDEFINED,
    d.LIMIT: Outcome.LIMIT,
}


@dataclass
class Directed(SearchEngine):
    """One search of a protocol that need not be exhaustive; run it once.

    Depth-first unless `towards_violation`. `depth` bounds the length of the paths, `limit` the
    states, `memory` the bytes that they take.
    """

    model: CompiledModel
    towards_violation: bool = False
    depth: int | None = None
    limit: int | None = None
    memory: int | None = None

    def __post_init__(self) -> None:
        self.sizes = self.model.sizes

    def begin(self) -> Outcome | None:
        self._begin()
        return self._initial()

    def _begin(self) -> None:
        k = self.model.kernel
        self._distance = self._compiled_distance() if self.towards_violation else None
        self.initial = self.model.initial()
        self._store = _Found.empty(k.words, self._first_room())
        buckets = BUCKETS if self.towards_violation else 1
        self._heads = np.full(buckets, f.NOWHERE, np.int32)
        self._tails = np.full(buckets, f.NOWHERE, np.int32)
        self._control = np.zeros(f.CONTROLS, np.int64)
        self._fired = np.zeros(len(k.actions), np.int64)
        self._again = np.zeros(len(k.actions), np.int64)
        self._out = np.zeros(k.most_successors * k.words, np.uint64)
        self._labels = np.zeros(k.most_successors, np.uint32)

    def _first_room(self) -> int:
        """Room for the successors of one state at least, within the memory if possible."""
        k = self.model.kernel
        room = FIRST_ROOM
        if self.memory is not None:
            room = min(room, self.memory // bytes_per_state(k.words))
        return max(room, 4 * (k.most_successors + len(self.initial)))

    def _compiled_distance(self) -> Compiled:
        k = self.model.kernel
        module = Module()
        add_distance(module, k.layout.graph, k.words, k.source.violations(), FARTHEST)
        return Compiled(module)

    def _initial(self) -> Outcome | None:
        """Let the initial states wait; an outcome if the search ends with them."""
        s, seen = self._store, self.model.confirm.look(self.initial)
        s.count = seen.where + 1 if seen.found else len(self.initial)
        s.states[: s.count * s.words] = self.initial.rows[: s.count].reshape(-1)
        s.parents[: s.count] = np.arange(s.count)
        if s.count:  # they wait in one bucket, the first at its front
            s.links[: s.count] = np.arange(1, s.count + 1)
            s.links[s.count - 1] = f.NOWHERE
            self._heads[0], self._tails[0] = 0, s.count - 1
        s.rehash()
        self._control[f.REACHED] = seen.reached
        self._control[f.FOUND], self._control[f.WHERE] = seen.found, seen.where
        self._control[f.COUNT] = self._control[f.WAITING] = s.count
        if self._control[f.FOUND]:
            return Outcome.VIOLATED
        return Outcome.LIMIT if self.limit is not None and s.count >= self.limit else None

    def expand(self) -> Outcome | None:
        self.model.kernel.improve(int(self._control[f.COUNT]))
        status = self._slice()
        self._store.count = int(self._control[f.COUNT])
        if status == d.DONE:
            return Outcome.BOUND if self._control[f.CUT] else Outcome.HOLDS
        if status == d.FULL and not self._grow():
            return Outcome.OUT_OF_MEMORY
        return ENDINGS.get(status)

    def _slice(self) -> int:
        k, s = self.model.kernel, self._store
        return int(
            f.search(
                k.successors(),
                k.check(),
                0 if self._distance is None else self._distance.address("distance"),
                0 if self._distance is None else WEIGHT,
                k.words,
                k.bad,
                -1 if self.limit is None else self.limit,
                f.ENDLESS if self.depth is None else self.depth,
                k.most_successors,
                s.states,
                s.parents,
                s.depths,
                s.links,
                s.stages,
                self._heads,
                self._tails,
                s.table,
                self._control,
                self._fired,
                self._again,
                self._out,
                self._labels,
                SLICE,
            )
        )

    def _grow(self) -> bool:
        s = self._store
        room = min(GROWTH * s.room, MOST_STATES)
        if room < s.room + self.model.kernel.most_successors:
            return False
        # The old arrays are there until the new ones are filled.
        if self.memory is not None and bytes_per_state(s.words) * (room + s.room) > self.memory:
            return False
        try:
            self._store = s.grown(room)
        except MemoryError:
            return False
        return True

    def progress(self) -> Progress:
        c = self._control
        return Progress(int(c[f.COUNT]), int(c[f.WAITING]), int(c[f.DEEPEST]), self.seconds)

    def confirm(self, outcome: Outcome) -> Finding:
        if outcome not in (Outcome.VIOLATED, Outcome.UNDEFINED):
            return Finding()
        initial, path = self._path_to(int(self._control[f.WHERE]))
        found = int(self._control[f.FOUND])
        return shrunk(
            self.model.interpreter, self.model.confirm.finding(outcome, initial, path, found)
        )

    def result(self, outcome: Outcome, finding: Finding) -> Exploration:
        model, c, s = self.model, self._control, self._store
        guards: tuple[GuardCoverage, ...] = ()
        sampled: int | None = None
        if outcome is Outcome.HOLDS:
            guards, sampled = guard_coverage(model.description, s.count, self._count_blocked)
        beyond = 0
        if outcome is Outcome.HOLDS:
            beyond = outside(model.kernel, int(c[f.REACHED]), self._count_blocked)
        return Exploration(
            outcome=finding.outcome(outcome, beyond),
            outside=beyond,
            states=self._store.count,
            transitions=int(self._fired.sum()),
            depth=finding.depth(int(c[f.DEEPEST])),
            violated=finding.violated,
            undefined=finding.undefined,
            initial=finding.initial,
            path=finding.path,
            fired=dict(zip(model.kernel.actions, map(int, self._fired), strict=True)),
            reached=model.kernel.reached(int(c[f.REACHED])),
            guards=guards,
            sampled=sampled,
            seconds=self.seconds,
            bits=model.kernel.layout.bits,
            words=model.kernel.words,
            waiting=int(c[f.WAITING] + c[f.CUT]),
            orbits=model.canonical.orbits(s.count, self._sweep),
            partial=self._partial() if finding.initial is None else None,
        )

    def _count_blocked(self, goals: list[Goal], step: int) -> list[int]:
        code = self.model.kernel.blocked(goals)
        counts = np.zeros(len(goals), np.int64)
        self._sweep(code.address("blocked"), step, counts)
        return [int(n) for n in counts]

    def _sweep(self, function: int, step: int, counts: npt.NDArray[np.int64]) -> None:
        s = self._store
        sweep(function, s.words, s.states, s.count, step, counts)

    def _partial(self) -> str | None:
        """What was left out, in words; None if nothing was."""
        waiting, cut = int(self._control[f.WAITING]), int(self._control[f.CUT])
        left = [f"{waiting:,} of the states found were still to be expanded"] if waiting else []
        if cut:
            left.append(f"{cut:,} states at depth {self.depth} were not expanded")
        return "; ".join(left) or None

    def _path_to(self, k: int) -> tuple[State, tuple[Move, ...]]:
        chain = [k]
        while int(self._store.parents[chain[-1]]) != chain[-1]:
            chain.append(int(self._store.parents[chain[-1]]))
        initial = self.initial.states[chain.pop()]
        rows = (self._store.row(i) for i in reversed(chain))
        return initial, self.model.steps(initial, rows)


@dataclass
class _Found:
    """The states found, each with its parent, its depth, its stage, and the next in its bucket."""

    words: int
    states: Words
    parents: npt.NDArray[np.uint32]
    depths: npt.NDArray[np.int32]
    links: npt.NDArray[np.int32]
    stages: npt.NDArray[np.uint8]
    count: int = 0

    @classmethod
    def empty(cls, words: int, room: int) -> _Found:
        """Room for so many states. Raises MemoryError."""
        return cls(
            words,
            np.zeros(room * words, np.uint64),
            np.zeros(room, np.uint32),
            np.zeros(room, np.int32),
            np.zeros(room, np.int32),
            np.zeros(room, np.uint8),
        )

    def __post_init__(self) -> None:
        self.room = len(self.parents)
        self.table = np.zeros(2 << (self.room - 1).bit_length(), np.uint32)

    def row(self, k: int) -> Words:
        """The words of state k."""
        return self.states[k * self.words : (k + 1) * self.words]

    def grown(self, room: int) -> _Found:
        """The same with more room. Raises MemoryError."""
        new = _Found.empty(self.words, room)
        for name in ("states", "parents", "depths", "links", "stages"):
            old = getattr(self, name)
            getattr(new, name)[: len(old)] = old
        new.count = self.count
        new.rehash()
        return new

    def rehash(self) -> None:
        """Build the table from the states."""
        rehash(self.states, self.words, self.count, self.table, np.empty(BATCH, np.uint64))


def bytes_per_state(words: int) -> int:
    """Memory for one state: words, parent, depth, link, stage, and two to four table entries."""
    return 8 * words + 13 + 16
