"""The compiled loops of a search on disk."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from quorate.checker.explore.codegen.labels import INSTANCE, UNDEFINED_STEP
from quorate.checker.explore.codegen.native import call_check, call_successors, native, prefetch
from quorate.checker.explore.store.table import BATCH, equal, hash_of

from . import driver as d


@cache
def expanding(fixed: int) -> Any:
    """The expansion of states of `fixed` words; of any number if 0."""

    @native
    def expand(
        successors: int,
        check: int,
        given: int,
        bad: int,
        most: int,
        level: Any,
        stop: int,
        states: Any,
        room: int,
        table: Any,
        control: Any,
        fired: Any,
        fired_before: Any,
        out: Any,
        labels: Any,
        ends: Any,
        hashes: Any,
    ) -> int:
        """Collect the successors of level[HEAD:stop] in states[COUNT:room]; why it returned.

        `control` has HEAD, COUNT, REACHED, FOUND and WHERE as in `driver`: WHERE is the number of
        the state that violates, or of the one in `level` that has an undefined step.
        """
        words = fixed if fixed else given
        size = np.uint64(len(table))
        half = np.uint64(32)
        head, count, reached = control[d.HEAD], control[d.COUNT], control[d.REACHED]
        status = d.PAUSED
        while status == d.PAUSED and head < stop:
            for a in range(len(fired)):
                fired_before[a] = fired[a]
            most_states = min(BATCH, stop - head)
            batch, made = 0, 0
            while batch < most_states and made + most <= len(labels):
                n = call_successors(
                    successors, level, (head + batch) * words, out, made * words,
                    labels, made, fired, 0,
                )  # fmt: skip
                for j in range(made, made + n):
                    # The place in a table of any size: a multiplication for a division.
                    h = ((hash_of(out, j * words, words) >> half) * size) >> half
                    hashes[j] = h
                    prefetch(table, np.int64(h))
                made += n
                ends[batch] = made
                batch += 1
            if count + made > room:
                for a in range(len(fired)):
                    fired[a] = fired_before[a]
                status = d.FULL
                break
            for j in range(made):
                k = np.int64(table[hashes[j]]) - 1
                if k >= 0:
                    prefetch(states, k * words)
            j = 0
            for b in range(batch):
                while j < ends[b]:
                    at = j * words
                    if labels[j] >= np.uint32(UNDEFINED_STEP):
                        control[d.FOUND] = np.int64(labels[j] & np.uint32(INSTANCE))
                        control[d.WHERE] = head
                        status = d.UNDEFINED
                        break
                    h = np.int64(hashes[j])
                    k = np.int64(table[h]) - 1
                    while k >= 0 and not equal(states, k * words, out, at, words):
                        h += 1
                        if h == len(table):
                            h = 0
                        k = np.int64(table[h]) - 1
                    label = j
                    j += 1
                    if k >= 0:
                        continue
                    table[h] = count + 1
                    for i in range(words):
                        states[count * words + i] = out[at + i]
                    verdict = call_check(check, out, at, labels, label)
                    reached |= verdict & ~bad
                    if verdict & bad:
                        control[d.FOUND], control[d.WHERE] = verdict & bad, count
                        status = d.VIOLATED
                    count += 1
                    if status != d.PAUSED:
                        break
                head += 1
                if status != d.PAUSED:
                    # Count the transitions of the states that were expanded, and no others.
                    for a in range(len(fired)):
                        fired[a] = fired_before[a]
                    for s in range(head - b - 1, head):
                        call_successors(successors, level, s * words, out, 0, labels, 0, fired, 0)
                    break
        control[d.HEAD], control[d.COUNT], control[d.REACHED] = head, count, reached
        return status

    return expand


@native
def predecessor(
    successors: int,
    words: int,
    level: Any,
    count: int,
    target: Any,
    out: Any,
    labels: Any,
    fired: Any,
) -> int:
    """The number of the first of `count` states that has the target as a successor, or -1."""
    for k in range(count):
        n = call_successors(successors, level, k * words, out, 0, labels, 0, fired, 0)
        for j in range(n):
            if equal(out, j * words, target, 0, words):
                return k
    return -1
