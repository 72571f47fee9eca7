"""Processes of one Python module, forked from a process that has imported it.

To start Python and import a node takes longer than many a run lasts. `python -m` and a fork end in
the same: a process of its own, with its own memory, in a group of its own.

This module is both sides. `ForkServer` asks; `python -m` this module, with a socket and the name of
a module, forks, says how processes ended, and ends them all when whoever asks is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import json
import os
import select
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

Main = Callable[[Sequence[str]], int]
_BYTES = 1 << 18


class Forked:
    """A process that was forked, to wait for."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.ended = asyncio.Event()

    async def wait(self) -> int:
        """Its exit code, or the negative number of a signal."""
        await self.ended.wait()
        assert self.returncode is not None, "it has ended"
        return self.returncode


class ForkServer:
    """Forks processes that run `main(arguments)` of a module; an async context manager."""

    def __init__(self, module: str) -> None:
        self.module = module
        self._forked: dict[int, Forked] = {}
        self._asking = asyncio.Lock()
        self._answers: asyncio.Queue[Forked | None] = asyncio.Queue()
        self._rest = b""

    async def __aenter__(self) -> ForkServer:
        self._socket, theirs = socket.socketpair()
        self._socket.setblocking(False)
        with theirs:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", __name__, str(theirs.fileno()), self.module),
                pass_fds=[theirs.fileno()],
                stdin=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )
        asyncio.get_running_loop().add_reader(self._socket, self._read)
        return self

    async def __aexit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()
        await self._process.wait()

    @property
    def pid(self) -> int:
        """The server's own number."""
        return self._process.pid

    async def fork(
        self, arguments: Sequence[str], environment: Mapping[str, str], fds: Sequence[int]
    ) -> Forked:
        """A new process, with these for its standard input, output and error. Raises OSError."""
        asked = {"arguments": list(arguments), "environment": dict(environment)}
        data = f"{json.dumps(asked)}\n".encode()
        async with self._asking:  # One at a time: the descriptors come with these bytes.
            forked = None
            with contextlib.suppress(BrokenPipeError):
                if socket.send_fds(self._socket, [data], list(fds)) < len(data):
                    raise OSError("the arguments are too long")
                forked = await self._answers.get()
        if forked is None:
            raise OSError(f"{self.module} cannot be forked: its fork server has ended")
        return forked

    def _read(self) -> None:
        data = b""
        with contextlib.suppress(ConnectionError):
            data = self._socket.recv(_BYTES)
        if not data:  # The server has died, and all that it has forked is lost.
            asyncio.get_running_loop().remove_reader(self._socket)
            self._answers.put_nowait(None)
            for forked in self._forked.values():
                self._end(forked, -signal.SIGKILL)
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            pid, code = json.loads(line)
            if code is None:
                self._forked[pid] = Forked(pid)
                self._answers.put_nowait(self._forked[pid])
            else:
                self._end(self._forked.pop(pid), code)

    def _end(self, forked: Forked, code: int) -> None:
        forked.returncode = code
        forked.ended.set()


# ---------------------------------------------------------------- the server's side


def serve(asker: socket.socket, run: Main) -> None:
    """Fork whenever it is asked, until whoever asks is gone."""
    ended, wakes = socket.socketpair()
    wakes.setblocking(False)
    signal.set_wakeup_fd(wakes.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    running: set[int] = set()
    while True:
        ready, _, _ = select.select([asker, ended], [], [])
        if ended in ready:
            ended.recv(_BYTES)
            _report(asker, running)
        if asker not in ready:
            continue
        try:
            data, fds, _, _ = socket.recv_fds(asker, _BYTES, 3)
            while data and not data.endswith(b"\n"):
                data += asker.recv(_BYTES)
        except ConnectionError:  # Whoever asked is gone, and has not read how all of them ended.
            break
        if not data:
            break
        pid = os.fork()
        if pid == 0:
            _become(json.loads(data), fds, [asker, ended, wakes], run)
        with contextlib.suppress(OSError):
            os.setpgid(pid, pid)  # As the process itself does: whoever is first.
        running.add(pid)
        for fd in fds:
            os.close(fd)
        _tell(asker, pid, None)
    for pid in running:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


def _report(asker: socket.socket, running: set[int]) -> None:
    """Say which processes have ended, and how."""
    while running:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        running.discard(pid)
        _tell(asker, pid, os.waitstatus_to_exitcode(status))


def _tell(asker: socket.socket, pid: int, code: int | None) -> None:
    with contextlib.suppress(OSError):  # Whoever asked is gone: the next read will say so.
        asker.sendall(f"{json.dumps([pid, code])}\n".encode())


def _become(asked: Any, fds: Sequence[int], open_: Sequence[socket.socket], run: Main) -> NoReturn:
    """Be the process that was asked for."""
    code = 1
    try:
        os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for each in open_:
            each.close()
        for k, fd in enumerate(fds):
            os.dup2(fd, k)
            os.close(fd)
        os.environ.clear()
        os.environ.update(asked["environment"])
        code = run(asked["arguments"])
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
        os._exit(code)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])), importlib.import_module(sys.argv[2]).main)
