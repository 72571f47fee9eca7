"""A search by one thread, with its states in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from quorate.checker.explore.store.budget import MOST_STATES, most_states
from quorate.checker.explore.store.memory import Partitions, StateStore
from quorate.checker.explore.store.table import BATCH, nothing_met
from quorate.checker.ground.packing import Words
from quorate.checker.ground.vector import States
from quorate.checker.lazily import lazily

from . import driver as d
from . import storage
from .storage import Job, Numbers, StateStorage

if TYPE_CHECKING:
    from . import threads
    from .checkpoint import CheckpointFolder
    from .manifest import Place
else:
    threads = lazily("quorate.checker.explore.search.threads")

FIRST_ROOM = 1 << 16
BATCH_ROOM = 1 << 13  # successors of one batch, unless one state can have more
CROWD = 1 << 16  # waiting states that make several threads worthwhile


class MemoryStorage(StateStorage):
    """One store, whose states are expanded in the order in which they were found."""

    def __init__(self, job: Job, store: StateStore) -> None:
        self.job, self.store = job, store
        k = job.kernel
        batch = max(k.most_successors, min(BATCH * k.most_successors, BATCH_ROOM))
        self._fired_before = np.zeros(len(k.actions), np.int64)
        self._met = nothing_met(k.words)
        self._out = np.zeros(batch * k.words, np.uint64)
        self._labels = np.zeros(batch, np.uint32)
        self._hashes = np.zeros(batch, np.uint64)
        self._sources = np.zeros(batch, np.uint32)
        self._kinds = np.zeros(batch, np.uint32)
        self._which = np.zeros(batch, np.uint32)

    @classmethod
    def begun(cls, job: Job, initial: States) -> MemoryStorage:
        """A storage with the initial states, which are their own parents."""
        k = job.kernel
        store = StateStore.empty(k.words, _first_room(job, len(initial)), k.keyed)
        store.count = len(initial)
        store.states[: store.count * k.words] = initial.reshape(-1)
        store.parents[: store.count] = np.arange(store.count)
        store.rehash()
        job.control[d.COUNT] = job.control[d.LEVEL_END] = store.count
        return cls(job, store)

    def expand(self) -> int:
        k, s, job = self.job.kernel, self.store, self.job
        status = int(
            d.search_for(k.words, s.keyed)(
                k.successors(),
                k.check(),
                k.words,
                k.bad,
                -1 if job.limit is None else job.limit,
                k.most_successors,
                s.states,
                s.parents,
                s.table,
                job.control,
                job.fired,
                self._fired_before,
                self._met,
                self._out,
                self._labels,
                self._sources,
                self._hashes,
                self._kinds,
                self._which,
                min(storage.SLICE, k.slice),
            )
        )
        s.count = int(job.control[d.COUNT])
        return status

    def grow(self) -> bool:
        k, room = self.job.kernel, min(self.store.growth * self.store.room, MOST_STATES)
        if self.job.memory is not None:
            room = min(room, most_states(k.words, k.keyed, self.job.memory))
        if room < self.store.room + k.most_successors:
            return False
        try:
            self.store.grow(room)
        except MemoryError:
            return False
        return True

    def shared_out(self) -> StateStorage:
        c, job = self.job.control, self.job
        if job.threads == 1 or c[d.COUNT] - c[d.HEAD] < CROWD:
            return self
        try:
            return threads.ThreadedStorage(job, Partitions.split(self.store, job.threads))
        except MemoryError:
            return self

    def stores(self) -> tuple[Sequence[StateStore], Sequence[int]]:
        return [self.store], [int(self.job.control[d.HEAD])]

    def whole(self) -> StateStore:
        return self.store

    def row(self, k: int) -> Words:
        return self.store.row(k)

    def chain(self, k: int) -> list[Words]:
        return self.store.chain(k)

    def ending(self) -> list[Words]:
        return self.chain(int(self.job.control[d.WHERE]))

    def sweep(self, function: int, step: int, counts: Numbers) -> None:
        self.store.sweep(function, step, counts)

    def save(self, checkpoint: CheckpointFolder) -> Place:
        return checkpoint.save_memory([self.store], None)


def _first_room(job: Job, initial: int) -> int:
    """Room for a batch of successors at least, within the memory budget if possible."""
    k = job.kernel
    room = FIRST_ROOM
    if job.memory is not None:
        room = min(room, most_states(k.words, k.keyed, job.memory))
    return max(room, 2 * (k.most_successors + initial))
