"""Executable implementations of consensus protocols: sans-IO roles and the hosts that run them.

The roles and what they exchange are re-exported here. The hosts are imported from
where they live: `simulate`, `cluster`, `network`, `storage`, `defects`.
"""

from quorate.impl.acceptor import Acceptor
from quorate.impl.composition import HEALTHY, Composition
from quorate.impl.errors import (
    ClusterError,
    ConfigError,
    ImplError,
    ProtocolRefusal,
    SafetyViolation,
    StorageError,
    WireError,
)
from quorate.impl.learner import Learner
from quorate.impl.messages import (
    Accept,
    Accepted,
    Ask,
    Ballot,
    Envelope,
    Learned,
    Message,
    Nack,
    Prepare,
    Promise,
    Request,
    Value,
    Vote,
)
from quorate.impl.outputs import Broadcast, Commit, Output, Outputs, Persist, Role, Send, SetTimer
from quorate.impl.proposer import Proposer
from quorate.impl.quorums import AnyOf, AtLeast, QuorumRule, Quorums
from quorate.impl.records import AcceptorRecord, LearnerRecord, ProposerRecord, Record

__all__ = [
    "HEALTHY",
    "Accept",
    "Accepted",
    "Acceptor",
    "AcceptorRecord",
    "AnyOf",
    "Ask",
    "AtLeast",
    "Ballot",
    "Broadcast",
    "ClusterError",
    "Commit",
    "Composition",
    "ConfigError",
    "Envelope",
    "ImplError",
    "Learned",
    "Learner",
    "LearnerRecord",
    "Message",
    "Nack",
    "Output",
    "Outputs",
    "Persist",
    "Prepare",
    "Promise",
    "Proposer",
    "ProposerRecord",
    "ProtocolRefusal",
    "QuorumRule",
    "Quorums",
    "Record",
    "Request",
    "Role",
    "SafetyViolation",
    "Send",
    "SetTimer",
    "StorageError",
    "Value",
    "Vote",
    "WireError",
]
