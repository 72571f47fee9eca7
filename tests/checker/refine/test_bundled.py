"""The bundled protocols refine each other, with exact counts and every action taken."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.explore.search.reference import explore_reference
from quorate.checker.refine.explored import RefinementCheck, RefinementStatus, check_refinement
from quorate.checker.results import Outcome
from quorate.model.consensus import Consensus
from quorate.model.language import Protocol
from quorate.model.mutants import MUTANTS
from quorate.model.refinements import (
    BUNDLED,
    Refinement,
    multipaxos_log_to_log,
    multipaxos_to_paxos,
    paxos_roles_to_consensus,
    paxos_roles_to_paxos,
    paxos_to_voting,
    raft_to_log,
    voting_to_consensus,
)
from quorate.model.voting import Voting

THREE = {"Acceptor": 3, "Ballot": 2, "Value": 2}


def roles(ballots: int) -> dict[str, int]:
    return {"Proposer": 1, "Acceptor": 3, "Learner": 1, "Value": 2, "Ballot": ballots}


@pytest.mark.parametrize(
    ("protocol", "sizes", "counts"),
    [
        (Consensus, {"Value": 2}, (3, 2, 1)),
        (Consensus, {"Value": 5}, (6, 5, 1)),
        (Voting, {"Acceptor": 3, "Ballot": 1, "Value": 2}, (40, 102, 5)),
        pytest.param(Voting, THREE, (599, 2079, 10), marks=pytest.mark.exhaustive),
        pytest.param(
            Voting,
            {"Acceptor": 3, "Ballot": 3, "Value": 2},
            (6752, 26904, 15),
            marks=pytest.mark.exhaustive,
        ),
    ],
    ids=str,
)
def test_models(
    protocol: type[Protocol], sizes: dict[str, int], counts: tuple[int, int, int]
) -> None:
    found = Explorer(protocol, protocol.sized(**sizes)).run()
    assert found.outcome is Outcome.HOLDS
    assert (found.states, found.transitions, found.depth) == counts
    assert "a_value_is_chosen" in found.reached
    if found.states < 1000:
        plain = explore_reference(protocol, protocol.sized(**sizes))
        assert (plain.states, plain.transitions, plain.depth) == counts
        assert plain.outcome is Outcome.HOLDS and plain.reached == found.reached


@dataclass(frozen=True)
class Case:
    refinement: Refinement
    sizes: dict[str, int]
    crashes: int | None
    counts: tuple[int, int, int]  # states, transitions, distinct images
    ways: dict[str, dict[str, int]]

    def __str__(self) -> str:
        return f"{self.refinement}-{','.join(map(str, self.sizes.values()))}-{self.crashes}"

    def run(self) -> RefinementCheck:
        faults = None if self.crashes is None else {"crash": self.crashes}
        return check_refinement(self.refinement, self.sizes, faults)


CASES = [
    Case(
        voting_to_consensus,
        THREE,
        None,
        (599, 2079, 3),
        {"increase_max_bal": {"": 771}, "vote_for": {"": 864, "choose": 444}},
    ),
    Case(
        paxos_to_voting,
        THREE,
        None,
        (3921, 23466, 599),
        {
            "phase1a": {"": 7842},
            "phase1b": {"increase_max_bal": 2448},
            "phase2a": {"": 1464},
            "phase2b": {"vote_for": 5856, "": 5856},
        },
    ),
    Case(
        paxos_roles_to_paxos,
        roles(1),
        0,
        (1057, 2517, 73),
        {
            "prepare": {"phase1a": 1},
            "receive_prepare": {"": 144},
            "reply_promise": {"phase1b": 144},
            "receive_promise": {"": 48},
            "propose": {"phase2a": 20},
            "receive_accept": {"": 720},
            "reply_accepted": {"phase2b": 720},
            "receive_accepted": {"": 720},
            "crash_proposer": {},
            "crash_acceptor": {},
            "crash_learner": {},
        },
    ),
    Case(
        paxos_roles_to_paxos,
        roles(1),
        1,
        (3939, 14957, 73),
        {
            "prepare": {"phase1a": 2},
            "receive_prepare": {"": 645},
            "reply_promise": {"phase1b": 501},
            "receive_promise": {"": 120},
            "propose": {"phase2a": 46},
            "receive_accept": {"": 3210},
            "reply_accepted": {"phase2b": 2394},
            "receive_accepted": {"": 2754},
            "crash_proposer": {"": 1057},
            "crash_acceptor": {"": 3171},
            "crash_learner": {"": 1057},
        },
    ),
    Case(
        multipaxos_to_paxos,
        {"Proposer": 1, "Acceptor": 2, "Slot": 2, "Value": 1, "Ballot": 1},
        0,
        (60, 112, 9),
        {
            "prepare": {"phase1a": 2},
            "promise": {"phase1b": 8},
            "lead": {"": 2},
            "propose": {"phase2a": 10, "": 10},
            "accept": {"phase2b": 40, "": 40},
            "crash_proposer": {},
        },
    ),
    Case(
        multipaxos_log_to_log,
        {"Acceptor": 2, "Learner": 2, "Value": 2, "Slot": 2, "Ballot": 1},
        None,
        (42, 85, 3),
        {
            "lead": {"": 1},
            "propose": {"": 8},
            "accept": {"": 48},
            "execute": {"append": 14, "": 14},
        },
    ),
    Case(
        raft_to_log,
        {"Server": 2, "Value": 1, "Term": 1, "Index": 1},
        1,
        (822, 4882, 2),
        {
            "timeout": {"": 10},
            "step_down": {"": 6},
            "grant": {"": 6},
            "receive_vote": {"": 4},
            "lead": {"": 4},
            "restart": {"": 296},
            "request": {"": 12},
            "append": {"": 540},
            "receive_append": {"": 3956},
            "receive_ack": {"": 24},
            "advance_commit": {"extend": 24},
        },
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_bundled(case: Case) -> None:
    found = case.run()
    assert found.status is RefinementStatus.REFINES and found.failure is None
    assert (found.states, found.transitions, found.images) == case.counts
    assert found.readings == case.ways
    assert sum(n for ways in found.readings.values() for n in ways.values()) == found.transitions
    assert found.warnings() == [] and all(found.occurrences.values())


@pytest.mark.parametrize("crashes", [0, pytest.param(1, marks=pytest.mark.exhaustive)])
def test_learners_refine_consensus(crashes: int) -> None:
    """Two ballots and a crash: few distinct images, so the mapping hardly ever runs."""
    counts = {0: (152_568, 506_478, 75_840), 1: (712_926, 3_191_379, 295_164)}
    found = check_refinement(paxos_roles_to_consensus, roles(2), {"crash": crashes})
    assert found.status is RefinementStatus.REFINES and found.warnings() == []
    assert (found.states, found.transitions, found.occurrences["choose"]) == counts[crashes]
    assert found.images == 3 and found.calls <= 200


@pytest.mark.exhaustive
@pytest.mark.parametrize("crashes", [0, 1])
def test_roles_refine_paxos(crashes: int) -> None:
    """Every state of Paxos is the image of some state."""
    found = check_refinement(paxos_roles_to_paxos, roles(2), {"crash": crashes})
    counts = {0: (152_568, 506_478), 1: (712_926, 3_191_379)}
    assert found.status is RefinementStatus.REFINES and found.warnings() == []
    assert (found.states, found.transitions) == counts[crashes]
    assert found.images == 3921
    told = {0: {"phase1b": 28_299}, 1: {"phase1b": 120_957, "phase2b then phase1b": 8_052}}
    assert found.readings["reply_promise"] == told[crashes]


def test_a_late_report_of_a_vote_takes_two_steps() -> None:
    """A vote whose reply a crash lost is first told of by the next promise."""
    single = replace(paxos_roles_to_paxos, steps=1)
    sizes = {**roles(2), "Value": 1}
    found = check_refinement(single, sizes, {"crash": 1})
    assert found.status is RefinementStatus.FAILS and found.failure is not None
    assert found.failure.move is not None and found.failure.move.action == "reply_promise"
    assert [s.action for s in found.failure.trace.steps].count("crash_acceptor") == 1


def test_a_learner_that_skips_a_hole_is_no_log() -> None:
    skipping = replace(multipaxos_log_to_log, concrete=MUTANTS["skips-holes"].protocol)
    sizes = {"Acceptor": 2, "Learner": 1, "Value": 2, "Slot": 2, "Ballot": 1}
    found = check_refinement(skipping, sizes, None)
    assert found.status is RefinementStatus.FAILS and found.failure is not None
    assert found.failure.move is not None and found.failure.move.action == "execute"
    assert len(found.failure.trace.steps) == 6


@pytest.mark.exhaustive
def test_multi_paxos_is_paxos_in_a_slot_with_two_ballots() -> None:
    sizes = {"Proposer": 1, "Acceptor": 3, "Slot": 1, "Value": 2, "Ballot": 2}
    found = check_refinement(multipaxos_to_paxos, sizes, {"crash": 0})
    assert found.status is RefinementStatus.REFINES
    assert (found.states, found.transitions) == (4_433, 9_908)


def test_every_bundled_refinement_is_tested() -> None:
    tested = {id(case.refinement) for case in CASES} | {id(paxos_roles_to_consensus)}
    assert tested == {id(r) for r in BUNDLED}
