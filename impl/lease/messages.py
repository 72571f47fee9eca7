"""What nodes say to each other about leases, and what each keeps on disk.

Rules:
- A term belongs to one leader: it carries its owner's name, as a ballot does.
- A time in a message is a reading of the leader's clock; whoever gets it compares it with its own.
- A node keeps its promise, and the terms that it has led: it must not ask in one of them as if
  it were new (Gray and Cheriton 1989, §2: a lease outlives a crash of who granted it).
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from quorate.impl.outputs import Persist, Send


class Term(Struct, frozen=True, cache_hash=True, order=True):
    """A term, ordered by round, then by its leader's name."""

    round: int
    leader: str

    def __str__(self) -> str:
        return f"{self.round}.{self.leader}"


class Ask(Struct, frozen=True, cache_hash=True):
    """Follow me in this term, from this time on my clock: a campaign, or a renewal."""

    term: Term
    start: int


class Grant(Struct, frozen=True, cache_hash=True):
    """I follow nobody else until my clock is past this start, the lease and a margin."""

    node: str
    term: Term
    start: int


class LeaseRecord(Struct, frozen=True, cache_hash=True):
    """The promise: the term followed and the start of the lease in it; and the terms led."""

    term: Term | None = None
    start: int = 0
    led: frozenset[Term] = frozenset()


LeaseMessage: TypeAlias = Ask | Grant
LeaseOutputs: TypeAlias = tuple[Persist[LeaseRecord] | Send[LeaseMessage], ...]
