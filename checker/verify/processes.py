"""Trying mutants in processes of their own, several at a time.

A process receives the names of mutants over a connection. Unlike with `multiprocessing`, it does
not import the program that started it: that may come from standard input, or would verify again.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Pipe
from pathlib import Path
from queue import SimpleQueue

from quorate.checker.errors import InputError

from .mutants import MutantResult


@contextmanager
def processes(count: int, folder: Path) -> Iterator[Callable[[str], Future[MutantResult]]]:
    """A context that tries mutants by name, `count` at a time; at its end all processes stop."""
    workers = [_Worker() for _ in range(count)]
    free: SimpleQueue[_Worker] = SimpleQueue()
    for worker in workers:
        free.put(worker)

    def tried(name: str) -> MutantResult:
        worker = free.get()
        try:
            return worker.tried(name, folder)
        finally:
            free.put(worker)

    pool = ThreadPoolExecutor(count)
    try:
        yield lambda name: pool.submit(tried, name)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for worker in workers:
            worker.kill()  # a thread that waits for it sees the end of its connection
        pool.shutdown()
        for worker in workers:
            worker.close()


class _Worker:
    """A process that tries one mutant at a time. Ctrl-C does not reach it: we end it."""

    def __init__(self) -> None:
        self._connection, theirs = Pipe()
        with theirs:
            fd = theirs.fileno()
            # -P: no file of the folder that we are called in takes the place of a module.
            command = [sys.executable, "-P", "-m", "quorate.checker.verify.worker", str(fd)]
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[fd],
                start_new_session=True,
            )

    def tried(self, name: str, folder: Path) -> MutantResult:
        """The result of a mutant. An exception in the process is raised here."""
        try:
            self._connection.send((name, folder))
            answer = self._connection.recv()
        except (EOFError, ConnectionError):
            code = self._process.wait()
            raise InputError(
                f"the process that tried the mutant {name} ended with {code}: is there enough "
                "memory?"
            ) from None
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, MutantResult)
        return answer

    def kill(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """Close the connection, once no thread waits for it."""
        self._connection.close()
