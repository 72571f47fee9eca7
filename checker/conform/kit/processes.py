"""Processes that can be killed and restarted: objects of the code, or system processes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

from quorate.checker.conform.adapter import Refusal, Unrealisable

from .host import Host

T = TypeVar("T")
R = TypeVar("R")

MOST_TIMERS = 1000
"""How many timers may go off before what is waited for."""


class Processes(Generic[T]):
    """Processes by name: `kill` ends one, `restart` begins it anew.

    `start(name)` makes one from what its disk holds; `stop`, if given, ends what it set up. Each
    has a host of its own, made by `host`: its time, and what runs its threads or coroutines.
    """

    def __init__(
        self,
        names: Iterable[str],
        start: Callable[[str], T],
        stop: Callable[[T], object] = lambda process: None,
        host: Callable[[], Host] = Host,
    ) -> None:
        self._start, self._stop, self._new_host = start, stop, host
        self._alive: dict[str, T | None] = {}
        self.hosts: dict[str, Host] = {}
        """What each runs on, or ran."""
        for name in names:
            self._started(name)

    def __getitem__(self, name: str) -> T:
        """A process. Raises Refusal if it is dead: a dead process does nothing."""
        if (process := self._alive[name]) is None:
            raise Refusal(f"{name} is dead")
        return process

    def __iter__(self) -> Iterator[str]:
        """All names, of the dead too."""
        return iter(self._alive)

    def __len__(self) -> int:
        return len(self._alive)

    def items(self) -> Iterator[tuple[str, T]]:
        """Those that are alive."""
        return ((name, p) for name, p in self._alive.items() if p is not None)

    def each(self, show: Callable[[T], R]) -> dict[str, R]:
        """What is shown of each that is alive, by name."""
        return {name: show(process) for name, process in self.items()}

    def is_alive(self, name: str) -> bool:
        """Whether a process was started, and not killed since."""
        return self._alive[name] is not None

    def call(self, name: str, function: Callable[..., R], *args: Any) -> R | None:
        """Call a function of a process, `function(process, *args)`, and run all that follows.

        Returns what it returned, None if it still waits. Raises Refusal if the process is dead.
        """
        returned: R | None = self.hosts[name].call(function, self[name], *args)
        return returned

    def until(self, name: str, is_so: Callable[[T], object]) -> None:
        """Let time pass for one process alone until something is so, timer by timer.

        Raises Unrealisable if that does not come.
        """
        process, host = self[name], self.hosts[name]
        for _ in range(MOST_TIMERS):
            if is_so(process):
                return
            if not host.expire():
                break
        raise Unrealisable(f"{name} waits for nothing that time alone would bring")

    def kill(self, name: str) -> None:
        """End a process; all that it did not write to its disk is lost."""
        process, self._alive[name] = self._alive[name], None
        if process is not None:
            with self.hosts[name].entered():
                self._stop(process)
            self.hosts[name].close()

    def restart(self, name: str) -> None:
        """Kill a process if it is alive, and start it again."""
        self.kill(name)
        self._started(name)

    def close(self) -> None:
        """Kill all."""
        for name in self._alive:
            self.kill(name)

    def _started(self, name: str) -> None:
        host = self.hosts[name] = self._new_host()
        host.name = name
        self._alive[name] = None
        self._alive[name] = host.call(self._start, name)
