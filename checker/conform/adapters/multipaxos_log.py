"""The bundled Multi-Paxos under `MultiPaxosLog`, in which an exchange is one step.

Each ballot has its proposer. Phase 1 is one step: PREPARE, the promises, and what the new leader
proposes in slots that it recovered and in holes before them. A phase 1 that fails only raises
promises, which the model leaves out: it is undone, and refused; if it has changed a vote, that is
said. `votes` has every vote that an acceptor was seen to hold, the code the latest in each slot.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from quorate.checker.conform.adapter import (
    Chose,
    Contradiction,
    Refusal,
    Setting,
    Unrealisable,
)
from quorate.impl.errors import ImplError
from quorate.impl.multipaxos import (
    HEALTHY,
    NO_OP,
    Accept,
    Acceptor,
    Composition,
    Decree,
    Leadership,
    Learner,
    MultiPaxosOutputs,
    Nack,
    Prepare,
    Promise,
    Proposer,
)
from quorate.impl.multipaxos.configurations import Configurations
from quorate.impl.outputs import Send
from quorate.impl.paxos.messages import Ballot
from quorate.traces import Record

from .copying import copied
from .dispatch import performed
from .multipaxos_values import decree_of, show_ballot, value_of

NO_OP_SHOWN = "noop"


@dataclass
class _Run:
    """All that a run has changed, by name: of proposers, that of their ballot."""

    proposers: dict[str, Proposer]
    acceptors: dict[str, Acceptor]
    learners: dict[str, Learner]
    votes: Mapping[tuple[str, int, str], str | None] = field(default_factory=dict)
    proposed: Mapping[tuple[str, int], Decree] = field(default_factory=dict)
    """What was proposed in each ballot and slot, also where its proposer needs it no more."""

    acceptors_of: Mapping[int, frozenset[str]] = field(default_factory=dict)
    """Whom the latest command made the acceptors of a later slot, where commands do."""

    def note_proposals(self, b: str) -> None:
        """What a proposer has proposed is known from now on."""
        new = {(b, slot): decree for slot, decree in self.proposers[b].proposed.items()}
        self.proposed = {**self.proposed, **new}

    def copied(self) -> _Run:
        return replace(
            self,
            proposers={b: copied(p) for b, p in self.proposers.items()},
            acceptors={a: copied(acceptor) for a, acceptor in self.acceptors.items()},
            learners={x: _copied(learner) for x, learner in self.learners.items()},
        )


class MultiPaxosLogAdapter:
    """Performs each action by the method named after it."""

    def __init__(self, composition: Composition = HEALTHY) -> None:
        self.composition = composition

    def start(self, setting: Setting) -> None:
        names = {sort: [str(e) for e in of] for sort, of in setting.elements.items()}
        self.slots = [s for s in names["Slot"] if s != "zero"]
        self.ballots = [b for b in names["Ballot"] if b != "never"]
        made, acceptors = self.composition, names["Acceptor"]
        self.run = _Run(
            {b: made.proposer(b, self.configured(acceptors), made.quorums) for b in self.ballots},
            {a: made.acceptor(a) for a in acceptors},
            {x: made.learner(x, self.configured(acceptors)) for x in names["Learner"]},
        )

    def configured(self, acceptors: list[str]) -> Configurations:
        """What a proposer or a learner knows, as it starts, of who the acceptors are."""
        return self.composition.configurations.initial(acceptors, len(self.slots) + 1)

    def decree(self, v: str) -> Decree:
        """The decree that stands for a value of the model."""
        return decree_of(v)

    def shown(self, decree: Decree | None) -> str | None:
        """The value that a decree stands for."""
        return NO_OP_SHOWN if decree == NO_OP else value_of(decree)

    def perform(self, action: str, args: Mapping[str, Any]) -> frozenset[Record] | Chose:
        chosen = performed(self, action, args)
        return frozenset() if chosen is None else chosen

    def observe(self) -> Mapping[str, Any]:
        run, slots = self.run, list(enumerate(self.slots))
        proposers, learners = run.proposers.items(), run.learners.items()
        leads = {b: p.leadership is Leadership.LEADING for b, p in proposers}
        held, asked = run.votes, run.proposed
        proposed = {(b, s): self.shown(asked.get((b, i))) for b in leads for i, s in slots}
        votes = {
            (a, s, b): held.get((a, i, b)) for a in run.acceptors for i, s in slots for b in leads
        }
        executed = {(x, s): self.shown(ln.log.get(i)) for x, ln in learners for i, s in slots}
        return {
            "leads": leads,
            "proposed": proposed,
            "promised": {a: show_ballot(each.promised) for a, each in run.acceptors.items()},
            "votes": votes,
            "done": {x: ["zero", *self.slots][learner.executed] for x, learner in learners},
            "executed": executed,
        }

    def snapshot(self) -> _Run:
        return self.run.copied()

    def restore(self, snapshot: _Run) -> None:
        self.run = snapshot.copied()

    # The steps, named as the model names them.

    def _lead(self, b: str, q: frozenset[str]) -> None:
        before = self.run.copied()
        try:
            self._phase_one(b, q)
        except (Refusal, ImplError):
            acceptors = self.run.acceptors
            if any(before.acceptors[a].votes != acceptors[a].votes for a in acceptors):
                raise Contradiction(f"a phase 1 of {b} that fails changes a vote") from None
            self.run = before
            raise
        proposer = self.run.proposers[b]
        while (slot := proposer.next_slot()) is not None and proposer.recovers(slot):
            proposer.propose(slot, NO_OP)
        self.run.note_proposals(b)

    def _propose(self, b: str, s: str, v: str) -> Chose | None:
        proposer, slot = self.run.proposers[b], self.slots.index(s)
        if v == NO_OP_SHOWN:
            raise Unrealisable("clients ask for no no-op")
        if proposer.next_slot() != slot:
            raise Refusal(f"the leader of {b} does not propose in {s} next")
        proposer.propose(slot, self.decree(v))
        self.run.note_proposals(b)
        chosen = self.shown(proposer.proposed[slot])
        return None if chosen == v else Chose((), v=chosen)

    def _accept(self, a: str, b: str, s: str, v: str) -> None:
        proposer, acceptor, slot = self.run.proposers[b], self.run.acceptors[a], self.slots.index(s)
        decree = self.run.proposed.get((b, slot))
        if self.shown(decree) != v or decree is None:
            raise Unrealisable(f"nobody proposes {v} in {s} of {b}")
        for answer in _answers(acceptor.receive(Accept(_ballot(b), slot, decree, 0))):
            if isinstance(answer, Nack):
                raise Refusal(f"{a} has promised {show_ballot(answer.promised)}")
            proposer.receive(answer)
        vote = acceptor.votes.get(slot)
        if vote is not None:
            cell = (a, slot, show_ballot(vote.ballot))
            self.run.votes = {**self.run.votes, cell: self.shown(vote.decree)}

    def _execute(self, x: str, s: str, v: str) -> None:
        slot, learner = self.slots.index(s), _copied(self.run.learners[x])
        told = self.told(slot, v)
        if told is None:
            raise Refusal(f"nobody finds {v} chosen in {s}")
        learner.learn(slot, told)
        learner.execute()
        if learner.executed <= slot:
            raise Refusal(f"{x} has executed {learner.executed} slots, and waits for the next")
        if learner.executed == self.run.learners[x].executed:
            raise Refusal(f"{x} has executed {s}")
        self.run.learners[x] = learner

    def told(self, slot: int, v: str) -> Decree | None:
        """What a learner may take for chosen and is shown so; None if there is nothing.

        A proposer has counted the votes; or an acceptor has voted, and heeds that proposer's word
        that the slot is chosen.
        """
        for b, proposer in self.run.proposers.items():
            if proposer.is_chosen(slot):
                heeding = (a for a in self.run.acceptors.values() if _heeds(a, _ballot(b)))
                votes = (a.voted_for(_ballot(b), slot) for a in heeding)
                for decree in (proposer.proposed[slot], *votes):
                    if decree is not None and self.shown(decree) == v:
                        return decree
        return None

    def executed(self, slot: int, v: str) -> Decree | None:
        """What a learner has executed there that is shown so; None if there is nothing."""
        executed = [ln.log[slot] for ln in self.run.learners.values() if slot < ln.executed]
        return next((decree for decree in executed if self.shown(decree) == v), None)

    def _phase_one(self, b: str, q: frozenset[str]) -> None:
        proposer = self.run.proposers[b]
        proposer.prepare(_ballot(b), proposer.executed)
        ask = Prepare(_ballot(b), proposer.first)
        for a in sorted(q):
            for answer in _answers(self.run.acceptors[a].receive(ask)):
                if not isinstance(answer, Promise):
                    raise Refusal(f"{a} answers with {type(answer).__name__}")
                proposer.receive(answer)
        proposer.lead()


def _ballot(b: str) -> Ballot:
    """b3 is round 3 of its proposer."""
    return Ballot(int(b[1:]), b)


def _heeds(acceptor: Acceptor, ballot: Ballot) -> bool:
    return acceptor.promised is None or acceptor.promised <= ballot


def _answers(outputs: MultiPaxosOutputs) -> list[Any]:
    return [output.message for output in outputs if isinstance(output, Send)]


def _copied(learner: Learner) -> Learner:
    """A copy with a store of its own, and with its own knowledge of who the acceptors are."""
    twin = copied(learner)
    twin.store = copied(learner.store)
    twin.configurations = copied(learner.configurations)
    return twin
