"""Single-decree Paxos (Lamport, *Paxos Made Simple*, 2001): the roles, and what they exchange."""

from .acceptor import Acceptor
from .composition import HEALTHY, Composition
from .learner import Learner
from .messages import (
    Accept,
    Accepted,
    Ask,
    Ballot,
    Learned,
    Message,
    Nack,
    Prepare,
    Promise,
    Request,
    Vote,
)
from .outputs import Broadcast, Commit, Output, Outputs, Role, SetTimer
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
    "Commit",
    "Composition",
    "Learned",
    "Learner",
    "LearnerRecord",
    "Message",
    "Nack",
    "Output",
    "Outputs",
    "Prepare",
    "Promise",
    "Proposer",
    "ProposerRecord",
    "QuorumRule",
    "Quorums",
    "Record",
    "Request",
    "Role",
    "SetTimer",
    "Vote",
]
