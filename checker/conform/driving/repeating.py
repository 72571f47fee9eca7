"""Repeating differences: each is shown once, by a short run that was repeated twice.

The model's shortest run to the state of the difference is tried first, without probes and copies;
then the run on which it was found, without its probes, and finally with them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from quorate.checker.conform.adapters.subject import Subject
from quorate.checker.conform.showing import Row
from quorate.checker.conform.space import Call
from quorate.checker.results import Move
from quorate.checker.tracing.build import make_trace
from quorate.model.language.interpreter import Requirement
from quorate.traces import BothSides, Departure, FrozenMap, Trace, Value, show
from quorate.traces.values import show_key

from .comparing import Comparer, Kind, Unlike
from .consequences import Consequence, Consequences
from .driver import Act, DifferenceGroup, Occurrence
from .graph import ModelGraph
from .judging import TIMES
from .limits import TIME_WAS_UP, Limits
from .shortening import Shortener, all_acts


@dataclass(frozen=True)
class RunStep:
    """One step of a run: what was done, and whether the model disables it."""

    call: Call
    probe: bool


@dataclass(frozen=True)
class FoundDifference:
    """A difference, and how to reproduce it."""

    name: str
    """How it is called where it is accepted: action, kind and variable."""
    action: str
    kind: Kind
    variable: str | None
    count: int
    """How often it was met, in different states."""
    found_at: int
    """After so many steps and probes."""
    unlike: Unlike
    start: int | None
    """The number of the initial state, where the model has several."""
    run: tuple[RunStep, ...]
    """To the last state in which both agree."""
    tried: Call | None
    """What was tried there; None if they do not even start alike."""
    values: tuple[BothSides, ...]
    guards: tuple[tuple[Requirement, str], ...]
    """Each guard of what was tried, and its text."""
    trace: Trace | None
    """The model's run, with the step that is done otherwise if the model has it."""
    seen_again: int
    """How often of `TIMES` it was met when the run was repeated."""
    met: Occurrence
    cut_short: bool = False
    """Whether time was up before it was repeated so often."""
    unfinished: tuple[str, ...] = ()
    """What was not done to the end, and why: shortening, repeating, looking what it leads to."""
    accepted: str | None = None
    """Why it is accepted."""
    consequences: tuple[Consequence, ...] = ()
    """Runs of the code on which an invariant is violated, as far as they were found."""

    @property
    def calls(self) -> list[Call]:
        """All that is done, in order."""
        return [*(step.call for step in self.run), *([] if self.tried is None else [self.tried])]

    @property
    def flaky(self) -> bool:
        """Whether it does not occur every time."""
        return self.seen_again < TIMES and not self.cut_short

    @property
    def needs_probes(self) -> bool:
        """Whether it occurs only after a step that the model disables was tried."""
        return any(step.probe for step in self.run)


