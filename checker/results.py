"""The result of a search, the same for every engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeVar

from quorate.model.language.diagnostics import StepError, UndefinedAt
from quorate.model.language.interpreter import Arguments, State

DEADLOCK = "deadlock freedom"
"""What a state violates in which no step leads to another state, unless it is final."""

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
    WITHIN = "no violation within the constraint"
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

    `initial` is None if nothing was found.
    """

    initial: State | None = None
    path: tuple[Move, ...] = ()
    violated: str | None = None
    undefined: UndefinedAt | None = None

    def outcome(self, ended: Outcome, outside: int = 0) -> Outcome:
        """How the search ended, after CPython has confirmed what is wrong.

        Where nothing is, `outside` states were not expanded, so a complete search was not.
        """
        if self.initial is None:
            return Outcome.WITHIN if outside and ended is Outcome.HOLDS else ended
        return Outcome.VIOLATED if self.undefined is None else Outcome.UNDEFINED

    def depth(self, longest: int) -> int:
        """The number of steps to the violation, or up to and including the undefined step."""
        if self.initial is None:
            return longest
        return len(self.path) + (self.undefined is not None and self.undefined.is_step)


@dataclass(frozen=True)
class GuardCoverage:
    """One `require`: how often it was the first guard to fail, over all states and arguments.

    `bounds` says that it only keeps a number within its sort, `links` that it asks for room on a
    fifo link (see `explore/bounds.py`).
    """

    action: str
    line: int
    text: str
    blocked: int
    bounds: bool = False
    links: bool = False

    def __str__(self) -> str:
        return f"{self.action}, line {self.line}: `require({self.text})`"


@dataclass(frozen=True)
class Orbits:
    """What a search with symmetry reduction covers.

    `states` is the number of states in the orbits found. `sorts` are those whose elements were
    permuted; `refused` says why others were not, `special` what is special about some that were:
    they are ordered, or it took a proof.
    """

    states: int
    permutations: int
    sorts: tuple[str, ...]
    refused: Mapping[str, str]
    special: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Spilled:
    """A search that continued on disk when `states` had been found in memory.

    `bytes_per_state` is the size of a state on disk at the end, `most_bytes` the most that the
    files took.
    """

    states: int
    bytes_per_state: float
    most_bytes: int


@dataclass(frozen=True)
class Resumed:
    """A search that resumed from a checkpoint with so many states, or was finished there."""

    states: int
    finished: bool


@dataclass(frozen=True)
class Exploration:
    """A search: its counts, its verdict, and the path to what it found.

    `violated` is an invariant that is false in the last state of `path`. Or `undefined` is a step
    or property that is undefined there (the path then leads to the state before the step).

    `transitions` counts enabled action instances, also those that change nothing. `depth` is the
    largest distance of a state from the initial ones; if there is a counterexample, its length,
    including an undefined step. With `orbits`, all counts are of orbits: one state of each was
    expanded. With `por`, a violation is found if there is one, but goals and actions that were not
    met may still be reachable; the path is a shortest one, unless the search was eager. From the
    `outside` states (or orbits), which a @constraint excludes, no step was taken: the outcome is
    then no better than WITHIN.
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
    por: bool = False  # whether steps were left out (--por, --eager): all counts are without
    undefined: UndefinedAt | None = None
    partial: str | None = None  # what a search that need not be exhaustive left out, in words
    outside: int = 0

    @property
    def full_states(self) -> int:
        """The number of states, counting every state of an orbit."""
        return self.states if self.orbits is None else self.orbits.states

    @property
    def complete(self) -> bool:
        """Whether every reachable state was checked."""
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
        if self.por:  # what was not met may still be reachable
            missed = [f"a state that makes `{name}` true" for name in unmet]
            missed += [f"a step of {name}" for name in never]
            missed += [f"a state where {g} is false" for g in held]
            return [f"not looked for, since steps are left out: {', '.join(missed)}"] * bool(missed)
        found = [f"action {name} was never enabled" for name in never]
        found += [f"no state makes `{name}` true" for name in unmet]
        return found + [f"{g} was never false" for g in held]


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
