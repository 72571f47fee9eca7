"""`quorate.refine`."""

from __future__ import annotations

from pathlib import Path

import pytest

import quorate
from quorate.checker.errors import InputError
from quorate.model.consensus import Consensus
from quorate.model.language import Nat, Protocol, action, durable, require
from quorate.model.paxos import Paxos
from quorate.model.refinements import Refinement, refinement
from quorate.model.voting import Voting

from .schema import valid

TINY = {"Acceptor": 2, "Ballot": 1, "Value": 2}
SMALL = {"Acceptor": 3, "Ballot": 2, "Value": 2}


class N(Nat): ...


class Up(Protocol):
    """Counts, and is undefined beyond the last number."""

    n: N = durable(0)

    @action
    def up(self) -> None:
        self.n = self.n + 1


class Double(Protocol):
    """Counts by twos."""

    n: N = durable(0)

    @action
    def up(self) -> None:
        require(self.n < 2)
        self.n = self.n + 2


class Flip(Protocol):
    on: bool = durable(False)

    @action
    def flip(self) -> None:
        self.on = True


class Twice(Protocol):
    """Flips, and does something else afterwards."""

    on: bool = durable(False)
    again: bool = durable(False)

    @action
    def flip(self) -> None:
        self.on = True

    @action
    def repeat(self) -> None:
        require(self.on)
        self.again = True


@refinement(concrete=Twice, abstract=Flip)
def the_first_time(self: Twice) -> dict[str, object]:
    return {"on": self.on}


@refinement(concrete=Up, abstract=Flip)
def never_on(self: Up) -> dict[str, object]:
    return {"on": self.n < 0}


@refinement(concrete=Up, abstract=Flip)
def on_above(self: Up) -> dict[str, object]:
    return {"on": self.n > 0}


@refinement(concrete=Double, abstract=Up)
def as_it_counts(self: Double) -> dict[str, object]:
    return {"n": self.n}


@refinement(concrete=Double, abstract=Flip)
def on(self: Double) -> dict[str, object]:
    return {"on": self.n > 0}


def test_the_chain_from_paxos_on() -> None:
    result = quorate.refine(Paxos, sizes=TINY)
    assert result.holds and result.violation is None and result.trace is None
    pairs = [(r.check.refinement.concrete, r.check.refinement.abstract) for r in result.refinements]
    assert pairs == [(Paxos, Voting), (Voting, Consensus)]
    assert "✓ Paxos refines Voting: 13 states, 35 transitions" in repr(result)
    valid("refine", 0, result.to_json())


def test_one_link_is_proved() -> None:
    proved(quorate.refine(the_first_time, sizes={}, prove=True), "Twice", "Flip")


@pytest.mark.exhaustive
def test_a_link_of_the_chain_is_proved() -> None:
    result = quorate.refine("Voting", "Consensus", sizes=TINY, prove=True)
    proved(result, "Voting", "Consensus")


def proved(result: quorate.RefineResult, concrete: str, abstract: str) -> None:
    assert result.holds and result.refinements[0].proof is not None
    assert f"✓ {concrete} refines {abstract}: proved" in repr(result)
    assert valid("refine", 0, result.to_json())["refinements"][0]["proof"]["proved"]


def test_a_step_that_is_none(tmp_path: Path) -> None:
    result = quorate.refine(as_it_counts, sizes={"N": 4})
    assert not result.holds and result.trace is not None and len(result.trace.steps) == 1
    with pytest.raises(quorate.ViolationError, match=r"Double does not refine Up: step 1, up\(\)"):
        result.raise_for_violation()
    told = valid("refine", 1, result.to_json(tmp_path / "run.itf"))
    assert told["refinements"][0]["failure"]["run"]["steps"][0]["action"] == "up"
    assert told["trace"] == str(tmp_path / "run.itf")


@pytest.mark.parametrize("mapping", [never_on, on_above], ids=lambda m: m.mapping.__name__)
def test_a_step_that_is_undefined(mapping: Refinement) -> None:
    """Whatever the mapping would make of a state that is none."""
    result = quorate.refine(mapping, sizes={"N": 2})
    assert not result.holds and result.violation == "the model is undefined: up() in step 3"
    assert result.trace is not None and result.trace.undefined is not None
    told = valid("refine", 3, result.to_json())
    assert told["refinements"][0]["undefined"]["undefined"]["name"] == "up"


def test_ones_own_mapping() -> None:
    assert quorate.refine(on, sizes={"N": 4}).holds


def test_what_was_stopped_is_not_proved() -> None:
    result = quorate.refine(Paxos, Voting, sizes=SMALL, limit=9, prove=True)
    assert not result.holds and result.violation is None
    assert result.refinements[0].untried and "! no proof was tried" in repr(result)


def test_where_nothing_is_compared_nothing_holds() -> None:
    result = quorate.refine(never_on, sizes={"N": 2}, limit=1)
    assert not result.holds


def test_mistakes_are_raised() -> None:
    with pytest.raises(InputError, match="no mapping from Raft is bundled"):
        quorate.refine("Raft", sizes=TINY)
    with pytest.raises(InputError, match="a refinement has its abstract protocol"):
        quorate.refine(on, Flip, sizes={"N": 4})  # type: ignore[call-overload]
    with pytest.raises(InputError, match="give them by name"):
        quorate.refine(Paxos, sizes=Paxos.sized(**TINY))
    with pytest.raises(quorate.ArgumentError, match="Paxos needs a size for Ballot, Value"):
        quorate.refine(Paxos, sizes={"Acceptor": 3})


def test_what_fails_is_not_proved() -> None:
    (found,) = quorate.refine(as_it_counts, sizes={"N": 4}, prove=True).refinements
    assert found.proof is None and not found.untried and not found.holds
