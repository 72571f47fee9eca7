"""The order of lines, if several nodes wrote files of their own.

The lines of a file are in order. Between files, the log must order them: by vector clocks, or
because one line sends what the other receives. Wall clocks are not used.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from quorate.checker.errors import InputError

from .line import Says
from .reading import LinePlace, log_error

Cut = tuple[int, ...]
"""How many lines of each file are taken."""

Needs = tuple[tuple[int, int], ...]
"""Of which files how many lines must be taken before."""

Lines = Sequence[Sequence[tuple[LinePlace, Says | None]]]
"""The lines of each file; None says nothing."""


def needs_of(files: Lines) -> list[list[Needs]]:
    """What each line needs. Raises InputError where the lines cannot be put in any order."""
    if len(files) == 1:
        return [[()] * len(files[0])]
    found: list[list[dict[int, int]]] = [[{} for _ in lines] for lines in files]
    _by_messages(files, found)
    _by_clocks(files, found)
    needs = [[tuple(sorted(n.items())) for n in lines] for lines in found]
    _check(files, needs)
    return needs


def _by_messages(files: Lines, found: list[list[dict[int, int]]]) -> None:
    """A message is taken after it is sent for the first time, in whichever file."""
    first: dict[Hashable, dict[int, int]] = {}
    for f, lines in enumerate(files):
        for k, (_, line) in enumerate(lines):
            for name in line.sends if line is not None else ():
                first.setdefault(name, {}).setdefault(f, k + 1)
    for f, lines in enumerate(files):
        for k, (_, line) in enumerate(lines):
            for name in line.takes if line is not None else ():
                senders = first.get(name, {})
                if len(senders) == 1 and f not in senders:  # else it may be any of them
                    _need(found[f][k], senders)


def _by_clocks(files: Lines, found: list[list[dict[int, int]]]) -> None:
    """A line comes after the events that its clock knows."""
    homes: dict[str, int] = {}
    own: dict[str, list[tuple[int, int]]] = {}
    for f, lines in enumerate(files):
        for k, (place, line) in enumerate(lines):
            if line is None or line.clock is None:
                continue
            node = str(line.node)
            if homes.setdefault(node, f) != f:
                raise log_error(place, f"found a clock of {node}, which has another file, too")
            time, counts = line.clock.get(node, 0), own.setdefault(node, [])
            if counts and counts[-1][0] >= time:
                raise log_error(
                    place,
                    f"found {time} on the clock of {node}, expected more than {counts[-1][0]}",
                )
            counts.append((time, k + 1))
    for f, lines in enumerate(files):
        for k, (_, line) in enumerate(lines):
            if line is None or line.clock is None:
                continue
            for node, time in line.clock.items():
                if node != line.node and node in homes:
                    known = max((at for count, at in own[node] if count <= time), default=0)
                    _need(found[f][k], {homes[node]: known})


def _need(needs: dict[int, int], more: dict[int, int]) -> None:
    for f, k in more.items():
        if k > needs.get(f, 0):
            needs[f] = k


def ready(needs: Needs, cut: Cut) -> bool:
    """Whether all that must come before is taken."""
    return all(cut[f] >= k for f, k in needs)


def _check(files: Lines, needs: list[list[Needs]]) -> None:
    cut = [0] * len(files)
    moved = True
    while moved:
        moved = False
        for f, wanted in enumerate(needs):
            while cut[f] < len(wanted) and ready(wanted[cut[f]], tuple(cut)):
                cut[f] += 1
                moved = True
    for f, lines in enumerate(files):
        if cut[f] < len(lines):
            place = lines[cut[f]][0]
            other, k = next((g, k) for g, k in needs[f][cut[f]] if cut[g] < k)
            after = files[other][k - 1][0]
            raise InputError(
                f"{place}: comes after {after}, which comes after it: the clocks contradict",
                place.file,
                place.line,
            )
