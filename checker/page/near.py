"""The state graph around the state that is looked at, layer by layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from quorate.checker.tracing.guards import title
from quorate.model.language.interpreter import State

from .showing import changes_of
from .visits import Visits
from .walk import Walk, Way

MOST_NEAR = 120
"""So many states are drawn at most: with more a drawing shows nothing."""
LARGEST_RADIUS = 6


@dataclass
class Neighbourhood:
    """The states within some steps of one state, and those before it on the path.

    `layers` has how many steps after the state each one comes, less than 0 on the way to it;
    `ways` and `titles` how it is reached first. `cut` is the layer that was left out because there
    were too many states, and how many it would have added.
    """

    here: State
    layers: dict[State, int] = field(default_factory=dict)
    ways: dict[State, Way] = field(default_factory=dict)
    titles: dict[State, str] = field(default_factory=dict)
    cut: tuple[int, int] | None = None

    def add(self, state: State, layer: int, way: Way, title: str) -> None:
        """A state, unless it is there."""
        if state not in self.layers:
            self.layers[state], self.ways[state], self.titles[state] = layer, way, title


def neighbourhood(walk: Walk, way: Sequence[int], radius: int) -> Neighbourhood:
    """The states around the end of a way. Use it inside the sizes. Raises InputError."""
    initial, moves = walk.run(way)
    states = [initial, *(m.state for m in moves)]
    titles = ["the initial state", *(title(m.action, m.arguments) for m in moves)]
    found = Neighbourhood(states[-1])
    found.add(states[-1], 0, tuple(way), titles[-1])
    _forward(walk, found, radius)
    for k in range(1, min(radius, len(moves)) + 1):
        found.add(states[-1 - k], -k, tuple(way[:-k]), titles[-1 - k])
    return found


def _forward(walk: Walk, found: Neighbourhood, radius: int) -> None:
    frontier = [found.here]
    for layer in range(1, radius + 1):
        following: dict[State, tuple[Way, str]] = {}
        for state in frontier:
            for number, step in enumerate(walk.steps(state)):
                if step.after is not None and step.after not in found.layers:
                    reached = (*found.ways[state], number), title(step.action, step.arguments)
                    following.setdefault(step.after, reached)
        if len(found.layers) + len(following) > MOST_NEAR:
            found.cut = layer, len(following)
            return
        for state, (way, called) in following.items():
            found.add(state, layer, way, called)
        frontier = list(following)


def near_json(
    walk: Walk, visits: Visits, way: Sequence[int], found: Neighbourhood
) -> dict[str, Any]:
    """A neighbourhood as the page draws it."""
    numbers = {state: k for k, state in enumerate(found.layers)}
    initial, moves = walk.run(way)
    path = {initial, *(m.state for m in moves)}
    edges: dict[tuple[int, int], list[str]] = {}
    for state, source in numbers.items():
        for step in walk.steps(state):
            target = None if step.after is None else numbers.get(step.after)
            if target is not None and target != source:
                called = title(step.action, step.arguments)
                edges.setdefault((source, target), []).append(called)
    return {
        "nodes": [
            {
                "layer": layer,
                "way": list(found.ways[state]),
                "title": found.titles[state],
                "here": state == found.here,
                "path": state in path,
                "visited": state in visits.states,
                "violated": walk.violated(state),
                "rests": walk.rests(state),
                "differs": [c["text"] for c in changes_of(walk, found.here, state)],
            }
            for state, layer in found.layers.items()
        ],
        "edges": [{"from": a, "to": b, "titles": titles} for (a, b), titles in edges.items()],
        "cut": None if found.cut is None else {"layer": found.cut[0], "states": found.cut[1]},
    }
