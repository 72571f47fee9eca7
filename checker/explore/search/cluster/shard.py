"""One shard: the states that a process of the cluster owns, and the operations on them.

It does not need the protocol's source: the kernel is sent as LLVM text and compiled where it runs.
Nothing in this module knows Ray.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from quorate.checker.explore.codegen.machine_code import MachineCode
from quorate.checker.explore.search import driver as d
from quorate.checker.explore.search import shuffle as x
from quorate.checker.explore.search.shuffle import Made, Outbox
from quorate.checker.explore.store.budget import bytes_per_state
from quorate.checker.explore.store.memory import StateStore
from quorate.checker.explore.store.table import deal
from quorate.checker.ground.packing import Words

from .saved import Folder, Numbers

FIRST_ROOM = 1 << 14
GROWTH = 2
MOST_STATES = 1 << 40
WIDER = 4  # bytes that the number of a parent has more than on one machine

# Successors for one shard: their words, labels, and the numbers of the states they lead from.
Bundle = tuple[Words, npt.NDArray[np.uint32], Numbers]


@dataclass(frozen=True)
class Work:
    """What every shard has to know of a search; `memory` is for each."""

    text: str = field(repr=False)  # the kernel, as LLVM code
    successors: str
    check: str
    weigh: str | None  # with symmetry: how many states a representative stands for
    words: int
    keyed: bool
    bad: int
    most_successors: int
    actions: int
    shards: int
    memory: int | None


@dataclass(frozen=True)
class Level:
    """What a shard has found when a level is complete."""

    count: int
    added: int
    fired: tuple[int, ...]
    reached: int
    violation: tuple[int, int] | None = None  # the bits of `check`, and the state's index
    undefined: tuple[int, int] | None = None  # the label, and the number of the state
    full: bool = False


@dataclass
class Shard:
    """The states whose hash belongs to this shard, in a search level by level.

    States with an index below `head` are expanded; those up to `end` belong to the current level.
    The number of state k is `k * shards + me`, as in `store.Partitions`, but with 64 bits.
    """

    work: Work
    me: int
    head: int = field(init=False, default=0)
    end: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        w = self.work
        self.code = MachineCode(w.text)
        self.store = StateStore.empty(w.words, min(FIRST_ROOM, self._most()), w.keyed, np.uint64)
        functions = x.functions_for(w.words, w.keyed)
        self._expand, self._insert = functions.expand, functions.insert
        self._made = Made.empty(w.words, w.most_successors, np.uint64)
        self._outbox = Outbox.empty(w.words, w.shards, 2 * self._made.room, np.uint64)
        self._mine: list[Bundle] = []
        self._start_level()

    def _start_level(self) -> None:
        self._fired = np.zeros(self.work.actions, np.int64)
        self._result = np.zeros(d.CONTROLS, np.int64)
        self._undefined: tuple[int, int] | None = None
        self._full = False

    # ------------------------------------------------------------ one level

    def begin(self, rows: Words) -> None:
        """Add this shard's initial states; they are their own parents."""
        w, s, count = self.work, self.store, len(rows) // self.work.words
        numbers, sizes = np.empty(count, np.uint32), np.zeros(w.shards, np.int64)
        deal(rows, w.words, count, w.shards, np.empty(count, np.uint8), numbers, sizes)
        s.count = int(sizes[self.me])
        if s.count > s.room:
            s.grow(s.count)
        mine = rows.reshape(-1, w.words)[numbers % w.shards == self.me]
        s.states[: s.count * w.words] = mine.reshape(-1)
        s.parents[: s.count] = np.arange(s.count) * w.shards + self.me
        s.rehash()

    def expand(self, most: int) -> list[Bundle | None]:
        """Expand up to `most` states of the level: a bundle for each shard, None for this one.

        What is for this shard waits here until `insert`.
        """
        w = self.work
        b, last = self._outbox, min(self.end, self.head + most)
        b.sizes[:] = 0
        n = last - self.head
        order = np.full(n, self.me, np.uint8)
        cursors = np.full(w.shards, self.head, np.int64)
        bases = np.full(w.shards, self.store.states.ctypes.data, np.int64)
        progress = np.zeros(x.EXPANDED, np.int64)
        progress[x.UNDEFINED] = x.NOWHERE
        while True:
            self._expand(
                self.code.address(w.successors), w.words, w.most_successors,
                bases, order, cursors, n, x.NOWHERE, self._fired, progress,
                *self._made.arrays, *b.arrays,
            )  # fmt: skip
            if progress[x.UNDEFINED] != x.NOWHERE:
                if self._undefined is None:
                    self._undefined = int(progress[x.LABEL]), int(progress[x.PARENT])
                break
            if progress[x.AT] >= n:
                break
            b.grow()
        self.head = last
        bundles: list[Bundle | None] = [_cut(b, q) for q in range(w.shards)]
        self._mine.append(bundles[self.me] or _cut(b, self.me))
        bundles[self.me] = None
        return bundles

    def insert(self, *bundles: Bundle | None) -> None:
        """Insert what all shards sent to this one, in their order; None stands for its own."""
        own = self._mine.pop(0)
        for bundle in bundles:
            if self._full or self._result[d.FOUND]:
                return
            words, labels, parents = own if bundle is None else bundle
            self._full = not self._reserve(len(labels))
            if not self._full and len(labels):
                self._insert_bundle(words, labels, parents)

    def _insert_bundle(
        self, words: Words, labels: npt.NDArray[np.uint32], parents: Numbers
    ) -> None:
        w, s = self.work, self.store
        places = np.arange(len(labels), dtype=np.uint32)
        s.count = self._insert(
            self.code.address(w.check), w.words, w.bad, w.shards, self.me,
            words, labels, parents, places, len(labels), s.states, s.parents, s.table, s.count,
            np.zeros(len(labels), np.uint8), *x.few(), self._result,
        )  # fmt: skip

    def _most(self) -> int:
        """How many states fit in the memory; there is always room for one."""
        w = self.work
        if w.memory is None:
            return MOST_STATES
        return max(1, w.memory // (bytes_per_state(w.words, w.keyed) + WIDER))

    def _reserve(self, more: int) -> bool:
        """Make room for so many states, within the memory."""
        s = self.store
        if s.count + more <= s.room:
            return True
        room = max(s.count + more, GROWTH * s.room)
        room = min(room, self._most())
        if room < s.count + more:
            return False
        try:
            s.grow(room)
        except MemoryError:
            return False
        return True

    def finish_level(self) -> Level:
        """What this shard found in the level; the new states are the next level."""
        found, r = int(self._result[d.FOUND]), self._result
        level = Level(
            count=self.store.count,
            added=self.store.count - self.end,
            fired=tuple(map(int, self._fired)),
            reached=int(r[d.REACHED]),
            violation=(found, int(r[d.COUNT])) if found else None,
            undefined=self._undefined,
            full=self._full,
        )
        self.head, self.end = self.end, self.store.count
        self._start_level()
        return level

    # ------------------------------------------------------------ taking back, saving, loading

    def take_back(self, expanded: int, count: int) -> None:
        """Undo the current level: `count` states are known, `expanded` of them expanded."""
        self.store.truncate(count)
        self._made.forget()
        self.head, self.end = expanded, count
        self._mine.clear()
        self._start_level()

    def save(self, url: str, level: int, start: int) -> str:
        """Write the states from index `start` to the checkpoint; returns the file's checksum."""
        s = self.store
        rows = s.states[start * s.words : s.count * s.words]
        return Folder(url).write_states(level, self.me, rows, s.parents[start : s.count])

    def load(self, url: str, checksums: list[str], expanded: int) -> None:
        """Read all levels of a checkpoint. Raises SavedError."""
        s = self.store
        for level, checksum in enumerate(checksums):
            rows, parents = Folder(url).read_states(level, self.me, checksum)
            more = len(parents)
            if s.count + more > s.room:
                s.grow(max(s.count + more, GROWTH * s.room))
            s.states[s.count * s.words : (s.count + more) * s.words] = rows
            s.parents[s.count : s.count + more] = parents
            s.count += more
        s.rehash()
        self.head, self.end = expanded, s.count

    # ------------------------------------------------------------ answering

    def state(self, k: int) -> tuple[Words, int]:
        """The words of state k, and the number of its parent."""
        return self.store.row(k).copy(), self.store.parent(k)

    def weight(self) -> int:
        """How many states those that are kept stand for."""
        w, s = self.work, self.store
        if w.weigh is None:
            return s.count
        total = np.zeros(1, np.int64)
        s.sweep(self.code.address(w.weigh), 1, total)
        return int(total[0])

    def blocked(self, text: str, goals: int, step: int) -> list[int]:
        """How often each of so many guards fails first in every `step`-th of these states.

        `text` is the LLVM code of `blocked`, a function that counts that.
        """
        code = MachineCode(text, quick=True)
        counts = np.zeros(goals, np.int64)
        self.store.sweep(code.address("blocked"), step, counts)
        return [int(n) for n in counts]

    def process(self) -> int:
        """The process that it lives in; an answer says that it lives."""
        return os.getpid()


def _cut(b: Outbox, q: int) -> Bundle:
    """A copy of what goes to one shard."""
    n: Any = int(b.sizes[q])
    return b.states[q, : n * b.words].copy(), b.labels[q, :n].copy(), b.parents[q, :n].copy()
