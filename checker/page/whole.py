"""The graph of all states, found by compiled breadth-first search; or of the first so many."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from quorate.checker.errors import InputError
from quorate.checker.explore.graph import StateGraph
from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.explore.search.options import BreadthFirst, InMemory
from quorate.checker.results import Exploration, from_the_start
from quorate.model.language.declare.protocol import Protocol
from quorate.model.language.declare.sorts import Sizes
from quorate.model.language.interpreter import State

from .walk import truth

MOST_STATES = 200_000
"""A search for the page ends here: a second, and some hundred bytes a state."""
MOST_DRAWN = 2_000
"""Of a larger graph only a quotient is drawn."""

INITIAL = "an initial state"

Numbers = npt.NDArray[np.int64]


@dataclass
class WholeGraph:
    """The states of a protocol in order of discovery, and their transitions."""

    explorer: Explorer
    found: Exploration
    graph: StateGraph
    classes: dict[tuple[str, ...], tuple[Numbers, Numbers]] = field(default_factory=dict)
    """The classes of the quotient that was asked for last."""

    @cached_property
    def depth(self) -> Numbers:
        """How many steps each state is from an initial one: states come layer by layer."""
        depth = np.zeros(self.graph.nodes, np.int64)
        for node, parent in enumerate(self.explorer.store.parents[: self.graph.nodes].tolist()):
            if node >= self.graph.initial:
                depth[node] = depth[parent] + 1
        return depth

    @property
    def rows(self) -> npt.NDArray[np.uint64]:
        """The words of each state."""
        store = self.explorer.store
        return store.states[: self.graph.nodes * store.words].reshape(-1, store.words)

    @cached_property
    def violated(self) -> list[int]:
        """The states that violate an invariant, by CPython; an undefined one counts as violated."""
        found = self.explorer
        names = found.protocol.methods("invariant")
        with found.sizes:
            states = ((k, found.state(k)) for k in range(self.graph.nodes))
            return [k for k, s in states if not all(truth(found.interpreter, n, s) for n in names)]

    def state(self, node: int) -> State:
        """A state by its number."""
        with self.explorer.sizes:
            return self.explorer.state(node)

    def node_of(self, state: State) -> int | None:
        """The number of a state; None if it was not found."""
        with self.explorer.sizes:
            words = np.asarray(self.explorer.packing.pack(state), np.uint64)
        there = np.flatnonzero((self.rows == words).all(axis=1))
        return int(there[0]) if len(there) else None

    def sources_of(self, nodes: list[int]) -> list[int]:
        """The states from which a step leads to one of these."""
        led = np.isin(self.graph.targets, nodes)
        return [int(k) for k in np.unique(self.graph.sources[led])]

    def title_of(self, node: int) -> str:
        """The step by which a state was found."""
        if node < self.graph.initial:
            return INITIAL
        g, parent = self.graph, int(self.explorer.store.parents[node])
        edge = np.flatnonzero((g.sources == parent) & (g.targets == node))[0]
        return str(g.edge_labels[g.labels[edge]])

    def path_to(self, node: int) -> list[State]:
        """The states of a shortest path to a state. Raises InputError."""
        if node >= self.graph.nodes:
            raise InputError(f"there are {self.graph.nodes:,} states, and no number {node}")
        with self.explorer.sizes:
            initial, moves = self.explorer.path_to(node)
        return [initial, *(m.state for m in moves)]

    def extent(self) -> dict[str, Any]:
        """How many states there are, and whether these are all."""
        return {
            "states": self.graph.nodes,
            "transitions": self.graph.edges,
            "depth": int(self.depth.max(initial=0)),
            "complete": self.found.complete,
            "ended": self.found.outcome.value,
        }


def whole_graph(protocol: type[Protocol], sizes: Sizes, most: int = MOST_STATES) -> WholeGraph:
    """Search all states, whatever they violate, up to `most`. Raises SizeError, InputError."""
    own = Sizes(sizes.elements, dict(sizes), sizes.faults)  # each is entered by one thread
    search = BreadthFirst(storage=InMemory(), limit=most)
    made = from_the_start(lambda: Explorer(protocol, own, search, invariants=()))
    if isinstance(made, Exploration):
        raise InputError("there are no states: `@init` is undefined")
    found = made.run(coverage=False)
    return WholeGraph(made, found, StateGraph(made))


def whole_json(whole: WholeGraph, here: State) -> dict[str, Any]:
    """All states by layers, if they can be drawn; and which violate an invariant."""
    extent = {**whole.extent(), "most": MOST_DRAWN}
    if whole.graph.nodes > MOST_DRAWN:
        return extent
    g = whole.graph
    kept = g.sources != g.targets
    pairs, labels = np.stack([g.sources[kept], g.targets[kept]], axis=1), g.labels[kept]
    edges, first = np.unique(pairs, axis=0, return_index=True)
    return {
        **extent,
        "layers": whole.depth.tolist(),
        "violated": whole.violated,
        "here": whole.node_of(here),
        "edges": edges.tolist(),
        "titles": [str(g.edge_labels[k]) for k in labels[first]],
    }
