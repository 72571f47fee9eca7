"""What simulated clients do: a number of random commands, one after another."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

from quorate.impl.replicated.client import Client
from quorate.impl.store import Command, CompareAndSet, Delete, Get, Put

KEYS: Final = "xy"


@dataclass
class Workload:
    """A client with what it has still to do. Each time it gives up it is a new process."""

    client: Client
    calls: int
    random: Random
    tries: int = 0
    given_up: int = 0

    @property
    def process(self) -> str:
        """Its name in the history."""
        return f"{self.client.name}.{self.given_up}"

    def draw(self) -> Command:
        """The next command."""
        return draw_command(self.random)


def draw_command(random: Random) -> Command:
    """A command on few keys and values, so that clients are in each other's way."""
    key, value = random.choice(KEYS), str(random.randrange(4))
    old = random.choice([None, *"0123"])
    made = (Get(key), Get(key), Put(key, value), CompareAndSet(key, old, value), Delete(key))
    return random.choice(made)
