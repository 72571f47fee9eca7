"""A register whose only invariant forgets the initial value: to read it is never wrong."""

from __future__ import annotations

from quorate.model.language import (
    Map,
    Protocol,
    Set,
    Sort,
    action,
    durable,
    invariant,
    reachable,
)


class Client(Sort): ...


class Value(Sort): ...


class Register(Protocol):
    stored: Value | None = durable(None)
    written: Set[Value] = durable(frozenset())
    got: Map[Client, Value | None] = durable(None)

    @action
    def write(self, v: Value) -> None:
        self.stored = v
        self.written = self.written | {v}

    @action
    def read(self, c: Client) -> None:
        self.got[c] = self.stored

    @invariant
    def what_is_read_was_written(self) -> bool:
        return all(self.got[c] is None or self.got[c] in self.written for c in Client)

    @reachable
    def something_is_written(self) -> bool:
        return any(v in self.written for v in Value)
