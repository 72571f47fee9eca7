"""A recorded run, taken again under CPython: for programs that are followed in a debugger."""

from __future__ import annotations

from collections.abc import Mapping

from quorate.checker.loading import load_protocol
from quorate.checker.results import DEADLOCK
from quorate.model.language import StepError
from quorate.model.language.description import describe
from quorate.model.language.interpreter import Interpreter, State
from quorate.traces import show

from .calls import call_of
from .values import show_state


class Stepping:
    """A run of a protocol, from its start. Each method raises AssertionError if it is not so.

    `state` is the state, `states` are all so far. Values are written as traces show them.
    """

    def __init__(self, protocol: str, sizes: Mapping[str, int], faults: Mapping[str, int]) -> None:
        self.protocol = load_protocol(protocol)
        self.description = describe(self.protocol)
        self.sizes = self.protocol.sized(faults, **sizes)
        with self.sizes:
            self.interpreter = Interpreter(self.protocol, self.sizes)
        self.states: list[State] = []

    @property
    def state(self) -> dict[str, str]:
        """Every variable, as it is shown."""
        return self._shown(self.states[-1])

    def starts(self, **variables: str) -> None:
        """There is an initial state with these values of all variables."""
        with self.sizes:
            initial = self.interpreter.initial()
        found = next((s for s in initial if self._shown(s) == variables), None)
        assert found is not None, f"no initial state is {variables}"
        self.states = [found]

    def takes(self, call: str, **changed: str) -> None:
        """The action can be taken, and changes these variables, to these values, and no others."""
        after = self._step(call)
        assert after is not None, f"step {len(self.states)}: {call} is disabled"
        old, new = self.state, self._shown(after)
        found = {name: value for name, value in new.items() if old[name] != value}
        assert found == changed, f"step {len(self.states)}: {call} changes {found}, not {changed}"
        self.states.append(after)

    def is_undefined(self, call: str) -> None:
        """The action is undefined here."""
        try:
            self._step(call)
        except StepError:
            return
        raise AssertionError(f"{call} is defined")

    def repeats(self, number: int) -> None:
        """The state is the one after step `number`, so that what followed can follow again."""
        assert self.states[number] == self.states[-1], f"this is not the state after step {number}"

    def violates(self, name: str) -> None:
        """The invariant does not hold here, or there is a deadlock."""
        with self.sizes:
            interpreter, state = self.interpreter, self.states[-1]
            if name == DEADLOCK:
                assert interpreter.is_deadlock(state), "something can happen here"
            else:
                assert not interpreter.holds(name, state), f"{name} holds here"

    def _step(self, call: str) -> State | None:
        with self.sizes:
            action, arguments = call_of(call, self.description)
            assert arguments is not None, f"{call} has no arguments"
            return self.interpreter.step(self.states[-1], action, arguments)

    def _shown(self, state: State) -> dict[str, str]:
        with self.sizes:
            return {
                name: show(value) for name, value in show_state(self.description, state).items()
            }
