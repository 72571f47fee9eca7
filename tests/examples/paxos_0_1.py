"""The package `paxos` 0.1 under the model `Paxos`: each ballot has a proposer of its own.

quorate conform Paxos -s Acceptor=3,Ballot=2,Value=2 --adapter paxos_0_1.py:PaxosAdapter
"""

from __future__ import annotations

from typing import Any

import paxos
from paxos.messages import AcceptMsg, AcceptResponseMsg, PrepareMsg, PrepareResponseMsg

from quorate.kit import Actions, Binding, DeepCopies, Record, Refusal, Setting, Wire, record

vars(paxos)["print"] = lambda *_: None  # the package prints each message
INSTANCE = 1


class PaxosAdapter(Actions, DeepCopies):
    """Mailboxes are a wire; proposal numbers are bound to ballots."""

    def start(self, setting: Setting) -> None:
        ballots = setting.elements["Ballot"]
        self.ballots = Binding(ballots, ordered=True, fixed={"never": -1})
        self.wire = Wire(self.show)
        config = paxos.SystemConfig(len(ballots), dict(setting.sizes)["Acceptor"], 1)
        made = [paxos.Proposer(pid, self, None) for pid in config.proposer_ids]
        self.proposers = dict(zip(ballots, made, strict=True))
        made = [paxos.Acceptor(pid, self, None) for pid in config.acceptor_ids]
        self.acceptors = dict(zip(setting.elements["Acceptor"], made, strict=True))
        self.names = {agent.pid: a for a, agent in self.acceptors.items()}
        for agent in (*self.proposers.values(), *self.acceptors.values()):
            agent.set_config(config)

    def send(self, pid: int, message: Any) -> None:
        """What an agent calls on its mailbox."""
        self.wire.send(message, message.source, pid)

    def show(self, message: Any, source: int, target: int) -> Record | None:
        b, v = self.ballots.element(message.proposal.number), message.proposal.value
        match message:
            case PrepareMsg():
                return record("Prepare", b=b)
            case PrepareResponseMsg(highest_proposal=vote):
                vb = self.ballots.element(vote.number)
                return record("Promise", a=self.names[source], b=b, vb=vb, v=vote.value)
            case AcceptMsg():
                return record("Accept", b=b, v=v)
            case AcceptResponseMsg():
                return record("Accepted", a=self.names[source], b=b, v=v)
        return None

    def phase1a(self, b: str) -> None:
        if b not in self.ballots:  # the same message again changes nothing
            self.ballots.bind(b, self.proposers[b].sequence)
            self.proposers[b].handle_client_request(paxos.ClientRequestMsg(None, None), INSTANCE)

    def phase1b(self, a: str, b: str) -> None:
        self.deliver(a, record("Prepare", b=b))

    def phase2a(self, b: str, v: str, q: frozenset[str]) -> dict[str, str]:
        promised = {m["a"]: m for m in self.wire.of("Promise", b=b)}
        if not q <= promised.keys():
            raise Refusal(f"not all of {', '.join(sorted(q))} have promised")
        (proposal,) = self.proposers[b].instances[INSTANCE].values()
        proposal.request = v
        for a in sorted(q):
            self.proposers[b].handle_message(self.wire.caught(promised[a]).message)
        return {"v": proposal.proposal.value}

    def phase2b(self, a: str, b: str, v: str) -> None:
        self.deliver(a, record("Accept", b=b, v=v))

    def deliver(self, a: str, message: Record) -> None:
        acceptor = self.acceptors[a]
        acceptor.handle_message(self.wire.caught(message, acceptor.pid).message)

    def observe(self) -> dict[str, Any]:
        held = {a: agent.create_instance(INSTANCE) for a, agent in self.acceptors.items()}
        element = self.ballots.element
        return {
            "max_bal": {a: element(x.highest_proposal_promised.number) for a, x in held.items()},
            "max_vbal": {a: element(x.highest_proposal_accepted.number) for a, x in held.items()},
            "max_val": {a: x.highest_proposal_accepted.value for a, x in held.items()},
        }


class BlindPaxosAdapter(PaxosAdapter):
    """The same, but what an acceptor has promised cannot be seen: only what it then does."""

    def observe(self) -> dict[str, Any]:
        return {name: seen for name, seen in super().observe().items() if name != "max_bal"}
