"""Peterson's mutual exclusion: two processes, one flag for each and a turn that they share.

Peterson: Myths about the Mutual Exclusion Problem (1981), §2. Each read and each write of a shared
variable is a step of its own, as in the module Peterson of the TLA+ examples (folder
locks_auxiliary_vars). The order of the first two writes is all that the algorithm rests on.
"""

import enum

from .language import *


class Process(Sort, size=2): ...


class At(enum.Enum):
    """Where a process is: what it does next."""

    REMAINDER = "remainder"
    RAISE = "raise"
    YIELD = "yield"
    WAIT = "wait"
    CRITICAL = "critical"
    LOWER = "lower"


class Peterson(Protocol):
    """The turn may belong to either at first: whoever wants to enter gives it to the other."""

    at: Map[Process, At] = volatile(At.REMAINDER)
    wants: Map[Process, bool] = durable(False)
    turn: Process | None = durable(None)

    @init
    def the_turn_is_anyones(self, p: Process) -> None:
        self.turn = p

    @action
    def begin(self, p: Process) -> None:
        """A process may stay outside for ever, so this alone is not fair."""
        require(self.at[p] == At.REMAINDER)
        self.at[p] = At.RAISE

    @action(fair="weak", fair_for="p")
    def raise_flag(self, p: Process) -> None:
        require(self.at[p] == At.RAISE)
        self.wants[p] = True
        self.at[p] = At.YIELD

    @action(fair="weak", fair_for="p")
    def yield_turn(self, p: Process, q: Process) -> None:
        require(self.at[p] == At.YIELD)
        require(q != p)
        self.turn = q
        self.at[p] = At.WAIT

    @action(fair="weak", fair_for="p")
    def enter(self, p: Process) -> None:
        require(self.at[p] == At.WAIT)
        require(self.turn == p or all(not self.wants[q] for q in Process if q != p))
        self.at[p] = At.CRITICAL

    @action(fair="weak", fair_for="p")
    def leave(self, p: Process) -> None:
        require(self.at[p] == At.CRITICAL)
        self.at[p] = At.LOWER

    @action(fair="weak", fair_for="p")
    def lower_flag(self, p: Process) -> None:
        require(self.at[p] == At.LOWER)
        self.wants[p] = False
        self.at[p] = At.REMAINDER

    @define
    def is_inside(self, p: Process) -> bool:
        return self.at[p] == At.CRITICAL or self.at[p] == At.LOWER

    @invariant
    def mutual_exclusion(self) -> bool:
        return all(
            p == q for p in Process for q in Process if self.is_inside(p) and self.is_inside(q)
        )

    @invariant
    def flags_are_up_on_the_way(self) -> bool:
        return all(
            self.wants[p] == (self.at[p] != At.REMAINDER and self.at[p] != At.RAISE)
            for p in Process
        )

    @invariant
    def the_other_waits_its_turn(self) -> bool:
        return all(
            self.turn == p
            or self.at[q] == At.REMAINDER
            or self.at[q] == At.RAISE
            or self.at[q] == At.YIELD
            for p in Process
            for q in Process
            if q != p and self.is_inside(p)
        )

    @leads_to
    def whoever_waits_enters(self, p: Process) -> tuple[bool, bool]:
        return self.at[p] == At.WAIT, self.at[p] == At.CRITICAL

    @reachable
    def both_want_to_enter(self) -> bool:
        return all(self.at[p] == At.WAIT for p in Process)

    @reachable
    def somebody_is_inside(self) -> bool:
        return any(self.is_inside(p) for p in Process)
