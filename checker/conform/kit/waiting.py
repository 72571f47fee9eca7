"""What code waits for, in the place of `threading`, `queue` and `concurrent.futures`.

Each class does what the one of its name does in the standard library, for the threads of a
`Threads`: whoever waits lets the others run.
"""

from __future__ import annotations

import concurrent.futures
import queue
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self

from .threads import Task, own_task, the_threads


def wait(is_ready: Callable[[], bool], timeout: float | None = None) -> bool:
    """Wait until something is so, or seconds have passed; whether it is so."""
    if is_ready():
        return True
    if timeout is not None and timeout <= 0:
        return False
    return the_threads("a thread waits").wait(is_ready, timeout)


class Thread:
    """A thread of a `Threads`."""

    def __init__(
        self,
        group: None = None,
        target: Callable[..., object] | None = None,
        name: str | None = None,
        args: Iterable[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        daemon: bool | None = None,
    ) -> None:
        self._target, self._args, self._kwargs = target, tuple(args), dict(kwargs or {})
        self.name, self.daemon = name or type(self).__name__, bool(daemon)
        self.task: Task | None = None

    def start(self) -> None:
        if self.task is not None:
            raise RuntimeError("threads can only be started once")
        self.task = the_threads("a thread is started").start(self._live, self.name)

    def _live(self) -> None:
        try:
            self.run()
        except ConnectionError:
            """As in life this ends the thread alone. Any other error is a mistake to be seen."""

    def run(self) -> None:
        if self._target is not None:
            self._target(*self._args, **self._kwargs)

    def join(self, timeout: float | None = None) -> None:
        if self.task is None:
            raise RuntimeError("cannot join thread before it is started")
        wait(lambda: not self.is_alive(), timeout)

    def is_alive(self) -> bool:
        return self.task is not None and not self.task.done

    def setDaemon(self, daemon: bool) -> None:
        self.daemon = daemon

    @property
    def ident(self) -> int | None:
        return None if self.task is None else id(self.task)


class Timer(Thread):
    """Calls a function after some time, unless it is cancelled."""

    def __init__(
        self,
        interval: float,
        function: Callable[..., object],
        args: Iterable[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(target=function, args=args or (), kwargs=kwargs)
        self.interval, self.finished = interval, Event()

    def cancel(self) -> None:
        self.finished.set()

    def run(self) -> None:
        if not self.finished.wait(self.interval):
            super().run()
        self.finished.set()


class Lock:
    """A lock; whoever asks for it while it is held waits."""

    def __init__(self) -> None:
        self._held = False

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        limit = (None if timeout < 0 else timeout) if blocking else 0
        if not wait(lambda: not self._held, limit):
            return False
        self._held = True
        return True

    def release(self) -> None:
        if not self._held:
            raise RuntimeError("release unlocked lock")
        self._held = False

    def locked(self) -> bool:
        return self._held

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


class RLock(Lock):
    """A lock that its holder may take again."""

    def __init__(self) -> None:
        super().__init__()
        self._holder: Task | None = None
        self._depth = 0

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        if not (self._held and self._holder is own_task()):
            if not super().acquire(blocking, timeout):
                return False
            self._holder = own_task()
        self._depth += 1
        return True

    def release(self) -> None:
        if not self._held or self._holder is not own_task():
            raise RuntimeError("cannot release un-acquired lock")
        self._depth -= 1
        if not self._depth:
            super().release()


class Condition:
    """A condition variable over a lock."""

    def __init__(self, lock: Lock | None = None) -> None:
        self._lock = RLock() if lock is None else lock
        self.acquire, self.release = self._lock.acquire, self._lock.release
        self._waiting: list[Event] = []

    def wait(self, timeout: float | None = None) -> bool:
        told = Event()
        self._waiting.append(told)
        depth = self._lock._depth if isinstance(self._lock, RLock) else 1
        for _ in range(depth):
            self._lock.release()
        try:
            return told.wait(timeout)
        finally:
            if told in self._waiting:
                self._waiting.remove(told)
            for _ in range(depth):
                self._lock.acquire()

    def wait_for(self, predicate: Callable[[], Any], timeout: float | None = None) -> Any:
        clock = the_threads("a thread waits").clock
        end = None if timeout is None else clock.time() + timeout
        while not (found := predicate()):
            left = None if end is None else end - clock.time()
            if left is not None and left <= 0:
                break
            self.wait(left)
        return found

    def notify(self, n: int = 1) -> None:
        for told in self._waiting[:n]:
            self._waiting.remove(told)
            told.set()

    def notify_all(self) -> None:
        self.notify(len(self._waiting))

    def __enter__(self) -> bool:
        return self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


class Event:
    """A flag that threads wait for."""

    def __init__(self) -> None:
        self._set = False

    def is_set(self) -> bool:
        return self._set

    def set(self) -> None:
        self._set = True

    def clear(self) -> None:
        self._set = False

    def wait(self, timeout: float | None = None) -> bool:
        return wait(self.is_set, timeout)


class Semaphore:
    """So many may hold it."""

    def __init__(self, value: int = 1) -> None:
        self._value = value

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
        if not wait(lambda: self._value > 0, timeout if blocking else 0):
            return False
        self._value -= 1
        return True

    def release(self, n: int = 1) -> None:
        self._value += n

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


class Queue(queue.Queue[Any]):
    """A queue; whoever takes from an empty one waits, and who puts into a full one."""

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        if self.maxsize > 0 and not wait(
            lambda: self._qsize() < self.maxsize, timeout if block else 0
        ):
            raise queue.Full
        self._put(item)
        self.unfinished_tasks += 1

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        if not wait(lambda: self._qsize() > 0, timeout if block else 0):
            raise queue.Empty
        return self._get()

    def join(self) -> None:
        wait(lambda: not self.unfinished_tasks)


class LifoQueue(Queue, queue.LifoQueue[Any]):
    """The last comes first."""


class PriorityQueue(Queue, queue.PriorityQueue[Any]):
    """The smallest comes first."""


class Future(concurrent.futures.Future[Any]):
    """What a call of an executor will return."""

    def __init__(self) -> None:
        super().__init__()
        self._condition = Condition()  # type: ignore[assignment]


class ThreadPoolExecutor(concurrent.futures.Executor):
    """Each call has a thread of its own, at most so many at a time."""

    def __init__(self, max_workers: int | None = None, *_: Any, **__: Any) -> None:
        self._room = Semaphore(max_workers or 32)
        self._open = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future:
        future = Future()
        self._open += 1
        the_threads("a call is submitted").start(lambda: self._call(future, fn, args, kwargs))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        if wait:
            _until(lambda: not self._open)

    def _call(self, future: Future, fn: Callable[..., Any], args: Any, kwargs: Any) -> None:
        with self._room:
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(fn(*args, **kwargs))
                except Exception as error:
                    future.set_exception(error)
        self._open -= 1


_until = wait  # a parameter of `shutdown` has this name

OF_THREADING: dict[Any, Any] = {
    threading.Thread: Thread,
    threading.Timer: Timer,
    threading.Lock: Lock,
    threading.RLock: RLock,
    threading.Condition: Condition,
    threading.Event: Event,
    threading.Semaphore: Semaphore,
    threading.BoundedSemaphore: Semaphore,
    queue.Queue: Queue,
    queue.SimpleQueue: Queue,
    queue.LifoQueue: LifoQueue,
    queue.PriorityQueue: PriorityQueue,
    concurrent.futures.ThreadPoolExecutor: ThreadPoolExecutor,
}
"""What stands in for what."""
