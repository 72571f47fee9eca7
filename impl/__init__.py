"""Executable implementations of consensus protocols: sans-IO roles and the hosts that run them.

The roles and what they exchange are re-exported here. The hosts are imported from
where they live: `simulate`, `cluster`, `network`, `storage`, `defects`.
"""

from .acceptor import Acceptor
from .composition import HEALTHY, Composition
from .errors import (
    ClusterError,
    ConfigError,
    ImplError,
    ProtocolRefusal,
    SafetyViolation,
    StorageError,
    WireError,
)
from .learner import Learner
from .messages import (
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
from .outputs import Broadcast, Commit, Output, Outputs, Persist, Role, Send, SetTimer
from .proposer import Proposer
from .quorums import AnyOf, AtLeast, QuorumRule, Quorums
from .records import AcceptorRecord, LearnerRecord, ProposerRecord, Record

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
