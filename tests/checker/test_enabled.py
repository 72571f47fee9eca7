"""`enabled(self.action, ...)` means the same to every reading."""

from __future__ import annotations

from random import Random

import pytest

import quorate
from quorate.checker.prove.unbounded.proof import prove_unbounded
from quorate.errors import QuorateError
from quorate.model.language import Protocol, Sizes, StepError, enabled
from quorate.model.language.interpreter import Interpreter

from ..support.comparing import stubborn, symmetry
from ..support.comparing.modules import reference, spec_of
from ..support.comparing.searches import compare as compare_kernel
from ..support.comparing.solvers import compare_bounded, compare_inductive, compare_states, sample
from ..support.oracle import consult
from ..support.protocols.enabling import Once, Turns
from ..support.strategies import loaded, sized
from ..support.strategies.protocols import generate_asking


@pytest.mark.parametrize(
    ("protocol", "states"), [(Turns, 40), pytest.param(Once, 20, marks=pytest.mark.exhaustive)]
)
def test_every_reading_agrees(protocol: type[Protocol], states: int) -> None:
    sizes = protocol.sized({}, Proc=2, Count=2)
    truth = consult(protocol, sizes, 2000)
    assert truth.complete and len(truth.states) == states
    assert compare_kernel(protocol, sizes, 2000) == "holds"
    assert symmetry.agree(protocol, sizes) == "holds"
    assert stubborn.agree(protocol, sizes).ending == "holds"
    assert compare_bounded(protocol, sizes, truth, 3) == "none"
    compare_states(protocol, sizes, sample(truth, Random(0), 3))
    compare_inductive(protocol, sizes, truth)
    assert spec_of(protocol, sizes).explore() == reference(protocol, sizes, 2000)


def test_any_size_and_steps() -> None:
    assert prove_unbounded(Turns, refute=False).invariant("heard").failed == ()
    result = quorate.check(Turns, sizes={"Proc": 1, "Count": 2})
    assert result.liveness is not None and result.holds


def test_it_is_what_can_be_done() -> None:
    """In every state, for every choice, exactly what `step` allows."""
    sizes = Turns.sized({}, Proc=2, Count=1)
    with sizes:
        machine, asking = Interpreter(Turns, sizes), Interpreter(Turns, sizes)
        for state in consult(Turns, sizes, 500).states:
            for name in ("up", "say", "rest"):
                for args in machine.choices(state, name):
                    asking.load(state)
                    bound = getattr(asking.object, name)
                    assert enabled(bound, *args) == (machine.step(state, name, args) is not None)
                    assert asking.freeze() == state


def compared(protocol: type[Protocol], sizes: Sizes) -> str:
    found = compare_kernel(protocol, sizes, 300)
    try:
        expected = reference(protocol, sizes, 100)
        found_in_module = None if expected is None else spec_of(protocol, sizes).explore(300)
    except (StepError, QuorateError):
        return found
    assert found_in_module == expected
    return found


def asked(seed: int) -> str:
    source = generate_asking(Random(seed))
    if "enabled(" not in source.text:
        return "does not ask"
    with loaded(source) as protocol:
        try:
            return compared(protocol, sized(protocol, source))
        except QuorateError:
            return "rejected"


def test_generated_protocols() -> None:
    found: set[str] = set()
    for seed in range(40):
        found.add(asked(seed))
        if found >= {"holds", "violated"}:
            return
    raise AssertionError(found)


@pytest.mark.exhaustive
@pytest.mark.parametrize("start", range(0, 300, 100))
def test_many_generated_protocols(start: int) -> None:
    for seed in range(start, start + 100):
        asked(seed)
