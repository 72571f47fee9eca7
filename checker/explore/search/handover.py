"""Moving a search from memory to disk, when the memory is full."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from quorate.checker.explore.store.memory import StateStore
from quorate.checker.explore.store.runs import Run

from . import driver as d
from .external import DiskStorage, in_order
from .storage import Job, StateStorage

Ends = npt.NDArray[np.int64]


def hand_over(storage: StateStorage, job: Job, folder: Path, keep: bool) -> DiskStorage:
    """Write all states, level by level. The stores lose their tables and cannot be used afterwards.

    The frontier is the states of the last complete level that were not expanded; the states beyond
    that level are successors found. Without `keep`, a new folder is made within `folder`.
    Raises OSError.
    """
    stores, heads = storage.stores()
    storage.close()
    place = folder if keep else Path(tempfile.mkdtemp(prefix="quorate-", dir=folder))
    disk = DiskStorage(job, place, keep, in_memory=int(job.control[d.COUNT]))
    for store in stores:
        store.drop_table()
    ends = level_ends(stores)
    begin = np.zeros(len(stores), np.int64)
    for end in ends[: int(job.control[d.DEPTH]) + 1]:
        disk.add_level(_written(stores, begin, end, disk))
        begin = end
    disk.frontier = _written(stores, np.array(heads, np.int64), begin, disk)
    beyond = np.array([s.count for s in stores], np.int64)
    if (beyond > begin).any():
        disk.found.append(_written(stores, begin, beyond, disk))
    job.control[d.COUNT] = int(begin.sum())
    return disk


def level_ends(stores: Sequence[StateStore]) -> list[Ends]:
    """For each depth, how many states of each store have at most that depth.

    States are in the order of discovery, hence of their depths, and so are their parents.
    """
    counts = np.array([s.count for s in stores], np.int64)
    found = [np.array([_roots(s, p, len(stores)) for p, s in enumerate(stores)], np.int64)]
    while (found[-1] < counts).any():
        found.append(np.array([_children(s, p, found[-1]) for p, s in enumerate(stores)], np.int64))
    return found


def _roots(store: StateStore, shard: int, shards: int) -> int:
    """The number of states that are their own parents; they come first."""
    parents = store.parents[: store.count]
    others = np.flatnonzero(parents != np.arange(store.count) * shards + shard)
    return int(others[0]) if len(others) else store.count


def _children(store: StateStore, shard: int, ends: Ends) -> int:
    """The number of states whose parent comes before the ends, by bisection."""
    low, high = int(ends[shard]), store.count
    while low < high:
        middle = (low + high) // 2
        k, p = divmod(store.parent(middle), len(ends))
        if k < ends[p]:
            low = middle + 1
        else:
            high = middle
    return low


def _written(stores: Sequence[StateStore], begin: Ends, end: Ends, disk: DiskStorage) -> Run:
    """The states between two places of every store, as a run."""
    words = disk.kernel.words
    parts = [s.states[b * words : e * words] for s, b, e in zip(stores, begin, end, strict=True)]
    rows = parts[0] if len(parts) == 1 else np.concatenate(parts)
    count = len(rows) // words
    return disk.write(in_order(rows, words, count, np.empty(2 * count, np.uint32)))
