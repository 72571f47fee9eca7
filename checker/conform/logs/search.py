"""The search for runs that explain a log: line by line, through the states that its lines allow.

A run is stored as a path back from its end, so that Python frees the last part of a run that cannot
be continued. The cost of a line is the number of steps of its states, so the whole search is linear
in the log as long as each line leaves few states.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from quorate.checker.conform.space import Code, Row, Space
from quorate.traces import Value

from .order import Cut, Needs, ready
from .terms import WHOLE, Called, Said

MOST = 500_000
"""States that are entered, besides one for each line."""
MOST_KNOWN = 200_000
MOST_ENDS = 1_000


class Taken(NamedTuple):
    """A way to a state: the one before it, and the steps since, the last one the line's own."""

    row: Row
    before: Taken | None
    file: int
    steps: tuple[Code, ...]


Reached = dict[Row, tuple[Taken, tuple[Code, ...]]]
"""States that hidden steps lead to: where from, and which."""


@dataclass
class Found:
    """What a search found: how many states explain so many lines, and the ends of the furthest."""

    widths: list[int]
    lines: int = 0
    ends: list[tuple[Cut, Taken]] = field(default_factory=list)
    lost: bool = False
    """Whether it was given up, so that a line without explanation may have one."""

    def enter(self, cut: Cut, taken: Taken) -> None:
        """Take note of a state."""
        lines = sum(cut)
        self.widths[lines] += 1
        if lines > self.lines:
            self.lines = lines
            self.ends.clear()
        if lines == self.lines and len(self.ends) < MOST_ENDS:
            self.ends.append((cut, taken))

    @property
    def complete(self) -> bool:
        """Whether all lines are explained."""
        return self.lines == len(self.widths) - 1 and bool(self.ends)


class Judge:
    """What statements are worth in the states of a space. Use it inside the sizes."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self._steps: dict[Row, list[tuple[Code, Row]]] = {}
        self._matching: dict[Called, dict[Code, bool]] = {}
        self._holds: dict[tuple[Called, Row], bool] = {}

    def steps(self, row: Row) -> list[tuple[Code, Row]]:
        """The steps from a state, found once."""
        found = self._steps.get(row)
        if found is None:
            if len(self._steps) > MOST_KNOWN:
                self._steps.clear()
                self._holds.clear()
            found = self._steps[row] = self.space.steps(row)
        return found

    def is_of(self, code: Code, event: Called) -> bool:
        """Whether a step is one of those that an event means."""
        known = self._matching.setdefault(event, {})
        if code not in known:
            call = self.space.call(code)
            known[code] = call.action == event[0] and all(call.args[n] == v for n, v in event[1])
        return known[code]

    def before(self, row: Row, said: Said) -> bool:
        """Whether a state may be the one before the line's own step."""
        return not said.received or said.received <= self._sent(row)

    def after(self, row: Row, said: Said) -> bool:
        """Whether a state may be the one that the line sees."""
        if said.sent and not said.sent <= self._sent(row):
            return False
        value = self.space.value
        for variable, key, wanted in said.cells:
            shown: Any = value(row, variable)
            if (shown if key is WHOLE else shown[key]) != wanted:
                return False
        return all(self.holds(row, called) for called in said.holds)

    def _sent(self, row: Row) -> frozenset[Value]:
        assert self.space.messages is not None
        return self.space.value(row, self.space.messages)  # type: ignore[return-value]

    def holds(self, row: Row, called: Called) -> bool:
        """Whether a predicate is true in a state, for some choice of the arguments left out."""
        key = called, row
        if key not in self._holds:
            self._holds[key] = self.space.holds(row, called[0], dict(called[1]))
        return self._holds[key]

    def explained(self, row: Row, said: Said) -> Iterator[tuple[Row, tuple[Code, ...]]]:
        """The states that a line may see, from one before its own step, and that step."""
        if not self.before(row, said):
            return
        if said.maybe and self.after(row, said):
            yield row, ()
        if said.events is None:
            for code, target in self.steps(row):
                if target != row and self.after(target, said):
                    yield target, (code,)
        for event in said.events or ():
            for code, target in self.steps(row):
                if self.is_of(code, event) and self.after(target, said):
                    yield target, (code,)

    def further(self, edge: Reached, known: Reached) -> Reached:
        """The states one step from an edge that are not known yet; now they are."""
        new: Reached = {}
        for row, (taken, path) in edge.items():
            for code, target in self.steps(row):
                if target not in known:
                    known[target] = new[target] = taken, (*path, code)
        return new


