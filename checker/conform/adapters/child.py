"""The process in which an adapter runs. It answers requests over one connection.

Run as `python -m quorate.checker.conform.adapters.child FD NAME`. Whatever the adapter prints goes
to standard error.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from quorate.checker.conform.adapter import Contradiction, Refusal, Unrealisable
from quorate.checker.errors import InputError
from quorate.checker.user_file import is_file_name
from quorate.traces import Value

from .answers import Answer, InProcess
from .calls import METHODS, Caller, place_of
from .loading import load_adapter


def main() -> None:
    """Answer requests until the connection is closed."""
    connection = Connection(int(sys.argv[1]))
    place = sys.argv[2].partition(":")[0]
    if is_file_name(place):
        # As if the file were run: it may import its siblings later, too.
        sys.path.insert(0, str(Path(place).resolve().parent))
    try:
        adapter = load_adapter(sys.argv[2])
    except InputError as error:
        connection.send(("error", str(error)))
        return
    served, own = _Served(Caller(adapter)), os.getpid()
    connection.send(("done", {m: place_of(getattr(adapter, m)) for m in METHODS}))
    while True:
        try:
            method, arguments = connection.recv()
        except EOFError:
            return
        try:
            if method == "probe":
                served.probe(connection, *arguments)
            else:
                answer = _answer(getattr(served, method), arguments)
                if os.getpid() != own:
                    os._exit(0)  # The adapter has forked: the answer is for its parent to give.
                connection.send(answer)
        except OSError as error:  # The adapter may have closed what was not its own.
            sys.exit(f"the adapter's connection is lost: {error}")


def _answer(method: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[str, Any]:
    try:
        return "done", method(*arguments)
    except Refusal as refusal:
        return "refused", str(refusal)
    except Unrealisable as reason:
        return "skipped", str(reason)
    except Contradiction as contradiction:
        return "contradicted", str(contradiction)
    except InputError as error:
        return "error", str(error)
    except BaseException as error:  # such as KeyboardInterrupt, which nobody has pressed here
        return "error", f"{method.__name__} raised {type(error).__name__}: {error}"


class _Served:
    """The methods that can be called; answers are values of traces, and copies have numbers."""

    def __init__(self, caller: Caller) -> None:
        self._caller, self._subject = caller, InProcess(caller)
        self.start, self.perform = caller.start, caller.perform
        self._seen: dict[str, Value] = {}
        self._copies: dict[int, Any] = {}

    def observe(self) -> dict[str, Value]:
        self._seen = self._read(self._caller.observe())
        return self._seen

    def step(self, action: str, args: Mapping[str, Value]) -> Answer:
        return self._whole(self._subject.step(action, args))

    def probe(self, connection: Connection, calls: Sequence[Any]) -> None:
        """Send each answer as it is known, up to one that did something, and then an end."""
        for call in calls:
            before = self._seen
            own = os.getpid()
            kind, answer = _answer(self.step, call)
            if os.getpid() != own:
                os._exit(0)
            connection.send((kind, answer))
            if kind == "error":
                return
            if answer.contradiction is not None:
                break
            if answer.sent or answer.chosen or answer.seen != before:
                break
        connection.send(("end", None))

    def snapshot(self) -> int | None:
        if (copy := self._caller.snapshot()) is None:
            return None
        self._copies[number := len(self._copies)] = copy
        return number

    def restore(self, number: int) -> None:
        self._caller.restore(self._copies[number])

    def _whole(self, answer: Answer) -> Answer:
        self._seen = self._read(answer.seen)
        return replace(answer, seen=self._seen)

    def _read(self, seen: Mapping[str, Any]) -> dict[str, Value]:
        return {name: self._caller.value(name, shown) for name, shown in seen.items()}


if __name__ == "__main__":
    main()
