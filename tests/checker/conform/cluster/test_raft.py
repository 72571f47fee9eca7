"""The bundled Raft under faults: what clients saw, what servers must keep, and whole campaigns."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import quorate
from quorate.checker.conform.cluster.raft import Leases, RaftCluster
from quorate.checker.conform.cluster.raft_witness import RaftWitness
from quorate.checker.conform.cluster.replicated import WAIT_S
from quorate.checker.conform.cluster.store_witness import StoreWitness
from quorate.checker.errors import InputError
from quorate.impl.cluster.systems import codec_of
from quorate.impl.durable.record_log import RecordLog
from quorate.impl.envelope import Envelope
from quorate.impl.network.codec import frame
from quorate.impl.raft import (
    Appended,
    AppendEntries,
    LogEntry,
    NoOp,
    RequestVote,
    SuffixRecord,
    TermRecord,
    VoteGranted,
)
from quorate.impl.raft.system import RAFT
from quorate.impl.store import Get, Put

ENTRY = LogEntry(2, NoOp())
KEPT = [TermRecord(2, "n1"), SuffixRecord(0, (ENTRY, ENTRY))]
STARTED = {
    "node": "n0",
    "event": "started",
    "records": 2,
    "state": {"term": 2, "voted_for": "n1", "length": 2},
}


def kinds(witness: StoreWitness) -> list[str]:
    return [finding.kind for finding in witness.findings]


def history(witness: StoreWitness, folder: Path, *, stale: bool) -> None:
    witness.invoked("a", Put("x", "1"))
    witness.returned("a", Put("x", "1"), None)
    witness.invoked("b", Get("x"))
    witness.returned("b", Get("x"), None if stale else "1")
    witness.ended(folder)


def test_a_stale_read_is_found_and_the_history_kept(tmp_path: Path) -> None:
    right, wrong = StoreWitness(), StoreWitness()
    history(right, tmp_path, stale=False)
    assert right.findings == [] and right.unjudged is None
    assert right.answers == right.decided == 2
    history(wrong, tmp_path, stale=True)
    assert kinds(wrong) == ["linearizability"]
    assert "history.jsonl:4: no order of the commands explains get() by process b" in (
        wrong.findings[0].text
    )
    assert not quorate.linearize(tmp_path / "history.jsonl").holds


def test_commands_that_nobody_answered_show_nothing(tmp_path: Path) -> None:
    witness = StoreWitness()
    witness.invoked("a", Put("x", "1"))
    witness.unknown("a", Put("x", "1"))
    witness.ended(tmp_path)
    assert witness.findings == [] and witness.unjudged is not None


def written(folder: Path, lines: list[dict[str, Any]]) -> Path:
    """A dead node's folder: a database that holds KEPT, and a journal."""
    with closing(RecordLog(folder / "node.sqlite", RAFT.records)) as log:
        log.append(KEPT)
    (folder / "journal.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return folder


def after(message: Any, folder: Path) -> RaftWitness:
    """What is found when n0 dies that has sent a message."""
    witness = RaftWitness()
    witness.sent("n0", "n1", frame(codec_of(RAFT).encode(Envelope("n0", "n1", message))))
    witness.died("n0", written(folder, []))
    return witness


@pytest.mark.parametrize(
    ("message", "what"),
    [
        (VoteGranted(2, "n0", "n1"), None),
        (VoteGranted(1, "n0", "n2"), None),  # of a term that is over
        (VoteGranted(2, "n0", "n2"), "its vote for n2 in term 2"),
        (VoteGranted(3, "n0", "n2"), "its vote for n2 in term 3"),
        (RequestVote(3, "n0", 2, 2), "its vote for n0 in term 3"),
        (Appended(2, "n0", "n1", 2), None),
        (Appended(1, "n0", "n1", 9), None),  # a later leader may have replaced them
        (Appended(2, "n0", "n1", 3), "3 entries in term 2"),
        (AppendEntries(2, "n0", 2, 2, (ENTRY,), 0), "3 entries in term 2"),
    ],
)
def test_what_a_server_says_it_must_keep(message: Any, what: str | None, tmp_path: Path) -> None:
    witness = after(message, tmp_path)
    assert kinds(witness) == ([] if what is None else ["durability"])
    assert what is None or what in witness.findings[0].text


def test_what_a_server_notes_as_durable_it_must_keep(tmp_path: Path) -> None:
    witness = RaftWitness()
    lines = [{"node": "n0", "event": "durable", "records": n} for n in (2, 3)]
    witness.died("n0", written(tmp_path, lines))
    assert [f.text for f in witness.findings] == [
        "n0 was killed: it had told 3 records as durable; "
        "its database holds 2 records: term 2, the vote n1, 2 entries"
    ]


@pytest.mark.parametrize("change", [{}, {"term": 1}, {"voted_for": None}, {"length": 1}])
def test_a_server_starts_with_what_was_there(change: dict[str, Any], tmp_path: Path) -> None:
    witness = RaftWitness()
    witness.died("n0", written(tmp_path, []))
    state = {**STARTED["state"], **change}  # type: ignore[dict-item]
    (tmp_path / "journal.jsonl").write_text(f"{json.dumps({**STARTED, 'state': state})}\n")
    witness.died("n0", tmp_path)
    assert kinds(witness) == (["durability"] if change else [])


def test_variants_and_numbers_of_nodes_that_there_are_not() -> None:
    assert RaftCluster(5, "forgets-vote").nodes == ("n0", "n1", "n2", "n3", "n4")
    leases = RaftCluster(3, leases=Leases(0.06, 0.5))
    assert leases.name == "healthy, with leases: margin 60 ms, drift 500 ms"
    with pytest.raises(InputError, match="no variant `forgets`"):
        RaftCluster(3, "forgets")
    with pytest.raises(InputError, match="found 2, expected 3 to 7"):
        RaftCluster(2)
    with pytest.raises(InputError, match="a margin of 700 ms for leases, expected above 0"):
        RaftCluster(3, leases=Leases(0.7, 0.06))
    with pytest.raises(InputError, match="drift: found 800 ms, expected from 0 to less than 800"):
        RaftCluster(3, leases=Leases(0.06, 0.8))


@pytest.mark.parametrize("drift_s", [0, 0.06, 0.4, 0.7])
def test_a_clock_falls_behind_by_the_drift_while_another_shows_the_wait(drift_s: float) -> None:
    rate = RaftCluster(3, leases=Leases(0.06, drift_s)).slow_clock
    assert WAIT_S - WAIT_S * rate == pytest.approx(drift_s) and rate > 0


@pytest.mark.exhaustive
def test_the_healthy_nodes_do_what_the_model_does() -> None:
    """Other processes may keep them from deciding much; what they do is right all the same."""
    done = quorate.conform_cluster("Raft", runs=6, seconds=600, seed=1).campaign
    assert done.found is None and done.runs == 6
    assert done.lines > 100 and done.steps > 50


@pytest.mark.exhaustive
def test_reads_by_leases_are_linearizable_whoever_stands_still() -> None:
    rates = {"pause": 3, "kill": 0.5, "partition": 1}
    done = quorate.conform_cluster(
        "Raft", leases=True, runs=10, seconds=600, seed=1, rates=rates
    ).campaign
    assert done.found is None and done.runs == 10
    assert done.pauses > 20


DRIFTING = {"clock": 1, "kill": 0, "point": 0, "pause": 0, "slow": 0}


@pytest.mark.exhaustive
def test_reads_are_stale_where_clocks_fall_behind_by_more_than_leases_allow_for(
    tmp_path: Path,
) -> None:
    found = quorate.conform_cluster(
        "Raft",
        leases=True,
        drift_s=0.7,
        seconds=1800,
        seed=1,
        rates=DRIFTING,
        keep=tmp_path / "kept",
    ).campaign.found
    assert found is not None
    assert {finding.kind for finding in found.findings} == {"linearizability"}


@pytest.mark.exhaustive
def test_reads_are_not_stale_where_clocks_fall_behind_by_what_leases_allow_for() -> None:
    done = quorate.conform_cluster(
        "Raft", leases=True, margin_s=0.2, runs=10, seconds=600, seed=1, rates=DRIFTING
    ).campaign
    assert done.found is None and done.runs == 10
    assert done.drifted > 10


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    "variant",
    [
        "forgets-term",
        "forgets-vote",
        "forgets-vote-on-append",
        "always-truncates",
        "commits-backwards",
        "matches-backwards",
        "matches-hints",
        "keeps-tail",
    ],
)
def test_a_defect_that_faults_show_is_found(variant: str, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    result = quorate.conform_cluster("Raft", variant=variant, seconds=1800, seed=1, keep=kept)
    assert result.violation is not None
