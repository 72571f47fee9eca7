"""What a simulated run has in it: servers, faults, clients. And two worlds that show something."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from quorate.impl.errors import ConfigError

from .faults import Faults
from .workload import Habits


@dataclass(frozen=True)
class Plan:
    """The world of a run: `nodes` servers that are members at first, `spares` that are not.

    While faults act, the leader is cut off `isolations` times, with some of the clients.
    """

    nodes: int = 3
    spares: int = 0
    faults: Faults = field(default_factory=Faults)
    clients: int = 3
    calls: int = 10
    drift_bound: int | None = None
    isolations: int = 0
    habits: Habits = field(default_factory=Habits)

    @property
    def names(self) -> tuple[str, ...]:
        """All servers, members first."""
        return tuple(f"n{index}" for index in range(self.nodes + self.spares))

    def __post_init__(self) -> None:
        if self.nodes < 1 or self.clients < 1 or self.calls < 1:
            raise ConfigError("A run needs at least one server, one client and one call.")
        if self.faults.unsynced:
            raise ConfigError("The simulated disks lose no writes: leave unsynced out.")


#: A rough time: everything that a replicated system must survive, at once.
ROUGH: Final = Faults(
    loss=0.15,
    duplication=0.2,
    max_delay_s=0.05,
    crashes=6,
    torn_writes=0.01,
    partitions=4,
    drift=0.5,
)

#: A leader that is cut off again and again, with some of its clients; these are quick, half of them
#: only read, and ask the same server as long as it answers. So whatever it tells them that is out
#: of date is heard.
ISOLATED: Final = Plan(
    faults=Faults(duplication=0.02, max_delay_s=0.004),
    clients=6,
    calls=80,
    isolations=10,
    habits=Habits(pause_s=0.03, retry_s=0.05, readers=3),
)
