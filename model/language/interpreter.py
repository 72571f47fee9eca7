"""The reference semantics: a protocol class run by plain CPython, one step at a time.

Nothing here uses the IR. A step runs the user's own method on an object that records every write
to a variable. Then the new state is read from the object, and the writes are rolled back.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import CodeType, FrameType, MappingProxyType
from typing import Any

from quorate.model.language.declare.delivery import addressees, parameter_types
from quorate.model.language.declare.protocol import Disabled, Protocol, Variable, observer
from quorate.model.language.declare.queues import ends_of, fifo_of
from quorate.model.language.declare.sorts import Sizes
from quorate.model.language.declare.types import (
    MapType,
    Message,
    MessagesType,
    RecordType,
    Type,
    key_values,
    proper_values,
)
from quorate.model.language.frontend.source import function_source

from .bounds import check_range
from .diagnostics import SizeError, StepError
from .undefined import undefined
from .variables import FifoLinks, InFlight, Journal, MapVariable, MessagesVariable, holder_of

# A state is one hashable value per variable, in order of declaration: for a map the tuple of its
# cells in key order, for messages a frozenset; then the remaining budget of each fault.
State = tuple[Any, ...]
_OPEN = object()
"""Stands for an argument that is not given."""
Arguments = tuple[Any, ...]
Watch = Callable[[FrameType, bool], None]
"""Called with the frame of a `require`, and whether it holds."""


@dataclass(frozen=True)
class Requirement:
    """Whether one `require` held when an action was tried: why the action is disabled."""

    line: int
    held: bool
    file: str = ""


class Interpreter:
    """Runs a protocol class under CPython at given sizes.

    Use it inside `with sizes:`; `successors` and `holds` are the oracle of every faster engine.
    """

    def __init__(self, protocol: type[Protocol], sizes: Sizes) -> None:
        self.protocol, self.sizes = protocol, sizes
        self.variables = list(protocol.variables().values())
        self.journal = Journal({v.name: v.type for v in self.variables})
        self.object = protocol()
        self.actions = protocol.methods("action")
        self._ranges = {name: parameter_types(f) for name, f in self.actions.items()}
        self._addressees = {name: [*addressees(r)] for name, r in self._ranges.items()}
        self._holders = [self._holder(v) for v in self.variables]
        self.budget: dict[str, int] = {}
        self._state: State = ()
        object.__setattr__(self.object, "_journal", self.journal)

    def _holder(self, variable: Variable) -> MapVariable | MessagesVariable | None:
        found = holder_of(variable, self.journal)
        if found is not None:
            object.__setattr__(self.object, variable.name, found)
        return found

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
        states = [self.declared()]
        for name in self.protocol.methods("init"):
            states = list(dict.fromkeys(t for s in states for t in self.begun(s, name)))
        return states

    def declared(self) -> State:
        """The declared values, before any `@init`."""
        blank: list[Any] = []
        for variable in self.variables:
            self._check_initial(variable)
            if (network := fifo_of(variable.type)) is not None:
                blank.append(((),) * len(list(key_values(ends_of(network)))))
            elif isinstance(variable.type, MessagesType):
                blank.append(frozenset())
            elif isinstance(variable.type, MapType):
                blank.append((variable.initial,) * len(list(key_values(variable.type.keys))))
            else:
                blank.append(variable.initial)
        return (*blank, *self.sizes.faults.values())

    def begun(self, state: State, init: str) -> Iterator[State]:
        """What an `@init` method makes of a state, by each choice of its arguments."""
        method = self.protocol.methods("init")[init]
        return (t for _, t in self._results(state, method, parameter_types(method), None))

    def begun_with(self, state: State, init: str, args: Arguments) -> State | None:
        """What it makes of a state with these arguments; None if a guard excludes them."""
        self.load(state)
        return self._try(self.protocol.methods("init")[init], args, None)

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

    def rests(self, state: State) -> bool:
        """Whether no step leads to another state. A step that is undefined counts as one."""
        try:
            return all(after == state for _, _, after in self.successors(state))
        except StepError:
            return False

    def is_deadlock(self, state: State) -> bool:
        """Whether nothing can happen in a state that is not final. Raises StepError.

        A state outside a `@constraint` is none: its steps are not looked at.
        """
        final = [self.holds(name, state) for name in self.protocol.methods("final")]
        return not any(final) and self.within(state) and self.rests(state)

    def within(self, state: State) -> bool:
        """Whether a search takes the steps of a state: every `@constraint` is true there.

        Steps themselves know no constraint. Raises StepError.
        """
        bounds = [self.holds(name, state) for name in self.protocol.methods("constraint")]
        return all(bounds)

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
        if any(isinstance(a, Message) and not self.is_deliverable(a) for a in args):
            return None
        return self._try(method, args, method._quorate.fault)

    def is_deliverable(self, message: Message) -> bool:
        """Whether a step can take a message in the current state."""
        return message in self._sent(type(message))

    def _receive(self, args: Arguments) -> None:
        """Let the messages that a step takes be in flight no more, unless they only grow."""
        for network in self._holders:
            if isinstance(network, InFlight | FifoLinks):
                for message in dict.fromkeys(args):
                    if type(message) in network.type.messages:
                        network.receive(message)

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
            return [given] if given in self._sent(t.record) else []
        return [v for v in proper_values(t) if given is _OPEN or v == given]

    def _sent(self, message: type[Message]) -> list[Any]:
        for holder in self._holders:
            if isinstance(holder, FifoLinks) and message in holder.type.messages:
                return sorted(holder.next(message), key=repr)
            if isinstance(holder, MessagesVariable) and message in holder.type.messages:
                return sorted(holder[message], key=repr)
        return []

    def _try(self, method: Any, args: Arguments, fault: str | None) -> State | None:
        if fault is not None and not self.budget[fault]:
            return None
        to = self._addressees.get(method.__name__, ())
        if any(getattr(args[i], field) != args[j] for i, j, field in to):
            return None
        try:
            self._receive(args)
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

    def _deliveries(self, method: Any, args: Arguments) -> Iterator[Requirement]:
        """For each message that a step takes and that has an addressee, whether that is it."""
        for i, j, field in self._addressees.get(method.__name__, ()):
            node, file = function_source(method)
            line = node.args.args[i + 1].lineno
            yield Requirement(line, bool(getattr(args[i], field) == args[j]), file)

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

    def value(self, state: State, code: CodeType, names: Mapping[str, Any]) -> Any:
        """The value of an expression of the language that reads `self` and these names.

        Raises StepError where it is undefined.
        """
        self.load(state)
        try:
            return eval(code, {**names, "self": self.object})
        except MemoryError:
            raise
        except Exception as error:
            raise StepError(f"{type(error).__name__}: {error}") from error

    def requirements(self, state: State, action: str, args: Arguments) -> list[Requirement]:
        """Each `require` of an action with these arguments in this state, and whether it holds."""
        return self.regardless(state, action, args)[0]

    def regardless(
        self, state: State, action: str, args: Arguments, watch: Watch | None = None
    ) -> tuple[list[Requirement], State | None]:
        """Each `require` of the action, and the state that it leads to whether they hold or not.

        There is none where the action is undefined: it may rely on a guard that does not hold.
        `watch` is called at each `require`, while the action's names are as they are there.
        """
        method = self.actions[action]
        self.load(state)
        seen = list(self._deliveries(method, args))

        def spy(condition: object) -> None:
            frame = sys._getframe(2)  # the line that calls `require`
            seen.append(Requirement(frame.f_lineno, bool(condition), frame.f_code.co_filename))
            if watch is not None:
                watch(frame, bool(condition))

        token, after = observer.set(spy), None
        try:
            self._receive(args)
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
