"""An adapter in a process of its own.

A call that does not return can only be ended by ending the process it runs in; the same goes for
an implementation that calls `os._exit`, or crashes the interpreter. A step costs a message there
and back, some 50 µs.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from multiprocessing.connection import Pipe
from types import TracebackType
from typing import Any, Self

from quorate.traces import Trace, Value

from .adapter import AdapterError, Refusal

STEP_TIMEOUT_S = 10.0
"""An implementation does a step in far less; a step that takes longer has hung."""

LOAD_TIMEOUT_S = 120.0
"""Starting Python and reading the adapter's file takes a second, and more on a busy machine."""

GRACE_S = 1.0


class AdapterProcess:
    """The adapter that a name stands for, called in another process. Use it with `with`."""

    def __init__(self, name: str, step_timeout: float = STEP_TIMEOUT_S) -> None:
        self.name, self.step_timeout = name, step_timeout
        self.places: dict[str, str] = {}
        self._connection, theirs = Pipe()
        with theirs:
            fd = theirs.fileno()
            # -P: no file of the folder that we are called in takes the place of a module.
            command = [sys.executable, "-P", "-m", "quorate.checker.conform.child", str(fd), name]
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=2,
                # What the adapter prints is in ASCII where ours is.
                env={**os.environ, "PYTHONIOENCODING": f"{sys.stderr.encoding}:backslashreplace"},
                pass_fds=[fd],
                start_new_session=True,
            )
        self._hung = False

    def __enter__(self) -> Self:
        try:
            self.places = self._received("reading its file", LOAD_TIMEOUT_S)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def start(self, trace: Trace) -> None:
        """Set the adapter up. Raises AdapterError, as the other methods do."""
        self._asked("start", trace)

    def perform(self, action: str, args: Mapping[str, Value]) -> frozenset[Any]:
        """Do one step; the messages sent. Raises Refusal."""
        sent: frozenset[Any] = self._asked("perform", action, args)
        return sent

    def observe(self) -> Mapping[str, Value]:
        """The variables that the adapter shows."""
        seen: Mapping[str, Value] = self._asked("observe")
        return seen

    def _asked(self, method: str, *arguments: Any) -> Any:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._connection.send((method, arguments))
        return self._received(method, self.step_timeout)

    def _received(self, method: str, timeout: float) -> Any:
        place = f" ({self.places[method]})" if self.places.get(method) else ""
        try:
            if not self._connection.poll(timeout):
                self._hung = True
                limit = f"{timeout:g} s (--step-timeout)" if self.places else f"{timeout:g} s"
                raise AdapterError(f"{method}{place} does not return within {limit}")
            kind, answer = self._connection.recv()
        except (EOFError, ConnectionResetError):
            raise AdapterError(
                f"the adapter's process ended in {method}{place}: {self._ending()}"
            ) from None
        if kind == "refused":
            raise Refusal(answer)
        if kind == "error":
            raise AdapterError(answer)
        return answer

    def _ending(self) -> str:
        code = self._process.wait()
        return f"exit code {code}" if code >= 0 else signal.Signals(-code).name

    def _end(self) -> None:
        """End the process and all that it has started."""
        self._connection.close()
        if not self._hung:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(GRACE_S)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
