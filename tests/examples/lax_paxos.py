"""Paxos as the package `paxos` 0.1 has it: a vote raises no promise."""

from quorate.model.language import action, require
from quorate.model.paxos import Accept, Accepted, Acceptor, Ballot, Paxos, Value


class LaxPaxos(Paxos):
    @action
    def phase2b(self, a: Acceptor, b: Ballot, v: Value) -> None:
        require(Accept(b, v) in self.sent)
        require(self.max_bal[a] <= b)
        self.sent.add(Accepted(a, b, v))
        self.max_vbal[a] = b
        self.max_val[a] = v
