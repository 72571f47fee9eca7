"""How the model `MultiPaxos` shows what the bundled implementation holds and sends."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from quorate.impl.multipaxos import Accept, Accepted, Commands, Decree, Prepare, Promise, Vote
from quorate.impl.paxos.messages import Ballot
from quorate.impl.store import Put, Submission
from quorate.traces import FrozenMap, Record

NEVER = "never"

#: How many values are kept of each kind, so that each is made once.
MOST_KEPT = 10_000


@lru_cache(MOST_KEPT)
def decree_of(v: str) -> Decree:
    """A decree that stands for a value of the model: one command, whose client is that value."""
    return Commands((Submission(v, 1, Put("x", v)),))


def value_of(decree: Decree | None) -> str | None:
    """The value that a decree stands for."""
    if decree is None:
        return None
    assert isinstance(decree, Commands), "the model changes no acceptors"
    return decree.submissions[0].client if decree.submissions else "no-op"


def show_ballot(ballot: Ballot | None) -> str:
    """A ballot by the model's name."""
    return NEVER if ballot is None else show_round(ballot.round)


def show_round(round_: int) -> str:
    """The ballot of a round by the model's name."""
    return f"b{round_}" if round_ else NEVER


def show_vote(vote: Vote | None) -> tuple[str, str | None]:
    """The ballot and the value of a vote."""
    return (NEVER, None) if vote is None else (show_ballot(vote.ballot), value_of(vote.decree))


def show_message(message: Any, slots: Sequence[str], voted: Vote | None = None) -> Record:
    """A message as the model shows it; of a vote cast, `voted` is what its sender holds."""
    b = ("b", show_ballot(message.ballot))
    match message:
        case Prepare():
            return Record("Prepare", (b,))
        case Promise(acceptor=a, votes=votes):
            told = {f"s{slot}": show_vote(vote) for slot, vote in votes}
            ballots, values = (
                FrozenMap({s: told.get(s, (NEVER, None))[i] for s in slots}) for i in (0, 1)
            )
            return Record("Promise", (("a", a), b, ("ballots", ballots), ("values", values)))
        case Accept(slot=slot, decree=decree):
            return Record("Accept", (b, ("s", f"s{slot}"), ("v", value_of(decree))))
        case Accepted(acceptor=a, slot=slot):
            value = show_vote(voted)[1]
            return Record("Accepted", (("a", a), b, ("s", f"s{slot}"), ("v", value)))
    return Record(type(message).__name__, (b,))
