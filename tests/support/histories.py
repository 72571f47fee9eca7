"""What clients of a store saw, judged as a file of it would be."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from quorate.checker.conform.histories.checking import HistoryVerdict, judge
from quorate.checker.conform.histories.reading import read_history
from quorate.checker.conform.histories.specification import Register


def judged(file: Path, events: Iterable[Mapping[str, Any]]) -> HistoryVerdict:
    """Write a history to a file, and judge it key by key."""
    file.write_text("".join(json.dumps(event) + "\n" for event in events))
    return judge(read_history(file, Register.calls), Register()).verdict
