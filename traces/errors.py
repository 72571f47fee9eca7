"""The one error of this folder: a trace that cannot be read or written, or contradicts itself."""

from __future__ import annotations

from os import PathLike, fspath

from quorate.errors import ArgumentError


class TraceError(ArgumentError):
    """Says in one line which file, where in it, what was found, and what was expected.

    `path` is None for a trace that is only in memory, `place` is None when the
    file as a whole is at fault. A place is a JSON path (`states[3].max_bal`), a
    part of a trace (`steps[2].because`) or a position (`line 4, column 17`).
    """

    def __init__(
        self, path: str | PathLike[str] | None, place: str | None, found: str, expected: str
    ) -> None:
        self.path = None if path is None else fspath(path)
        self.place = place
        self.found = found
        self.expected = expected
        # The base class keeps the arguments: without them the error would not
        # survive the trip between the processes of a parallel run.
        super().__init__(self.path, place, found, expected)

    def __str__(self) -> str:
        where = [part for part in (self.path, self.place) if part]
        return ": ".join([*where, f"found {self.found}, expected {self.expected}"])

    def within(self, path: str | PathLike[str]) -> TraceError:
        """The same error, in the file that the trace came from or goes to."""
        return TraceError(path, self.place, self.found, self.expected)
