"""The errors that users of Quorate may catch: `QuorateError` is the root of all of them.

This module imports nothing, so that every part of Quorate can build on it.
"""

from __future__ import annotations

from typing import Any


class QuorateError(Exception):
    """Whatever Quorate reports by raising."""


class ViolationError(QuorateError):
    """`raise_for_violation`: a property is violated, or undefined somewhere; see `result`."""

    def __init__(self, message: str, result: Any) -> None:
        super().__init__(message)
        self.result = result
