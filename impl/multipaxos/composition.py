"""Which classes play the parts of a replica: the healthy ones, and the shape of other choices."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from quorate.impl.paxos.quorums import Quorums

from .acceptor import Acceptor
from .configurations import Configurations
from .learner import Learner
from .proposer import Proposer


@dataclass(frozen=True)
class Composition:
    """A choice of classes and quorums, under a name; a reference says where it occurred."""

    name: str
    title: str
    reference: str
    proposer: type[Proposer] = Proposer
    acceptor: type[Acceptor] = Acceptor
    learner: type[Learner] = Learner
    configurations: type[Configurations] = Configurations
    quorums: Callable[[Collection[str]], Quorums] = Quorums.majority


HEALTHY: Final = Composition(
    name="healthy",
    title="Multi-Paxos as published",
    reference="Lamport, Paxos Made Simple, 2001, §3",
)
