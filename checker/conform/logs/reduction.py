"""Which files a search through several of them has to go on with: a persistent set.

Godefroid: Partial-Order Methods for the Verification of Concurrent Systems (1996), chapter 4. Files
are the processes, lines their transitions. A set of files is chosen such that no line of another
file that may still come before their next lines touches what these touch. So in a run that
explains the rest, the first line of a chosen file can be moved to the front: the lines that it
passes are still explained, and lead to the same state. A chosen line that has no explanation gets
one only from lines of chosen files, so if none of them has one, no run explains the rest.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from .footprints import Footprints, Place, Touched, overlap
from .order import Cut, Needs, ready
from .said import Said
from .steps import ModelSteps

Explained = Callable[[int], bool]
"""Whether a file's next line can be explained here."""


class PersistentSets:
    """Chooses files. Use it inside the sizes."""

    def __init__(
        self,
        model: ModelSteps,
        files: Sequence[Sequence[Said]],
        needs: Sequence[Sequence[Needs]],
    ) -> None:
        self.files, self.needs = files, needs
        self._footprints = Footprints(model)
        self._after = _first_after(files, needs)
        self._touching = [_Touching(self._footprints, lines) for lines in files]
        self._conflicts: dict[tuple[int, int, int, bool], list[int]] = {}

    def chosen(self, cut: Cut, candidates: Sequence[int], explained: Explained) -> list[int]:
        """The files to go on with, of those whose next line may come next; none if no run can."""
        best = list(candidates)
        for f in candidates:
            found = self._closed(f, cut, explained)
            if found is None:
                continue
            able = [g for g in candidates if g in found and explained(g)]
            if len(able) < 2:
                return able
            if len(able) < len(best):
                best = able
        return best

    def _closed(self, f: int, cut: Cut, explained: Explained) -> set[int] | None:
        """The least such set with a file; None where lines are needed that are not judged."""
        found, todo = {f}, [f]
        while todo:
            g = todo.pop()
            for h in self._wanted(g, cut, explained):
                if cut[h] >= len(self.files[h]):
                    return None
                if h not in found:
                    found.add(h)
                    todo.append(h)
        return found

    def _wanted(self, f: int, cut: Cut, explained: Explained) -> Iterator[int]:
        """The files that have to go with one."""
        needs = self.needs[f][cut[f]]
        if not ready(needs, cut):
            yield next(g for g, k in needs if cut[g] < k)
            return
        able = explained(f)
        for g, k in enumerate(cut):
            if g != f and k < len(self.files[g]) and self._conflict(f, cut[f], g, k, able):
                yield g

    def _conflict(self, f: int, at: int, g: int, start: int, able: bool) -> bool:
        """Whether a line of g, from one on, may come before one of f and touches what it does."""
        key = f, at, g, able
        if key not in self._conflicts:
            mine = self._footprints.of(self.files[f][at])
            self._conflicts[key] = self._touching[g].by(mine, able)
        found = self._conflicts[key]
        k = bisect_left(found, start)
        return k < len(found) and found[k] < self._after[f][g][at]


def _first_after(
    files: Sequence[Sequence[Said]], needs: Sequence[Sequence[Needs]]
) -> list[list[list[int]]]:
    """For each line of f and each file g, the first line of g that must come after it."""
    clocks: list[list[list[int]]] = [[] for _ in files]
    moved = True
    while moved:
        moved = False
        for f, lines in enumerate(files):
            while len(clocks[f]) < len(lines):
                wanted = needs[f][len(clocks[f])]
                if any(k > len(clocks[g]) for g, k in wanted):
                    break
                clock = list(clocks[f][-1]) if clocks[f] else [0] * len(files)
                for g, k in wanted:
                    if k:
                        clock = list(map(max, clock, clocks[g][k - 1]))
                        clock[g] = max(clock[g], k)
                clock[f] = len(clocks[f]) + 1
                clocks[f].append(clock)
                moved = True
    known = [[[c[f] for c in clocks[g]] for g in range(len(files))] for f in range(len(files))]
    return [
        [[bisect_left(known[f][g], k + 1) for k in range(len(lines))] for g in range(len(files))]
        for f, lines in enumerate(files)
    ]


class _Touching:
    """The lines of a file by what they touch."""

    def __init__(self, footprints: Footprints, lines: Sequence[Said]) -> None:
        self._writing: dict[object, dict[Place, list[int]]] = defaultdict(dict)
        self._minding: dict[object, dict[Place, list[int]]] = defaultdict(dict)
        self._all: list[int] = []
        self._count = len(lines)
        for k, said in enumerate(lines):
            found = footprints.of(said)
            if found.everything:
                self._all.append(k)
            for places, index in (
                (found.writes, self._writing),
                (found.sensitive, self._minding),
            ):
                for place in places:
                    index[place[0]].setdefault(place, []).append(k)

    def by(self, mine: Touched, able: bool) -> list[int]:
        """The lines that touch what a line does, which can be explained or cannot, in order."""
        if mine.everything:
            return list(range(self._count))
        found = set(self._all)
        for place in mine.sensitive if able and mine.settled else mine.reads:
            found |= _overlapping(self._writing, place)
        if able:
            for place in mine.writes:
                found |= _overlapping(self._minding, place)
                if isinstance(place[0], str):
                    found |= _overlapping(self._writing, place)
        return sorted(found)


def _overlapping(index: dict[object, dict[Place, list[int]]], place: Place) -> set[int]:
    there = index.get(place[0], {})
    return {k for other, lines in there.items() if overlap(place, other) for k in lines}
