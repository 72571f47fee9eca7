"""A replica with its disk: what one turn persists becomes durable at once, then its messages leave.

Rules:
- A turn is any number of inputs, and its end. The replica handles each input as it comes; what it
  wants to persist and to send is kept until the end of the turn.
- At the end all records are made durable in one transaction, in order, and only then anything is
  sent. So no send leaves before a record in front of it, and under load one sync of the disk
  serves many commands (group commit; Ongaro 2014, §10.2.1).
- A replica whose disk failed is dead: its memory is ahead of its disk, and nobody has heard of it.
- What it sends to itself never leaves, and is handled in the same turn.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Collection
from functools import reduce
from random import Random
from typing import Any, Generic, TypeVar

from quorate.impl.durable.failpoints import BEFORE_REPLY, Passing, unhindered
from quorate.impl.durable.record_log import RecordLog
from quorate.impl.envelope import Envelope
from quorate.impl.errors import ImplError, WireError
from quorate.impl.outputs import Persist
from quorate.impl.store import Submission

from .replica import ReplicaOutputs, ReplicatedSystem, Status
from .turns import TurnJournal

MessageT = TypeVar("MessageT")
RecordT = TypeVar("RecordT")
StateT = TypeVar("StateT")


class ReplicaHost(Generic[MessageT, RecordT]):
    """One replica over its log of records. It knows no socket, no event loop and no clock."""

    def __init__(
        self,
        system: ReplicatedSystem[MessageT, RecordT, Any],
        name: str,
        servers: Collection[str],
        log: RecordLog[RecordT],
        send: Callable[[Envelope[Any]], None],
        random: Random | None = None,
        passing: Passing = unhindered,
        journal: TurnJournal | None = None,
    ) -> None:
        """A journal is told the replica's steps by the system itself (`systems.traced_system`)."""
        self.name = name
        self.sent: Counter[str] = Counter()
        """How many messages went to other servers, by their tags."""
        self._system, self._log, self._journal = system, log, journal
        self._servers = frozenset(servers)
        self._send, self._passing = send, passing
        self._records: list[RecordT] = []
        self._envelopes: list[Envelope[Any]] = []
        self._inbox: deque[MessageT] = deque()
        self._failed = False
        chance = Random() if random is None else random
        self._replica = system.recover(name, tuple(servers), self._stored(), chance)
        if journal is not None:
            journal.started(log.last)

    def pass_time(self, ticks: int) -> None:
        """So many ticks have passed since the last input, or since the start."""
        self._replica.pass_time(ticks)

    def fire_timers(self) -> None:
        """Input: what is due by now is to be done."""
        self._carry_out(self._replica.fire_timers())

    def transfer(self, target: str) -> None:
        """Input: the lead is to be handed over. Raises ProtocolRefusal."""
        self._carry_out(self._replica.transfer(target))

    def reconfigure(self, members: Collection[str]) -> None:
        """Input: the members are to be others. Raises ProtocolRefusal."""
        self._carry_out(self._replica.reconfigure(members))

    def take(self, envelope: Envelope[Any]) -> None:
        """Input: a message of a server, or a command of a client."""
        body = envelope.body
        if isinstance(body, Submission) and envelope.src not in self._servers:
            self._carry_out(self._replica.submit(body))
        elif isinstance(body, self._system.messages) and envelope.src in self._servers:
            self._carry_out(self._replica.receive(body))
        else:
            raise WireError(f"{envelope.src} may not send a {type(body).__name__}.")

    def end_turn(self) -> None:
        """Make durable what the turn persists, then send what it sends."""
        if self._failed:
            raise ImplError(f"Replica {self.name} has failed and must be restarted from its disk.")
        self._failed = True
        records, self._records = self._records, []
        save = (lambda: self._log.append(records)) if records else None
        if self._journal is not None:
            self._journal.commit(self._log.last + len(records), save)
        elif save is not None:
            save()
        if records:
            self._passing(BEFORE_REPLY)
        for envelope in self._without_earlier():
            if envelope.dst in self._servers:
                self.sent[tag_of(envelope.body)] += 1
            self._send(envelope)
        self._envelopes.clear()
        if self._log.is_long:
            self._log.replace(self._stored().records())
        self._failed = False

    def status(self) -> Status:
        """How the replica is now."""
        return self._replica.status()

    def _without_earlier(self) -> list[Envelope[Any]]:
        """What the turn sends, without messages whose successors say all that they do."""
        kinds = self._system.cumulative
        last = {
            (envelope.dst, type(envelope.body)): k for k, envelope in enumerate(self._envelopes)
        }
        return [
            envelope
            for k, envelope in enumerate(self._envelopes)
            if not isinstance(envelope.body, kinds) or k == last[envelope.dst, type(envelope.body)]
        ]

    def _stored(self) -> Any:
        """The state on disk."""
        return reduce(
            lambda state, record: state.after(record), self._log.load(), self._system.empty
        )

    def _carry_out(self, outputs: ReplicaOutputs[RecordT, MessageT]) -> None:
        self._keep(outputs)
        while self._inbox:
            self._keep(self._replica.receive(self._inbox.popleft()))

    def _keep(self, outputs: ReplicaOutputs[RecordT, MessageT]) -> None:
        for output in outputs:
            if isinstance(output, Persist):
                self._records.append(output.record)
            elif output.dst == self.name:
                self._inbox.append(output.message)  # type: ignore[arg-type]
            else:
                self._envelopes.append(Envelope(self.name, output.dst, output.message))


def tag_of(message: Any) -> str:
    """The name of a message's type on the wire."""
    return str(message.__struct_config__.tag)
