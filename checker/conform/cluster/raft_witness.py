"""What servers of the bundled Raft must keep: term and vote, and what they said that they hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from quorate.impl.raft import Appended, AppendEntries, RaftState, RequestVote, VoteGranted
from quorate.impl.raft.system import RAFT

from .replica_witness import ReplicaWitness


@dataclass
class _Said:
    """What a server has said: its latest vote, and in its latest term how long its log is."""

    voted: tuple[int, str] = (0, "")
    holds: tuple[int, int] = (0, 0)


class RaftWitness(ReplicaWitness[RaftState]):
    """Sees one run."""

    def __init__(self) -> None:
        super().__init__(RAFT)
        self._said: dict[str, _Said] = defaultdict(_Said)
        self._term = 0

    def said(self, node: str, message: Any) -> None:
        """In a term it votes once, and holds so much of the log."""
        said = self._said[node]
        match message:
            case RequestVote(term, candidate):
                said.voted = max(said.voted, (term, candidate))
            case VoteGranted(term, _, candidate):
                said.voted = max(said.voted, (term, candidate))
            case Appended(term, _, _, length):
                said.holds = max(said.holds, (term, length))
            case AppendEntries(term, _, prefix, _, entries):
                if term >= self._term:
                    self._term, self.leader = term, node
                said.holds = max(said.holds, (term, prefix + len(entries)))

    def lost(self, node: str, state: RaftState) -> Iterator[str]:
        """A later leader may have replaced entries."""
        (term, vote), (during, length) = self._said[node].voted, self._said[node].holds
        own = state.vote
        if term > own.term or (term == own.term > 0 and own.voted_for != vote):
            yield f"its vote for {vote} in term {term}"
        if during > own.term or (during == own.term and length > state.length):
            yield f"{length} entries in term {during}"

    def started(self, state: RaftState) -> Mapping[str, Any]:
        """Term, vote and length."""
        vote = state.vote
        return {"term": vote.term, "voted_for": vote.voted_for, "length": state.length}

    def text(self, started: Mapping[str, Any]) -> str:
        """That in words."""
        vote = started["voted_for"] or "none"
        return f"term {started['term']}, the vote {vote}, {started['length']} entries"
