"""From a path that a search found to a trace that people and replays read.

What enabled a step is found by experiment: a message is removed, or a cell is reset, and CPython
says whether the step can still be taken. This is exact and needs no annotations. A step that is
undefined without the message or the write counts as disabled.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from quorate.checker.loading import name_of
from quorate.checker.results import DEADLOCK, Exploration, Move
from quorate.model.language import Message, Sort, StepError
from quorate.model.language.declare.owners import process_of
from quorate.model.language.declare.protocol import Protocol
from quorate.model.language.declare.sorts import Ordered, Sizes
from quorate.model.language.declare.types import MapType, MessagesType, SortType, key_values
from quorate.model.language.description import describe
from quorate.model.language.diagnostics import UndefinedAt
from quorate.model.language.digest import digest
from quorate.model.language.interpreter import Interpreter, State
from quorate.model.language.ir import core as c
from quorate.traces import FrozenMap, Received, Source, Step, Trace, Undefined, Violation

from .excerpt import excerpt_of
from .explaining import Explaining
from .links import Links
from .values import show_record, show_state, show_value
from .witness import witness

Happens = Callable[[State, Move], bool]
Causes = tuple[tuple[Received, ...], tuple[int, ...]]

_NOTHING: Causes = ((), ())


def processes_of(description: c.Description) -> tuple[type[Sort], ...]:
    """The sorts of processes: those declared so or, if none is, those that key some variable first.

    An ordered sort that is not declared, such as ballots, must also key a private variable, or be
    the first sort among the parameters of some action, as in `submit(n: Node, c: Cmd)`.
    """
    keyed = (v.type.keys[0] for v in description.variables if isinstance(v.type, MapType))
    sorts = dict.fromkeys(k.sort for k in keyed if isinstance(k, SortType))
    known = [s for s in description.protocol.sorts().values() if issubclass(s, Sort)]
    if declared := [s for s in dict.fromkeys([*sorts, *known]) if s.process]:
        return tuple(declared)
    acting = {_first_sort(a) for a in description.actions}
    acting |= {t.sort for v in description.variables if v.private and (t := process_of(v))}
    likely = (s for s in sorts if s in acting or not issubclass(s, Ordered))
    return tuple(s for s in likely if s.process is None)


def _first_sort(action: c.Action) -> type[Sort] | None:
    types = (p.var.type for p in action.parameters)
    return next((t.sort for t in types if isinstance(t, SortType)), None)


def message_variable(protocol: type[Protocol]) -> str | None:
    """The variable that holds the messages; the first, if there are several."""
    held = (n for n, v in protocol.variables().items() if isinstance(v.type, MessagesType))
    return next(held, None)


def make_trace(
    protocol: type[Protocol],
    name: str,
    sizes: Sizes,
    initial: State,
    path: Sequence[Move],
    violated: str | Violation | None = None,
    undefined: UndefinedAt | None = None,
    loop: int | None = None,
) -> Trace:
    """The trace of a path; `name` is how the protocol is found again ("module:Class").

    The path may end in a state that violates an invariant, or in which a step or property is
    undefined. Or it violates, in a way already explained, a property of runs; from state `loop` on
    it then repeats. Parts of the explanation that failed are left out, and noted in the trace's
    `notes`.
    """
    with sizes:
        return _Maker(protocol, name, sizes).make(initial, path, violated, undefined, loop)


def counterexample(
    protocol: type[Protocol], name: str, sizes: Sizes, found: Exploration
) -> Trace | None:
    """The trace of the violation, or of the undefined step, that an exploration found, if any."""
    if found.initial is None:
        return None
    return make_trace(
        protocol, name, sizes, found.initial, found.path, found.violated, found.undefined
    )


def explained(
    protocol: type[Protocol], sizes: Sizes, found: Exploration, explaining: Explaining
) -> Trace | None:
    """The trace of what a search found; None if it found nothing, or no trace could be made."""
    if found.initial is None:
        return None
    return explaining.part(
        "the trace", lambda: counterexample(protocol, name_of(protocol), sizes, found), None
    )


@dataclass
class _Maker:
    protocol: type[Protocol]
    name: str
    sizes: Sizes
    explaining: Explaining = field(default_factory=Explaining)

    def __post_init__(self) -> None:
        self.description = describe(self.protocol)
        self.interpreter = Interpreter(self.protocol, self.sizes)
        self.sent_at = next(
            (
                i
                for i, v in enumerate(self.description.variables)
                if isinstance(v.type, MessagesType)
            ),
            None,
        )
        self.links = Links(self.protocol)
        self.process_sorts = processes_of(self.description)

    def make(
        self,
        initial: State,
        path: Sequence[Move],
        violated: str | Violation | None,
        undefined: UndefinedAt | None,
        loop: int | None,
    ) -> Trace:
        states = [initial, *(m.state for m in path)]
        sent_by: dict[Any, int] = dict.fromkeys(self._messages(initial), 0)
        steps = []
        for number, move in enumerate(path, start=1):
            before = states[number - 1]
            steps.append(self._step(number, move, states, sent_by))
            for message in self._messages(move.state) - self._messages(before):
                sent_by[message] = number
            self.links.advance(number, before, move.state, move.arguments)
        ending = None if undefined is None else self._undefined(undefined, states, sent_by)
        violation = self._violation(violated, states[-1])
        return Trace(
            protocol=self.name,
            sizes=tuple(self.sizes.items()),
            initial=FrozenMap(show_state(self.description, initial).items()),
            steps=tuple(steps),
            violation=violation,
            messages=message_variable(self.protocol),
            processes=tuple(repr(e) for sort in self.process_sorts for e in sort),
            digest=digest(self.description),
            faults=tuple(self.sizes.faults.items()),
            loop=loop,
            undefined=ending,
            notes=tuple(self.explaining.notes),
        )

    def _messages(self, state: State) -> frozenset[Any]:
        return state[self.sent_at] if self.sent_at is not None else frozenset()

    def _step(
        self,
        number: int,
        move: Move,
        states: list[State],
        sent_by: dict[Any, int],
        happens: Happens | None = None,
    ) -> Step:
        action = self.description.action(move.action)
        happens = happens or self._is_taken
        received, because = self.explaining.part(
            f"what enabled step {number}",
            lambda: self._causes(number, move, states, sent_by, happens),
            _NOTHING,
        )
        names = (p.var.name for p in action.parameters)
        return Step(
            action=move.action,
            # Of a step that the description alone finds undefined the arguments may be unknown.
            args=tuple((n, show_value(v)) for n, v in zip(names, move.arguments, strict=False)),
            state=FrozenMap(show_state(self.description, move.state).items()),
            node=self._owner(states[number - 1], move) or self._node(move),
            received=received,
            because=because,
            source=Source(action.span.file, action.span.line),
        )

    def _undefined(
        self, at: UndefinedAt, states: list[State], sent_by: dict[Any, int]
    ) -> Undefined:
        """What is undefined at the end of the path."""
        move = Move(at.name, at.arguments, states[-1])
        if at.kind == "action":
            step = self._step(len(states), move, states, sent_by, self._is_undefined)
        else:
            method = getattr(self.protocol, at.name)
            names = list(inspect.signature(method).parameters)[1:]
            names = names[len(names) - len(at.arguments) :]  # without the `old` state
            args = tuple((n, show_value(v)) for n, v in zip(names, at.arguments, strict=True))
            state = FrozenMap(show_state(self.description, states[-1]).items())
            code = method.__code__
            source = Source(code.co_filename, code.co_firstlineno)
            step = Step(at.name, args, state, self._node(move), source=source)
        excerpt = self.explaining.part("the source line", lambda: excerpt_of(at.span), None)
        return Undefined(at.kind, step, at.what, excerpt)

    def _is_taken(self, state: State, move: Move) -> bool:
        return self.interpreter.tried(state, move.action, move.arguments) is not None

    def _is_undefined(self, state: State, move: Move) -> bool:
        try:
            self.interpreter.step(state, move.action, move.arguments)
        except StepError:
            return True
        return False

    def _causes(
        self,
        number: int,
        move: Move,
        states: list[State],
        sent_by: dict[Any, int],
        happens: Happens,
    ) -> Causes:
        """The messages and the earlier steps that this step depends on."""
        if not happens(states[number - 1], move):  # the kernel is stricter than CPython
            return _NOTHING
        needed = self._needed(states[number - 1], move, happens)
        senders = {m: sent_by[m] if (n := self.links.sender(m)) is None else n for m in needed}
        received = tuple(
            Received(show_record(m), senders[m])
            for m in sorted(needed, key=lambda m: (senders[m], repr(m)))
        )
        because = {r.step for r in received if r.step} | self._enablers(
            number, move, states, happens
        )
        return received, tuple(sorted(because))

    def _owner(self, before: State, move: Move) -> str | None:
        """The process of whose private cells, and of no other's, a step changes some."""
        found = {
            key[0] if isinstance(key, tuple) else key
            for v, old, new in zip(self.description.variables, before, move.state, strict=False)
            if v.private and isinstance(v.type, MapType)
            for key, x, y in zip(key_values(v.type.keys), old, new, strict=True)
            if x != y
        }
        one = found.pop() if len(found) == 1 else None
        return repr(one) if isinstance(one, self.process_sorts) else None

    def _node(self, move: Move) -> str | None:
        """The process that acts: the first argument that is a process, or who is delivered to."""
        taken = [m for m in move.arguments if isinstance(m, Message) and m.link]
        action = self.interpreter.actions.get(move.action)  # None: a property, or @init
        if action is not None and action._quorate.environment:
            taken = []  # lost, not delivered
        for value in (*move.arguments, *(getattr(m, (m.link or "")[-1]) for m in taken)):
            if isinstance(value, self.process_sorts):
                return repr(value)
        return None

    def _needed(self, before: State, move: Move, happens: Happens) -> list[Any]:
        """The messages that the step depends on."""
        needed = [a for a in move.arguments if isinstance(a, Message)]
        for message in self._messages(before):
            if message not in needed and not happens(self._without(before, message), move):
                needed.append(message)
        return needed

    def _without(self, before: State, message: Any) -> State:
        assert self.sent_at is not None
        return _with(before, (self.sent_at, None), before[self.sent_at] - {message})

    def _enablers(self, number: int, move: Move, states: list[State], happens: Happens) -> set[int]:
        """Earlier steps whose latest write to some cell is what made this step possible."""
        found: set[int] = set()
        before = states[number - 1]
        for place in self._cells(before):
            writer = self._last_writer(place, number, states)
            if writer:
                undone = _with(before, place, _at(states[writer - 1], place))
                if not happens(undone, move):
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

    def _violation(self, violated: str | Violation | None, state: State) -> Violation | None:
        if violated is None or isinstance(violated, Violation):
            return violated
        why = self.explaining.part("why it is violated", lambda: self._why(violated, state), None)
        return Violation(violated, why)

    def _why(self, violated: str, state: State) -> str | None:
        if violated == DEADLOCK:
            return "no step leads to another state"
        try:
            self.interpreter.holds(violated, state)
        except StepError as error:  # after a step from a state that no run need reach
            return f"undefined: {error}"
        prop = next(p for p in self.description.invariants if p.name == violated)
        return witness(self.description, prop, state, self.interpreter)


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
