"""What is known of one pair of quorum systems."""

from __future__ import annotations

from dataclasses import dataclass

from quorate.checker.prove.bounded.results import ObligationStatus


@dataclass(frozen=True)
class QuorumProof:
    """Whether every quorum of one system shares a member with every quorum of another.

    `status` is that of the numbers of members that `scope` names, by the `argument`; `every` says
    that these are all numbers there are quorums for. `counterexample` are two quorums without a
    common member, as their members' names, among `fails` members, which `apart` says in words: as
    many as `scope` says, if it is refuted there, or others, where the quorums stop meeting.
    """

    system: str
    meets: str
    statement: str
    scope: str
    argument: str
    every: bool
    status: ObligationStatus
    counterexample: tuple[str, str] | None
    seconds: float
    fails: int | None = None
    apart: str = ""

    @property
    def holds(self) -> bool:
        """Whether it is proved of what `scope` names, and known to fail nowhere else."""
        return self.status is ObligationStatus.PROVED and self.counterexample is None

    @property
    def refuted(self) -> bool:
        """Whether it fails for the number of members that was asked about."""
        return self.status is ObligationStatus.REFUTED

    def __str__(self) -> str:
        if self.counterexample is None:
            return f"{self.statement} ({self.scope})"
        one, other = self.counterexample
        known = "" if self.refuted else f"; so only of {self.scope}"
        return f"not so: {self.statement}: of {self.apart} {one} and {other} share none{known}"
