"""A node: one process that plays all three roles, over a store and some services.

Rules:
- The node carries outputs out in order, and sends nothing before the persist that
  stands in front of it has returned.
- It knows no socket, no event loop and no clock. The simulator and the TCP host give it
  the same three services, so what one tests is what the other runs.
- Messages to itself never leave the node, and are handled in order, one at a time.
- A node whose store failed is dead: its memory is ahead of its disk.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection
from random import Random
from types import MappingProxyType
from typing import Final, Protocol, cast

from quorate.impl.backoff import Backoff
from quorate.impl.durable.failpoints import BEFORE_REPLY, Passing, unhindered
from quorate.impl.durable.journal import Journal, nothing
from quorate.impl.envelope import Envelope, Value
from quorate.impl.errors import ImplError
from quorate.impl.outputs import Persist, Send

from .composition import HEALTHY, Composition
from .journal_lines import persisted, received, sent, started
from .learner import CATCH_UP
from .messages import Accept, Accepted, Ask, Learned, Message, Nack, Prepare, Promise, Request
from .outputs import Broadcast, Commit, Output, Outputs, SetTimer
from .proposer import RETRY
from .records import RECORD_TYPES, AcceptorRecord, LearnerRecord, ProposerRecord, key_of
from .storage import Store

#: Unanswered questions after which a node with a vote concludes that nobody drives it.
PATIENCE: Final = 2

#: Which role of a node a message is for.
ROUTES: Final = MappingProxyType[type, str](
    {
        Prepare: "acceptor",
        Accept: "acceptor",
        Promise: "proposer",
        Nack: "proposer",
        Accepted: "learner",
        Ask: "learner",
        Learned: "learner",
    }
)


class Services(Protocol):
    """What a node needs from whoever runs it."""

    def send(self, envelope: Envelope[Message]) -> None:
        """Try to deliver; a message may be lost, delayed or doubled."""
        ...

    def set_timer(self, name: str, delay_s: float) -> None:
        """Call `Node.timeout(name)` after the delay, instead of an earlier timer of that name."""
        ...

    def committed(self, value: Value) -> None:
        """This node has learned the decided value."""
        ...


class Node:
    """Proposer, acceptor and learner under one name, restored from one store."""

    def __init__(
        self,
        name: str,
        members: Collection[str],
        store: Store,
        services: Services,
        composition: Composition = HEALTHY,
        random: Random | None = None,
        journal: Journal = nothing,
        passing: Passing = unhindered,
    ) -> None:
        self.name = name
        self.members = tuple(members)
        self._store = store
        self._services = services
        self._journal, self._passing = journal, passing
        self._clients: set[str] = set()
        self._inbox: deque[Message] = deque()
        self._failed = False
        records = {role: store.load(role) for role in RECORD_TYPES}
        quorums = composition.quorums(self.members)
        backoff = Backoff(Random() if random is None else random)
        self.proposer = composition.proposer.recover(
            name,
            self.members,
            quorums,
            cast(ProposerRecord | None, records["proposer"]),
            backoff,
        )
        self.acceptor = composition.acceptor.recover(
            name, cast(AcceptorRecord | None, records["acceptor"])
        )
        self.learner = composition.learner.recover(
            name, self.members, quorums, cast(LearnerRecord | None, records["learner"])
        )
        roles = (self.proposer, self.acceptor, self.learner)
        self._journal(started(name, [role.record for role in roles]))

    def start(self) -> None:
        """Begin after a start or a restart: ask for the decided value unless it is known."""
        self._run(self.learner.start)

    def deliver(self, envelope: Envelope[Message]) -> None:
        """Take a message from the network."""
        body = envelope.body
        self._journal(received(self.name, envelope.src, body))
        if isinstance(body, Request):
            self._run(lambda: self._on_request(envelope.src, body.value))
        else:
            self._run(lambda: self._route(body))

    def timeout(self, name: str) -> None:
        """A timer ran out."""
        if name == RETRY:
            self._run(lambda: self.proposer.timeout(name))
        elif name == CATCH_UP:
            self._run(self._on_silence)

    def request(self, value: Value) -> None:
        """Get a value decided, on behalf of this process itself."""
        self._run(lambda: self.proposer.request(value))

    def _run(self, handler: Callable[[], Outputs]) -> None:
        """Run one handler, and whatever it makes this node tell itself."""
        if self._failed:
            raise ImplError(f"Node {self.name} has failed and must be restarted from its store.")
        self._failed = True
        self._execute(handler())
        while self._inbox:
            message = self._inbox.popleft()
            self._journal(received(self.name, self.name, message))
            self._execute(self._route(message))
        self._failed = False

    def _route(self, message: Message) -> Outputs:
        outputs: Outputs = getattr(self, ROUTES[type(message)]).receive(message)
        return outputs

    def _on_request(self, client: str, value: Value) -> Outputs:
        decided = self.learner.committed
        if decided is not None:
            return (Send(client, Learned(decided)),)
        self._clients.add(client)
        return self.proposer.request(value)

    def _on_silence(self) -> Outputs:
        """Ask again. A vote whose proposer seems gone is driven to its end (§2.3, last part)."""
        outputs = self.learner.timeout(CATCH_UP)
        vote = self.acceptor.accepted
        if outputs and vote is not None and self.learner.unanswered >= PATIENCE:
            return (*outputs, *self.proposer.request(vote.value))
        return outputs

    def _execute(self, outputs: Outputs) -> None:
        for output in outputs:
            self._carry_out(output)

    def _carry_out(self, output: Output) -> None:
        match output:
            case Persist(record):
                self._store.save(key_of(record), record)
                self._journal(persisted(self.name, record))
                self._passing(BEFORE_REPLY)
            case Send(dst, message):
                self._post(dst, message)
            case Broadcast(_, message):
                # Every member plays every role here, so both roles mean everyone.
                for member in self.members:
                    self._post(member, message)
            case SetTimer(name, delay_s):
                self._services.set_timer(name, delay_s)
            case Commit(value):
                self._on_commit(value)

    def _post(self, dst: str, message: Message) -> None:
        self._journal(sent(self.name, dst, message))
        if dst == self.name:
            self._inbox.append(message)
        else:
            self._services.send(Envelope(self.name, dst, message))

    def _on_commit(self, value: Value) -> None:
        self.proposer.settle()
        self._services.committed(value)
        for client in sorted(self._clients):
            self._post(client, Learned(value))
        self._clients.clear()
