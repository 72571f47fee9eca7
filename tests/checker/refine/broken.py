"""Modifications of Paxos and Voting that do not refine what the originals do."""

from __future__ import annotations

from quorate.model import voting
from quorate.model.consensus import Consensus, Value
from quorate.model.language import Set, action, define, durable, init, require
from quorate.model.paxos import Accept, Accepted, Acceptor, Ballot, Paxos, Prepare, Promise, Quorum
from quorate.model.paxos import Value as PaxosValue
from quorate.model.voting import Voting


class AnyValueProposed(Paxos):
    @action
    def phase2a(self, b: Ballot, v: PaxosValue, q: Quorum) -> None:
        require(not any(m.b == b for m in self.sent[Accept]))
        require(all(any(m.a == a and m.b == b for m in self.sent[Promise]) for a in q))
        self.sent.add(Accept(b, v))


class PromiseNotCompared(Paxos):
    @action
    def phase1b(self, a: Acceptor, b: Ballot) -> None:
        require(Prepare(b) in self.sent)
        require(not any(m.a == a and m.b == b for m in self.sent[Promise]))
        self.sent.add(Promise(a, b, self.max_vbal[a], self.max_val[a]))
        self.max_bal[a] = b


class VotesBelowPromise(Paxos):
    @action
    def phase2b(self, a: Acceptor, b: Ballot, v: PaxosValue) -> None:
        require(Accept(b, v) in self.sent)
        self.sent.add(Accepted(a, b, v))
        self.max_bal[a] = b
        self.max_vbal[a] = b
        self.max_val[a] = v


class NoPromisesNeeded(Paxos):
    @action
    def phase2a(self, b: Ballot, v: PaxosValue, q: Quorum) -> None:
        require(not any(m.b == b for m in self.sent[Accept]))
        self.sent.add(Accept(b, v))


class VotesUnasked(Paxos):
    """An acceptor votes for what was never proposed: harmless where there is one value."""

    @action
    def phase2b(self, a: Acceptor, b: Ballot, v: PaxosValue) -> None:
        require(self.max_bal[a] <= b)
        self.sent.add(Accepted(a, b, v))
        self.max_bal[a] = b
        self.max_vbal[a] = b
        self.max_val[a] = v


class StartsAhead(Paxos):
    """Some acceptor has promised a ballot from the start."""

    @init
    def start(self, a: Acceptor, b: Ballot) -> None:
        self.max_bal[a] = b


class VotesUnsafely(Voting):
    @define
    def shows_safe_at(self, q: voting.Quorum, b: voting.Ballot, v: voting.Value) -> bool:
        return all(b <= self.max_bal[a] for a in q)


class NeverVotes(Voting):
    @action
    def vote_for(self, a: voting.Acceptor, b: voting.Ballot, v: voting.Value) -> None:
        require(self.max_bal[a] < b)
        self.max_bal[a] = b


class ChoosesTwice(Consensus):
    @action
    def choose(self, v: Value) -> None:
        require(v not in self.chosen)
        self.chosen = self.chosen | {v}


class ChoosesAtOnce(Consensus):
    chosen: Set[Value] = durable(frozenset())

    @action
    def choose(self, v: Value) -> None:
        require(len(self.chosen) == 0)
        self.chosen = {w for w in Value}  # noqa: C416 - the language has no set()
