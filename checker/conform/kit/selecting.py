"""Waiting for sockets, in the place of `select` and `selectors`."""

from __future__ import annotations

import select
import selectors
from collections.abc import Iterable
from typing import Any

from .host import current
from .net import FIRST_NUMBER, Endpoint
from .waiting import wait


class _File:
    """A file of this process that is no socket, such as a pipe by which code wakes itself."""

    def __init__(self, number: int) -> None:
        self._number = number

    def fileno(self) -> int:
        return self._number

    def readable(self) -> bool:
        return bool(select.select([self._number], [], [], 0)[0])

    def writable(self) -> bool:
        return bool(select.select([], [self._number], [], 0)[1])


def _sockets() -> dict[int, Endpoint]:
    """Those that are open, on the network of the process that asks."""
    host = current()
    return {} if host is None or host.net is None else host.net.sockets


def _open(it: Any, known: dict[int, Endpoint]) -> Endpoint | _File:
    """A socket or file, by its number, or what has one."""
    number = it if isinstance(it, int) else it.fileno()
    if number in known:
        return known[number]
    if not 0 <= number < FIRST_NUMBER:
        raise ValueError(f"{it!r} is no socket that is open")
    return _File(number)


def select_(
    readers: Iterable[Any], writers: Iterable[Any], errors: Any = (), timeout: Any = None
) -> tuple[list[Any], list[Any], list[Any]]:
    """Those that can be read, and written, waiting for one of them."""
    known = _sockets()
    reading = [(x, _open(x, known)) for x in readers]
    writing = [(x, _open(x, known)) for x in writers]

    def found() -> tuple[list[Any], list[Any], list[Any]]:
        return [x for x, s in reading if s.readable()], [x for x, s in writing if s.writable()], []

    wait(lambda: any(found()), timeout)
    return found()


class Poll:
    """`select.poll`, and `select.epoll`, which counts in seconds and not in thousandths."""

    unit = 1000

    def __init__(self, *_: Any, **__: Any) -> None:
        self._masks: dict[int, int] = {}
        self._known = _sockets()

    def register(self, it: Any, mask: int = select.POLLIN | select.POLLOUT) -> None:
        self._masks[_open(it, self._known).fileno()] = mask

    modify = register

    def unregister(self, it: Any) -> None:
        self._masks.pop(it if isinstance(it, int) else it.fileno())

    def poll(self, timeout: float | None = None, *_: Any) -> list[tuple[int, int]]:
        seconds = None if timeout is None or timeout < 0 else timeout / self.unit
        wait(lambda: bool(self._ready()), seconds)
        return self._ready()

    def close(self) -> None:
        self._masks.clear()

    def _ready(self) -> list[tuple[int, int]]:
        found = []
        for number, mask in self._masks.items():
            try:
                it = _open(number, self._known)
            except ValueError:
                found.append((number, select.POLLNVAL))
                continue
            ready = select.POLLIN * it.readable() | select.POLLOUT * it.writable()
            if ready & mask:
                found.append((number, ready & mask))
        return found


class EPoll(Poll):
    """Its flags are those of `poll`."""

    unit = 1


class Selector(selectors.SelectSelector):
    """Any of `selectors`."""

    def _select(self, r: Any, w: Any, _: Any, timeout: Any = None) -> Any:
        return select_(r, w, (), timeout)


OF_SELECTING: dict[Any, Any] = {
    select.select: select_,
    select.poll: Poll,
    selectors.DefaultSelector: Selector,
    selectors.SelectSelector: Selector,
    selectors.PollSelector: Selector,
}
"""What stands in for what."""
if hasattr(select, "epoll"):
    OF_SELECTING |= {select.epoll: EPoll, selectors.EpollSelector: Selector}
