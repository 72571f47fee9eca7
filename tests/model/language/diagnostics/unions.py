from __future__ import annotations

from quorate.model.language import Map, Protocol, Record, Sort, action, durable


class Server(Sort): ...


class Client(Sort): ...


class Value(Sort): ...


class Entry(Record):
    of: Server


class Late(Entry):
    by: Server


class Locks(Protocol):
    flag: Server | bool | None = durable(None)
    entry: Map[Server, Entry | Late | None] = durable(None)
    by: Map[Server | Client, Value | None] = durable(None)

    @action
    def free(self, s: Server) -> None:
        self.entry[s] = None
