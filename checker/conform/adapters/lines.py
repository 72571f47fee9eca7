"""A child process that reads requests as lines on its standard input, and answers by lines.

Each request has one answer, within a limit, and the child writes nothing else. A child that ends,
hangs, stops reading, writes without a request, or writes without end causes a `LinesError`, which
says what was found.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import time
from collections.abc import Sequence

from .child_process import GRACE_S, ChildProcess

LONGEST = 1 << 24
"""Bytes of one line: more is babble."""

AT_ONCE = 1 << 16

SHOWN = 80
"""Bytes of a line that are shown."""


class LinesError(Exception):
    """What the child did instead of answering; `late` if it may just be slow."""

    def __init__(self, text: str, late: bool = False) -> None:
        super().__init__(text)
        self.late = late


class LinesProcess:
    """A child process that speaks lines. Raises OSError if it cannot be started."""

    def __init__(self, command: Sequence[str]) -> None:
        self._child = ChildProcess(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._child.process.stdin is not None and self._child.process.stdout is not None
        self._stdin, self._stdout = self._child.process.stdin, self._child.process.stdout
        for pipe in (self._stdin, self._stdout):
            os.set_blocking(pipe.fileno(), False)
        self._read = b""
        self._usable = True

    def ask(self, question: bytes, limit: float) -> bytes:
        """Send a line, and read the one that answers it, in seconds. Raises LinesError."""
        try:
            self.expect_silence()
            return self._asked(question + b"\n", limit)
        except LinesError:
            self._usable = False
            raise

    def expect_silence(self) -> None:
        """Nothing may be there that was not asked for. Raises LinesError."""
        with contextlib.suppress(BlockingIOError):
            self._read += os.read(self._stdout.fileno(), AT_ONCE)
        if self._read:
            raise LinesError(f"was not asked, and wrote {shown(self._read)}")

    def end(self) -> None:
        """End the process and all that it has started."""
        with contextlib.suppress(OSError):
            self._stdin.close()
        self._child.end(GRACE_S if self._usable else 0)
        self._stdout.close()

    def _asked(self, left: bytes, limit: float) -> bytes:
        deadline = time.monotonic() + limit
        with selectors.DefaultSelector() as selector:
            selector.register(self._stdout, selectors.EVENT_READ)
            selector.register(self._stdin, selectors.EVENT_WRITE)
            while b"\n" not in self._read:
                ready = selector.select(max(0.0, deadline - time.monotonic()))
                for key, _ in ready:
                    if key.fileobj is self._stdout:
                        self._receive()
                    elif not (left := self._sent(left)):
                        selector.unregister(self._stdin)
                if time.monotonic() >= deadline and b"\n" not in self._read:
                    raise LinesError(f"{self._hanging(left)} within {limit:g} s", late=True)
        line, _, rest = self._read.partition(b"\n")
        self._read = rest
        if rest:
            raise LinesError(f"wrote more than one line: {shown(line)}, then {shown(rest)}")
        return line

    def _sent(self, left: bytes) -> bytes:
        """What is left to be sent. A child that reads no more is seen by what it writes."""
        try:
            return left[os.write(self._stdin.fileno(), left) :]
        except BlockingIOError:
            return left
        except BrokenPipeError:
            return b""

    def _receive(self) -> None:
        if not (found := os.read(self._stdout.fileno(), AT_ONCE)):
            raise LinesError(self._ended())
        self._read += found
        if len(self._read) > LONGEST and b"\n" not in self._read:
            raise LinesError(f"wrote {len(self._read):,} bytes without an end of line")

    def _hanging(self, left: bytes) -> str:
        if left:
            return f"does not read what it is asked ({len(left)} bytes are left)"
        if self._read:
            return f"does not end its line {shown(self._read)}"
        return "does not answer"

    def _ended(self) -> str:
        half = f" in the middle of a line: {shown(self._read)}" if self._read else ""
        try:
            self._child.process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            return f"closed its standard output{half}"
        return f"ended ({self._child.ending()}){half}"


def shown(line: bytes) -> str:
    """The beginning of a line, and its length where there is more."""
    text = line[:SHOWN].decode("utf-8", "backslashreplace")
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return f"`{text}`" if len(line) <= SHOWN else f"`{text}...` ({len(line):,} bytes)"
