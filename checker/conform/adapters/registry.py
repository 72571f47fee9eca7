"""Which adapter drives which protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from quorate._spelling import instead
from quorate.checker.conform.adapter import Adapter
from quorate.checker.errors import InputError
from quorate.impl.lease.defects import VARIANTS as LEASES
from quorate.impl.multipaxos.composition import Composition as MultiPaxosComposition
from quorate.impl.multipaxos.defects import COMPOSITIONS as MULTIPAXOS
from quorate.impl.paxos import composition as compositions
from quorate.impl.paxos.composition import Composition
from quorate.impl.paxos.defects import COMPOSITIONS
from quorate.impl.raft.defects import VARIANTS as RAFT_SERVERS
from quorate.impl.raft.replica_defects import REPLICA_DEFECTS
from quorate.impl.raft.variant import RaftVariant
from quorate.model.language import Protocol
from quorate.model.leader_lease import LeaderLease
from quorate.model.multipaxos import MultiPaxos
from quorate.model.multipaxos_log import MultiPaxosLog
from quorate.model.multipaxos_members import MultiPaxosMembers
from quorate.model.multipaxos_snapshots import MultiPaxosSnapshots
from quorate.model.paxos import Paxos
from quorate.model.paxos_roles import PaxosRoles
from quorate.model.raft import Raft
from quorate.model.raft_atomic import AtomicRaft
from quorate.model.raft_election import RaftElection
from quorate.model.raft_leases import LeaseReads
from quorate.model.raft_membership import RaftMembership
from quorate.model.raft_prevote import PreVoting
from quorate.model.raft_prompt import PromptRaft
from quorate.model.raft_reads import ReadIndex
from quorate.model.raft_snapshots import RaftSnapshots
from quorate.model.store_sessions import StoreSessions

from .leader_lease import LeaderLeaseAdapter
from .multipaxos import MultiPaxosAdapter
from .multipaxos_log import MultiPaxosLogAdapter
from .multipaxos_members import MembersAdapter
from .multipaxos_snapshots import SnapshotsAdapter
from .paxos import PaxosAdapter, PaxosRolesAdapter
from .raft import RaftAdapter
from .raft_exchanges import RaftExchanges
from .raft_extensions import ReadExchanges, SnapshotExchanges
from .raft_leases import LeaseExchanges
from .raft_membership import MembershipExchanges
from .raft_prevote import PreVotingAdapter
from .raft_prompt import PromptExchanges
from .store_sessions import StoreSessionsAdapter

HEALTHY = compositions.HEALTHY.name
"""The variant without a defect."""

RAFTS = {**RAFT_SERVERS, **REPLICA_DEFECTS}
"""Every variant of the bundled Raft: of its servers, their clocks, and its replicas."""

BUNDLED: dict[type[Protocol], Callable[[str], Adapter]] = {
    PaxosRoles: lambda variant: PaxosRolesAdapter(variant_named(variant)),
    Paxos: lambda variant: PaxosAdapter(variant_named(variant)),
    MultiPaxos: lambda variant: MultiPaxosAdapter(named(variant, MULTIPAXOS)),
    MultiPaxosMembers: lambda variant: MembersAdapter(named(variant, MULTIPAXOS)),
    MultiPaxosSnapshots: lambda variant: SnapshotsAdapter(named(variant, MULTIPAXOS)),
    MultiPaxosLog: lambda variant: MultiPaxosLogAdapter(named(variant, MULTIPAXOS)),
    StoreSessions: lambda variant: StoreSessionsAdapter(*stores_named(variant)),
    LeaderLease: lambda variant: LeaderLeaseAdapter(named(variant, LEASES)),
    Raft: lambda variant: RaftAdapter(raft_named(variant)),
    PreVoting: lambda variant: PreVotingAdapter(raft_named(variant)),
    RaftElection: lambda variant: RaftAdapter(raft_named(variant)),
    RaftMembership: lambda variant: MembershipExchanges(raft_named(variant)),
    RaftSnapshots: lambda variant: SnapshotExchanges(raft_named(variant)),
    PromptRaft: lambda variant: PromptExchanges(raft_named(variant)),
    LeaseReads: lambda variant: LeaseExchanges(raft_named(variant)),
    ReadIndex: lambda variant: ReadExchanges(raft_named(variant)),
    AtomicRaft: lambda variant: RaftExchanges(raft_named(variant)),
}
"""What makes an adapter of each protocol, for a variant of its implementation."""

_Variant = TypeVar("_Variant")


def variant_named(variant: str) -> Composition:
    """A variant of the bundled Paxos. Raises InputError."""
    return named(variant, COMPOSITIONS)


def raft_named(variant: str) -> RaftVariant:
    """A variant of the bundled Raft. Raises InputError."""
    return named(variant, RAFTS)


def stores_named(variant: str) -> tuple[RaftVariant, MultiPaxosComposition]:
    """The variant of Raft and that of Multi-Paxos of a name, which may be of one alone.

    Raises InputError.
    """
    named(variant, {**RAFTS, **MULTIPAXOS})
    healthy = RAFTS[HEALTHY], MULTIPAXOS[HEALTHY]
    return RAFTS.get(variant, healthy[0]), MULTIPAXOS.get(variant, healthy[1])


def named(variant: str, known: Mapping[str, _Variant]) -> _Variant:
    """A variant of some by its name. Raises InputError."""
    if variant not in known:
        hint = instead(variant, known)
        raise InputError(f"no variant `{variant}` of the implementation; {hint}")
    return known[variant]


def adapter_for(protocol: type[Protocol], variant: str) -> Adapter:
    """The bundled adapter of a protocol (or of what it modifies). Raises InputError."""
    for base, make in BUNDLED.items():
        if issubclass(protocol, base):
            return make(variant)
    known = ", ".join(p.__name__ for p in BUNDLED)
    raise InputError(
        f"no implementation of {protocol.__name__} is bundled (there is one of {known}); "
        "give your own with --adapter path.py:Class"
    )
