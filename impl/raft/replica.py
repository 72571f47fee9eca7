"""A replica: a server that takes its steps by itself, and the store that its log is applied to.

Rules (Ongaro and Ousterhout 2014; thesis: Ongaro 2014):
1. A server that hears neither from a leader nor grants a vote for a while asks for pre-votes, and
   with a quorum of them starts an election; how long it waits is drawn anew each time (§5.2;
   thesis, §9.6). Time comes as ticks.
2. Who has heard from a leader within the shortest of these times helps nobody else to lead, unless
   the leader itself wants that (thesis, §4.2.3, §6.4.1; `lease_clock.py`).
3. A leader appends a no-op first (§8), sends entries when it has some, and heartbeats without.
4. Committed entries are applied in order, each once in a life; the leader answers the client.
5. A command that reaches another server is not kept: the client is told whom to ask. It repeats
   a command until it is answered; the store's sessions see to it that it happens once.
6. Reads need not be in the log (`reading.py`).
7. When enough has been applied since the last snapshot, a new one stands for it (§7). It has the
   store with its sessions: what a client was answered must be remembered. A follower is sent it
   again when it has not answered for the longest patience. A leader waits with the next one for
   followers that answer and are as far behind, or theirs would be out of date whenever it came.
8. A change of members waits until new servers have caught up, and a quorum of the next members,
   and an entry of the term is committed. If one server joins or leaves it goes to C_new directly,
   otherwise through C_old,new (thesis, §4.1, §4.2.1, §4.3). There is one at a time. A leader that
   is no member then leads no more.
9. A leader that has heard from no quorum for the longest patience serves nobody: clients that wait
   are told that nobody leads, and may find who does (thesis, §6.2). There is no way back within a
   term, in the model either: it sends heartbeats, and serves again once a quorum answers.

The store is volatile: after a restart it is built again from the snapshot and the log.
"""

from __future__ import annotations

from collections.abc import Collection

from quorate.impl.errors import ProtocolRefusal
from quorate.impl.outputs import Send
from quorate.impl.replicated.parts import MOST_WAITED
from quorate.impl.replicated.patience import Patience
from quorate.impl.replicated.replica import Status
from quorate.impl.store import (
    Completed,
    Get,
    KeyValueStore,
    StoreSnapshot,
    Submission,
)

from .answers import answered, redirected, unanswered
from .leading import Leading
from .lease_clock import LeaseClock
from .membership import Membership
from .messages import (
    Appended,
    AppendEntries,
    InstallSnapshot,
    LogMismatch,
    NoOp,
    RaftMessage,
    Snapshot,
    SnapshotHeld,
    VoteGranted,
)
from .options import Options
from .reading import Reads
from .records import RaftOutputs, RaftState
from .rules import RaftRole
from .server import Server


