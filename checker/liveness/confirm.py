"""Confirming with CPython what was found about runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from quorate.checker.explore.paths import ExplorationError
from quorate.checker.results import Move
from quorate.model.language.interpreter import Arguments, Interpreter, State
from quorate.model.language.undefined import undefined

from .results import Ending, FairUnit, Lasso, Treated


@dataclass
class Witness:
    """Runs a protocol's own methods. Use it inside the sizes."""

    interpreter: Interpreter
    _before: Interpreter = field(init=False)

    def __post_init__(self) -> None:
        self._before = Interpreter(self.interpreter.protocol, self.interpreter.sizes)

    # ------------------------------------------------------------ predicates

    def truth(self, name: str, arguments: Arguments, state: State) -> tuple[bool, ...]:
        """The truth values that a property of runs gives in a state. Raises StepError."""
        m = self.interpreter
        m.load(state)
        method = getattr(m.protocol, name)
        found = self._called(method, arguments, state, lambda: method(m.object, *arguments))
        return tuple(map(bool, found)) if isinstance(found, tuple) else (bool(found),)

    def step_holds(self, name: str, arguments: Arguments, old: State, new: State) -> bool:
        """Whether a property of steps is true of a step. Raises StepError."""
        m, earlier = self.interpreter, self._before
        m.load(new)
        earlier.load(old)
        method = getattr(m.protocol, name)
        call = lambda: method(m.object, earlier.object, *arguments)  # noqa: E731
        return bool(self._called(method, arguments, new, call))

    def _called(
        self, method: Any, arguments: Arguments, state: State, call: Callable[[], Any]
    ) -> Any:
        try:
            return call()
        except MemoryError:
            raise
        except Exception as error:
            raise undefined(error, method, arguments, state) from error

    # ------------------------------------------------------------ fairness

    def enabled(self, unit: FairUnit, state: State) -> bool:
        """Whether a step of a unit leads to another state."""
        return any(True for _ in self._steps(unit, state))

    def _steps(self, unit: FairUnit, state: State) -> Iterable[State]:
        m = self.interpreter
        for arguments in m.choices(state, unit.action):
            if self.belongs(Move(unit.action, arguments, state), unit):
                after = m.tried(state, unit.action, arguments)
                if after is not None and after != state:
                    yield after

    def belongs(self, move: Move, unit: FairUnit) -> bool:
        """Whether a step is one of a unit's."""
        if move.action != unit.action:
            return False
        method = self.interpreter.actions[move.action]
        names = method.__code__.co_varnames[1 : method.__code__.co_argcount]
        given = dict(zip(names, move.arguments, strict=True))
        return all(given[name] == value for name, value in unit.arguments)

    # ------------------------------------------------------------ a whole run

    def lasso(
        self, initial: State, stem: tuple[Move, ...], loop: tuple[Move, ...], units: list[FairUnit]
    ) -> Lasso:
        """The lasso of these steps. Raises ExplorationError if it is not one, or not fair."""
        states = [initial, *(m.state for m in (*stem, *loop))]
        for number, move in enumerate((*stem, *loop)):
            before = states[number]
            if move.state == before:
                raise ExplorationError(f"{move.action} changes nothing in {before!r}")
            if self.interpreter.step(before, move.action, move.arguments) != move.state:
                raise ExplorationError(f"{move.action} does not lead from {before!r} on")
        if states[-1] != states[len(stem)]:
            raise ExplorationError("the loop does not lead back to where it begins")
        treated = [self._treated(unit, len(stem), states, loop) for unit in units]
        ending = Ending.CYCLE
        if not loop:
            ending = Ending.DEADLOCK if self.interpreter.rests(states[-1]) else Ending.STUTTER
        return Lasso(initial, stem, loop, ending, tuple(t for t in treated if t is not None))

    def _treated(
        self, unit: FairUnit, start: int, states: list[State], loop: tuple[Move, ...]
    ) -> Treated | None:
        """How a loop treats a unit; None if it is enabled nowhere in the run."""
        enabled = [self.enabled(unit, s) for s in states]
        for number, move in enumerate(loop, start=start + 1):
            if self.belongs(move, unit):
                return Treated(unit, taken=number)
        within = enabled[start:]
        if (unit.strong and any(within)) or all(within):
            raise ExplorationError(f"the loop is not fair to {unit}")
        if not any(enabled):
            return None
        if unit.strong and loop:
            return Treated(unit)
        return Treated(unit, disabled=start + within.index(False))
