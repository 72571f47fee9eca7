"""Standard output and standard error, as `quorate` writes to them.

Everything that a verb, a library or a user's model prints goes through a `Stream`:

- The text is ASCII if that is requested, or if the stream's encoding lacks some character: our own
  symbols have ASCII forms, everything else is escaped.
- A stream that is closed or full, or whose reader is gone, does not change the exit code. What is
  written to it from then on is lost.
- With --json, only the one object goes to standard output; everything else goes to standard error.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TextIO


class Stream(io.TextIOBase):
    """A standard stream for text.

    It has no `buffer`, so that nothing can bypass it.
    """

    def __init__(self, inner: TextIO, ascii_only: bool) -> None:
        self._inner = inner
        name = (inner.encoding or "utf-8").lower()
        self._ascii = ascii_only or not name.startswith("utf")
        self.used = False
        self.lost: Exception | None = None

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return "ascii" if self._ascii else "utf-8"

    @property
    def errors(self) -> str:  # type: ignore[override]
        return "backslashreplace"

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self.lost is None and self._inner.isatty()

    def fileno(self) -> int:
        return self._inner.fileno()

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"a text is written, not {type(text).__name__}")
        if text:
            self.used = True
            self._whatever_comes(lambda: self._inner.write(self._shown(text)))
        return len(text)

    def flush(self) -> None:
        self._whatever_comes(self._inner.flush)

    def _shown(self, text: str) -> str:
        if text.isascii():
            return text
        if self._ascii:
            from quorate.traces.ascii import to_ascii

            return to_ascii(text)
        # Half a surrogate pair: a file's name that is not in UTF-8.
        return text.encode("utf-8", "backslashreplace").decode("utf-8")

    def _whatever_comes(self, act: Callable[[], object]) -> None:
        if self.lost is None:
            try:
                act()
            except (OSError, ValueError) as error:  # ValueError: the file is closed
                self.lost = error
                self._drain()

    def _drain(self) -> None:
        """Discard what is still buffered, because the interpreter flushes it when it ends."""
        with contextlib.suppress(OSError, ValueError):
            number = self._inner.fileno()
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, number)
            os.close(nowhere)
            self._inner.flush()

    def complaint(self) -> str | None:
        """Why text was lost, if that should be reported; a reader that is gone knows it."""
        if not isinstance(self.lost, OSError) or self.lost.errno == errno.EPIPE:
            return None
        return self.lost.strerror


@dataclass(frozen=True)
class Streams:
    """Both streams of a command."""

    out: Stream
    err: Stream


_current: Streams | None = None


@contextlib.contextmanager
def standard(ascii_only: bool, as_json: bool) -> Iterator[Streams]:
    """A context in which everything printed goes through these streams."""
    global _current
    before, outside = _current, (sys.stdout, sys.stderr)
    streams = Streams(Stream(_open(sys.stdout), ascii_only), Stream(_open(sys.stderr), ascii_only))
    sys.stdout, sys.stderr = streams.err if as_json else streams.out, streams.err
    _current = streams
    try:
        yield streams
    finally:
        streams.out.flush()
        if complaint := streams.out.complaint():
            streams.err.write(f"warning: standard output: {complaint}; some of it is lost\n")
        streams.err.flush()
        sys.stdout, sys.stderr = outside
        _current = before


def print_whole(text: str) -> bool:
    """Print the result of a command, an object or a module; returns whether all was printed."""
    if _current is None:
        sys.stdout.write(text)
        return True
    _current.out.write(text)
    _current.out.flush()
    return _current.out.complaint() is None


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """A context in which Ctrl-C does nothing, so that an error is reported completely."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def occupy() -> None:
    """Make sure that files 0, 1 and 2 exist, so that no file opened later becomes one of them."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(number, True)
    os.close(number)


def _open(stream: TextIO | None) -> TextIO:
    """Python has None for a stream that was closed before it started."""
    return stream if stream is not None else io.StringIO()
