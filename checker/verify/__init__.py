"""All checks of a protocol at once; for the bundled Paxos, also real bugs."""

from .bundled import MutantsBegun, Tried, verify_bundled
from .livelock import Livelock, LivelockBegun
from .mutants import MutantResult, counterexamples_in
from .protocol import verify_protocol
from .results import (
    Begun,
    Counterexample,
    GraphSize,
    PathsFollowed,
    Row,
    StateChecks,
    Verification,
    VerifiedProtocol,
    VerifyStatus,
    Warned,
)

__all__ = [
    "Begun",
    "Counterexample",
    "GraphSize",
    "Livelock",
    "LivelockBegun",
    "MutantResult",
    "MutantsBegun",
    "PathsFollowed",
    "Row",
    "StateChecks",
    "Tried",
    "Verification",
    "VerifiedProtocol",
    "VerifyStatus",
    "Warned",
    "counterexamples_in",
    "verify_bundled",
    "verify_protocol",
]
