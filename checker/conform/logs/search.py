"""The search for runs that explain a log: line by line, through the states that its lines allow.

A run is stored as a path back from its end, so that Python frees the last part of a run that cannot
be continued. The cost of a line is the number of steps of its states, so the whole search is linear
in the log as long as each line leaves few states.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from quorate.model.language.interpreter import State

from .order import Cut, Needs, ready
from .reduction import PersistentSets
from .said import Called, Said
from .steps import ModelStep, ModelSteps

MOST = 500_000
"""States that are entered, besides one for each line."""
MOST_KNOWN = 200_000
MOST_ENDS = 1_000


class Taken(NamedTuple):
    """A way to a state: the one before it, and the steps since, the last one the line's own."""

    state: State
    before: Taken | None
    file: int
    steps: tuple[ModelStep, ...]


Reached = dict[State, tuple[Taken, tuple[ModelStep, ...]]]
"""States that hidden steps lead to: where from, and which."""


@dataclass
class Found:
    """What a search found: how many states explain so many lines, and the ends of the furthest."""

    widths: list[int]
    lines: int = 0
    ends: list[tuple[Cut, Taken]] = field(default_factory=list)
    lost: bool = False
    """Whether it was given up, so that a line without explanation may have one."""
    branched: Counter[tuple[int, int]] = field(default_factory=Counter)
    """By file and number of a line, how often there was more than one way to go on with it."""

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


class LineJudge:
    """What statements are worth in the states of a model. Use it inside the sizes."""

    def __init__(self, model: ModelSteps) -> None:
        self.model = model
        self._steps: dict[State, list[tuple[ModelStep, State]]] = {}
        self._holds: dict[tuple[Called, State], bool] = {}

    def steps(self, state: State) -> list[tuple[ModelStep, State]]:
        """The steps from a state, found once."""
        found = self._steps.get(state)
        if found is None:
            if len(self._steps) > MOST_KNOWN:
                self._steps.clear()
            found = self._steps[state] = self.model.steps(state)
        return found

    def before(self, state: State, said: Said) -> bool:
        """Whether a state may be the one before the line's own step."""
        wanted = self.model.wanted(said)
        return not said.received or wanted.received.within(self.model.sent(state))

    def after(self, state: State, said: Said) -> bool:
        """Whether a state may be the one that the line sees."""
        wanted = self.model.wanted(said)
        if said.sent and not wanted.sent.within(self.model.sent(state)):
            return False
        for i, key, value, of_length in wanted.cells:
            found = state[i] if key is None else state[i][key]
            if (len(found) if of_length else found) != value:
                return False
        return all(self.holds(state, called) for called in said.holds)

    def holds(self, state: State, called: Called) -> bool:
        """Whether a predicate is true in a state, for some choice of the arguments left out."""
        key = called, state
        if key not in self._holds:
            if len(self._holds) > MOST_KNOWN:
                self._holds.clear()
            self._holds[key] = self.model.holds(state, called[0], dict(called[1]))
        return self._holds[key]

    def explained(self, state: State, said: Said) -> Iterator[tuple[State, tuple[ModelStep, ...]]]:
        """The states that a line may see, from one before its own step, and that step."""
        if not self.before(state, said):
            return
        if said.maybe and self.after(state, said):
            yield state, ()
        events = self.model.wanted(said).events
        if events is None:
            for step, target in self.steps(state):
                if target != state and self.after(target, said):
                    yield target, (step,)
        possible = False
        for event in events or ():
            for step, target in self.model.steps_of(state, event):
                possible = True
                if self.after(target, said):
                    yield target, (step,)
        if said.blocked and not possible and self.after(state, said):
            yield state, ()

    def further(self, edge: Reached, known: Reached) -> Reached:
        """The states one step from an edge that are not known yet; now they are."""
        new: Reached = {}
        for state, (taken, path) in edge.items():
            for step, target in self.steps(state):
                if target not in known:
                    known[target] = new[target] = taken, (*path, step)
        return new


class _Open(NamedTuple):
    """States at which a file's next line is to be explained: some hidden steps from one state."""

    cut: Cut
    file: int
    hidden: int
    """How many steps the edge is away."""
    edge: Reached
    known: Reached
    able: dict[int, bool]
    """Of files whose next line was tried, whether it can be explained in this state."""


