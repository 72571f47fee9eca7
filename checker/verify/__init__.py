"""All checks of a protocol at once; of the bundled systems, also livelocks and real bugs."""

from .bundled import Awaited, verify_bundled
from .livelock import Contest, Livelock, LivelockBegun
from .mutants import MutantResult, MutantsBegun, counterexamples_in
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
    VerifiedSystem,
    VerifyStatus,
    Warned,
)

__all__ = [
    "Awaited",
    "Begun",
    "Contest",
    "Counterexample",
    "GraphSize",
    "Livelock",
    "LivelockBegun",
    "MutantResult",
    "MutantsBegun",
    "PathsFollowed",
    "Row",
    "StateChecks",
    "Verification",
    "VerifiedProtocol",
    "VerifiedSystem",
    "VerifyStatus",
    "Warned",
    "counterexamples_in",
    "verify_bundled",
    "verify_protocol",
]
