"""The bundled implementation under the models `PaxosRoles` and `Paxos`.

The roles are driven by hand, with their own stores: a `Persist` is carried out when the message
is handled, a reply waits in the outbox until the model lets it go, a crash loses the outbox and
rebuilds the role from its store.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from operator import attrgetter
from typing import Any, cast

from quorate.checker.conform.adapter import Chose, Refusal, Setting, Unrealisable
from quorate.impl.errors import ImplError
from quorate.impl.outputs import Persist, Send
from quorate.impl.paxos import (
    Accept,
    Accepted,
    Acceptor,
    Ballot,
    Learner,
    Prepare,
    Promise,
    Proposer,
    Vote,
)
from quorate.impl.paxos.composition import HEALTHY, Composition
from quorate.impl.paxos.outputs import Broadcast, Outputs
from quorate.impl.paxos.records import AcceptorRecord, LearnerRecord, ProposerRecord, key_of
from quorate.impl.paxos.storage import MemoryStore
from quorate.traces import Record, Value

from .copying import copied
from .dispatch import step_of
from .paxos_values import (
    MOST_KEPT,
    NEVER,
    ballot_of,
    show_ballot,
    show_message,
    show_messages,
    show_record,
    union,
    value_of,
)

_record = attrgetter("record")


class _Processes:
    """The roles of one trace, their stores and outboxes."""

    def __init__(self, composition: Composition = HEALTHY) -> None:
        self.composition = composition

    def set_up(self, proposers: list[str], acceptors: list[str], learners: list[str]) -> None:
        """Fresh processes with empty stores."""
        self.quorums = self.composition.quorums(acceptors)
        self.acceptor_names = acceptors
        self.stores = {name: MemoryStore() for name in (*proposers, *acceptors, *learners)}
        self.outbox: dict[str, list[Any]] = {name: [] for name in acceptors}
        self.proposers = {name: self.proposer(name) for name in proposers}
        self.acceptors = {name: self.acceptor(name) for name in acceptors}
        self.learners = {name: self.learner(name) for name in learners}
        self.owner: dict[str, str] = {}
        """Whose each ballot is: who took it first."""
        self.used_by: dict[str, str] = {}
        """Who prepared each ballot last; a proposer with a defect may use one of another."""
        self.sent: frozenset[Record] = frozenset()
        """All messages that were sent, as the model shows them."""
        self.promised: dict[Ballot, tuple[Promise, ...]] = {}
        """The promises among them, as they are, by ballot."""

    # ------------------------------------------------------------ starting and restarting

    def proposer(self, name: str) -> Proposer:
        """A proposer, from what its store holds."""
        stored = cast("ProposerRecord | None", self.stores[name].load("proposer"))
        return self.composition.proposer.recover(name, self.acceptor_names, self.quorums, stored)

    def acceptor(self, name: str) -> Acceptor:
        """An acceptor, from what its store holds."""
        stored = cast("AcceptorRecord | None", self.stores[name].load("acceptor"))
        return self.composition.acceptor.recover(name, stored)

    def learner(self, name: str) -> Learner:
        """A learner, from what its store holds."""
        stored = cast("LearnerRecord | None", self.stores[name].load("learner"))
        return self.composition.learner.recover(name, self.acceptor_names, self.quorums, stored)

    def copied(self) -> _Processes:
        """A copy for ever: whatever changes a role or a store changes a copy of it."""
        return copied(self)

    # ------------------------------------------------------------ doing steps

    def attempt(self, roles: dict[str, Any], name: str, step: str, *arguments: Any) -> list[Any]:
        """Run a role's handler, persist what it persists, and return the messages it sends."""
        role = roles[name] = copied(roles[name])
        return self.carried_out(name, getattr(role, step), arguments)

    def carried_out(
        self, name: str, step: Callable[..., Outputs], arguments: tuple[Any, ...]
    ) -> list[Any]:
        """Run a handler of a role that nothing else holds."""
        try:
            outputs = step(*arguments)
        except ImplError as error:
            raise Refusal(f"{type(error).__name__}: {error}") from error
        messages = []
        for output in outputs:
            kind = type(output)
            if kind is Send or kind is Broadcast:
                messages.append(output.message)  # type: ignore[union-attr]
            elif isinstance(output, Persist):
                store = self.stores[name] = copied(self.stores[name])
                store.save(key_of(output.record), output.record)
        return messages

    def emit(self, messages: list[Any]) -> frozenset[Record]:
        """Put messages on the network."""
        sent = show_messages(tuple(messages))
        if not sent <= self.sent:
            for m in messages:
                if type(m) is Promise and show_message(m) not in self.sent:
                    self.promised[m.ballot] = (*self.promised.get(m.ballot, ()), m)
            self.sent = union(self.sent, sent)
        return sent

    def answers(self, name: str, message: Any, kind: type) -> list[Any]:
        """Hand a message to an acceptor; its answers of the kind, of which there must be one."""
        answers = self.attempt(self.acceptors, name, "receive", message)
        waiting = [m for m in answers if type(m) is kind]
        if not waiting:
            instead = ", ".join(map(str, answers)) or "nothing"
            raise Refusal(f"{name} answers {instead}, no {kind.__name__}")
        return waiting

    def answer(self, name: str, message: Any, kind: type) -> None:
        """Hand a message to an acceptor; its answer of the kind waits in the outbox."""
        if self.outbox[name]:
            raise Unrealisable(f"{name} has an answer to send first")
        self.outbox[name] = self.answers(name, message, kind)

    def drop_repeated(self, name: str) -> None:
        """An answer that was sent before need not wait: it is on the network for good."""
        self.outbox[name] = [m for m in self.outbox[name] if show_message(m) not in self.sent]

    def release(self, name: str, kind: type) -> frozenset[Record]:
        """Send the answer that waits in an acceptor's outbox."""
        waiting = [m for m in self.outbox[name] if isinstance(m, kind)]
        if not waiting:
            raise Refusal(f"{name} has no {kind.__name__} to send")
        self.outbox[name] = []
        return self.emit(waiting)

    def take(self, ballot: Value, proposer: str) -> Ballot:
        """The ballot of the model as one of the implementation's, owned by the proposer."""
        self.owner.setdefault(cast(str, ballot), proposer)
        return self.ballot(ballot)

    def ballot(self, name: Value) -> Ballot:
        """b3 is round 3 of whoever took it."""
        assert isinstance(name, str)
        return _ballot(name, self.owner.get(name, "nobody"))

    def message(self, m: Value) -> Any:
        """A message of the trace as one of the implementation's."""
        assert isinstance(m, Record)
        ballot = self.ballot(m["b"])
        match m.tag:
            case "Prepare":
                return Prepare(ballot)
            case "Promise":
                voted, value = m["vb"], m["v"]
                vote = None if voted == NEVER else Vote(self.ballot(voted), value)
                return Promise(ballot, m["a"], vote)
            case "Accept":
                return Accept(ballot, m["v"])
        return Accepted(ballot, m["a"], m["v"])

    # ------------------------------------------------------------ looking at the acceptors

    def acceptors_shown(self) -> tuple[dict[str, str], dict[str, str], dict[str, str | None]]:
        """The ballot that each acceptor has promised, and the ballot and value of its vote.

        The same dicts are returned again: nobody changes them.
        """
        return _acceptors_shown(tuple(self.acceptors), tuple(map(_record, self.acceptors.values())))


