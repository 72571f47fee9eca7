"""The threads of one process, one at a time and in a fixed order, on a clock that stands still.

Code that starts threads, takes locks and waits on queues runs here as it is: `stand_in` gives its
modules what is in `waiting.py` in the place of `threading` and `queue`. A thread runs until it
waits for something; then the next one does. So the same steps give the same run, a step is over
when nothing is left to do, and time passes only in `advance`. What depends on where a thread is
interrupted between two of its waits (a data race) is not found.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from .clock import Clock
from .host import Host, current

PATIENCE = 100
"""How often a thread that is to end may go on to wait for something else."""


class Ended(BaseException):
    """Ends a thread at what it waits for. It is no Exception, which code might catch."""


class Stuck(RuntimeError):
    """A call waits for what never comes."""


class Task:
    """One thread: what it waits for, and what became of it."""

    def __init__(self, threads: Threads, name: str, call: Callable[[], object]) -> None:
        self.threads, self.name, self._call = threads, name, call
        self.turn = threading.Semaphore(0)
        self.is_ready: Callable[[], bool] = lambda: True
        self.done = self.ending = False
        self.error: BaseException | None = None
        self._result: Any = None
        _TaskThread(self._run, name).start()

    def result(self) -> Any:
        """What the call returned. Raises Stuck if it still waits."""
        if not self.done:
            raise Stuck(f"{self.name} still waits for something")
        return self._result

    def switch(self) -> None:
        """Let it run until it waits for something, or ends."""
        self.turn.release()
        self.threads.turn.acquire()

    def pause(self, is_ready: Callable[[], bool]) -> None:
        """Called by the thread itself: let others run until something is so."""
        self.is_ready = is_ready
        self.threads.turn.release()
        self.turn.acquire()
        if self.ending:
            raise Ended

    def _run(self) -> None:
        self.turn.acquire()
        _own.task = self
        try:
            with self.threads.entered():
                if not self.ending:
                    self._result = self._call()
        except Ended:
            pass
        except BaseException as error:
            self.error = error
        self.done = True
        self.threads.turn.release()


class _TaskThread(threading.Thread):
    def __init__(self, call: Callable[[], None], name: str) -> None:
        super().__init__(target=call, name=name, daemon=True)


_own = threading.local()
"""`task` of the thread that asks."""


def own_task() -> Task | None:
    """The task of the thread that asks; None for one that is not simulated."""
    return getattr(_own, "task", None)


class Threads(Host):
    """The threads of one process of the model."""

    def __init__(self, clock: Clock | None = None, seed: int = 0) -> None:
        super().__init__(clock, seed)
        self.turn = threading.Semaphore(0)
        self._tasks: list[Task] = []
        self._number = 0

    def run(self, call: Callable[..., object], *args: Any, **named: Any) -> Task:
        """Call the code in a thread of its own, and run until nothing is left to do.

        The call may still wait then, as for an answer. Raises what it raised, or another thread.
        """
        task = self.start(lambda: call(*args, **named))
        self.pump()
        return task

    def call(self, function: Callable[..., Any], *args: Any) -> Any:
        task = self.run(function, *args)
        return task.result() if task.done else None

    def start(self, call: Callable[[], object], name: str = "") -> Task:
        """A thread, which begins when the others wait."""
        self._number += 1
        task = Task(self, name or f"Thread-{self._number}", call)
        self._tasks.append(task)
        return task

    def pump(self) -> None:
        """Run until every thread waits. Raises what a thread raised."""
        before = set(threading.enumerate())
        while (task := next((t for t in self._tasks if t.is_ready()), None)) is not None:
            self._resume(task)
            if task.error is not None:
                error, task.error = task.error, None
                raise error
        for thread in set(threading.enumerate()) - before:
            if not isinstance(thread, _TaskThread):
                raise RuntimeError(
                    f"the code has started the thread {thread.name!r} by itself: "
                    "give the module that does so to stand_in"
                )

    def waiting(self) -> list[str]:
        """The names of the threads that have not ended."""
        return [task.name for task in self._tasks]

    def close(self) -> None:
        """End all threads, at what they wait for. Raises RuntimeError for one that goes on."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.ending = True
            left = PATIENCE
            while not task.done and left:
                task.switch()
                left -= 1
            if not task.done:
                raise RuntimeError(f"the thread {task.name} catches everything, and does not end")
        super().close()

    def wait(self, is_ready: Callable[[], bool], seconds: float | None = None) -> bool:
        """Called by the code: wait until something is so, or time has passed; whether it is so.

        Raises Stuck if nothing is left to do, where no thread calls but the adapter.
        """
        expired: list[bool] = []
        timer = None
        if seconds is not None:
            timer = self.clock.call_later(max(0.0, seconds), expired.append, True)
        try:
            if (task := own_task()) is not None and task.threads is self:
                task.pause(lambda: bool(expired) or is_ready())
            else:
                self._wait_outside(lambda: bool(expired) or is_ready())
        finally:
            if timer is not None:
                timer.cancel()
        return is_ready()

    def _wait_outside(self, is_ready: Callable[[], bool]) -> None:
        self.pump()
        while not is_ready():
            if (when := self.clock.next()) is None:
                raise Stuck("a call waits for what never comes: nothing is left to do")
            self.advance(max(0.0, when - self.clock.time()))

    def _resume(self, task: Task) -> None:
        self._tasks.remove(task)
        task.switch()
        if not task.done:
            self._tasks.append(task)  # all others come first


def the_threads(what: str) -> Threads:
    """The threads that the code is called by. Raises RuntimeError outside of any."""
    host = current()
    if not isinstance(host, Threads):
        raise RuntimeError(f"{what} outside of Threads: call the code by Threads.run")
    return host
