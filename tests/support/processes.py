"""Whether processes that others have started are gone."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

import pytest


def is_gone(pid: int) -> bool:
    """Whether a process has ended, perhaps without anybody having asked how."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def wait_until_gone(pids: Iterable[int]) -> None:
    """Wait for processes that have been told to end, a minute at most; fail if some go on."""
    left = list(pids)
    for _ in range(3000):
        left = [pid for pid in left if not is_gone(pid)]
        if not left:
            return
        time.sleep(0.02)
    pytest.fail(f"processes {left} live on")
