"""A search by several threads that finds the same as one thread, in the same order.

Each round takes the next states in the order of discovery. First every worker expands a stretch of
them. Then every shard inserts the successors that all workers sent to it, in the workers' order. So
a shard meets its states in the order in which a single thread would, and parents, counts, numbering
and counterexample do not depend on the number of threads. A round in which something ends the
search is undone, and repeated up to that point.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from quorate.checker.explore.kernel import Kernel
from quorate.checker.explore.store.budget import MOST_STATES, most_states
from quorate.checker.explore.store.memory import Partitions, StateStore
from quorate.checker.ground.packing import Words

from . import driver as d
from . import shuffle as x
from . import storage
from .shuffle import Made, Outbox
from .storage import Job, Numbers, StateStorage

if TYPE_CHECKING:
    from .checkpoint import CheckpointFolder
    from .manifest import Place

STRETCH = 1 << 19  # states that a worker expands in one round: waking a thread takes its time
SMALL = 1 << 11  # rounds of fewer states are not worth waking anybody
OUTBOXES = 4  # they may take one part in so many of the memory


@dataclass
class Worker:
    """The arrays that one thread writes to while it expands."""

    made: Made
    outbox: Outbox
    fired: npt.NDArray[np.int64]
    progress: npt.NDArray[np.int64]
    fresh: npt.NDArray[np.uint8]
    met_before: npt.NDArray[np.uint64]  # what was met before this round

    @classmethod
    def of(cls, kernel: Kernel, shards: int) -> Worker:
        made = Made.empty(kernel.words, kernel.most_successors)
        return cls(
            made,
            Outbox.empty(kernel.words, shards, 2 * made.room),
            np.zeros(len(kernel.actions), np.int64),
            np.zeros(x.EXPANDED, np.int64),
            np.zeros(0, np.uint8),
            made.met.copy(),
        )

    @property
    def count(self) -> int:
        """The number of successors sent."""
        return int(self.progress[x.MADE])


@dataclass
class ShardResult:
    """What the shard of some states found in a round."""

    control: npt.NDArray[np.int64]
    few: tuple[npt.NDArray[Any], ...] = field(default_factory=x.few)
    added: int = 0
    worker: int = 0  # who made the state that breaks an invariant

    @classmethod
    def empty(cls) -> ShardResult:
        return cls(np.zeros(d.CONTROLS, np.int64))


@dataclass(frozen=True)
class SearchEnd:
    """What ends a search: a status, at the successor that a worker made at a place."""

    worker: int
    place: int
    status: int
    found: int
    where: int


class ThreadedStorage(StateStorage):
    """Each of several threads has a shard of the states. Call `close` when done."""

    def __init__(self, job: Job, partitions: Partitions) -> None:
        self.job, self.partitions = job, partitions
        self.kernel, self.control, self.fired = job.kernel, job.control, job.fired
        self._gathered: StateStore | None = None
        shards = self.partitions.shards
        self.workers = [Worker.of(self.kernel, shards) for _ in range(shards)]
        functions = x.functions_for(self.kernel.words, self.partitions.stores[0].keyed)
        self._expand, self._insert = functions.expand, functions.insert
        self._pool = ThreadPoolExecutor(shards)  # one of them leads
        order = self.partitions.order
        self._cursors = np.zeros(shards, np.int64)
        head = int(self.control[d.HEAD])
        x.advance(order, 0, head, self._cursors)

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown()

    def expand(self) -> int:
        """Expand some states, in rounds: a Ctrl-C takes effect at the end of one."""
        self._successors, self._check = self.kernel.successors(), self.kernel.check()
        last = int(self.control[d.HEAD]) + min(storage.SLICE, self.kernel.slice)
        status = d.PAUSED
        while status == d.PAUSED and self.control[d.HEAD] < last:
            status = self._whole(self._pool.submit(self._round))
        return status

    def _whole(self, running: Future[int]) -> int:
        """The result of a round. Ctrl-C, which only the main thread gets, does not cut it short."""
        try:
            return running.result()
        except KeyboardInterrupt:
            wait([running])
            raise

    def _round(self) -> int:
        c = self.control
        if c[d.HEAD] == c[d.COUNT]:
            return d.DONE
        if c[d.HEAD] == c[d.LEVEL_END]:
            c[d.DEPTH] += 1
            c[d.LEVEL_END] = c[d.COUNT]
        head = int(c[d.HEAD])
        end = min(int(c[d.LEVEL_END]), head + self._most_at_once())
        while (status := self._stretch(head, end)) == d.FULL and end - head > 1:
            end = head + (end - head) // 2
        return status

    def _most_at_once(self) -> int:
        """How many states to expand in a round: outboxes are to keep within their share.

        They have room for up to twice the successors, each with its words and 12 bytes more.
        """
        most, memory = STRETCH * len(self.workers), self.job.memory
        if memory is None:
            return most
        successors = 1 + int(self.fired.sum()) // max(1, int(self.control[d.HEAD]))  # of a state
        size = 2 * successors * (8 * self.kernel.words + 12)
        return min(most, max(SMALL, memory // OUTBOXES // size))

    def _stretch(self, head: int, end: int) -> int:
        """Expand the states from `head` to `end` of the order of discovery."""
        before = [s.count for s in self.partitions.stores]
        results = [ShardResult.empty() for _ in before]
        event = self._attempt(self._stretches(head, end), x.NOWHERE, results)
        if event is not None:
            for w in self.workers:  # what was sent is not kept
                w.made.met[:] = w.met_before
        if event is not None and event.status != d.FULL:
            # Once more, up to what ended the search and no further.
            self._take_back(before)
            results = [ShardResult.empty() for _ in before]
            parts = self._stretches(head, end)[: event.worker + 1]
            self._attempt(parts, event.place, results)
        if event is not None and event.status == d.FULL:
            return d.FULL
        self._commit(head, results)
        if event is None:
            return d.PAUSED
        self.control[d.FOUND], self.control[d.WHERE] = event.found, event.where
        return event.status

    def _stretches(self, head: int, end: int) -> list[tuple[int, int]]:
        """The stretch of each worker, of about equal length; one if there are few states."""
        n = len(self.workers) if end - head >= SMALL else 1
        ends = [head + (end - head) * i // n for i in range(n + 1)]
        return list(pairwise(ends))

    def _each(self, work: Callable[..., None], *arguments: Any) -> None:
        """Do some work for each of parallel arguments, the first on this thread."""
        calls = list(zip(*arguments, strict=True))
        futures = [self._pool.submit(work, *call) for call in calls[1:]]
        try:
            work(*calls[0])
            for future in futures:
                future.result()
        finally:
            wait(futures)

    def _attempt(
        self, parts: list[tuple[int, int]], cut: int, results: list[ShardResult]
    ) -> SearchEnd | None:
        """Expand, then insert; returns the first event that ends the search, if any."""
        p = self.partitions
        self._busy = self.workers[: len(parts)]
        for w in self.workers:
            w.met_before[:] = w.made.met
        start, cursors = parts[0][0], self._cursors.copy()
        starts = []
        for first, last in parts:
            starts.append(cursors.copy())
            x.advance(p.order, first, last, cursors)
        cuts = [x.NOWHERE] * (len(parts) - 1) + [cut]
        bases = p.addresses()
        self._each(
            lambda w, part, cursor, cut: self._expand_part(w, part, cursor, cut, bases),
            self._busy, parts, starts, cuts,
        )  # fmt: skip
        undefined = self._first_undefined()
        incoming = np.sum([w.outbox.sizes for w in self._busy], axis=0)
        if not self._room_for(incoming):
            return SearchEnd(0, 0, d.FULL, 0, start)
        shards = range(p.shards)
        if incoming.sum() < SMALL:
            for q in shards:
                self._insert_for(q, results[q])
        else:
            self._each(self._insert_for, shards, results)
        return self._first(results, undefined)

    def _expand_part(
        self,
        w: Worker,
        part: tuple[int, int],
        cursors: npt.NDArray[np.int64],
        cut: int,
        bases: npt.NDArray[np.int64],
    ) -> None:
        """Fill a worker's outbox, which grows as it must."""
        w.outbox.sizes[:] = 0
        w.fired[:] = 0
        w.progress[:] = 0
        w.progress[x.UNDEFINED] = x.NOWHERE
        first, last = part
        order = self.partitions.order[first:last]
        while True:
            b = w.outbox
            self._expand(
                self._successors, self.kernel.words, self.kernel.most_successors,
                bases, order, cursors, last - first, cut, w.fired, w.progress,
                *w.made.arrays, *b.arrays,
            )  # fmt: skip
            stopped = w.progress[x.UNDEFINED] != x.NOWHERE or w.count > cut
            if w.progress[x.AT] >= last - first or stopped:
                break
            b.grow()
        w.outbox.cut(cut)
        made = min(w.count, cut + 1)
        w.progress[x.MADE] = made
        if len(w.fresh) < made:
            w.fresh = np.zeros(2 * made, np.uint8)
        w.fresh[:made] = 0

    def _room_for(self, incoming: npt.NDArray[np.int64]) -> bool:
        """Make room for the new states; stores that are about equally full grow together."""
        counts = [s.count + int(n) for s, n in zip(self.partitions.stores, incoming, strict=True)]
        if all(n <= s.room for s, n in zip(self.partitions.stores, counts, strict=True)):
            return True
        most = max(counts)
        enough = []

        def grow(store: StateStore, count: int) -> None:
            enough.append(self._reserve(store, most) or self._reserve(store, count))

        self._each(grow, self.partitions.stores, counts)
        return all(enough)

    def _first_undefined(self) -> SearchEnd | None:
        """The first undefined step; nothing after it is inserted."""
        for i, w in enumerate(self._busy):
            place = int(w.progress[x.UNDEFINED])
            if place != x.NOWHERE:
                self._busy = self._busy[: i + 1]
                label, parent = int(w.progress[x.LABEL]), int(w.progress[x.PARENT])
                return SearchEnd(i, place, d.UNDEFINED, label, parent)
        return None

    def _insert_for(self, shard: int, result: ShardResult) -> None:
        """Insert what all workers sent to a shard, in their order, up to a violation."""
        store = self.partitions.stores[shard]
        for i, w in enumerate(self._busy):
            b = w.outbox
            before = store.count
            store.count = self._insert(
                self._check, store.words, self.kernel.bad, self.partitions.shards, shard,
                b.states[shard], b.labels[shard], b.parents[shard], b.places[shard],
                b.sizes[shard], store.states, store.parents, store.table, before, w.fresh,
                *result.few, result.control,
            )  # fmt: skip
            result.added += store.count - before
            if result.control[d.FOUND]:
                result.worker = i
                break

    def _first(self, results: list[ShardResult], undefined: SearchEnd | None) -> SearchEnd | None:
        """The event that comes first in the order of discovery."""
        events = [undefined] if undefined is not None else []
        for shard, r in enumerate(results):
            if found := int(r.control[d.FOUND]):
                where = int(r.control[d.COUNT]) * len(results) + shard
                events.append(
                    SearchEnd(r.worker, int(r.control[d.WHERE]), d.VIOLATED, found, where)
                )
        count = self.partitions.count + sum(r.added for r in results)
        if self.job.limit is not None and count >= self.job.limit:
            events.append(self._at_limit(self.job.limit - self.partitions.count))
        return min(events, key=lambda e: (e.worker, e.place), default=None)

    def _at_limit(self, wanted: int) -> SearchEnd:
        """The place of the `wanted`-th new state."""
        for i, w in enumerate(self._busy):
            new = np.flatnonzero(w.fresh[: w.count])
            if wanted <= len(new):
                return SearchEnd(i, int(new[wanted - 1]), d.LIMIT, 0, 0)
            wanted -= len(new)
        raise AssertionError("fewer new states than counted")

    def _reserve(self, store: StateStore, count: int) -> bool:
        """Make room in the store of one thread, within its share of the memory."""
        if count <= store.room:
            return True
        k, memory = self.kernel, self.job.memory
        most = MOST_STATES
        if memory is not None:
            most = most_states(k.words, k.keyed, memory - memory // OUTBOXES)
        room = min(max(count, store.growth * store.room), most // self.partitions.shards)
        if room < count:
            return False
        try:
            store.grow(room)
        except MemoryError:
            return False
        return True

    def _take_back(self, before: list[int]) -> None:
        for store, count in zip(self.partitions.stores, before, strict=True):
            store.truncate(count)

    def _commit(self, head: int, results: list[ShardResult]) -> None:
        """Add a round's new states."""
        p, c = self.partitions, self.control
        p.reserve(p.count + sum(r.added for r in results) + 1)
        end = head
        for w in self._busy:
            p.count = x.append_shards(w.fresh, w.count, p.order, p.count)
            end += int(w.progress[x.AT])
            self.fired += w.fired
        x.advance(p.order, head, end, self._cursors)
        for r in results:
            c[d.REACHED] |= r.control[d.REACHED]
        c[d.HEAD], c[d.COUNT] = end, p.count

    # ------------------------------------------------------------ reading

    def stores(self) -> tuple[Sequence[StateStore], Sequence[int]]:
        return self.partitions.stores, self.partitions.among_first(int(self.control[d.HEAD]))

    def whole(self) -> StateStore:
        """All states in one store: they are copied together at the first use."""
        if self._gathered is None:
            self._gathered = self.partitions.gathered()
        return self._gathered

    def row(self, k: int) -> Words:
        if self._gathered is not None:
            return self._gathered.row(k)
        return self.partitions.row(self.partitions.number(k))

    def chain(self, k: int) -> list[Words]:
        return self.partitions.chain(self.partitions.number(k))

    def ending(self) -> list[Words]:
        return self.partitions.chain(int(self.control[d.WHERE]))

    def sweep(self, function: int, step: int, counts: Numbers) -> None:
        self.partitions.sweep(function, step, counts)

    def save(self, checkpoint: CheckpointFolder) -> Place:
        p = self.partitions
        return checkpoint.save_memory(p.stores, p.order[: p.count])
