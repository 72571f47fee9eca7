"""The package `paxos` 0.1 under the model `Paxos`: each ballot has a proposer of its own.

quorate conform Paxos -s Acceptor=3,Ballot=2,Value=2 --adapter paxos_0_1.py:PaxosAdapter
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import paxos
from paxos.messages import AcceptMsg, AcceptResponseMsg, PrepareMsg, PrepareResponseMsg

from quorate.kit import Binding, Chose, DeepCopies, Record, Refusal, Setting, Wire

vars(paxos)["print"] = lambda *_: None  # the package prints each message
INSTANCE = 1


class PaxosAdapter(DeepCopies):
    """Mailboxes are a wire; proposal numbers are bound to ballots."""

    def start(self, setting: Setting) -> None:
        ballots = [b for b in setting.elements["Ballot"] if b != "never"]
        self.ballots = Binding(ballots, ordered=True, fixed={"never": -1})
        self.wire = Wire(self.show)
        config = paxos.SystemConfig(len(ballots), dict(setting.sizes)["Acceptor"], 1)
        agents = [paxos.Proposer(pid, self, None) for pid in config.proposer_ids]
        self.proposers = dict(zip(ballots, agents, strict=True))
        agents = [paxos.Acceptor(pid, self, None) for pid in config.acceptor_ids]
        self.acceptors = dict(zip(setting.elements["Acceptor"], agents, strict=True))
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
                return Record("Prepare", (("b", b),))
            case PrepareResponseMsg():
                vote = message.highest_proposal
                voted = (("vb", self.ballots.element(vote.number)), ("v", vote.value))
                return Record("Promise", (("a", self.names[source]), ("b", b), *voted))
            case AcceptMsg():
                return Record("Accept", (("b", b), ("v", v)))
            case AcceptResponseMsg():
                return Record("Accepted", (("a", self.names[source]), ("b", b), ("v", v)))
        return None

    def perform(self, action: str, args: Mapping[str, Any]) -> frozenset[Record] | Chose:
        sent: frozenset[Record] | Chose = getattr(self, action)(**args)
        return sent

    def phase1a(self, b: str) -> frozenset[Record]:
        if b not in self.ballots:  # the same message again changes nothing
            self.ballots.bind(b, self.proposers[b].sequence)
            self.proposers[b].handle_client_request(paxos.ClientRequestMsg(None, None), INSTANCE)
        return self.wire.taken()

    def phase1b(self, a: str, b: str) -> frozenset[Record]:
        return self.deliver(a, Record("Prepare", (("b", b),)))

    def phase2a(self, b: str, v: str, q: frozenset[str]) -> frozenset[Record] | Chose:
        sent = (r for r in self.wire.sent if r.tag == "Promise" and r.get("b") == b)
        heard = {str(r.get("a")): r for r in sent}
        if not q <= heard.keys():
            raise Refusal(f"not all of {', '.join(sorted(q))} have promised")
        proposer = self.proposers[b]
        (proposal,) = proposer.instances[INSTANCE].values()
        proposal.request = v
        for a in sorted(q):
            proposer.handle_message(self.wire.caught(heard[a]).message)
        done = self.wire.taken()
        if not done:
            raise Refusal("it sends nothing")
        return done if proposal.proposal.value == v else Chose(done, v=proposal.proposal.value)

    def phase2b(self, a: str, b: str, v: str) -> frozenset[Record]:
        return self.deliver(a, Record("Accept", (("b", b), ("v", v))))

    def deliver(self, a: str, record: Record) -> frozenset[Record]:
        acceptor = self.acceptors[a]
        acceptor.handle_message(self.wire.caught(record, acceptor.pid).message)
        if not (sent := self.wire.taken()):
            raise Refusal(f"{a} does not answer")
        return sent

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
