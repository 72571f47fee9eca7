"""The states of a model, as rows of bytes, and their steps, as numbers, for driving.

Compiled code computes the steps. States are shown with the model's names, each value of a variable
only once. The space also knows which steps the model disables in a state, and by which guards.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache, partial, reduce
from typing import Any

import numpy as np

from quorate.checker.conform.adapters.subject import setting_of
from quorate.checker.explore.codegen.groups import enabled
from quorate.checker.explore.compiled import CompiledModel
from quorate.checker.explore.expand import Expander, Labels, UndefinedSteps
from quorate.checker.ground.instances import Instantiator
from quorate.checker.ground.nodes import Node, nodes_in
from quorate.checker.ground.packing import Packing
from quorate.checker.ground.to_python import function
from quorate.checker.tracing.values import show_value
from quorate.model.language import StepError
from quorate.model.language.declare.protocol import Protocol, Variable
from quorate.model.language.declare.sorts import Sizes
from quorate.model.language.declare.types import MapType, MessagesType, key_values, proper_values
from quorate.model.language.interpreter import Arguments, Requirement, State, parameter_types
from quorate.model.language.ir import core as c
from quorate.traces import FrozenMap, Value, show

from .adapter import Setting
from .deliveries import deliveries_alone, is_delivery
from .network import network_of

Row = bytes
"""A state: the words that stand for it."""

Code = int
"""An action with arguments."""

Shown = dict[str, Value]
"""The variables of a state by name."""


@dataclass(frozen=True, slots=True)
class Call:
    """An action with arguments: by name for an adapter, as the model's own for CPython."""

    action: str
    args: Mapping[str, Value]
    arguments: Arguments
    environment: bool
    """Whether it is no process's decision: a fault, or declared `by="environment"`."""

    def __str__(self) -> str:
        return f"{self.action}({', '.join(f'{n}={show(v)}' for n, v in self.args.items())})"


class Space:
    """The states and steps of a protocol. Make it and use it inside `sizes`.

    Raises SizeError.
    """

    def __init__(self, protocol: type[Protocol], sizes: Sizes) -> None:
        self.protocol, self.sizes = protocol, sizes
        self.model = CompiledModel(protocol, sizes, only=frozenset(), constrained=False)
        self.description = self.model.description
        self._kernel, self._packing = self.model.kernel, self.model.packing
        instances = self._kernel.source.instances
        self._labels = Labels(instances, self._packing)
        possible = {id(i) for i in self._kernel.source.possible}
        self._ever = [id(i) in possible for i in instances]
        starts = [s for s, ever in zip(self._labels.starts, self._ever, strict=False) if ever]
        self._steps = Expander(self._kernel, starts)
        self._undefined = UndefinedSteps(self._kernel)
        self._environment = {
            name for name, f in protocol.methods("action").items() if f._quorate.environment
        }
        self._calls: dict[Code, Call] = {}
        self._guards: dict[Code, Callable[[Sequence[int]], Sequence[int]]] = {}
        self._variables = {v.name: _Shower(self._packing, v) for v in self.description.variables}
        self.network = network_of(protocol)
        grows = self.network is not None and self.network.grows
        self.messages = self.network.names[0] if self.network and grows else None
        """The variable that holds all messages that were sent, if there is one."""

    # ------------------------------------------------------------ states and steps

    @cached_property
    def initial(self) -> tuple[Row, ...]:
        """The initial states."""
        return tuple(self.row(s) for s in self.model.initial())

    def row(self, state: State) -> Row:
        """The row of a state."""
        return self._packing.pack(state).tobytes()

    def state(self, row: Row) -> State:
        """The state of a row, as CPython has it."""
        return self._packing.unpack(np.frombuffer(row, np.uint64))

    def steps(self, row: Row) -> list[tuple[Code, Row]]:
        """Every step from a state, and where it leads. Raises StepError for an undefined one."""
        if (label := self._undefined.first(row)) is not None:
            at = self.model.confirm.of_step(self.state(row), (), label).undefined
            raise StepError(str(at), at)
        return self._steps.steps(row)

    @property
    def codes(self) -> range:
        """Every code there is, also of steps that no state enables."""
        return range(self._labels.starts[-1])

    def call(self, code: Code) -> Call:
        """The action and arguments that a code stands for."""
        if code not in self._calls:
            label = self._labels.label(code)
            args = {name: show_value(v) for name, v in label.arguments}
            arguments = tuple(v for _, v in label.arguments)
            self._calls[code] = Call(
                label.action, args, arguments, label.action in self._environment
            )
        return self._calls[code]

    def shown(self, row: Row) -> Shown:
        """The variables of a state, as a trace has them."""
        bits = int.from_bytes(row, "little")
        return {name: v.shown(row, bits) for name, v in self._variables.items()}

    def value(self, row: Row, variable: str) -> Value:
        """One variable of a state, as a trace has it."""
        return self._variables[variable].shown(row, int.from_bytes(row, "little"))

    def setting(self, name: str, row: Row) -> Setting:
        """What an adapter is told to start in a state; `name` is that of the protocol."""
        return setting_of(self.protocol, self.sizes, name, FrozenMap(self.shown(row)))

    @cached_property
    def goals(self) -> tuple[str, ...]:
        """What should be reachable (`@reachable`)."""
        return tuple(p.name for p in self.description.reachables)

    def reached(self, row: Row) -> list[str]:
        """The goals that a state is."""
        found = self._goals(_words(row))
        return [name for name, holds in zip(self.goals, found, strict=True) if holds]

    @cached_property
    def _goals(self) -> Callable[[Sequence[int]], Sequence[int]]:
        return function(self._kernel.source.conditions[: len(self.goals)])

    # ------------------------------------------------------------ what is not allowed

    @cached_property
    def deliveries(self) -> Mapping[str, tuple[bool, ...]]:
        """For each action which of its guards say nothing but that messages exist."""
        return {
            a.name: tuple(g.delivery or is_delivery(g.condition) for g in a.guards)
            for a in self.description.actions
        }

    def disabled(self, row: Row) -> list[Code]:
        """The steps that no process may take in a state, although the messages for them exist.

        Steps of the environment are left out. Steps that no state enables, such as receiving a
        message for somebody else, are among them.
        """
        allowed = set(self._steps.codes(row))
        return [code for code in self._deliverable.codes(row) if code not in allowed]

    def is_never_enabled(self, code: Code) -> bool:
        """Whether the guards of a step exclude each other, whatever the state."""
        return not self._ever[self._labels.position(code)]

    @cached_property
    def _deliverable(self) -> Expander:
        """The steps of processes of which the messages exist; none changes anything."""
        make, found = Instantiator(self._kernel.layout), {}
        actions = map(deliveries_alone, self.description.actions)
        every = (i for action in actions for i in make.instances(action))
        for k, i in enumerate(every):
            of_process = i.action.name not in self._environment
            if of_process and enabled(self._kernel.layout.graph, i) is not False:
                found[k] = replace(i, undefined=(), early=0)
        return Expander(self._kernel, [self._labels.starts[k] for k in found], [*found.values()])

    def failing(self, row: Row, code: Code) -> tuple[int, ...]:
        """The guards that disable a step, by their position in the action."""
        if code not in self._guards:
            instance, symbols = self._labels.instance(code), self._labels.chosen(code)
            self._guards[code] = function(_bound(self._kernel.layout.graph, instance, symbols))
        held = self._guards[code](_words(row))
        return tuple([k for k, holds in enumerate(held) if not holds])

    def guards(self, action: str) -> tuple[c.Guard, ...]:
        """The guards of an action."""
        return self.description.action(action).guards

    def holds(self, row: Row, predicate: str, args: Mapping[str, Value]) -> bool:
        """Whether a predicate (`@define`) is true in a state, for some choice of what is left out.

        Raises StepError where it has no value.
        """
        interpreter, method = self.model.interpreter, getattr(self.protocol, predicate)
        names = list(inspect.signature(method).parameters)[1:]
        ranges = [
            [v for v in proper_values(t) if n not in args or show_value(v) == args[n]]
            for n, t in zip(names, parameter_types(method), strict=True)
        ]
        state = self.state(row)
        return any(interpreter.told(state, predicate, a) for a in itertools.product(*ranges))

    def requirements(self, row: Row, call: Call) -> list[Requirement]:
        """Each guard of a call in a state, as CPython finds it."""
        return self.model.interpreter.requirements(self.state(row), call.action, call.arguments)


