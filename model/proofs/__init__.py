"""Protocols with the invariants that make their properties provable for any size."""

from .paxos import ProvedMultiPaxos, ProvedPaxos, ProvedPaxosRoles
from .raft_commit import ProvedRaft
from .raft_election import ProvedRaftElection
from .raft_log import ProvedRaftLogs
from .refinement import PaxosRolesAsPaxos
from .two_phase_commit import ProvedTwoPhaseCommit

__all__ = [
    "PaxosRolesAsPaxos",
    "ProvedMultiPaxos",
    "ProvedPaxos",
    "ProvedPaxosRoles",
    "ProvedRaft",
    "ProvedRaftElection",
    "ProvedRaftLogs",
    "ProvedTwoPhaseCommit",
]
