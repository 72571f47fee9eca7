"""Real bugs in what Raft has besides its model: reads, leases, snapshots, changes of members.

The rules are those of `defects.py`. Simulations find these; the model has nothing to compare.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from msgspec.structs import replace

from quorate.impl.store import StoreSnapshot

from .membership import Membership
from .messages import InstallSnapshot, RequestPreVote, RequestVote
from .records import RaftOutputs, SuffixRecord
from .replica import Replica
from .server import Server
from .variant import RaftVariant


class SupportsAnyLog(Server):
    """Grants a pre-vote without looking at the log."""

    def supports(self, message: RequestPreVote) -> bool:
        """Then it refuses the vote."""
        return True


class UnitesMembers(Server):
    """Counts C_old,new as one set of members."""

    def elected(self) -> bool:
        """Old ones alone, or new ones alone, may be enough."""
        members = self.configuration.servers
        return 2 * len(self.votes.intersection(members)) > len(members)


class KeepsWhatFollows(Server):
    """Keeps what follows a snapshot, though the log had another entry at its end."""

    def install(self, message: InstallSnapshot) -> RaftOutputs:
        """The tail is of a leader that was deposed."""
        at = message.snapshot.length
        tail = self.state.entries_after(at) if self.state.snapshot.length <= at else ()
        installed = super().install(message)
        if self.state.length > at or not tail:
            return installed
        return (*self._keep(SuffixRecord(at, tail)), *installed)


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


class HelpsAnybody(Replica):
    """Votes for a candidate though it has just heard from a leader."""

    def may_help(self, message: RequestVote | RequestPreVote) -> bool:
        """Whoever asks."""
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


class ChangesOneAtOnce(Replica):
    """Adds or removes a single server without C_old,new, in a term without a committed entry."""

    def next_configuration(self, incoming: tuple[str, ...]) -> Membership:
        """Majorities of two configurations meet, but not those of three."""
        members = self.server.configuration.members
        single = len({*members} ^ {*incoming}) == 1
        return Membership(incoming) if single else super().next_configuration(incoming)


_DEFECTS: Final = (
    RaftVariant(
        "pre-vote-ignores-log",
        "a pre-vote is granted whatever the log",
        "Ongaro 2014, §9.6: only if the candidate's log is up to date",
        server=SupportsAnyLog,
    ),
    RaftVariant(
        "joint-as-union",
        "C_old,new elects by a majority of all its members",
        "CCF#3948; async-raft#62",
        server=UnitesMembers,
    ),
    RaftVariant(
        "snapshot-keeps-conflicts",
        "what follows a snapshot is kept, though the entry at its end differs",
        "hashicorp/raft PR 704; openraft#511",
        server=KeepsWhatFollows,
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
        "helps-anybody",
        "a server votes though it has just heard from a leader",
        "Ongaro 2014, §4.2.3, §6.4.1, left out",
        replica=HelpsAnybody,
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
    RaftVariant(
        "single-change-at-once",
        "one server is added or removed before an entry of the term is committed",
        "Ongaro, raft-dev, July 2015; hydro PR 3192; braft#182",
        replica=ChangesOneAtOnce,
    ),
)

#: The defects by name.
REPLICA_DEFECTS: Final = MappingProxyType({variant.name: variant for variant in _DEFECTS})
