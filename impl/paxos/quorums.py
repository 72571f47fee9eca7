"""Which sets of acceptors are enough for phase 1 and for phase 2.

Rules:
- Every phase-1 quorum must meet every phase-2 quorum: that is all that Paxos needs
  (Howard, Malkhi, Spiegelman, *Flexible Paxos*, 2016). Majorities do so by counting
  (*Paxos Made Simple*, §2.2: "any two majorities have at least one acceptor in common").
- A rule is given what a role has counted. Counting each acceptor once is the role's
  duty, not the rule's: a defect in the counting must be able to show.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Protocol

from quorate.impl.errors import ConfigError


class QuorumRule(Protocol):
    """A predicate on the acceptors heard from."""

    def met_by(self, heard: Collection[str]) -> bool:
        """Whether those heard from are enough."""
        ...


@dataclass(frozen=True)
class AtLeast:
    """Any `size` acceptors are a quorum."""

    size: int

    def met_by(self, heard: Collection[str]) -> bool:
        """Whether at least `size` were heard from."""
        return len(heard) >= self.size


@dataclass(frozen=True)
class AnyOf:
    """An explicit list of quorums, such as the rows of a grid."""

    quorums: frozenset[frozenset[str]]

    def met_by(self, heard: Collection[str]) -> bool:
        """Whether some listed quorum was heard from entirely."""
        return any(quorum.issubset(heard) for quorum in self.quorums)


@dataclass(frozen=True)
class Quorums:
    """The phase-1 and phase-2 rules of one cluster."""

    phase1: QuorumRule
    phase2: QuorumRule

    @classmethod
    def majority(cls, acceptors: Collection[str]) -> Quorums:
        """More than half of the acceptors, in both phases (§2.2)."""
        size = len(set(acceptors)) // 2 + 1
        return cls(AtLeast(size), AtLeast(size))

    @classmethod
    def flexible(cls, acceptors: Collection[str], phase1: int, phase2: int) -> Quorums:
        """Sizes per phase; sizes whose quorums might miss each other are a `ConfigError`."""
        quorums = cls(AtLeast(phase1), AtLeast(phase2))
        missed = quorums.disjoint_pair(acceptors)
        if missed is not None:
            raise ConfigError(
                f"Quorums of {phase1} and {phase2} among {len(set(acceptors))} acceptors need "
                f"not meet: {_names(missed[0])} and {_names(missed[1])} share nobody."
            )
        return quorums

    def disjoint_pair(
        self, acceptors: Iterable[str]
    ) -> tuple[frozenset[str], frozenset[str]] | None:
        """A phase-1 and a phase-2 quorum that share nobody, or None if the system is sound."""
        everyone = frozenset(acceptors)
        for size in range(len(everyone) + 1):
            for chosen in combinations(sorted(everyone), size):
                rest = everyone.difference(chosen)
                if self.phase1.met_by(chosen) and self.phase2.met_by(rest):
                    return frozenset(chosen), rest
        return None


def _names(members: frozenset[str]) -> str:
    return "{" + ",".join(sorted(members)) + "}"
