"""Calling a function in processes of their own, several at a time.

Unlike with `multiprocessing`, a process does not import the program that started it: that may come
from standard input, or would do everything again. It is started as
`python -m quorate.checker.workers FD module:function`.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection, Pipe
from queue import SimpleQueue
from typing import Any

from quorate.checker.errors import InputError, take_posix
from quorate.checker.one_thread import one_thread


@contextmanager
def workers(count: int, function: Callable[..., Any]) -> Iterator[Callable[..., Future[Any]]]:
    """A context to call a module's function, `count` calls at a time, in that many processes.

    Arguments and results are pickled. What a call raises is raised by its future; if its process
    ends, that is InputError. At the end of the context all processes stop.
    """
    processes = [_Process(f"{function.__module__}:{function.__qualname__}") for _ in range(count)]
    free: SimpleQueue[_Process] = SimpleQueue()
    for process in processes:
        free.put(process)

    def called(*arguments: Any) -> Any:
        process = free.get()
        try:
            return process.called(arguments)
        finally:
            free.put(process)

    pool = ThreadPoolExecutor(count)
    try:
        yield lambda *arguments: pool.submit(called, *arguments)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.kill()  # a thread that waits for it sees the end of its connection
        pool.shutdown()
        for process in processes:
            process.close()


class _Process:
    """A process that answers one call at a time. Ctrl-C does not reach it: we end it."""

    def __init__(self, function: str) -> None:
        take_posix("work in several processes")
        self._connection, theirs = Pipe()
        with theirs:
            fd = theirs.fileno()
            # -P: no file of the folder that we are called in takes the place of a module.
            command = [sys.executable, "-P", "-m", __name__, str(fd), function]
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[fd],
                start_new_session=True,
            )

    def called(self, arguments: tuple[Any, ...]) -> Any:
        """The result of a call. What it raises is raised here."""
        try:
            self._connection.send(arguments)
            answer = self._connection.recv()
        except (EOFError, ConnectionError):
            code = self._process.wait()
            shown = ", ".join(map(repr, arguments))
            raise InputError(
                f"the process that tried {shown} ended with {code}: is there enough memory?"
            ) from None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def kill(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """Close the connection, once no thread waits for it."""
        self._connection.close()


def main() -> None:
    """Answer calls until the connection is closed, be it that the caller was killed."""
    one_thread()
    connection = Connection(int(sys.argv[1]))
    module, _, name = sys.argv[2].partition(":")
    function = getattr(importlib.import_module(module), name)
    while True:
        try:
            connection.send(_answer(function, connection.recv()))
        except (EOFError, ConnectionError):
            return


def _answer(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    try:
        return function(*arguments)
    except Exception as error:
        error.add_note(f"In the process that was called:\n{traceback.format_exc()}")
        return error


if __name__ == "__main__":
    main()
