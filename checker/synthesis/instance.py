"""One finite instance: its steps, and its reachable states or a sample of them.

The states only filter candidates. No proof depends on them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from quorate.checker.explore.kernel import Kernel
from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.explore.search.options import BreadthFirst, InMemory
from quorate.checker.ground.instances import Instantiator
from quorate.checker.ground.packed_states import repacked, rows_of
from quorate.checker.ground.vector import States, Vector, put
from quorate.checker.prove.bounded.system import Ground
from quorate.checker.results import Exploration, Outcome
from quorate.model.language.declare.protocol import Protocol
from quorate.model.language.declare.sorts import Sizes

MOST_EXPLORED = 400_000  # states (or orbits) of a search
MOST_KEPT = 20_000  # states that candidates are tried on, of one instance
WALKERS, WALK_STEPS = 400, 50  # random walks, where a search does not come to an end


@dataclass
class SampledInstance:
    """A protocol at given sizes. Make it, and use it, inside `sizes`. Raises SizeError."""

    protocol: type[Protocol]
    sizes: Sizes

    def __post_init__(self) -> None:
        self.ground = Ground(self.protocol, self.sizes)
        self.layout = self.ground.layout
        self.instantiator = Instantiator(self.layout)
        self.evaluator = self.instantiator.evaluator
        self.steps = self.ground.steps()
        self.states: States = np.zeros((0, self.layout.words), np.uint64)
        self.complete = False
        self.explored: Exploration | None = None

    def explore(self, goals: frozenset[str]) -> Exploration:
        """Search and keep the states; if there are too many, take random walks instead.

        One state of an orbit is enough where candidates cannot tell elements apart.
        """
        explorer = Explorer(
            self.protocol,
            self.sizes,
            BreadthFirst(limit=MOST_EXPLORED, storage=InMemory()),
            invariants=goals,
            symmetry=True,
            kernel_of=partial(Kernel, plain=True),
        )
        found = explorer.run(coverage=False)
        self.explored = found
        self.complete = found.outcome is Outcome.HOLDS
        store = explorer.store
        rows = store.states[: store.count * store.words].reshape(-1, store.words)
        if len(rows) > MOST_KEPT:
            rows = rows[np.linspace(0, len(rows) - 1, MOST_KEPT).astype(np.int64)]
        self.states = repacked(rows.copy(), explorer.kernel.layout, self.layout)
        if not self.complete and found.outcome is not Outcome.VIOLATED:
            self.states = np.concatenate([self.states, self.walk(np.random.default_rng(0))])
        return found

    def disturbed(self, states: States, random: np.random.Generator) -> States:
        """These states with a few cells changed at random; most results are not reachable."""
        found = states.copy()
        columns = [c for c in self.layout.columns() if c.bits]
        for _ in range(2):
            which = random.integers(0, len(columns), len(states))
            for k, column in enumerate(columns):
                index = random.integers(0, column.count, len(states))
                value = random.integers(0, column.size, len(states))
                for i in range(column.count):
                    put(found, column, i, value, (which == k) & (index == i))
        return found

    # ------------------------------------------------------------ random walks

    def walk(self, random: np.random.Generator) -> States:
        """The states of random runs from the initial states, distinct."""
        first = rows_of(self.ground.packing, self.ground.initial())
        now = first[random.integers(0, len(first), WALKERS)]
        seen = [first]
        for _ in range(WALK_STEPS):
            now = self._stepped(now, random)
            seen.append(now)
        return np.unique(np.concatenate(seen), axis=0)

    def _stepped(self, states: States, random: np.random.Generator) -> States:
        """Each state after a random enabled step that changes it; as it was if there is none."""
        vector = Vector(states)
        best = np.full(len(states), -1.0)
        after = states.copy()
        for step in self.steps:
            enabled = vector.condition(step.enabled) & ~vector.condition(step.undefined)
            if not enabled.any():
                continue
            new = vector.stored(step.stores)
            luck = np.where(enabled & (new != states).any(axis=1), random.random(len(states)), -1.0)
            better = luck > best
            after[better], best[better] = new[better], luck[better]
        return after
