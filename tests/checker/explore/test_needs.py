"""What conditions need: simplified, it says the same, and takes little work to find out."""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import product
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.checker.explore.reduction import needs as module
from quorate.checker.explore.reduction.needs import All, Need, Needs, Steps, choices_in
from quorate.checker.ground.nodes import Node

from ...support.examples import share

CONDITIONS = [Node("param", (), 0, k) for k in range(3)]


def calls_of(run: Callable[[], Any], most: int) -> int:
    """How many functions it calls. Fails if there are more than so many."""
    calls = 0

    def count(frame: Any, event: str, argument: Any) -> None:
        nonlocal calls
        calls += event == "call"
        assert calls <= most

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        run()
    finally:
        sys.setprofile(before)
    return calls


def layered(made: Needs, layers: int, different: bool = False) -> Need:
    """Each layer has the one below twice; on `different` ways, other steps are there already."""
    p, q, _ = CONDITIONS
    need: Need = made.one([(p, Steps(1)), (q, Steps(2 << 2 * layers))])
    if different:
        every = (made.one([(p, Steps(1 << k)), (q, Steps(1))]) for k in range(1, 2 * layers + 1))
        need = made.all([need, *every])
    for k in range(layers):
        first, second = (Steps(1 << 2 * k + j) if different else Steps(2) for j in (1, 2))
        need = made.one([(p, made.all([first, need])), (q, made.all([need, second]))])
    return need


def test_work_does_not_grow_with_the_ways_to_a_part() -> None:
    """There are a million ways to the part that all others are made of."""
    made = Needs()
    need = layered(made, 20)
    assert calls_of(lambda: made.simplified(need), 5_000) > 100
    found: dict[Need, None] = {}
    assert calls_of(lambda: choices_in(made.simplified(need), found), 500) > 20
    again = layered(made, 20)
    assert again is need


def test_where_every_way_differs_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_SIMPLIFIED", 200)
    made = Needs()
    need = layered(made, 20, different=True)
    assert calls_of(lambda: made.simplified(need), 50_000) > 2_000


def random_need(made: Needs, r: Random) -> Need:
    """One whose parts are shared."""
    known: list[Need] = [Steps(r.randrange(16)) for _ in range(3)]
    for _ in range(r.randint(1, 6)):
        parts = [r.choice(known) for _ in range(r.randint(2, 3))]
        tests = [r.choice([False, *CONDITIONS]) for _ in parts]
        options = zip(tests, parts, strict=True)
        known.append(made.all(parts) if r.random() < 0.5 else made.one(options))
    return known[-1]


def sets(need: Need, false: frozenset[Any]) -> set[int]:
    """The sets of steps that can be chosen where these conditions are false."""
    match need:
        case Steps(mask):
            return {mask}
        case All(parts):
            chosen = product(*(sets(part, false) for part in parts))
            return {sum(1 << k for k in range(4) if any(m >> k & 1 for m in c)) for c in chosen}
    there = [sets(part, false) for p, part in need.options if p is False or p in false]
    return set().union(*there) if there else {0}


@pytest.mark.parametrize("most", [module.MOST_SIMPLIFIED, 2])
@given(random=st.randoms(use_true_random=False))
@share(20)
def test_what_is_simplified_chooses_no_other_set(most: int, random: Random) -> None:
    made, there = Needs(), random.randrange(16)
    need = random_need(made, random)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MOST_SIMPLIFIED", most)
        simpler = made.simplified(need, there)
    for values in product((True, False), repeat=len(CONDITIONS)):
        false = frozenset(p for p, value in zip(CONDITIONS, values, strict=True) if not value)
        before = {mask | there for mask in sets(need, false)}
        assert {mask | there for mask in sets(simpler, false)} <= before
    assert most == 2 or made.least(simpler) & there == 0
