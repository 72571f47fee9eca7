"""Which rule a server applies: by the message, how its term compares, and the server's role."""

from __future__ import annotations

from enum import Enum
from types import MappingProxyType
from typing import Final

from quorate.impl.tables import Table

from .messages import (
    Appended,
    AppendEntries,
    InstallSnapshot,
    LogMismatch,
    Outdated,
    PreVoteGranted,
    RequestPreVote,
    RequestVote,
    SnapshotHeld,
    TimeoutNow,
    VoteGranted,
)


class RaftRole(Enum):
    """What a server is in its term."""

    FOLLOWER = "follower"
    CANDIDATE = "candidate"
    LEADER = "leader"


class TermAndRole(Enum):
    """How a message's term compares with the server's, and its role if it is the same."""

    EARLIER = "an earlier term"
    FOLLOWER = "its term, follower"
    CANDIDATE = "its term, candidate"
    LEADER = "its term, leader"
    LATER = "a later term"


_S: Final = TermAndRole

TABLE: Final[Table] = MappingProxyType(
    {
        (RequestPreVote, _S.EARLIER): "tell_term",
        (RequestPreVote, _S.FOLLOWER): "consider_pre_vote",
        (RequestPreVote, _S.CANDIDATE): "consider_pre_vote",
        (RequestPreVote, _S.LEADER): "ignore",
        (RequestPreVote, _S.LATER): "follow_term",
        (PreVoteGranted, _S.EARLIER): "ignore",
        (PreVoteGranted, _S.FOLLOWER): "count_pre_vote",
        (PreVoteGranted, _S.CANDIDATE): "count_pre_vote",
        (PreVoteGranted, _S.LEADER): "ignore",
        (PreVoteGranted, _S.LATER): "follow_term",
        (RequestVote, _S.EARLIER): "tell_term",
        (RequestVote, _S.FOLLOWER): "consider",
        (RequestVote, _S.CANDIDATE): "ignore",
        (RequestVote, _S.LEADER): "ignore",
        (RequestVote, _S.LATER): "follow_term",
        (VoteGranted, _S.EARLIER): "ignore",
        (VoteGranted, _S.FOLLOWER): "ignore",
        (VoteGranted, _S.CANDIDATE): "count_vote",
        (VoteGranted, _S.LEADER): "ignore",
        (VoteGranted, _S.LATER): "follow_term",
        (AppendEntries, _S.EARLIER): "tell_term",
        (AppendEntries, _S.FOLLOWER): "take_entries",
        (AppendEntries, _S.CANDIDATE): "take_entries",
        (AppendEntries, _S.LEADER): "report_two_leaders",
        (AppendEntries, _S.LATER): "follow_term",
        (Appended, _S.EARLIER): "ignore",
        (Appended, _S.FOLLOWER): "ignore",
        (Appended, _S.CANDIDATE): "ignore",
        (Appended, _S.LEADER): "count_copy",
        (Appended, _S.LATER): "follow_term",
        (LogMismatch, _S.EARLIER): "ignore",
        (LogMismatch, _S.FOLLOWER): "ignore",
        (LogMismatch, _S.CANDIDATE): "ignore",
        (LogMismatch, _S.LEADER): "back_up",
        (LogMismatch, _S.LATER): "follow_term",
        (InstallSnapshot, _S.EARLIER): "tell_term",
        (InstallSnapshot, _S.FOLLOWER): "install",
        (InstallSnapshot, _S.CANDIDATE): "install",
        (InstallSnapshot, _S.LEADER): "report_two_leaders",
        (InstallSnapshot, _S.LATER): "follow_term",
        (SnapshotHeld, _S.EARLIER): "ignore",
        (SnapshotHeld, _S.FOLLOWER): "ignore",
        (SnapshotHeld, _S.CANDIDATE): "ignore",
        (SnapshotHeld, _S.LEADER): "hear_held",
        (SnapshotHeld, _S.LATER): "follow_term",
        (TimeoutNow, _S.EARLIER): "ignore",
        (TimeoutNow, _S.FOLLOWER): "stand_now",
        (TimeoutNow, _S.CANDIDATE): "ignore",
        (TimeoutNow, _S.LEADER): "ignore",
        (TimeoutNow, _S.LATER): "follow_term",
        (Outdated, _S.EARLIER): "ignore",
        (Outdated, _S.FOLLOWER): "ignore",
        (Outdated, _S.CANDIDATE): "ignore",
        (Outdated, _S.LEADER): "ignore",
        (Outdated, _S.LATER): "follow_term",
    }
)
