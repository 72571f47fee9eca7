"""The head of a model's file with something of every type."""

HEAD = """
import enum
from typing import Optional

from quorate.model.language import *


class Role(enum.Enum):
    idle = 1
    lead = 2


class Acceptor(Sort): ...
class Value(Sort): ...
class Ballot(Ordered, bottom="never"): ...
class Slot(Nat): ...
class Quorum(Majority[Acceptor]): ...
class Other(Flexible[Acceptor], size=2, meets=Quorum): ...
class Prepare(Message):
    b: Ballot
class Entry(Record):
    b: Ballot
    v: Value | None
class Promise(Message):
    a: Acceptor
    e: Entry | None


class Odd(Protocol):
    n: Map[Acceptor, Slot] = durable(0)
    m: Map[Acceptor, Ballot, Value | None] = durable(None)
    s: Map[Acceptor, Set[Value]] = durable(frozenset())
    log: Map[Acceptor, Seq[Entry, Slot]] = durable(())
    last: Entry | None = durable(None)
    role: Map[Acceptor, Role] = durable(Role.idle)
    b: Ballot = durable(Ballot.never)
    ok: bool = durable(False)
    sent: Messages[Prepare, Promise]

    @define
    def voted(self, x: Ballot): return [m for m in self.sent[Prepare] if m.b == x]
"""