class Replica:
    """One replica. Inputs are `fire_timers`, `receive` and `submit`; each returns outputs.

    `pass_time` comes before; `tick` is that and `fire_timers`. `transfer` and `reconfigure` are for
    administrators.
    """

    def __init__(
        self,
        server: Server,
        patience: Patience | None = None,
        options: Options | None = None,
        clock: type[LeaseClock] = LeaseClock,
    ) -> None:
        self.server = server
        self.store = KeyValueStore(server.state.snapshot.store)
        self.applied = server.state.snapshot.length
        self.leader: str | None = None
        self.options = Options() if options is None else options
        self._patience = Patience() if patience is None else patience
        self.clock = clock(self._patience.shortest, self.options.drift, server.term)
        self._waited = 0
        self._limit = self._patience.ticks()
        self._leading: Leading | None = None

    @classmethod
    def recover(
        cls,
        name: str,
        servers: Collection[str],
        stored: RaftState | None,
        patience: Patience | None = None,
        options: Options | None = None,
    ) -> Replica:
        """The replica after a restart, from what is on disk: a follower."""
        return cls(Server(name, servers, state=stored), patience, options)

    @property
    def name(self) -> str:
        """Its server's name."""
        return self.server.name

    def status(self) -> Status:
        """What its host may show of it."""
        server = self.server
        members = server.configuration.members
        role, commit = server.role.value, server.commit
        return Status(role, self.leader, server.term, commit, self.applied, members)

    @property
    def _now(self) -> int:
        return self.clock.now

    # Inputs.

    def pass_time(self, ticks: int) -> None:
        """So many ticks have passed: leases end by themselves, and nothing else happens."""
        self.clock.pass_time(ticks)
        self._waited += ticks

    def fire_timers(self) -> RaftOutputs:
        """A leader sends heartbeats, any other may lose its patience (rule 1)."""
        if self._leads():
            return self._beat()
        if self._waited < self._limit or not self.server.is_member:
            return ()
        self._wait_anew()
        self.leader = None
        ask = self.server.ask_pre_votes if self.options.pre_vote else self.server.start_election
        return (*ask(), *self._go_on())

    def tick(self) -> RaftOutputs:
        """One tick has passed, and what is due is done."""
        self.pass_time(1)
        return self.fire_timers()

    def receive(self, message: RaftMessage) -> RaftOutputs:
        """Take a message of another server, and whatever steps it makes possible."""
        self.server.in_touch = self.clock.is_in_touch()
        term, tried = self.server.term, dict(self.server.next)
        outputs = self.server.receive(message)
        if self.server.term > term:
            self.leader = None
        if isinstance(message, (AppendEntries, InstallSnapshot)):
            self._hear(message)
        if any(isinstance(o, Send) and isinstance(o.message, VoteGranted) for o in outputs):
            self._wait_anew()
        return (*outputs, *self._retry(message, tried), *self._go_on())

    def submit(self, submission: Submission) -> RaftOutputs:
        """Take a client's command, or tell the client whom to ask (rule 5)."""
        leading = self._leading if self._leads() else None
        if leading is None or leading.target is not None or leading.alone:
            return (redirected(submission, self.leader if leading is None else None),)
        if isinstance(submission.command, Get) and self.options.reads is not Reads.LOG:
            return self._read(leading, submission)
        return (*self.server.request(submission), *self._replicate(), *self._go_on())

    def transfer(self, target: str) -> RaftOutputs:
        """Hand over to another member, as soon as its log is as long (thesis, §3.10).

        No client is served until it leads, or for the longest patience. Raises ProtocolRefusal.
        """
        leading = self._check_leads()
        if target == self.name or target not in self.server.configuration.servers:
            raise ProtocolRefusal(f"{target} is no other member.")
        leading.target, leading.asked = target, False
        leading.until = self._now + self._patience.longest
        return (*self._replicate(), *self._go_on())

    def reconfigure(self, members: Collection[str]) -> RaftOutputs:
        """Make these the members (rule 8).

        It is given up if they do not catch up within ten times the longest patience.
        Raises ProtocolRefusal.
        """
        leading = self._check_leads()
        if leading.incoming is not None or not self.server.may_change():
            raise ProtocolRefusal("Another change of members is under way.")
        if not members:
            raise ProtocolRefusal("There must be members.")
        leading.target, leading.incoming = None, tuple(dict.fromkeys(members))
        leading.until = self._now + 10 * self._patience.longest
        self.server.teach(leading.incoming)
        return (*self._replicate(), *self._go_on())

    # The rules. Each is one method, so that a defect is one override.

    def kept_of_store(self) -> StoreSnapshot:
        """What a snapshot has of the store (rule 7)."""
        return self.store.snapshot()

    # What it does by itself.

    def _beat(self) -> RaftOutputs:
        leading = self._leading
        if leading is not None and self._now >= leading.until:
            leading.target = leading.incoming = None
            self.server.teach(())
        beat = self._replicate() if self._waited >= self.options.heartbeat else ()
        return (*beat, *self._mind_quorum(), *self._go_on())

    def _mind_quorum(self) -> RaftOutputs:
        """Serve clients as long as a quorum answers, and no longer (rule 9)."""
        leading, since = self._leading, self._now - self._patience.longest
        if leading is None:
            return ()
        answers = self.server.configuration.has_quorum([self.name, *leading.heard_since(since)])
        left, leading.alone = leading.alone, leading.began <= since and not answers
        self.leader = None if leading.alone else self.name
        if left or not leading.alone:
            return ()
        asked = unanswered(leading, self.server.state, self.applied)
        return tuple(redirected(submission, None) for submission in asked)

    def _go_on(self) -> RaftOutputs:
        """The steps that are possible now: to stand, to lead, to commit, to apply."""
        outputs: RaftOutputs = ()
        server = self.server
        if not self._leads() and server.supported():
            outputs = server.start_election()
        if server.role is RaftRole.CANDIDATE and server.elected():
            outputs = (*outputs, *self._lead())
        length = server.committable() if self._leads() else None
        if length is not None:
            outputs = (*outputs, *server.advance_commit(length))
        outputs = (*outputs, *self._apply(), *self._compact())
        return (*outputs, *self._go_on_leading()) if self._leads() else outputs

    def _lead(self) -> RaftOutputs:
        self.leader = self.name
        outputs = (*self.server.lead(), *self.server.request(NoOp()))
        self._leading = Leading(began=self._now)
        return (*outputs, *self._replicate())

    def _go_on_leading(self) -> RaftOutputs:
        leading = self._leading
        if leading is None:
            return ()
        leading.waiting.confirm(self.server.is_confirmed)
        outputs = (*self._answer_reads(leading), *self._hand_over(leading))
        return (*outputs, *self._go_on_changing(leading))

    def _read(self, leading: Leading, submission: Submission) -> RaftOutputs:
        """Answer a read at once, or put it to those that wait (rule 6)."""
        if self.options.reads is Reads.LEASE:
            held = leading.waiting.has_lease(self._now, self.clock.lease_length())
            if held and self.server.read_index() <= self.applied:
                return (answered(submission, self.store),)
        outputs = self._replicate()
        waits_for = (self.server.round, self.server.read_index())
        leading.waiting.reads.append((*waits_for, submission))
        return (*outputs, *self._go_on())

    def _answer_reads(self, leading: Leading) -> RaftOutputs:
        answers: RaftOutputs = ()
        reads = leading.waiting.reads
        while reads and self.server.may_answer(reads[0][0], reads[0][1]):
            answers = (*answers, answered(reads.popleft()[2], self.store))
        return answers

    def _hand_over(self, leading: Leading) -> RaftOutputs:
        target, server = leading.target, self.server
        if target is None or leading.asked or server.match.get(target) != server.state.length:
            return ()
        leading.asked = leading.waiting.handed_over = True
        return server.hand_over(target)

    def _go_on_changing(self, leading: Leading) -> RaftOutputs:
        """The next configuration, once the last one is committed or the new ones caught up."""
        server, incoming = self.server, leading.incoming
        if incoming is not None and server.has_committed() and self._caught_up(incoming):
            leading.incoming = None
            server.teach(())
            change = server.change_one if server.may_go_directly(incoming) else server.change
            return self._configured(change(incoming))
        if not server.is_configured() or server.configured_at == 0:
            return ()
        if server.configuration.incoming is not None:
            return self._configured(server.complete_change())
        if self.name not in server.configuration.members:
            self.leader, self._leading = None, None
            return server.abdicate()
        return ()

    def _configured(self, outputs: RaftOutputs) -> RaftOutputs:
        return (*outputs, *self._replicate(), *self._go_on())

    def _caught_up(self, incoming: tuple[str, ...]) -> bool:
        """Whether the new ones, and a quorum of all, hold what is committed (thesis, §4.2.1).

        A member that is down stops no change, or it could not be replaced. Without a quorum the
        change would not be committed, and all that comes after it would wait.
        """
        server = self.server
        held = [u for u in incoming if u == self.name or server.match[u] >= server.commit]
        new = {*incoming} - {*server.configuration.members}
        return new <= {*held} and Membership(incoming).has_quorum(held)

    def _replicate(self) -> RaftOutputs:
        """A round: entries, or heartbeats, to all others."""
        self._waited = 0
        server = self.server
        server.round += 1
        if self._leading is not None:
            self._leading.waiting.begin(server.round, self._now)
        return tuple(output for u in server.others for output in self._news(u))

    def _news(self, follower: str) -> RaftOutputs:
        """What a follower lacks; while a snapshot is on its way, that it is led (rule 7)."""
        server, leading = self.server, self._leading
        if leading is None or server.next[follower] >= server.state.snapshot.length:
            return server.append(follower)
        if follower in leading.sent_since(self._now - self._patience.longest):
            return server.append(follower, server.state.length)
        leading.snapshots[follower] = self._now
        return server.append(follower)

    def _retry(self, message: RaftMessage, tried: dict[str, int]) -> RaftOutputs:
        """Where a follower's log was found to differ earlier, or it took a part: go on at once."""
        leading = self._leading if self._leads() else None
        if not isinstance(message, (Appended, LogMismatch, SnapshotHeld)) or leading is None:
            return ()
        server, follower = self.server, message.follower
        leading.answers[follower] = self._now
        if isinstance(message, SnapshotHeld):
            leading.snapshots[follower] = self._now  # the next part is under way
            return ()
        start, before = server.next.get(follower, 0), tried.get(follower, 0)
        part = before < start < server.state.length and server.sends_part(before)
        return self._news(follower) if start < before or part else ()

    def _apply(self) -> RaftOutputs:
        answers: RaftOutputs = ()
        server, snapshot = self.server, self.server.state.snapshot
        if self.applied < snapshot.length:
            self.store, self.applied = KeyValueStore(snapshot.store), snapshot.length
        while self.applied < server.commit:
            payload = server.state.entry(self.applied).payload
            self.applied += 1
            if isinstance(payload, Submission):
                reply = self.store.apply(payload)
                told = Send(payload.client, Completed(payload.sequence, reply))
                answers = (*answers, told) if self._leads() else answers
        return answers

    def _compact(self) -> RaftOutputs:
        """A snapshot of what is applied, once that is enough (rule 7)."""
        state, enough = self.server.state, self.options.compact_after
        new = self.applied - state.snapshot.length
        if enough is None or new < enough:
            return ()
        if new < MOST_WAITED * enough and self._is_awaited(self.applied - enough):
            return ()
        term, (_, configuration) = state.term_at(self.applied), state.configured(self.applied)
        store = self.kept_of_store()
        return self.server.compact(Snapshot(self.applied, term, configuration, store))

    def _is_awaited(self, length: int) -> bool:
        """Whether a follower that answers holds no more than so many entries (rule 7)."""
        leading, match = self._leading, self.server.match
        live = leading.heard_since(self._now - self._patience.longest) if leading else ()
        return self._leads() and any(match[u] <= length for u in self.server.others if u in live)

    def _hear(self, message: AppendEntries | InstallSnapshot) -> None:
        if message.term == self.server.term:
            self.leader = message.leader
            self.clock.hear()
            self.server.hear_leader()
            self._wait_anew()

    def _wait_anew(self) -> None:
        self._waited, self._limit = 0, self._patience.ticks()

    def _leads(self) -> bool:
        if self.server.role is not RaftRole.LEADER:
            self._leading = None
            return False
        return True

    def _check_leads(self) -> Leading:
        if not self._leads() or self._leading is None:
            raise ProtocolRefusal(f"{self.name} does not lead.")
        return self._leading
