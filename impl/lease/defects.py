"""Real bugs of leader leases, each one method away from the healthy node."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from .messages import Term
from .node import LeaseNode


@dataclass(frozen=True)
class LeaseVariant:
    """The class that plays the node, under a name; a reference says where it occurred."""

    name: str
    title: str
    node: type[LeaseNode]
    reference: str


class TrustsClocks(LeaseNode):
    """Waits for the lease alone, as if its clock were the leader's."""

    def free_from(self) -> int:
        """Leaves the margin out."""
        return 0 if self.record.term is None else self.record.start + self.wait.lease


class VotesAtOnce(LeaseNode):
    """Follows any higher term, whatever it has promised."""

    def free_from(self) -> int:
        """Never waits."""
        return 0


class MixesGrants(LeaseNode):
    """Takes its lease for renewed once one follower has renewed it."""

    def holds_lease(self, term: Term, now: int) -> bool:
        """Puts grants of several leases together."""
        starts = self.grants.get(term, {})
        granted = self.is_majority(frozenset().union(*starts.values()))
        return granted and any(now < start + self.wait.lease for start in starts)


HEALTHY: Final = LeaseVariant(
    "healthy",
    "leader leases as published",
    LeaseNode,
    "Gray, Cheriton 1989, §2, §5; Ongaro 2014, §6.4.1",
)

#: Every variant by name: the healthy one and all defects.
VARIANTS: Final = MappingProxyType(
    {
        variant.name: variant
        for variant in (
            HEALTHY,
            LeaseVariant(
                "trusts-clocks",
                "a follower waits for the lease without a margin",
                TrustsClocks,
                "Ongaro 2014, §6.4.1: the lease must be shorter than the wait by the drift",
            ),
            LeaseVariant(
                "lease-ignored-by-vote",
                "a follower votes while its promise lasts",
                VotesAtOnce,
                "Ongaro 2014, §6.4.1: followers within the election timeout ignore candidates",
            ),
            LeaseVariant(
                "renewed-by-one",
                "one follower's renewal counts for all",
                MixesGrants,
                "Ongaro 2014, §6.4.1: a heartbeat renews once a majority has acknowledged it",
            ),
        )
    }
)
