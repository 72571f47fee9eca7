"""Protocols with the invariants that make their properties provable for any size."""

from .abd import ProvedAbd
from .cas_paxos import ProvedCasPaxos
from .chain_replication import ProvedChainReplication
from .leader_lease import ProvedLeaderLease
from .lease_lock import ProvedLeaseLock
from .paxos import ProvedMultiPaxos, ProvedPaxos, ProvedPaxosRoles
from .raft_agreed import ProvedRecordedRaft
from .raft_atomic import ProvedAtomicRaft
from .raft_commit import ProvedRaft
from .raft_election import ProvedRaftElection
from .raft_leases import ProvedLeaseReads
from .raft_log import ProvedRaftLogs
from .raft_prevote import ProvedPreVoting
from .raft_prompt import ProvedPromptRaft
from .raft_reads import ProvedReadIndex
from .raft_snapshots import ProvedRaftSnapshots
from .refinement import MultiPaxosAsPaxos, PaxosRolesAsPaxos
from .store_sessions import ProvedStoreSessions
from .two_phase_commit import ProvedTwoPhaseCommit

__all__ = [
    "MultiPaxosAsPaxos",
    "PaxosRolesAsPaxos",
    "ProvedAbd",
    "ProvedAtomicRaft",
    "ProvedCasPaxos",
    "ProvedChainReplication",
    "ProvedLeaderLease",
    "ProvedLeaseLock",
    "ProvedLeaseReads",
    "ProvedMultiPaxos",
    "ProvedPaxos",
    "ProvedPaxosRoles",
    "ProvedPreVoting",
    "ProvedPromptRaft",
    "ProvedRaft",
    "ProvedRaftElection",
    "ProvedRaftLogs",
    "ProvedRaftSnapshots",
    "ProvedReadIndex",
    "ProvedRecordedRaft",
    "ProvedStoreSessions",
    "ProvedTwoPhaseCommit",
]
