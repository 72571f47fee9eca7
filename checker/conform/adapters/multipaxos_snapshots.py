"""The bundled Multi-Paxos under `MultiPaxosSnapshots`: acceptors that give up votes for a snapshot.

A leader that is told of a snapshot asks for it, and has it at once. What was executed a learner may
also be told by another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quorate.checker.conform.adapter import Unrealisable
from quorate.impl.multipaxos import Decree

from .multipaxos_log import MultiPaxosLogAdapter


class SnapshotsAdapter(MultiPaxosLogAdapter):
    """Performs each action by the method named after it."""

    def observe(self) -> Mapping[str, Any]:
        seen, shown = super().observe(), ["zero", *self.slots]
        proposers, acceptors = self.run.proposers.items(), self.run.acceptors.items()
        return {
            **seen,
            "trimmed": {a: shown[acceptor.trimmed] for a, acceptor in acceptors},
            "base": {b: shown[p.trimmed if seen["leads"][b] else 0] for b, p in proposers},
        }

    def _trim(self, a: str, s: str) -> None:
        slots = self.slots.index(s) + 1
        learners = self.run.learners.values()
        if all(learner.executed < slots for learner in learners):
            raise Unrealisable(f"nobody has a snapshot of {s}")
        acceptor = self.run.acceptors[a]
        if acceptor.trimmed >= slots:
            raise Unrealisable(f"{a} has given up these votes")
        acceptor.trim(slots)
        given_up = {cell: None for cell in self.run.votes if cell[0] == a and cell[1] < slots}
        self.run.votes = {**self.run.votes, **given_up}

    def _phase_one(self, b: str, q: frozenset[str]) -> None:
        super()._phase_one(b, q)
        proposer = self.run.proposers[b]
        proposer.forget(proposer.trimmed)

    def told(self, slot: int, v: str) -> Decree | None:
        """By votes, or by a learner that has executed it."""
        return self.executed(slot, v) or super().told(slot, v)
