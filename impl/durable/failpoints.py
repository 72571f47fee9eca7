"""Points at which a process can be told to die, as if by `kill -9`.

Rules:
- Code passes a point by calling a port. The port does nothing unless whoever starts the process
  asks for more: `QUORATE_FAILPOINT=mid-write:3` kills it with SIGKILL at its third passage.
- Nothing is cleaned up, flushed or said. What was not durable at the point is gone.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from quorate.impl.errors import ConfigError

VARIABLE: Final = "QUORATE_FAILPOINT"

#: Within a transaction, the record written and not committed.
MID_WRITE: Final = "mid-write"
#: The record is durable, and nobody has heard of it yet, the node's journal included.
AFTER_WRITE: Final = "after-write"
#: The record is durable and in the journal, and the reply has not left.
BEFORE_REPLY: Final = "before-reply"

POINTS: Final = (MID_WRITE, AFTER_WRITE, BEFORE_REPLY)

Passing: TypeAlias = Callable[[str], None]


def unhindered(point: str) -> None:
    """Pass every point."""


def failpoint(environment: Mapping[str, str]) -> Passing:
    """What the environment asks for. A text that makes no sense is a `ConfigError`."""
    text = environment.get(VARIABLE)
    if text is None:
        return unhindered
    match = re.fullmatch(r"([a-z-]+):([1-9][0-9]*)", text)
    if match is None or match[1] not in POINTS:
        raise ConfigError(
            f"{VARIABLE}: found {text!r}, expected POINT:N with a point of {', '.join(POINTS)}."
        )
    return _Deadly(match[1], int(match[2]))


class _Deadly:
    """Kills this process at a passage of a point, counted from 1."""

    def __init__(self, point: str, passage: int) -> None:
        self._point, self._left = point, passage

    def __call__(self, point: str) -> None:
        self._left -= point == self._point
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
