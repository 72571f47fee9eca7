"""The bundled Raft against its models: it conforms to each of them."""

from __future__ import annotations

import pytest

from quorate.checker.errors import InputError

from ...support.unnamed import (
    INTERRUPTED,
    LEASE_READS,
    PRE_VOTES,
    RAFT_IN_TURN,
    SNAPSHOTS,
    driven,
    servers,
    ticks,
)

LONG = pytest.mark.exhaustive


@pytest.mark.parametrize(
    ("model", "bounds", "transitions"),
    [
        ("RaftElection", servers(2, 1, 0, crash=1), "54 of 54"),
        ("Raft", servers(2, 1, 0, crash=1), "98 of 98"),
        ("MonotoneRaft", servers(2, 1, 1), "30 of 30"),
        ("ReadIndex", servers(2, 1, 1), "66 of 66"),
        ("JointConsensus", servers(2, 1, 1), "238 of 238"),
        ("SingleServerChanges", servers(2, 1, 1), "102 of 102"),
        (SNAPSHOTS, servers(2, 1, 1, crash=1), "150 of 150"),
        (PRE_VOTES, servers(2, 1, 1), "256 of 256"),
        (LEASE_READS, ticks(2, 1, 0), "82 of 82"),
        (INTERRUPTED, servers(2, 1, 0, crash=1), "56 of 56"),
        pytest.param(INTERRUPTED, servers(2, 1, 1, crash=1), "242 of 242", marks=LONG),
        pytest.param(INTERRUPTED, servers(2, 2, 0, crash=1), "394 of 394", marks=LONG),
        pytest.param("PromptRaft", servers(3, 1, 1), "1,932 of 1,932", marks=LONG),
        pytest.param(LEASE_READS, ticks(2, 1, 1, crash=1), "2,164 of 2,164", marks=LONG),
        pytest.param(LEASE_READS, ticks(2, 2, 1, Margin=0), "2,386 of 2,386", marks=LONG),
        pytest.param(LEASE_READS, ticks(3, 2, 1, Time=0), "4,272 of 4,272", marks=LONG),
        pytest.param("ReadIndex", servers(2, 2, 1, crash=1), "506 of 506", marks=LONG),
        pytest.param("ReadIndex", servers(3, 1, 1), "1,239 of 1,239", marks=LONG),
        pytest.param("SingleServerChanges", servers(2, 2, 1, crash=1), "842 of 842", marks=LONG),
        pytest.param("SingleServerChanges", servers(3, 1, 1), "2,010 of 2,010", marks=LONG),
        pytest.param(
            "SingleServerChanges", servers(2, 1, 2, values=2), "2,452 of 3,460", marks=LONG
        ),
        pytest.param(SNAPSHOTS, servers(2, 1, 2, crash=1), "1,046 of 1,046", marks=LONG),
        pytest.param(SNAPSHOTS, servers(3, 2, 1), "8,778 of 8,778", marks=LONG),
        pytest.param(PRE_VOTES, servers(2, 1, 1, crash=1), "852 of 852", marks=LONG),
        pytest.param("AtomicRaft", servers(2, 2, 1, crash=1), "300 of 300", marks=LONG),
        pytest.param("AtomicRaft", servers(3, 2, 1), "3,324 of 3,324", marks=LONG),
        pytest.param("RaftElection", servers(2, 2, 0, crash=1), "470 of 470", marks=LONG),
        pytest.param("Raft", servers(2, 1, 1, crash=1), "4,698 of 4,698", marks=LONG),
        pytest.param("RaftElection", servers(3, 1, 0, crash=1), "699 of 699", marks=LONG),
        pytest.param(RAFT_IN_TURN, servers(3, 3, 1), "2,301 of 2,301", marks=LONG),
        pytest.param(RAFT_IN_TURN, servers(3, 2, 2), "13,686 of 13,686", marks=LONG),
    ],
)
def test_healthy_raft_conforms(model, bounds, transitions):
    found = driven(model, bounds)
    assert found.holds, str(found)
    assert f"{transitions} transitions driven" in str(found)


def test_one_server_is_too_few():
    with pytest.raises(InputError, match="a server alone sends nothing: give at least two"):
        driven("RaftElection", servers(1, 1, 0))
