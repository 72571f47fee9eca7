"""What strikes a run: whom, in which order, and that nothing of it stays."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from quorate.checker.conform.cluster.faults import Kill, Partition, Schedule, Spell
from quorate.checker.conform.cluster.node import SupervisedNode
from quorate.checker.conform.cluster.striking import Strikes
from quorate.checker.conform.cluster.system import System

NODES = ("n0", "n1", "n2")
LEADER = SimpleNamespace(leader="n2")


def spell(begin_s: float, end_s: float, aimed: bool = False) -> Spell:
    return Spell(node="n0", aimed=aimed, begin_s=begin_s, end_s=end_s, delay_s=0.3)


class Told(System):
    """Nodes that can be told everything; faults are over with the last of them."""

    faults_s, slow_clock = 0.0, 0.5
    command = work = read = None  # type: ignore[assignment]

    def slow_disk(self, delay_s: float) -> bytes:
        return b"%g" % delay_s

    def clock_rate(self, rate: float) -> bytes:
        return b"x%g" % rate


TOLD = Told()


def struck(drawn: Schedule, dead: str = "", acts: int = 0, system: System = TOLD) -> Any:
    """What happens until faults are over, or for so many acts; at the end; and how often."""
    seen: list[tuple[Any, ...]] = []

    def noting(*what: Any) -> Any:
        return lambda *more: seen.append((*what, *more)) or what[0] != dead

    named = ("pause", "resume", "tell", "kill")
    nodes = {n: SimpleNamespace(**{act: noting(n, act) for act in named}) for n in NODES}
    network = SimpleNamespace(part=noting("net", "part"), heal=noting("net", "heal"))
    strikes = Strikes(drawn, network, nodes, LEADER, system)  # type: ignore[arg-type]

    async def befall() -> None:
        task = asyncio.create_task(strikes.befall())
        while not task.done() and not 0 < acts <= len(seen):
            await asyncio.sleep(0)
        task.cancel()

    asyncio.run(befall())
    during = seen.copy()
    strikes.end()
    return during, seen[len(during) :], (strikes.pauses, strikes.slowed, strikes.drifted)


def test_pauses_and_slow_disks_begin_and_end() -> None:
    drawn = Schedule((), (), (spell(0, 0.02), spell(0.01, 0.03, aimed=True)), (spell(0.04, 0.05),))
    during, after, counted = struck(drawn)
    assert during == [
        ("n0", "pause"),
        ("n2", "pause"),
        ("n0", "resume"),
        ("n2", "resume"),
        ("n0", "tell", b"0.3"),
        ("n0", "tell", b"0"),
    ]
    assert (after, counted) == ([], (2, 1, 0))


@pytest.mark.parametrize(
    ("dead", "after", "counted"),
    [
        ("", [("n2", "resume"), ("n0", "tell", b"0")], (1, 1, 0)),
        ("n0", [("n2", "resume")], (1, 0, 0)),
        ("n2", [("n0", "tell", b"0")], (0, 1, 0)),
    ],
)
def test_nobody_stays_paused_or_slow_and_the_dead_are_not_counted(
    dead: str, after: Any, counted: Any
) -> None:
    drawn = Schedule((), (), (spell(0, 9, aimed=True),), (spell(0, 9),))
    during, *rest = struck(drawn, dead, acts=2)
    assert during == [("n2", "pause"), ("n0", "tell", b"0.3")]
    assert rest == [after, counted]


def test_partitions_and_kills_strike_whoever_leads() -> None:
    cut = Partition(0, 0.02, frozenset({("n0", "n1")}), frozenset({"n0"}), "n0")
    drawn = Schedule((cut,), (Kill(node="n1", aimed=True, at_s=0.01),))
    during, after, _ = struck(drawn)
    there = Partition(0, 0.02, frozenset({("n2", "n1")}), frozenset({"n2"}), "n0")
    assert during == [("net", "part", there), ("n2", "kill"), ("net", "heal", there)]
    assert after == []


def drifting(begin_s: float, end_s: float, island: str, target: str | None = None) -> Partition:
    pairs = frozenset((island, other) for other in NODES if other != island)
    return Partition(begin_s, end_s, pairs, frozenset({island}), target, drifts=True)


def clocks(seen: list[Any]) -> list[Any]:
    return [(name, rate) for name, act, rate in seen if act == "tell"]


def test_the_clocks_of_those_cut_off_fall_behind_until_partitions_heal() -> None:
    drawn = Schedule((drifting(0, 0.02, "n0", "n0"), drifting(0.01, 0.03, "n0")), ())
    during, after, counted = struck(drawn)
    assert clocks(during) == [("n2", b"x0.5"), ("n0", b"x0.5"), ("n2", b"x1"), ("n0", b"x1")]
    assert (after, counted) == ([], (0, 0, 2))


def test_a_clock_that_drifts_is_set_right_in_the_end() -> None:
    twice = Schedule((drifting(0, 0.01, "n1"), drifting(0, 9, "n1")), ())
    during, after, counted = struck(twice, acts=5)
    slow = ("n1", b"x0.5")  # of two partitions the first one has healed
    assert clocks(during) == [slow, slow, slow]
    assert clocks(after) == [("n1", b"x1")]
    assert counted == (0, 0, 2)


class Untold(Told):
    """Nodes that cannot be told of clocks."""

    def clock_rate(self, rate: float) -> bytes | None:  # type: ignore[override]
        return None


def test_no_clock_drifts_where_nodes_cannot_be_told() -> None:
    during, _, counted = struck(Schedule((drifting(0, 0.01, "n1"),), ()), system=Untold())
    assert clocks(during) == [] and counted == (0, 0, 0)


def test_a_paused_process_stands_still_and_can_be_killed(tmp_path: Path) -> None:
    async def run() -> None:
        node = SupervisedNode("n0", tmp_path, lambda name, line: None)
        await node.start(["cat"], None)
        assert node.pause()
        await until(node, stopped=True)
        node.resume()
        await until(node, stopped=False)
        assert node.tell(b"x\n") and node.pause() and node.kill()
        assert await node.ended() == -signal.SIGKILL
        assert not node.pause() and not node.tell(b"x\n")

    asyncio.run(run())


async def until(node: SupervisedNode, stopped: bool) -> None:
    """Wait until the system says so of its process: a signal takes a moment."""
    stat = Path(f"/proc/{node.pid}/stat")
    while (stat.read_text().rpartition(")")[2].split()[0] == "T") != stopped:
        await asyncio.sleep(0.001)
