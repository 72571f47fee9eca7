"""One node as a process, through all its lives. None of them outlives us."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from quorate.checker.conform.adapters.child_process import WATCH
from quorate.checker.errors import InputError

from .fork_server import ForkServer

VARIABLE = "QUORATE_FAILPOINT"
OUTPUT_FILE = "output.log"
MOST_LINE = 1 << 20


class Process(Protocol):
    """What is common to processes that were started and forked."""

    @property
    def pid(self) -> int: ...

    @property
    def returncode(self) -> int | None: ...

    async def wait(self) -> int: ...


class SupervisedNode:
    """The current life of a node: a process, and whatever it starts, in a group of its own.

    A shell waits for our end, and then ends the group: it does so too if we are killed. A fork
    server does the same for those that it has forked.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        printed: Callable[[str, str], None],
        server: ForkServer | None = None,
    ) -> None:
        self.name, self.folder = name, folder
        self._printed, self._server = printed, server
        self._process: Process | None = None
        self._watch: subprocess.Popen[bytes] | None = None
        self._reader: asyncio.Task[None] | None = None
        self._stdin: int | None = None
        self.killed = False
        """Whether we have killed it in this life."""

    async def start(self, command: Sequence[str], failpoint: str | None) -> None:
        """Begin a life. Raises InputError where the command cannot be started."""
        environment = {k: v for k, v in os.environ.items() if k != VARIABLE}
        if failpoint is not None:
            environment[VARIABLE] = failpoint
        self.killed = False
        stdin, self._stdin = os.pipe()
        output, stdout = os.pipe()
        try:
            with (self.folder / OUTPUT_FILE).open("ab") as errors:
                fds = (stdin, stdout, errors.fileno())
                self._process = await self._started(command, environment, fds)
        except OSError as error:
            os.close(output)
            said = f"{command[0]}: {error.strerror or error}"
            raise InputError(f"{self.name} cannot be started: {said}") from None
        finally:
            os.close(stdin)
            os.close(stdout)
        self._reader = asyncio.create_task(self._read(output))

    async def _started(
        self, command: Sequence[str], environment: dict[str, str], fds: tuple[int, int, int]
    ) -> Process:
        server = self._server
        if server is not None and tuple(command[:3]) == (sys.executable, "-m", server.module):
            return await server.fork(command[3:], environment, fds)
        stdin, stdout, stderr = fds
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            env=environment,
            start_new_session=True,
        )
        self._watch = subprocess.Popen(
            ["/bin/sh", "-c", WATCH, "sh", str(process.pid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        return process

    @property
    def pid(self) -> int | None:
        """The process's number while it runs."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    def kill(self) -> bool:
        """Kill it, and all that it has started; whether it was still alive."""
        alive = self._signal(signal.SIGKILL)
        self.killed |= alive
        return alive

    def pause(self) -> bool:
        """Stop it, and all that it has started, until it may go on; whether it was alive."""
        return self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def tell(self, line: bytes) -> bool:
        """Write to its standard input; whether it was alive."""
        if self.pid is None or self._stdin is None:
            return False
        with contextlib.suppress(BrokenPipeError):
            os.write(self._stdin, line)
        return True

    def _signal(self, signum: signal.Signals) -> bool:
        pid = self.pid
        if pid is None:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signum)
        return True

    async def ended(self) -> int:
        """Wait for the end of this life: its exit code, or the signal's negative number."""
        assert self._process is not None and self._reader is not None, "it was started"
        code = await self._process.wait()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)  # What it has started may hold its output.
        await self._reader
        self._let_go()
        return code

    def abandon(self) -> None:
        """Kill without waiting: the last resort when the event loop is going down."""
        self.kill()
        self._let_go()

    def _let_go(self) -> None:
        if self._stdin is not None:
            os.close(self._stdin)
            self._stdin = None
        if self._watch is not None:
            self._watch.kill()
            self._watch.communicate()
            self._watch = None

    async def _read(self, output: int) -> None:
        reader = asyncio.StreamReader(MOST_LINE)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(output, "rb", buffering=0)
        )
        try:
            with (self.folder / OUTPUT_FILE).open("ab", buffering=0) as kept:
                while True:
                    try:
                        line = await reader.readline()
                    except ValueError:  # a line above the limit, which is dropped
                        continue
                    if not line:
                        return
                    kept.write(line)
                    self._printed(self.name, line.decode(errors="replace").rstrip("\n"))
        finally:
            transport.close()
