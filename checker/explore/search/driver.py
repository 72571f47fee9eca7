"""The breadth-first loop: generic in the protocol, compiled by Numba once per machine.

The array of states is also the queue, so no state is stored twice; a table (`store.table`) finds
them. The successors of a batch of states are made first, then hashed, then looked up, each pass
asking for the memory that the next one reads, so that cache misses overlap. States are inserted in
the order in which one state after the other would be expanded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from quorate.checker.explore.codegen.labels import INSTANCE, UNDEFINED_STEP
from quorate.checker.explore.codegen.native import call_check, call_successors, native, prefetch
from quorate.checker.explore.store.table import (
    BATCH,
    TOGETHER,
    ask_for_states,
    find,
    forget,
    forget_keys,
    hash_of,
    insert_keyed,
    insert_whole,
    is_crowded,
    is_new,
    met_places,
    place_of,
    scale_of,
)

# Places in the control array.
HEAD, COUNT, DEPTH, LEVEL_END, REACHED, FOUND, WHERE = range(7)
CONTROLS = 7

# Why `search` returned.
DONE, PAUSED, FULL, CROWDED, VIOLATED, UNDEFINED, LIMIT = range(7)


@native
def copy(source: Any, target: Any) -> None:
    """Copy an array into one of the same length."""
    for i in range(len(source)):
        target[i] = source[i]


@native
def check_new(
    check: int, words: int, bad: int, states: Any, begin: int, end: int, kinds: Any, result: Any
) -> int:
    """Check states as far as the first that breaks an invariant; returns its index, or -1.

    result[FOUND] gets what it breaks, and result[REACHED] the other bits of all that were checked.
    """
    for k in range(begin, end):
        verdict = call_check(check, states, k * words, kinds, k - begin)
        result[REACHED] |= verdict & ~bad
        if verdict & bad:
            result[FOUND] = verdict & bad
            return k
    return -1


def _searching(fixed: int, keyed: bool) -> Callable[..., int]:
    @native
    def search(
        successors: int,
        check: int,
        given: int,
        bad: int,
        limit: int,
        most: int,
        states: Any,
        parents: Any,
        table: Any,
        control: Any,
        fired: Any,
        fired_before: Any,
        met: Any,
        out: Any,
        labels: Any,
        sources: Any,
        hashes: Any,
        kinds: Any,
        which: Any,
        expansions: int,
    ) -> int:
        """Expand up to `expansions` states; returns why it stopped, with progress in `control`.

        `bad` has bit i set if property i is an invariant (whose bit in `check` means violated); the
        other bits of `check` are collected in control[REACHED].
        """
        words = fixed if fixed else given
        mask, scale = np.uint64(len(table) - 1), np.uint64(0)
        if keyed:
            scale = scale_of(table)
        lead = TOGETHER if keyed else 2 * TOGETHER
        near = np.uint64(met_places(words) - 1)
        room = len(parents)
        head, count = control[HEAD], control[COUNT]
        status = PAUSED
        stop = head + expansions
        while status == PAUSED:
            if head == count:
                status = DONE
                break
            if head >= stop:
                break
            if head == control[LEVEL_END]:
                control[DEPTH] += 1
                control[LEVEL_END] = count
            # Compute the successors of some states, as many as surely fit.
            copy(fired, fired_before)
            last = min(head + BATCH, control[LEVEL_END], stop)
            at, made = head, 0
            while at < last and made + most <= len(labels):
                n = call_successors(
                    successors, states, at * words, out, made * words, labels, made, fired, 0
                )
                for i in range(made, made + n):
                    sources[np.uint64(i)] = at  # an index that cannot be negative costs less
                made += n
                at += 1
            if count + made > room:
                status = FULL
            elif is_crowded(count + made, len(table), keyed):
                status = CROWDED
            if status != PAUSED:
                copy(fired_before, fired)
                break
            # Keep those that were not seen just before, up to an undefined step.
            kept, valid = 0, 0
            while valid < made and labels[np.uint64(valid)] < np.uint32(UNDEFINED_STEP):
                j, to = np.uint64(valid), np.uint64(kept)
                h = hash_of(out, valid * words, words)
                new = is_new(met, h & near, out, valid * words, words)
                for w in range(words):
                    out[to * np.uint64(words) + np.uint64(w)] = out[np.uint64(valid * words + w)]
                labels[to], sources[to] = labels[j], sources[j]
                hashes[to] = place_of(h, scale) if keyed else h & mask
                kept += new
                valid += 1
            # Insert those that are new; the memory for the next few is asked for before: their
            # places in the table, then the states that are found there.
            for start in range(-lead, kept, TOGETHER):
                for i in range(start + lead, min(kept, start + lead + TOGETHER)):
                    prefetch(table, np.int64(hashes[np.uint64(i)]))
                end = min(kept, start + TOGETHER)
                if not keyed:
                    after = min(kept, end + TOGETHER)
                    ask_for_states(words, hashes, max(0, end), after, states, table)
                if start < 0:
                    continue
                before = count
                if keyed:
                    count = insert_keyed(
                        out, labels, sources, hashes[start:end], start, end,
                        states, parents, table, count, kinds, which,
                    )  # fmt: skip
                else:
                    count = insert_whole(
                        words, out, labels, sources, hashes[start:end], start, end,
                        states, parents, table, count, kinds, which,
                    )  # fmt: skip
                found = count
                bound = count if limit < 0 else min(count, limit)
                wrong = check_new(check, words, bad, states, before, bound, kinds, control)
                if wrong >= 0:
                    status, control[WHERE], count = VIOLATED, wrong, wrong + 1
                    at = np.int64(parents[wrong]) + 1
                elif limit >= 0 and before < limit <= count:
                    status, count = LIMIT, limit
                    at = np.int64(parents[limit - 1]) + 1
                if status != PAUSED:
                    break
            if status == PAUSED and valid < made:
                control[FOUND] = np.int64(labels[valid] & np.uint32(INSTANCE))
                control[WHERE] = sources[valid]
                status, found = UNDEFINED, count
                at = np.int64(sources[valid]) + 1
            if status != PAUSED:
                # Count the transitions of the states that were expanded, and no others.
                if keyed:
                    forget_keys(states, count, found, table)
                else:
                    forget(states, words, count, found, table)
                copy(fired_before, fired)
                for s in range(head, at):
                    call_successors(successors, states, s * words, out, 0, labels, 0, fired, 0)
            head = at
        control[HEAD], control[COUNT] = head, count
        return status

    return search


_searches: dict[tuple[int, bool], Callable[..., int]] = {}


def search_for(words: int, keyed: bool) -> Callable[..., int]:
    """The search for states of so many words; loops over few words are unrolled."""
    fixed = words if words <= 4 else 0
    if (fixed, keyed) not in _searches:
        _searches[fixed, keyed] = _searching(fixed, keyed)
    return _searches[fixed, keyed]


@native
def edges(
    successors: int,
    words: int,
    states: Any,
    table: Any,
    expanded: int,
    fired: Any,
    out: Any,
    labels: Any,
    sources: Any,
    targets: Any,
    kinds: Any,
) -> int:
    """Collect the transitions between known states out of the first `expanded`; how many."""
    found = 0
    for k in range(expanded):
        n = call_successors(successors, states, k * words, out, 0, labels, 0, fired, 0)
        for j in range(n):
            target = find(states, words, table, out, j * words)
            if target >= 0:
                sources[found], targets[found], kinds[found] = k, target, labels[j]
                found += 1
    return found
