"""What the bundled protocols do sooner or later, and the runs without which they do not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

import quorate
from quorate.checker.liveness.results import Ending, TemporalVerdict
from quorate.checker.loading import BUNDLED, load_protocol
from quorate.model import liveness


@dataclass(frozen=True)
class Holds:
    """A bound at which all claims hold, and the number of states there."""

    name: str
    sizes: Mapping[str, int]
    states: int
    faults: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Broken:
    """A bound at which a claim is violated, by this stem; the loop is all that comes after."""

    name: str
    sizes: Mapping[str, int]
    claim: str
    stem: str
    loop: str = ""
    faults: Mapping[str, int] = field(default_factory=dict)


WITHOUT_LOGS = {"Value": 1, "Index": 0}
SLOT = {"Slot": 1, "Value": 1}
HOLDING = [
    Holds("LiveTwoPhaseCommit", {"Participant": 2}, 184),
    Holds("OneCandidate", {"Server": 3, "Term": 1, **WITHOUT_LOGS}, 72),
    Holds("LiveChainReplication", {"Server": 2, "Command": 1, "Index": 1}, 41, {"crash": 1}),
    Holds("ImpartialLease", {"Client": 2}, 324),
]
MORE = [
    Holds("LiveAtomicRaft", {"Server": 3, "Value": 1, "Term": 2, "Index": 1}, 1585, {"crash": 1}),
    Holds(
        "LiveMultiPaxosLog",
        {"Acceptor": 3, "Learner": 1, "Value": 2, "Slot": 2, "Ballot": 2},
        22_787,
    ),
    Holds(
        "RetriedCommands",
        {"Acceptor": 1, "Learner": 1, "Value": 3, "Slot": 2, "Ballot": 2},
        292,
    ),
    Holds("LiveMultiPaxos", {"Proposer": 1, "Acceptor": 2, "Ballot": 2, **SLOT}, 91),
    Holds("LiveAbd", {"Server": 2, "Client": 2, "Number": 2}, 649),
    Holds("LiveTwoPhaseCommit", {"Participant": 1}, 69, {"crash": 1}),
    Holds("OneCandidate", {"Server": 2, "Term": 2, **WITHOUT_LOGS}, 34),
    Holds("LiveMultiPaxos", {"Proposer": 2, "Acceptor": 1, "Ballot": 2, **SLOT}, 111),
    Holds("LiveRaft", {"Server": 2, "Term": 1, "Value": 1, "Index": 1}, 148),
    Holds("LiveLamportMutex", {"Process": 2, "Clock": 6, "Depth": 3}, 62),
]
BROKEN = [
    Broken(
        "BlockingTwoPhaseCommit",
        {"Participant": 2},
        "whoever_is_prepared_learns_the_outcome",
        "work prepare vote abort",
    ),
    Broken(
        "SplitVotes", {"Server": 2, "Term": 1, **WITHOUT_LOGS}, "somebody_leads", "timeout " * 2
    ),
    Broken(
        "UnnoticedFailures",
        {"Server": 2, "Command": 1, "Index": 1},
        "what_survives_is_answered",
        "submit forward fail",
        faults={"crash": 1},
    ),
    Broken("StoppedClock", {"Client": 1}, "every_lease_ends", "tick ask grant"),
]
MORE_BROKEN = [
    Broken(
        "StopsAtOldEntries",
        {"Server": 2, "Value": 1, "Term": 2, "Index": 2},
        "its_commands_are_executed",
        "elect request replicate elect request replicate",
    ),
    Broken(
        "RecurringLease",
        {"Client": 2},
        "everybody_is_served",
        "ask ask grant",
        "tick tick_client tick_client tick_client tick tick_client tick_client tick tick_client "
        "ask grant",
    ),
    Broken(
        "LeavesHoles",
        {"Acceptor": 3, "Learner": 1, "Value": 2, "Slot": 2, "Ballot": 1},
        "its_commands_are_executed",
        "lead propose accept accept accept",
    ),
    Broken(
        "RetriesFirstSlot",
        {"Acceptor": 1, "Learner": 1, "Value": 3, "Slot": 2, "Ballot": 2},
        "what_clients_ask_is_executed",
        "lead propose lead propose accept execute",
    ),
    Broken(
        "StoppedMajority",
        {"Server": 1, "Client": 1, "Number": 1},
        "every_operation_returns",
        "start",
    ),
    Broken(
        "LiveMultiPaxos",
        {"Proposer": 1, "Acceptor": 1, "Ballot": 1, **SLOT},
        "every_slot_gets_a_value",
        "prepare promise crash_proposer",
        faults={"crash": 1},
    ),
    Broken(
        "UnreleasedMutex",
        {"Process": 2, "Clock": 6, "Depth": 3},
        "every_request_is_granted",
        "request receive_request request receive_acknowledge receive_request receive_acknowledge "
        "enter",
    ),
]


def called(case: Holds | Broken) -> str:
    return f"{case.name}-{','.join(map(str, case.sizes.values()))}"


@pytest.mark.parametrize(
    "case",
    [*HOLDING, *(pytest.param(c, marks=pytest.mark.exhaustive) for c in MORE)],
    ids=called,
)
def test_it_happens_sooner_or_later(case: Holds) -> None:
    protocol = load_protocol(case.name)
    faults = {"crash": 0, **case.faults} if protocol.faults else {}
    found = quorate.check(protocol, sizes=case.sizes, faults=faults)
    assert found.holds and found.states == case.states and found.liveness is not None
    assert all(not check.vacuous for check in found.liveness.checks)


@pytest.mark.parametrize(
    "case",
    [*BROKEN, *(pytest.param(c, marks=pytest.mark.exhaustive) for c in MORE_BROKEN)],
    ids=called,
)
def test_it_need_never_happen(case: Broken) -> None:
    protocol = load_protocol(case.name)
    faults = {"crash": 0, **case.faults} if protocol.faults else {}
    found = quorate.check(protocol, sizes=case.sizes, faults=faults)
    assert found.liveness is not None and found.outcome == "violated"
    (wrong,) = (c for c in found.liveness.checks if c.verdict is TemporalVerdict.VIOLATED)
    assert wrong.name == case.claim and wrong.lasso is not None
    assert [m.action for m in wrong.lasso.stem] == case.stem.split()
    assert [m.action for m in wrong.lasso.loop] == case.loop.split()
    assert (wrong.lasso.ending is Ending.CYCLE) is bool(case.loop)


def test_all_of_them_are_bundled() -> None:
    tested = {case.name for case in (*HOLDING, *MORE, *BROKEN, *MORE_BROKEN)}
    assert tested == {*liveness.__all__} and tested <= BUNDLED.keys()
