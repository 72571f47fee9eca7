"""Storage options, resolved for this machine: memory, and folders on disk."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from quorate.checker.errors import InputError
from quorate.checker.explore.store.budget import free_memory

from .options import Checkpoint, Folder, InMemory, Spill, Storage


@dataclass(frozen=True)
class Placement:
    """The memory that states may take, in bytes, and where they go beyond it.

    With a `checkpoint` they go there, and are saved there every so many seconds.
    """

    memory: int | None
    spill: Path | None = None
    checkpoint: Path | None = None
    seconds: float = 60.0

    @classmethod
    def of(cls, storage: Storage) -> Placement:
        """The placement that these options give on this machine. Raises InputError."""
        match storage:
            case InMemory(memory=memory):
                return cls(memory)
            case Spill(memory=memory, folder=folder):
                return cls(_budget(memory), spill=_spill_folder(folder))
            case Checkpoint(memory=memory, folder=folder, seconds=seconds):
                place = Path(folder)
                if place.exists() and not place.is_dir():
                    raise InputError(f"{place}: is a file, expected a folder for the checkpoint")
                return cls(_budget(memory), checkpoint=place, seconds=seconds)


def _budget(memory: int | None) -> int:
    """The given memory, or three quarters of what is free."""
    return free_memory() * 3 // 4 if memory is None else memory


def _spill_folder(chosen: Folder | None) -> Path:
    """Where states may go. Raises InputError."""
    spill = _temporary() if chosen is None else Path(chosen)
    if not spill.is_dir():
        found = "is a file, expected a" if spill.exists() else "no such"
        raise InputError(f"{spill}: {found} directory to keep states in", str(spill))
    if not os.access(spill, os.W_OK):
        raise InputError(f"{spill}: cannot write here", str(spill))
    return spill


def _temporary() -> Path:
    """A folder for large temporary files: `/tmp` is often in memory."""
    large = Path("/var/tmp")
    if "TMPDIR" not in os.environ and large.is_dir() and os.access(large, os.W_OK):
        return large
    return Path(tempfile.gettempdir())
