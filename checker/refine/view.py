"""A state as a mapping reads it: like `self` in an invariant, but read-only.

It records what is read. A mapping is a function of what it reads, so states that agree in that have
the same image, and the mapping runs once for all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from quorate.model.language import Protocol
from quorate.model.language.interpreter import Interpreter, State
from quorate.model.language.variables import FifoLinks, MapVariable, MessagesVariable

# A variable, or the messages of one class in it.
Place = tuple[str, type | None]


class WriteError(Exception):
    """A mapping tried to change the state that it reads."""


class View:
    """Shows the states of one interpreter, one at a time; `read` is what was read so far."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.interpreter = interpreter
        self.read: set[Place] = set()
        self._holders = {v.name: self._holder(v.name) for v in interpreter.variables}
        self.object = self._watched(interpreter.protocol)

    def show(self, state: State) -> Any:
        """The protocol object in this state."""
        self.interpreter.load(state)
        return self.object

    def _holder(self, name: str) -> Any:
        match self.interpreter.object.__dict__.get(name):
            case MapVariable() as cells:
                return _ReadCells(cells)
            case MessagesVariable() as sent:
                return _ReadSent(sent, self.read)
        return None

    def _watched(self, protocol: type[Protocol]) -> Any:
        """An instance of the protocol whose variables are read from this view."""

        def get(watched: Any, name: str) -> Any:
            return (
                self._value(name)
                if name in self._holders
                else object.__getattribute__(watched, name)
            )

        def refuse(watched: Any, name: str, value: Any) -> None:
            raise WriteError(f"it writes self.{name}, but a mapping only reads")

        body = {"__getattribute__": get, "__setattr__": refuse, "__module__": protocol.__module__}
        return type(protocol.__name__, (protocol,), body)()

    def _value(self, name: str) -> Any:
        if (holder := self._holders[name]) is None:
            self.read.add((name, None))
            return self.interpreter.object.__dict__[name]
        if isinstance(holder, _ReadCells):
            self.read.add((name, None))
        return holder


class _ReadCells(Mapping[Any, Any]):
    """A map variable."""

    def __init__(self, cells: MapVariable) -> None:
        self._cells = cells

    def __getitem__(self, key: Any) -> Any:
        return self._cells[key]

    def __contains__(self, key: object) -> bool:
        return key in self._cells.dict

    def __iter__(self) -> Iterator[Any]:
        return iter(self._cells.keys)

    def __len__(self) -> int:
        return len(self._cells.keys)

    def __setitem__(self, key: Any, value: Any) -> None:
        raise WriteError(f"it writes self.{self._cells.name}[{key!r}], but a mapping only reads")

    def __repr__(self) -> str:
        return repr(self._cells.dict)


class _ReadSent:
    """A messages variable."""

    def __init__(self, sent: MessagesVariable, read: set[Place]) -> None:
        self._sent, self._read = sent, read

    def __contains__(self, message: object) -> bool:
        self._read.add((self._sent.name, type(message)))
        return message in self._sent

    def __getitem__(self, message: Any) -> Any:
        if isinstance(self._sent, FifoLinks) and isinstance(message, tuple):
            self._read.add((self._sent.name, None))
            return tuple(packet.message for packet in self._sent[message])
        if message not in self._sent.type.messages:
            name = getattr(message, "__name__", repr(message))
            listed = ", ".join(m.__name__ for m in self._sent.type.messages)
            raise LookupError(f"{self._sent.name} holds no {name}; it holds {listed}")
        self._read.add((self._sent.name, message))
        return self._sent[message]

    def __iter__(self) -> Iterator[Any]:
        for message in self._sent.type.messages:
            yield from self[message]

    def add(self, message: object) -> None:
        raise WriteError(f"it sends {message!r}, but a mapping only reads")

    def __repr__(self) -> str:
        self._read.update((self._sent.name, message) for message in self._sent.type.messages)
        return repr(self._sent.freeze())
