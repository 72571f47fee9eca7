"""The searches, one dataclass each, with the options that each takes and no others.

`memory` is always in bytes, `limit` in states, and None is no bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike

Folder = str | PathLike[str]


@dataclass(frozen=True, kw_only=True)
class InMemory:
    """All states stay in memory. The search stops when they take more than `memory`."""

    memory: int | None = None


@dataclass(frozen=True, kw_only=True)
class Spill:
    """States go to the disk when they take more than `memory`, and the search goes on there.

    By default `memory` is three quarters of what the machine has free, and `folder` is a new one
    among the temporary files. A folder must exist; what is put there is removed in the end.
    """

    memory: int | None = None
    folder: Folder | None = None


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """The search is saved in `folder` every so many seconds, and goes on from there if it is there.

    The folder is made if it does not exist. `memory` is as in `Spill`; beyond it states go to the
    same folder.
    """

    folder: Folder
    seconds: float = 60.0
    memory: int | None = None


Storage = InMemory | Spill | Checkpoint


@dataclass(frozen=True, kw_only=True)
class BreadthFirst:
    """Every reachable state, nearest first, by compiled code: a counterexample is a shortest one.

    The result and the order of discovery do not depend on `threads` (1 to 255). `por` is
    partial-order reduction: steps are left out without which no violation is missed.
    """

    threads: int = 1
    storage: Storage = Spill()
    limit: int | None = None
    por: bool = False


@dataclass(frozen=True, kw_only=True)
class DepthFirst:
    """Depth-first, along paths of at most `depth` steps."""

    depth: int | None = None
    memory: int | None = None
    limit: int | None = None


@dataclass(frozen=True, kw_only=True)
class BestFirst:
    """Next the state that looks nearest to a violation: for spaces that cannot be exhausted."""

    memory: int | None = None
    limit: int | None = None


@dataclass(frozen=True, kw_only=True)
class RandomWalks:
    """So many random `walks` of at most `depth` steps each; never exhaustive. `seed` fixes them."""

    walks: int = 10_000
    depth: int = 100
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class Reference:
    """Breadth-first in plain Python, by CPython alone: slow, and what all others are held against.

    It stops after `limit` states.
    """

    limit: int | None = None


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """Breadth-first on a Ray cluster; the states are divided among `workers`.

    `address` is Ray's: "auto", that of a cluster, or "local" to start one here. By default there
    are as many workers as the cluster has cores. `memory` is for all workers together. With a
    `checkpoint`, a folder or a URL that all workers see, the search is saved there after each level
    and goes on from there.
    """

    address: str = "auto"
    workers: int | None = None
    memory: int | None = None
    checkpoint: str | None = None


Reducible = BreadthFirst | DepthFirst | BestFirst | Cluster
"""The searches that `symmetry=True` goes with."""
