"""The state graph around the state that is looked at, layer by layer.

What follows is found step by step. What leads there only the graph of all states tells, or of
the first so many: what is not among them is not known to lead here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from quorate.checker.tracing.guards import title
from quorate.model.language.interpreter import State

from .showing import changes_of
from .visits import Visits
from .walk import Walk, Way
from .whole import WholeGraph

MOST_NEAR = 120
"""So many states are drawn at most: with more a drawing shows nothing."""
MOST_BEFORE = 60
LARGEST_RADIUS = 6


@dataclass(frozen=True)
class Cut:
    """A layer that was left out: with it, there would be so many states more, too many."""

    layer: int
    states: int

    def json(self) -> dict[str, int]:
        return {"layer": self.layer, "states": self.states}


@dataclass(frozen=True)
class Earlier:
    """A state that leads to another, in so many steps: its number, and the step to it."""

    layer: int
    node: int
    title: str


@dataclass
class LeadingStates:
    """What leads to a state in the graph of all states, or of the first so many."""

    among: int
    """How many states there are in the graph."""
    complete: bool
    known: bool
    """Whether the state itself is in the graph."""
    states: dict[State, Earlier] = field(default_factory=dict)
    cut: Cut | None = None

    def json(self) -> dict[str, Any]:
        return {
            "states": self.among,
            "complete": self.complete,
            "known": self.known,
            "cut": self.cut and self.cut.json(),
        }


@dataclass
class Neighbourhood:
    """The states within some steps of one state, and those before it.

    `layers` has how many steps after the state each one comes, less than 0 for those before it;
    `titles` how it is reached first, `ways` along which way. Those that are not on the way here
    have a number in the whole graph instead, in `numbers`.
    """

    here: State
    layers: dict[State, int] = field(default_factory=dict)
    ways: dict[State, Way] = field(default_factory=dict)
    numbers: dict[State, int] = field(default_factory=dict)
    titles: dict[State, str] = field(default_factory=dict)
    cut: Cut | None = None

    def add(self, state: State, layer: int, way: Way, title: str) -> None:
        """A state, unless it is there."""
        if state not in self.layers:
            self.layers[state], self.ways[state], self.titles[state] = layer, way, title


def leading_to(whole: WholeGraph, here: State, radius: int) -> LeadingStates:
    """The states from which one is reached within some steps, backwards layer by layer."""
    node = whole.node_of(here)
    found = LeadingStates(whole.graph.nodes, whole.found.complete, node is not None)
    frontier = [] if node is None else [node]
    seen = set(frontier)
    for layer in range(1, radius + 1):
        frontier = [k for k in whole.sources_of(frontier) if k not in seen]
        if len(found.states) + len(frontier) > MOST_BEFORE:
            found.cut = Cut(layer, len(frontier))
            break
        seen.update(frontier)
        earlier = (Earlier(layer, k, whole.title_of(k)) for k in frontier)
        found.states |= {whole.state(e.node): e for e in earlier}
    return found


def neighbourhood(
    walk: Walk, way: Sequence[int], radius: int, before: LeadingStates | None = None
) -> Neighbourhood:
    """The states around the end of a way. Use it inside the sizes. Raises InputError."""
    initial, moves = walk.run(way)
    states = [initial, *(m.state for m in moves)]
    titles = ["the initial state", *(title(m.action, m.arguments) for m in moves)]
    found = Neighbourhood(states[-1])
    found.add(states[-1], 0, tuple(way), titles[-1])
    _forward(walk, found, radius)
    for k in range(1, min(radius, len(moves)) + 1):
        found.add(states[-1 - k], -k, tuple(way[:-k]), titles[-1 - k])
    if before is not None:
        _backward(found, before)
    return found


def _backward(found: Neighbourhood, before: LeadingStates) -> None:
    for state, e in before.states.items():
        if state not in found.layers:
            found.layers[state], found.numbers[state] = -e.layer, e.node
            found.titles[state] = e.title


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
            found.cut = Cut(layer, len(following))
            return
        for state, (way, called) in following.items():
            found.add(state, layer, way, called)
        frontier = list(following)


def near_json(
    walk: Walk,
    visits: Visits,
    way: Sequence[int],
    found: Neighbourhood,
    before: LeadingStates | None = None,
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
                "way": list(found.ways[state]) if state in found.ways else None,
                "state": found.numbers.get(state),
                "before": state in found.numbers,
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
        "cut": found.cut and found.cut.json(),
        "before": before and before.json(),
    }
