"""Multi-Paxos (Lamport, *Paxos Made Simple*, 2001, §3), on the store: one phase 1 for all slots."""

from .acceptor import Acceptor
from .composition import HEALTHY, Composition
from .configurations import ALPHA, Configurations
from .learner import Learner
from .messages import (
    NO_OP,
    Accept,
    Accepted,
    CatchUp,
    Commands,
    Decided,
    Decree,
    Heartbeat,
    InstallSnapshot,
    Membership,
    MultiPaxosMessage,
    Nack,
    Prepare,
    Promise,
    Reconfiguration,
    Snapshot,
    Vote,
)
from .proposer import Leadership, Proposer
from .records import (
    MultiPaxosOutputs,
    MultiPaxosRecord,
    MultiPaxosState,
    PromiseRecord,
    RoundRecord,
    SnapshotRecord,
    VoteRecord,
)
from .replica import Pace, Replica
from .system import MULTIPAXOS

__all__ = [
    "ALPHA",
    "HEALTHY",
    "MULTIPAXOS",
    "NO_OP",
    "Accept",
    "Accepted",
    "Acceptor",
    "CatchUp",
    "Commands",
    "Composition",
    "Configurations",
    "Decided",
    "Decree",
    "Heartbeat",
    "InstallSnapshot",
    "Leadership",
    "Learner",
    "Membership",
    "MultiPaxosMessage",
    "MultiPaxosOutputs",
    "MultiPaxosRecord",
    "MultiPaxosState",
    "Nack",
    "Pace",
    "Prepare",
    "Promise",
    "PromiseRecord",
    "Proposer",
    "Reconfiguration",
    "Replica",
    "RoundRecord",
    "Snapshot",
    "SnapshotRecord",
    "Vote",
    "VoteRecord",
]
