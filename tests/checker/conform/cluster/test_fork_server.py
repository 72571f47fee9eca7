"""Processes that are forked: they are as if started, and end with whoever asked for them."""

from __future__ import annotations

import asyncio
import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from quorate.checker.conform.cluster.fork_server import Forked, ForkServer

MODULE = "tests.checker.conform.cluster.forked_main"


@contextmanager
def pipes() -> Iterator[tuple[tuple[int, int, int], int, int]]:
    """What a process gets, and our ends of its input and output."""
    stdin, into = os.pipe()
    output, stdout = os.pipe()
    yield (stdin, stdout, stdout), into, output
    for fd in (stdin, into, output, stdout):
        os.close(fd)


async def forked(server: ForkServer, *arguments: str) -> tuple[Forked, str]:
    """A process that has ended, and what it said."""
    with pipes() as (fds, _, output):
        process = await server.fork(arguments, {"COLOUR": "blue"}, fds)
        await process.wait()
        os.set_blocking(output, False)
        try:
            return process, os.read(output, 1 << 16).decode()
        except BlockingIOError:
            return process, ""


def test_processes_end_as_they_would_by_themselves() -> None:
    async def run() -> None:
        async with ForkServer(MODULE) as server:
            said, failed, killed = await asyncio.gather(
                forked(server, "say"), forked(server, "fail"), forked(server, "die")
            )
        assert (said[0].returncode, said[1]) == (3, f"say blue {said[0].pid}\n")
        assert failed[0].returncode == 1 and "ZeroDivisionError" in failed[1]
        assert killed[0].returncode == -signal.SIGKILL
        assert len({p.pid for p, _ in (said, failed, killed)}) == 3

    asyncio.run(run())


@pytest.mark.parametrize("unread", [False, True])
def test_none_is_left_when_the_server_ends(unread: bool) -> None:
    """Nor if whoever asked has not heard how another process ended."""

    async def run() -> int:
        with pipes() as (fds, _, output):
            async with ForkServer(MODULE) as server:
                process = await server.fork(["sleep"], {}, fds)
                assert os.getpgid(process.pid) == process.pid
                assert os.read(output, 100) == b"sleeping\n"
                if unread:
                    other = await server.fork(["sleep"], {}, fds)
                    asyncio.get_running_loop().remove_reader(server._socket)
                    os.kill(other.pid, signal.SIGKILL)
                    select.select([server._socket], [], [])
        assert server._process.returncode == 0
        return process.pid

    pid = asyncio.run(run())
    with pytest.raises(ProcessLookupError):
        while True:  # it is a child of nobody we know, and may be a zombie for a moment
            os.kill(pid, 0)
            if b"State:\tZ" in Path(f"/proc/{pid}/status").read_bytes():
                raise ProcessLookupError


def test_a_dead_server_is_an_error_and_no_hang() -> None:
    async def run() -> None:
        with pipes() as (fds, _, output):
            async with ForkServer(MODULE) as server:
                process = await server.fork(["sleep"], {}, fds)
                os.read(output, 100)
                os.kill(server.pid, signal.SIGKILL)
                assert await process.wait() == -signal.SIGKILL
                with pytest.raises(OSError, match="its fork server has ended"):
                    await server.fork(["say"], {}, fds)
                os.kill(process.pid, signal.SIGKILL)

    asyncio.run(run())
