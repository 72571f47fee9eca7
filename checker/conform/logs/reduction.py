"""Which files a search through several of them has to go on with: a persistent set.

Godefroid: Partial-Order Methods for the Verification of Concurrent Systems (1996), chapter 4. Files
are the processes, lines their transitions. A set of files is chosen such that no line of another
file that may still come before their next lines touches what these touch. So in a run that
explains the rest, the first line of a chosen file can be moved to the front: the lines that it
passes are still explained, and lead to the same state. A chosen line that has no explanation gets
one only from lines of chosen files, so if none of them has one, no run explains the rest.

For the same reason a line that can be explained, or cannot, stays so until a line is taken that
touches it: then it is not tried again.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from .footprints import ANY, Footprints, Place, Touched, is_known, overlap
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
        found = self._conflicting(f, at, g, able)
        k = bisect_left(found, start)
        return k < len(found) and found[k] < self._after[f][g][at]

    def touched(self, f: int, at: int, g: int, k: int, able: bool) -> bool:
        """Whether line k of g may change that a line of f can, or cannot, be explained."""
        found = self._conflicting(f, at, g, able)
        i = bisect_left(found, k)
        return i < len(found) and found[i] == k

    def _conflicting(self, f: int, at: int, g: int, able: bool) -> list[int]:
        key = f, at, g, able
        if key not in self._conflicts:
            mine = self._footprints.of(self.files[f][at])
            self._conflicts[key] = self._touching[g].by(mine, able)
        return self._conflicts[key]


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
        self._writing, self._minding = _Index(), _Index()
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
                    index.add(place, k)

    def by(self, mine: Touched, able: bool) -> list[int]:
        """The lines that touch what a line does, which can be explained or cannot, in order."""
        if mine.everything:
            return list(range(self._count))
        found = set(self._all)
        for place in mine.sensitive if able and mine.settled else mine.reads:
            found.update(self._writing.overlapping(place))
        if able:
            for place in mine.writes:
                found.update(self._minding.overlapping(place))
                if isinstance(place[0], str):
                    found.update(self._writing.overlapping(place))
        return sorted(found)


class _Index:
    """Lines by places: by what a place is of, and by each part of it that is known."""

    def __init__(self) -> None:
        self._lines: dict[Place, list[int]] = defaultdict(list)
        self._lengths: dict[Any, set[int]] = defaultdict(set)
        self._places: dict[tuple[Any, ...], set[Place]] = defaultdict(set)

    def add(self, place: Place, line: int) -> None:
        """Note that a line touches a place."""
        self._lines[place].append(line)
        self._lengths[place[0]].add(len(place))
        self._places[place[:1]].add(place)
        for k, part in enumerate(place[1:]):
            self._places[place[0], k, part if is_known(part) else ANY].add(place)

    def overlapping(self, place: Place) -> Iterator[int]:
        """The lines that touch places that may have a part in common with one."""
        for other in self._candidates(place):
            if overlap(place, other):
                yield from self._lines[other]

    def _candidates(self, place: Place) -> set[Place]:
        """All places that may have a part in common with one, and not many more."""
        found = self._places.get(place[:1], set())
        if self._lengths[place[0]] == {len(place)}:
            for k, part in enumerate(place[1:]):
                if is_known(part):
                    same = self._places.get((place[0], k, part), set())
                    open_ = self._places.get((place[0], k, ANY), set())
                    if len(same) + len(open_) < len(found):
                        found = same | open_
        return found