class _Open(NamedTuple):
    """States at which a file's next line is to be explained: some hidden steps from one state."""

    cut: Cut
    file: int
    hidden: int
    """How many steps the edge is away."""
    edge: Reached
    known: Reached


@dataclass
class LogSearch:
    """The search through the files of a log; `hidden` steps may go before each line's own.

    It is depth-first, with as few hidden steps as will do, and enters no state twice with the same
    lines taken. So it looks at no more than all states that explain some lines, and at one for each
    line where the log leaves no choice.
    """

    judge: Judge
    files: Sequence[Sequence[Said]]
    needs: Sequence[Sequence[Needs]]
    hidden: int = 0
    most: int = MOST
    """How many states may be entered, besides one for each line."""

    def run(self) -> Found:
        """Look for a run."""
        self._found = Found([0] * (sum(map(len, self.files)) + 1))
        self._entered: set[tuple[Cut, Row]] = set()
        self._stack: list[_Open] = []
        start = tuple(0 for _ in self.files)
        most = self.most + len(self._found.widths)
        self._enter(start, [Taken(row, None, 0, ()) for row in self.judge.space.initial])
        while self._stack and not self._found.complete:
            if len(self._entered) > most:
                self._found.lost = True
                break
            self._explain(self._stack.pop())
        return self._found

    def _enter(self, cut: Cut, states: list[Taken]) -> None:
        """Go on from states, the first one first, unless that was done before."""
        new = []
        for taken in states:
            if (cut, taken.row) not in self._entered:
                self._entered.add((cut, taken.row))
                self._found.enter(cut, taken)
                edge: Reached = {taken.row: (taken, ())}
                new += [_Open(cut, f, 0, edge, edge) for f in self._ready(cut, taken.row)]
        self._stack += reversed(new)

    def _explain(self, at: _Open) -> None:
        """Enter the states that a file's next line may see."""
        said = self.files[at.file][at.cut[at.file]]
        after = (*at.cut[: at.file], at.cut[at.file] + 1, *at.cut[at.file + 1 :])
        if at.hidden < self.hidden:
            known = dict(at.known)
            edge = self.judge.further(at.edge, known)
            self._stack.append(_Open(at.cut, at.file, at.hidden + 1, edge, known))
        found = [
            Taken(target, taken, at.file, (*path, *own))
            for row, (taken, path) in at.edge.items()
            for target, own in self.judge.explained(row, said)
        ]
        self._enter(after, found)

    def _ready(self, cut: Cut, row: Row) -> Sequence[int]:
        """The files of which a line may come next.

        One is enough whose line says that nothing happened, and is right. It can be moved to the
        front of whatever run explains the rest: it changes nothing. That does not go with hidden
        steps, since those that went before it would then go before another line.
        """
        found = [
            f for f, k in enumerate(cut) if k < len(self.files[f]) and ready(self.needs[f][k], cut)
        ]
        if not self.hidden and len(found) > 1:
            for f in found:
                said = self.files[f][cut[f]]
                if (
                    said.events == ()
                    and self.judge.before(row, said)
                    and self.judge.after(row, said)
                ):
                    return (f,)
        return found


def ways(taken: Taken | None) -> Iterator[Taken]:
    """From a state back to the first one."""
    while taken is not None:
        yield taken
        taken = taken.before


def last_steps(taken: Taken, most: int) -> list[Code]:
    """The last steps of a run, in order."""
    back = itertools.chain.from_iterable(reversed(t.steps) for t in ways(taken))
    return list(itertools.islice(back, most))[::-1]
