"""The error for bad input: exit code 2."""

from __future__ import annotations

import os
import sys

from quorate.errors import ArgumentError

POSIX = os.name == "posix"


class InputError(ArgumentError):
    """A file, class, size or option that cannot be used; the text is for the user.

    `file`, `line` and `column` (from 1) are for programs; the text names them too.
    """

    def __init__(
        self,
        message: str,
        file: str | None = None,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        super().__init__(message)
        self.file = file
        self.line = line
        self.column = column


def take_posix(what: str) -> None:
    """Make sure that what hands open files to other processes can do so. Raises InputError."""
    if not POSIX:
        raise InputError(f"{what} takes Linux, macOS or WSL; this is {sys.platform}")
