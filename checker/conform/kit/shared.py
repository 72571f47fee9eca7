"""Locks, queues and the like that a module makes while it is imported: each process has its own."""

from __future__ import annotations

import concurrent.futures
import queue
import threading
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from .host import Host, current
from .waiting import OF_THREADING, Condition, Event, Lock, RLock, Semaphore


class OfEach:
    """Stands for an object of which each process has one, made when it is first used."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make, self._outside = make, make()
        self._of: WeakKeyDictionary[Host, Any] = WeakKeyDictionary()

    def mine(self) -> Any:
        """That of the process that asks."""
        host = current()
        if host is None:
            return self._outside
        if host not in self._of:
            self._of[host] = self._make()
        return self._of[host]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.mine(), name)

    def __enter__(self) -> Any:
        return self.mine().__enter__()

    def __exit__(self, *error: object) -> Any:
        return self.mine().__exit__(*error)


def of_each(value: Any, place: str, locks: dict[int, OfEach]) -> OfEach | None:
    """What stands in for an object of `threading`, `queue` or an executor; None for any other.

    `locks` are those of the same module, by what they stand in for. Raises ValueError for one that
    is held, or holds something: whose would that be?
    """
    make = _maker(value, locks)
    if make is None:
        return None
    if isinstance(value, _LOCK | _RLOCK) and not _is_free(value):
        raise ValueError(f"{place} is held while its module is given to stand_in")
    if isinstance(value, queue.Queue | queue.SimpleQueue) and not value.empty():
        raise ValueError(f"{place} holds something while its module is given to stand_in")
    return OfEach(make)


_LOCK, _RLOCK = type(threading.Lock()), type(threading.RLock())


def _is_free(lock: Any) -> bool:
    is_owned = getattr(lock, "_is_owned", bool)  # of an RLock: whether this thread has it
    if is_owned() or not lock.acquire(blocking=False):
        return False
    lock.release()
    return True


def _maker(value: Any, locks: dict[int, OfEach]) -> Callable[[], Any] | None:
    match value:
        case threading.Event():
            return lambda: _told(Event(), value.is_set())
        case threading.Semaphore():
            return lambda: Semaphore(value._value)
        case threading.Condition():
            inner = value._lock  # type: ignore[attr-defined]
            lock = locks.get(id(inner))
            kind = RLock if isinstance(inner, _RLOCK) else Lock
            return lambda: Condition(kind() if lock is None else lock.mine())
        case concurrent.futures.ThreadPoolExecutor():
            return lambda: OF_THREADING[type(value)](value._max_workers)
        case queue.Queue() if type(value) in OF_THREADING:
            return lambda: OF_THREADING[type(value)](value.maxsize)
        case queue.SimpleQueue():
            return OF_THREADING[queue.SimpleQueue]  # type: ignore[no-any-return]
        case _ if isinstance(value, _LOCK):
            return Lock
        case _ if isinstance(value, _RLOCK):
            return RLock
    return None


def _told(event: Event, is_set: bool) -> Event:
    if is_set:
        event.set()
    return event