@dataclass
class LogSearch:
    """The search through the files of a log; `hidden` steps may go before each line's own.

    It is depth-first, with as few hidden steps as will do, and enters no state twice with the same
    lines taken. So it looks at no more than all states that explain some lines, and at one for each
    line where the log leaves no choice.
    """

    judge: LineJudge
    files: Sequence[Sequence[Said]]
    needs: Sequence[Sequence[Needs]]
    hidden: int = 0
    most: int = MOST
    """How many states may be entered, besides one for each line."""

    def run(self) -> Found:
        """Look for a run."""
        self._found = Found([0] * (sum(map(len, self.files)) + 1))
        self._entered: set[tuple[Cut, State]] = set()
        self._stack: list[_Open] = []
        start = tuple(0 for _ in self.files)
        most = self.most + len(self._found.widths)
        self._enter(start, [Taken(state, None, 0, ()) for state in self.judge.model.initial], {})
        while self._stack and not self._found.complete:
            if len(self._entered) > most:
                self._found.lost = True
                break
            self._explain(self._stack.pop())
        return self._found

    def _enter(self, cut: Cut, states: list[Taken], able: Mapping[int, bool]) -> None:
        """Go on from states, the first one first, unless that was done before.

        `able` is what is known of the next lines of files in all of them.
        """
        new = []
        for taken in states:
            if (cut, taken.state) not in self._entered:
                self._entered.add((cut, taken.state))
                self._found.enter(cut, taken)
                edge: Reached = {taken.state: (taken, ())}
                known = dict(able)
                files = self._ready(cut, taken.state, known)
                new += [_Open(cut, f, 0, edge, edge, known) for f in files]
        self._stack += reversed(new)

    def _explain(self, at: _Open) -> None:
        """Enter the states that a file's next line may see."""
        said = self.files[at.file][at.cut[at.file]]
        after = (*at.cut[: at.file], at.cut[at.file] + 1, *at.cut[at.file + 1 :])
        if at.hidden < self.hidden:
            known = dict(at.known)
            edge = self.judge.further(at.edge, known)
            self._stack.append(at._replace(hidden=at.hidden + 1, edge=edge, known=known))
        found = {
            target: Taken(target, taken, at.file, (*path, *own))
            for state, (taken, path) in at.edge.items()
            for target, own in self.judge.explained(state, said)
        }
        if len(found) > 1:
            self._found.branched[at.file, at.cut[at.file]] += 1
        kept = {
            f: able
            for f, able in at.able.items()
            if f != at.file
            and not self._persistent_sets.touched(f, at.cut[f], at.file, at.cut[at.file], able)
        }
        self._enter(after, list(found.values()), kept)

    def _ready(self, cut: Cut, state: State, able: dict[int, bool]) -> Sequence[int]:
        """The files to go on with, those that lag behind first; `able` is told of what is tried.

        One is enough whose line says that nothing happened, and is right. It can be moved to the
        front of whatever run explains the rest: it changes nothing. Neither that nor a persistent
        set goes with hidden steps, which may touch anything.
        """
        found = [
            f for f, k in enumerate(cut) if k < len(self.files[f]) and ready(self.needs[f][k], cut)
        ]
        if self.hidden or len(self.files) == 1:
            return found

        def explained(f: int) -> bool:
            if f not in able:
                said = self.files[f][cut[f]]
                able[f] = next(self.judge.explained(state, said), None) is not None
            return able[f]

        for f in found:
            if self.files[f][cut[f]].events == () and explained(f):
                return (f,)
        chosen = self._persistent_sets.chosen(cut, found, explained)
        if len(chosen) > 1:
            self._found.branched.update((f, cut[f]) for f in chosen)
        return sorted(chosen, key=lambda f: cut[f] / len(self.files[f]))

    @cached_property
    def _persistent_sets(self) -> PersistentSets:
        return PersistentSets(self.judge.model, self.files, self.needs)


def ways(taken: Taken | None) -> Iterator[Taken]:
    """From a state back to the first one."""
    while taken is not None:
        yield taken
        taken = taken.before


def last_steps(taken: Taken, most: int) -> list[ModelStep]:
    """The last steps of a run, in order."""
    back = itertools.chain.from_iterable(reversed(t.steps) for t in ways(taken))
    return list(itertools.islice(back, most))[::-1]
