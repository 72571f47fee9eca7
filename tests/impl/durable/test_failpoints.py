"""A process dies at the passage of a point that it was told, and what was durable stays."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from quorate.impl.durable import slow_disk
from quorate.impl.durable.failpoints import POINTS, failpoint, unhindered
from quorate.impl.durable.slow_disk import SlowDisk
from quorate.impl.errors import ConfigError
from quorate.impl.paxos import AcceptorRecord, Ballot
from quorate.impl.paxos.storage import SqliteStore

WRITER = """
import os, sys
from pathlib import Path
from quorate.impl.paxos import AcceptorRecord, Ballot
from quorate.impl.durable.failpoints import failpoint
from quorate.impl.paxos.storage import SqliteStore
store = SqliteStore(Path(sys.argv[1]), failpoint(os.environ))
for round in (1, 2, 3):
    store.save("acceptor", AcceptorRecord(Ballot(round, "n0")))
"""


@pytest.mark.parametrize(("point", "durable"), [("mid-write:2", 1), ("after-write:2", 2)])
def test_it_dies_in_the_second_write(point: str, durable: int, tmp_path: Path) -> None:
    path = tmp_path / "node.sqlite"
    command = [sys.executable, "-c", WRITER, str(path)]
    ended = subprocess.run(command, env={"QUORATE_FAILPOINT": point}, check=False)
    assert ended.returncode == -signal.SIGKILL
    with closing(SqliteStore(path)) as store:
        assert store.load("acceptor") == AcceptorRecord(Ballot(durable, "n0"))


def test_without_a_word_every_point_is_passed() -> None:
    assert failpoint({}) is unhindered
    passing = failpoint({"QUORATE_FAILPOINT": "mid-write:1"})
    for point in POINTS:
        if point != "mid-write":
            passing(point)


@pytest.mark.parametrize("text", ["", "mid-write", "mid-write:0", "elsewhere:1", "mid-write:1:2"])
def test_a_point_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="expected POINT:N"):
        failpoint({"QUORATE_FAILPOINT": text})


def test_a_slow_disk_takes_its_time_before_each_sync(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []
    monkeypatch.setattr(slow_disk.time, "sleep", seen.append)
    disk = SlowDisk(seen.append)
    with closing(SqliteStore(tmp_path / "node.sqlite", disk)) as store:
        store.save("acceptor", AcceptorRecord(Ballot(1, "n0")))
        disk.delay_s = 0.2
        store.save("acceptor", AcceptorRecord(Ballot(2, "n0")))
    assert seen == ["mid-write", "after-write", 0.2, "mid-write", "after-write"]