class _Stepwise:
    """Performs each action by the method named after it."""

    def __init__(self, composition: Composition = HEALTHY) -> None:
        self.processes = _Processes(composition)
        self._steps: dict[str, Callable[..., frozenset[Record] | Chose]] = {}

    def perform(self, action: str, args: Mapping[str, Value]) -> frozenset[Record] | Chose:
        step = self._steps.get(action)
        if step is None:
            step = self._steps[action] = step_of(self, action)
        return step(*args.values())

    def snapshot(self) -> _Processes:
        return self.processes.copied()

    def restore(self, snapshot: _Processes) -> None:
        self.processes = snapshot.copied()


class PaxosRolesAdapter(_Stepwise):
    """The implementation, step by step at the grain of `PaxosRoles`."""

    def start(self, setting: Setting) -> None:
        sizes = dict(setting.sizes)
        names = {s: _names(s[0].lower(), sizes[s]) for s in ("Proposer", "Acceptor", "Learner")}
        self.processes.set_up(names["Proposer"], names["Acceptor"], names["Learner"])
        self.ballots = [f"b{i}" for i in range(1, sizes["Ballot"] + 1)]
        self.shown = set(setting.initial)

    # The steps, named as the model names them.

    def _prepare(self, p: str, b: str) -> frozenset[Record]:
        processes = self.processes
        ballot = Ballot(int(b[1:]), processes.owner.get(b, p))
        messages = processes.attempt(processes.proposers, p, "prepare", ballot)
        processes.take(b, p)
        processes.used_by[b] = p
        return processes.emit(messages)

    def _receive_prepare(self, a: str, m: Record) -> frozenset[Record]:
        self.processes.answer(a, self.processes.message(m), Promise)
        self.processes.drop_repeated(a)
        return frozenset()

    def _reply_promise(self, a: str) -> frozenset[Record]:
        return self.processes.release(a, Promise)

    def _receive_promise(self, p: str, m: Record) -> frozenset[Record]:
        proposers, message = self.processes.proposers, self.processes.message(m)
        sent = self.processes.attempt(proposers, p, "receive", message)
        return self.processes.emit(sent)

    def _propose(self, p: str, v: str) -> frozenset[Record] | Chose:
        proposers = self.processes.proposers
        sent = self.processes.emit(self.processes.attempt(proposers, p, "propose", v))
        proposed = proposers[p].proposed
        return sent if proposed == v else Chose(sent, v=proposed)

    def _receive_accept(self, a: str, m: Record) -> frozenset[Record]:
        self.processes.answer(a, self.processes.message(m), Accepted)
        self.processes.drop_repeated(a)
        return frozenset()

    def _reply_accepted(self, a: str) -> frozenset[Record]:
        return self.processes.release(a, Accepted)

    def _receive_accepted(self, l: str, m: Record) -> frozenset[Record]:  # noqa: E741
        learners, message = self.processes.learners, self.processes.message(m)
        self.processes.attempt(learners, l, "receive", message)
        return frozenset()

    def _crash_proposer(self, p: str) -> frozenset[Record]:
        self.processes.proposers[p] = self.processes.proposer(p)
        return frozenset()

    def _crash_acceptor(self, a: str) -> frozenset[Record]:
        self.processes.outbox[a] = []
        self.processes.acceptors[a] = self.processes.acceptor(a)
        return frozenset()

    def _crash_learner(self, l: str) -> frozenset[Record]:  # noqa: E741
        self.processes.learners[l] = self.processes.learner(l)
        return frozenset()

    # The state, by the model's variables.

    def observe(self) -> Mapping[str, Any]:
        p = self.processes
        promised, voted_ballot, voted_value = p.acceptors_shown()
        proposers, learners = p.proposers.items(), p.learners.items()
        rounds = {b: int(b[1:]) for b in self.ballots}
        seen: dict[str, Any] = {
            "owner": {b: p.used_by.get(b) for b in self.ballots},
            "ballot": {n: show_ballot(x.ballot) for n, x in proposers},
            "promises": {n: x.promises for n, x in proposers},
            "best_ballot": {n: show_ballot(ballot_of(x.best)) for n, x in proposers},
            "best_value": {n: value_of(x.best) for n, x in proposers},
            "proposed": {n: x.proposed for n, x in proposers},
            "promised": promised,
            "voted_ballot": voted_ballot,
            "voted_value": voted_value,
            "owes_promise": {n: _owed(out, Promise) for n, out in p.outbox.items()},
            "owes_accepted": {n: _owed(out, Accepted) for n, out in p.outbox.items()},
            "tally": {
                (n, b): _of_round(x.tally, rounds[b], frozenset())
                for n, x in learners
                for b in self.ballots
            },
            "committed": {n: x.committed for n, x in learners},
        }
        seen["sent"] = p.sent
        return {name: value for name, value in seen.items() if name in self.shown}


