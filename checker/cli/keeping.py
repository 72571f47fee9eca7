"""Where `quorate check` keeps states: in memory, beyond that on disk, and in checkpoints."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quorate.checker.errors import InputError
from quorate.checker.explore.search.breadth_first import Explorer, free_memory
from quorate.checker.results import Exploration

from .console import count

EVERY = 60.0  # seconds
UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


@dataclass(frozen=True)
class Keeping:
    """The options of `Explorer` for where states are kept."""

    memory: int | None
    spill: Path | None
    checkpoint: Path | None
    every: float


def keeping_of(check: Any) -> Keeping:
    """What the options of `check` say. Raises InputError.

    Without --memory a search takes three quarters of what the machine has free. A state graph is
    made of states in memory: with --graph nothing goes to the disk.
    """
    if check.checkpoint is not None and check.graph is not None:
        raise InputError("--graph needs its states in memory: it does not go with --checkpoint")
    if check.checkpoint is not None and check.spill is not None:
        raise InputError("--checkpoint keeps all states in its folder: it goes without --spill")
    if check.every is not None and check.checkpoint is None:
        raise InputError("--every says how often --checkpoint does: give that too")
    if check.graph is not None:
        if check.spill is not None:
            raise InputError("--graph needs its states in memory: it does not go with --spill")
        return Keeping(check.memory, None, None, EVERY)
    spill = check.spill or _temporary()
    if not spill.is_dir():
        found = "is a file, expected a" if spill.exists() else "no such"
        raise InputError(f"{spill}: {found} directory to keep states in", str(spill))
    if not os.access(spill, os.W_OK):
        raise InputError(f"{spill}: cannot write here", str(spill))
    checkpoint = None if check.checkpoint is None else Path(check.checkpoint)
    if checkpoint is not None and checkpoint.exists() and not checkpoint.is_dir():
        raise InputError(f"{checkpoint}: is a file, expected a folder for the checkpoint")
    memory = free_memory() * 3 // 4 if check.memory is None else check.memory
    return Keeping(memory, spill, checkpoint, EVERY if check.every is None else check.every)


def _temporary() -> Path:
    """A folder for large temporary files: `/tmp` is often in memory."""
    large = Path("/var/tmp")
    if "TMPDIR" not in os.environ and large.is_dir() and os.access(large, os.W_OK):
        return large
    return Path(tempfile.gettempdir())


def fits_line(explorer: Explorer, memory: int) -> str:
    """How many states the budget is for."""
    most = explorer.estimate().most_states_in_memory
    return f"{count(most, 'state')} fit in {amount(memory)}; more go to the disk"


def kept_lines(found: Exploration) -> Iterator[str]:
    """What a search on disk took, and whether it was resumed."""
    if found.spilled is not None:
        s = found.spilled
        yield (
            f"on disk after {count(s.states, 'state')}: "
            f"{s.bytes_per_state:.1f} bytes a state, {amount(s.most_bytes)} at most"
        )
    if found.resumed is not None:
        r = found.resumed
        if r.finished:
            yield "the search was finished already: this is what its checkpoint says"
        else:
            yield f"resumed from a checkpoint with {count(r.states, 'state')}"


def amount(size: int) -> str:
    """Bytes for people: 2.1 GiB."""
    value, unit = float(size), 0
    while value >= 1024 and unit < len(UNITS) - 1:
        value, unit = value / 1024, unit + 1
    return f"{value:.1f} {UNITS[unit]}" if unit else count(size, "byte")
