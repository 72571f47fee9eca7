"""An adapter in a process of its own.

A call that does not return can only be ended by ending the process it runs in; the same goes for
an implementation that calls `os._exit`, or crashes the interpreter. A step costs a message there
and back, some 50 µs.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from multiprocessing.connection import Pipe
from typing import Any

from quorate.checker.conform.adapter import (
    AdapterError,
    Contradiction,
    Refusal,
    Setting,
    Unrealisable,
)
from quorate.traces import Value

from .answers import Answer
from .child_process import GRACE_S, ChildProcess, WithChild

STEP_TIMEOUT_S = 10.0
"""An implementation does a step in far less; a step that takes longer has hung."""

LOAD_TIMEOUT_S = 120.0
"""Starting Python and reading the adapter's file takes a second, and more on a busy machine."""


class AdapterProcess(WithChild):
    """The adapter that a name stands for, called in another process. Use it with `with`."""

    def __init__(self, name: str, step_timeout: float = STEP_TIMEOUT_S) -> None:
        self.name, self.step_timeout = name, step_timeout
        self.places: dict[str, str] = {}
        self._connection, theirs = Pipe()
        with theirs:
            fd = theirs.fileno()
            # -P: no file of the folder that we are called in takes the place of a module.
            command = [
                sys.executable,
                "-P",
                "-m",
                "quorate.checker.conform.adapters.child",
                str(fd),
                name,
            ]
            # What the adapter prints is in ASCII where ours is.
            printing = {"PYTHONIOENCODING": f"{sys.stderr.encoding}:backslashreplace"}
            self._child = ChildProcess(
                command,
                {**os.environ, **printing},
                stdin=subprocess.DEVNULL,
                stdout=2,
                pass_fds=[fd],
            )
        self._hung = False

    def _begin(self) -> None:
        self.places = self._received("reading its file", LOAD_TIMEOUT_S)

    def start(self, setting: Setting) -> Answer:
        """Set the adapter up, and look. Raises AdapterError, as the other methods do."""
        self._asked("start", setting)
        try:
            return Answer(self.observe())
        except Contradiction as contradiction:
            return Answer({}, contradiction=str(contradiction))

    def perform(self, action: str, args: Mapping[str, Value]) -> frozenset[Any]:
        """Do one step; the messages sent. Raises Refusal, Unrealisable."""
        sent: frozenset[Any] = self._asked("perform", action, args)
        return sent

    def observe(self) -> Mapping[str, Value]:
        """The variables that the adapter shows."""
        seen: Mapping[str, Value] = self._asked("observe")
        return seen

    def step(self, action: str, args: Mapping[str, Value]) -> Answer:
        """Do one step, and look."""
        answer: Answer = self._asked("step", action, args)
        return answer

    def probe(self, calls: Sequence[tuple[str, Mapping[str, Value]]]) -> Iterator[Answer]:
        """Try steps up to the first that does something."""
        self._ask("probe", calls)
        answers = []
        while (answer := self._received("step", self.step_timeout)) is not None:
            answers.append(answer)
        return iter(answers)

    def snapshot(self) -> Any:
        """The number of a copy, which stays in the process; None if the adapter makes none."""
        return self._asked("snapshot")

    def restore(self, snapshot: Any) -> None:
        """Put a copy back."""
        self._asked("restore", snapshot)

    def value(self, variable: str, shown: Any) -> Value:
        """What comes from the process are values of traces."""
        value: Value = shown
        return value

    def _asked(self, method: str, *arguments: Any) -> Any:
        self._ask(method, *arguments)
        return self._received(method, self.step_timeout)

    def _ask(self, method: str, *arguments: Any) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._connection.send((method, arguments))

    def _received(self, method: str, timeout: float) -> Any:
        asked = self._named(method)
        try:
            if not self._connection.poll(timeout):
                self._hung = True
                limit = f"{timeout:g} s (--step-timeout)" if self.places else f"{timeout:g} s"
                raise AdapterError(f"{asked} does not return within {limit}")
            kind, answer = self._connection.recv()
        except (EOFError, ConnectionResetError):
            raise AdapterError(
                f"the adapter's process ended in {asked.removesuffix(',')}: {self._child.ending()}"
            ) from None
        if kind == "refused":
            raise Refusal(answer)
        if kind == "skipped":
            raise Unrealisable(answer)
        if kind == "contradicted":
            raise Contradiction(answer)
        if kind == "error":
            raise AdapterError(answer)
        return answer

    def _named(self, method: str) -> str:
        if method == "step":
            return f"{self._named('perform')}, or {self._named('observe')} after it,"
        return f"{method} ({place})" if (place := self.places.get(method)) else method

    def _end(self) -> None:
        """End the process and all that it has started."""
        self._connection.close()
        self._child.end(0 if self._hung else GRACE_S)
