"""Commands as processes of their own: what they say, and the time that they take."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

NO_VIOLATION = (0, 4)  # exit codes: everything holds, or nothing was found up to a bound
START = "from quorate.checker.cli.main import main; main()"


def process(cache: Path, command: str) -> tuple[float, float]:
    """Wall time and processor time of a command in a process of its own, in seconds."""
    before, started = used(), time.perf_counter()
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", START, *command.split()],
        env={**kept, "QUORATE_CACHE": str(cache)},
        capture_output=True,
        check=False,
    )
    assert done.returncode in NO_VIOLATION, f"{command}: {done.stderr.decode()}"
    return time.perf_counter() - started, used() - before


def used() -> float:
    """Seconds of processor time that processes started here have taken."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime
