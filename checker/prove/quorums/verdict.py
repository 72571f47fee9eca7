"""What is known of one pair of quorum systems."""

from __future__ import annotations

from dataclasses import dataclass

from quorate.checker.prove.verdicts import Verdict


@dataclass(frozen=True)
class QuorumProof:
    """Whether every quorum of one system shares a member with every quorum of another.

    `holds` is True only if that is proved, of the numbers of members that `scope` names, by the
    `argument`; `every` says that these are all numbers there are quorums for. `verdict` tells
    refuted and unknown apart. A refuted one has two quorums without a common member, as their
    members' names.
    """

    system: str
    meets: str
    statement: str
    scope: str
    argument: str
    every: bool
    verdict: Verdict
    counterexample: tuple[str, str] | None
    seconds: float

    @property
    def holds(self) -> bool:
        return self.verdict is Verdict.PROVED
