"""Protocols with what they assume of fairness, and what then happens sooner or later.

A rule is never repeated here: an action that is fair calls the one that it overrides.
"""

from .abd import LiveAbd, StoppedMajority
from .chain_replication import LiveChainReplication, UnnoticedFailures
from .lamport_mutex import LiveLamportMutex, UnreleasedMutex
from .lease import ImpartialLease, RecurringLease, StoppedClock
from .multipaxos import LiveMultiPaxos
from .multipaxos_log import (
    LeavesHoles,
    LiveMultiPaxosLog,
    RetriedCommands,
    RetriesFirstSlot,
)
from .raft import LiveRaft
from .raft_atomic import LiveAtomicRaft, StopsAtOldEntries
from .raft_election import OneCandidate, SplitVotes
from .two_phase_commit import BlockingTwoPhaseCommit, LiveTwoPhaseCommit

__all__ = [
    "BlockingTwoPhaseCommit",
    "ImpartialLease",
    "LeavesHoles",
    "LiveAbd",
    "LiveAtomicRaft",
    "LiveChainReplication",
    "LiveLamportMutex",
    "LiveMultiPaxos",
    "LiveMultiPaxosLog",
    "LiveRaft",
    "LiveTwoPhaseCommit",
    "OneCandidate",
    "RecurringLease",
    "RetriedCommands",
    "RetriesFirstSlot",
    "SplitVotes",
    "StoppedClock",
    "StoppedMajority",
    "StopsAtOldEntries",
    "UnnoticedFailures",
    "UnreleasedMutex",
]
