"""The package `composable-paxos` 1.0.0 under `Paxos`: plain objects that return their messages.

quorate conform Paxos -s Acceptor=3,Ballot=2,Value=2 \\
    --adapter composable_paxos_adapter.py:ComposableAdapter
"""

from __future__ import annotations

from typing import Any

from composable_paxos import Accept, Accepted, Acceptor, Prepare, Promise, ProposalID, Proposer

from quorate import kit

NEVER = ProposalID(0, "")  # the package has None here, which Python no longer compares


class ComposableAdapter(kit.Actions, kit.DeepCopies):
    """Each ballot has a proposer of its own, which has heard of those below."""

    def start(self, setting: kit.Setting) -> None:
        self.ballots = kit.Binding(setting.elements["Ballot"], ordered=True, fixed={"never": NEVER})
        self.wire = kit.Wire(self.show)
        self.acceptors = {
            a: Acceptor(a, promised_id=NEVER, accepted_id=NEVER)
            for a in setting.elements["Acceptor"]
        }
        quorum = len(self.acceptors) // 2 + 1
        self.proposers = {b: Proposer(b, quorum) for b in setting.elements["Ballot"]}
        for number, (b, proposer) in enumerate(self.proposers.items()):
            proposer.highest_accepted_id = NEVER
            proposer.observe_proposal(ProposalID(number, b))

    def show(self, m: Any, source: str, target: str) -> kit.Record | None:
        match m:
            case Prepare(proposal_id=p):
                return kit.record("Prepare", b=self.ballots.element(p))
            case Promise(proposal_id=p, last_accepted_id=vote, last_accepted_value=v):
                b, vb = self.ballots.element(p), self.ballots.element(vote)
                return kit.record("Promise", a=m.from_uid, b=b, vb=vb, v=v)
            case Accept(proposal_id=p, proposal_value=v):
                return kit.record("Accept", b=self.ballots.element(p), v=v)
            case Accepted(proposal_id=p, proposal_value=v):
                return kit.record("Accepted", a=m.from_uid, b=self.ballots.element(p), v=v)
        return None

    def phase1a(self, b: str) -> None:
        proposer = self.proposers[b]
        if b not in self.ballots:
            message = proposer.prepare()
            self.ballots.bind(b, message.proposal_id)
            self.wire.send(message)

    def phase1b(self, a: str, b: str) -> None:
        self.deliver(self.acceptors[a], kit.record("Prepare", b=b))

    def phase2a(self, b: str, v: str, q: frozenset[str]) -> dict[str, Any]:
        proposer = self.proposers[b]
        promised = {m["a"]: m for m in self.wire.of("Promise", b=b)}
        if not q <= promised.keys():
            raise kit.Refusal("not all of them have promised")
        proposer.propose_value(v)
        for a in sorted(q):
            self.deliver(proposer, promised[a])
        return {"v": proposer.proposed_value}

    def phase2b(self, a: str, b: str, v: str) -> None:
        self.deliver(self.acceptors[a], kit.record("Accept", b=b, v=v))

    def deliver(self, agent: Any, record: kit.Record) -> None:
        answer = agent.receive(self.wire.caught(record).message)
        if answer is not None:
            self.wire.send(answer)

    def observe(self) -> dict[str, Any]:
        held = self.acceptors.items()
        return {
            "max_bal": {a: self.ballots.element(x.promised_id) for a, x in held},
            "max_vbal": {a: self.ballots.element(x.accepted_id) for a, x in held},
            "max_val": {a: x.accepted_value for a, x in held},
        }
