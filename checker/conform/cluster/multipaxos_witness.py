"""What nodes of the bundled Multi-Paxos must keep: rounds, promises, and a vote in each slot."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from quorate.impl.multipaxos import (
    Accept,
    Accepted,
    Heartbeat,
    MultiPaxosState,
    Nack,
    Prepare,
    Promise,
)
from quorate.impl.multipaxos.system import MULTIPAXOS
from quorate.impl.paxos.messages import Ballot

from .replica_witness import ReplicaWitness


@dataclass
class _Said:
    """What a node has said: its latest round and promise, and the ballots of its votes by slot."""

    round: int = 0
    promised: Ballot | None = None
    votes: dict[int, Ballot] = field(default_factory=dict)


class MultiPaxosWitness(ReplicaWitness[MultiPaxosState]):
    """Sees one run."""

    def __init__(self) -> None:
        super().__init__(MULTIPAXOS)
        self._said: dict[str, _Said] = defaultdict(_Said)
        self._ballot: Ballot | None = None

    def said(self, node: str, message: Any) -> None:
        """Ballots only go up."""
        said = self._said[node]
        match message:
            case Accept(ballot) | Heartbeat(ballot):
                self._ballot = _later(self._ballot, ballot)
                self.leader = node if self._ballot == ballot else self.leader
            case Prepare(ballot):
                said.round = max(said.round, ballot.round)
            case Promise(ballot) | Nack(promised=ballot):
                said.promised = _later(said.promised, ballot)
            case Accepted(ballot, _, slot):
                said.promised = _later(said.promised, ballot)
                said.votes[slot] = _later(said.votes.get(slot), ballot)

    def lost(self, node: str, state: MultiPaxosState) -> Iterator[str]:
        """Votes may have given way to a snapshot."""
        said, base = self._said[node], 0 if state.snapshot is None else state.snapshot.slots
        if said.round > state.round:
            yield f"a ballot of round {said.round}"
        if said.promised is not None and not _reaches(state.promised, said.promised):
            yield f"its promise of {said.promised}"
        for slot, ballot in sorted(said.votes.items()):
            vote = state.votes.get(slot)
            if slot >= base and not _reaches(None if vote is None else vote.ballot, ballot):
                yield f"its vote in slot {slot} in {ballot}"

    def started(self, state: MultiPaxosState) -> Mapping[str, Any]:
        """Round, promise and votes."""
        votes = sorted(state.votes.items())
        found = {"round": state.round, "promised": state.promised, "votes": votes}
        shown: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(found))
        return shown

    def text(self, started: Mapping[str, Any]) -> str:
        """That in words."""
        promised = started["promised"]
        shown = "none" if promised is None else f"{promised['round']}.{promised['proposer']}"
        slots = ", ".join(str(slot) for slot, _ in started["votes"])
        return f"round {started['round']}, the promise {shown}, votes in {slots or 'no slot'}"


def _later(known: Ballot | None, ballot: Ballot) -> Ballot:
    return ballot if known is None else max(known, ballot)


def _reaches(has: Ballot | None, said: Ballot) -> bool:
    return has is not None and has >= said
