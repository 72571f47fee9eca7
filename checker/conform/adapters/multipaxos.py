"""The bundled Multi-Paxos under the model `MultiPaxos`: proposers and acceptors with their disks.

A step is one method of a role. What the model reads from the messages sent, a proposer is told
first: to lead with a quorum it hears their promises.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from quorate.checker.conform.adapter import Chose, Refusal, Setting
from quorate.impl.multipaxos import (
    HEALTHY,
    Accept,
    Accepted,
    Acceptor,
    Composition,
    Leadership,
    MultiPaxosOutputs,
    MultiPaxosState,
    Prepare,
    Promise,
    Proposer,
)
from quorate.impl.outputs import Persist, Send
from quorate.impl.paxos.messages import Ballot
from quorate.traces import Record

from .copying import copied
from .dispatch import performed
from .multipaxos_values import (
    decree_of,
    show_ballot,
    show_message,
    show_round,
    show_vote,
    value_of,
)


@dataclass
class _Run:
    """All that a run has changed. Roles and disks are replaced, never changed."""

    proposers: dict[str, Proposer]
    acceptors: dict[str, Acceptor]
    disks: dict[str, MultiPaxosState]
    seen: dict[str, dict[Any, Any]] = field(default_factory=dict)
    """What is shown, by variable. No dictionary in it is ever changed."""
    owner: dict[str, str] = field(default_factory=dict)
    sent: frozenset[Record] = frozenset()
    promises: tuple[Promise, ...] = ()

    def show(self, variable: str, cells: dict[Any, Any]) -> None:
        """Some of a variable is now this."""
        held = self.seen.setdefault(variable, {})
        if any(cell not in held or held[cell] != x for cell, x in cells.items()):
            self.seen[variable] = {**held, **cells}

    def copied(self) -> _Run:
        """A copy, with dictionaries of its own."""
        return _Run(
            dict(self.proposers),
            dict(self.acceptors),
            dict(self.disks),
            dict(self.seen),
            dict(self.owner),
            self.sent,
            self.promises,
        )


class MultiPaxosAdapter:
    """Performs each action by the method named after it."""

    def __init__(self, composition: Composition = HEALTHY) -> None:
        self.composition = composition

    def start(self, setting: Setting) -> None:
        sizes = dict(setting.sizes)
        self.slots = [f"s{i}" for i in range(sizes["Slot"])]
        acceptors = [f"a{i}" for i in range(sizes["Acceptor"])]
        proposers = [f"p{i}" for i in range(sizes["Proposer"])]
        made = self.composition.configurations
        self.configurations = made.initial(acceptors, max(1, sizes["Slot"]))
        self.shown = set(setting.initial)
        self.run = _Run({}, {}, dict.fromkeys([*proposers, *acceptors], MultiPaxosState()))
        for name in proposers:
            self._put_proposer(self._proposer(name))
        for name in acceptors:
            self._put_acceptor(self._acceptor(name))

    def perform(self, action: str, args: Mapping[str, Any]) -> frozenset[Record] | Chose:
        return performed(self, action, args)  # type: ignore[no-any-return]

    def observe(self) -> Mapping[str, Any]:
        seen = {**self.run.seen, "sent": self.run.sent}
        return {name: value for name, value in seen.items() if name in self.shown}

    def snapshot(self) -> _Run:
        return self.run.copied()

    def restore(self, snapshot: _Run) -> None:
        self.run = snapshot.copied()

    # The steps, named as the model names them.

    def _prepare(self, p: str, b: str) -> frozenset[Record]:
        ballot = Ballot(int(b[1:]), self.run.owner.get(b, p))
        proposer = copied(self.run.proposers[p])
        sent = self._emit(p, proposer.prepare(ballot))
        self._put_proposer(proposer)
        self.run.owner[b] = p
        return sent

    def _promise(self, a: str, m: Record) -> frozenset[Record]:
        return self._answer(a, Prepare(self._ballot(m), 0), Promise)

    def _lead(self, p: str, q: frozenset[str] = frozenset()) -> frozenset[Record]:
        """A mutant that waits for no quorum names none."""
        proposer = copied(self.run.proposers[p])
        promises = [promise for promise in self.run.promises if promise.acceptor in q]
        for promise in promises * 2:  # the network delivers them again
            proposer.receive(promise)
        sent = self._emit(p, proposer.lead())
        self._put_proposer(proposer)
        return sent

    def _propose(self, p: str, s: str, v: str) -> frozenset[Record] | Chose:
        proposer, slot = copied(self.run.proposers[p]), int(s[1:])
        sent = self._emit(p, proposer.propose(slot, decree_of(v)))
        self._put_proposer(proposer)
        chosen = value_of(proposer.proposed[slot])
        return sent if chosen == v else Chose(sent, v=chosen)

    def _accept(self, a: str, m: Record) -> frozenset[Record]:
        slot, value = m["s"], m["v"]
        message = Accept(self._ballot(m), int(slot[1:]), decree_of(value), 0)
        return self._answer(a, message, Accepted)

    def _crash_proposer(self, p: str) -> frozenset[Record]:
        self._put_proposer(self._proposer(p))
        return frozenset()

    def _crash_acceptor(self, a: str) -> frozenset[Record]:
        self._put_acceptor(self._acceptor(a))
        return frozenset()

    # Roles, and what they send and write.

    def _proposer(self, name: str) -> Proposer:
        made, stored = self.composition, self.run.disks[name]
        return made.proposer(name, self.configurations, made.quorums, stored)

    def _acceptor(self, name: str) -> Acceptor:
        return self.composition.acceptor(name, self.run.disks[name])

    def _put_proposer(self, proposer: Proposer) -> None:
        run, name = self.run, proposer.name
        recovered = {(name, s): proposer.recovered.get(i) for i, s in enumerate(self.slots)}
        run.proposers[name] = proposer
        run.show("used", {name: show_round(proposer.round)})
        run.show("ballot", {name: show_ballot(proposer.ballot)})
        run.show("leads", {name: proposer.leadership is Leadership.LEADING})
        run.show("recovered", {cell: value_of(decree) for cell, decree in recovered.items()})

    def _put_acceptor(self, acceptor: Acceptor) -> None:
        run, name = self.run, acceptor.name
        votes = {(name, s): show_vote(acceptor.votes.get(i)) for i, s in enumerate(self.slots)}
        run.acceptors[name] = acceptor
        run.show("promised", {name: show_ballot(acceptor.promised)})
        run.show("voted_ballot", {cell: ballot for cell, (ballot, _) in votes.items()})
        run.show("voted_value", {cell: value for cell, (_, value) in votes.items()})

    def _answer(self, a: str, message: Prepare | Accept, kind: type) -> frozenset[Record]:
        """Hand a message to an acceptor, which must give an answer of the kind."""
        acceptor = copied(self.run.acceptors[a])
        outputs = acceptor.receive(message)
        messages = [output.message for output in outputs if isinstance(output, Send)]
        if not any(isinstance(m, kind) for m in messages):
            instead = ", ".join(map(str, messages)) or "nothing"
            raise Refusal(f"{a} answers {instead}, no {kind.__name__}")
        self._put_acceptor(acceptor)
        return self._emit(a, outputs)

    def _emit(self, name: str, outputs: MultiPaxosOutputs) -> frozenset[Record]:
        run, sent = self.run, set[Record]()
        for output in outputs:
            if isinstance(output, Persist):
                run.disks[name] = run.disks[name].after(output.record)
            else:
                message, voted = output.message, None
                if isinstance(message, Accepted):
                    voted = run.acceptors[name].votes[message.slot]
                shown = show_message(message, self.slots, voted)
                if isinstance(message, Promise) and shown not in run.sent:
                    run.promises = (*run.promises, message)
                sent.add(shown)
        if not sent <= run.sent:
            run.sent = run.sent | sent
        return frozenset(sent)

    def _ballot(self, m: Record) -> Ballot:
        """b3 is round 3 of whoever took it."""
        b = m["b"]
        return Ballot(int(b[1:]), self.run.owner.get(b, "nobody"))