class Repeater:
    """Repeats differences on a subject. Use it inside the sizes. Raises AdapterError."""

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
        self._looking = Consequences(graph, subject, protocol, limits.enough, hidden > 0)
        self._runs = Shortener(graph, subject, protocol, limits, hidden)

    def difference(self, group: DifferenceGroup) -> FoundDifference:
        """A group by its shortest run."""
        found: Occurrence | None = None
        for candidate in self._candidates(group.best):
            if (found := self._runs.again(group, *candidate)) is not None:
                break
        if found is None:
            return self._in_time(self.described(group, group.best, 0))
        short = self._in_time(self.described(group, *self._runs.shortened(group, found)))
        if (reason := self._runs.ended_by) is None:
            return short
        more = f"the run was not shortened to the end: {reason}"
        return replace(short, unfinished=(more, *short.unfinished))

    def _in_time(self, found: FoundDifference) -> FoundDifference:
        """A difference, and whether there was time to repeat it."""
        if found.seen_again == TIMES or not self._limits.over():
            return found
        more = f"the run was not repeated to the end: {TIME_WAS_UP}"
        return replace(found, cut_short=True, unfinished=(more,))

    def pursued(self, found: FoundDifference) -> FoundDifference:
        """A difference with what it leads to, if it comes every time."""
        if found.flaky:
            return found
        consequences = self._looking.of(found.met)
        if not self._looking.ended:
            return replace(found, consequences=consequences)
        more = f"what it leads to was not looked for to the end: {TIME_WAS_UP}"
        unfinished = (*found.unfinished, more)
        return replace(found, consequences=consequences, unfinished=unfinished)

    def _candidates(self, met: Occurrence) -> Iterator[tuple[int, list[Act]]]:
        run, end = list(met.run), all_acts(met)[len(met.run) :]
        way = [Act(*edge) for edge in self.graph.way(met.state)]
        if self._hidden:  # What happens unasked cannot be asked for.
            yield met.initial, [*run, *end]
            return
        yield self.graph.start_of(met.state), [*way, *end]
        yield met.initial, [*(act for act in run if act.target is not None), *end]
        yield met.initial, [*run, *end]

    # ------------------------------------------------------------ describing

    def described(
        self, group: DifferenceGroup, met: Occurrence, seen_again: int
    ) -> FoundDifference:
        """An occurrence of a group, with the values on both sides and the guards."""
        space = self.graph.space
        call = None if met.code is None else space.call(met.code)
        row, values = self.graph.rows[met.state], tuple(self._values(met))
        return FoundDifference(
            name=group.name,
            action=group.action,
            kind=group.kind,
            variable=group.variable,
            count=group.count,
            found_at=group.first_at,
            unlike=met.unlike,
            start=met.initial if len(self.graph.initial) > 1 else None,
            run=tuple(RunStep(space.call(a.code), a.target is None) for a in met.run),
            tried=call,
            values=values,
            guards=() if call is None else tuple(self._guards(row, call)),
            trace=replace(self._traced(met), departure=_departure(group.kind, met, call, values)),
            seen_again=seen_again,
            met=met,
        )

    def _guards(self, row: Row, call: Call) -> list[tuple[Requirement, str]]:
        texts = (g.text for g in self.graph.space.guards(call.action))
        return list(zip(self.graph.space.requirements(row, call), texts, strict=False))

    def _values(self, met: Occurrence) -> Iterator[BothSides]:
        """What either side changed, cell by cell."""
        comparer = Comparer(self.graph.space, self.subject)
        before = comparer.of(self.graph.rows[met.state])
        target = met.state if met.target is None else met.target
        model, code = comparer.of(self.graph.rows[target]), comparer.read(met.answer)
        network = self.graph.space.messages
        if network is not None and network not in code:
            held = before[network]
            assert isinstance(held, frozenset)
            code[network] = held | met.answer.sent
        kind = self.graph.space.network
        delivered_once = () if kind is None or kind.grows else kind.names
        for name in model:
            was, should, found = before[name], model[name], code.get(name)
            if name in delivered_once and name not in code:  # what was sent is known, and no more
                if name == met.unlike.variable:
                    yield BothSides("sent", "", met.unlike.model, met.unlike.code)
            elif name == network:
                yield from _shown_messages(was, should, found)
            elif isinstance(should, FrozenMap) and isinstance(was, FrozenMap):
                for key in should:
                    cell = found[key] if isinstance(found, FrozenMap) else None
                    place = f"{name}[{show_key(key)}]"
                    yield from _shown(place, was[key], should[key], cell, name in code)
            else:
                yield from _shown(name, was, should, found, name in code)

    def _traced(self, met: Occurrence) -> Trace:
        steps = [(act.code, act.target) for act in met.run if act.target is not None]
        initial = met.initial
        if self._hidden:
            steps, initial = self.graph.way(met.state), self.graph.start_of(met.state)
        if met.code is not None and met.target is not None:
            steps.append((met.code, met.target))
        space, rows = self.graph.space, self.graph.rows
        calls = ((space.call(code), space.state(rows[target])) for code, target in steps)
        path = [Move(call.action, call.arguments, state) for call, state in calls]
        start = space.state(rows[initial])
        return make_trace(space.protocol, self.protocol, space.sizes, start, path)


def _departure(
    kind: Kind, met: Occurrence, call: Call | None, values: tuple[BothSides, ...]
) -> Departure:
    """What is done otherwise; by its words alone where the code's state says nothing of it."""
    if kind in (Kind.STARTS, Kind.REFUSES, Kind.CHOOSES, Kind.CONTRADICTS) or not values:
        values = (BothSides(met.unlike.place, "", met.unlike.model, met.unlike.code),)
    tried = None if call is None else str(call)
    return Departure(kind.meaning, tried, call is not None and met.target is not None, values)


def _shown(place: str, was: Value, should: Value, found: Value, seen: bool) -> Iterator[BothSides]:
    if should != was or (seen and found != should):
        yield BothSides(place, show(was), show(should), show(found) if seen else None)


def _shown_messages(was: Value, should: Value, found: Value) -> Iterator[BothSides]:
    assert isinstance(was, frozenset) and isinstance(should, frozenset)
    assert isinstance(found, frozenset)
    if should != was or found != should:
        yield BothSides("sent", "", _listed(should - was), _listed(found - was))


def _listed(messages: frozenset[Value]) -> str:
    return ", ".join(sorted(map(show, messages))) or "nothing"
