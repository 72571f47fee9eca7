"""Processes that can be killed and restarted: objects of the code, or system processes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

from quorate.checker.conform.adapter import Refusal

T = TypeVar("T")


class Processes(Generic[T]):
    """Processes by name. `start(name)` makes one, from what its disk holds; `stop` ends one."""

    def __init__(
        self,
        names: Iterable[str],
        start: Callable[[str], T],
        stop: Callable[[T], object] = lambda process: None,
    ) -> None:
        self._start, self._stop = start, stop
        self._alive: dict[str, T | None] = {name: start(name) for name in names}

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

    def is_alive(self, name: str) -> bool:
        """Whether a process was started, and not killed since."""
        return self._alive[name] is not None

    def kill(self, name: str) -> None:
        """End a process; all that it did not write to its disk is lost."""
        process, self._alive[name] = self._alive[name], None
        if process is not None:
            self._stop(process)

    def restart(self, name: str) -> None:
        """Kill a process if it is alive, and start it again."""
        self.kill(name)
        self._alive[name] = self._start(name)

    def close(self) -> None:
        """Kill all."""
        for name in self._alive:
            self.kill(name)
