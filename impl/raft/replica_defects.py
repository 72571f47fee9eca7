"""Real bugs in what extends Raft: pre-votes, reads, leases, snapshots, changes of members.

The rules are those of `defects.py`. Those of a server are found from the models of the extensions,
those of a clock from the model of leases, and those of a replica from that and from the model of
what a store remembers of its clients.
"""

from __future__ import annotations

from collections.abc import Collection
from types import MappingProxyType
from typing import Final

from msgspec.structs import replace

from quorate.impl.outputs import Send
from quorate.impl.store import StoreSnapshot

from .defects import CommitsOwnEntries
from .lease_clock import LeaseClock
from .membership import Membership
from .messages import AppendEntries, InstallSnapshot, RaftMessage, RequestPreVote, RequestVote
from .records import RaftOutputs, SuffixRecord, TermRecord
from .replica import Replica
from .rules import TermAndRole
from .server import Server
from .variant import RaftVariant


class SupportsAnyLog(Server):
    """Grants a pre-vote without looking at the log."""

    def supports(self, message: RequestPreVote) -> bool:
        """Then it refuses the vote."""
        return True


class HelpsAnyway(Server):
    """Grants a pre-vote though it hears from a leader."""

    def may_help(self, message: RequestVote | RequestPreVote) -> bool:
        """Refuses only votes."""
        return isinstance(message, RequestPreVote) or super().may_help(message)


class LeaderGrants(Server):
    """Grants a pre-vote while it leads."""

    def situation(self, message: RaftMessage) -> TermAndRole:
        """As a follower would."""
        found = super().situation(message)
        asked = isinstance(message, RequestPreVote) and found is TermAndRole.LEADER
        return TermAndRole.FOLLOWER if asked else found


class TrustsTicks(LeaseClock):
    """Takes its clock for everybody's."""

    def lease_length(self) -> int:
        """Leaves the drift out."""
        return self.shortest


class HelpsAtOnce(LeaseClock):
    """Helps another to lead although it has just heard from a leader."""

    def is_in_touch(self) -> bool:
        """Takes every leader for gone."""
        return False


class ForgetsThatItHeard(LeaseClock):
    """Helps another to lead as soon as it is restarted."""

    def heard_at_start(self, term: int) -> int | None:
        """Takes it for a first start."""
        del term
        return None


class AsksOneTooFew(Server):
    """Answers reads when one server less than a quorum has heard from it."""

    def confirms(self, heard: Collection[str]) -> bool:
        """Finds it enough if anyone could be missing."""
        return any(self.has_quorum([*heard, u]) for u in self.configuration.servers)


class ReadsTooSoon(Server):
    """Reads before an entry of its term is committed."""

    def read_index(self) -> int:
        """It may not know of all that is."""
        return self.commit


class LosesLastTerm(Server):
    """Has forgotten the term of its last entry, if it has nothing but a snapshot."""

    def last_term(self) -> int:
        """Looks into the log alone."""
        return self.log[-1].term if self.log else 0


class SendsNoTerm(Server):
    """Does not tell the term of its snapshot, and takes whatever comes without one."""

    def prefix_term(self, start: int) -> int:
        """Has it no more."""
        return 0 if start == self.state.snapshot.length else super().prefix_term(start)

    def holds_prefix(self, message: AppendEntries) -> bool:
        """Without a term there is nothing to compare."""
        untold = message.prefix_term == 0 and message.prefix <= self.state.length
        return untold or super().holds_prefix(message)


class AppendsNothing(CommitsOwnEntries):
    """Sends no entries where its snapshot ends with the one that a follower lacks.

    By itself that only delays; whoever is sent nothing commits what it has.
    """

    def append(self, follower: str, prefix: int | None = None) -> RaftOutputs:
        """Takes the entry for one that it still has."""
        start = self.next[follower] if prefix is None else prefix
        if start != self.state.snapshot.length - 1:
            return super().append(follower, prefix)
        return (Send(follower, AppendEntries(self.term, self.name, 0, 0, (), self.commit)),)


class DropsWhatFollows(Server):
    """Begins with a snapshot, and gives up the entries that follow it."""

    def install(self, message: InstallSnapshot) -> RaftOutputs:
        """It may have acknowledged them."""
        before, outputs = self.state.snapshot, super().install(message)
        kept = SuffixRecord(self.state.snapshot.length, ())
        return (*outputs, *self._keep(kept)) if self.state.snapshot is not before else outputs


class TakesSnapshotsTerm(Server):
    """Takes the term of a snapshot's last entry for the current one."""

    def install(self, message: InstallSnapshot) -> RaftOutputs:
        """Then it may vote again."""
        before, outputs = self.state.snapshot, super().install(message)
        kept = TermRecord(self.state.snapshot.last_term)
        return (*outputs, *self._keep(kept)) if self.state.snapshot is not before else outputs


class CountsTheUnion(Server):
    """During a change, finds a majority of all servers, old and new, enough."""

    def has_quorum(self, heard: Collection[str]) -> bool:
        """It need be none of either."""
        return Membership(self.configuration.servers).has_quorum(heard)


class EndsTooEarly(Server):
    """Goes on to C_new before C_old,new is committed."""

    def is_configured(self) -> bool:
        """Waits for nobody."""
        return True


class ForgetsSessions(Replica):
    """Leaves the sessions out of its snapshots."""

    def kept_of_store(self) -> StoreSnapshot:
        """Values alone."""
        return replace(super().kept_of_store(), sessions=())


