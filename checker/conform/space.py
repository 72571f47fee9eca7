"""The states of a model, as rows of bytes, and their steps, as numbers, for driving.

Compiled code computes the steps. States are shown with the model's names, each value of a variable
only once. The space also knows which steps the model disables in a state, and by which guards.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from quorate.checker.conform.adapters.subject import setting_of
from quorate.checker.explore.codegen.groups import enabled
from quorate.checker.explore.compiled import CompiledModel
from quorate.checker.explore.expand import Expander, Labels, UndefinedSteps
from quorate.checker.ground.instances import Instantiator
from quorate.checker.ground.nodes import Node, nodes_in
from quorate.checker.ground.to_python import function, read_bits
from quorate.checker.tracing.values import show_value
from quorate.model.language import StepError
from quorate.model.language.declare.delivery import parameter_types
from quorate.model.language.declare.protocol import Protocol
from quorate.model.language.declare.sorts import Sizes
from quorate.model.language.declare.types import proper_values
from quorate.model.language.interpreter import Arguments, Requirement, State
from quorate.model.language.ir import core as c
from quorate.traces import FrozenMap, Value, show

from .adapter import Setting
from .deliveries import deliveries_alone, is_delivery
from .network import network_of
from .showing import Row, Showing, Shown

Code = int
"""An action with arguments."""


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


class _Calls(dict[Code, Call]):
    """Calls by code; one that is asked for the first time is made."""

    def __init__(self, made: Callable[[Code], Call]) -> None:
        super().__init__()
        self._made = made

    def __missing__(self, code: Code) -> Call:
        self[code] = found = self._made(code)
        return found


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
        self.calls: Mapping[Code, Call] = _Calls(self._called)
        """The action and arguments that each code stands for."""
        self._never: dict[Code, bool] = {}
        self._guards: dict[Code, _Guards] = {}
        self.network = network_of(protocol)
        grows = self.network is not None and self.network.grows
        self.messages = self.network.names[0] if self.network and grows else None
        """The variable that holds all messages that were sent, if there is one."""
        self.showing = Showing(self._packing, self.description.variables, self.messages)

    # ------------------------------------------------------------ states and steps

    @cached_property
    def initial(self) -> tuple[Row, ...]:
        """The initial states."""
        return tuple(row.tobytes() for row in self.model.initial().rows)

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
        return self.calls[code]

    def _called(self, code: Code) -> Call:
        label = self._labels.label(code)
        args = {name: show_value(v) for name, v in label.arguments}
        arguments = tuple(v for _, v in label.arguments)
        return Call(label.action, args, arguments, label.action in self._environment)

    def shown(self, row: Row) -> Shown:
        """The variables of a state, as a trace has them."""
        return self.showing.shown(row)

    def value(self, row: Row, variable: str) -> Value:
        """One variable of a state, as a trace has it."""
        return self.showing.value(row, variable)

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
        found = self._never.get(code)
        if found is None:
            found = self._never[code] = not self._ever[self._labels.position(code)]
        return found

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
        guards = self._guards.get(code)
        if guards is None:
            instance, symbols = self._labels.instance(code), self._labels.chosen(code)
            bound = _bound(self._kernel.layout.graph, instance, symbols)
            guards = self._guards[code] = _Guards(read_bits(bound), function(bound))
        return guards.failing(row)

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


@dataclass
class _Guards:
    """The guards of a step. Which of them fail is known by the bits of a row that they read."""

    mask: int
    values: Callable[[Sequence[int]], Sequence[int]]
    known: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def failing(self, row: Row) -> tuple[int, ...]:
        key = _bits(row) & self.mask
        try:
            return self.known[key]
        except KeyError:
            held = self.values(_words(row))
            found = self.known[key] = tuple([k for k, holds in enumerate(held) if not holds])
            return found


@lru_cache(1)
def _bits(row: Row) -> int:
    return int.from_bytes(row, "little")


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
