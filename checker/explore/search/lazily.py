"""What a small search never needs, imported when it is first used.

A search of some thousand states takes a tenth of a second, and so would these imports: a search on
disk is compiled with Numba, whose import alone takes longer, and a checkpoint reads JSON. Nothing
else in this package is imported inside a function, but for Numba and Ray themselves.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from quorate.checker.explore.kernel import Kernel
from quorate.checker.explore.store.memory import Partitions, Store

from .storage import Job, Storage

if TYPE_CHECKING:
    from .checkpoint import Checkpoint


def partitioned(job: Job, store: Store) -> Storage | None:
    """The states of a store shared out among threads; None if there is no memory for that."""
    from .threads import Partitioned

    try:
        return Partitioned(job, Partitions.split(store, job.threads))
    except MemoryError:
        return None


def on_disk(storage: Storage, job: Job, folder: Path, keep: bool) -> Storage:
    """The states of a storage in memory, written to the disk: the memory is of no use afterwards.

    With `keep` the folder is that of a checkpoint; otherwise it is removed in the end. Raises
    OSError.
    """
    from .handover import hand_over

    return hand_over(storage, job, folder, keep)


def checkpoint(folder: Path, kernel: Kernel) -> Checkpoint:
    """The checkpoint in a folder. Raises InputError, OSError."""
    from .checkpoint import Checkpoint
    from .manifest import Identity

    return Checkpoint(folder, Identity.of(kernel))


def restored(kept: Checkpoint, job: Job) -> Storage:
    """The states of a checkpoint, where it says that they were. Raises DamagedError."""
    from .restore import restored as made

    return made(kept, job)
