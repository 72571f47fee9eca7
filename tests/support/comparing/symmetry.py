"""Symmetry reduction against the full search: verdicts, depths, and counts with orbits weighed."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from random import Random
from typing import Any

import numpy as np

from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.explore.store.sweep import sweep
from quorate.checker.ground.interchangeable import Exchanged
from quorate.checker.ground.permutations import Permutation, permuted_state
from quorate.checker.results import Outcome
from quorate.model.language import Protocol, Sizes, Sort, StepError

from ..searching import searching
from ..strategies import Source
from .searches import check_path

CONSTANTS = {"proc0": "Proc", "val0": "Val", "ballot0": "Ballot", "level0": "Level"}


def anonymous(source: Source) -> Source:
    """The protocol with named elements replaced by parameters, so that more of it is symmetric."""
    methods = re.split(r"(?m)^(?=    @|class )", source.text)
    for i, text in enumerate(methods[1:], start=1):
        for name, sort in CONSTANTS.items():
            some = f"some_{sort}"
            if name in text and text.startswith(("    @action", "    @init")):
                text = text.replace(") -> None:", f", {some}: {sort}) -> None:", 1)
                text = re.sub(rf"\b{name}\b", some, text)
            elif text.startswith(("    @invariant", "    @reachable")):
                head, _, body = text.rpartition("        return ")
                if name in body and name not in head:
                    word = "all" if "@invariant" in head else "any"
                    body = re.sub(rf"\b{name}\b", some, body.rstrip("\n"))
                    text = f"{head}        return {word}(({body}) for {some} in {sort})\n"
        methods[i] = text
    sizes = dict(source.sizes)
    for sort in CONSTANTS.values():
        if sort in sizes and "class Quo(" not in source.text:
            sizes[sort] = max(2, sizes[sort])
    return replace(source, text="".join(methods), sizes=sizes)


def agree(
    protocol: type[Protocol],
    sizes: Sizes,
    only: frozenset[str] | None = None,
    limit: int = 0,
    coverage: bool = True,
    action: bool = False,
) -> str:
    """Assert that the reduced search finds what the other finds; returns how it ended."""
    try:
        reduced = Explorer(protocol, sizes, invariants=only, symmetry=True)
    except StepError:  # in @init
        return "undefined start"
    if not reduced.kernel.reducing:
        return "no symmetry"
    plain = Explorer(protocol, sizes, searching(limit=limit or None), invariants=only).run(
        coverage=coverage
    )
    if plain.outcome is Outcome.LIMIT:
        return "too large"
    found = reduced.run(coverage=coverage)
    if Outcome.UNDEFINED in (plain.outcome, found.outcome):
        # Of a step without sense and a violation at the next depth, either may be met first.
        assert {plain.outcome, found.outcome} <= {Outcome.UNDEFINED, Outcome.VIOLATED}
        assert found.depth == plain.depth
        return "undefined"
    if action:
        check_action(reduced, Random(2))
    assert (found.outcome, found.depth) == (plain.outcome, plain.depth)
    if found.outcome is Outcome.VIOLATED:
        assert found.depth == len(found.path)
        check_path(protocol, sizes, found)
        return "violated"
    assert found.outcome in (Outcome.HOLDS, Outcome.WITHIN)
    assert found.full_states == plain.states >= found.states
    assert found.reached == plain.reached
    assert {n for n, k in found.fired.items() if k} == {n for n, k in plain.fired.items() if k}
    blocked = [[(g.action, g.line, g.blocked > 0) for g in e.guards] for e in (found, plain)]
    assert blocked[0] == blocked[1]
    return found.outcome.value


def some_images(
    elements: Mapping[type[Sort], Exchanged], random: Random
) -> dict[type[Sort], list[int]]:
    """A permutation of these elements of each sort."""
    free = {s: range(e.first, len(s)) for s, e in elements.items()}
    return {s: [*range(r.start), *random.sample(r, len(r))] for s, r in free.items()}


def all_images(elements: Exchanged) -> list[tuple[int, ...]]:
    still = range(elements.first)
    free = range(elements.first, len(elements.sort))
    return [(*still, *p) for p in itertools.permutations(free)]


def group_of(elements: Mapping[type[Sort], Exchanged]) -> list[dict[type[Sort], Any]]:
    """Every permutation of these elements."""
    products = itertools.product(*map(all_images, elements.values()))
    return [dict(zip(elements, images, strict=True)) for images in products]


def walk(explorer: Explorer, random: Random, steps: int) -> Iterator[Any]:
    """States on a random run."""
    following = explorer.interpreter.initial()
    for _ in range(steps):
        if not following:
            return
        state = random.choice(following)
        yield state
        try:
            following = [s for _, _, s in explorer.interpreter.successors(state)]
        except StepError:
            return


def check_action(explorer: Explorer, random: Random, steps: int = 12) -> None:
    """Permuting words is permuting values; representatives do not depend on the element names."""
    layout, packing, canonical = (
        explorer.kernel.layout,
        explorer.packing,
        explorer.model.canonical,
    )
    reduction = explorer.kernel.reduction
    assert reduction is not None
    with explorer.sizes:
        group = group_of(reduction.elements)
        for state in walk(explorer, random, steps):
            words = packing.pack(state)
            images = some_images(reduction.elements, random)
            other = packing.pack(permuted_state(layout, state, images))
            (moved,) = Permutation(layout, images).apply(words[None])
            assert np.array_equal(moved, other)
            least = canonical(words)
            assert np.array_equal(least, canonical(other))
            assert np.array_equal(least, canonical(least))
            orbit = {packing.pack(permuted_state(layout, state, g)).tobytes() for g in group[:800]}
            if len(group) <= 800:
                assert least.tobytes() in orbit
                one = partial(swept, explorer.kernel.words, least)
                found = canonical.orbits(1, one)
                assert found is not None and found.states == len(orbit)


def swept(words: int, states: Any, function: int, step: int, counts: Any) -> None:
    sweep(function, words, states, len(states) // words, step, counts)
