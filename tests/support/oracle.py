"""A second opinion on every search: level by level in plain Python, recording all that happens."""

from __future__ import annotations

from dataclasses import dataclass, field

from quorate.model.language import Protocol, Sizes, StepError
from quorate.model.language.interpreter import Arguments, Interpreter, State

Edge = tuple[State, str, Arguments, State]


@dataclass
class Level:
    """The states at one distance, and what is wrong there."""

    states: list[State]
    violated: set[str] = field(default_factory=set)
    undefined: list[str] = field(default_factory=list)  # properties, or steps out of this level
    steps: list[str] = field(default_factory=list)  # of the undefined, those that are steps


@dataclass
class Oracle:
    """Everything reachable, violations and undefined steps notwithstanding.

    From a state outside a constraint of the search, no step is taken.
    """

    levels: list[Level] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    reached: set[str] = field(default_factory=set)
    fired: dict[str, int] = field(default_factory=dict)
    outside: set[State] = field(default_factory=set)
    complete: bool = True

    @property
    def states(self) -> set[State]:
        return {s for level in self.levels for s in level.states}

    @property
    def depth(self) -> int:
        return max(0, len(self.levels) - 1)

    def first(self, what: str) -> int | None:
        """The number of the first level with a violation, or with something undefined."""
        return next((k for k, level in enumerate(self.levels) if getattr(level, what)), None)

    def nearest(self) -> int | None:
        """How many steps lead to what is wrong, one that is undefined included."""
        depths = [
            k + (not level.violated and len(level.undefined) == len(level.steps))
            for k, level in enumerate(self.levels)
            if level.violated or level.undefined
        ]
        return min(depths, default=None)


def consult(protocol: type[Protocol], sizes: Sizes, limit: int) -> Oracle:
    """Explore up to `limit` states. An undefined step of a state hides its later steps."""
    found = Oracle(fired=dict.fromkeys(protocol.methods("action"), 0))
    with sizes:
        interpreter = Interpreter(protocol, sizes)
        seen: set[State] = set()
        front = list(dict.fromkeys(interpreter.initial()))
        while front:
            seen.update(front)
            level = Level(front)
            found.levels.append(level)
            for state in front:
                _check(interpreter, state, level, found)
            following: dict[State, None] = {}
            for state in front:
                if state in found.outside:
                    continue
                try:
                    for action, arguments, after in interpreter.successors(state):
                        found.fired[action] += 1
                        found.edges.append((state, action, arguments, after))
                        if after not in seen:
                            following[after] = None
                        interpreter.load(state)
                except StepError as error:
                    level.undefined.append(str(error))
                    level.steps.append(str(error))
            front = list(following)
            if len(seen) + len(front) > limit:
                found.complete = False
                break
    return found


def _check(interpreter: Interpreter, state: State, level: Level, found: Oracle) -> None:
    for name in interpreter.protocol.methods("reachable"):
        try:
            if interpreter.holds(name, state):
                found.reached.add(name)
        except StepError as error:
            level.undefined.append(f"{name}: {error}")
    try:
        if not interpreter.within(state):
            found.outside.add(state)
    except StepError as error:
        level.undefined.append(f"constraint: {error}")
    for name in interpreter.protocol.methods("invariant"):
        try:
            if not interpreter.holds(name, state):
                level.violated.add(name)
        except StepError as error:
            level.undefined.append(f"{name}: {error}")
