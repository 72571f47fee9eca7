"""Phrases that several reports share: outcomes, counts with their noun, durations, memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping

OUTCOMES = {
    0: "holds",
    1: "violated",
    2: "bad input",
    3: "a mistake in the model",
    4: "inconclusive",
    5: "does not conform",
    70: "a bug of Quorate",
    130: "interrupted",
}
"""What each exit code of the command says of a run, in reports."""

UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def count(n: int, noun: str) -> str:
    """`3,921 states`, `1 state`, `2 properties`, `2 ways`."""
    if n == 1:
        return f"1 {noun}"
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{n:,} {noun[:-1]}ies"
    return f"{n:,} {noun}s"


def holding(n: int, noun: str = "invariant") -> str:
    """`6 invariants hold`, `1 invariant holds`, `2 temporal properties hold`."""
    return f"{count(n, noun)} {'holds' if n == 1 else 'hold'}"


def without_constraints(names: Collection[str]) -> str:
    """That constraints of a search are no assumptions of a proof."""
    several = len(names) > 1
    return (
        f"the constraint{'s' * several} {', '.join(names)} bound{'s' * (not several)} searches; "
        f"a proof is of the protocol without {'them' if several else 'it'}"
    )


def seconds(s: float) -> str:
    """A duration, with as many digits as are useful."""
    return f"{s:.2f} s" if s < 10 else f"{s:.0f} s"


def amount(size: int) -> str:
    """Bytes for people: 2.1 GiB."""
    value, unit = float(size), 0
    while value >= 1024 and unit < len(UNITS) - 1:
        value, unit = value / 1024, unit + 1
    return f"{value:.1f} {UNITS[unit]}" if unit else count(size, "byte")


def by_clock(ended: bool) -> str:
    """A remark if a time limit ended a proof, and not the limit on effort."""
    return ", ended by the clock: this machine is too slow or too busy" if ended else ""


def shortened(text: str, most: int) -> str:
    """A text of at most so many characters; where more were cut off, the last is `…`."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def as_many_faults(faults: Mapping[str, int], than: Mapping[str, int]) -> str:
    """A clause for the faults that one version may have more often: no step knows its budget."""
    more = [f"{name}={n}" for name, n in faults.items() if n > than.get(name, n)]
    return f", given as many faults ({', '.join(more)})" if more else ""
