"""Processes that we start end with us, however we end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.processes import is_gone, wait_until_gone

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


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc here")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_what_we_started_ends_if_we_are_killed(how: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", US], stdout=subprocess.PIPE, text=True) as us:
        assert us.stdout is not None
        pids = [int(us.stdout.readline()) for _ in range(2)]
        assert not any(map(is_gone, pids))
        os.kill(us.pid, how)
        us.wait()
    wait_until_gone(pids)
