"""A protocol's runs as lists of numbers, taken by CPython.

A way is the number of an initial state, then of each step among those that are possible in its
state. The order is the interpreter's, so that a way means the same run whenever the protocol and
its sizes are the same. A page and its links need to remember nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from quorate.checker.errors import InputError
from quorate.checker.ground.first_states import initial_states
from quorate.checker.results import Move
from quorate.checker.tracing.guards import title
from quorate.checker.tracing.values import show_state, show_value
from quorate.model.language import StepError
from quorate.model.language.declare.protocol import Protocol
from quorate.model.language.declare.sorts import Sizes
from quorate.model.language.description import describe
from quorate.model.language.interpreter import Arguments, Interpreter, State
from quorate.traces import FrozenMap, show

Way = tuple[int, ...]

MOST_KEPT = 5_000
"""Of so many states the steps are kept."""
LONGEST_WAY = 2_000


@dataclass(frozen=True)
class EnabledStep:
    """One step of a state: where it leads to, or why what it does is undefined."""

    action: str
    arguments: Arguments
    after: State | None
    undefined: str | None = None


def truth(interpreter: Interpreter, name: str, state: State) -> bool | None:
    """Whether a property of states is true; None where it is undefined."""
    try:
        return interpreter.holds(name, state)
    except StepError:
        return None


class Walk:
    """The states and steps of a protocol at given sizes. Use it inside the sizes.

    Raises SizeError, and StepError where `@init` is undefined.
    """

    def __init__(self, protocol: type[Protocol], sizes: Sizes) -> None:
        self.protocol, self.sizes = protocol, sizes
        self.description = describe(protocol)
        self.interpreter = Interpreter(protocol, sizes)
        self.initial = initial_states(protocol, sizes)
        self._names = {a.name: [p.var.name for p in a.parameters] for a in self.description.actions}
        self._steps: dict[State, list[EnabledStep]] = {}
        self._shown: dict[State, FrozenMap] = {}

    def steps(self, state: State) -> list[EnabledStep]:
        """Every step that is possible in a state, also those that change nothing."""
        found = self._steps.get(state)
        if found is None:
            if len(self._steps) >= MOST_KEPT:
                self._steps.clear()
            actions = self.interpreter.actions
            found = [step for action in actions for step in self._steps_of(state, action)]
            self._steps[state] = found
        return found

    def run(self, way: Sequence[int]) -> tuple[State, tuple[Move, ...]]:
        """The run along a way. Raises InputError naming the first number that is none."""
        if not way:
            raise InputError("the path is empty: expected the number of an initial state")
        if len(way) > LONGEST_WAY:
            raise InputError(f"the path has {len(way):,} steps, expected at most {LONGEST_WAY:,}")
        first, *numbers = way
        if not 0 <= first < len(self.initial):
            last = len(self.initial) - 1
            raise InputError(
                f"the path begins with {first}, expected an initial state, 0 to {last}"
            )
        state, moves = self.initial[first], list[Move]()
        for place, number in enumerate(numbers, start=1):
            moves.append(self._move(state, number, place))
            state = moves[-1].state
        return self.initial[first], tuple(moves)

    def end(self, way: Sequence[int]) -> State:
        """The state that a way leads to. Raises InputError."""
        initial, moves = self.run(way)
        return moves[-1].state if moves else initial

    def named(self, action: str, arguments: Arguments) -> list[tuple[str, str]]:
        """The arguments of a step with their names."""
        values = (show(show_value(a)) for a in arguments)
        return list(zip(self._names[action], values, strict=True))

    def shown(self, state: State) -> FrozenMap:
        """A state as a trace shows it."""
        found = self._shown.get(state)
        if found is None:
            if len(self._shown) >= MOST_KEPT:
                self._shown.clear()
            found = self._shown[state] = FrozenMap(show_state(self.description, state))
        return found

    def holds(self, name: str, state: State) -> bool | None:
        """Whether a property of states is true; None where it is undefined."""
        return truth(self.interpreter, name, state)

    def rests(self, state: State) -> bool:
        """Whether no step leads from a state to another."""
        return all(step.after == state for step in self.steps(state))

    def violated(self, state: State) -> list[str]:
        """The invariants that are false in a state, or undefined."""
        names = (p.name for p in self.description.invariants)
        return [name for name in names if not self.holds(name, state)]

    def _move(self, state: State, number: int, place: int) -> Move:
        steps = self.steps(state)
        if not 0 <= number < len(steps):
            there = (
                f"{len(steps)} steps are possible there" if steps else "no step is possible there"
            )
            raise InputError(f"step {place} of the path has the number {number}, but {there}")
        step = steps[number]
        if step.after is None:
            called = title(step.action, step.arguments)
            raise InputError(f"step {place} of the path, {called}, is undefined: {step.undefined}")
        return Move(step.action, step.arguments, step.after)

    def _steps_of(self, state: State, action: str) -> list[EnabledStep]:
        try:
            taken = list(self.interpreter.steps_of(state, action, {}))
        except StepError:  # one by one, to see which
            return self._one_by_one(state, action)
        return [EnabledStep(action, arguments, after) for arguments, after in taken]

    def _one_by_one(self, state: State, action: str) -> list[EnabledStep]:
        found = []
        for arguments in self.interpreter.choices(state, action):
            try:
                after = self.interpreter.step(state, action, arguments)
            except StepError as error:
                found.append(EnabledStep(action, arguments, None, str(error)))
            else:
                if after is not None:
                    found.append(EnabledStep(action, arguments, after))
        return found
