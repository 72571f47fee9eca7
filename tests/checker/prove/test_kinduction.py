"""k-induction: what needs which k, what it assumes, and that nothing false is ever carried on."""

from __future__ import annotations

import pytest

from quorate.checker.errors import InputError
from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.prove.bounded import (
    BoundedOutcome,
    KInductionResult,
    ObligationStatus,
    inductive,
    k_inductive,
)
from quorate.model.language import Nat, Protocol, action, durable, invariant, require
from quorate.model.language.interpreter import Interpreter
from quorate.model.paxos import Paxos
from quorate.model.two_phase_commit import TwoPhaseCommit

from ...support.examples import some
from .variants import (
    SMALL,
    VARIANTS,
    AcceptWithoutComparing,
    TwoAcceptsInABallot,
)

PAXOS = {"Acceptor": 3, "Ballot": 2, "Value": 2}
DAILY = [v for v in VARIANTS if v[0] in (TwoAcceptsInABallot,)]


class Place(Nat): ...


class Trap(Protocol):
    """0 and 1 are reachable; 3, 4 and 5 are not, and lead to 6, which is wrong."""

    at: Place = durable(0)

    @action
    def turn(self) -> None:
        require(self.at < 2)
        self.at = 1 - self.at

    @action
    def go_on(self) -> None:
        require(self.at > 2 and self.at < 6)
        self.at = self.at + 1

    @invariant
    def not_six(self) -> bool:
        return self.at != 6

    @invariant
    def not_five(self) -> bool:
        return self.at != 5


class Ring(Trap):
    """From 4 back to 3, so that paths to 6 can be as long as one likes, but for repetitions."""

    @action
    def back(self) -> None:
        require(self.at == 4)
        self.at = 3


def induced(found: KInductionResult) -> dict[str | None, int | None]:
    return {i.invariant: i.k for i in found.induced if i.invariant is not None}


def trap(protocol: type[Protocol], most: int, names: list[str] | None = None) -> KInductionResult:
    return k_inductive(protocol, protocol.sized(Place=6), most, names)


@pytest.mark.parametrize("protocol", [Trap, pytest.param(Ring, marks=pytest.mark.exhaustive)])
def test_the_least_k_is_found(protocol: type[Protocol]) -> None:
    """Three states lead to the wrong one, the first of them from nowhere: k is 4."""
    found = trap(protocol, 6, ["not_six"])
    assert found.status is ObligationStatus.PROVED and induced(found) == {"not_six": 4}
    assert found.base.outcome is BoundedOutcome.NONE_WITHIN and found.base.depth == 3
    for most in (1, 2, 3):
        open_ = trap(protocol, most, ["not_six"])
        assert open_.status is ObligationStatus.UNKNOWN and induced(open_) == {"not_six": None}
        (one,) = (i for i in open_.induced if i.path is not None)
        assert one.path is not None and one.path.wrong == "not_six"
        assert [m.action for m in one.path.moves] == ["go_on"] * most
        assert one.path.state == (6 - most,)


def test_what_another_invariant_forbids_need_not_be_looked_at() -> None:
    found = trap(Trap, 6)
    assert found.status is ObligationStatus.PROVED
    assert induced(found) == {"not_six": 1, "not_five": 3}
    assert all(i.given == ("not_six", "not_five") for i in found.induced if i.given)


def test_what_does_not_carry_on_is_not_assumed() -> None:
    """At k = 2 `not_five` is open, so that `not_six` must do without it, and is open as well."""
    found = trap(Trap, 2)
    assert induced(found) == {"not_six": None, "not_five": None}
    given = {i.invariant: i.given for i in found.induced}
    assert given["not_five"] == ("not_six", "not_five") and given["not_six"] == ("not_six",)


def test_the_invariants_of_paxos_carry_on_at_once() -> None:
    found = k_inductive(Paxos, Paxos.sized(**PAXOS), 3)
    assert found.status is ObligationStatus.PROVED
    assert induced(found) == dict.fromkeys(Paxos.methods("invariant"), 1)


@pytest.mark.parametrize("left_out", some(Paxos.methods("invariant"), ["agreement"]))
def test_a_counterexample_is_a_path_of_cpython(left_out: str) -> None:
    names = [n for n in Paxos.methods("invariant") if n != left_out]
    found = k_inductive(Paxos, Paxos.sized(**PAXOS), 2, names, shrinking=0.2)
    assert found.status is not ObligationStatus.REFUTED
    with Paxos.sized(**PAXOS) as sizes:
        machine = Interpreter(Paxos, sizes)
        for i in found.induced:
            if i.k is not None:
                continue
            assert i.path is not None and len(i.path.moves) == 2
            states = [i.path.state, *(m.state for m in i.path.moves)]
            for state, move in zip(states, i.path.moves, strict=False):
                assert machine.step(state, move.action, move.arguments) == move.state
                assert all(machine.holds(n, state) for n in i.given if n is not None)
            if i.invariant is not None:
                assert i.path.wrong == i.invariant and not machine.holds(i.invariant, states[-1])


@pytest.mark.parametrize("variant", some(VARIANTS, DAILY, lambda v: v[0].__name__))
def test_what_is_false_is_refuted_at_the_depth_of_breadth_first_search(
    variant: tuple[type[Protocol], dict[str, int]],
) -> None:
    protocol, numbers = variant
    sizes = protocol.sized(**numbers)
    expected = Explorer(protocol, sizes).run().depth
    found = k_inductive(protocol, sizes, expected + 1)
    assert found.status is ObligationStatus.REFUTED and found.induced == ()
    assert found.base.depth == len(found.base.path) == expected
    assert k_inductive(protocol, sizes, 1).status is ObligationStatus.UNKNOWN


@pytest.mark.exhaustive  # as in a bounded check
def test_a_step_without_a_value_is_an_error_of_the_model() -> None:
    sizes = AcceptWithoutComparing.sized(**PAXOS)
    found = k_inductive(AcceptWithoutComparing, sizes, 13, ["agreement"])
    assert found.base.undefined is not None and "already was" in found.base.undefined.what


@pytest.mark.parametrize("case", [*SMALL, (TwoPhaseCommit, {"Participant": 3})])
def test_one_step_is_what_the_inductive_check_proves_at_least(
    case: tuple[type[Protocol], dict[str, int]],
) -> None:
    protocol, numbers = case
    sizes = protocol.sized(**numbers)
    once = inductive(protocol, sizes, shrinking=0.1)
    found = k_inductive(protocol, sizes, 1, shrinking=0.1)
    if once.status is ObligationStatus.PROVED:
        assert found.status is ObligationStatus.PROVED
    broken = {o.invariant for o in once.failed if o.action is not None}
    if found.status is not ObligationStatus.REFUTED:
        assert {i.invariant for i in found.induced if i.k is None and len(i.given) > 1} <= broken


def test_no_time_is_no_answer() -> None:
    found = k_inductive(Paxos, Paxos.sized(**PAXOS), 2, effort=0.0)
    assert found.status is ObligationStatus.UNKNOWN and found.base.outcome is BoundedOutcome.UNKNOWN


def test_an_unknown_invariant_is_named() -> None:
    with pytest.raises(InputError, match="no invariant `agreed`"):
        k_inductive(Paxos, Paxos.sized(**PAXOS), 1, ["agreed"])
