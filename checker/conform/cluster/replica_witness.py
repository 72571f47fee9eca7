"""What replicas of a bundled protocol must keep, and what their clients saw.

Three accounts of a replica must agree: what it said on the wire, as the network saw it leave; how
many records its journal says are durable; what its database holds when it is dead. And what it
starts again with must be what was there.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any, Generic, TypeVar

from quorate.impl.cluster.node_config import STORE_FILE
from quorate.impl.cluster.systems import codec_of
from quorate.impl.durable.record_log import RecordLog
from quorate.impl.errors import ImplError
from quorate.impl.network.codec import FrameReader
from quorate.impl.replicated.replica import AnyState, ReplicatedSystem

from .journals import JournalTails
from .store_witness import StoreWitness
from .witness import DURABILITY

StateT = TypeVar("StateT", bound=AnyState[Any])


@dataclass(frozen=True)
class _Held(Generic[StateT]):
    """What a database holds, and how many records it ever had."""

    state: StateT
    records: int


class ReplicaWitness(StoreWitness, Generic[StateT]):
    """Sees one run of a protocol."""

    def __init__(self, system: ReplicatedSystem[Any, Any, StateT]) -> None:
        super().__init__()
        self._system, self._codec = system, codec_of(system)
        self._held: dict[str, _Held[StateT]] = {}
        self._journals = JournalTails()

    # What a protocol adds.

    @abstractmethod
    def said(self, node: str, message: Any) -> None:
        """What leaves a node binds it."""

    @abstractmethod
    def lost(self, node: str, state: StateT) -> Iterator[str]:
        """What a node has said, and its database does not hold any more."""

    @abstractmethod
    def started(self, state: StateT) -> Mapping[str, Any]:
        """What a journal says of the state that a node starts with."""

    @abstractmethod
    def text(self, started: Mapping[str, Any]) -> str:
        """That in words."""

    # What happens.

    def sent(self, sender: str, receiver: str, message: bytes) -> None:
        """A message leaves a node."""
        try:
            (payload,) = FrameReader().feed(message)
            body = self._codec.decode(payload).body
        except (ImplError, ValueError):
            return  # A node that sends garbage says nothing; its receiver closes the connection.
        self.said(sender, body)

    def died(self, node: str, folder: Path) -> None:
        """Compare what a node has said and noted with its database, and with how it started."""
        held = self._stored(folder)
        for what in self.lost(node, held.state):
            self._found_lost(node, what, held)
        for line in self._journals.new_lines(node, folder):
            if line["event"] == "started":
                self._compare_start(node, line)
            elif line["event"] == "durable" and line["records"] > held.records:
                self._found_lost(node, f"{line['records']} records as durable", held)
        self._held[node] = held

    def _compare_start(self, node: str, line: dict[str, Any]) -> None:
        had = self._held.get(node, self._nothing)
        wanted = self.started(had.state)
        has = {name: line["state"][name] for name in wanted}
        if (line["records"], has) != (had.records, wanted):
            shown = f"{line['records']} records: {self.text(has)}"
            self.found(DURABILITY, f"{node} started again with {shown}; {self._text(had)}")

    def _found_lost(self, node: str, what: str, held: _Held[StateT]) -> None:
        self.found(DURABILITY, f"{node} was killed: it had told {what}; {self._text(held)}")

    def _stored(self, folder: Path) -> _Held[StateT]:
        if not (folder / STORE_FILE).exists():
            return self._nothing
        with closing(RecordLog(folder / STORE_FILE, self._system.records)) as log:
            state = reduce(lambda had, record: had.after(record), log.load(), self._system.empty)
            return _Held(state, log.last)

    @property
    def _nothing(self) -> _Held[StateT]:
        return _Held(self._system.empty, 0)

    def _text(self, held: _Held[StateT]) -> str:
        shown = self.text(self.started(held.state))
        return f"its database holds {held.records} records: {shown}"
