"""The ABD register: reads and writes of many clients, over majorities of servers that may fail.

Attiya, Bar-Noy, Dolev: Sharing Memory Robustly in Message-Passing Systems (1995), with the tags of
many writers of Lynch, Shvartsman: Robust Emulation of Shared Memory Using Dynamic Quorum-
Acknowledged Broadcasts (1997). A client asks a majority for the largest tag; a write puts a
larger one at a majority, a read puts back the one that it found. A server that has failed, or is
slow, takes no step.
"""

import enum

from .language import *


# fmt: off
class Server(Sort): ...
class Client(Ordered, bottom="none"): ...
class Number(Nat): ...
class Quorum(Majority[Server]): ...
# fmt: on


class Kind(enum.Enum):
    READ = "read"
    WRITE = "write"


class Phase(enum.Enum):
    IDLE = "idle"
    QUERY = "query"
    UPDATE = "update"
    DONE = "done"


class Tag(Record, order=True):
    n: Number
    c: Client


class Query(Message):
    c: Client


class Reply(Message, key=("s", "c")):
    s: Server
    c: Client
    t: Tag


class Update(Message, key="c"):
    c: Client
    t: Tag


class Ack(Message):
    s: Server
    c: Client


class Abd(Protocol):
    """Each client does one operation. What a write writes is the name of its client.

    Proved for any size by `ProvedAbd`.
    """

    tag: Map[Server, Tag] = durable(Tag(0, Client.none))
    phase: Map[Client, Phase] = durable(Phase.IDLE)
    kind: Map[Client, Kind] = durable(Kind.READ)
    result: Map[Client, Client] = durable(Client.none)
    before: Map[Client, Set[Client]] = durable(frozenset())  # history: who ended before it began
    sent: Messages[Query, Reply, Update, Ack]

    @action
    def start(self, c: Client, k: Kind) -> None:
        require(self.phase[c] == Phase.IDLE)
        self.phase[c] = Phase.QUERY
        self.kind[c] = k
        self.before[c] = {d for d in Client if self.phase[d] == Phase.DONE}
        self.sent.add(Query(c))

    @action
    def reply(self, s: Server, m: Query) -> None:
        require(not any(r.s == s and r.c == m.c for r in self.sent[Reply]))
        self.sent.add(Reply(s, m.c, self.tag[s]))

    @action
    def write(self, c: Client, q: Quorum, best: Reply) -> None:
        require(self.phase[c] == Phase.QUERY and self.kind[c] == Kind.WRITE)
        require(self.is_newest(c, q, best))
        require(any(best.t.n < n for n in Number))
        self.phase[c] = Phase.UPDATE
        self.sent.add(Update(c, Tag(best.t.n + 1, c)))

    @action
    def write_back(self, c: Client, q: Quorum, best: Reply) -> None:
        """A later read must not find less, so a majority has to have it first."""
        require(self.phase[c] == Phase.QUERY and self.kind[c] == Kind.READ)
        require(self.is_newest(c, q, best))
        self.phase[c] = self.after_reading()
        self.result[c] = best.t.c
        self.sent.add(Update(c, best.t))

    @action
    def store(self, s: Server, m: Update) -> None:
        require(Ack(s, m.c) not in self.sent)
        self.tag[s] = max(self.tag[s], m.t)
        self.sent.add(Ack(s, m.c))

    @action
    def finish(self, c: Client, q: Quorum) -> None:
        require(self.phase[c] == Phase.UPDATE)
        require(all(Ack(s, c) in self.sent for s in q))
        self.phase[c] = Phase.DONE

    @define
    def is_newest(self, c: Client, q: Quorum, best: Reply) -> bool:
        """Of what a majority has replied."""
        return (
            best.c == c
            and best.s in q
            and all(
                any(m.c == c and m.s == s and m.t <= best.t for m in self.sent[Reply]) for s in q
            )
        )

    @define
    def after_reading(self) -> Phase:
        return Phase.UPDATE

    # Linearizability, said of the history alone: what was written, what was returned, who ended
    # before whom began. The operations on one value, its write and its reads, are a cluster.

    @define
    def is_of(self, c: Client, w: Client) -> bool:
        """The operation of c writes, or has read, what w wrote."""
        return (self.kind[c] == Kind.WRITE and c == w) or (
            self.kind[c] == Kind.READ and self.phase[c] == Phase.DONE and self.result[c] == w
        )

    @define
    def precedes(self, v: Client, w: Client) -> bool:
        return any(
            self.is_of(c, v) and self.is_of(d, w) and c in self.before[d]
            for c in Client
            for d in Client
        )

    @invariant
    def clusters_are_ordered(self) -> bool:
        """No two precede each other, so there is no longer cycle either.

        In a cycle, the cluster in which an operation ends first precedes the one before it, too.
        """
        return not any(
            self.precedes(v, w) and self.precedes(w, v) for v in Client for w in Client if v != w
        )

    @invariant
    def reads_follow_writes(self) -> bool:
        return not any(
            self.is_of(c, w) and c in self.before[w] for c in Client for w in Client if c != w
        )

    @invariant
    def nothing_precedes_an_initial_read(self) -> bool:
        return not any(
            self.kind[c] == Kind.READ
            and self.phase[c] == Phase.DONE
            and self.result[c] == Client.none
            and any(self.is_of(d, w) and d in self.before[c] for d in Client for w in Client)
            for c in Client
        )

    @reachable
    def a_read_returns_what_was_written(self) -> bool:
        return any(
            self.kind[c] == Kind.READ
            and self.phase[c] == Phase.DONE
            and self.result[c] != Client.none
            for c in Client
        )
