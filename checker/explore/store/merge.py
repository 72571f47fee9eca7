"""Merging sorted runs and subtracting others from them, one stretch of the order at a time.

Each stretch is in memory as a whole. Stretches are independent, so threads divide them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from itertools import pairwise

import numpy as np

from quorate.checker.ground.packing import Words

from .rows import rows_for
from .runs import Blocks, Run

STRETCH = 1 << 19  # rows that are merged at a time, about

Bound = Words | None


def merged(
    runs: Sequence[Run], without: Sequence[Run], pool: Executor | None = None, ahead: int = 1
) -> Iterator[Blocks]:
    """The rows of the runs, each once and in order, that are in none of those `without`.

    `ahead` is the number of stretches that the pool prepares in advance.
    """
    stretches = bounds(runs)
    if pool is None:
        yield from (_stretch(runs, without, low, high) for low, high in stretches)
        return
    waiting: deque[Future[Blocks]] = deque()
    for low, high in stretches:
        waiting.append(pool.submit(_stretch, runs, without, low, high))
        if len(waiting) > ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def bounds(runs: Sequence[Run]) -> list[tuple[Bound, Bound]]:
    """Stretches of the order in which the runs have about STRETCH rows."""
    words = runs[0].words
    firsts = np.concatenate([r.firsts for r in runs]).reshape(-1, words)
    counts = np.concatenate([r.counts for r in runs])
    order = np.lexsort(list(firsts.T))
    before = np.cumsum(counts[order]) - counts[order]
    starts = np.flatnonzero(np.diff(before // STRETCH)) + 1
    keys: list[Bound] = [None]
    for key in firsts[order[starts]]:
        if keys[-1] is None or (key != keys[-1]).any():
            keys.append(key)
    return list(pairwise([*keys, None]))


def _stretch(runs: Sequence[Run], without: Sequence[Run], low: Bound, high: Bound) -> Blocks:
    words = runs[0].words
    rows = united([r.between(low, high) for r in runs], words)
    struck = np.zeros(len(rows) // words, np.bool_)
    if len(struck):
        for run in without:
            run.strike(rows, struck)
    return Blocks.of(rows.reshape(-1, words)[~struck].reshape(-1), words)


def united(parts: list[Words], words: int) -> Words:
    """Sorted rows of several arrays as one, each once."""
    unite: Callable[..., int] = rows_for(words).unite
    while len(parts) > 1:
        a, b = parts[0], parts[1]
        out = np.empty(len(a) + len(b), np.uint64)
        n = unite(a, len(a) // words, b, len(b) // words, out, words)
        parts = [*parts[2:], out[: n * words]]
    return parts[0]
