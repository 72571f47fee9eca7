"""The result of proving that a pair of quorum systems intersects."""

from __future__ import annotations

from dataclasses import dataclass

from quorate.checker.prove.bounded.results import ObligationStatus


@dataclass(frozen=True)
class QuorumProof:
    """Whether every quorum of one system shares a member with every quorum of another.

    `status` is for the numbers of members in `scope`, proved by `argument`; `every` says that these
    are all numbers for which there are quorums. `counterexample` are two quorums without a common
    member, as the names of their members, among `fails` members (`apart` in words): a number in
    `scope` if it is refuted there, else one outside it for which the quorums do not meet.
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
        """Whether it is proved in `scope`, and not known to fail elsewhere."""
        return self.status is ObligationStatus.PROVED and self.counterexample is None

    @property
    def refuted(self) -> bool:
        """Whether it fails for the given number of members."""
        return self.status is ObligationStatus.REFUTED

    def __str__(self) -> str:
        if self.counterexample is None:
            return f"{self.statement} ({self.scope})"
        one, other = self.counterexample
        known = "" if self.refuted else f"; so only of {self.scope}"
        return f"not so: {self.statement}: of {self.apart} {one} and {other} share none{known}"
