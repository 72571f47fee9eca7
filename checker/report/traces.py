"""From a path that a search found to a trace that people and replayers read.

What enabled a step is found by asking CPython: take a message away, or put a cell back, and see
whether the step can still be taken and still does the same. That is exact, and needs no annotation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from quorate.checker.explore.result import Exploration, Move
from quorate.model.language import Message, Sort
from quorate.model.language import core as c
from quorate.model.language.lower import describe, digest
from quorate.model.language.protocol import Protocol
from quorate.model.language.run import Machine, State
from quorate.model.language.sorts import Ordered, Sizes
from quorate.model.language.types import MapType, MessagesType, SortType
from quorate.traces import FrozenMap, Received, Source, Step, Trace, Violation

from .values import show_record, show_state, show_value


def processes_of(description: c.Description) -> tuple[type[Sort], ...]:
    """The sorts whose elements act: the unordered ones that some variable is keyed by first."""
    found: dict[type[Sort], None] = {}
    for v in description.variables:
        if isinstance(v.type, MapType) and isinstance(v.type.keys[0], SortType):
            sort = v.type.keys[0].sort
            if not issubclass(sort, Ordered):
                found[sort] = None
    return tuple(found)


def make_trace(
    protocol: type[Protocol],
    name: str,
    sizes: Sizes,
    initial: State,
    path: Sequence[Move],
    violated: str | None = None,
) -> Trace:
    """The trace of a path; `name` is how the protocol is found again ("module:Class")."""
    with sizes:
        return _Maker(protocol, name, sizes).make(initial, path, violated)


def counterexample(
    protocol: type[Protocol], name: str, sizes: Sizes, found: Exploration
) -> Trace | None:
    """The trace of the violation that an exploration found, if it found one."""
    if found.violated is None or found.initial is None:
        return None
    return make_trace(protocol, name, sizes, found.initial, found.path, found.violated)


@dataclass
class _Maker:
    protocol: type[Protocol]
    name: str
    sizes: Sizes

    def __post_init__(self) -> None:
        self.description = describe(self.protocol)
        self.machine = Machine(self.protocol, self.sizes)
        self.sent_at = next(
            (
                i
                for i, v in enumerate(self.description.variables)
                if isinstance(v.type, MessagesType)
            ),
            None,
        )
        self.process_sorts = processes_of(self.description)

    def make(self, initial: State, path: Sequence[Move], violated: str | None) -> Trace:
        states = [initial, *(m.state for m in path)]
        sent_by: dict[Any, int] = dict.fromkeys(self._messages(initial), 0)
        steps = []
        for number, move in enumerate(path, start=1):
            before = states[number - 1]
            steps.append(self._step(number, move, states, sent_by))
            for message in self._messages(move.state) - self._messages(before):
                sent_by[message] = number
        messages = (
            self.description.variables[self.sent_at].name if self.sent_at is not None else None
        )
        return Trace(
            protocol=self.name,
            sizes=tuple(self.sizes.items()),
            initial=FrozenMap(show_state(self.description, initial).items()),
            steps=tuple(steps),
            violation=self._violation(violated, states[-1]),
            messages=messages,
            processes=tuple(repr(e) for sort in self.process_sorts for e in sort),
            digest=digest(self.description),
            faults=tuple(self.sizes.faults.items()),
        )

    def _messages(self, state: State) -> frozenset[Any]:
        return state[self.sent_at] if self.sent_at is not None else frozenset()

    def _step(self, number: int, move: Move, states: list[State], sent_by: dict[Any, int]) -> Step:
        before = states[number - 1]
        action = self.description.action(move.action)
        needed = self._needed(before, move)
        received = tuple(
            Received(show_record(m), sent_by[m])
            for m in sorted(needed, key=lambda m: (sent_by[m], repr(m)))
        )
        because = {r.step for r in received if r.step} | self._enablers(number, move, states)
        names = (p.var.name for p in action.parameters)
        return Step(
            action=move.action,
            args=tuple((n, show_value(v)) for n, v in zip(names, move.arguments, strict=True)),
            state=FrozenMap(show_state(self.description, move.state).items()),
            node=self._node(move),
            received=received,
            because=tuple(sorted(because)),
            source=Source(action.span.file, action.span.line),
        )

    def _node(self, move: Move) -> str | None:
        """The process that acts: the first argument that is one."""
        for value in move.arguments:
            if isinstance(value, self.process_sorts):
                return repr(value)
        return None

    def _needed(self, before: State, move: Move) -> list[Any]:
        """The messages without which the step could not be taken."""
        needed = [a for a in move.arguments if isinstance(a, Message)]
        for message in self._messages(before):
            if message not in needed and not self._same_without(before, move, message):
                needed.append(message)
        return needed

    def _same_without(self, before: State, move: Move, message: Any) -> bool:
        assert self.sent_at is not None
        fewer = list(before)
        fewer[self.sent_at] = before[self.sent_at] - {message}
        return self.machine.step(tuple(fewer), move.action, move.arguments) is not None

    def _enablers(self, number: int, move: Move, states: list[State]) -> set[int]:
        """Earlier steps whose latest write to some cell is what made this step possible."""
        found: set[int] = set()
        before = states[number - 1]
        for place in self._cells(before):
            writer = self._last_writer(place, number, states)
            if writer:
                undone = _with(before, place, _at(states[writer - 1], place))
                if self.machine.step(undone, move.action, move.arguments) is None:
                    found.add(writer)
        return found

    def _cells(self, state: State) -> Iterator[tuple[int, int | None]]:
        for i, v in enumerate(self.description.variables):
            if isinstance(v.type, MapType):
                yield from ((i, k) for k in range(len(state[i])))
            elif not isinstance(v.type, MessagesType):
                yield i, None

    def _last_writer(
        self, place: tuple[int, int | None], number: int, states: list[State]
    ) -> int | None:
        for k in range(number - 1, 0, -1):
            if _at(states[k], place) != _at(states[k - 1], place):
                return k
        return None

    def _violation(self, violated: str | None, state: State) -> Violation | None:
        if violated is None:
            return None
        return Violation(violated, self._witness(violated, state))

    def _witness(self, violated: str, state: State) -> str | None:
        from .witness import witness

        prop = next(p for p in self.description.invariants if p.name == violated)
        return witness(self.description, prop, state, self.machine)


def _at(state: State, place: tuple[int, int | None]) -> Any:
    variable, cell = place
    return state[variable] if cell is None else state[variable][cell]


def _with(state: State, place: tuple[int, int | None], value: Any) -> State:
    variable, cell = place
    values = list(state)
    if cell is None:
        values[variable] = value
    else:
        row = list(values[variable])
        row[cell] = value
        values[variable] = tuple(row)
    return tuple(values)
