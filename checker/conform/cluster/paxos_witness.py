"""What acceptors and learners of the bundled Paxos must keep, seen from outside the model.

Three accounts of a node must agree: what it said on the wire, as the network saw it leave; what its
journal says that it made durable; what its database holds when it is dead. And what it works with
when it starts again must be what was there.
"""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from quorate.impl.cluster.node_config import STORE_FILE
from quorate.impl.cluster.paxos_requests import PAXOS_CODEC
from quorate.impl.errors import ImplError
from quorate.impl.network.codec import FrameReader
from quorate.impl.paxos import Accepted, Ballot, Learned, Nack, Promise, Vote
from quorate.impl.paxos.records import (
    RECORD_TYPES,
    AcceptorRecord,
    LearnerRecord,
    ProposerRecord,
    Record,
)
from quorate.impl.paxos.storage import SqliteStore

from .journals import JournalTails
from .witness import DURABILITY, RunWitness

Memory = dict[str, Record]
"""What a node keeps, by role."""


class _Said:
    """What a node has said, and must therefore keep."""

    def __init__(self) -> None:
        self.promised: Ballot | None = None
        self.vote: Vote | None = None
        self.learned: str | None = None


class PaxosWitness(RunWitness):
    """Sees one run."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[str, _Said] = {}
        self._memory: dict[str, Memory] = {}
        self._journals = JournalTails()

    def sent(self, sender: str, receiver: str, message: bytes) -> None:
        """What leaves a node binds it, and a decision that one tells another is an answer."""
        try:
            (payload,) = FrameReader().feed(message)
            body = PAXOS_CODEC.decode(payload).body
        except (ImplError, ValueError):
            return  # A node that sends garbage says nothing; its receiver closes the connection.
        said = self._said.setdefault(sender, _Said())
        match body:
            case Promise(ballot):
                said.promised = _later(said.promised, ballot)
            case Nack(promised=ballot):
                said.promised = _later(said.promised, ballot)
            case Accepted(ballot, _, value):
                said.promised = _later(said.promised, ballot)
                if said.vote is None or said.vote.ballot < ballot:
                    said.vote = Vote(ballot, value)
            case Learned(value):
                said.learned = value
                self.told(f"{receiver} by {sender}", value)

    def printed(self, node: str, line: str) -> None:
        """A node that prints a decision has told its own client."""
        try:
            found = json.loads(line)
        except ValueError:
            return
        if isinstance(found, dict) and found.get("event") == "committed":
            self.told(f"the client of {node}", found.get("value"))

    def died(self, node: str, folder: Path) -> None:
        """Compare what a node has said and noted with its database, and with how it had started."""
        held = _stored(folder)
        self._hold(node, held, _owed(self._said.get(node, _Said())), "said on the wire")
        noted: dict[str, Record] = {}
        for line in self._journals.new_lines(node, folder):
            if line["event"] == "started":
                self._compare_start(node, line)
                noted.clear()
            elif line["event"] == "persisted":
                kind = RECORD_TYPES[line["role"]]
                noted[line["role"]] = msgspec.convert(line["record"], kind)
        self._hold(node, held, noted, "noted as durable")
        self._memory[node] = held
        learner = held.get("learner")
        if isinstance(learner, LearnerRecord) and learner.committed is not None:
            self.told(f"the database of {node}", learner.committed)

    def _compare_start(self, node: str, line: dict[str, Any]) -> None:
        before = self._memory.get(node, {})
        for role, kind in RECORD_TYPES.items():
            had = before.get(role, kind())
            has = msgspec.convert(line[role], kind)
            if has != had:
                self.found(
                    DURABILITY,
                    f"{node} started again: its {role} has {_text(has)}, its database had "
                    f"{_text(had)} when it was killed",
                )

    def _hold(self, node: str, held: Memory, owed: dict[str, Record], how: str) -> None:
        for role, record in owed.items():
            has = held.get(role, RECORD_TYPES[role]())
            if not _covers(has, record):
                self.found(
                    DURABILITY,
                    f"{node} was killed: its {role} had {how} {_text(record)}, "
                    f"its database holds {_text(has)}",
                )


def _stored(folder: Path) -> Memory:
    file = folder / STORE_FILE
    if not file.exists():
        return {}
    with closing(SqliteStore(file)) as store:
        found = {role: store.load(role) for role in RECORD_TYPES}
    return {role: record for role, record in found.items() if record is not None}


def _owed(said: _Said) -> dict[str, Record]:
    return {
        "acceptor": AcceptorRecord(said.promised, said.vote),
        "learner": LearnerRecord(said.learned),
    }


def _covers(has: Record, owed: Record) -> bool:
    """Whether a record keeps what another says: it may have gone on since."""
    match has, owed:
        case AcceptorRecord(), AcceptorRecord():
            promised = owed.promised is None or (
                has.promised is not None and has.promised >= owed.promised
            )
            return promised and _covers_vote(has.accepted, owed.accepted)
        case LearnerRecord(), LearnerRecord():
            return owed.committed is None or has.committed == owed.committed
        case ProposerRecord(), ProposerRecord():
            return has.round >= owed.round
    return False


def _covers_vote(has: Vote | None, owed: Vote | None) -> bool:
    if owed is None or has is None:
        return owed is None
    return has == owed or has.ballot > owed.ballot


def _later(known: Ballot | None, ballot: Ballot) -> Ballot:
    return ballot if known is None else max(known, ballot)


def _text(record: Record) -> str:
    match record:
        case AcceptorRecord(promised, accepted):
            vote = f"{accepted.value!r} in {accepted.ballot}" if accepted else "none"
            return f"the promise {promised or 'none'} and the vote {vote}"
        case ProposerRecord(round_):
            return f"round {round_}"
        case LearnerRecord(committed):
            return f"the value {committed!r}"
    return repr(record)
