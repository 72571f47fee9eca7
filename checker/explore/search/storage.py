"""The storage of a breadth-first search: one interface for memory, threads and disk."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from quorate.checker.explore.kernel import Kernel
from quorate.checker.explore.store.memory import StateStore
from quorate.checker.ground.packing import Words
from quorate.checker.results import Spilled

from . import driver as d

if TYPE_CHECKING:
    from .checkpoint import CheckpointFolder
    from .manifest import Place

Numbers = npt.NDArray[np.int64]

SLICE = 200_000  # states expanded between looks at the clock, the memory and the keyboard


@dataclass(frozen=True)
class Job:
    """What a search shares with its storage.

    `control` is the progress (see `driver`); `fired` counts the transitions of each action.
    `memory` is in bytes.
    """

    kernel: Kernel
    memory: int | None
    limit: int | None
    threads: int
    control: Numbers
    fired: Numbers

    @classmethod
    def of(cls, kernel: Kernel, memory: int | None, limit: int | None, threads: int) -> Job:
        """A job that has not begun."""
        control, fired = np.zeros(d.CONTROLS, np.int64), np.zeros(len(kernel.actions), np.int64)
        return cls(kernel, memory, limit, threads, control, fired)


class StateStorage(ABC):
    """The states, and how to expand them. `k` is a state's place in the order of discovery."""

    bytes_written = 0  # to disk, of what is still there

    @abstractmethod
    def expand(self) -> int:
        """Expand some states; returns why it stopped, as `driver.search` does."""

    def grow(self) -> bool:
        """Make room for more states when `expand` has none; returns whether there is room."""
        return False

    def shared_out(self) -> StateStorage:
        """The storage to continue with: that of several threads, once enough states wait."""
        return self

    @abstractmethod
    def stores(self) -> tuple[Sequence[StateStore], Sequence[int]]:
        """The states in memory, and how many of each store were expanded.

        Raises ValueError if they are on disk.
        """

    def whole(self) -> StateStore:
        """All states in one store, in the order of discovery. Raises ValueError, MemoryError."""
        raise ValueError("the states went to the disk")

    @abstractmethod
    def row(self, k: int) -> Words:
        """The words of a state. Raises ValueError if it is on disk."""

    @abstractmethod
    def chain(self, k: int) -> list[Words]:
        """A shortest path to a state, from an initial one. Raises ValueError if it is on disk."""

    @abstractmethod
    def ending(self) -> list[Words]:
        """A shortest path to the state that ended the search, from an initial one."""

    @abstractmethod
    def sweep(self, function: int, step: int, counts: Numbers) -> None:
        """Run the function at an address over every `step`-th state; it adds to the counts."""

    @abstractmethod
    def save(self, checkpoint: CheckpointFolder) -> Place:
        """Bring the files of a checkpoint up to date; returns their entries in the manifest."""

    def spilled(self) -> Spilled | None:
        """What was moved to disk, if anything was."""
        return None

    def close(self) -> None:  # noqa: B027 - a store in memory has nothing to give back
        """Release threads and files. States in memory can still be read."""
