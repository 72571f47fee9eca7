"""How much a solver may do, in counts of its own: a busy machine changes no answer.

One unit of effort is about a second of an idle machine: so many of Z3's resources (`rlimit`), of
cvc5's (`rlimit-per`), of CaDiCaL's conflicts. The clock is looked at too, but only as a backstop,
so late that it strikes where something is wrong with the machine, and then the answer says so.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import z3

Z3_UNITS, CVC5_UNITS, CONFLICTS = 1_000_000, 50_000, 20_000
SPENT = "rlimit count"  # by all of Z3 so far, in its statistics


def backstop(effort: float) -> float:
    """Seconds after which the clock ends what so much effort should long have ended."""
    return 60.0 + 30.0 * effort


def limit(solver: Any, effort: float) -> None:
    """Let each of a Z3 solver's questions take so much effort."""
    solver.set("rlimit", max(1, int(effort * Z3_UNITS)))
    solver.set("timeout", int(1000 * backstop(effort)))


@dataclass
class Budget:
    """Effort that several questions share; `clock` says whether the backstop ended one."""

    effort: float
    clock: bool = False
    left: float = field(init=False)

    def __post_init__(self) -> None:
        self.left = self.effort
        self.ends = time.monotonic() + backstop(self.effort)

    @property
    def over(self) -> bool:
        """Whether nothing is left."""
        self.clock = self.clock or time.monotonic() > self.ends
        return self.clock or self.left <= 0

    @property
    def seconds(self) -> float:
        """Until the clock ends it."""
        return max(0.0, self.ends - time.monotonic())

    def check(self, solver: Any, *assumptions: Any, most: float | None = None) -> Any:
        """Z3's answer with `most` effort at most; `unknown` where nothing is left."""
        if self.over:
            return z3.unknown
        before = spent(solver)
        limit(solver, self.left if most is None else min(most, self.left))
        found = solver.check(*assumptions)
        self.left -= spent(solver) - before
        return found


def spent(solver: Any) -> float:
    """The effort that a Z3 solver, and all others of its context, have spent so far."""
    statistics = solver.statistics()
    if SPENT not in statistics.keys():  # noqa: SIM118
        return 0.0
    return float(statistics.get_key_value(SPENT)) / Z3_UNITS
