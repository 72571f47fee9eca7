"""What a protocol class describes, in the core IR: read from its source, then lowered."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from .declare.protocol import Protocol
from .frontend.capture import capture
from .ir import core as c
from .ir.lower import lower


def describe(protocol: type[Protocol]) -> c.Description:
    """Read a protocol class into the core IR. Raises ModelError with every mistake found."""
    hashable: Any = protocol  # type checkers see the hash of instances, not of the class
    return _describe(hashable)


@lru_cache(maxsize=128)
def _describe(protocol: Any) -> c.Description:
    return lower(capture(protocol))
