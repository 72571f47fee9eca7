"""Breadth-first search on disk: level by level, with delayed duplicate detection (Korf, 2008).

The successors of a level are collected in a hash table within the memory budget. Whenever it is
full, it is sorted and written as a run. At the end of the level the runs are merged and the states
visited before are removed; the rest is the next level. Whole states are compared. A state that
violates an invariant is always new, since the search would have ended earlier, so invariants are
checked when a successor is collected. Parents are not stored: a path is found backwards, by a
predecessor in the previous level.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt

from quorate.checker.explore.paths import ExplorationError
from quorate.checker.explore.store.budget import free_memory
from quorate.checker.explore.store.memory import StateStore
from quorate.checker.explore.store.merge import merged
from quorate.checker.explore.store.rows import rows_for
from quorate.checker.explore.store.runs import Blocks, Run, write_run
from quorate.checker.explore.store.sweep import sweep
from quorate.checker.explore.store.table import BATCH
from quorate.checker.ground.packing import Words
from quorate.checker.results import Spilled

from . import driver as d
from . import external_loops
from .checkpoint import CheckpointFolder
from .manifest import Place, SavedOnDisk, SavedRun
from .storage import Job, Numbers, StateStorage

BATCH_ROOM = 1 << 13  # successors of one batch, unless one state can have more
GATHERED = 1 << 18  # rows encoded at a time
BUFFERS = 128 << 20  # bytes of the budget that merging takes
RATIO = 2  # a visited run is at least so many times as large as the next one

AWAY = "the states went to the disk"


class DiskStorage(StateStorage):
    """A search on disk.

    `levels[i]` has the states of depth i; `visited` has all of them, in few runs. `frontier` has
    the states of the last level that were not yet expanded when the search moved to the disk;
    `done` of them have been expanded since. `found` has the successors so far, some of which may
    have been visited before. COUNT in the control array is the number of states in `levels`.
    """

    def __init__(self, job: Job, folder: Path, keep: bool, in_memory: int = 0) -> None:
        self.job, self.folder = job, folder
        self.keep = keep  # runs that are needed no more, which a checkpoint may still need
        self.in_memory = in_memory  # states found before the search came here
        self.kernel, self.control, self.fired = job.kernel, job.control, job.fired
        self.levels: list[Run] = []
        self.visited: list[Run] = []
        self.frontier: Run | None = None
        self.done = 0
        self.found: list[Run] = []
        self.bytes_written = self.most_bytes = 0
        self.files = 0  # runs written so far, those removed included
        self.last: Words | None = None  # the state that ended the search
        k = self.kernel
        memory = free_memory() if job.memory is None else job.memory
        batch = max(k.most_successors, min(BATCH * k.most_successors, BATCH_ROOM))
        room = max(memory - BUFFERS, memory // 2) // (8 * k.words + 8)
        self._room = min(max(room, 2 * batch), (1 << 31) - 1)
        self._states = np.empty(0, np.uint64)
        self._table = np.empty(0, np.uint32)
        self._out = np.zeros(batch * k.words, np.uint64)
        self._labels = np.zeros(batch, np.uint32)
        self._hashes = np.zeros(batch, np.uint64)
        self._ends = np.zeros(BATCH, np.int64)
        self._fired_before = np.zeros(len(self.fired), np.int64)
        self._local = np.zeros(d.CONTROLS, np.int64)
        self._pool = ThreadPoolExecutor(job.threads)

    def close(self) -> None:
        """End the threads; remove the folder unless it is that of a checkpoint."""
        self._pool.shutdown()
        if not self.keep:
            shutil.rmtree(self.folder, ignore_errors=True)

    # ------------------------------------------------------------ runs

    def write(self, parts: Iterable[Blocks]) -> Run:
        """A new run in the folder. Raises OSError."""
        self.files += 1
        run = write_run(self.folder / f"{self.files:06}.run", self.kernel.words, parts)
        self.bytes_written += run.size
        self.most_bytes = max(self.most_bytes, self.bytes_written)
        return run

    def drop(self, runs: Sequence[Run]) -> None:
        """Remove runs that are no longer needed."""
        for run in runs:
            self.bytes_written -= run.size
            if not self.keep:
                run.path.unlink()

    def add_level(self, level: Run) -> None:
        """Append the states of the next depth, none of which was visited."""
        self.levels.append(level)
        self.visited.append(level)
        while len(self.visited) > 1 and self.visited[-2].count < RATIO * self.visited[-1].count:
            pair = self.visited[-2:]
            self.visited[-2:] = [self.write(self._merged(pair, []))]
            self.drop([r for r in pair if r not in self.levels])

    def spilled(self) -> Spilled:
        return Spilled(self.in_memory, self._bytes_per_state(), self.most_bytes)

    def _bytes_per_state(self) -> float:
        """The bytes of a state on disk, in its level and among those visited."""
        size = sum(r.size for r in {id(r): r for r in (*self.levels, *self.visited)}.values())
        return size / max(1, sum(r.count for r in self.levels))

    def _merged(self, runs: Sequence[Run], without: Sequence[Run]) -> Iterator[Blocks]:
        return merged(runs, without, self._pool, 2 * self.job.threads)

    # ------------------------------------------------------------ checkpoints

    @classmethod
    def restored(cls, job: Job, kept: CheckpointFolder, saved: SavedOnDisk) -> DiskStorage:
        """The storage as a checkpoint describes it, with its runs. Raises DamagedError."""
        made = cls(job, kept.folder, keep=True, in_memory=saved.in_memory)
        runs = kept.runs(saved, job.kernel.words)
        made.levels = [runs[r.name] for r in saved.levels]
        made.visited = [runs[r.name] for r in saved.visited]
        made.frontier = runs[saved.frontier.name]
        made.found = [runs[r.name] for r in saved.found]
        made.done, made.files = saved.done, saved.files
        made.bytes_written = sum(r.size for r in runs.values())
        made.most_bytes = saved.most_bytes
        made.last = None if saved.last is None else np.array(saved.last, np.uint64)
        return made

    def save(self, checkpoint: CheckpointFolder) -> Place:
        """Make sure that all runs are on the disk."""
        assert self.frontier is not None
        self.flush()
        checkpoint.sync([*self.levels, *self.visited, self.frontier, *self.found])
        return SavedOnDisk(
            levels=[SavedRun.of(r) for r in self.levels],
            visited=[SavedRun.of(r) for r in self.visited],
            frontier=SavedRun.of(self.frontier),
            found=[SavedRun.of(r) for r in self.found],
            done=self.done,
            files=self.files,
            in_memory=self.in_memory,
            most_bytes=self.most_bytes,
            last=None if self.last is None else [int(w) for w in self.last],
        )

    # ------------------------------------------------------------ searching

    def expand(self) -> int:
        """Expand a block of the level, or move to the next level. Raises OSError, DamagedError."""
        assert self.frontier is not None
        if self.done == self.frontier.count:
            return self._next_level()
        words = self.kernel.words
        before = np.cumsum(self.frontier.counts) - self.frontier.counts
        block = int(np.searchsorted(before, self.done, "right")) - 1
        rows = self.frontier.read(block, block + 1)
        start = self.done - int(before[block])
        self._local[d.HEAD] = start
        while (status := self._expand(rows)) == d.FULL:
            self.flush()
        expanded = int(self._local[d.HEAD]) - start
        self.done += expanded
        self.control[d.HEAD] += expanded
        self.control[d.REACHED] |= self._local[d.REACHED]
        if status in (d.VIOLATED, d.UNDEFINED):
            where, source = int(self._local[d.WHERE]), self._states
            if status == d.UNDEFINED:
                source = rows
            self.last = source[where * words : (where + 1) * words].copy()
            self.control[d.FOUND] = self._local[d.FOUND]
        if status == d.VIOLATED:
            self._count_found()
        return status

    def _expand(self, rows: Words) -> int:
        k = self.kernel
        if not len(self._states):
            self._states = np.empty(self._room * k.words, np.uint64)
            self._table = np.zeros(2 * self._room, np.uint32)
        return int(
            external_loops.expanding(k.words if k.words <= 4 else 0)(
                k.successors(), k.check(), k.words, k.bad, k.most_successors,
                rows, len(rows) // k.words, self._states, self._room, self._table, self._local,
                self.fired, self._fired_before, self._out, self._labels, self._ends, self._hashes,
            )
        )  # fmt: skip

    def flush(self) -> None:
        """Write the successors in memory as a run."""
        count = int(self._local[d.COUNT])
        if count:
            parts = in_order(self._states, self.kernel.words, count, self._table)
            self.found.append(self.write(parts))
            self._table[:] = 0
            self._local[d.COUNT] = 0

    def _next_level(self) -> int:
        self.flush()
        if not self.found:
            return d.DONE
        level = self.write(self._merged(self.found, self.visited))
        self.drop(self.found)
        self.found = []
        if not level.count:
            self.drop([level])
            return d.DONE
        self.add_level(level)
        if self.frontier is not None and self.frontier not in self.levels:
            self.drop([self.frontier])
        self.frontier, self.done = level, 0
        self.control[d.DEPTH] += 1
        self.control[d.COUNT] += level.count
        reached = self.job.limit is not None and self.control[d.COUNT] >= self.job.limit
        return d.LIMIT if reached else d.PAUSED

    def _count_found(self) -> None:
        """The new states among the successors found so far make one more level, of a part."""
        self.flush()
        self.levels.append(self.write(self._merged(self.found, self.visited)))
        self.control[d.COUNT] += self.levels[-1].count

    # ------------------------------------------------------------ reading

    def stores(self) -> tuple[Sequence[StateStore], Sequence[int]]:
        raise ValueError(AWAY)

    def row(self, k: int) -> Words:
        raise ValueError(AWAY)

    def chain(self, k: int) -> list[Words]:
        raise ValueError(AWAY)

    def pieces(self) -> Iterator[Words]:
        """All states, some at a time."""
        for level in self.levels:
            yield from level.pieces()

    def sweep(self, function: int, step: int, counts: Numbers) -> None:
        """Run the function at an address over every `step`-th state."""
        words, skip = self.kernel.words, 0
        for rows in self.pieces():
            count = len(rows) // words
            if skip < count:
                sweep(function, words, rows[skip * words :], count - skip, step, counts)
            skip = (skip - count) % step if skip < count else skip - count

    def ending(self) -> list[Words]:
        assert self.last is not None
        chain = [self.last]
        for level in reversed(self.levels[:-1]):
            chain.append(self._predecessor(level, chain[-1]))
        return chain[::-1]

    def _predecessor(self, level: Run, target: Words) -> Words:
        k = self.kernel
        fired = np.zeros_like(self.fired)
        for rows in level.pieces():
            n = external_loops.predecessor(
                k.successors(), k.words, rows, len(rows) // k.words, target,
                self._out, self._labels, fired,
            )  # fmt: skip
            if n >= 0:
                return rows[n * k.words : (n + 1) * k.words].copy()
        raise ExplorationError(f"{target} has no predecessor in the level before")


def in_order(
    states: Words, words: int, count: int, room: npt.NDArray[np.uint32]
) -> Iterator[Blocks]:
    """The first `count` states, sorted; `room` is for two numbers of each."""
    order = room[:count]
    rows_for(words).sort(states, order, room[count : 2 * count], count, words)
    rows = states[: count * words].reshape(-1, words)
    for begin in range(0, count, GATHERED):
        yield Blocks.of(rows[order[begin : begin + GATHERED]].reshape(-1), words)
