"""Processes that act by their own clocks."""

from quorate.model.language import (
    Map,
    Nat,
    Protocol,
    Sort,
    action,
    clocks,
    durable,
    invariant,
    require,
)


class Process(Sort): ...


class Time(Nat): ...


class Drift(Nat): ...


class Watch(Protocol):
    """Nothing but clocks, and a process that stops once its own shows 1."""

    clock: Map[Process, Time] = clocks(drift=Drift)
    stopped: Map[Process, bool] = durable(False)

    @action
    def stop(self, p: Process) -> None:
        require(self.clock[p] >= 1)
        self.stopped[p] = True

    @invariant
    def clocks_are_close(self) -> bool:
        return all(
            any(self.clock[p] <= self.clock[q] + d for d in Drift) for p in Process for q in Process
        )


class Agreeing(Watch):
    @invariant
    def all_agree(self) -> bool:
        """Wrong: a bound of 1 lets clocks differ."""
        return all(self.clock[p] == self.clock[q] for p in Process for q in Process)
