"""The description of a protocol class: read from its source, then lowered to the core IR."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from quorate.model.language.declare.protocol import Protocol
from quorate.model.language.frontend.capture import capture
from quorate.model.language.ir.lower import lower

from .ir import core as c


def describe(protocol: type[Protocol]) -> c.Description:
    """The description of a protocol class, in the core IR. Raises ModelError with all mistakes."""
    hashable: Any = protocol  # type checkers see the hash of instances, not of the class
    return _describe(hashable)


@lru_cache(maxsize=128)
def _describe(protocol: Any) -> c.Description:
    return lower(capture(protocol))
