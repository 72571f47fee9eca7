"""What a search of the states found, whichever engine did it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeVar

from quorate.model.language.diagnostics import StepError, UndefinedAt
from quorate.model.language.interpreter import Arguments, State

NO_STATE = "there is no initial state: no choice of @init is possible, and nothing was looked at"


class Outcome(Enum):
    """How a search ended."""

    HOLDS = "holds"
    VIOLATED = "violated"
    UNDEFINED = "undefined"
    INTERRUPTED = "interrupted"
    OUT_OF_MEMORY = "out of memory"
    LIMIT = "limit reached"
    BOUND = "no violation within the depth"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Move:
    """One step of a path: the action, its arguments, and the state it leads to."""

    action: str
    arguments: Arguments
    state: State


@dataclass(frozen=True)
class Finding:
    """What ended a search: a path, and what is wrong in its last state.

    `initial` is None where nothing was found.
    """

    initial: State | None = None
    path: tuple[Move, ...] = ()
    violated: str | None = None
    undefined: UndefinedAt | None = None

    def outcome(self, ended: Outcome) -> Outcome:
        """How the search ended, once CPython has said what is wrong."""
        if self.initial is None:
            return ended
        return Outcome.VIOLATED if self.undefined is None else Outcome.UNDEFINED

    def depth(self, longest: int) -> int:
        """How many steps lead to what is wrong, that which is undefined included."""
        if self.initial is None:
            return longest
        return len(self.path) + (self.undefined is not None and self.undefined.is_step)


@dataclass(frozen=True)
class GuardCoverage:
    """One `require`: how often it was the first guard to fail, over all states and arguments.

    `bounds`: it only keeps a number within its sort (see `bounds.py`).
    """

    action: str
    line: int
    text: str
    blocked: int
    bounds: bool = False


@dataclass(frozen=True)
class Orbits:
    """What a search that is reduced by symmetry stands for.

    `states` is how many states the orbits found have, `sorts` are those whose elements were
    permuted, `refused` says why those of other sorts were not.
    """

    states: int
    permutations: int
    sorts: tuple[str, ...]
    refused: Mapping[str, str]


@dataclass(frozen=True)
class Spilled:
    """A search that went to the disk when `states` had been found in memory.

    `bytes_per_state` is what a state took on disk at the end, `most_bytes` what all of them did at
    worst.
    """

    states: int
    bytes_per_state: float
    most_bytes: int


@dataclass(frozen=True)
class Resumed:
    """A search that went on from a checkpoint with so many states, or was finished there."""

    states: int
    finished: bool


@dataclass(frozen=True)
class Exploration:
    """A search: its counts, its verdict, and the shortest path to what it found.

    `violated` is an invariant that is false in the last state of `path`; or `undefined` is a step,
    or a property, that has no value there (the path then leads to the state before the step).

    `transitions` counts enabled action instances, those that change nothing included. `depth` is
    the length of the longest shortest path (of the counterexample, if there is one: a step that is
    undefined counts as one). With `orbits`,
    all counts are of orbits: one state of each was expanded. With `por` a violation is found if
    there is one, by a shortest path; what else was not met may be reachable all the same.
    """

    outcome: Outcome
    states: int
    transitions: int
    depth: int
    violated: str | None = None
    initial: State | None = None
    path: tuple[Move, ...] = ()
    fired: Mapping[str, int] = field(default_factory=dict)
    reached: frozenset[str] = frozenset()
    guards: tuple[GuardCoverage, ...] = ()
    seconds: float = 0.0
    bits: int = 0
    words: int = 0
    follow: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # from messages: not kept
    waiting: int = 0
    sampled: int | None = None  # over how many states guards were counted, if not over all
    orbits: Orbits | None = None
    spilled: Spilled | None = None
    resumed: Resumed | None = None
    por: bool = False  # whether steps outside stubborn sets were left out: all counts are without
    undefined: UndefinedAt | None = None
    partial: str | None = None  # what a search that need not be exhaustive left out, in words

    @property
    def full_states(self) -> int:
        """How many states were looked at, those included that others stand for."""
        return self.states if self.orbits is None else self.orbits.states

    @property
    def complete(self) -> bool:
        """Whether every reachable state was looked at."""
        return self.outcome is Outcome.HOLDS

    def warnings(self, reachables: Sequence[str], faults: Mapping[str, str | None]) -> list[str]:
        """Why a pass may mean less than it seems; `faults` maps each action to its budget."""
        if not self.complete:
            return []
        if not self.states:
            return [NO_STATE]
        never = [n for n, times in self.fired.items() if not times and faults.get(n) is None]
        unmet = [name for name in reachables if name not in self.reached]
        idle = (g for g in self.guards if not g.blocked and not g.bounds)
        held = [g for g in idle if self.fired.get(g.action)]
        if self.por:  # what was not met may well be there
            missed = [f"a state that makes `{name}` true" for name in unmet]
            missed += [f"a step of {name}" for name in never]
            missed += [f"a state where {_guard(g)} is false" for g in held]
            return [f"not looked for, since steps are left out: {', '.join(missed)}"] * bool(missed)
        found = [f"action {name} was never enabled" for name in never]
        found += [f"no state makes `{name}` true" for name in unmet]
        return found + [f"{_guard(g)} was never false" for g in held]


def _guard(g: GuardCoverage) -> str:
    return f"{g.action}, line {g.line}: `require({g.text})`"


T = TypeVar("T")


def from_the_start(begin: Callable[[], T]) -> T | Exploration:
    """What `begin` returns; where no state comes first, because `@init` is undefined, that."""
    try:
        return begin()
    except StepError as error:
        if error.at is None or error.at.kind != "init":
            raise
        at = error.at
        return Exploration(Outcome.UNDEFINED, 0, 0, 1, initial=at.state, undefined=at)
