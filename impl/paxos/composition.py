"""Which classes play the roles. The healthy composition, and the shape of a defective one."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from .acceptor import Acceptor
from .learner import Learner
from .proposer import Proposer
from .quorums import Quorums


@dataclass(frozen=True)
class Composition:
    """A choice of role classes and quorums, under a name; a reference says where it occurred."""

    name: str
    title: str
    reference: str = ""
    proposer: type[Proposer] = Proposer
    acceptor: type[Acceptor] = Acceptor
    learner: type[Learner] = Learner
    quorums: Callable[[Collection[str]], Quorums] = Quorums.majority


HEALTHY: Final = Composition(
    name="healthy",
    title="Paxos as published",
    reference="Lamport, Paxos Made Simple, 2001, §2.2–2.4",
)
