"""How long a breadth-first search may still take, from the sizes of its levels.

The states at a distance d from the first ones are a level. As a rule levels grow, then shrink, and
shrink faster and faster. While they grow nothing is said. Once one is smaller than the one before,
by a factor r, those that follow have together at most r/(1-r) times its states, if each is smaller
than the one before by at least that factor. That is an assumption, and the line says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from quorate.checker.rendering.words import seconds

from .console import progress_line

if TYPE_CHECKING:
    from quorate.checker.explore.search.interface import Progress


class Remaining:
    """The live line of a breadth-first search, with what it may still take."""

    def __init__(self) -> None:
        self._nearer: dict[int, int] = {}
        """How many states are nearer than a level; not of levels that passed between two looks."""

    def line(self, p: Progress) -> str:
        """The progress, and how long it may go on."""
        left, expanded = self.states(p), p.states - p.waiting
        if p.nearer is None:
            return progress_line(p)
        if left is None or not expanded:
            return f"{progress_line(p)}; end not in sight"
        most = seconds(left * p.seconds / expanded)
        return f"{progress_line(p)}; at most {most} more if levels go on shrinking"

    def states(self, p: Progress) -> int | None:
        """How many states may still have to be expanded; None while that cannot be told."""
        if p.nearer is None:
            return None
        self._nearer[p.depth] = p.nearer
        known = [self._nearer.get(p.depth - back) for back in range(3)]
        if None in known:
            return None
        now, last, before = (n for n in known if n is not None)
        newest, older = now - last, last - before
        if not 0 < newest < older:
            return None
        following = newest * newest // (older - newest) + 1
        return p.waiting + max(0, following - (p.states - now))
