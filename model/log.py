"""A log that only grows: all that Multi-Paxos and Raft are for, and nothing of how.

Each position is filled once, in order, and for ever: `SlotLog` has numbered slots, `GrowingLog` a
sequence. They are to a log what `consensus.Consensus` is to one value.
"""

from __future__ import annotations

from .language import *


# fmt: off
class Slot(Ordered, bottom="zero"): ...
class Index(Nat): ...
class Value(Sort): ...
# fmt: on


class SlotLog(Protocol):
    """What is in each slot, once something is."""

    entries: Map[Slot, Value | None] = durable(None)

    @action
    def append(self, s: Slot, v: Value) -> None:
        require(Slot.zero < s and self.entries[s] is None)
        require(all(self.entries[r] is not None for r in Slot if Slot.zero < r and r < s))
        self.entries[s] = v

    @invariant
    def no_holes(self) -> bool:
        return all(
            self.entries[r] is not None
            for s in Slot
            for r in Slot
            if Slot.zero < r and r < s and self.entries[s] is not None
        )

    @step_property
    def what_is_there_stays(self, old: SlotLog) -> bool:
        return all(old.entries[s] is None or self.entries[s] == old.entries[s] for s in Slot)

    @reachable
    def the_log_is_full(self) -> bool:
        return all(self.entries[s] is not None for s in Slot if Slot.zero < s)


class GrowingLog(Protocol):
    """The values in their order; a step adds one or several, as one commit of Raft may."""

    log: Seq[Value, Index] = durable(())

    @action
    def extend(self, longer: Seq[Value, Index]) -> None:
        require(len(self.log) < len(longer))
        require(
            all(longer[n - 1] == self.log[n - 1] for n in Index if n > 0 and n <= len(self.log))
        )
        self.log = longer

    @step_property
    def what_is_there_stays(self, old: GrowingLog) -> bool:
        return self.log[: len(old.log)] == old.log

    @reachable
    def the_log_is_full(self) -> bool:
        return all(n <= len(self.log) for n in Index)
