"""The systems that `quorate verify` is about, and what it looks at in each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from quorate.model.duel import Duel, ElectedDuel
from quorate.model.language import Protocol
from quorate.model.leader_lease import LeaderLease
from quorate.model.multipaxos import MultiPaxos
from quorate.model.multipaxos_duel import MultiPaxosDuel, StableMultiPaxos
from quorate.model.multipaxos_log import MultiPaxosLog
from quorate.model.mutants import MUTANTS
from quorate.model.paxos import Paxos
from quorate.model.paxos_roles import PaxosRoles
from quorate.model.proofs.leader_lease import ProvedLeaderLease
from quorate.model.proofs.paxos import ProvedMultiPaxos, ProvedPaxosRoles
from quorate.model.proofs.raft_commit import ProvedRaft
from quorate.model.proofs.raft_election import ProvedRaftElection
from quorate.model.raft import Raft
from quorate.model.raft_atomic import AtomicRaft
from quorate.model.raft_duel import RaftDuel, StableRaft
from quorate.model.raft_election import RaftElection
from quorate.model.raft_prompt import PromptRaft
from quorate.model.store_sessions import StoreSessions

from .livelock import Contest


@dataclass(frozen=True, eq=False)
class Bounded:
    """A protocol at given sizes.

    With `conform` the bundled implementation must follow runs of it. What is not `proved` itself is
    explored alone: it has a modification that is.
    """

    protocol: type[Protocol]
    sizes: Mapping[str, int]
    faults: Mapping[str, int] = field(default_factory=dict)
    conform: bool = False
    proved: bool = True


@dataclass(frozen=True)
class BundledSystem:
    """Protocols, a livelock, and real bugs: the codes of some, of those of all of its `models`.

    An `optional` one takes its turn if everything is verified.
    """

    name: str
    models: tuple[type[Protocol], ...]
    protocols: tuple[Bounded, ...]
    bugs: tuple[str, ...]
    contest: Contest | None = None
    optional: bool = False

    def bugs_to_try(self, everything: bool) -> list[str]:
        """The names of the mutants: first those of `bugs`, in that order."""
        mine = [m for m in MUTANTS.values() if m.defect and issubclass(m.protocol, self.models)]
        chosen = [m.name for code in self.bugs for m in mine if m.code == code]
        return chosen + [m.name for m in mine if everything and m.code not in self.bugs]


_SERVERS = {"Server": 3, "Value": 1, "Term": 1}
_ONE_SLOT = {"Proposer": 1, "Acceptor": 3, "Slot": 1, "Value": 2, "Ballot": 2}

SYSTEMS = (
    BundledSystem(
        name="Paxos",
        models=(Paxos, PaxosRoles),
        protocols=(
            Bounded(Paxos, {"Acceptor": 3, "Ballot": 2, "Value": 2}),
            Bounded(
                ProvedPaxosRoles,
                {"Proposer": 1, "Acceptor": 3, "Learner": 1, "Value": 2, "Ballot": 2},
                {"crash": 0},
                conform=True,
            ),
        ),
        contest=Contest(
            question="may two proposers outbid each other for ever?",
            endless="two proposers may outbid each other for ever",
            settled="where only one goes on to prepare, something is always decided",
            duel=Duel,
            stable=ElectedDuel,
            sizes={"Proposer": 2, "Acceptor": 3},
            claim="something_is_decided",
        ),
        bugs=("P1", "P2", "P5", "P11", "P18"),
    ),
    BundledSystem(
        name="Multi-Paxos",
        models=(MultiPaxos, MultiPaxosLog),
        protocols=(Bounded(ProvedMultiPaxos, _ONE_SLOT, {"crash": 0}, conform=True),),
        contest=Contest(
            question="may what a leader proposes never be executed?",
            endless="leaders may outbid each other for ever, and nothing is executed",
            settled="where one leader stays, what it proposes is always executed",
            duel=MultiPaxosDuel,
            stable=StableMultiPaxos,
            sizes={"Proposer": 2, "Acceptor": 2, "Slot": 2},
            claim="what_is_proposed_is_executed",
        ),
        bugs=("M3", "MP9", "MP18"),
    ),
    BundledSystem(
        name="Raft",
        models=(Raft, RaftElection, AtomicRaft, PromptRaft, StoreSessions),
        protocols=(
            Bounded(ProvedRaftElection, {**_SERVERS, "Index": 0}, {"crash": 1}, conform=True),
            Bounded(Raft, {**_SERVERS, "Index": 1}, {"crash": 1}, conform=True, proved=False),
            Bounded(ProvedRaft, {**_SERVERS, "Server": 2, "Index": 1}, {"crash": 1}),
        ),
        contest=Contest(
            question="may leaders depose each other for ever?",
            endless="leaders may depose each other for ever, and nothing is committed",
            settled="where only one server goes on to campaign, something is always committed",
            duel=RaftDuel,
            stable=StableRaft,
            sizes={"Server": 3, "Rank": 6},
            claim="something_is_committed",
        ),
        bugs=("R11", "R1", "R3", "R5"),
    ),
    BundledSystem(
        name="leader leases",
        models=(LeaderLease,),
        protocols=(
            Bounded(
                ProvedLeaderLease,
                {"Node": 3, "Term": 1, "Time": 2, "Lease": 1, "Drift": 1},
                conform=True,
            ),
        ),
        bugs=(),
        optional=True,
    ),
)
