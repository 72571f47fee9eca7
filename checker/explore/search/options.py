"""The searches, one dataclass each, with exactly the options that each supports.

`memory` is always in bytes, `limit` in states; None means no bound.
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
    """When the states take more than `memory`, the search continues on disk.

    By default `memory` is three quarters of the free memory, and `folder` is a new temporary one. A
    given folder must exist; the files are removed when the search ends.
    """

    memory: int | None = None
    folder: Folder | None = None


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """The search is saved in `folder` every `seconds`, and resumes from what is saved there.

    The folder is created if it does not exist. `memory` is as in `Spill`; beyond it, states go to
    the same folder.
    """

    folder: Folder
    seconds: float = 60.0
    memory: int | None = None


Storage = InMemory | Spill | Checkpoint


@dataclass(frozen=True, kw_only=True)
class BreadthFirst:
    """Every reachable state, nearest first, with compiled code. Counterexamples are shortest.

    The result and the order of discovery do not depend on `threads` (1 to 255). `por` is
    partial-order reduction: steps are skipped, but no violation is missed. With `eager`, a step
    that only sends, or the like, is taken alone: no violation is missed either, but the run to it
    need not be a shortest one, although none of its steps can be left out.
    """

    threads: int = 1
    storage: Storage = Spill()
    limit: int | None = None
    por: bool = False
    eager: bool = False

    @property
    def reducing(self) -> str | None:
        """The option that leaves steps out, if one does."""
        return "--por" if self.por else "--eager" if self.eager else None


@dataclass(frozen=True, kw_only=True)
class DepthFirst:
    """Depth-first, along paths of at most `depth` steps."""

    depth: int | None = None
    memory: int | None = None
    limit: int | None = None


@dataclass(frozen=True, kw_only=True)
class BestFirst:
    """Expand the state that looks nearest to a violation: for spaces too large to exhaust."""

    memory: int | None = None
    limit: int | None = None


@dataclass(frozen=True, kw_only=True)
class RandomWalks:
    """Random `walks` of at most `depth` steps each, determined by `seed`; never exhaustive."""

    walks: int = 10_000
    depth: int = 100
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class Reference:
    """Breadth-first in plain Python: slow, and the oracle of all other searches.

    It stops after `limit` states.
    """

    limit: int | None = None


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """Breadth-first on a Ray cluster; the states are divided among `workers`.

    `address` is Ray's: "auto", that of a cluster, or "local" to start one here. By default there
    are as many workers as the cluster has cores. `memory` is for all workers together. With a
    `checkpoint`, a folder or URL that all workers can reach, the search is saved there after each
    level, and resumes from there.
    """

    address: str = "auto"
    workers: int | None = None
    memory: int | None = None
    checkpoint: str | None = None


Reducible = BreadthFirst | DepthFirst | BestFirst | Cluster
"""The searches that `symmetry=True` goes with."""
