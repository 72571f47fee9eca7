"""How many states fit into the memory, and how much of it there is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

MOST_STATES = 1 << 31  # indices are 32-bit, and the table has two places for each state


@dataclass(frozen=True)
class Estimate:
    """What a search will take, known before it runs: the size of a state, of the kernel.

    `most_states_in_memory` is how many states fit in the memory budget, or in what the machine
    has free.
    """

    bits: int
    words: int
    bytes_per_state: int
    instances: int
    most_states_in_memory: int


def bytes_per_state(words: int, keyed: bool = False) -> int:
    """Memory for one state: its words, its parent, its share of a table that is half full."""
    return 8 * words + 4 + (16 if keyed else 8)


def most_states(words: int, keyed: bool, memory: int) -> int:
    """How many states fit in so many bytes, with the table that so many need."""
    size = 8 * words + 4
    # The table is the larger part of some sizes: try each of its sizes.
    entry, full = (8, 7) if keyed else (4, 5)
    tables = (1 << k for k in range(2, 33))
    fits = (min((memory - entry * t) // size, full * t // 10) for t in tables)
    return max(0, *fits)


def free_memory() -> int:
    """The bytes that programs can still have, as the system tells; 4 GiB where it does not."""
    try:
        with Path("/proc/meminfo").open(encoding="ascii") as file:
            rows = dict(line.split(":", 1) for line in file)
        return int(rows["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return 4 << 30