class LeavesClockBehind(Replica):
    """Counts the ticks that it missed when its timers fire, after its mail."""

    _missed = 0

    def pass_time(self, ticks: int) -> None:
        """Its clock still shows an earlier time."""
        self._missed += ticks

    def fire_timers(self) -> RaftOutputs:
        """Now it hears of them."""
        super().pass_time(self._missed)
        self._missed = 0
        return super().fire_timers()


class ChangesAtOnce(Server):
    """Goes to the new members without C_old,new, however many they are."""

    def may_go_directly(self, incoming: tuple[str, ...]) -> bool:
        """Two majorities need not meet."""
        return True


class ChangesBeforeCommitting(Server):
    """Changes a member before anything of its term is committed."""

    def has_committed(self) -> bool:
        """Does not know of a change that an earlier leader has begun."""
        return True


class AppliesLate(Server):
    """Goes by a configuration once it knows that it is committed."""

    @property
    def configuration(self) -> Membership:
        """Others may go by the next one already, and by the one after that."""
        return self.configured_among(self.commit)[1]

    def advance_commit(self, length: int) -> RaftOutputs:
        """Who has come to be a member is sent entries from now on."""
        outputs = super().advance_commit(length)
        self._follow_members()
        return outputs


_DEFECTS: Final = (
    RaftVariant(
        "pre-vote-ignores-log",
        "a pre-vote is granted whatever the log",
        "Ongaro 2014, §9.6: only if the candidate's log is up to date",
        server=SupportsAnyLog,
    ),
    RaftVariant(
        "pre-vote-while-in-touch",
        "a pre-vote is granted by who hears from a leader",
        "Ongaro 2014, §4.2.3",
        server=HelpsAnyway,
    ),
    RaftVariant(
        "leader-grants-pre-vote",
        "a leader grants a pre-vote",
        "daos-raft PR 70",
        server=LeaderGrants,
    ),
    RaftVariant(
        "trusts-ticks",
        "a lease lasts as long as others wait, whatever the drift",
        "tikv#964; etcd#6005",
        clock=TrustsTicks,
    ),
    RaftVariant(
        "votes-at-once",
        "a vote is given by who has just heard from a leader",
        "Ongaro 2014, §6.4.1, §4.2.3",
        clock=HelpsAtOnce,
    ),
    RaftVariant(
        "forgets-that-it-heard",
        "whoever restarts votes at once",
        "Gray and Cheriton 1989, §2: a server that restarts waits for a lease to end",
        clock=ForgetsThatItHeard,
    ),
    RaftVariant(
        "asks-one-too-few",
        "a read is answered when one server less than a quorum has confirmed the leader",
        "async-raft PR 143",
        server=AsksOneTooFew,
    ),
    RaftVariant(
        "reads-too-soon",
        "a new leader reads before it knows what is committed",
        "Ongaro 2014, §6.4, step 1",
        server=ReadsTooSoon,
    ),
    RaftVariant(
        "loses-last-term",
        "the term of a snapshot's last entry is forgotten",
        "Ongaro, Ousterhout 2014, §7: last included term",
        server=LosesLastTerm,
    ),
    RaftVariant(
        "sends-no-term",
        "what follows a snapshot is taken by whoever has as many entries",
        "WRaft PR 118",
        server=SendsNoTerm,
    ),
    RaftVariant(
        "appends-nothing",
        "in place of a snapshot nothing is sent, and the follower commits what it has",
        "WRaft PR 118; RedisLabs/raft PR 47",
        server=AppendsNothing,
    ),
    RaftVariant(
        "drops-what-follows",
        "a snapshot takes the place of the entries that follow it, too",
        "hashicorp/raft PR 704; camunda#6092; openraft#511",
        server=DropsWhatFollows,
    ),
    RaftVariant(
        "takes-snapshots-term",
        "the term of a snapshot's last entry is taken for the current one",
        "WRaft PR 118",
        server=TakesSnapshotsTerm,
    ),
    RaftVariant(
        "snapshot-forgets-sessions",
        "a snapshot has no client sessions",
        "Ongaro 2014, §6.3: sessions are part of the state machine",
        replica=ForgetsSessions,
    ),
    RaftVariant(
        "leaves-clock-behind",
        "a leader that stood still reads by its lease before it looks at the clock",
        "Gray and Cheriton 1989, §5; Ongaro 2014, §6.4.1",
        replica=LeavesClockBehind,
    ),
    RaftVariant(
        "counts-the-union",
        "during a change a majority of all servers, old and new, is enough",
        "CCF#3948; async-raft#62",
        server=CountsTheUnion,
    ),
    RaftVariant(
        "ends-change-early",
        "C_new follows before C_old,new is committed",
        "Ongaro 2014, §4.3",
        server=EndsTooEarly,
    ),
    RaftVariant(
        "changes-at-once",
        "several members change without C_old,new",
        "Ongaro 2014, figure 4.2",
        server=ChangesAtOnce,
    ),
    RaftVariant(
        "changes-before-committing",
        "a new leader changes a member before it has committed an entry of its term",
        "Ongaro, raft-dev, 2015; hydro PR 3192; braft#182; openraft PR 2051",
        server=ChangesBeforeCommitting,
    ),
    RaftVariant(
        "applies-late",
        "a configuration is in force only once it is known to be committed",
        "etcd#11284; etcd-io/raft#456",
        server=AppliesLate,
    ),
)

#: The defects by name.
REPLICA_DEFECTS: Final = MappingProxyType({variant.name: variant for variant in _DEFECTS})
