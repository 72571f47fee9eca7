"""Raft where leaders come in turn: a part of what it does, small enough for three servers.

Its environment does less than it may, and nothing else is changed: every run is one of `Raft`. So
what code does otherwise here it does otherwise there, and the bundled adapter drives it:

    quorate conform tests/examples/raft_in_turn.py:RaftInTurn \\
        -s Server=3,Value=1,Term=3,Index=1 -f crash=0
"""

from quorate.model.language import action, define, require
from quorate.model.raft import Append, Raft
from quorate.model.raft_election import Index, RequestVote, Server, Term, Value


class RaftInTurn(Raft):
    """One server stands in each term, once a leader of each earlier one has appended something.

    A leader sends its whole log, once, and only in the last term.
    """

    @action(by="environment")
    def timeout(self, s: Server, t: Term) -> None:
        require(not any(m.t == t for m in self.sent[RequestVote]))
        require(all(self.has_entry(u) for u in Term if Term.zero < u and u < t))
        super().timeout(s, t)

    @action(by="environment")
    def request(self, s: Server, v: Value) -> None:
        super().request(s, v)

    @action(by="environment")
    def append(self, s: Server, n: Index) -> None:
        require(n == 0 and not any(self.term[s] < t for t in Term))
        require(not any(m.t == self.term[s] for m in self.sent[Append]))
        super().append(s, n)

    @define
    def has_entry(self, t: Term) -> bool:
        return any(e.t == t for s in Server for e in self.log[s])
