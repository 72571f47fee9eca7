"""Real bugs in what Raft has besides its model: reads, leases, snapshots, changes of members.

The rules are those of `defects.py`. Simulations find these; the model has nothing to compare.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from msgspec.structs import replace

from quorate.impl.store import StoreSnapshot

from .membership import Membership
from .messages import RequestPreVote
from .replica import Replica
from .server import Server
from .variant import RaftVariant


class SupportsAnyLog(Server):
    """Grants a pre-vote without looking at the log."""

    def supports(self, message: RequestPreVote) -> bool:
        """Then it refuses the vote."""
        return True


class TrustsTicks(Replica):
    """Takes its clock for everybody's."""

    def lease_length(self) -> int:
        """Leaves the drift out."""
        return self._patience.shortest


class ReadsAlone(Replica):
    """Answers reads as long as it takes itself for the leader."""

    def is_confirmed(self, round_: int) -> bool:
        """Waits for nobody."""
        return True


class ForgetsSessions(Replica):
    """Leaves the sessions out of its snapshots."""

    def kept_of_store(self) -> StoreSnapshot:
        """Values alone."""
        return replace(super().kept_of_store(), sessions=())


class ChangesAtOnce(Replica):
    """Goes to the new members without C_old,new."""

    def next_configuration(self, incoming: tuple[str, ...]) -> Membership:
        """Two majorities need not meet."""
        return Membership(incoming)


_DEFECTS: Final = (
    RaftVariant(
        "pre-vote-ignores-log",
        "a pre-vote is granted whatever the log",
        "Ongaro 2014, §9.6: only if the candidate's log is up to date",
        server=SupportsAnyLog,
    ),
    RaftVariant(
        "trusts-ticks",
        "a lease lasts as long as others wait, whatever the drift",
        "tikv#964; etcd#6005",
        replica=TrustsTicks,
    ),
    RaftVariant(
        "reads-alone",
        "a read is answered without a quorum",
        "async-raft PR 143",
        replica=ReadsAlone,
    ),
    RaftVariant(
        "snapshot-forgets-sessions",
        "a snapshot has no client sessions",
        "Ongaro 2014, §6.3: sessions are part of the state machine",
        replica=ForgetsSessions,
    ),
    RaftVariant(
        "changes-at-once",
        "members change without C_old,new",
        "Ongaro 2014, figure 4.2",
        replica=ChangesAtOnce,
    ),
)

#: The defects by name.
REPLICA_DEFECTS: Final = MappingProxyType({variant.name: variant for variant in _DEFECTS})
