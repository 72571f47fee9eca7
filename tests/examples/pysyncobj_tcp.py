"""How the package `pysyncobj` replicates a log over TCP: one leader, one follower, one term.

It sends ahead: the next entry to send is one after the last that was sent. An acknowledgement, even
an old one, sets that back. Entries are counted: with one term and one value, lengths tell all.
"""

from __future__ import annotations

from quorate.model.language import (
    Map,
    Message,
    Messages,
    Nat,
    Protocol,
    Sort,
    action,
    durable,
    fifo,
    invariant,
    require,
)


class Leader(Sort, size=1): ...


class Follower(Sort, size=1): ...


class Index(Nat): ...


class Depth(Nat): ...


class Append(Message, link=("leader", "to")):
    leader: Leader
    to: Follower
    prefix: Index
    end: Index


class Ack(Message, link=("follower", "to")):
    follower: Follower
    to: Leader
    length: Index


class Replication(Protocol):
    """All entries that are not sent yet are sent in one message."""

    written: Map[Leader, Index] = durable(1)
    held: Map[Follower, Index] = durable(1)
    match: Map[Leader, Index] = durable(1)
    next: Map[Leader, Index] = durable(1)

    down: Messages[Append] = fifo(Depth)
    up: Messages[Ack] = fifo(Depth)

    @action
    def request(self, s: Leader) -> None:
        require(any(self.written[s] < n for n in Index))
        self.written[s] = self.written[s] + 1

    @action
    def append(self, s: Leader) -> None:
        require(all(any(len(self.down[s, f]) < d for d in Depth) for f in Follower))
        for f in Follower:
            self.down.add(Append(s, f, self.next[s], self.written[s]))
        self.next[s] = self.written[s]

    @action
    def receive_append(self, f: Follower, m: Append) -> None:
        require(any(len(self.up[f, m.leader]) < d for d in Depth))
        require(m.prefix <= self.held[f])
        self.held[f] = max(self.held[f], m.end)
        self.up.add(Ack(f, m.leader, m.end))

    @action
    def receive_ack(self, s: Leader, m: Ack) -> None:
        if self.match[s] < m.length:
            self.match[s] = m.length
            self.next[s] = m.length

    @invariant
    def what_is_acknowledged_is_held(self) -> bool:
        return all(self.match[s] <= self.held[f] for s in Leader for f in Follower)


class Batches(Replication):
    """As above, but at most two entries in a message: what is longer goes in several."""

    @action
    def append(self, s: Leader) -> None:
        require(all(any(len(self.down[s, f]) + 1 < d for d in Depth) for f in Follower))
        require(self.written[s] <= self.next[s] + 4)
        for f in Follower:
            if self.written[s] <= self.next[s] + 2:
                self.down.add(Append(s, f, self.next[s], self.written[s]))
            else:
                self.down.add(Append(s, f, self.next[s], self.next[s] + 2))
                self.down.add(Append(s, f, self.next[s] + 2, self.written[s]))
        self.next[s] = self.written[s]


class Truncating(Batches):
    """As pysyncobj 0.3.17 has it: whatever follows the new entries is deleted."""

    @action
    def receive_append(self, f: Follower, m: Append) -> None:
        require(any(len(self.up[f, m.leader]) < d for d in Depth))
        require(m.prefix <= self.held[f])
        self.held[f] = m.end
        self.up.add(Ack(f, m.leader, m.end))
