"""Helpers for the tests of the bundled protocols: a plain breadth-first search, and scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from quorate.model.language import Protocol
from quorate.model.language.interpreter import Interpreter, State


@dataclass
class Explored:
    """What a search to exhaustion found; `broken` names the invariants that some state breaks."""

    states: int
    transitions: int
    depth: int
    broken: Mapping[str, int]
    reached: Mapping[str, int]

    @property
    def counts(self) -> tuple[int, int, int]:
        return self.states, self.transitions, self.depth


def explore(
    protocol: type[Protocol],
    faults: Mapping[str, int] | None = None,
    until: str | None = None,
    **sizes: int,
) -> Explored:
    """Every reachable state, or those up to the first level that breaks the invariant `until`.

    A property is given with the depth at which it was first broken or reached. Transitions are
    enabled action instances, those that change nothing included.
    """
    with protocol.sized(faults, **sizes) as active:
        interpreter = Interpreter(protocol, active)
        front = interpreter.initial()
        seen, depth, transitions = set(front), 0, 0
        broken: dict[str, int] = {}
        reached: dict[str, int] = {}
        while front:
            for name in protocol.methods("invariant"):
                if name not in broken and not all(interpreter.holds(name, s) for s in front):
                    broken[name] = depth
            for name in protocol.methods("reachable"):
                if name not in reached and any(interpreter.holds(name, s) for s in front):
                    reached[name] = depth
            if until in broken:
                break
            after: list[State] = []
            for state in front:
                for _, _, target in interpreter.successors(state):
                    transitions += 1
                    if target not in seen:
                        seen.add(target)
                        after.append(target)
            depth += bool(after)
            front = after
        return Explored(len(seen), transitions, depth, broken, reached)


@dataclass
class Script:
    """A run of a protocol written out by hand: each step must be enabled."""

    interpreter: Interpreter
    state: State = field(init=False)
    steps: int = 0

    def __post_init__(self) -> None:
        (self.state,) = self.interpreter.initial()

    def __call__(self, action: str, *args: Any) -> None:
        after = self.interpreter.step(self.state, action, args)
        assert after is not None, f"step {self.steps + 1}, {action}{args}, is disabled"
        self.state, self.steps = after, self.steps + 1

    def holds(self, name: str) -> bool:
        return self.interpreter.holds(name, self.state)

    def read(self, variable: str) -> Any:
        return dict(zip(self.interpreter.protocol.variables(), self.state, strict=False))[variable]


@pytest.fixture
def search() -> Callable[..., Explored]:
    return explore


@pytest.fixture
def script() -> Iterator[Callable[..., Script]]:
    """Make a script for a protocol at a bound; the bound stays active for the test."""
    active: list[Any] = []

    def start(
        protocol: type[Protocol], faults: Mapping[str, int] | None = None, **sizes: int
    ) -> Script:
        active.append(protocol.sized(faults, **sizes))
        active[-1].__enter__()
        return Script(Interpreter(protocol, active[-1]))

    yield start
    for sizes in reversed(active):
        sizes.__exit__()
