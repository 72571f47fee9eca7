"""Adapters that do what no adapter should."""

from __future__ import annotations

import os
from typing import Any

from quorate import kit


class Quiet(kit.Actions):
    def start(self, setting: Any) -> None: ...

    def other(self, action: str, **args: Any) -> Any:
        return set()

    def observe(self) -> dict[str, Any]:
        return {}


class Forks(Quiet):
    """Both processes return, and would answer."""

    def other(self, action: str, **args: Any) -> Any:
        os.fork()
        return set()


class Interrupts(Quiet):
    def other(self, action: str, **args: Any) -> Any:
        raise KeyboardInterrupt("nobody pressed it")


class ClosesEverything(Quiet):
    def other(self, action: str, **args: Any) -> Any:
        os.closerange(3, 100)
        return set()


class ChoosesWhatIsNotThere(Quiet):
    def other(self, action: str, **args: Any) -> Any:
        return {"promised": "b1"}


class NoMethod(Quiet):
    stop = 5  # type: ignore[assignment]


class CannotStop(Quiet):
    def stop(self) -> None:
        raise OSError("the port is taken")


class Fails(Quiet):
    def phase1a(self, b: str) -> Any:
        return self.prepare(b)

    def prepare(self, b: str) -> Any:
        raise OSError("no disk")
