"""From a checkpoint back to a storage."""

from __future__ import annotations

from quorate.checker.explore.store.memory import Partitions, StateStore
from quorate.checker.results import Outcome

from . import driver as d
from .checkpoint import CheckpointFolder
from .external import DiskStorage
from .in_memory import MemoryStorage
from .manifest import SavedOnDisk
from .storage import Job, StateStorage
from .threads import ThreadedStorage


def restored(kept: CheckpointFolder, job: Job) -> StateStorage:
    """The storage that a checkpoint describes. Raises DamagedError.

    States that were divided among another number of threads are gathered in one store.
    """
    assert kept.saved is not None
    where = kept.saved.where
    if isinstance(where, SavedOnDisk):
        return DiskStorage.restored(job, kept, where)
    k = job.kernel
    stores = kept.stores(where, StateStore.empty(k.words, max(1, *where.rooms), k.keyed))
    if isinstance(stores, StateStore):
        return MemoryStorage(job, stores)
    if stores.shards == job.threads:
        return ThreadedStorage(job, stores)
    return _gathered(job, stores, kept.saved.outcome)


def _gathered(job: Job, stores: Partitions, outcome: str | None) -> MemoryStorage:
    if outcome in (Outcome.VIOLATED.value, Outcome.UNDEFINED.value):
        job.control[d.WHERE] = stores.rank(int(job.control[d.WHERE]))
    return MemoryStorage(job, stores.gathered())
