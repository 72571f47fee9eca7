"""Nothing false is proved, nor anything of what may be undefined; and whatever is, holds."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quorate.checker.errors import InputError
from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.prove.unbounded import ProofStatus, prove_unbounded
from quorate.checker.prove.unbounded.results import DEFINEDNESS
from quorate.model.language import ModelError, SizeError

from ....support.protocols.not_provable import FALSE, SENSELESS, Guarded
from ....support.searching import searching
from ....support.strategies import Source, generate, loaded

FEW = 2_000  # states of one instance of a random protocol
KNOWN = 51  # some invariant of it is proved, unless the generator has learnt something since


@pytest.mark.parametrize("protocol", FALSE, ids=lambda p: p.__name__)
def test_what_is_false_at_some_size_is_violated_by_a_run(protocol: Any) -> None:
    found = prove_unbounded(protocol, effort=0.5, refuting=10.0)
    assert found.invariant("false").status is ProofStatus.VIOLATED
    assert found.status is ProofStatus.VIOLATED


@pytest.mark.parametrize("protocol", SENSELESS, ids=lambda p: p.__name__)
def test_what_may_have_no_value_is_not_proved(protocol: Any) -> None:
    found = prove_unbounded(protocol, effort=0.5, refute=False)
    assert found.status is ProofStatus.OPEN
    sense = found.invariant(DEFINEDNESS)
    assert sense.status is ProofStatus.OPEN and sense.failed[0].places
    assert all(i.status is ProofStatus.OPEN for i in found.invariants)


@pytest.mark.parametrize("protocol", SENSELESS[:3], ids=lambda p: p.__name__)
def test_a_run_shows_where_there_is_no_value(protocol: Any) -> None:
    found = prove_unbounded(protocol, effort=0.5, refuting=10.0)
    assert found.status is ProofStatus.UNDEFINED
    assert protocol.__module__.rpartition(".")[2] in found.invariant(DEFINEDNESS).note


def test_what_tests_rule_out_is_proved_to_make_sense() -> None:
    found = prove_unbounded(Guarded, refute=False)
    assert found.proved and found.invariant(DEFINEDNESS).status is ProofStatus.PROVED
    asked = {o.action for o in found.obligations if o.kind == "sense"}
    assert asked == {"push", "see", "up", "down", "mark", "last_is_marked"}


# ---------------------------------------------------------------- against the explorer


def holds_where_explored(seed: int, make: Callable[[Random], Source] = generate) -> int:
    """How many invariants of a random protocol are proved; each must hold at small sizes."""
    source = make(Random(seed))
    with loaded(source) as protocol:
        try:
            found = prove_unbounded(protocol, refute=False, effort=0.3)
        except (ModelError, SizeError, InputError):
            return 0
        own = protocol.methods("invariant")
        proved = [i.invariant for i in found.invariants if i.status is ProofStatus.PROVED]
        names = [n for n in proved if n in own]
        for size in (1, 2, None) if names else ():
            sizes = {n: size or k for n, k in source.sizes.items()}
            try:
                bounds = protocol.sized(dict.fromkeys(protocol.budgets(), 1), **sizes)
                explorer = Explorer(
                    protocol, bounds, searching(limit=FEW), invariants=frozenset(names)
                )
                run = explorer.run(coverage=False)
            except SizeError:
                continue
            where = f"seed {seed}, {sizes}\n{source.text}"
            assert run.violated is None, where
            # Of what is to be reached nothing is proved.
            assert run.undefined is None or run.undefined.kind == "reachable", where
        return len(names)


def test_what_is_proved_of_random_protocols_holds_at_small_sizes() -> None:
    """Of the first of which something is proved."""
    assert any(map(holds_where_explored, (KNOWN, *range(200))))


@pytest.mark.exhaustive
@given(st.integers(0, 10**9))
@settings(max_examples=1000, deadline=None)
def test_what_is_proved_of_many_random_protocols_holds(seed: int) -> None:
    holds_where_explored(seed)
