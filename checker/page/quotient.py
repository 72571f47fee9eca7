"""A state graph seen through expressions: states that agree on them are one class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from quorate.checker.liveness.predicates import StateMarks
from quorate.model.language.interpreter import State

from .expressions import Expression, conditions
from .whole import Numbers, WholeGraph

MOST_CLASSES = 150


def classes_of(whole: WholeGraph, chosen: Sequence[Expression]) -> tuple[Numbers, Numbers]:
    """The number of each state's class, and the first state of each. Raises SizeError.

    Classes are numbered as they are discovered. Those of the last question are kept.
    """
    key = tuple(e.text for e in chosen)
    if key not in whole.classes:
        whole.classes = {key: _classes(whole, chosen)}
    return whole.classes[key]


def _classes(whole: WholeGraph, chosen: Sequence[Expression]) -> tuple[Numbers, Numbers]:
    layout, store = whole.explorer.kernel.layout, whole.explorer.store
    with whole.explorer.sizes:
        bits = [bit for e in chosen for bit in conditions(layout, e)]
        marks = StateMarks(layout, store.states, whole.graph.nodes, bits)
    words = np.stack([np.zeros(whole.graph.nodes, np.int64), *marks.words], axis=1)
    _, first, classes = np.unique(words, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)
    number = np.empty(len(order), np.int64)
    number[order] = np.arange(len(order))
    return number[classes.ravel()], first[order]


def quotient_json(
    whole: WholeGraph,
    chosen: Sequence[Expression],
    here: int | None,
    told: Callable[[Expression, State], str],
) -> dict[str, Any]:
    """The classes as the page draws them; `told` says what an expression is in a state."""
    classes, first = classes_of(whole, chosen)
    extent = {**whole.extent(), "classes": len(first), "most": MOST_CLASSES}
    if len(first) > MOST_CLASSES:
        return extent
    sizes = np.bincount(classes, minlength=len(first))
    firsts = [whole.state(node) for node in first.tolist()]
    return {
        **extent,
        "names": [e.text for e in chosen],
        "nodes": [
            {
                "values": [told(e, state) for e in chosen],
                "states": int(sizes[k]),
                "first": int(first[k]),
                "layer": int(whole.depth[first[k]]),
                "initial": bool((classes[: whole.graph.initial] == k).any()),
                "here": here is not None and int(classes[here]) == k,
            }
            for k, state in enumerate(firsts)
        ],
        "edges": _edges(whole, classes),
    }


def _edges(whole: WholeGraph, classes: Numbers) -> list[dict[str, Any]]:
    """Between different classes: how many transitions there are, and of which actions."""
    g = whole.graph
    names = [label.action for label in g.edge_labels]
    actions = sorted(set(names))
    action_of = np.array([actions.index(name) for name in names], np.int64)
    a, b = classes[g.sources], classes[g.targets]
    kept = a != b
    triples = np.stack([a[kept], b[kept], action_of[g.labels[kept]]], axis=1)
    each, counts = np.unique(triples, axis=0, return_counts=True)
    found: dict[tuple[int, int], dict[str, int]] = {}
    for (source, target, action), n in zip(each.tolist(), counts.tolist(), strict=True):
        found.setdefault((source, target), {})[actions[action]] = n
    return [{"from": s, "to": t, "actions": done} for (s, t), done in found.items()]