class _Shower:
    """Shows one variable, each of its values once; of messages, those of each class once."""

    def __init__(self, packing: Packing, variable: Variable) -> None:
        self.name, self._variable, self._packing = variable.name, variable, packing
        records = variable.type.messages if isinstance(variable.type, MessagesType) else ()
        self._parts = [_Part(packing.bits(variable, r), r) for r in (records or [None])]
        self._messages = bool(records)
        self._whole = _Part(reduce(_joined, (part.bits for part in self._parts)), None)

    def shown(self, row: Row, bits: int) -> Value:
        """The variable in a state; `bits` are the row's."""
        return self._whole.value(bits, lambda: self._put_together(row, bits))

    def _put_together(self, row: Row, bits: int) -> Value:
        found: list[Any] = [
            part.value(bits, partial(self._decoded, row, part.record)) for part in self._parts
        ]
        return frozenset().union(*found) if self._messages else found[0]

    def _decoded(self, row: Row, record: type | None) -> Value:
        cells = self._packing.cells(np.frombuffer(row, np.uint64))
        if record is not None:
            return frozenset(map(show_value, self._packing.messages(cells, self._variable, record)))
        value, t = self._packing.variable(cells, self._variable), self._variable.type
        if not isinstance(t, MapType):
            return show_value(value)
        entries = zip(key_values(t.keys), value, strict=True)
        return FrozenMap([(show_value(k), show_value(v)) for k, v in entries])


@dataclass
class _Part:
    """What was shown of some bits of a row; without bits, of all."""

    bits: int | None
    record: type | None
    known: dict[int, Value] = field(default_factory=dict)

    def value(self, bits: int, decoded: Callable[[], Value]) -> Value:
        """What is shown of a row with these bits; it is decoded if it was not before."""
        key = bits if self.bits is None else bits & self.bits
        try:
            return self.known[key]
        except KeyError:
            found = self.known[key] = decoded()
            return found


def _joined(bits: int | None, more: int | None) -> int | None:
    return None if bits is None or more is None else bits | more


@lru_cache(1)
def _words(row: Row) -> tuple[int, ...]:
    return tuple([int.from_bytes(row[k : k + 8], "little") for k in range(0, len(row), 8)])


def _bound(graph: Any, instance: Any, symbols: Mapping[int, int]) -> list[Any]:
    """The guards of an instance with constants for its symbols."""
    done: dict[int, Any] = dict(symbols)
    for node in nodes_in(instance.guards, done):
        args = [done[a.id] if isinstance(a, Node) else a for a in node.args]
        done[node.id] = graph.rebuilt(node, args)
    return [done[g.id] if isinstance(g, Node) else g for g in instance.guards]
