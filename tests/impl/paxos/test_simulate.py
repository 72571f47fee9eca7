"""The simulated world: repeatable, safe under every fault, live once the faults cease."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.impl.errors import ConfigError
from quorate.impl.paxos.defects import DEFECTS
from quorate.impl.paxos.simulate import simulate
from quorate.impl.simulation.faults import HEAVY, Faults, Partition

rates = st.floats(0, 0.6)
faults = st.builds(
    Faults,
    loss=rates,
    duplication=rates,
    max_delay_s=st.floats(0.001, 1.0),
    crashes=st.integers(0, 10),
    downtime_s=st.floats(0, 1),
    torn_writes=st.floats(0, 0.2),
    partitions=st.integers(0, 5),
    partition_s=st.floats(0, 3),
    drift=st.floats(0, 2),
    active_s=st.floats(0, 6),
)


@given(st.integers(1, 6), st.integers(0, 2**32), faults)
def test_agreement_always_and_a_decision_once_the_faults_cease(nodes, seed, chosen):
    report = simulate(nodes, seed, chosen)
    assert report.agreement, report.violation
    assert report.decided is not None
    assert report.decided in {"v-n0", "v-n1", "v-n2"}
    assert dict(report.committed) == dict.fromkeys((f"n{i}" for i in range(nodes)), report.decided)


def test_forty_rough_days():
    reports = [simulate(5, seed, HEAVY) for seed in range(40)]
    assert all(report.agreement and report.decided for report in reports)
    assert {report.decided for report in reports} == {"v-n0", "v-n1", "v-n2"}
    assert min(report.crashes for report in reports) > 0
    assert all(report.restarts == report.crashes for report in reports)


def test_one_seed_one_report():
    assert simulate(5, 7, HEAVY) == simulate(5, 7, HEAVY)
    assert simulate(5, 7, HEAVY).log != simulate(5, 8, HEAVY).log


def test_a_kind_world_decides_in_one_round():
    report = simulate(3, 0, Faults(active_s=0), {"n1": "only"})
    assert report.decided == "only"
    assert (report.dropped, report.duplicated, report.crashes) == (0, 0, 0)
    assert report.delivered <= report.sent
    assert report.virtual_s < 1


def test_the_report_counts_what_the_log_shows():
    report = simulate(5, 3, HEAVY)
    for kind, count in (
        ("sent", report.sent),
        ("delivered", report.delivered),
        ("dropped", report.dropped),
        ("duplicated", report.duplicated),
        ("crash", report.crashes),
        ("restart", report.restarts),
    ):
        assert sum(event.kind == kind for event in report.log) == count
    assert [event.at_s for event in report.log] == sorted(event.at_s for event in report.log)
    assert report.delivered + report.dropped <= report.sent + report.duplicated


def test_a_watcher_sees_every_event_with_the_live_node():
    seen = []
    report = simulate(3, 1, HEAVY, watch=lambda event, node: seen.append((event, node)))
    assert tuple(event for event, _ in seen) == report.log
    assert all(node is None or node.name == event.node for event, node in seen)
    assert any(node is None for event, node in seen if event.kind == "crash")


@pytest.mark.parametrize(
    "defect",
    ["ignores-accepted-values", "phase-two-without-phase-one", "disjoint-quorums"],
)
def test_the_alarm_works(defect):
    reports = [simulate(3, seed, HEAVY, composition=DEFECTS[defect]) for seed in range(60)]
    broken = [report for report in reports if not report.agreement]
    assert broken
    for report in broken:
        assert report.violation is not None and report.decided is None
        assert "violation" in {event.kind for event in report.log[-3:]}


def test_a_disk_that_lies_breaks_agreement():
    lying = Faults(unsynced=True, crashes=20, loss=0.3, downtime_s=0.1, max_delay_s=0.3, active_s=3)
    assert any(not simulate(3, seed, lying).agreement for seed in range(80, 110))


def test_a_partition_cuts_both_ways_and_ends():
    cut = Partition(1.0, 2.0, frozenset({"n0"}))
    assert cut.separates(1.5, "n0", "n1") and cut.separates(1.5, "n1", "n0")
    assert not cut.separates(1.5, "n1", "n2")
    assert not cut.separates(2.0, "n0", "n1")


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"loss": 1.5}, "loss is a probability, not 1.5"),
        ({"crashes": -1}, "crashes cannot be -1"),
        ({"max_delay_s": float("nan")}, "max_delay_s cannot be nan"),
        ({"min_delay_s": 2.0}, "min_delay_s is above max_delay_s"),
    ],
)
def test_senseless_faults_are_refused(wrong, why):
    with pytest.raises(ConfigError, match=why):
        Faults(**wrong)


def test_senseless_runs_are_refused():
    with pytest.raises(ConfigError, match="at least one node, not 0"):
        simulate(0)
    with pytest.raises(ConfigError, match="no node n7; there are n0, n1"):
        simulate(2, proposals={"n7": "x"})
