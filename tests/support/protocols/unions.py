"""Unions of sorts, enums and records: in variables, sets, sequences, messages and parameters."""

from __future__ import annotations

import enum

from quorate.model.language import (
    Map,
    Message,
    Messages,
    Nat,
    Protocol,
    Record,
    Seq,
    Set,
    Sort,
    action,
    define,
    durable,
    invariant,
    reachable,
    require,
)


class Server(Sort): ...


class Client(Sort): ...


class Index(Nat): ...


class Mode(enum.Enum):
    ON = "on"
    OFF = "off"


class Entry(Record):
    i: Index
    of: Server


class Note(Message):
    to: Client
    who: Client | Server


class Unions(Protocol):
    owner: Server | Client | None = durable(None)
    held: Map[Server, Mode | Entry] = durable(Mode.ON)
    seen: Set[Server | Client] = durable(frozenset())
    log: Seq[Entry | Client, Index] = durable(())
    count: Index = durable(0)
    sent: Messages[Note]

    @action
    def take(self, x: Server | Client) -> None:
        require(self.owner is None)
        self.owner = x
        self.seen = self.seen | {x}

    @action
    def give(self, s: Server) -> None:
        require(isinstance(self.owner, Client) and self.owner in self.seen)
        self.held[s] = Entry(self.count, s)
        self.sent.add(Note(self.owner, s if self.count == 0 else self.owner))
        self.owner = None

    @action
    def change(self, s: Server) -> None:
        h = self.held[s]
        match h:
            case Entry() if h.i == 0:
                self.held[s] = Mode.OFF
                self.count = min(h.i + 1, 1)
            case Entry():
                self.held[s] = Mode.ON
            case Mode.ON:
                self.held[s] = Mode.OFF
            case _:
                pass

    @action
    def log_owner(self) -> None:
        require(any(len(self.log) < i for i in Index))
        require(not isinstance(self.owner, Server) and self.owner is not None)
        self.log += (self.owner,)

    @action
    def log_entry(self, s: Server) -> None:
        require(any(len(self.log) < i for i in Index))
        require(self.is_entry(s))
        self.log += (Entry(self.count, s),)

    @action
    def hear(self, m: Note) -> None:
        self.owner = m.who
        if isinstance(m.who, Server):
            self.held[m.who] = Mode.OFF
        else:
            self.owner = m.to if m.to == m.who else None

    @define
    def is_entry(self, s: Server) -> bool:
        return isinstance(self.held[s], Entry)

    @invariant
    def entries_are_of_servers(self) -> bool:
        entries = [x for x in self.log if not isinstance(x, Client)]
        return all(e.i <= self.count for e in entries)

    @invariant
    def whoever_owns_is_seen(self) -> bool:
        return self.owner is None or self.owner in self.seen or not isinstance(self.owner, Client)

    @invariant
    def nothing_else(self) -> bool:
        return all(isinstance(x, Client | Server) for x in self.seen)

    @reachable
    def a_client_is_logged(self) -> bool:
        return any(isinstance(x, Client) for x in self.log)
