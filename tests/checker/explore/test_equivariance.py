"""Symmetry that is a matter of proof: of orders that are not used as orders, and of names."""

from __future__ import annotations

import itertools
from collections import Counter
from random import Random
from typing import Any

import pytest

from quorate.checker.explore.reduction import equivariance_proof
from quorate.checker.explore.reduction.equivariance import Equivariance
from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.ground.first_states import initial_states
from quorate.checker.ground.interchangeable import interchangeable
from quorate.checker.ground.layout import Layout
from quorate.checker.ground.permutations import permuted, permuted_state
from quorate.checker.results import Outcome
from quorate.model.language import Protocol, Sizes, StepError
from quorate.model.language.description import describe
from quorate.model.language.interpreter import Interpreter

from ...support.comparing.symmetry import agree, group_of
from ...support.strategies import Source, loaded, sized
from ...support.strategies.orders import HEAD, KINDS, generate_ordered

pytestmark = pytest.mark.usefixtures("own_cache")

# ---------------------------------------------------------------- brute force


class Graph:
    """All states and steps of a protocol, by CPython; `whole` if nothing is undefined or left."""

    def __init__(self, protocol: type[Protocol], sizes: Sizes, limit: int) -> None:
        with sizes:
            interpreter = Interpreter(protocol, sizes)
            self.initial = set(interpreter.initial())
            self.states, self.steps, self.whole = set(self.initial), set[Any](), True
            names = [*protocol.methods("invariant"), *protocol.methods("reachable")]
            self.truths: dict[Any, tuple[bool, ...]] = {}
            frontier = list(self.initial)
            while frontier:
                state = frontier.pop()
                try:
                    self.truths[state] = tuple(interpreter.holds(n, state) for n in names)
                    after = list(interpreter.successors(state))
                except StepError:
                    self.whole = False
                    return
                self.steps |= {(state, *step) for step in after}
                fresh = {s for _, _, s in after} - self.states
                self.states |= fresh
                frontier += fresh
                if len(self.states) > limit:
                    self.whole = False
                    return

    def is_symmetric(self, layout: Any, images: Any) -> bool:
        """Whether a permutation maps the graph to itself."""

        def moved(state: Any) -> Any:
            return permuted_state(layout, state, images)

        return (
            {moved(s) for s in self.initial} == self.initial
            and all(self.truths.get(moved(s)) == t for s, t in self.truths.items())
            and {(moved(s), n, permuted(args, images), moved(t)) for s, n, args, t in self.steps}
            == self.steps
        )

    def orbits(self, layout: Any, group: list[Any]) -> int:
        left, count = set(self.states), 0
        while left:
            state = left.pop()
            left -= {permuted_state(layout, state, images) for images in group}
            count += 1
        return count


def claimed(source: Source, limit: int = 300) -> str:
    """Assert that what is claimed of a generated protocol is true; returns what is claimed."""
    with loaded(source) as protocol:
        sizes = sized(protocol, source)
        graph = Graph(protocol, sizes, limit)
        with sizes:
            layout = Layout(describe(protocol), sizes)
            found = interchangeable(layout, list(graph.initial), Equivariance(layout, None))
            for images in group_of(found.found) if graph.whole else ():
                assert graph.is_symmetric(layout, images)
        node = protocol.sorts()["Node"]
        if node in found.refused:
            return "refused"
        return "proved" if node in found.proved else "plain" if node in found.sorts else "too few"


def compared(source: Source) -> str:
    """Assert that a search finds of a generated protocol what brute force does."""
    with loaded(source) as protocol:
        sizes = sized(protocol, source)
        graph = Graph(protocol, sizes, 3_000)
        explorer = Explorer(protocol, sizes, symmetry=True)
        reduction = explorer.kernel.reduction
        assert reduction is not None
        if graph.whole:
            found = explorer.run()
            if found.outcome is Outcome.HOLDS:
                with sizes:
                    group = group_of(reduction.elements)
                    assert found.states == graph.orbits(explorer.kernel.layout, group)
                assert found.full_states == len(graph.states)
        agree(protocol, sizes, limit=3_000, action=True)
        node = protocol.sorts()["Node"]
        return reduction.special.get(node, "refused" if node in reduction.refused else "plain")


