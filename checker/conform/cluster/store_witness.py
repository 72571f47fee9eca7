"""What clients of a replicated store saw, as one history: it must be linearizable.

The history is written to the run's folder before it is judged. A command that was not answered may
have happened at any time, or never, and its client goes on as another process.
"""

from __future__ import annotations

from pathlib import Path

from quorate.checker.conform.histories.checking import HistoryVerdict, judge
from quorate.checker.conform.histories.loading import load_specification
from quorate.checker.conform.histories.reading import read_history
from quorate.impl.store import Command, Result
from quorate.impl.store.history import HistoryEvent, invoked, returned, unknown, write_history

from .witness import RunWitness

LINEARIZABILITY = "linearizability"
HISTORY_FILE = "history.jsonl"
MOST = 200_000
"""Configurations for each key, after which a history is given up, and said to be."""


class StoreWitness(RunWitness):
    """Sees the commands of all clients of one run."""

    def __init__(self) -> None:
        super().__init__()
        self._history: list[HistoryEvent] = []

    @property
    def decided(self) -> int:
        """How many commands were answered."""
        return self.answers

    def invoked(self, process: str, command: Command) -> None:
        """A client submits a command."""
        self._history.append(invoked(process, command))

    def returned(self, process: str, command: Command, result: Result) -> None:
        """A client is told the result."""
        self.answers += 1
        self._history.append(returned(process, command, result))

    def unknown(self, process: str, command: Command) -> None:
        """A client gives up."""
        self._history.append(unknown(process, command))

    def ended(self, folder: Path) -> None:
        """Write the history down, and judge it."""
        path = folder / HISTORY_FILE
        write_history(path, self._history)
        register = load_specification("register")
        judged = judge(read_history(path, register.calls), register, MOST)
        stuck = None if judged.worst is None else judged.worst.stuck
        if stuck is not None:
            by = f"{stuck} by process {stuck.process}"
            self.found(LINEARIZABILITY, f"{stuck.place}: no order of the commands explains {by}")
        elif judged.verdict is HistoryVerdict.UNKNOWN:
            self.unjudged = "whether the clients' history is linearizable is not known"
