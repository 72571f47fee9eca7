"""The clients of a simulated world: each makes a number of calls, and writes down what it saw."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from quorate.impl.errors import SafetyViolation
from quorate.impl.outputs import Send
from quorate.impl.store import Answered, ClientMessage, Submission
from quorate.impl.store.history import HistoryEvent, invoked, returned, unknown

from .workload import Habits, Workload
from .world import World

MOST_TRIES: Final = 8


class Callers:
    """All clients of a world. `submit(client, send)` puts a submission on its network."""

    def __init__(
        self,
        world: World,
        workloads: dict[str, Workload],
        submit: Callable[[str, Send[Submission]], None],
        habits: Habits,
    ) -> None:
        self._world, self._workloads, self._submit = world, workloads, submit
        self._habits = habits
        self.history: list[HistoryEvent] = []

    def start(self) -> None:
        """Each makes its first call within a second."""
        for name in self._workloads:
            self._world.at(self._world.random.uniform(0, 1), lambda n=name: self._call(n))  # type: ignore[misc]

    @property
    def given_up(self) -> int:
        """Calls that were never answered."""
        return sum(caller.given_up for caller in self._workloads.values())

    def finished(self) -> bool:
        """Whether all calls are answered or given up."""
        callers = self._workloads.values()
        return all(c.calls == 0 and c.client.waiting is None for c in callers)

    def hear(self, name: str, message: ClientMessage) -> None:
        """A client is told something. Raises SafetyViolation for what it must never be told."""
        caller = self._workloads[name]
        waiting = caller.client.waiting
        answer = caller.client.receive(message)
        if isinstance(answer, Send):
            self._submit(name, answer)
        elif isinstance(answer, Answered) and waiting is not None:
            self.history.append(returned(caller.process, waiting.command, answer.result))
            self._rest(name)
        elif answer is not None:
            raise SafetyViolation(f"{name} kept to its rules and was told: {answer}")

    def _call(self, name: str) -> None:
        caller = self._workloads[name]
        command = caller.draw()
        caller.calls -= 1
        caller.tries = 1
        self.history.append(invoked(caller.process, command))
        self._submit(name, caller.client.begin(command))
        self._wait(name)

    def _wait(self, name: str) -> None:
        waiting = self._workloads[name].client.waiting
        self._world.at(self._habits.retry_s, lambda: self._miss(name, waiting))

    def _miss(self, name: str, submission: Submission | None) -> None:
        """No answer in time: ask another server, or give up in the end."""
        caller = self._workloads[name]
        if submission is None or caller.client.waiting != submission:
            return
        if caller.tries < MOST_TRIES:
            caller.tries += 1
            self._submit(name, caller.client.repeat())
            self._wait(name)
            return
        self.history.append(unknown(caller.process, submission.command))
        caller.client.give_up()
        caller.given_up += 1
        self._rest(name)

    def _rest(self, name: str) -> None:
        caller = self._workloads[name]
        if caller.calls:
            pause_s = caller.random.uniform(0, 2 * self._habits.pause_s)
            self._world.at(pause_s, lambda: self._call(name))
