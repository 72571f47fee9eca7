"""The errors of Quorate: one root, and a family for each of those who can do something about it.

This module imports nothing of Quorate, so that every part of it can build on it: models, traces and
implementations, too, which know nothing of their checker.
"""

from __future__ import annotations

from typing import Any


class QuorateError(Exception):
    """Whatever Quorate raises on purpose; the text is for the user."""


class ProtocolError(QuorateError):
    """The protocol as it is described has a mistake, or is undefined where it was run."""


class ArgumentError(QuorateError):
    """What Quorate was given cannot be used: a file, a name, a size, an option."""


class ImplementationError(QuorateError):
    """An implementation, or the adapter to one, did not do what was asked of it."""


class InternalError(QuorateError):
    """A bug of Quorate: two of its parts disagree."""


class ViolationError(QuorateError):
    """`raise_for_violation`: a property is violated, or undefined somewhere; see `result`."""

    def __init__(self, message: str, result: Any) -> None:
        super().__init__(message)
        self.result = result