class PaxosAdapter(_Stepwise):
    """The implementation under Lamport's `Paxos`: one proposer per ballot, replies at once."""

    def start(self, setting: Setting) -> None:
        sizes = dict(setting.sizes)
        proposers = _names("p", sizes["Ballot"])
        self.processes.set_up(proposers, _names("a", sizes["Acceptor"]), [])
        self.ballots = {
            f"b{i}": self.processes.take(f"b{i}", proposer)
            for i, proposer in enumerate(proposers, start=1)
        }

    def _proposer_of(self, b: str) -> Proposer:
        return self.processes.proposers[self.processes.owner[b]]

    def _phase1a(self, b: str) -> frozenset[Record]:
        proposer, ballot = self._proposer_of(b), self.ballots[b]
        if proposer.ballot == ballot:
            return frozenset()  # the same message again changes nothing
        proposers = self.processes.proposers
        sent = self.processes.attempt(proposers, proposer.name, "prepare", ballot)
        return self.processes.emit(sent)

    def _phase1b(self, a: str, b: str) -> frozenset[Record]:
        p = self.processes
        return p.emit(p.answers(a, Prepare(self.ballots[b]), Promise))

    def _phase2a(self, b: str, v: str, q: frozenset[Value]) -> frozenset[Record] | Chose:
        p = self.processes
        name, ballot = p.owner[b], self.ballots[b]
        proposer = copied(p.proposers[name])  # one that does not propose has heard nothing

        def hear_and_propose() -> Outputs:
            outputs: list[Any] = []
            for m in p.promised.get(ballot, ()):
                if m.acceptor in q:
                    outputs += proposer.receive(m)
            return (*outputs, *proposer.propose(v))

        sent = p.emit(p.carried_out(name, hear_and_propose, ()))
        p.proposers[name] = proposer
        return sent if proposer.proposed == v else Chose(sent, v=proposer.proposed)

    def _phase2b(self, a: str, b: str, v: str) -> frozenset[Record]:
        p = self.processes
        return p.emit(p.answers(a, Accept(self.ballots[b], v), Accepted))

    def observe(self) -> Mapping[str, Any]:
        p = self.processes
        promised, voted_ballot, voted_value = p.acceptors_shown()
        return {
            "max_bal": promised,
            "max_vbal": voted_ballot,
            "max_val": voted_value,
            "sent": p.sent,
        }


def _names(letter: str, n: int) -> list[str]:
    return [f"{letter}{i}" for i in range(n)]


@lru_cache(MOST_KEPT)
def _acceptors_shown(
    names: tuple[str, ...], records: tuple[AcceptorRecord, ...]
) -> tuple[dict[str, str], dict[str, str], dict[str, str | None]]:
    promised, ballots, values = zip(*map(show_record, records), strict=True)
    return (
        dict(zip(names, promised, strict=True)),
        dict(zip(names, ballots, strict=True)),
        dict(zip(names, values, strict=True)),
    )


@lru_cache(MOST_KEPT)
def _ballot(name: str, owner: str) -> Ballot:
    return Ballot(int(name[1:]), owner)


def _owed(outbox: list[Any], kind: type) -> str:
    owed: list[Any] = [m for m in outbox if isinstance(m, kind)]
    return show_ballot(owed[0].ballot) if owed else NEVER


def _of_round(tally: Mapping[Ballot, Any], round_: int, default: Any) -> Any:
    return next((x for ballot, x in tally.items() if ballot.round == round_), default)
