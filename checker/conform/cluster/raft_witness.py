"""What servers of the bundled Raft must keep, and what their clients saw.

Three accounts of a server must agree: what it said on the wire, as the network saw it leave; how
many records its journal says are durable; what its database holds when it is dead. And what it
starts again with must be what was there.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

from quorate.impl import ImplError
from quorate.impl.codec import FrameReader
from quorate.impl.node_config import STORE_FILE
from quorate.impl.raft import Appended, AppendEntries, RaftState, RequestVote, VoteGranted
from quorate.impl.raft.system import RAFT
from quorate.impl.record_log import RecordLog
from quorate.impl.replicated.systems import codec_of

from .journals import JournalTails
from .store_witness import StoreWitness
from .witness import DURABILITY


@dataclass
class _Said:
    """What a server has said: its latest vote, and in its latest term how long its log is."""

    voted: tuple[int, str] = (0, "")
    holds: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class _Held:
    """What a database holds, and how many records it ever had."""

    state: RaftState
    records: int


NOTHING = _Held(RaftState(), 0)


class RaftWitness(StoreWitness):
    """Sees one run."""

    def __init__(self) -> None:
        super().__init__()
        self._codec = codec_of(RAFT)
        self._said: dict[str, _Said] = {}
        self._held: dict[str, _Held] = {}
        self._journals = JournalTails()

    def sent(self, sender: str, receiver: str, message: bytes) -> None:
        """What leaves a server binds it: in a term its vote, and how much of the log it holds."""
        try:
            (payload,) = FrameReader().feed(message)
            body = self._codec.decode(payload).body
        except (ImplError, ValueError):
            return  # A node that sends garbage says nothing; its receiver closes the connection.
        said = self._said.setdefault(sender, _Said())
        match body:
            case RequestVote(term, candidate):
                said.voted = max(said.voted, (term, candidate))
            case VoteGranted(term, _, candidate):
                said.voted = max(said.voted, (term, candidate))
            case Appended(term, _, _, length):
                said.holds = max(said.holds, (term, length))
            case AppendEntries(term, _, prefix, _, entries):
                said.holds = max(said.holds, (term, prefix + len(entries)))

    def died(self, node: str, folder: Path) -> None:
        """Compare what a server has said and noted with its database, and with how it started."""
        held, said = _stored(folder), self._said.get(node, _Said())
        (term, vote), (during, length) = said.voted, said.holds
        own, log = held.state.vote, held.state.log
        if term > own.term or (term == own.term > 0 and own.voted_for != vote):
            self._lost(node, f"its vote for {vote} in term {term}", held)
        if during > own.term or (during == own.term and length > len(log)):
            self._lost(node, f"{length} entries in term {during}", held)
        for line in self._journals.new_lines(node, folder):
            if line["event"] == "started":
                self._compare_start(node, line)
            elif line["event"] == "durable" and line["records"] > held.records:
                self._lost(node, f"{line['records']} records as durable", held)
        self._held[node] = held

    def _compare_start(self, node: str, line: dict[str, Any]) -> None:
        had, state = self._held.get(node, NOTHING), line["state"]
        has = (line["records"], state["term"], state["voted_for"], state["length"])
        if has != (had.records, had.state.vote.term, had.state.vote.voted_for, len(had.state.log)):
            self.found(DURABILITY, f"{node} started again with {_shown(*has)}; {_text(had)}")

    def _lost(self, node: str, what: str, held: _Held) -> None:
        self.found(DURABILITY, f"{node} was killed: it had told {what}; {_text(held)}")


def _stored(folder: Path) -> _Held:
    if not (folder / STORE_FILE).exists():
        return NOTHING
    with closing(RecordLog(folder / STORE_FILE, RAFT.records)) as log:
        return _Held(reduce(RaftState.after, log.load(), RaftState()), log.last)


def _text(held: _Held) -> str:
    vote = held.state.vote
    shown = _shown(held.records, vote.term, vote.voted_for, len(held.state.log))
    return f"its database holds {shown}"


def _shown(records: int, term: int, vote: str | None, length: int) -> str:
    return f"{records} records: term {term}, the vote {vote or 'none'}, {length} entries"
