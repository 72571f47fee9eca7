"""Finding protocols by name: `path.py:Class`, `package.module:Class`, or without `:Class`."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from quorate._spelling import instead, nearest
from quorate.model.language import Protocol
from quorate.model.language.description import describe

from .errors import InputError
from .lazily import lazily
from .user_file import module_at

if TYPE_CHECKING:
    from . import revision
else:
    revision = lazily("quorate.checker.revision")

REVISION = "git:"  # before a revision, and the path of a file in it

BUNDLED = {
    "Paxos": "quorate.model.paxos:Paxos",
    "PaxosRoles": "quorate.model.paxos_roles:PaxosRoles",
    "TwoPhaseCommit": "quorate.model.two_phase_commit:TwoPhaseCommit",
    "MultiPaxos": "quorate.model.multipaxos:MultiPaxos",
    "Raft": "quorate.model.raft:Raft",
    "ViewstampedReplication": "quorate.model.viewstamped_replication:ViewstampedReplication",
    "RaftElection": "quorate.model.raft_election:RaftElection",
    "PreVoting": "quorate.model.raft_prevote:PreVoting",
    "AtomicRaft": "quorate.model.raft_atomic:AtomicRaft",
    "PromptRaft": "quorate.model.raft_prompt:PromptRaft",
    "RecordedRaft": "quorate.model.refined:RecordedRaft",
    "WatchedMultiPaxos": "quorate.model.refined:WatchedMultiPaxos",
    "SlotLog": "quorate.model.log:SlotLog",
    "GrowingLog": "quorate.model.log:GrowingLog",
    "MonotoneRaft": "quorate.model.raft_monotone:MonotoneRaft",
    "SingleServerChanges": "quorate.model.raft_membership:SingleServerChanges",
    "JointConsensus": "quorate.model.raft_membership:JointConsensus",
    "RaftSnapshots": "quorate.model.raft_snapshots:RaftSnapshots",
    "ReadIndex": "quorate.model.raft_reads:ReadIndex",
    "LeaseReads": "quorate.model.raft_leases:LeaseReads",
    "MultiPaxosSnapshots": "quorate.model.multipaxos_snapshots:MultiPaxosSnapshots",
    "StoreSessions": "quorate.model.store_sessions:StoreSessions",
    "LeaderLease": "quorate.model.leader_lease:LeaderLease",
    "FlexiblePaxos": "quorate.model.flexible_paxos:FlexiblePaxos",
    "GridPaxos": "quorate.model.quorum_paxos:GridPaxos",
    "WeightedPaxos": "quorate.model.quorum_paxos:WeightedPaxos",
    "JointPaxos": "quorate.model.quorum_paxos:JointPaxos",
    "Duel": "quorate.model.duel:Duel",
    "ElectedDuel": "quorate.model.duel:ElectedDuel",
    "Abd": "quorate.model.abd:Abd",
    "CasPaxos": "quorate.model.cas_paxos:CasPaxos",
    "ChainReplication": "quorate.model.chain_replication:ChainReplication",
    "Peterson": "quorate.model.peterson:Peterson",
    "LeaseLock": "quorate.model.lease_lock:LeaseLock",
    "LamportMutex": "quorate.model.lamport_mutex:LamportMutex",
    "Voting": "quorate.model.voting:Voting",
    "Consensus": "quorate.model.consensus:Consensus",
    "ProvedPaxosRoles": "quorate.model.proofs.paxos:ProvedPaxosRoles",
    "ProvedMultiPaxos": "quorate.model.proofs.paxos:ProvedMultiPaxos",
    "ProvedRaftElection": "quorate.model.proofs.raft_election:ProvedRaftElection",
    "ProvedRaftLogs": "quorate.model.proofs.raft_log:ProvedRaftLogs",
    "ProvedRaft": "quorate.model.proofs.raft_commit:ProvedRaft",
    "ProvedRecordedRaft": "quorate.model.proofs.raft_agreed:ProvedRecordedRaft",
    "ProvedAtomicRaft": "quorate.model.proofs.raft_atomic:ProvedAtomicRaft",
    "ProvedPromptRaft": "quorate.model.proofs.raft_prompt:ProvedPromptRaft",
    "ProvedReadIndex": "quorate.model.proofs.raft_reads:ProvedReadIndex",
    "ProvedLeaseReads": "quorate.model.proofs.raft_leases:ProvedLeaseReads",
    "ProvedRaftSnapshots": "quorate.model.proofs.raft_snapshots:ProvedRaftSnapshots",
    "ProvedPreVoting": "quorate.model.proofs.raft_prevote:ProvedPreVoting",
    "ProvedLeaderLease": "quorate.model.proofs.leader_lease:ProvedLeaderLease",
    "ProvedLeaseLock": "quorate.model.proofs.lease_lock:ProvedLeaseLock",
    "ProvedAbd": "quorate.model.proofs.abd:ProvedAbd",
    "ProvedCasPaxos": "quorate.model.proofs.cas_paxos:ProvedCasPaxos",
    "ProvedChainReplication": "quorate.model.proofs.chain_replication:ProvedChainReplication",
    "ProvedStoreSessions": "quorate.model.proofs.store_sessions:ProvedStoreSessions",
    "ProvedTwoPhaseCommit": "quorate.model.proofs.two_phase_commit:ProvedTwoPhaseCommit",
    "LiveTwoPhaseCommit": "quorate.model.liveness.two_phase_commit:LiveTwoPhaseCommit",
    "BlockingTwoPhaseCommit": "quorate.model.liveness.two_phase_commit:BlockingTwoPhaseCommit",
    "OneCandidate": "quorate.model.liveness.raft_election:OneCandidate",
    "SplitVotes": "quorate.model.liveness.raft_election:SplitVotes",
    "MultiPaxosLog": "quorate.model.multipaxos_log:MultiPaxosLog",
    "MultiPaxosMembers": "quorate.model.multipaxos_members:MultiPaxosMembers",
    "MultiPaxosWindow": "quorate.model.multipaxos_members:MultiPaxosWindow",
    "LiveMultiPaxosLog": "quorate.model.liveness.multipaxos_log:LiveMultiPaxosLog",
    "LeavesHoles": "quorate.model.liveness.multipaxos_log:LeavesHoles",
    "RetriedCommands": "quorate.model.liveness.multipaxos_log:RetriedCommands",
    "RetriesFirstSlot": "quorate.model.liveness.multipaxos_log:RetriesFirstSlot",
    "LiveAtomicRaft": "quorate.model.liveness.raft_atomic:LiveAtomicRaft",
    "StopsAtOldEntries": "quorate.model.liveness.raft_atomic:StopsAtOldEntries",
    "MultiPaxosDuel": "quorate.model.multipaxos_duel:MultiPaxosDuel",
    "StableMultiPaxos": "quorate.model.multipaxos_duel:StableMultiPaxos",
    "RaftDuel": "quorate.model.raft_duel:RaftDuel",
    "StableRaft": "quorate.model.raft_duel:StableRaft",
    "LiveRaft": "quorate.model.liveness.raft:LiveRaft",
    "LiveMultiPaxos": "quorate.model.liveness.multipaxos:LiveMultiPaxos",
    "LiveChainReplication": "quorate.model.liveness.chain_replication:LiveChainReplication",
    "UnnoticedFailures": "quorate.model.liveness.chain_replication:UnnoticedFailures",
    "LiveAbd": "quorate.model.liveness.abd:LiveAbd",
    "StoppedMajority": "quorate.model.liveness.abd:StoppedMajority",
    "LiveLamportMutex": "quorate.model.liveness.lamport_mutex:LiveLamportMutex",
    "UnreleasedMutex": "quorate.model.liveness.lamport_mutex:UnreleasedMutex",
    "RecurringLease": "quorate.model.liveness.lease:RecurringLease",
    "ImpartialLease": "quorate.model.liveness.lease:ImpartialLease",
    "StoppedClock": "quorate.model.liveness.lease:StoppedClock",
}


def load_protocol(name: str) -> type[Protocol]:
    """The protocol class that a name stands for, described. Raises InputError, ModelError.

    The name of a bundled protocol is its class name. Mistakes in the model are reported before
    other errors, such as wrong sizes.
    """
    found = _class_in(*load_module(name))
    describe(found)
    return found


def load_module(name: str) -> tuple[ModuleType, str, str]:
    """The module that a name stands for, the name of the class ("" if none), and its place."""
    if name.startswith(REVISION):
        commit, path, wanted = [*name.removeprefix(REVISION).split(":", 2), "", ""][:3]
        place = str(revision.file_at(commit, path))
        return module_at(place, "a protocol", ""), wanted, place
    place, _, wanted = BUNDLED.get(name, name).partition(":")
    missing = (
        f"{name or 'an empty name'}: no such protocol; "
        f"expected path.py:Class, module:Class or a bundled name ({_bundled_hint(place, wanted)})"
    )
    return module_at(place, "a protocol", missing), wanted, place


def _bundled_hint(place: str, wanted: str) -> str:
    """What may be meant by the name of a module that is not there, or of a class alone."""
    if wanted and Path(f"{place}.py").is_file():
        return f"did you mean {place}.py:{wanted}?"
    near = nearest(wanted or place, BUNDLED)
    return f"such as {', '.join([*BUNDLED][:3])}" if near is None else f"did you mean {near}?"


def protocols_in(place: str) -> list[str]:
    """The names of the protocols that a file or module defines. Raises InputError if it has none.

    Those whose names begin with an underscore are only bases of others.
    """
    module, _, _ = load_module(place)
    own = [n for n, v in _protocols(module).items() if v.__module__ == module.__name__]
    if found := [name for name in own if not name.startswith("_")]:
        return found
    raise InputError(f"{place}: defines no protocol", place)


def name_of(protocol: type[Protocol]) -> str:
    """The name by which `load_protocol` finds a class again."""
    module = sys.modules[protocol.__module__]
    file = getattr(module, "__file__", None)
    if getattr(module, "__spec__", None) is None and file:
        return f"{file}:{protocol.__qualname__}"
    return f"{protocol.__module__}:{protocol.__qualname__}"


def _class_in(module: ModuleType, wanted: str, place: str) -> type[Protocol]:
    found = _protocols(module)
    own = {n: v for n, v in found.items() if v.__module__ == module.__name__}
    if not wanted:
        if len(own) == 1:
            return next(iter(own.values()))
        if not own:
            near = nearest(place, BUNDLED)
            hint = "" if near is None else f"; did you mean {near}?"
            said = f"{place}: defines no protocol, expected a class that inherits from Protocol"
            raise InputError(f"{said}{hint}")
        listed = ", ".join(own)
        raise InputError(f"{place}: say which protocol, {place}:Class (it has {listed})")
    if wanted in found:
        return found[wanted]
    if inspect.isclass(other := getattr(module, wanted, None)):
        raise InputError(f"{place}: {wanted} is a {other.__mro__[1].__name__}, not a Protocol")
    raise InputError(f"{place}: no protocol {wanted}; {instead(wanted.lstrip(':'), found)}")


def _protocols(module: ModuleType) -> dict[str, type[Protocol]]:
    return {
        name: value
        for name, value in vars(module).items()
        if inspect.isclass(value) and issubclass(value, Protocol) and value is not Protocol
    }
