"""The bundled Multi-Paxos against its model: it conforms, and each defect of a role differs."""

from __future__ import annotations

from pathlib import Path

import pytest

import quorate
from quorate.impl.multipaxos.defects import DEFECTS, IN_RUNS
from quorate.model.language import Protocol
from quorate.model.multipaxos import MultiPaxos, RestartingMultiPaxos
from quorate.model.multipaxos_log import MultiPaxosLog

SIZES = {"Proposer": 1, "Acceptor": 2, "Slot": 1, "Value": 1, "Ballot": 2}
#: A part of `MultiPaxos` that is small enough for three ballots.
IN_TURN = f"{Path(__file__).parents[2] / 'examples' / 'multipaxos_in_turn.py'}:MultiPaxosInTurn"
THREE_BALLOTS = {"Acceptor": 3, "Value": 2, "Ballot": 3}
SLOW = pytest.mark.exhaustive
SHOWN = {
    "ignores-recovered": (MultiPaxos, {"Value": 2}, "propose.allows.sent"),
    "phase-two-without-phase-one": (MultiPaxos, {}, "lead.allows.leads"),
    "round-not-persisted": (MultiPaxos, {}, "crash_proposer.changes.used"),
    "promise-omits-votes": (MultiPaxos, {}, "promise.sends.sent"),
    "promise-reports-last-slot": (MultiPaxos, {"Slot": 2}, "promise.sends.sent"),
    "accept-ignores-promise": (MultiPaxos, {}, "accept.allows.sent"),
    "promise-for-any-ballot": (MultiPaxos, {}, "promise.allows.sent"),
    "promise-not-recorded": (MultiPaxos, {}, "promise.changes.promised"),
    "promise-lost-on-restart": (RestartingMultiPaxos, {}, "crash_acceptor.changes.promised"),
    "votes-lost-on-restart": (RestartingMultiPaxos, {}, "crash_acceptor.changes.voted_ballot"),
    "all-lost-on-restart": (RestartingMultiPaxos, {}, "crash_acceptor.changes.promised"),
    "lowest-accepted-ballot": (IN_TURN, THREE_BALLOTS, "lead.changes.recovered"),
    "accept-does-not-raise-promise": (MultiPaxos, {"Acceptor": 3}, "accept.changes.promised"),
}
DAILY = {"ignores-recovered", "promise-lost-on-restart"}


@pytest.mark.parametrize(
    ("protocol", "more", "transitions"),
    [
        (MultiPaxos, {}, "449 of 449"),
        pytest.param(MultiPaxos, {"Proposer": 2, "Value": 2}, "4,246 of 4,246", marks=SLOW),
        pytest.param(MultiPaxos, {"Slot": 2}, "5,845 of 5,845", marks=SLOW),
        pytest.param(MultiPaxos, {"Acceptor": 3}, "14,437 of 14,437", marks=SLOW),
        pytest.param(IN_TURN, THREE_BALLOTS, "26,304 of 26,304", marks=SLOW),
    ],
)
def test_healthy_code_conforms(
    protocol: type[Protocol] | str, more: dict[str, int], transitions: str
) -> None:
    faults = {"crash": 0} if protocol == IN_TURN else None
    found = quorate.conform(protocol, sizes={**SIZES, **more}, faults=faults, seconds=600)
    assert found.holds, str(found)
    assert f"{transitions} transitions driven" in str(found)


@pytest.mark.parametrize("name", [n if n in DAILY else pytest.param(n, marks=SLOW) for n in SHOWN])
def test_each_defect_is_found_from_the_model_alone(name: str) -> None:
    protocol, more, difference = SHOWN[name]
    faults = {"crash": 0} if "Acceptor" in more else None
    found = quorate.conform(
        protocol, variant=name, sizes={**SIZES, **more}, faults=faults, seconds=120
    )
    assert f". {difference}: " in str(found)


#: The same code, an exchange a step: with learners and holes.
LOG_SIZES = {"Acceptor": 2, "Learner": 1, "Value": 2, "Slot": 2, "Ballot": 2}
SHOWN_BY_THE_LOG = {
    "disjoint-quorums": ({"Acceptor": 3, "Slot": 1, "Ballot": 1}, "execute.allows.done"),
    "executes-past-holes": ({"Ballot": 1}, "execute.allows.done"),
    "skips-recovered-slots": ({"Slot": 1}, "lead.changes.proposed"),
    "fills-what-is-voted": ({}, "lead.changes.proposed"),
}


@pytest.mark.parametrize(
    ("more", "transitions"),
    [
        ({"Acceptor": 3, "Slot": 1, "Ballot": 1}, "57 of 57"),
        pytest.param({}, "1,553 of 1,553", marks=SLOW),
    ],
)
def test_healthy_code_conforms_to_the_log(more: dict[str, int], transitions: str) -> None:
    found = quorate.conform(MultiPaxosLog, sizes={**LOG_SIZES, **more}, seconds=600)
    assert found.holds, str(found)
    assert f"{transitions} transitions driven" in str(found)


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=SLOW) if n == "fills-what-is-voted" else n for n in SHOWN_BY_THE_LOG],
)
def test_defects_of_the_log_are_found_from_the_model_alone(name: str) -> None:
    more, difference = SHOWN_BY_THE_LOG[name]
    sizes = {**LOG_SIZES, **more}
    found = quorate.conform(MultiPaxosLog, variant=name, sizes=sizes, seconds=120)
    assert f". {difference}: " in str(found)


def test_every_defect_of_a_role_is_among_them() -> None:
    assert set(SHOWN) == set(DEFECTS) - IN_RUNS
