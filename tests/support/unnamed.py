"""What `quorate conform` finds of each defect of the bundled implementations, without its name.

The model alone is driven, and something differs. `tests/checker/conform/test_unnamed.py` says that
it is so, and that no defect is left out; `tests/model/protocols/mutant_table.py` shows it beside
the mutants.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import quorate
from quorate import ConformResult
from quorate.impl.lease import defects as leases
from quorate.impl.multipaxos import defects as multipaxos
from quorate.impl.paxos import defects as paxos
from quorate.impl.raft import defects as raft
from quorate.impl.raft.replica_defects import REPLICA_DEFECTS
from quorate.model.language import Protocol
from quorate.model.leader_lease import LeaderLease
from quorate.model.multipaxos import MultiPaxos
from quorate.model.multipaxos_log import MultiPaxosLog
from quorate.model.paxos import Paxos
from quorate.model.paxos_roles import PaxosRoles

EXAMPLES = Path(__file__).parents[1] / "examples"

#: Parts of `Raft` and of `MultiPaxos` in which leaders come one after another.
RAFT_IN_TURN = f"{EXAMPLES / 'raft_in_turn.py'}:RaftInTurn"
MULTIPAXOS_IN_TURN = f"{EXAMPLES / 'multipaxos_in_turn.py'}:MultiPaxosInTurn"

#: What the extensions of Raft do that its code does otherwise is said by these.
SNAPSHOTS = "quorate.model.raft_snapshots:SnapshotsIfNeeded"
PRE_VOTES = "quorate.model.raft_prevote:PreVotingInTouch"
LEASE_READS = "quorate.model.raft_leases:AnsweredLeaseReads"
INTERRUPTED = "quorate.model.raft_prompt:InterruptedRaft"
RESTARTING = "quorate.model.multipaxos:RestartingMultiPaxos"
WINDOW = "quorate.model.multipaxos_members:MultiPaxosWindow"


@dataclass(frozen=True)
class Unnamed:
    """What differs where the code with a defect is driven along a model; `daily` if it is quick."""

    model: str
    bounds: Mapping[str, int]
    difference: str
    daily: bool = False


def driven(model: type[Protocol] | str, bounds: Mapping[str, int], **more: Any) -> ConformResult:
    """`quorate conform` at these sizes, with so many crashes if they are said."""
    sizes = {name: n for name, n in bounds.items() if name != "crash"}
    faults = {"crash": bounds["crash"]} if "crash" in bounds else None
    return quorate.conform(model, sizes=sizes, faults=faults, seconds=600, **more)


def servers(n: int, terms: int, entries: int, *, values: int = 1, crash: int = 0) -> dict[str, int]:
    """Bounds of a model of Raft."""
    return {"Server": n, "Term": terms, "Index": entries, "Value": values, "crash": crash}


def ticks(n: int, terms: int, entries: int, **more: int) -> dict[str, int]:
    """Bounds of reads by leases."""
    clocks = {"Time": 1, "Lease": 1, "Margin": 1, "Drift": 1}
    return {**servers(n, terms, entries), **clocks, **more}


def _roles(**more: int) -> dict[str, int]:
    return {"Proposer": 1, "Acceptor": 1, "Learner": 1, "Ballot": 1, "Value": 1, "crash": 0, **more}


def slots(**more: int) -> dict[str, int]:
    """Bounds of `MultiPaxos`."""
    return {"Proposer": 1, "Acceptor": 2, "Slot": 1, "Value": 1, "Ballot": 2, "crash": 1, **more}


def whole_log(**more: int) -> dict[str, int]:
    """Bounds of `MultiPaxosLog`."""
    return {"Acceptor": 2, "Learner": 1, "Value": 2, "Slot": 2, "Ballot": 2, **more}


def _nodes(terms: int) -> dict[str, int]:
    return {"Node": 2, "Term": terms, "Time": 1, "Lease": 1, "Margin": 1, "Drift": 1}


#: One on Raft and one on Multi-Paxos.
TWO_STORES = {"Store": 2, "Client": 1, "Number": 2, "crash": 1}

_TWO = {"Acceptor": 2, "Ballot": 2, "Value": 2}
_ONE_SLOT = whole_log(Acceptor=3, Slot=1, Ballot=1)

PAXOS = {
    "lowest-accepted-ballot": Unnamed(
        "PaxosRoles", _roles(Acceptor=2, Ballot=3), "receive_promise.changes.best_ballot"
    ),
    "ignores-accepted-values": Unnamed("Paxos", _TWO, "phase2a.allows.sent"),
    "promise-omits-vote": Unnamed("Paxos", _TWO, "phase1b.sends.sent"),
    "accept-does-not-raise-promise": Unnamed(
        "Paxos", {"Acceptor": 3, "Ballot": 2, "Value": 1}, "phase2b.changes.max_bal"
    ),
    "accept-ignores-promise": Unnamed("Paxos", _TWO, "phase2b.allows.sent"),
    "promise-for-any-ballot": Unnamed("Paxos", _TWO, "phase1b.allows.sent"),
    "promise-not-recorded": Unnamed("Paxos", _TWO, "phase1b.changes.max_bal"),
    "phase-two-without-phase-one": Unnamed("Paxos", _TWO, "phase2a.allows.sent"),
    "disjoint-quorums": Unnamed("Paxos", _TWO, "phase2a.allows.sent"),
    "half-votes-counted": Unnamed(
        "PaxosRoles", _roles(Acceptor=2), "receive_accepted.changes.committed"
    ),
    "ballot-of-another": Unnamed(
        "PaxosRoles", _roles(Proposer=2), "prepare.allows.owner", daily=True
    ),
    "round-not-persisted": Unnamed(
        "PaxosRoles", _roles(crash=1), "prepare.allows.ballot", daily=True
    ),
    "stale-promise-counted": Unnamed(
        "PaxosRoles", _roles(Ballot=2, Value=2), "receive_promise.allows.promises"
    ),
    "late-promise-heeded": Unnamed(
        "PaxosRoles", _roles(Acceptor=3, Ballot=2), "receive_promise.allows.promises"
    ),
    "votes-added-up": Unnamed(
        "PaxosRoles", _roles(Acceptor=2, Ballot=2), "receive_accepted.changes.committed"
    ),
    "duplicate-promise-counted": Unnamed("PaxosRoles", _roles(Acceptor=2), "propose.allows.sent"),
    "duplicate-accepted-counted": Unnamed(
        "PaxosRoles", _roles(Acceptor=2), "receive_accepted.allows.committed"
    ),
    "promise-lost-on-restart": Unnamed(
        "PaxosRoles", _roles(crash=1), "crash_acceptor.changes.promised"
    ),
    "promise-restored-from-vote": Unnamed(
        "PaxosRoles", _roles(crash=1), "crash_acceptor.changes.promised"
    ),
    "vote-lost-on-restart": Unnamed(
        "PaxosRoles", _roles(crash=1), "crash_acceptor.changes.voted_ballot"
    ),
    "all-lost-on-restart": Unnamed(
        "PaxosRoles", _roles(crash=1), "crash_acceptor.changes.promised"
    ),
}

MULTIPAXOS = {
    "ignores-recovered": Unnamed("MultiPaxos", slots(Value=2), "propose.allows.sent", daily=True),
    "phase-two-without-phase-one": Unnamed("MultiPaxos", slots(), "lead.allows.leads"),
    "duplicate-promise-counted": Unnamed("MultiPaxos", slots(), "lead.allows.leads"),
    "round-not-persisted": Unnamed("MultiPaxos", slots(), "crash_proposer.changes.used"),
    "promise-omits-votes": Unnamed("MultiPaxos", slots(), "promise.sends.sent"),
    "promise-reports-last-slot": Unnamed("MultiPaxos", slots(Slot=2), "promise.sends.sent"),
    "accept-ignores-promise": Unnamed("MultiPaxos", slots(), "accept.allows.sent"),
    "promise-for-any-ballot": Unnamed("MultiPaxos", slots(), "promise.allows.sent"),
    "promise-not-recorded": Unnamed("MultiPaxos", slots(), "promise.changes.promised"),
    "promise-lost-on-restart": Unnamed(
        RESTARTING, slots(), "crash_acceptor.changes.promised", daily=True
    ),
    "votes-lost-on-restart": Unnamed(RESTARTING, slots(), "crash_acceptor.changes.voted_ballot"),
    "all-lost-on-restart": Unnamed(RESTARTING, slots(), "crash_acceptor.changes.promised"),
    "lowest-accepted-ballot": Unnamed(
        MULTIPAXOS_IN_TURN, slots(Acceptor=3, Value=2, Ballot=3, crash=0), "lead.changes.recovered"
    ),
    "accept-does-not-raise-promise": Unnamed(
        "MultiPaxos", slots(Acceptor=3, crash=0), "accept.changes.promised"
    ),
    "disjoint-quorums": Unnamed("MultiPaxosLog", _ONE_SLOT, "execute.allows.done"),
    "half-votes-counted": Unnamed("MultiPaxosLog", _ONE_SLOT, "execute.allows.done", daily=True),
    "duplicate-vote-counted": Unnamed("MultiPaxosLog", _ONE_SLOT, "execute.allows.done"),
    "executes-past-holes": Unnamed(
        "MultiPaxosLog", whole_log(Ballot=1), "execute.allows.done", daily=True
    ),
    "skips-recovered-slots": Unnamed(
        "MultiPaxosLog", whole_log(Slot=1), "lead.changes.proposed", daily=True
    ),
    "keeps-its-ballot": Unnamed(
        "MultiPaxosMembers", whole_log(Ballot=1), "propose.allows.proposed"
    ),
    "old-acceptors-decide": Unnamed(
        "MultiPaxosMembers", whole_log(Ballot=1), "execute.allows.done", daily=True
    ),
    "new-acceptors-decide": Unnamed(
        "MultiPaxosMembers", whole_log(Ballot=1), "execute.allows.done"
    ),
    "reconfigures-at-once": Unnamed(WINDOW, whole_log(Slot=3, Ballot=1), "execute.allows.done"),
    "fills-what-is-voted": Unnamed("MultiPaxosLog", whole_log(), "lead.changes.proposed"),
    "snapshot-without-sessions": Unnamed(
        "StoreSessions", TWO_STORES, "restart.changes.session", daily=True
    ),
    "trims-in-silence": Unnamed(
        "MultiPaxosSnapshots", whole_log(Slot=1), "lead.changes.base", daily=True
    ),
    "trusts-any-vote": Unnamed(
        "MultiPaxosLog", whole_log(Acceptor=3, Slot=1, Value=3), "execute.allows.done"
    ),
}

RAFT = {
    "forgets-vote": Unnamed(
        "RaftElection", servers(2, 1, 0, crash=1), "restart.changes.voted_for", daily=True
    ),
    "forgets-term": Unnamed("RaftElection", servers(2, 1, 0, crash=1), "restart.changes.term"),
    "forgets-vote-on-append": Unnamed("Raft", servers(2, 1, 0), "receive_append.changes.voted_for"),
    "duplicate-vote-counted": Unnamed("RaftElection", servers(4, 1, 0), "lead.allows.role"),
    "old-vote-counted": Unnamed(
        "RaftElection", servers(2, 2, 0), "receive_vote.allows.votes", daily=True
    ),
    "writes-twice": Unnamed(
        INTERRUPTED, servers(2, 2, 0, crash=1), "crash_between.changes.voted_for"
    ),
    "leads-on": Unnamed("RaftElection", servers(2, 2, 0), "step_down.changes.role"),
    "always-truncates": Unnamed("Raft", servers(2, 1, 1), "receive_append.changes.log"),
    "matches-backwards": Unnamed("Raft", servers(2, 1, 1), "receive_ack.allows.match"),
    "commits-backwards": Unnamed("Raft", servers(2, 1, 1), "receive_append.changes.commit"),
    "matches-hints": Unnamed("Raft", servers(2, 1, 2), "receive_append.allows.match"),
    "commits-own-entries": Unnamed("AtomicRaft", servers(2, 1, 1), "replicate.changes.commit"),
    "accepts-gaps": Unnamed("AtomicRaft", servers(2, 1, 1), "replicate.allows.match", daily=True),
    "skips-check": Unnamed("AtomicRaft", servers(3, 2, 1), "replicate.allows.match"),
    "commits-old-terms": Unnamed("AtomicRaft", servers(2, 2, 1), "advance_commit.allows.commit"),
    "stops-at-old-terms": Unnamed("AtomicRaft", servers(2, 2, 2), "advance_commit.refuses"),
    "asks-one-too-few": Unnamed("ReadIndex", servers(2, 1, 1), "answer.allows.reading"),
    "reads-too-soon": Unnamed("ReadIndex", servers(2, 1, 1), "read.allows.reading", daily=True),
    "trusts-ticks": Unnamed(LEASE_READS, ticks(2, 1, 1), "read.allows.read_up_to"),
    "votes-at-once": Unnamed(LEASE_READS, ticks(2, 2, 0), "elect.allows.term"),
    "forgets-that-it-heard": Unnamed(
        LEASE_READS, ticks(2, 1, 0, crash=1), "restart.changes.heard", daily=True
    ),
    "snapshot-forgets-sessions": Unnamed(
        "StoreSessions", TWO_STORES, "restart.changes.session", daily=True
    ),
    "leaves-clock-behind": Unnamed(LEASE_READS, ticks(2, 1, 0), "tick.changes.clock", daily=True),
    "drops-what-follows": Unnamed(SNAPSHOTS, servers(2, 1, 2), "install.changes.log"),
    "takes-snapshots-term": Unnamed(SNAPSHOTS, servers(3, 2, 1), "install.changes.term"),
    "loses-last-term": Unnamed(SNAPSHOTS, servers(2, 2, 1), "elect.refuses", daily=True),
    "sends-no-term": Unnamed(SNAPSHOTS, servers(3, 2, 1), "replicate.allows.match"),
    "appends-nothing": Unnamed(SNAPSHOTS, servers(2, 1, 1), "install.refuses"),
    "pre-vote-ignores-log": Unnamed(PRE_VOTES, servers(2, 1, 1), "grant_pre_vote.allows.sent"),
    "leader-grants-pre-vote": Unnamed(PRE_VOTES, servers(2, 2, 0), "grant_pre_vote.allows.sent"),
    "pre-vote-while-in-touch": Unnamed(PRE_VOTES, servers(2, 2, 0), "grant_pre_vote.allows.sent"),
    "changes-at-once": Unnamed(
        "SingleServerChanges", servers(2, 1, 2, values=2), "request.allows.log"
    ),
    "changes-before-committing": Unnamed(
        "SingleServerChanges", servers(2, 1, 1), "request.allows.log", daily=True
    ),
    "applies-late": Unnamed(
        "SingleServerChanges", servers(2, 1, 2, values=2), "advance_commit.allows.commit"
    ),
    "ends-change-early": Unnamed(
        "JointConsensus", servers(2, 1, 2, values=2), "request.allows.log"
    ),
    "counts-the-union": Unnamed("JointConsensus", servers(3, 1, 1), "advance_commit.allows.commit"),
    "compares-lengths": Unnamed(RAFT_IN_TURN, servers(3, 3, 1), "grant.allows.sent"),
    "keeps-tail": Unnamed(RAFT_IN_TURN, servers(3, 2, 2), "receive_append.changes.log"),
}

LEASES = {
    "renewed-by-one": Unnamed("LeaderLease", _nodes(1), "read.allows.newest_at_read", daily=True),
    "trusts-clocks": Unnamed("LeaderLease", _nodes(2), "grant.allows.sent"),
    "lease-ignored-by-vote": Unnamed("LeaderLease", _nodes(2), "grant.allows.sent"),
}

#: What is found, by system; and all the defects that the system has.
FOUND = {"paxos": PAXOS, "multipaxos": MULTIPAXOS, "raft": RAFT, "lease": LEASES}
DEFECTS = {
    "paxos": {*paxos.DEFECTS},
    "multipaxos": {*multipaxos.DEFECTS},
    "raft": {*raft.VARIANTS, *REPLICA_DEFECTS} - {"healthy"},
    "lease": {*leases.VARIANTS} - {"healthy"},
}


def system_of(protocol: type[Protocol]) -> str:
    """The system with an implementation that a model is of."""
    models = {"paxos": (Paxos, PaxosRoles), "multipaxos": (MultiPaxos, MultiPaxosLog)}
    models["lease"] = (LeaderLease,)
    return next((name for name, of in models.items() if issubclass(protocol, of)), "raft")
