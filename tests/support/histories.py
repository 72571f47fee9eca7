"""What clients of a store saw, judged as a file of it would be."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from quorate.checker.conform.histories.checking import HistoryVerdict, judge
from quorate.checker.conform.histories.reading import read_history
from quorate.checker.conform.histories.specification import Register
from quorate.impl.store.history import HistoryEvent, write_history


def judged(file: Path, events: Iterable[HistoryEvent]) -> HistoryVerdict:
    """Write a history to a file, and judge it key by key."""
    write_history(file, events)
    return judge(read_history(file, Register.calls), Register()).verdict
