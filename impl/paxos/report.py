"""What a simulated run leaves behind: its log and its counts, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field

from quorate.impl.envelope import Value

from .messages import Message


@dataclass(frozen=True)
class SimulationEvent:
    """One line of a run's log. `detail` is text for people, `message` what was carried."""

    at_s: float
    node: str
    kind: str
    detail: str = ""
    message: Message | None = None


@dataclass(frozen=True)
class Report:
    """What happened in one simulated run."""

    seed: int
    decided: Value | None
    violation: str | None
    committed: tuple[tuple[str, Value], ...]
    virtual_s: float
    steps: int
    sent: int
    delivered: int
    dropped: int
    duplicated: int
    crashes: int
    restarts: int
    log: tuple[SimulationEvent, ...] = field(repr=False)

    @property
    def agreement(self) -> bool:
        """Whether no two values were decided."""
        return self.violation is None
