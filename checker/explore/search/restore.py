"""From a checkpoint back to a storage."""

from __future__ import annotations

from quorate.checker.explore.store.memory import Partitions, Store
from quorate.checker.results import Outcome

from . import driver as d
from .checkpoint import Checkpoint
from .external import OnDisk
from .in_memory import InMemory
from .manifest import SavedOnDisk
from .storage import Job, Storage
from .threads import Partitioned


def restored(kept: Checkpoint, job: Job) -> Storage:
    """The states of a checkpoint, where it says that they were. Raises DamagedError.

    States that were shared out among another number of threads are gathered in one store.
    """
    assert kept.saved is not None
    where = kept.saved.where
    if isinstance(where, SavedOnDisk):
        return OnDisk.restored(job, kept, where)
    k = job.kernel
    stores = kept.stores(where, Store.empty(k.words, max(1, *where.rooms), k.keyed))
    if isinstance(stores, Store):
        return InMemory(job, stores)
    if stores.shards == job.threads:
        return Partitioned(job, stores)
    return _gathered(job, stores, kept.saved.outcome)


def _gathered(job: Job, stores: Partitions, outcome: str | None) -> InMemory:
    if outcome in (Outcome.VIOLATED.value, Outcome.UNDEFINED.value):
        job.control[d.WHERE] = stores.rank(int(job.control[d.WHERE]))
    return InMemory(job, stores.gathered())
