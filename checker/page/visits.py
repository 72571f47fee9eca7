"""What was looked at: how much of a protocol a walk has met so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from quorate.checker.results import Move
from quorate.model.language.interpreter import Arguments, State

from .disabled import StoppingGuard
from .walk import Walk


@dataclass
class Visits:
    """The states, steps, goals and failing guards that were met."""

    states: set[State] = field(default_factory=set)
    steps: dict[str, set[tuple[State, Arguments]]] = field(default_factory=dict)
    reached: set[str] = field(default_factory=set)
    stopped: set[tuple[str, str, int]] = field(default_factory=set)
    """The guards that stopped an action in a state that was looked at: action, file, line."""

    def add(self, walk: Walk, initial: State, moves: tuple[Move, ...]) -> None:
        """A run, up to the state that is looked at. Use it inside the sizes."""
        before = initial
        for state in (initial, *(m.state for m in moves)):
            if state not in self.states:
                self.states.add(state)
                goals = (p.name for p in walk.description.reachables)
                self.reached.update(name for name in goals if walk.holds(name, state))
        for move in moves:
            self.steps.setdefault(move.action, set()).add((before, move.arguments))
            before = move.state

    def stop(self, action: str, guard: StoppingGuard) -> None:
        """A guard that stopped an action."""
        self.stopped.add((action, guard.file, guard.line))

    def json(self, walk: Walk) -> dict[str, Any]:
        """The coverage so far."""
        return {
            "states": len(self.states),
            "actions": [
                {
                    "name": action.name,
                    "steps": len(self.steps.get(action.name, ())),
                    "guards": [
                        {
                            "text": guard.text,
                            "line": guard.span.line,
                            "stopped": (action.name, guard.span.file, guard.span.line)
                            in self.stopped,
                        }
                        for guard in action.guards
                    ],
                }
                for action in walk.description.actions
            ],
            "goals": [
                {"name": p.name, "reached": p.name in self.reached, "doc": p.doc}
                for p in walk.description.reachables
            ],
        }
