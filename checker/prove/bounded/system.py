"""A protocol at given sizes as proofs need it: all steps and properties, ground."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from quorate._spelling import instead
from quorate.checker.errors import InputError
from quorate.checker.ground.dependency import Dependency
from quorate.checker.ground.evaluation import UndefinedOperation
from quorate.checker.ground.first_states import initial_states
from quorate.checker.ground.instances import Assignment, Instance, Instantiator, used_in_effects
from quorate.checker.ground.layout import Layout
from quorate.checker.ground.nodes import Bool
from quorate.checker.ground.packing import Packing, Words
from quorate.checker.ground.well_formed import well_formed
from quorate.model.language import StepError
from quorate.model.language.declare.protocol import Protocol
from quorate.model.language.declare.sorts import Sizes
from quorate.model.language.description import describe
from quorate.model.language.interpreter import Interpreter, State
from quorate.model.language.ir import core as c
from quorate.model.language.ir.constraints import unconstrained

from .results import DisagreementError, Move


@dataclass(frozen=True)
class GroundStep:
    """Action instances with the same effects: where one is enabled, and what they store.

    `undefined` is where a guard or an effect is undefined.
    """

    action: str
    enabled: Bool
    stores: tuple[Assignment, ...]
    undefined: Bool
    reasons: tuple[UndefinedOperation, ...] = ()


@dataclass(frozen=True)
class GroundProperty:
    """A property: where it holds, and where it is undefined (a field of None, say)."""

    name: str
    kind: str
    holds: Bool
    undefined: Bool
    reasons: tuple[UndefinedOperation, ...] = ()


@dataclass
class Ground:
    """Ground steps and properties. Make it, and use it, inside `sizes`. Raises SizeError.

    With `constrained`, no step is taken from a state outside a `@constraint` of the search.
    """

    protocol: type[Protocol]
    sizes: Sizes
    determined: tuple[Dependency, ...] = ()  # derived variables, which states do not hold
    constrained: bool = False
    description: c.Description = field(init=False)
    layout: Layout = field(init=False)

    def __post_init__(self) -> None:
        described = describe(self.protocol)
        self.description = described if self.constrained else unconstrained(described)
        self.layout = Layout(self.description, self.sizes, self.determined)
        self.packing = Packing(self.layout)
        self.interpreter = Interpreter(self.protocol, self.sizes)
        self._make = Instantiator(self.layout)

    def steps(self) -> list[GroundStep]:
        """Every step of every action."""
        return [s for action in self.description.actions for s in self._steps(action)]

    def _steps(self, action: c.Action) -> Iterable[GroundStep]:
        which = used_in_effects(action)
        groups: dict[object, list[Instance]] = {}
        for instance in self._make.instances(action, unroll=True):
            key = tuple(instance.arguments[i] for i in which)
            groups.setdefault(key, []).append(instance)
        g = self.layout.graph
        for instances in groups.values():
            enabled = [g.and_([i.implicit, *i.guards]) for i in instances]
            # Instances that are never enabled are left out: the effects are those of the others.
            effects = [i for i, p in zip(instances, enabled, strict=True) if p is not False]
            reasons = tuple(u for i in instances for u in i.undefined)
            if effects or reasons:
                stores = effects[0].stores if effects else ()
                undefined = g.or_(u.when for u in reasons)
                yield GroundStep(action.name, g.or_(enabled), stores, undefined, reasons)

    def properties(self, names: Sequence[str] | None = None) -> list[GroundProperty]:
        """These invariants, or all. Raises InputError for an unknown name."""
        known = {p.name: p for p in self.description.invariants}
        if unknown := [n for n in names or () if n not in known]:
            raise InputError(
                f"{self.description.name} has no invariant `{unknown[0]}`; "
                f"{instead(unknown[0], known)}"
            )
        return [self._property(known[n]) for n in (known if names is None else names)]

    def others(self) -> list[GroundProperty]:
        """The properties that are no invariants: goals, and constraints of the search."""
        found = self.description.properties
        return [self._property(p) for p in found if p.kind != "invariant"]

    def _property(self, p: c.Property) -> GroundProperty:
        holds, reasons = self._make.property(p)
        undefined = self.layout.graph.or_(u.when for u in reasons)
        return GroundProperty(p.name, p.kind, holds, undefined, tuple(reasons))

    def initial(self) -> Sequence[State]:
        """The initial states."""
        return initial_states(self.protocol, self.sizes)

    def well_formed(self) -> Bool:
        """That the cells of a state represent values."""
        return well_formed(self._make.evaluator)

    # ------------------------------------------------------------ CPython has the last word

    def state(self, words: Words) -> State:
        """The state that these words represent."""
        return self.packing.unpack(words)

    def move(self, before: State, action: str | None, after: State) -> Move:
        """The step between two states as CPython takes it. Raises DisagreementError."""
        for name in (a.name for a in self.description.actions):
            if action in (None, name):
                for move, _ in self.steps_of(before, name):
                    if move is not None and move.state == after:
                        return move
        raise DisagreementError(f"Z3 steps from {before!r} to {after!r}, CPython does not")

    def steps_of(self, state: State, action: str) -> Iterator[tuple[Move | None, str]]:
        """Every enabled step of an action by CPython; for an undefined one None and the reason."""
        interpreter = self.interpreter
        interpreter.load(state)
        for arguments in itertools.product(*map(interpreter._range, interpreter._ranges[action])):
            try:
                after = interpreter.step(state, action, arguments)
            except StepError as error:
                yield None, error.short
            else:
                if after is not None:
                    yield Move(action, arguments, after), ""

    def violated(self, state: State, properties: Sequence[GroundProperty]) -> str | None:
        """The first of the invariants that is violated for CPython; None if none is."""
        for p in properties:
            if not self.holds(p.name, state):
                return p.name
        return None

    def satisfies(self, name: str, state: State) -> bool:
        """Whether an invariant is true for CPython; an undefined one is not."""
        try:
            return self.holds(name, state)
        except StepError:
            return False

    def holds(self, name: str, state: State) -> bool:
        """Whether an invariant holds, by CPython. Raises StepError if it is undefined."""
        return self.interpreter.holds(name, state)
