"""The journals of a run's nodes, read bit by bit while it goes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from quorate.impl.cluster.node_config import JOURNAL_FILE


class JournalTails:
    """What each node's journal has had since the last time."""

    def __init__(self) -> None:
        self._read: dict[str, int] = {}

    def new_lines(self, node: str, folder: Path) -> list[dict[str, Any]]:
        """The lines that came since, without one that was cut."""
        try:
            data = (folder / JOURNAL_FILE).read_bytes()
        except FileNotFoundError:
            return []
        start = self._read.get(node, 0)
        self._read[node] = len(data)
        lines = []
        for line in data[start:].split(b"\n"):
            try:
                lines.append(json.loads(line))
            except ValueError:
                continue
        return lines
