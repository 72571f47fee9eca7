"""Locals, loops, unions and narrowing mean the same to every reading: counts, states, verdicts."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest

from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.loading import load_protocol
from quorate.checker.prove.unbounded.proof import prove_unbounded
from quorate.checker.prove.unbounded.results import Proof
from quorate.checker.results import Outcome
from quorate.model.language import Protocol, Sizes

from ..support.comparing import stubborn, symmetry
from ..support.comparing.modules import reference, spec_of
from ..support.comparing.searches import compare as compare_kernel
from ..support.comparing.solvers import compare_bounded, compare_inductive, compare_states, sample
from ..support.oracle import consult
from ..support.protocols.local_names import Locals
from ..support.protocols.unions import Unions

MODELS = Path(__file__).parents[1] / "cases" / "models"

# The model, its sizes, and what plain CPython finds: states, transitions, where it is violated.
CASES: list[tuple[Any, dict[str, int], int, int, int | None]] = [
    ("optional_order", {"N": 1}, 5, 20, 1),
    ("optional_order", {"N": 2}, 10, 90, 1),
    ("local_sequence", {"P": 2, "Len": 2}, 49, 84, None),
    ("row_from_a_cell", {"Node": 2}, 16, 64, None),
    (Locals, {"Node": 1, "Value": 1, "Number": 1}, 120, 720, 2),
    (Unions, {"Server": 1, "Client": 1, "Index": 1}, 99, 370, None),
]
EACH = [
    pytest.param(
        *case,
        id=f"{case[0] if isinstance(case[0], str) else case[0].__name__}-{case[2]}",
        marks=pytest.mark.exhaustive if case[2] in (10, 16) else (),
    )
    for case in CASES
]


def sized(model: Any, sizes: dict[str, int]) -> tuple[type[Protocol], Sizes]:
    protocol = load_protocol(str(MODELS / f"{model}.py")) if isinstance(model, str) else model
    return protocol, protocol.sized(**sizes)


@pytest.mark.parametrize(("model", "given", "states", "steps", "violated"), EACH)
def test_every_reading_agrees(
    model: Any,
    given: dict[str, int],
    states: int,
    steps: int,
    violated: int | None,
) -> None:
    protocol, sizes = sized(model, given)
    ending = "holds" if violated is None else "violated"
    truth = consult(protocol, sizes, 2000)
    assert (len(truth.states), len(truth.edges)) == (states, steps)
    assert (truth.complete, truth.first("violated")) == (True, violated)
    assert compare_kernel(protocol, sizes, 2000) == ending
    assert symmetry.agree(protocol, sizes) in (ending, "no symmetry")
    assert stubborn.agree(protocol, sizes).ending == ending
    none = "none" if violated is None else "violated"
    assert compare_bounded(protocol, sizes, truth, min(truth.depth, 4)) == none
    compare_states(protocol, sizes, sample(truth, Random(0), 6))
    compare_inductive(protocol, sizes, truth)
    assert spec_of(protocol, sizes).explore() == reference(protocol, sizes, 2000)


@pytest.mark.parametrize(
    ("model", "given", "states"),
    [("row_from_a_cell", {"Node": 3}, 512), ("local_sequence", {"P": 3, "Len": 2}, 2197)],
)
def test_reductions_agree(model: str, given: dict[str, int], states: int) -> None:
    protocol, sizes = sized(model, given)
    found = Explorer(protocol, sizes, symmetry=True).run()
    assert (found.outcome, found.full_states) == (Outcome.HOLDS, states)
    assert found.states < states
    assert stubborn.agree(protocol, sizes).full == states


def test_reductions_of_locals_agree() -> None:
    sizes = Locals.sized(Node=1, Value=2, Number=1)
    assert symmetry.agree(Locals, sizes) == "violated"
    assert stubborn.agree(Locals, sizes, symmetry=True).ending == "violated"
    nothing: frozenset[str] = frozenset()
    assert symmetry.agree(Locals, sizes, only=nothing) == "holds"
    assert stubborn.agree(Locals, sizes, only=nothing).full == 1650


def test_any_size() -> None:
    """Proved where proofs for any size know what is used, refused by name where they do not."""

    def proof(model: str) -> Proof:
        protocol = load_protocol(str(MODELS / f"{model}.py"))
        return prove_unbounded(protocol, refute=False)

    queue = proof("local_sequence")  # with one place a queue, its second item has none
    assert queue.unsupported is None and not queue.proved
    assert queue.invariant("bounded").failed == ()
    pair = proof("optional_order")  # broken by N = 2
    assert pair.unsupported is None and not pair.proved
    row = proof("row_from_a_cell")
    assert not row.proved and row.unsupported == "not supported by proofs for any size: counting"
