"""A child process and everything that it starts: none of them outlives us.

They are ended as a group, by a shell that waits for our end if we are killed. Processes that have
left the group are found by a mark in their environment, if the system shows that (Linux does).
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from quorate.checker.errors import take_posix

GRACE_S = 1.0
"""How long a process may take to end by itself, once nobody asks any more."""

MARK = "QUORATE_CHILD"

WATCH = 'read -r _; kill -s KILL -- "-$1"'
"""Waits for the end of its standard input, and then ends a group."""


class ChildProcess:
    """A process in a group of its own. Raises OSError if it cannot be started."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str] | None = None, **how: Any
    ) -> None:
        take_posix("an adapter or a node in a process of its own")
        mark = uuid.uuid4().hex
        self._mark = f"{MARK}={mark}".encode()
        given = os.environ if environment is None else environment
        self.process = subprocess.Popen(
            command, env={**given, MARK: mark}, start_new_session=True, **how
        )
        self._watch = subprocess.Popen(
            ["/bin/sh", "-c", WATCH, "sh", str(self.process.pid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def ending(self) -> str:
        """How it ended; waits for that."""
        code = self.process.wait()
        return f"exit code {code}" if code >= 0 else signal.Signals(-code).name

    def end(self, grace: float = GRACE_S) -> None:
        """End it and everything that it has started, after a grace period for it alone."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(grace)
        self._watch.kill()
        self._watch.communicate()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        while left := self._left():
            for pid in left:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)

    def _left(self) -> list[int]:
        """The processes that carry our mark. Those that are ended, but not yet gone, carry none."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if self._mark in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
        return found


class WithChild:
    """Something that has a child process, to be used with `with`, which ends the process."""

    def __enter__(self) -> Self:
        try:
            self._begin()
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
        try:
            if error is None:
                self._finish()
        finally:
            self._end()

    def _begin(self) -> None:
        """What the process says first."""
        raise NotImplementedError

    def _finish(self) -> None:
        """What there is to look at when all went well."""

    def _end(self) -> None:
        """End the process and all that it has started."""
        raise NotImplementedError
