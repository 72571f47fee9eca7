"""The bundled Multi-Paxos against its models: it conforms to each of them."""

from __future__ import annotations

import pytest

from ...support.unnamed import MULTIPAXOS_IN_TURN, TWO_STORES, WINDOW, driven, slots, whole_log

LONG = pytest.mark.exhaustive


@pytest.mark.parametrize(
    ("model", "bounds", "transitions"),
    [
        ("MultiPaxos", slots(), "449 of 449"),
        pytest.param("MultiPaxos", slots(Proposer=2, Value=2), "4,246 of 4,246", marks=LONG),
        pytest.param("MultiPaxos", slots(Slot=2), "5,845 of 5,845", marks=LONG),
        pytest.param("MultiPaxos", slots(Acceptor=3), "14,437 of 14,437", marks=LONG),
        pytest.param(
            MULTIPAXOS_IN_TURN,
            slots(Acceptor=3, Value=2, Ballot=3, crash=0),
            "26,304 of 26,304",
            marks=LONG,
        ),
        ("MultiPaxosLog", whole_log(Acceptor=3, Slot=1, Ballot=1), "57 of 57"),
        ("StoreSessions", TWO_STORES, "90 of 90"),
        ("MultiPaxosSnapshots", whole_log(Slot=1), "156 of 156"),
        pytest.param("MultiPaxosSnapshots", whole_log(), "6,703 of 6,703", marks=LONG),
        pytest.param("MultiPaxosLog", whole_log(), "1,553 of 1,553", marks=LONG),
        pytest.param("MultiPaxosMembers", whole_log(Ballot=1), "317 of 317", marks=LONG),
        pytest.param("MultiPaxosMembers", whole_log(Slot=1), "1,866 of 1,866", marks=LONG),
        pytest.param(WINDOW, whole_log(Slot=3, Ballot=1), "2,457 of 2,457", marks=LONG),
    ],
)
def test_healthy_code_conforms(model: str, bounds: dict[str, int], transitions: str) -> None:
    found = driven(model, bounds)
    assert found.holds, str(found)
    assert f"{transitions} transitions driven" in str(found)
