"""Breadth-first searches, their storage by what is said of it."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.explore.search.options import (
    BreadthFirst,
    Checkpoint,
    InMemory,
    Spill,
    Storage,
)
from quorate.model.language import Protocol, Sizes


def searching(
    *,
    limit: int | None = None,
    threads: int = 1,
    por: bool = False,
    eager: bool = False,
    memory: int | None = None,
    spill: Path | None = None,
    checkpoint: Path | None = None,
    every: float = 60.0,
) -> BreadthFirst:
    """States stay in memory, unless there is a folder to spill to or for a checkpoint."""
    storage: Storage = InMemory(memory=memory)
    if spill is not None:
        storage = Spill(memory=memory, folder=spill)
    if checkpoint is not None:
        storage = Checkpoint(memory=memory, folder=checkpoint, seconds=every)
    reducing = {"por": por, "eager": eager}
    return BreadthFirst(threads=threads, storage=storage, limit=limit, **reducing)


def explorer(
    protocol: type[Protocol],
    sizes: Sizes,
    only: Collection[str] | None = None,
    symmetry: bool = False,
    **options: Any,
) -> Explorer:
    """One such search, by options of which a test has a table."""
    return Explorer(protocol, sizes, searching(**options), invariants=only, symmetry=symmetry)
