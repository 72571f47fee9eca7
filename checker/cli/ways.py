"""The ways in which `quorate check` can check, and the options that go with each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quorate.checker.errors import InputError

SEARCHES = ("breadth-first", "depth-first", "best-first", "random")

# Options that choose a way; breadth-first search is what there is without any of them.
CHOOSING = ("bmc", "induction", "reference", "ray")

TAKES = {
    "breadth-first": (
        "memory",
        "spill",
        "checkpoint",
        "every",
        "limit",
        "graph",
        "symmetry",
        "por",
        "coverage",
        "threads",
    ),
    "depth-first": ("depth", "memory", "limit", "symmetry", "coverage"),
    "best-first": ("memory", "limit", "symmetry", "coverage"),
    "random": ("depth", "walks", "seed"),
    "reference": ("limit", "coverage"),
    "ray": ("workers", "memory", "symmetry", "coverage", "checkpoint"),
    "bmc": (),
    "induction": (),
}

# Options that go with some ways and not with others.
PARTICULAR = tuple(dict.fromkeys(name for names in TAKES.values() for name in names))


def way_of(options: Mapping[str, Any]) -> str:
    """The way that the options choose. Raises InputError for options that do not go together."""
    chosen = [name for name in CHOOSING if _given(options[name])]
    if options["search"] != SEARCHES[0]:
        chosen.append(options["search"])
    if len(chosen) > 1:
        first, second = (_flag(name) for name in chosen[:2])
        raise InputError(f"{first} and {second} are two ways to check: give one of them")
    way = chosen[0] if chosen else SEARCHES[0]
    for name in PARTICULAR:
        if name in options and _given(options[name]) and name not in TAKES[way]:
            others = [_flag(w) for w, takes in TAKES.items() if name in takes]
            raise InputError(
                f"{_flag(way)} does not take --{name}, which goes with {' and '.join(others)}"
            )
    return way


def _given(value: Any) -> bool:
    """Whether an option is there: 0 is a number of steps, False is a flag that is not."""
    return value is not None and value is not False and value != ()


def _flag(way: str) -> str:
    return f"--search {way}" if way in SEARCHES else f"--{way}"
