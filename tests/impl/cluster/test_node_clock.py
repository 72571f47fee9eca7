"""The clock of a node: it shows what passes, as fast as it is told to run, and never goes back."""

from __future__ import annotations

import pytest

from quorate.impl.cluster import node_clock
from quorate.impl.cluster.node_clock import NodeClock


def test_it_shows_what_passes_at_its_rate(monkeypatch):
    time_s = [100.0]
    monkeypatch.setattr(node_clock, "uptime_s", lambda: time_s[0])
    clock = NodeClock()
    shown = [clock.read_s()]
    for rate, passes_s in ((1.0, 4.0), (0.5, 4.0), (2.0, 1.0), (1.0, 3.0)):
        clock.run_at(rate)
        assert clock.read_s() == shown[-1]  # no step
        time_s[0] += passes_s
        shown.append(clock.read_s())
    assert shown == pytest.approx([0, 4, 6, 8, 11])


@pytest.mark.parametrize(("rate", "waits_s"), [(1, 3), (0.5, 6), (2, 1.5)])
def test_a_timer_rings_when_the_clock_shows_it(rate, waits_s, monkeypatch):
    time_s = [7.0]
    monkeypatch.setattr(node_clock, "uptime_s", lambda: time_s[0])
    clock = NodeClock()
    clock.run_at(rate)
    assert clock.wait_s(3) == waits_s
    time_s[0] += clock.wait_s(3)
    assert clock.read_s() == 3
