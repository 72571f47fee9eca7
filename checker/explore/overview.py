"""What a finished search says at a glance: states per depth, and a run to each goal."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.ground.to_python import function
from quorate.checker.results import Move
from quorate.model.language.interpreter import State

MOST_LOOKED_AT = 200_000
"""States among which goals are looked for, in the order of discovery."""


def states_per_depth(explorer: Explorer) -> list[int]:
    """How many states are first found at each depth.

    States are in the order of discovery, so their parents are too: those at one depth are what
    follows those at the depth before. Raises ValueError if the states are not in memory.
    """
    store = explorer.store
    parents = store.parents[: store.count]
    starts = [0, min(len(explorer.initial), store.count)]
    while starts[-1] < store.count:
        rest = parents[starts[-1] :]
        following = starts[-1] + int(np.searchsorted(rest, starts[-1], side="left"))
        starts.append(max(following, starts[-1] + 1))
    return [b - a for a, b in pairwise(starts) if b > a]


def shortest_to_goals(explorer: Explorer) -> dict[str, tuple[State, tuple[Move, ...]]]:
    """A shortest run to each goal that one of the first states meets.

    Use it inside the sizes. Raises ValueError if the states are not in memory.
    """
    properties = explorer.kernel.layout.description.properties
    conditions = zip(properties, explorer.kernel.source.conditions, strict=False)
    asked = {p.name: condition for p, condition in conditions if p.kind == "reachable"}
    goals, holds = list(asked), function(list(asked.values()))
    store, words = explorer.store, explorer.kernel.words
    found: dict[str, int] = {}
    for k in range(min(store.count, MOST_LOOKED_AT)):
        if len(found) == len(goals):
            break
        row = store.states[k * words : (k + 1) * words].tolist()
        for goal, met in zip(goals, holds(row), strict=True):
            if met:
                found.setdefault(goal, k)
    return {goal: explorer.path_to(k) for goal, k in found.items()}
