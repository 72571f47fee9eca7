"""A replica: a server that takes its steps by itself, and the store that its log is applied to.

Rules (Ongaro and Ousterhout 2014):
1. A server that hears neither from a leader nor grants a vote for a while starts an election; how
   long it waits is drawn anew each time (§5.2). Time comes as ticks, one call each.
2. A leader appends a no-op first (§8), sends entries when it has some, and heartbeats without.
3. Committed entries are applied in order, each once in a life; the leader answers the client.
4. A command that reaches another server is not kept: the client is told whom to ask. It repeats
   a command until it is answered; the store's sessions see to it that it happens once.

The store is volatile: after a restart it is built again from the log, as far as that is committed.
"""

from __future__ import annotations

from collections.abc import Collection

from quorate.impl.outputs import Send
from quorate.impl.patience import Patience
from quorate.impl.replica import Status
from quorate.impl.store import Completed, KeyValueStore, Redirected, Submission

from .messages import AppendEntries, NoOp, RaftMessage, VoteGranted
from .records import RaftOutputs, RaftState
from .rules import RaftRole
from .server import Server


class Replica:
    """One replica. Inputs are `tick`, `receive` and `submit`; each returns outputs."""

    def __init__(
        self, server: Server, patience: Patience | None = None, heartbeat: int = 3
    ) -> None:
        """A leader sends to each follower at least every `heartbeat` ticks."""
        self.server = server
        self.store = KeyValueStore()
        self.applied = 0
        self.leader: str | None = None
        self._patience = Patience() if patience is None else patience
        self._heartbeat = heartbeat
        self._waited = 0
        self._limit = self._patience.ticks()

    @classmethod
    def recover(
        cls,
        name: str,
        servers: Collection[str],
        stored: RaftState | None,
        patience: Patience | None = None,
    ) -> Replica:
        """The replica after a restart, from what is on disk: a follower with an empty store."""
        return cls(Server(name, servers, state=stored), patience)

    @property
    def name(self) -> str:
        """Its server's name."""
        return self.server.name

    def status(self) -> Status:
        """What its host may show of it."""
        server = self.server
        return Status(server.role.value, self.leader, server.term, server.commit, self.applied)

    def tick(self) -> RaftOutputs:
        """Time passes: a leader sends heartbeats, any other may lose its patience (rule 1)."""
        self._waited += 1
        if self._leads():
            return self._replicate() if self._waited >= self._heartbeat else ()
        if self._waited < self._limit:
            return ()
        self._hear()
        self.leader = None
        return (*self.server.start_election(), *self._go_on())

    def receive(self, message: RaftMessage) -> RaftOutputs:
        """Take a message of another server, and whatever steps it makes possible."""
        term, tried = self.server.term, dict(self.server.next)
        outputs = self.server.receive(message)
        if self.server.term > term:
            self.leader = None
        if isinstance(message, AppendEntries) and message.term == self.server.term:
            self.leader = message.leader
            self._hear()
        if any(isinstance(o, Send) and isinstance(o.message, VoteGranted) for o in outputs):
            self._hear()
        return (*outputs, *self._retry(tried), *self._go_on())

    def submit(self, submission: Submission) -> RaftOutputs:
        """Take a client's command, or tell the client whom to ask (rule 4)."""
        if not self._leads():
            return (Send(submission.client, Redirected(submission.sequence, self.leader)),)
        return (*self.server.request(submission), *self._replicate(), *self._go_on())

    def _go_on(self) -> RaftOutputs:
        """The steps that are possible now: to lead, to commit, to apply."""
        outputs: RaftOutputs = ()
        server = self.server
        if server.role is RaftRole.CANDIDATE and server.elected():
            self.leader = server.name
            outputs = (*server.lead(), *server.request(NoOp()), *self._replicate())
        length = server.committable() if self._leads() else None
        if length is not None:
            outputs = (*outputs, *server.advance_commit(length))
        return (*outputs, *self._apply())

    def _replicate(self) -> RaftOutputs:
        self._waited = 0
        return tuple(output for u in self.server.others for output in self.server.append(u))

    def _retry(self, tried: dict[str, int]) -> RaftOutputs:
        """Where a follower's log was found to differ earlier: send from there at once."""
        server = self.server
        back = [u for u, start in server.next.items() if start < tried.get(u, 0)]
        return tuple(o for u in back for o in server.append(u)) if self._leads() else ()

    def _apply(self) -> RaftOutputs:
        answers: RaftOutputs = ()
        while self.applied < self.server.commit:
            payload = self.server.log[self.applied].payload
            self.applied += 1
            if isinstance(payload, Submission):
                reply = self.store.apply(payload)
                told = Send(payload.client, Completed(payload.sequence, reply))
                answers = (*answers, told) if self._leads() else answers
        return answers

    def _hear(self) -> None:
        self._waited, self._limit = 0, self._patience.ticks()

    def _leads(self) -> bool:
        return self.server.role is RaftRole.LEADER
