"""A door, and code that loses its words for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quorate.kit import Contradiction, Refusal, Setting
from quorate.model.language import Protocol, action, require


class Doors(Protocol):
    opened: bool = False

    @action
    def open(self) -> None:
        require(not self.opened)
        self.opened = True


class DoorsAdapter:
    """Opens the door, and has no word for what it sees from then on, or after a second push."""

    pushes_until_lost = 1

    def start(self, setting: Setting) -> None:
        self.pushes = 0

    def perform(self, action: str, args: Mapping[str, Any]) -> frozenset[Any]:
        self.pushes += 1
        if self.pushes > 1:
            raise Refusal("it is open")
        return frozenset()

    def observe(self) -> Mapping[str, Any]:
        if self.pushes >= self.pushes_until_lost:
            raise Contradiction(f"pushed {self.pushes} times")
        return {"opened": self.pushes > 0}


class LateDoorsAdapter(DoorsAdapter):
    pushes_until_lost = 2


class EarlyDoorsAdapter(DoorsAdapter):
    pushes_until_lost = 0
