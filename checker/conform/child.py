"""The process in which an adapter runs: it is asked, and answers, over one connection.

Run as `python -m quorate.checker.conform.child FD NAME`. Whatever the adapter prints goes to
standard error.
"""

from __future__ import annotations

import sys
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from quorate.checker.errors import InputError
from quorate.checker.loading import is_file_name

from .adapter import Refusal
from .adapter_calls import METHODS, Caller, place_of
from .loading import load_adapter


def main() -> None:
    """Answer until nobody asks any more."""
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
    caller = Caller(adapter)
    connection.send(("done", {m: place_of(getattr(adapter, m)) for m in METHODS}))
    while True:
        try:
            method, arguments = connection.recv()
        except EOFError:
            return
        connection.send(_answer(caller, method, arguments))


def _answer(caller: Caller, method: str, arguments: tuple[Any, ...]) -> tuple[str, Any]:
    try:
        answer = getattr(caller, method)(*arguments)
        if method == "observe":
            answer = {name: caller.value(name, shown) for name, shown in answer.items()}
        return "done", answer
    except Refusal as refusal:
        return "refused", str(refusal)
    except InputError as error:
        return "error", str(error)


if __name__ == "__main__":
    main()
