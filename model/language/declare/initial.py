"""How state variables start, and what a crash does to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from .sorts import Nat

NatClass: TypeAlias = type[Nat]


@dataclass(frozen=True)
class Initial:
    """The initial value of a state variable, and whether a crash resets it to that."""

    value: Any
    volatile: bool
    drift: NatClass | None = None  # how far clocks are apart
    private: bool = False

    def complete(self, owner: Any, name: str) -> None:
        """Give the class that declares the variable what comes with it."""


def durable(initially: Any, *, private: bool = False) -> Any:
    """A variable that survives a crash.

    If it is `private`, it is a map keyed first by a process, and a step reads and writes the cells
    of the process that takes it alone.
    """
    return Initial(initially, volatile=False, private=private)


def volatile(initially: Any, *, private: bool = False) -> Any:
    """A map variable, keyed first by a process, whose cells a crash of that process resets.

    `private` is that of `durable`.
    """
    return Initial(initially, volatile=True, private=private)
