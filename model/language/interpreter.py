"""The reference semantics: a protocol class run by plain CPython, one step at a time.

Nothing here uses the IR. A step runs the user's own method on an object that records every write
to a variable. Then the new state is read from the object, and the writes are rolled back.
"""

from __future__ import annotations

import inspect
import itertools
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from quorate.model.language.declare.protocol import Disabled, Protocol, Variable, observer
from quorate.model.language.declare.sorts import Sizes
from quorate.model.language.declare.types import (
    MapType,
    Message,
    MessagesType,
    RecordType,
    Type,
    key_values,
    proper_values,
    type_of,
)
from quorate.model.language.declare.values import frozen

from .bounds import check_range, has_bounds
from .diagnostics import SizeError, StepError
from .undefined import undefined

# A state is one hashable value per variable, in order of declaration: for a map the tuple of its
# cells in key order, for messages a frozenset; then the remaining budget of each fault.
State = tuple[Any, ...]
_OPEN = object()
"""Stands for an argument that is not given."""
Arguments = tuple[Any, ...]


@dataclass(frozen=True)
class Requirement:
    """Whether one `require` held when an action was tried: why the action is disabled."""

    line: int
    held: bool
    file: str = ""


class _Journal:
    """The writes of the current step, so that they can be undone."""

    def __init__(self) -> None:
        self.undo: list[Callable[[], None]] = []

    def write_plain(self, owner: Protocol, name: str, value: Any) -> None:
        old = owner.__dict__.get(name)
        check_range(name, type(owner).variables()[name].type, value)
        self.undo.append(lambda: object.__setattr__(owner, name, old))

    def roll_back(self) -> None:
        while self.undo:
            self.undo.pop()()


class MapVariable:
    """A map variable, as actions read and write it."""

    def __init__(self, name: str, type_: MapType, journal: _Journal) -> None:
        self.name, self.type, self.journal = name, type_, journal
        self.keys = list(key_values(type_.keys))
        self.dict: dict[Any, Any] = {}
        self._bounded = has_bounds(type_.value)

    def load(self, values: Iterable[Any]) -> None:
        self.dict = dict(zip(self.keys, values, strict=True))

    def freeze(self) -> tuple[Any, ...]:
        return tuple(self.dict.values())

    def keys_of(self, process: Any) -> list[Any]:
        if len(self.type.keys) == 1:
            return [k for k in self.keys if k is process]
        return [k for k in self.keys if k[0] is process]

    def __getitem__(self, key: Any) -> Any:
        try:
            return self.dict[key]
        except KeyError:
            raise StepError(f"{self.name}[{key!r}]: there is no such key") from None

    def __setitem__(self, key: Any, value: Any) -> None:
        old = self[key]
        value = frozen(value)
        if self._bounded:
            check_range(f"{self.name}[{key!r}]", self.type.value, value)
        self.journal.undo.append(lambda: self.dict.__setitem__(key, old))
        self.dict[key] = value


class MessagesVariable:
    """A messages variable: membership, iteration over a message class, sending."""

    def __init__(self, name: str, type_: MessagesType, journal: _Journal) -> None:
        self.name, self.type, self.journal = name, type_, journal
        self.by_class: dict[type, frozenset[Any]] = {}
        self._whole: list[tuple[frozenset[Any], dict[type, frozenset[Any]]]] = []
        """The sets that were loaded and frozen last, with their messages by class."""

    def load(self, messages: frozenset[Any]) -> None:
        known = next((groups for whole, groups in self._whole if whole is messages), None)
        if known is None:
            groups: dict[type, list[Any]] = {m: [] for m in self.type.messages}
            for message in messages:
                groups[type(message)].append(message)
            known = {m: frozenset(group) for m, group in groups.items()}
        self._whole = [(messages, known)]
        self.by_class = dict(known)

    def freeze(self) -> frozenset[Any]:
        for whole, groups in self._whole:
            if self.by_class == groups:
                return whole
        whole = frozenset().union(*self.by_class.values())
        self._whole[1:] = [(whole, dict(self.by_class))]
        return whole

    def __contains__(self, message: Any) -> bool:
        return message in self.by_class.get(type(message), ())

    def __getitem__(self, message: type) -> frozenset[Any]:
        return self.by_class[message]

    def add(self, message: Message) -> None:
        kind = type(message)
        old = self.by_class[kind]
        if message in old:
            return
        check_range(kind.__name__, RecordType(kind), message)
        if kind.key is not None and (twin := _same_key(message, old)) is not None:
            raise StepError(f"{message!r} is sent, but {twin!r} already was: key={kind.key!r}")
        self.journal.undo.append(lambda: self.by_class.__setitem__(kind, old))
        self.by_class[kind] = old | {message}


