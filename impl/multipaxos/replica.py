"""A replica: proposer, acceptor and learner under one name, and when they take their steps.

Rules (Lamport, *Paxos Made Simple*, 2001, §3):
1. Whoever hears of no leader for a while opens a ballot above all it knows of. How long it waits is
   drawn anew each time, and doubles from try to try (§2.4). Time comes as ticks.
2. A new leader proposes in each slot up to the last that it recovered: what it recovered, or a
   no-op in a hole. Commands come after these. Where an acceptor that promised has only a snapshot,
   the leader learns first. If that takes as long as its patience, it opens another ballot: that
   acceptor may be dead, and need not be among those who promise again.
3. A leader proposes at once while less than alpha slots are under way. What comes meanwhile is
   proposed together, as one batch.
4. Followers hear from their leader how much is chosen. In a slot in which they voted in its ballot
   they know the decree; for others they ask (`catching_up.py`).
5. A leader answers its clients, and sends others to the leader that it knows of. A client repeats a
   command until it is answered; the store's sessions see to it that it happens once.
6. A leader no proposal of which was decided for as long as its patience may be alone. It opens
   another ballot; clients that wait are told that nobody leads, and may find who does.

Why a follower may trust its vote (rule 4): in one ballot there is one decree a slot. A leader that
learns of another decree than its own in a slot gives up its ballot before it says anything more;
and in a slot that it knows to be chosen it does not propose. So where the leader of a ballot says
that a slot is chosen, a vote in that ballot is for the decree that was.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, cast

from quorate.impl.errors import ProtocolRefusal
from quorate.impl.outputs import Send
from quorate.impl.paxos.messages import Ballot
from quorate.impl.replicated.parts import MOST_WAITED
from quorate.impl.replicated.patience import Patience
from quorate.impl.replicated.replica import Status
from quorate.impl.store import Redirected, Submission

from .catching_up import CatchingUp
from .composition import HEALTHY, Composition
from .configurations import ALPHA
from .messages import (
    NO_OP,
    Accept,
    Accepted,
    CatchUp,
    Decided,
    Decree,
    Heartbeat,
    InstallSnapshot,
    MultiPaxosMessage,
    Nack,
    Prepare,
    Promise,
    Reconfiguration,
)
from .proposer import Leadership
from .records import MultiPaxosOutputs, MultiPaxosState
from .waiting import Waiting

#: Which role of a replica a message is for.
ROUTES: Final = MappingProxyType[type, str](
    {
        Prepare: "acceptor",
        Accept: "acceptor",
        Heartbeat: "acceptor",
        Promise: "proposer",
        Nack: "proposer",
        Accepted: "proposer",
        CatchUp: "learner",
        Decided: "learner",
        InstallSnapshot: "learner",
    }
)

#: How often the patience doubles at most.
MOST_DOUBLINGS: Final = 3


@dataclass(frozen=True)
class Pace:
    """How a replica goes about it; `alpha` must be the same for all replicas of a cluster."""

    alpha: int = ALPHA
    """How many slots may be under way."""
    most_batched: int = 64
    """How many commands are proposed in one slot at most."""
    heartbeat: int = 3
    """Ticks after which a leader that has nothing to say says so, and repeats what got lost."""
    snapshot_every: int = 1000
    """Slots from one snapshot to the next."""


class Replica:
    """One replica. Inputs are `fire_timers`, `receive`, `submit`, `reconfigure`.

    Each returns outputs. `pass_time` comes before; `tick` is that and `fire_timers`.
    """

    def __init__(
        self,
        name: str,
        members: Collection[str],
        state: MultiPaxosState | None = None,
        patience: Patience | None = None,
        pace: Pace | None = None,
        composition: Composition = HEALTHY,
    ) -> None:
        """`members` are the acceptors that the cluster began with; it need not be one of them."""
        self.name = name
        self.pace = Pace() if pace is None else pace
        held = MultiPaxosState() if state is None else state
        made = composition
        configurations = made.configurations.initial(members, self.pace.alpha)
        self.learner = made.learner(name, configurations, held.snapshot)
        self.acceptor = made.acceptor(name, held)
        self.proposer = made.proposer(name, configurations, made.quorums, held)
        self.proposer.forget(self.learner.executed)
        self.leader: str | None = None
        self._waiting = Waiting()
        self._claim: Heartbeat | None = None
        self._under_way: frozenset[int] = frozenset()
        self._quiet = True
        self._stuck = self._beats = False
        self._patience = Patience() if patience is None else patience
        self._catching_up = CatchingUp(self.learner, self._patience.longest)
        self._waited = self._attempts = 0
        self._limit = self._patience.ticks()

    @classmethod
    def recover(
        cls,
        name: str,
        members: Collection[str],
        stored: MultiPaxosState | None,
        patience: Patience | None = None,
    ) -> Replica:
        """The replica after a restart, from what is on disk."""
        return cls(name, members, stored, patience)

    def pass_time(self, ticks: int) -> None:
        """So many ticks have passed; that a beat is due is noted, whoever is heard after that."""
        before, heartbeat = self._waited, self.pace.heartbeat
        self._waited += ticks
        self._beats = self._beats or self._waited // heartbeat > before // heartbeat
        self._catching_up.pass_time(ticks)

    def fire_timers(self) -> MultiPaxosOutputs:
        """A leader beats, any other asks for what it lacks, or opens a ballot."""
        beats, self._beats = self._beats, False
        idle = self._stuck or not self._can_propose()
        if self._waited >= self._limit and self.is_member() and idle:
            return self._campaign()
        if not beats:
            return ()
        outputs = self._beat() if self.leads else self.proposer.ask_again()
        return (*self._settled(outputs), *self._catch_up())

    def tick(self) -> MultiPaxosOutputs:
        """One tick has passed, and what is due is done."""
        self.pass_time(1)
        return self.fire_timers()

    def receive(self, message: MultiPaxosMessage) -> MultiPaxosOutputs:
        """Take a message of another replica, and whatever steps it makes possible."""
        known = self.learner.progress
        outputs = (*self._settled(self._take(message)), *self._go_on())
        if not isinstance(message, (Decided, InstallSnapshot)) or self.learner.progress == known:
            return outputs
        if self.leads:
            self._hear()
        return (*outputs, *self._catch_up(at_once=True))

    def submit(self, submission: Submission) -> MultiPaxosOutputs:
        """Take a client's command, or tell the client whom to ask (rule 5)."""
        if not self.leads:
            return (Send(submission.client, Redirected(submission.sequence, self.leader)),)
        self._waiting.add(submission)
        return self._go_on()

    def reconfigure(self, members: Collection[str]) -> MultiPaxosOutputs:
        """Have other acceptors, alpha slots after the one in which this is chosen."""
        named = tuple(dict.fromkeys(members))
        if not self.leads or not named:
            raise ProtocolRefusal(f"{self.name} does not lead, or was given no acceptors.")
        self._waiting.add(Reconfiguration(named))
        return self._go_on()

    def transfer(self, target: str) -> MultiPaxosOutputs:
        """Nobody hands over: any acceptor may open a ballot. Raises ProtocolRefusal."""
        raise ProtocolRefusal(f"{target} can only outbid {self.name}: Multi-Paxos has no handover.")

    def status(self) -> Status:
        """What its host may show of it; all that is known to be chosen in order is executed."""
        ballot, executed = self.acceptor.promised, self.learner.executed
        term = 0 if ballot is None else ballot.round
        role, members = self.proposer.leadership.value, self.learner.configurations.at(executed)
        return Status(role, self.leader, term, executed, executed, members)

    @property
    def leads(self) -> bool:
        """Whether it leads, as far as it knows."""
        return self.proposer.leadership is Leadership.LEADING

    # The rules. Each is one method, so that a defect is one override.

    def is_member(self) -> bool:
        """Whether it is an acceptor now or soon: others do not campaign (rule 1)."""
        return self.name in self.proposer.involved()

    def is_superseded(self) -> bool:
        """Whether another decree was chosen where it proposed, or it cannot tell (rule 4)."""
        log, base = self.learner.log, self.learner.base
        proposed = self.proposer.proposed.items()
        return any(slot < base or log.get(slot, own) != own for slot, own in proposed)

    # Messages.

    def _settled(self, outputs: MultiPaxosOutputs) -> MultiPaxosOutputs:
        """The outputs, with what it sends itself taken at once, in its place."""
        settled: list[MultiPaxosOutputs] = []
        for output in outputs:
            if isinstance(output, Send) and output.dst == self.name:
                settled.append(self._settled(self._take(cast(MultiPaxosMessage, output.message))))
            else:
                settled.append((output,))
        return tuple(output for part in settled for output in part)

    def _take(self, message: MultiPaxosMessage) -> MultiPaxosOutputs:
        outputs: MultiPaxosOutputs = getattr(self, ROUTES[type(message)]).receive(message)
        match message:
            case Prepare(ballot, first) if ballot.proposer != self.name:
                self._follow(ballot)
                if first >= self.learner.base:  # else the promise says so, and its leader asks
                    behind = CatchUp(ballot.proposer, first)
                    return (*outputs, *self.learner.receive(behind))
            case CatchUp(_, first) if first + self.pace.snapshot_every <= self.learner.executed:
                self._catching_up.asked()
            case Accept(ballot, _, _, chosen) | Heartbeat(ballot, chosen):
                if ballot.proposer != self.name:
                    self._heed(Heartbeat(ballot, chosen))
            case Accepted(_, _, slot) if self.leads and self.proposer.is_chosen(slot):
                self.learner.learn(slot, self.proposer.proposed[slot])
            case InstallSnapshot() if outputs:
                self.acceptor.trim(self.learner.executed)
        return outputs

    def _follow(self, ballot: Ballot) -> None:
        """Another proposer's ballot is promised: give it time."""
        if ballot != self.acceptor.promised:
            return
        if self.leader != ballot.proposer:
            self.leader = None
        self._stop_leading()
        self._hear()

    def _heed(self, claim: Heartbeat) -> None:
        """A leader that was not refused is the leader, and what it says is chosen is (rule 4)."""
        promised = self.acceptor.promised
        if promised is not None and claim.ballot < promised:
            return
        self._stop_leading()
        self.leader, self._attempts = claim.ballot.proposer, 0
        self._hear()
        latest = self._claim
        if latest is None or (claim.ballot, claim.chosen) > (latest.ballot, latest.chosen):
            self._claim = claim

    def _learn_claimed(self) -> None:
        claim = self._claim
        if claim is not None:
            for slot in range(self.learner.executed, claim.chosen):
                decree = self.acceptor.voted_for(claim.ballot, slot)
                if decree is not None:
                    self.learner.learn(slot, decree)

    # Leading.

    def _campaign(self) -> MultiPaxosOutputs:
        """Open a ballot above all that it knows of (rule 1), and send clients away (rule 6)."""
        asked = self._waiting.numbers()
        away = tuple(Send(client, Redirected(number, None)) for client, number in asked)
        self._stop_leading()
        self.leader = None
        self._attempts += 1
        self._hear()
        promised = self.acceptor.promised
        known = max(self.proposer.outbid, 0 if promised is None else promised.round)
        ballot = Ballot(max(known, self.proposer.round) + 1, self.name)
        outputs = self.proposer.prepare(ballot, self.learner.executed)
        return (*away, *self._settled(outputs), *self._go_on())

    def _go_on(self) -> MultiPaxosOutputs:
        """The steps that are possible now: to lead, to execute, to propose."""
        outputs: MultiPaxosOutputs = ()
        proposer = self.proposer
        self._learn_claimed()
        if self.is_superseded():
            self._stop_leading()
        proposer.forget(self.learner.executed)
        if proposer.leadership is Leadership.PREPARING and proposer.is_elected():
            self.leader, self._attempts = self.name, 0
            outputs = (*proposer.lead(), *proposer.beat(), *self._catch_up())
        while more := (*self._execute(), *self._propose_next()):
            outputs = (*outputs, *more)
        return outputs

    def _execute(self) -> MultiPaxosOutputs:
        learner, led = self.learner, self.leads
        before = learner.executed
        answers = learner.execute()
        if learner.executed == before:
            return ()
        self.proposer.forget(learner.executed)
        self._waiting.executed((told.dst, told.message.sequence) for told in answers)
        farewell: MultiPaxosOutputs = ()
        if led and not self.is_member():
            farewell = self.proposer.beat()
            self._stop_leading()
        return (*self._snapshot_if_due(), *(answers if led else ()), *farewell)

    def _snapshot_if_due(self) -> MultiPaxosOutputs:
        learner = self.learner
        latest = 0 if learner.snapshot is None else learner.snapshot.slots
        patience = MOST_WAITED if self._catching_up.is_awaited else 1
        if learner.executed - latest < patience * self.pace.snapshot_every:
            return ()
        outputs = learner.take_snapshot()
        self.acceptor.trim(learner.executed)
        return outputs

    def _propose_next(self) -> MultiPaxosOutputs:
        """Propose in the next slot, if it may and there is something to propose (rules 2, 3)."""
        proposer = self.proposer
        if self._must_learn():
            return ()
        slot = proposer.next_slot(self.learner.log)
        if slot is None:
            return ()
        decree = NO_OP if proposer.recovers(slot) else self._next_decree(slot)
        if decree is None:
            return ()
        self._quiet = False
        return self._settled(proposer.propose(slot, decree))

    def _must_learn(self) -> bool:
        """Whether somebody who promised has only a snapshot of what comes next (rule 2)."""
        return self.proposer.trimmed > self.learner.executed

    def _can_propose(self) -> bool:
        """Whether it leads, and nobody's answer keeps it from proposing what clients ask for."""
        return self.leads and self.proposer.is_prepared() and not self._must_learn()

    def _next_decree(self, slot: int) -> Decree | None:
        """What waits, or a no-op if a change of the acceptors waits for slots to go by."""
        if self._waiting:
            return self._waiting.next_decree(self.pace.most_batched)
        return NO_OP if slot < self.proposer.configurations.last_change() else None

    def _beat(self) -> MultiPaxosOutputs:
        """Say that it leads, if nothing else has, and repeat what may have got lost."""
        proposer = self.proposer
        late = [slot for slot in proposer.proposed if slot in self._under_way]
        outputs = tuple(o for slot in late for o in proposer.propose_again(slot))
        self._stuck = min(proposer.proposed, default=None) in self._under_way
        if not self._can_propose():
            outputs = (*outputs, *proposer.ask_again())
        elif not self._stuck:
            self._hear()
        outputs = (*outputs, *(proposer.beat() if self._quiet else ()))
        self._under_way, self._quiet = frozenset(proposer.proposed), True
        return outputs

    def _catch_up(self, at_once: bool = False) -> MultiPaxosOutputs:
        """Ask whoever knows more: the leader, or an acceptor that promised (rule 4)."""
        executed, claim, furthest = self.learner.executed, self._claim, self.proposer.furthest
        if furthest is not None and furthest.trimmed > executed:
            return self._catching_up.ask(furthest.acceptor, at_once)
        if claim is not None and claim.chosen > executed and not self.leads:
            return self._catching_up.ask(claim.ballot.proposer, at_once)
        return ()

    def _stop_leading(self) -> None:
        """Give up its ballot, if it has one, and what it has not proposed."""
        self.proposer.step_down()
        self._waiting.clear()
        self._stuck = False
        if self.leader == self.name:
            self.leader = None

    def _hear(self) -> None:
        doublings = min(max(self._attempts - 1, 0), MOST_DOUBLINGS)
        self._waited, self._limit = 0, self._patience.ticks() << doublings
