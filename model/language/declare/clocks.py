"""Clocks of processes that drift apart, by no more than a declared bound.

The bound is on readings: at any moment the clocks of any two processes are at most `drift` ticks
apart. That is the ε of Gray and Cheriton (Leases, 1989, §5) and the width of a TrueTime interval.
A bound on rates, as in §6.4.1 of Ongaro's dissertation (2014), gives such a bound for every span of
time; so does any synchronisation. Over a span, two clocks advance by numbers that differ by at most
2 · drift: each may have been ahead at one of its ends. The bound is at least 1: a clock shows whole
ticks, and no two of them turn at once.

Only an action of the environment, `tick`, moves a clock, by one. It is written here as a user
would write it, so it means the same in every reading. All sequences of readings within the bound
are found by single ticks: to advance several clocks, take those furthest behind first.
"""

from __future__ import annotations

import linecache
from dataclasses import dataclass
from typing import Any

from quorate.model.language.diagnostics import GENERATED

from .annotations import NotAType
from .initial import Initial
from .protocol import Mark, marker, require, variable_type
from .sorts import Nat
from .types import MapType, NatType, SortType, Type

TICK, TIME_IS_UP = "tick", "time_is_up"

_SOURCE = '''\
def tick(self, n: {process}) -> None:
    """A clock goes on by one, unless it is {drift} ahead of another, or time ends."""
    require(any(self.{clock}[n] < t for t in {time}))
    require(all(any(self.{clock}[n] < self.{clock}[m] + d for d in {drift}) for m in {process}))
    self.{clock}[n] = self.{clock}[n] + 1


def time_is_up(self) -> bool:
    """Every clock shows the last time that the sizes allow: the search ends, not the protocol."""
    return all(all(t <= self.{clock}[n] for t in {time}) for n in {process})
'''


@dataclass(frozen=True)
class ClocksStart(Initial):
    """The declaration of a variable that holds clocks. All start at 0, and survive crashes."""

    def complete(self, owner: Any, name: str) -> None:
        """Give the class what moves its clocks, and says where they end."""
        try:
            t = variable_type(owner, name, owner.__annotations__.get(name, ""))
        except NotAType:
            return  # reported where the class is read
        if (found := clock_types(t)) is None or self.drift is None:
            return
        process, time = found
        names = process.sort.__name__, str(time), self.drift.__name__
        source = _SOURCE.format(process=names[0], time=names[1], drift=names[2], clock=name)
        # The name of the file says all that its text depends on: equal names, equal texts.
        file = f"{GENERATED}{name}: {t} = clocks(drift={names[2]})>"
        lines = source.splitlines(keepends=True)
        linecache.cache[file] = (len(source), None, lines, file)
        sorts = (process.sort, time.sort, self.drift)
        scope: dict[str, Any] = {s.__name__: s for s in sorts if s is not None}
        scope |= {"require": require, "__name__": owner.__module__}
        exec(compile(source, file, "exec"), scope)
        for method, mark in (
            (TICK, Mark("action", by="environment")),
            (TIME_IS_UP, Mark("final")),
        ):
            if method not in vars(owner):
                scope[method].__qualname__ = f"{owner.__qualname__}.{method}"
                setattr(owner, method, marker(mark)(scope[method]))


def clock_types(t: Type | None) -> tuple[SortType, NatType] | None:
    """The processes and the times of a variable of clocks; None if it cannot be one."""
    match t:
        case MapType((SortType() as process,), NatType() as time) if time.sort is not None:
            return process, time
    return None


def clocks(drift: type[Nat]) -> Any:
    """`clock: Map[Process, Time] = clocks(drift=Drift)`: a clock for each process.

    The readings of any two are never more than the size of `drift` apart, at least 1. `Time` is a
    `Nat`: its size says when the search ends. An action may read the clock of one process, which
    is a parameter of it. None may write one. Raises TypeError.
    """
    if not (isinstance(drift, type) and issubclass(drift, Nat) and drift is not Nat):
        raise TypeError(f"clocks({drift!r}): expected a range, `class Drift(Nat): ...`")
    return ClocksStart(0, volatile=False, drift=drift)
