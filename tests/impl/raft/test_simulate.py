"""Raft in the simulated world: repeatable; what its clients saw is linearizable."""

from __future__ import annotations

from dataclasses import replace

import pytest

from quorate.checker.conform.histories.checking import HistoryVerdict
from quorate.impl.errors import ConfigError
from quorate.impl.raft import Options, Reads
from quorate.impl.raft.defects import VARIANTS
from quorate.impl.raft.replica_defects import REPLICA_DEFECTS
from quorate.impl.raft.simulate import drift_of, simulate_raft
from quorate.impl.raft.variant import HEALTHY
from quorate.impl.replicated.parts import MOST_BYTES, Outgoing
from quorate.impl.simulation.faults import Faults
from quorate.impl.simulation.plan import ISOLATED, ROUGH, Plan
from quorate.impl.store import KeyValueStore
from quorate.impl.store.store import Turn
from tests.support import histories

ROUGHLY = Plan(faults=ROUGH)


@pytest.fixture
def judged(tmp_path):
    return lambda report: histories.judged(tmp_path / f"{report.seed}.jsonl", report.history)


def check(judged, seeds, nodes=3):
    """Every run is safe and ends, and most are rough enough to show something."""
    reports = [simulate_raft(seed, Plan(nodes, faults=ROUGH)) for seed in seeds]
    assert [r.violation for r in reports] == [None] * len(reports)
    assert all(r.finished for r in reports)
    assert {judged(r) for r in reports} == {HistoryVerdict.LINEARIZABLE}
    assert all(r.committed > 0 for r in reports)
    assert sum(r.terms > 1 and r.crashes > 1 for r in reports) > 0.7 * len(reports)
    return reports


COMPACT = Options(compact_after=5)
DRIFT_MS = 20
LEASES = Options(reads=Reads.LEASE, drift=drift_of(DRIFT_MS), compact_after=5)
SETTINGS = {
    "snapshots": {"plan": ROUGHLY, "options": COMPACT},
    "leases": {"plan": Plan(faults=ROUGH, drift_bound=DRIFT_MS), "options": LEASES},
    "members": {"plan": Plan(spares=2, faults=ROUGH), "options": COMPACT, "administered": True},
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_snapshots_leases_and_changes_of_members(judged, setting, monkeypatch):
    monkeypatch.setattr(Outgoing, "most_bytes", 100)
    for seed in range(4):
        report = simulate_raft(seed, **SETTINGS[setting])
        assert report.violation is None and report.finished
        assert judged(report) is HistoryVerdict.LINEARIZABLE


@pytest.mark.exhaustive
@pytest.mark.parametrize("setting", SETTINGS)
def test_snapshots_leases_and_changes_of_members_at_length(judged, setting, monkeypatch):
    for seed in range(4, 300):
        monkeypatch.setattr(Outgoing, "most_bytes", 100 if seed % 2 else MOST_BYTES)
        report = simulate_raft(seed, **SETTINGS[setting])
        assert report.violation is None and report.finished
        assert judged(report) is HistoryVerdict.LINEARIZABLE


def test_rough_times(judged):
    reports = check(judged, range(10))
    assert any(r.given_up for r in reports)
    assert reports[0] == simulate_raft(0, ROUGHLY)


@pytest.mark.exhaustive
@pytest.mark.parametrize("nodes", [1, 2, 3, 5])
def test_rough_times_at_length(judged, nodes):
    check(judged, range(10, 210), nodes)


def test_a_kind_world_needs_one_election():
    report = simulate_raft(1, Plan(5, faults=Faults(active_s=0, max_delay_s=0.005)))
    assert (report.terms, report.committed, report.given_up) == (1, 14, 0)  # 17 reads are in no log


@pytest.mark.parametrize(
    "name",
    [
        "always-truncates",
        *(
            pytest.param(name, marks=pytest.mark.exhaustive)
            for name in ("forgets-term", "skips-check", "leads-on")
        ),
    ],
)
def test_a_rule_that_is_missing_shows(name):
    variant = VARIANTS[name]
    assert any(simulate_raft(seed, ROUGHLY, variant=variant).violation for seed in range(60))


def isolated(seed, drift_ms, margin_ms, name="healthy"):
    """Clocks so far apart, and leases that allow for so much."""
    options = Options(reads=Reads.LEASE, drift=drift_of(margin_ms), compact_after=5)
    plan = replace(ISOLATED, drift_bound=drift_ms)
    return simulate_raft(seed, plan, options, {HEALTHY.name: HEALTHY, **REPLICA_DEFECTS}[name])


def test_a_lease_past_the_drift_bound_shows_as_a_stale_read(judged):
    past, within = isolated(5, 100, 10), isolated(5, 10, 10)
    assert "were committed when it asked" in past.violation
    assert judged(past) is HistoryVerdict.NOT_LINEARIZABLE
    assert within.violation is None and within.finished
    assert judged(within) is HistoryVerdict.LINEARIZABLE


@pytest.mark.exhaustive
@pytest.mark.parametrize("drift_ms", [10, 20])
def test_no_read_is_stale_within_the_drift_bound(drift_ms):
    assert {isolated(seed, drift_ms, drift_ms).problem for seed in range(300)} == {None}


@pytest.mark.exhaustive
def test_a_lease_without_a_margin_shows_as_a_stale_read():
    assert isolated(48, 40, 40, "trusts-ticks").violation and not isolated(48, 40, 40).violation


def test_reads_without_a_quorum_are_stale():
    reports = (isolated(seed, 0, 0, "asks-one-too-few") for seed in range(10))
    report = next(report for report in reports if report.violation)
    assert "were committed when it asked" in report.violation


@pytest.mark.exhaustive
def test_a_snapshot_without_sessions_shows(judged):
    """Commands that are repeated happen again where a follower began with the snapshot."""
    plan, options = Plan(faults=ROUGH, calls=30), Options(compact_after=3)
    forgets = REPLICA_DEFECTS["snapshot-forgets-sessions"]
    verdicts = (judged(simulate_raft(seed, plan, options, forgets)) for seed in range(120))
    assert HistoryVerdict.NOT_LINEARIZABLE in verdicts


@pytest.mark.parametrize("name", ["changes-at-once", "applies-late"])
def test_a_change_of_members_that_is_not_safe_shows(name):
    variant = REPLICA_DEFECTS[name]
    reports = (simulate_raft(seed, variant=variant, **SETTINGS["members"]) for seed in range(60))
    assert any(report.violation for report in reports)


def test_a_store_without_sessions_shows(judged, monkeypatch):
    """Commands that are repeated happen again, long after they were answered."""
    monkeypatch.setattr(KeyValueStore, "turn", lambda self, submission: Turn.NEXT)
    verdicts = (judged(simulate_raft(seed, ROUGHLY)) for seed in range(60))
    assert HistoryVerdict.NOT_LINEARIZABLE in verdicts


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"nodes": 0}, "at least one server, one client and one call"),
        ({"clients": 0}, "at least one server, one client and one call"),
        ({"faults": Faults(unsynced=True)}, "leave unsynced out"),
    ],
)
def test_what_cannot_be_run_is_said(arguments, said):
    with pytest.raises(ConfigError, match=said):
        Plan(**arguments)
