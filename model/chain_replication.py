"""Chain replication: updates enter at the head, the tail answers, and servers fail.

Van Renesse and Schneider: Chain Replication for Supporting High Throughput and Availability
(2004), §3. Servers are fail-stop (§2): a failure is noticed by the master, which tells the rest.
The order of the servers is that of the chain, so the head is the first that has not been removed.
"""

from .language import *


# fmt: off
class Server(Ordered, bottom="none"): ...
class Command(Sort): ...
class Index(Nat): ...
# fmt: on


class Removed(Message):
    s: Server


class Update(Message):
    sender: Server
    to: Server
    i: Index
    c: Command


class Reply(Message):
    i: Index
    c: Command


class ChainReplication(Protocol):
    """`log` is Hist of the paper, whose Sent is what the tail has not answered yet."""

    faults = {"crash": 1}

    log: Map[Server, Seq[Command, Index]] = durable(())
    up: Map[Server, bool] = durable(True)
    removed: Map[Server, Set[Server]] = durable(frozenset())  # as a server has been told
    sent: Messages[Removed, Update, Reply]

    # Updates (§3.1).

    @action
    def submit(self, s: Server, c: Command) -> None:
        require(self.up[s])
        require(self.is_head(s))
        require(c not in self.log[s])  # a client's command has a name of its own
        require(any(len(self.log[s]) < i for i in Index))
        self.log[s] = self.log[s] + (c,)

    @action
    def forward(self, s: Server, to: Server, i: Index) -> None:
        require(self.up[s])
        require(self.is_next(s, to))
        require(i < len(self.log[s]))
        self.sent.add(Update(s, to, i, self.log[s][i]))

    @action
    def apply(self, s: Server, m: Update) -> None:
        """In order of the log; what a removed server has sent comes too late."""
        require(self.up[s] and m.to == s)
        require(m.sender not in self.removed[s])
        require(m.i == len(self.log[s]))
        require(any(m.i < i for i in Index))
        self.log[s] = self.log[s] + (m.c,)

    @action
    def reply(self, s: Server, i: Index) -> None:
        require(self.up[s])
        require(self.may_reply(s, i))
        self.sent.add(Reply(i, self.log[s][i]))

    # Failures (§3.2).

    @action(fault="crash")
    def fail(self, s: Server) -> None:
        require(self.up[s])
        self.up[s] = False

    @action(by="environment")
    def remove(self, s: Server) -> None:
        """The master; §2: it is never wrong about who has failed."""
        require(self.is_removable(s))
        self.sent.add(Removed(s))

    @action
    def learn(self, s: Server, m: Removed) -> None:
        require(self.up[s])
        require(m.s not in self.removed[s])
        self.removed[s] = self.removed[s] | {m.s}

    @define
    def is_head(self, s: Server) -> bool:
        return all(t in self.removed[s] for t in Server if t < s)

    @define
    def is_tail(self, s: Server) -> bool:
        return all(t in self.removed[s] for t in Server if s < t)

    @define
    def is_next(self, s: Server, to: Server) -> bool:
        return (
            s < to
            and to not in self.removed[s]
            and all(t in self.removed[s] for t in Server if s < t and t < to)
        )

    @define
    def may_reply(self, s: Server, i: Index) -> bool:
        """Only the tail answers: all before it have what it has."""
        return self.is_tail(s) and i < len(self.log[s])

    @define
    def is_removable(self, s: Server) -> bool:
        return not self.up[s]

    @invariant
    def agreement(self) -> bool:
        return all(m.c == n.c for m in self.sent[Reply] for n in self.sent[Reply] if m.i == n.i)

    @invariant
    def replies_survive(self) -> bool:
        return all(
            m.i < len(self.log[s]) and self.log[s][m.i] == m.c
            for m in self.sent[Reply]
            for s in Server
            if self.up[s]
        )

    @invariant
    def update_propagation(self) -> bool:
        """§3.2: Hist of a later server is a prefix of that of an earlier one."""
        return all(
            i < len(self.log[s]) and self.log[s][i] == self.log[t][i]
            for s in Server
            for t in Server
            for i in Index
            if s < t and self.up[s] and self.up[t] and i < len(self.log[t])
        )

    @invariant
    def removed_have_failed(self) -> bool:
        return all(not self.up[m.s] for m in self.sent[Removed])

    @invariant
    def no_command_twice(self) -> bool:
        return all(
            self.log[s][i] != self.log[s][j]
            for s in Server
            for i in Index
            for j in Index
            if i < j and j < len(self.log[s])
        )

    @reachable
    def a_command_is_answered_after_a_failure(self) -> bool:
        return any(not self.up[s] for s in Server) and any(True for m in self.sent[Reply])
