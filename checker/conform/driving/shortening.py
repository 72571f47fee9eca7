"""Shortening the run on which a difference was met, and repeating it."""

from __future__ import annotations

from collections.abc import Sequence

from quorate.checker.conform.adapters.subject import Subject

from .driver import Act, Begun, DifferenceGroup, Driver, Occurrence
from .graph import ModelGraph
from .judging import TIMES
from .limits import TIME_WAS_UP, Limits
from .walks import Nowhere

WORTH_A_COPY = 10
"""How many steps and probes a copy saves at least."""

MOST_ACTS = 20_000
"""How many steps and probes all runs may have that are tried in order to shorten one."""


class Shortener:
    """Does runs on a subject, to find a shorter one. Use it inside the sizes.

    Every method may raise AdapterError.
    """

    def __init__(
        self,
        graph: ModelGraph,
        subject: Subject,
        protocol: str,
        limits: Limits,
        hidden: int,
    ) -> None:
        self.graph, self.subject, self.protocol = graph, subject, protocol
        self._limits, self._hidden = limits, hidden
        self._left = 0
        self._copying = True  # as far as the adapter makes copies, and they are whole
        self._copied = False
        self.ended_by: str | None = None
        """Why the last run was not shortened to the end; None if it was."""

    def shortened(self, group: DifferenceGroup, met: Occurrence) -> tuple[Occurrence, int]:
        """A difference by a short run, and how often of `TIMES` it was met on that again.

        Where there was no time for that, it is at least the once that the run was found by.
        """
        short = self._shorter(group, met)
        again = self._times(group, short)
        if self._limits.over() and not self._copied:
            return short, max(again, 1)
        if not again and self._copied:  # the copies may not be whole
            self._copying = self._copied = False
            short = self._shorter(group, met)
            again = self._times(group, short)
        return short, again

    def again(
        self,
        group: DifferenceGroup,
        initial: int,
        acts: Sequence[Act],
        begun: Begun | None = None,
    ) -> Occurrence | None:
        """The same difference on a run that is done anew, or on from its beginning."""
        found = self._driver().follow(initial, acts, begun)
        return found.best if found is not None and found.name == group.name else None

    def _times(self, group: DifferenceGroup, met: Occurrence) -> int:
        """How often of `TIMES` it is met again, from the start."""
        again = (self.again(group, met.initial, all_acts(met)) for _ in range(TIMES))
        return sum(x is not None for x in again)

    def _driver(self) -> Driver:
        over = self._limits.over
        return Driver(self.graph, self.subject, Nowhere(), self.protocol, over, self._hidden)

    def _shorter(self, group: DifferenceGroup, met: Occurrence) -> Occurrence:
        """The difference by a run from which nothing can be left out, as far as `MOST_ACTS` go.

        Where the adapter makes copies, what is tried goes on from one of the beginning in common.
        """
        self._left, self.ended_by = MOST_ACTS, None
        met = self._by_its_end(group, met)
        size = max(1, len(met.run) // 2)
        while size:
            k, begun = 0, None
            while k < len(met.run):
                acts = self._without(met, k, k + size)
                if acts is not None:
                    begun = self._begun(met, k, begun)
                found = self._tried(group, met.initial, acts, begun)
                if found is None:
                    k += size
                else:
                    met = found
            size //= 2
        return met

    def _begun(self, met: Occurrence, k: int, begun: Begun | None) -> Begun | None:
        """A copy after not much fewer than the first k acts of a run, if the adapter makes any."""
        new = k - (0 if begun is None else len(begun.run))
        if new < WORTH_A_COPY or new > self._left or not self._copying or self._limits.enough():
            return begun
        self._left -= new
        further = self._driver().begin(met.initial, met.run[:k], begun)
        self._copying = further is not None
        self._copied = self._copied or self._copying
        return further

    def _by_its_end(self, group: DifferenceGroup, met: Occurrence) -> Occurrence:
        """The difference by the model's shortest way to where the end of the run begins.

        Of a long walk the last steps mostly matter: ends of 1, 2, 4, ... steps are tried.
        """
        size, acts = 1, all_acts(met)
        while size < len(met.run) and not self._hidden:
            begin = len(met.run) - size
            before = (act.target for act in reversed(met.run[:begin]) if act.target is not None)
            state = next(before, met.initial)
            way = [Act(*edge) for edge in self.graph.way(state)]
            if len(way) < begin:
                start = self.graph.start_of(state)
                found = self._tried(group, start, [*way, *acts[begin:]])
                if found is not None:
                    return found
            size *= 2
        return met

    def _tried(
        self,
        group: DifferenceGroup,
        initial: int,
        acts: Sequence[Act] | None,
        begun: Begun | None = None,
    ) -> Occurrence | None:
        """The same difference on a shorter run, if there is one and it may still be tried."""
        if acts is None:
            return None
        if self._limits.enough():
            self.ended_by = TIME_WAS_UP
            return None
        new = len(acts) - (0 if begun is None else len(begun.run))
        if new > self._left:
            self.ended_by = f"{MOST_ACTS:,} steps and probes were tried"
            return None
        self._left -= new
        return self.again(group, initial, acts, begun)

    def _without(self, met: Occurrence, start: int, end: int) -> list[Act] | None:
        """The run without some of its steps, if the model still has it."""
        if self._hidden:  # What the model has there is seen only when it is done.
            return [*met.run[:start], *met.run[end:], *all_acts(met)[len(met.run) :]]
        state, acts = met.initial, []
        kept = [*met.run[:start], *met.run[end:]]
        for act in [*kept, *([] if met.code is None else [Act(met.code, met.target)])]:
            target = dict(self.graph.edges(state)).get(act.code)
            if (target is None) != (act.target is None):
                return None
            if target is None and act.code not in self.graph.space.disabled(self.graph.rows[state]):
                return None
            acts.append(Act(act.code, target))
            state = state if target is None else target
        return acts


def all_acts(met: Occurrence) -> list[Act]:
    """The run, and what was tried after it."""
    return [*met.run, *([] if met.code is None else [Act(met.code, met.target)])]
