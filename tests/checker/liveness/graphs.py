"""Graphs of states without a protocol, as the analysis of fair runs reads them."""

from __future__ import annotations

from collections import deque
from random import Random
from types import SimpleNamespace
from typing import Any

import numpy as np

from quorate.checker.explore.expand import Label
from quorate.checker.liveness.fair_graph import FairGraph
from quorate.checker.liveness.runs import FairRun, RunSearch, Shape

from ...support.fair_runs import Edge, Runs


def fair_graph(runs: Runs) -> FairGraph:
    """The same graph in arrays; all states must be reachable, in breadth-first order."""
    edges = sorted(runs.edges, key=lambda e: e.source)
    names = sorted({e.unit for e in edges}, key=str)
    parents = np.arange(runs.states, dtype=np.uint32)
    met = set(range(runs.initial))
    for e in edges:
        if e.target not in met:
            met.add(e.target)
            parents[e.target] = e.source
    assert met == set(range(runs.states))

    def action(name: str) -> Any:
        fair = "weak" if name in runs.weak else "strong" if name in runs.strong else None
        return SimpleNamespace(name=name, fair=fair, fair_for=())

    sources = np.array([e.source for e in edges], np.uint32)
    graph: Any = SimpleNamespace(
        nodes=runs.states,
        initial=runs.initial,
        edges=len(edges),
        sources=sources,
        targets=np.array([e.target for e in edges], np.uint32),
        labels=np.array([names.index(e.unit) for e in edges], np.uint32),
        edge_labels=[Label(str(name), ()) for name in names],
        out_degree=lambda: np.bincount(sources, minlength=runs.states),
        explorer=SimpleNamespace(
            description=SimpleNamespace(action=action), store=SimpleNamespace(parents=parents)
        ),
    )
    return FairGraph(graph)


def found(runs: Runs, kind: str, *holds: set[int]) -> FairRun | None:
    """The run that the analysis finds; checked to be one that violates the property, and fair."""
    graph = fair_graph(runs)
    marks = [np.array([k in h for k in range(runs.states)]) for h in holds]
    run = RunSearch(graph).find(Shape.of(kind, marks, runs.initial))
    if run is not None:
        _confirm(runs, graph, kind, holds, run)
        _short(runs, kind, holds, run, graph)
    return run


def _confirm(
    runs: Runs, graph: FairGraph, kind: str, holds: tuple[set[int], ...], run: FairRun
) -> None:
    edges = sorted(runs.edges, key=lambda e: e.source)
    steps = [edges[e] for e in (*run.stem, *run.loop)]
    states = [run.seed]
    for step in steps:
        assert step.source == states[-1] != step.target
        states.append(step.target)
    around = states[len(run.stem) :]
    assert around[0] == around[-1]
    assert runs.is_fair(around, steps[len(run.stem) :])
    if kind == "eventually_always":
        assert set(around) - holds[-1]
    else:
        assert not set(states) & holds[-1]
    if kind == "eventually":
        assert run.seed < runs.initial
    if kind == "leads_to":
        assert run.seed in holds[0]


def _short(
    runs: Runs, kind: str, holds: tuple[set[int], ...], run: FairRun, graph: FairGraph
) -> None:
    """The stem is as short as any to a fair loop, and the loop as any through its state."""
    first, region, wanted = runs.form(kind, *holds)
    depth = runs.distances(dict.fromkeys(range(runs.initial), 0), set(range(runs.states)))
    distance = runs.distances({k: n for k, n in depth.items() if k in first}, region)
    found = {k: runs.shortest_loop(k, region, wanted) for k in distance}
    loops = {k: steps for k, steps in found.items() if steps is not None}
    k = int(graph.targets[run.stem[-1]]) if run.stem else run.seed
    stem = depth[run.seed] + len(run.stem)
    assert (distance[k], loops[k]) == (stem, len(run.loop))
    rests = [distance[r] for r, steps in loops.items() if not steps]
    if stem == min(distance[r] for r in loops):
        assert not run.loop or all(stem + len(run.loop) <= steps for steps in rests)
    else:  # further away, where the run just stays
        assert not run.loop and stem == min(rests)


def random_runs(seed: int, most: int = 6) -> Runs:
    """A random graph, all of it reachable."""
    r = Random(seed)
    n, initial = r.randint(1, most), 1
    units = [None, "a", "b", "c"][: r.randint(1, 4)]
    density = r.randint(1, 3)
    edges = [
        Edge(k, r.randrange(n), r.choice(units))
        for k in range(n)
        for _ in range(r.randint(0, density))
    ]
    order: dict[int, int] = {}
    waiting = deque(range(initial))
    while waiting:
        k = waiting.popleft()
        if k not in order:
            order[k] = len(order)
            waiting.extend(e.target for e in edges if e.source == k)
    kept = tuple(Edge(order[e.source], order[e.target], e.unit) for e in edges if e.source in order)
    fair = {u: r.choice(("weak", "strong", "none")) for u in units if u is not None}
    chosen = {how: frozenset(u for u, h in fair.items() if h == how) for how in ("weak", "strong")}
    return Runs(len(order), initial, kept, chosen["weak"], chosen["strong"])
