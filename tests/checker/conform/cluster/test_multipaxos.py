"""The bundled Multi-Paxos under faults: what nodes must keep, and whole campaigns."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import quorate
from quorate.checker.conform.cluster.multipaxos_witness import MultiPaxosWitness
from quorate.impl.cluster.systems import codec_of
from quorate.impl.durable.record_log import RecordLog
from quorate.impl.envelope import Envelope
from quorate.impl.multipaxos import (
    MULTIPAXOS,
    NO_OP,
    Accepted,
    Heartbeat,
    Nack,
    Prepare,
    Promise,
    PromiseRecord,
    RoundRecord,
    Vote,
    VoteRecord,
)
from quorate.impl.network.codec import frame
from quorate.impl.paxos import Ballot

LOW, BALLOT, HIGH = (Ballot(round_, "n1") for round_ in (1, 2, 3))
KEPT = [RoundRecord(1), PromiseRecord(LOW), VoteRecord(4, Vote(BALLOT, NO_OP))]
HELD = "its database holds 3 records: round 1, the promise 2.n1, votes in 4"
STATE = {
    "round": 1,
    "promised": {"round": 2, "proposer": "n1"},
    "votes": [
        [
            4,
            {
                "ballot": {"round": 2, "proposer": "n1"},
                "decree": {"type": "commands", "submissions": []},
            },
        ]
    ],
}


def written(folder: Path, lines: list[dict[str, Any]]) -> Path:
    """A dead node's folder: a database that holds KEPT, and a journal."""
    with closing(RecordLog(folder / "node.sqlite", MULTIPAXOS.records)) as log:
        log.append(KEPT)
    (folder / "journal.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return folder


def texts(witness: MultiPaxosWitness) -> list[str]:
    assert {finding.kind for finding in witness.findings} <= {"durability"}
    return [finding.text for finding in witness.findings]


@pytest.mark.parametrize(
    ("message", "what"),
    [
        (Heartbeat(HIGH, 9), None),
        (Promise(BALLOT, "n0", (), 0), None),
        (Promise(HIGH, "n0", (), 0), "its promise of 3.n1"),
        (Nack(LOW, "n0", HIGH), "its promise of 3.n1"),
        (Accepted(BALLOT, "n0", 4), None),
        (Accepted(LOW, "n0", 4), None),
        (Accepted(BALLOT, "n0", 5), "its vote in slot 5 in 2.n1"),
        (Prepare(Ballot(1, "n0"), 0), None),
        (Prepare(Ballot(2, "n0"), 0), "a ballot of round 2"),
    ],
)
def test_what_a_node_says_it_must_keep(message: Any, what: str | None, tmp_path: Path) -> None:
    witness = MultiPaxosWitness()
    witness.sent("n0", "n1", frame(codec_of(MULTIPAXOS).encode(Envelope("n0", "n1", message))))
    witness.died("n0", written(tmp_path, []))
    assert texts(witness) == (
        [] if what is None else [f"n0 was killed: it had told {what}; {HELD}"]
    )


@pytest.mark.parametrize("change", [{}, {"round": 0}, {"promised": None}, {"votes": []}])
def test_a_node_starts_with_what_was_there(change: dict[str, Any], tmp_path: Path) -> None:
    witness = MultiPaxosWitness()
    witness.died("n0", written(tmp_path, []))
    line = {"node": "n0", "event": "started", "records": 3, "state": {**STATE, **change}}
    (tmp_path / "journal.jsonl").write_text(f"{json.dumps(line)}\n")
    witness.died("n0", tmp_path)
    assert len(texts(witness)) == (1 if change else 0)
    assert all("n0 started again with 3 records: round" in text for text in texts(witness))


@pytest.mark.exhaustive
def test_the_healthy_nodes_do_what_the_model_does() -> None:
    done = quorate.conform_cluster("MultiPaxos", runs=6, seconds=600, seed=1).campaign
    assert done.found is None and done.runs == 6
    assert done.lines > 100 and done.steps > 50


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    "variant",
    [
        "round-not-persisted",
        "promise-not-recorded",
        "promise-lost-on-restart",
        "votes-lost-on-restart",
        "all-lost-on-restart",
        "ignores-recovered",
        "phase-two-without-phase-one",
        "promise-omits-votes",
        "promise-reports-last-slot",
        "accept-does-not-raise-promise",
        "accept-ignores-promise",
        "promise-for-any-ballot",
        "disjoint-quorums",
        "trusts-any-vote",
        "executes-past-holes",
    ],
)
def test_a_defect_that_faults_show_is_found(variant: str, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    result = quorate.conform_cluster("MultiPaxos", variant=variant, seconds=1800, seed=1, keep=kept)
    assert result.violation is not None
