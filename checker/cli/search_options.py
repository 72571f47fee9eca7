"""The ways to check of `quorate check`: the options of each, and the search they stand for."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quorate import searches as s
from quorate.checker.errors import InputError


@dataclass(frozen=True)
class Request:
    """What the options of one way to check stand for."""

    search: s.Search
    symmetry: bool = False
    graph: Path | None = None
    coverage: bool = False
    deadlock: bool = False


# ---------------------------------------------------------------- the ways to check
# The parameters of a way are the options that go with it.


def breadth_first(
    memory: int | None,
    spill: Path | None,
    checkpoint: str | None,
    every: float | None,
    limit: int | None,
    graph: Path | None,
    symmetry: bool,
    por: bool,
    eager: bool,
    coverage: bool,
    deadlock: bool,
    threads: int | None,
    temporal: tuple[str, ...],
) -> Request:
    """Breadth-first search. With --graph all states stay in memory."""
    if temporal and (symmetry or por or eager):
        without = "--symmetry" if symmetry else "--por" if por else "--eager"
        raise InputError(f"--temporal is of all runs, and {without} leaves some out: drop one")
    if checkpoint is not None and graph is not None:
        raise InputError("--graph needs its states in memory: it does not go with --checkpoint")
    if checkpoint is not None and spill is not None:
        raise InputError("--checkpoint keeps all states in its folder: it goes without --spill")
    if every is not None and checkpoint is None:
        raise InputError("--every says how often --checkpoint does: give that too")
    if graph is not None and spill is not None:
        raise InputError("--graph needs its states in memory: it does not go with --spill")
    storage: s.Storage = s.Spill(memory=memory, folder=spill)
    if graph is not None:
        storage = s.InMemory(memory=memory)
    elif checkpoint is not None:
        seconds = {} if every is None else {"seconds": every}
        storage = s.Checkpoint(folder=checkpoint, memory=memory, **seconds)
    reducing = {"por": por, "eager": eager}
    search = s.BreadthFirst(threads=threads or 1, storage=storage, limit=limit, **reducing)
    return Request(search, symmetry, graph, coverage, deadlock)


def depth_first(
    depth: int | None,
    memory: int | None,
    limit: int | None,
    symmetry: bool,
    coverage: bool,
    deadlock: bool,
) -> Request:
    search = s.DepthFirst(depth=depth, memory=memory, limit=limit)
    return Request(search, symmetry, coverage=coverage, deadlock=deadlock)


def best_first(
    memory: int | None, limit: int | None, symmetry: bool, coverage: bool, deadlock: bool
) -> Request:
    search = s.BestFirst(memory=memory, limit=limit)
    return Request(search, symmetry, coverage=coverage, deadlock=deadlock)


def random_walks(depth: int | None, walks: int | None, seed: int | None, deadlock: bool) -> Request:
    given = {"depth": depth, "walks": walks, "seed": seed}
    search = s.RandomWalks(**{n: v for n, v in given.items() if v is not None})
    return Request(search, deadlock=deadlock)


def reference(limit: int | None, coverage: bool, deadlock: bool) -> Request:
    return Request(s.Reference(limit=limit), coverage=coverage, deadlock=deadlock)


def on_ray(
    ray: str,
    workers: int | None,
    memory: int | None,
    symmetry: bool,
    coverage: bool,
    deadlock: bool,
    checkpoint: str | None,
) -> Request:
    search = s.Cluster(address=ray, workers=workers, memory=memory, checkpoint=checkpoint)
    return Request(search, symmetry, coverage=coverage, deadlock=deadlock)


def bounded(bmc: int) -> Request:
    return Request(s.BoundedModelChecking(steps=bmc))


def by_induction(induction: int) -> Request:
    return Request(s.KInduction(most=induction))


SEARCHES: dict[str, Callable[..., Request]] = {
    "breadth-first": breadth_first,
    "depth-first": depth_first,
    "best-first": best_first,
    "random": random_walks,
}
WAYS: dict[str, Callable[..., Request]] = {
    **SEARCHES,
    "reference": reference,
    "ray": on_ray,
    "bmc": bounded,
    "induction": by_induction,
}
# Options that choose a way; breadth-first search is what there is without any of them.
CHOOSING = ("bmc", "induction", "reference", "ray")

TAKES = {way: tuple(inspect.signature(make).parameters) for way, make in WAYS.items()}


def way_of(options: Mapping[str, Any]) -> str:
    """The way to check that the options choose. Raises InputError for options that conflict."""
    chosen = [name for name in CHOOSING if _given(options[name])]
    if options["search"] not in (None, "breadth-first"):
        chosen.append(options["search"])
    if len(chosen) > 1:
        first, second = (_flag(name) for name in chosen[:2])
        raise InputError(f"{first} and {second} are two ways to check: give one of them")
    way = chosen[0] if chosen else "breadth-first"
    particular = dict.fromkeys(n for names in TAKES.values() for n in names if n not in CHOOSING)
    for name in particular:
        if _given(options[name]) and name not in TAKES[way]:
            others = [_flag(w) for w, takes in TAKES.items() if name in takes]
            raise InputError(
                f"{_flag(way)} does not take --{name}, which goes with {' and '.join(others)}"
            )
    return way


def _given(value: Any) -> bool:
    """Whether an option was given: 0 is a number of steps, False a flag that was not."""
    return value is not None and value is not False and value != ()


def _flag(way: str) -> str:
    return f"--search {way}" if way in SEARCHES else f"--{way}"
