"""How the models `PaxosRoles` and `Paxos` show what the bundled implementation holds and sends."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from quorate.impl.paxos import Accept, Accepted, Ballot, Prepare, Promise, Vote
from quorate.impl.paxos.records import AcceptorRecord
from quorate.traces import Record

NEVER = "never"

MOST_KEPT = 10_000
"""How many ballots, records and messages are kept: they are values, so each is made once."""


def show_record(record: AcceptorRecord) -> tuple[str, str, str | None]:
    """An acceptor's promise, and the ballot and value of its vote."""
    vote = record.accepted
    return show_ballot(record.promised), show_ballot(ballot_of(vote)), value_of(vote)


def show_ballot(ballot: Ballot | None) -> str:
    """A ballot by the model's name."""
    return NEVER if ballot is None else f"b{ballot.round}"


def ballot_of(vote: Vote | None) -> Ballot | None:
    return None if vote is None else vote.ballot


def value_of(vote: Vote | None) -> str | None:
    return None if vote is None else vote.value


@lru_cache(MOST_KEPT)
def show_message(message: Any) -> Record:
    """A message of the implementation as the model shows it."""
    b = ("b", show_ballot(message.ballot))
    match message:
        case Prepare():
            return Record("Prepare", (b,))
        case Promise(acceptor=a, accepted=vote):
            voted = (("vb", show_ballot(ballot_of(vote))), ("v", value_of(vote)))
            return Record("Promise", (("a", a), b, *voted))
        case Accept(value=v):
            return Record("Accept", (b, ("v", v)))
        case Accepted(acceptor=a, value=v):
            return Record("Accepted", (("a", a), b, ("v", v)))
    return Record(type(message).__name__, (b,))


@lru_cache(MOST_KEPT)
def show_messages(messages: tuple[Any, ...]) -> frozenset[Record]:
    """Messages as the model shows them; equal sets are one object."""
    return _one(frozenset(map(show_message, messages)))


@lru_cache(MOST_KEPT)
def union(sent: frozenset[Record], more: frozenset[Record]) -> frozenset[Record]:
    """Both; equal sets are one object."""
    return _one(sent | more)


@lru_cache(MOST_KEPT)
def _one(messages: frozenset[Record]) -> frozenset[Record]:
    return messages
