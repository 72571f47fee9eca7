"""The searches of `quorate.check`, one dataclass each: which there are, and what each can be told.

    quorate.check(Paxos, sizes=..., search=quorate.BreadthFirst(threads=2))

What does not go together cannot be written: a search has the fields that it takes and no others.
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
    """A SAT solver is asked about all runs of at most `steps` steps; what is longer stays open."""

    steps: int


@dataclass(frozen=True, kw_only=True)
class KInduction:
    """k-induction, k from 1 up to `most`: shows without exploring that the invariants hold."""

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
