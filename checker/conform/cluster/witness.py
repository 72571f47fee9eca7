"""What was seen of a run from outside, by whom, and whether it fits together.

A witness sees messages leave, hears what nodes print and clients are told, and looks at the files
of the dead. What contradicts is a finding. This one knows agreement alone: of each thing that is
decided there is one value. A system adds what it promises to keep.
"""

from __future__ import annotations

import time
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

AGREEMENT = "agreement"
DURABILITY = "durability"
LOG = "log"
DEATH = "death"
"""The kinds of findings; the last is of a node that ended though nobody killed it."""


@dataclass(frozen=True)
class ClusterFinding:
    """Something that must not be: its kind, in words, and when, in seconds of the run."""

    kind: str
    text: str
    at_s: float


class RunWitness:
    """Sees one run. Systems may subclass it; whatever they override is called as things happen."""

    def __init__(self) -> None:
        self.begin_s = time.monotonic()
        self.findings: list[ClusterFinding] = []
        self.answers = 0
        self.unjudged: str | None = None
        """Why it is not known whether the run is right, where it is not."""
        self.leader: str | None = None
        """Who leads, if a system has leaders and that was seen: faults are aimed at it."""
        self._told: dict[Hashable, tuple[str, Any]] = {}

    def told(self, who: str, value: Any, slot: Hashable = "") -> None:
        """Somebody was told that a value is decided, in a slot where there are several."""
        self.answers += 1
        first, known = self._told.setdefault(slot, (who, value))
        if known != value:
            what = f" in {slot}" if slot != "" else ""
            self.found(AGREEMENT, f"{first} was told {known!r}{what}, and {who} {value!r}")

    @property
    def decided(self) -> int:
        """Of how many slots a value is known."""
        return len(self._told)

    def found(self, kind: str, text: str) -> None:
        """Take note of something that must not be."""
        finding = ClusterFinding(kind, text, time.monotonic() - self.begin_s)
        if (kind, text) not in {(f.kind, f.text) for f in self.findings}:
            self.findings.append(finding)

    # What happens, for systems to override.

    def ended(self, folder: Path) -> None:
        """The run is over, and nothing more happens. `folder` is that of the run, to be kept."""

    def sent(self, sender: str, receiver: str, message: bytes) -> None:
        """A message left a node for another, with all its bytes, whatever becomes of it."""

    def printed(self, node: str, line: str) -> None:
        """A node wrote a line to its standard output."""

    def died(self, node: str, folder: Path) -> None:
        """A node was killed. `folder` is a copy of its folder as it was left, to open at will."""