def test_what_is_claimed_is_true() -> None:
    seen = Counter(claimed(generate_ordered(Random(seed))) for seed in range(16))
    assert seen["proved"] > 4 and seen["refused"] > 2


def test_generated_protocols() -> None:
    """Those of the first seeds, until each kind of answer was given."""
    seen: Counter[str] = Counter()
    for seed in itertools.count():
        seen[compared(generate_ordered(Random(seed)))] += 1
        if {"ordered, proved", "refused"} <= seen.keys():
            break


@pytest.mark.exhaustive
def test_many_generated_protocols() -> None:
    seen = Counter(compared(generate_ordered(Random(seed))) for seed in range(300))
    assert seen["ordered, proved"] > 80 and seen["with its names, proved"] > 15
    assert seen["refused"] > 50 and seen["ordered"]


@pytest.mark.exhaustive
def test_many_claims_are_true() -> None:
    seen = Counter(claimed(generate_ordered(Random(seed)), 2_000) for seed in range(1_000))
    assert min(seen["proved"], seen["refused"], seen["plain"]) > 20


def wrong_claims(seeds: int) -> int:
    """Of how many generated protocols something false is claimed."""
    found = 0
    for seed in range(seeds):
        try:
            claimed(generate_ordered(Random(seed)), 100)
        except AssertionError:
            found += 1
    return found


def test_without_a_proof_something_false_is_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("refuted", "unproved"):
        monkeypatch.setattr(Equivariance, name, lambda *_: None)
    assert wrong_claims(16)


def test_what_cpython_tries_is_no_part_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Equivariance, "refuted", lambda *_: None)
    assert not wrong_claims(16)


# ---------------------------------------------------------------- by hand

UNEVEN = {
    "_guards": """
    @action
    def act(self, a: Node) -> None:
        require(all(self.up[x] for x in Node if x < a))
        self.up[a] = True
""",
    "_effects": """
    @action
    def act(self, a: Node, b: Node) -> None:
        require(self.last is None)
        self.last = min(a, b)
""",
    "_clear": """
    @action
    def act(self, a: Node) -> None:
        low = min(x for x in Node if x < a or self.up[x])
        self.up[a] = low == low
""",
    "_property": """
    @invariant
    def lower_first(self) -> bool:
        return all(self.up[a] or not self.up[b] for a in Node for b in Node if a < b)
""",
}


def of(text: str, kind: str = KINDS[0], node: int = 3) -> Source:
    lift = """    @action
    def lift(self, a: Node) -> None:
        self.up[a] = True
"""
    head = HEAD.format(kind=kind, order=", order=True", key="")
    return Source(head + lift + text.lstrip("\n"), {"Node": node, "Num": 1}, {})


@pytest.mark.parametrize("part", UNEVEN)
def test_each_part_of_the_proof_is_needed(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Equivariance, "refuted", lambda *_: None)
    assert claimed(of(UNEVEN[part])) == "refused"
    monkeypatch.setattr(equivariance_proof._Proof, part, lambda *_: iter(()))
    assert claimed(of(UNEVEN[part]), 0) == "proved"  # nothing is compared by brute force


SAYS = {
    "_guards": "act tells n1 from n2 in line 23: all(self.up[x] for x in Node if x < a)",
    "_effects": "act tells n1 from n2 in line 24: self.last = min(a, b)",
    "_clear": "act tells n1 from n2 in line 22",
    "_property": "lower_first tells n1 from n2 in line 22",
}


@pytest.mark.parametrize("part", UNEVEN)
@pytest.mark.parametrize("tried", [True, False])
def test_it_is_said_what_tells_elements_apart(
    part: str, tried: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether CPython comes across it or Z3 finds it."""
    if not tried:
        monkeypatch.setattr(Equivariance, "refuted", lambda *_: None)
    source = of(UNEVEN[part])
    with loaded(source) as protocol, sized(protocol, source) as sizes:
        layout = Layout(describe(protocol), sizes)
        initial = initial_states(protocol, sizes)
        found = interchangeable(layout, initial, Equivariance(layout, None))
    assert found.refused == {protocol.sorts()["Node"]: SAYS[part]}
