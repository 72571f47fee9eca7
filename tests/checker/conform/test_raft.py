"""The bundled Raft against its models: it conforms, and each defect differs without being named."""

from __future__ import annotations

from pathlib import Path

import pytest

import quorate
from quorate.checker.errors import InputError

LONG = pytest.mark.exhaustive


#: A part of `Raft` that is small enough for three servers.
IN_TURN = f"{Path(__file__).parents[2] / 'examples' / 'raft_in_turn.py'}:RaftInTurn"


#: What the extensions of Raft do that its code does otherwise is said by these.
SNAPSHOTS = "quorate.model.raft_snapshots:SnapshotsIfNeeded"
PRE_VOTES = "quorate.model.raft_prevote:PreVotingInTouch"


def sizes(servers: int, terms: int, entries: int, values: int = 1) -> dict[str, int]:
    return {"Server": servers, "Value": values, "Term": terms, "Index": entries}


@pytest.mark.parametrize(
    ("model", "size", "crashes", "transitions"),
    [
        ("RaftElection", (2, 1, 0), 1, "54 of 54"),
        ("Raft", (2, 1, 0), 1, "98 of 98"),
        ("MonotoneRaft", (2, 1, 1), 0, "30 of 30"),
        ("ReadIndex", (2, 1, 1), 0, "66 of 66"),
        ("JointConsensus", (2, 1, 1), 0, "238 of 238"),
        (SNAPSHOTS, (2, 1, 1), 1, "150 of 150"),
        (PRE_VOTES, (2, 1, 1), 0, "256 of 256"),
        pytest.param("ReadIndex", (2, 2, 1), 1, "506 of 506", marks=LONG),
        pytest.param("ReadIndex", (3, 1, 1), 0, "1,239 of 1,239", marks=LONG),
        pytest.param(SNAPSHOTS, (2, 1, 2), 1, "1,046 of 1,046", marks=LONG),
        pytest.param(SNAPSHOTS, (3, 2, 1), 0, "8,778 of 8,778", marks=LONG),
        pytest.param(PRE_VOTES, (2, 1, 1), 1, "852 of 852", marks=LONG),
        pytest.param("AtomicRaft", (2, 2, 1), 1, "300 of 300", marks=LONG),
        pytest.param("AtomicRaft", (3, 2, 1), 0, "3,324 of 3,324", marks=LONG),
        pytest.param("RaftElection", (2, 2, 0), 1, "470 of 470", marks=LONG),
        pytest.param("Raft", (2, 1, 1), 1, "4,698 of 4,698", marks=LONG),
        pytest.param("RaftElection", (3, 1, 0), 1, "699 of 699", marks=LONG),
        pytest.param(IN_TURN, (3, 3, 1), 0, "2,301 of 2,301", marks=LONG),
        pytest.param(IN_TURN, (3, 2, 2), 0, "13,686 of 13,686", marks=LONG),
    ],
)
def test_healthy_raft_conforms(model, size, crashes, transitions):
    found = quorate.conform(model, sizes=sizes(*size), faults={"crash": crashes}, seconds=600)
    assert found.holds, str(found)
    assert f"{transitions} transitions driven" in str(found)


#: At which sizes each defect is found, with which crashes, and as what.
FOUND = {
    "forgets-vote": ("RaftElection", (2, 1, 0), 1, "restart.changes.voted_for"),
    "forgets-term": ("RaftElection", (2, 1, 0), 1, "restart.changes.term"),
    "forgets-vote-on-append": ("Raft", (2, 1, 0), 0, "receive_append.changes.voted_for"),
    "duplicate-vote-counted": ("RaftElection", (4, 1, 0), 0, "lead.allows.role"),
    "old-vote-counted": ("RaftElection", (2, 2, 0), 0, "receive_vote.allows.votes"),
    "leads-on": ("RaftElection", (2, 2, 0), 0, "step_down.changes.role"),
    "always-truncates": ("Raft", (2, 1, 1), 0, "receive_append.changes.log"),
    "matches-backwards": ("Raft", (2, 1, 1), 0, "receive_ack.allows.match"),
    "commits-backwards": ("Raft", (2, 1, 1), 0, "receive_append.changes.commit"),
    "matches-hints": ("Raft", (2, 1, 2), 0, "receive_append.allows.match"),
    "commits-own-entries": ("AtomicRaft", (2, 1, 1), 0, "replicate.changes.commit"),
    "accepts-gaps": ("AtomicRaft", (2, 1, 1), 0, "replicate.allows.match"),
    "commits-old-terms": ("AtomicRaft", (2, 2, 1), 0, "advance_commit.allows.commit"),
    "reads-alone": ("ReadIndex", (2, 1, 1), 0, "answer.allows.reading"),
    "reads-too-soon": ("ReadIndex", (2, 1, 1), 0, "read.allows.reading"),
    "drops-what-follows": (SNAPSHOTS, (2, 1, 2), 0, "install.changes.log"),
    "takes-snapshots-term": (SNAPSHOTS, (3, 2, 1), 0, "install.changes.term"),
    "loses-last-term": (SNAPSHOTS, (2, 2, 1), 0, "elect.refuses"),
    "pre-vote-ignores-log": (PRE_VOTES, (2, 1, 1), 0, "grant_pre_vote.allows.sent"),
    "leader-grants-pre-vote": (PRE_VOTES, (2, 2, 0), 0, "grant_pre_vote.allows.sent"),
    "pre-vote-while-in-touch": (PRE_VOTES, (2, 2, 0), 0, "grant_pre_vote.allows.sent"),
    "changes-at-once": ("JointConsensus", (2, 1, 1), 0, "request.contradicts"),
    "ends-change-early": ("JointConsensus", (2, 1, 2, 2), 0, "request.allows.log"),
    "counts-the-union": ("JointConsensus", (3, 1, 1), 0, "advance_commit.allows.commit"),
    "compares-lengths": (IN_TURN, (3, 3, 1), 0, "grant.allows.sent"),
    "keeps-tail": (IN_TURN, (3, 2, 2), 0, "receive_append.changes.log"),
}
DAILY = {"forgets-vote", "old-vote-counted", "accepts-gaps", "reads-too-soon", "loses-last-term"}


@pytest.mark.parametrize(
    "variant", [pytest.param(v, marks=() if v in DAILY else LONG) for v in FOUND]
)
def test_defects_are_found_from_the_model_alone(variant):
    model, size, crashes, difference = FOUND[variant]
    found = quorate.conform(
        model, variant=variant, sizes=sizes(*size), faults={"crash": crashes}, seconds=150
    )
    assert f"{difference}: " in str(found)


def test_one_server_is_too_few():
    with pytest.raises(InputError, match="a server alone sends nothing: give at least two"):
        quorate.conform("RaftElection", sizes=sizes(1, 1, 0))
