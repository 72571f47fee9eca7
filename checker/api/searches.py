"""The searches of `quorate.check`, one dataclass of options each.

    quorate.check(Paxos, sizes=..., search=quorate.BreadthFirst(threads=2))

A search has only the options that it supports, so options that conflict cannot be written.
"""

from __future__ import annotations

from dataclasses import dataclass

from quorate.checker.explore.search.options import BestFirst as BestFirst
from quorate.checker.explore.search.options import BreadthFirst as BreadthFirst
from quorate.checker.explore.search.options import Checkpoint as Checkpoint
from quorate.checker.explore.search.options import Cluster as Cluster
from quorate.checker.explore.search.options import DepthFirst as DepthFirst
from quorate.checker.explore.search.options import Folder as Folder
from quorate.checker.explore.search.options import InMemory as InMemory
from quorate.checker.explore.search.options import RandomWalks as RandomWalks
from quorate.checker.explore.search.options import Reducible as Reducible
from quorate.checker.explore.search.options import Reference as Reference
from quorate.checker.explore.search.options import Spill as Spill
from quorate.checker.explore.search.options import Storage as Storage


@dataclass(frozen=True, kw_only=True)
class BoundedModelChecking:
    """Ask a SAT solver about all runs of at most `steps` steps. Longer runs stay open."""

    steps: int


@dataclass(frozen=True, kw_only=True)
class KInduction:
    """Prove the invariants by k-induction, k from 1 to `most`, without exploring."""

    most: int


Search = (
    BreadthFirst
    | DepthFirst
    | BestFirst
    | RandomWalks
    | Reference
    | Cluster
    | BoundedModelChecking
    | KInduction
)
