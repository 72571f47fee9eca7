"""The errors of Quorate: one root, and families that say who can fix the error.

This module imports nothing of Quorate, so every part can build on it, also models, traces and
implementations, which know nothing of the checker.
"""

from __future__ import annotations

from typing import Any


class QuorateError(Exception):
    """The root of all errors that Quorate raises on purpose; the text is for the user."""


class ProtocolError(QuorateError):
    """The protocol's description has a mistake, or is undefined somewhere."""


class ArgumentError(QuorateError):
    """An argument cannot be used: a file, a name, a size, an option."""


class ImplementationError(QuorateError):
    """An implementation or its adapter did not do what was asked of it."""


class InternalError(QuorateError):
    """A bug of Quorate: two of its parts disagree."""


class ViolationError(QuorateError):
    """Raised by `raise_for_violation`: a property is violated, or undefined; see `result`."""

    def __init__(self, message: str, result: Any) -> None:
        super().__init__(message)
        self.result = result


class UnmetError(QuorateError, AssertionError):
    """Raised by `assert_holds` and its like; the text is the result, with its counterexample."""

    def __init__(self, message: str, result: Any = None) -> None:
        super().__init__(message)
        self.result = result
