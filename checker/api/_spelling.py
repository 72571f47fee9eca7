"""What a mistyped name may have meant. Like `quorate.errors`, every layer may use it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path

FEWEST = 3
"""Letters from which on the beginning of a name stands for it."""
CLOSE = 0.7
"""Difflib's ratio from which on names are near: with less, `majorty` is `StoppedMajority`."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that was probably meant; None if none is near.

    Capitals and dashes do not count. If only one name begins like it, that is meant: `acc` is
    `Acceptor`, and `trace-file` is `trace`.
    """
    names = {_plain(k): k for k in reversed([*known])}
    given = _plain(name)
    near = [given] if given in names else difflib.get_close_matches(given, names, 1, CLOSE)
    near = near or [
        k
        for k in names
        if min(len(k), len(given)) >= FEWEST and (k.startswith(given) or given.startswith(k))
    ]
    return names[near[0]] if len(near) == 1 else None


def instead(name: str, known: Iterable[str], has: str = "it has") -> str:
    """`did you mean agreement?`, or all that there is: `it has agreement, validity`."""
    names = [*known]
    near = nearest(name, names)
    return f"{has} {', '.join(names) or 'none'}" if near is None else f"did you mean {near}?"


def near_file(path: Path, pattern: str) -> str:
    """`; did you mean run.itf.json?`, of the files beside `path` that match; "" if none is near."""
    try:
        near = nearest(path.name, [beside.name for beside in path.parent.glob(pattern)])
    except OSError:
        return ""
    return "" if near is None else f"; did you mean {path.with_name(near)}?"


def _plain(name: str) -> str:
    return name.lower().replace("_", "-")
