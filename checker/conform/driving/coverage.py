"""Coverage: the transitions, actions and guards that an implementation was driven through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from quorate.checker.conform.deliveries import is_end
from quorate.checker.conform.showing import Row
from quorate.checker.conform.space import Code, Space


@dataclass(frozen=True)
class GuardTried:
    """One guard: how often a step that it disables was tried and refused."""

    line: int
    text: str
    refused: int
    alone: int
    """So often of these it was the only guard that failed."""
    delivery: bool
    """It says that a message exists: without one there is nothing to try."""
    end: bool
    """It keeps a counter or a link within its range; beyond that nothing is tried."""


@dataclass(frozen=True)
class ActionDriven:
    """One action: how often it was taken as in the model."""

    name: str
    environment: bool
    taken: int
    differed: int
    skipped: int
    probed: int
    guards: tuple[GuardTried, ...]

    @property
    def exercised(self) -> bool:
        """Whether the implementation took it, or did something else."""
        return self.taken > 0 or self.differed > 0


@dataclass
class Coverage:
    """Counts what is done. A transition counts once, an action as often as it is taken."""

    space: Space
    steps: int = 0
    probes: int = 0
    skipped: int = 0
    walks: int = 0
    transitions: set[tuple[int, Code]] = field(default_factory=set)
    """Taken as the model has them: the number of the state, and what was done there."""
    not_taken: set[tuple[int, Code]] = field(default_factory=set)
    """Tried, with a difference or skipped."""
    states: set[int] = field(default_factory=set)
    goals: set[str] = field(default_factory=set)
    """What should be reachable, and was reached."""
    _taken: Counter[Code] = field(default_factory=Counter)
    _differed: Counter[Code] = field(default_factory=Counter)
    _skipped: Counter[Code] = field(default_factory=Counter)
    _allowed: Counter[Code] = field(default_factory=Counter)
    _failing: Counter[tuple[Code, tuple[int, ...]]] = field(default_factory=Counter)

    def visit(self, state: int, row: Row) -> None:
        """Both are in a state."""
        if state not in self.states:
            self.states.add(state)
            if len(self.goals) < len(self.space.goals):
                self.goals.update(self.space.reached(row))

    def taken(self, state: int, code: Code) -> None:
        """A step was taken as the model has it."""
        self.steps += 1
        self.transitions.add((state, code))
        self._taken[code] += 1

    def not_done(self, state: int, code: Code) -> None:
        """A step was refused, where the implementation may be in a state that disables it."""
        self.steps += 1
        self.not_taken.add((state, code))

    def differed(self, state: int, code: Code) -> None:
        """A step was done otherwise."""
        self.steps += 1
        self.not_taken.add((state, code))
        self._differed[code] += 1

    def skip(self, state: int, code: Code) -> None:
        """A step could not be brought about."""
        self.skipped += 1
        self.not_taken.add((state, code))
        self._skipped[code] += 1

    def refused(self, row: Row, code: Code) -> None:
        """A step that the model disables was tried, and nothing happened."""
        self.probes += 1
        self._failing[code, self.space.failing(row, code)] += 1

    def allowed(self, code: Code) -> None:
        """A step that the model disables was tried, and something happened."""
        self.probes += 1
        self._allowed[code] += 1
        self._differed[code] += 1

    @property
    def never_enabled(self) -> int:
        """How many steps that no state enables were tried."""
        return sum(map(self.space.is_never_enabled, self._probed()))

    def _probed(self) -> Counter[Code]:
        """How often each step was tried where the model disables it."""
        found = Counter(self._allowed)
        for (code, _), count in self._failing.items():
            found[code] += count
        return found

    def actions(self) -> list[ActionDriven]:
        """The model's actions, in order."""
        space = self.space
        marks = space.protocol.methods("action")
        counts = {
            kind: self._by_action(counter)
            for kind, counter in (
                ("taken", self._taken),
                ("differed", self._differed),
                ("skipped", self._skipped),
                ("probed", self._probed()),
            )
        }
        return [
            ActionDriven(
                name=a.name,
                environment=marks[a.name]._quorate.environment,
                guards=tuple(self._guards(a.name)),
                **{kind: counter[a.name] for kind, counter in counts.items()},
            )
            for a in space.description.actions
        ]

    def _by_action(self, counter: Counter[Code]) -> Counter[str]:
        found: Counter[str] = Counter()
        for code, count in counter.items():
            found[self.space.call(code).action] += count
        return found

    def _guards(self, action: str) -> Sequence[GuardTried]:
        refused: Counter[int] = Counter()
        alone: Counter[int] = Counter()
        for (code, failing), count in self._failing.items():
            if self.space.call(code).action == action:
                refused.update(dict.fromkeys(failing, count))
                if len(failing) == 1:
                    alone[failing[0]] += count
        pairs = zip(self.space.guards(action), self.space.deliveries[action], strict=True)
        return [
            GuardTried(g.span.line, g.text, refused[k], alone[k], delivery, is_end(g))
            for k, (g, delivery) in enumerate(pairs)
        ]