def _same_key(message: Message, others: Iterable[Message]) -> Message | None:
    key = [getattr(message, name) for name in type(message).key or ()]
    for other in others:
        if [getattr(other, name) for name in type(message).key or ()] == key:
            return other
    return None


class Interpreter:
    """Runs a protocol class under CPython at given sizes.

    Use it inside `with sizes:`; `successors` and `holds` are the oracle of every faster engine.
    """

    def __init__(self, protocol: type[Protocol], sizes: Sizes) -> None:
        self.protocol, self.sizes = protocol, sizes
        self.journal = _Journal()
        self.object = protocol()
        self.variables = list(protocol.variables().values())
        self.actions = protocol.methods("action")
        self._ranges = {name: parameter_types(f) for name, f in self.actions.items()}
        self._holders = [self._holder(v) for v in self.variables]
        self.budget: dict[str, int] = {}
        self._state: State = ()
        object.__setattr__(self.object, "_journal", self.journal)

    def _holder(self, variable: Variable) -> MapVariable | MessagesVariable | None:
        holder: MapVariable | MessagesVariable
        if isinstance(variable.type, MapType):
            holder = MapVariable(variable.name, variable.type, self.journal)
        elif isinstance(variable.type, MessagesType):
            holder = MessagesVariable(variable.name, variable.type, self.journal)
        else:
            return None
        object.__setattr__(self.object, variable.name, holder)
        return holder

    def load(self, state: State) -> None:
        """Make `state` the current state."""
        if state is self._state:
            return  # whatever was done since was undone
        self._state = state
        for variable, holder, value in zip(self.variables, self._holders, state, strict=False):
            if holder is None:
                object.__setattr__(self.object, variable.name, value)
            else:
                holder.load(value)
        self.budget = dict(zip(self.sizes.faults, state[len(self.variables) :], strict=True))

    def freeze(self, spent: str | None = None) -> State:
        """The current state as a value; the budget of the fault `spent`, if any, is one less."""
        values = [
            self.object.__dict__[v.name] if holder is None else holder.freeze()
            for v, holder in zip(self.variables, self._holders, strict=True)
        ]
        budgets = (n - (kind == spent) for kind, n in self.budget.items())
        return (*values, *budgets)

    def initial(self) -> list[State]:
        """The initial states: the declared values, changed by each choice of `@init` methods."""
        blank: list[Any] = []
        for variable in self.variables:
            self._check_initial(variable)
            if isinstance(variable.type, MessagesType):
                blank.append(frozenset())
            elif isinstance(variable.type, MapType):
                blank.append((variable.initial,) * len(list(key_values(variable.type.keys))))
            else:
                blank.append(variable.initial)
        states: list[State] = [(*blank, *self.sizes.faults.values())]
        for method in self.protocol.methods("init").values():
            ranges = parameter_types(method)
            chosen = (t for s in states for _, t in self._results(s, method, ranges, None))
            states = list(dict.fromkeys(chosen))
        return states

    def _check_initial(self, variable: Variable) -> None:
        cell = variable.type.value if isinstance(variable.type, MapType) else variable.type
        try:
            check_range(f"the first value: {variable.name}", cell, variable.initial)
        except StepError as error:
            raise SizeError(str(error)) from None

    def successors(self, state: State) -> Iterator[tuple[str, Arguments, State]]:
        """Every enabled step of a state: its action, its arguments and the state after it.

        Steps that change nothing are included. Raises StepError where a step is undefined."""
        for name, method in self.actions.items():
            fault = method._quorate.fault
            for args, after in self._results(state, method, self._ranges[name], fault):
                yield name, args, after

    def steps_of(
        self, state: State, action: str, given: Mapping[int, Any]
    ) -> Iterator[tuple[Arguments, State]]:
        """The enabled steps of an action, with the arguments at some positions given.

        Raises StepError where one is undefined.
        """
        method = self.actions[action]
        return self._results(state, method, self._ranges[action], method._quorate.fault, given)

    def tried(self, state: State, action: str, args: Arguments) -> State | None:
        """Like `step`, but None where the step is undefined."""
        try:
            return self.step(state, action, args)
        except StepError:
            return None

    def step(self, state: State, action: str, args: Arguments) -> State | None:
        """The state after one step, None if it is disabled. Raises StepError if it is undefined."""
        method = self.actions[action]
        self.load(state)
        if any(isinstance(a, Message) and a not in self._sent(type(a)) for a in args):
            return None
        return self._try(method, args, method._quorate.fault)

    def choices(self, state: State, action: str) -> list[Arguments]:
        """Every choice of arguments for an action in a state, enabled or not."""
        self.load(state)
        return list(itertools.product(*map(self._range, self._ranges[action])))

    def _results(
        self,
        state: State,
        method: Any,
        ranges: list[Type],
        fault: str | None,
        given: Mapping[int, Any] = MappingProxyType({}),
    ) -> Iterator[tuple[Arguments, State]]:
        self.load(state)
        known = [self._range(t, given.get(k, _OPEN)) for k, t in enumerate(ranges)]
        for args in itertools.product(*known):
            after = self._try(method, args, fault)
            if after is not None:
                yield args, after

    def _range(self, t: Type, given: Any = _OPEN) -> Iterable[Any]:
        """What an argument may be: all of its range, or what is given if that is in it."""
        if isinstance(t, RecordType) and issubclass(t.record, Message):
            if given is _OPEN:
                return self._sent(t.record)
            network = [h for h in self._holders if isinstance(h, MessagesVariable)]
            return [given] if any(given in h for h in network) else []
        return [v for v in proper_values(t) if given is _OPEN or v == given]

    def _sent(self, message: type[Message]) -> list[Any]:
        for holder in self._holders:
            if isinstance(holder, MessagesVariable) and message in holder.by_class:
                return sorted(holder[message], key=repr)
        return []

    def _try(self, method: Any, args: Arguments, fault: str | None) -> State | None:
        if fault is not None and not self.budget[fault]:
            return None
        try:
            method(self.object, *args)
            return self.freeze(spent=fault)
        except Disabled:
            return None
        except MemoryError:
            raise
        except Exception as error:
            raise undefined(error, method, args, self._state) from error
        finally:
            self.journal.roll_back()

    def holds(self, name: str, state: State) -> bool:
        """Whether an invariant or reachable predicate is true in a state. Raises StepError."""
        self.load(state)
        try:
            return bool(getattr(self.object, name)())
        except MemoryError:
            raise
        except Exception as error:
            raise undefined(error, getattr(self.protocol, name), (), state) from error

    def told(self, state: State, name: str, args: Arguments) -> bool:
        """Whether a predicate (`@define`) is true of these arguments. Raises StepError."""
        self.load(state)
        method = getattr(self.protocol, name)
        try:
            return bool(method(self.object, *args))
        except MemoryError:
            raise
        except Exception as error:
            raise undefined(error, method, args, state) from error

    def requirements(self, state: State, action: str, args: Arguments) -> list[Requirement]:
        """Each `require` of an action with these arguments in this state, and whether it holds."""
        return self.regardless(state, action, args)[0]

    def regardless(
        self, state: State, action: str, args: Arguments
    ) -> tuple[list[Requirement], State | None]:
        """Each `require` of the action, and the state that it leads to whether they hold or not.

        There is none where the action is undefined: it may rely on a guard that does not hold.
        """
        method = self.actions[action]
        self.load(state)
        seen: list[Requirement] = []

        def spy(condition: object) -> None:
            frame = sys._getframe(2)  # the line that calls `require`
            seen.append(Requirement(frame.f_lineno, bool(condition), frame.f_code.co_filename))

        token, after = observer.set(spy), None
        try:
            method(self.object, *args)
            after = self.freeze()
        except (Disabled, MemoryError):
            raise
        except Exception:
            pass  # a guard may be undefined where an earlier one fails
        finally:
            observer.reset(token)
            self.journal.roll_back()
        return seen, after


def parameter_types(method: Any) -> list[Type]:
    """The types of what an action or a predicate of a protocol takes, in order."""
    scope = method.__globals__
    closure = inspect.getclosurevars(method).nonlocals
    annotations = [p.annotation for p in list(inspect.signature(method).parameters.values())[1:]]
    return [
        type_of(eval(a, scope, dict(closure)) if isinstance(a, str) else a) for a in annotations
    ]
