"""The graph of all states, with what has to be treated fairly as bits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from quorate.checker.explore.expand import Label
from quorate.checker.explore.graph import StateGraph
from quorate.model.language import SizeError
from quorate.model.language.ir import core as c

from .passes import depths, enabled_units
from .results import FairUnit

MOST_UNITS = 64

Words = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.uint32]


@dataclass
class FairGraph:
    """A state graph by its rows: the edges that leave state k are offsets[k] : offsets[k + 1].

    `units` are those with a step somewhere; bit i stands for units[i]. `unit_of[e]` is the unit
    that edge e belongs to, or -1; an action is fair in one way, so there is at most one.
    `enabled[k]` are the units of which a step leads from state k to another state. Raises SizeError
    if there are too many.
    """

    graph: StateGraph

    def __post_init__(self) -> None:
        g = self.graph
        self.count = g.nodes
        self.offsets = np.zeros(g.nodes + 1, np.int64)
        np.cumsum(g.out_degree(), out=self.offsets[1:])
        self.targets = g.targets
        self.units: list[FairUnit] = []
        description = g.explorer.description
        numbers = [self._number(description, label) for label in g.edge_labels] or [-1]
        self.unit_of: npt.NDArray[np.int8] = np.array(numbers, np.int8)[g.labels]
        self.enabled = np.zeros(g.nodes, np.uint64)
        enabled_units(self.offsets, self.targets, self.unit_of, self.enabled)
        self.depth = np.zeros(g.nodes, np.uint32)
        depths(g.explorer.store.parents, g.nodes, self.depth)
        self.weak = self._bits(strong=False)
        self.strong = self._bits(strong=True)

    def _number(self, description: c.Description, label: Label) -> int:
        """The number of the unit that a step belongs to, -1 if it is not fair."""
        action = description.action(label.action)
        if action.fair is None:
            return -1
        chosen = tuple((n, v) for n, v in label.arguments if n in action.fair_for)
        unit = FairUnit(action.name, action.fair == "strong", chosen)
        if unit not in self.units:
            if len(self.units) == MOST_UNITS:
                raise SizeError(
                    f"more than {MOST_UNITS} actions, or actions for one value of a parameter, are "
                    "fair at these sizes: give smaller sizes"
                )
            self.units.append(unit)
        return self.units.index(unit)

    def _bits(self, strong: bool) -> int:
        return sum(1 << i for i, unit in enumerate(self.units) if unit.strong == strong)

    def edges_of(self, k: int) -> Iterator[tuple[int, int]]:
        """The edges that lead from a state to another one, each with its target."""
        for e in range(self.offsets[k], self.offsets[k + 1]):
            if (t := int(self.targets[e])) != k:
                yield e, t

    def label(self, edge: int) -> Label:
        """What an edge does."""
        return self.graph.edge_labels[int(self.graph.labels[edge])]

    @property
    def nbytes(self) -> int:
        """The size of the arrays."""
        g = self.graph
        held = (
            *(self.offsets, self.unit_of, self.enabled, self.depth),
            *(g.sources, g.targets, g.labels),
        )
        return sum(array.nbytes for array in held)
