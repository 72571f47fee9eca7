"""Processes that we start end with us, however we end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

CHILD = """
import subprocess, sys, time
command = [sys.executable, "-S", "-c", "import time; time.sleep(600)"]
print(subprocess.Popen(command).pid, flush=True)
time.sleep(600)
"""
US = f"""
import sys, time
from quorate.checker.conform.adapters.child_process import ChildProcess
child = ChildProcess([sys.executable, "-S", "-c", {CHILD!r}])
print(child.process.pid, flush=True)
time.sleep(600)
"""


def is_gone(pid: int) -> bool:
    """Whether a process has ended, perhaps without anybody having asked how."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return True


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc here")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_what_we_started_ends_if_we_are_killed(how: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", US], stdout=subprocess.PIPE, text=True) as us:
        assert us.stdout is not None
        pids = [int(us.stdout.readline()) for _ in range(2)]
        assert not any(map(is_gone, pids))
        os.kill(us.pid, how)
        us.wait()
    for _ in range(600):
        if all(map(is_gone, pids)):
            return
        time.sleep(0.1)
    pytest.fail("they live on")
