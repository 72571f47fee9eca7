"""The bundled Raft against its models: it conforms to each of them."""

from __future__ import annotations

import pytest

from quorate.checker.errors import InputError

from ...support.unnamed import PRE_VOTES, RAFT_IN_TURN, SNAPSHOTS, driven, servers

LONG = pytest.mark.exhaustive


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
        pytest.param(RAFT_IN_TURN, (3, 3, 1), 0, "2,301 of 2,301", marks=LONG),
        pytest.param(RAFT_IN_TURN, (3, 2, 2), 0, "13,686 of 13,686", marks=LONG),
    ],
)
def test_healthy_raft_conforms(model, size, crashes, transitions):
    found = driven(model, servers(*size, crash=crashes))
    assert found.holds, str(found)
    assert f"{transitions} transitions driven" in str(found)


def test_one_server_is_too_few():
    with pytest.raises(InputError, match="a server alone sends nothing: give at least two"):
        driven("RaftElection", servers(1, 1, 0))
