"""What simulated clients do: a number of random commands, one after another."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

from quorate.impl.replicated.client import Client
from quorate.impl.store import Command, CompareAndSet, Delete, Get, Put

KEYS: Final = "xy"


@dataclass(frozen=True)
class Habits:
    """How clients go about it: seconds, on the average, from an answer to the next call; seconds
    until a client asks another server; and how many of the clients only read.
    """

    pause_s: float = 0.2
    retry_s: float = 0.3
    readers: int = 0


@dataclass
class Workload:
    """A client with what it has still to do. Each time it gives up it is a new process."""

    client: Client
    calls: int
    random: Random
    reads: bool = False
    """Whether that is all it does."""
    tries: int = 0
    given_up: int = 0

    @property
    def process(self) -> str:
        """Its name in the history."""
        return f"{self.client.name}.{self.given_up}"

    def draw(self) -> Command:
        """The next command."""
        return Get(self.random.choice(KEYS)) if self.reads else draw_command(self.random)


def draw_command(random: Random) -> Command:
    """A command on few keys and values, so that clients are in each other's way."""
    key, value = random.choice(KEYS), str(random.randrange(4))
    old = random.choice([None, *"0123"])
    made = (Get(key), Get(key), Put(key, value), CompareAndSet(key, old, value), Delete(key))
    return random.choice(made)
