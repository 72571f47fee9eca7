"""The loop of the directed searches, compiled by Numba.

Every state waits in the bucket of its priority, and the lowest bucket comes first. Depth-first
search has one bucket, a stack; best-first search has a queue for each priority. Whole states are
compared.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from quorate.checker.explore.codegen.labels import INSTANCE, UNDEFINED_STEP
from quorate.checker.explore.codegen.native import call_check, call_successors, native
from quorate.checker.explore.search.driver import DONE, FULL, LIMIT, PAUSED, UNDEFINED, VIOLATED
from quorate.checker.explore.store.table import equal, hash_of

# Places in the control array.
COUNT, DEEPEST, REACHED, FOUND, WHERE, LOWEST, CUT, WAITING = range(8)
CONTROLS = 8

NOWHERE = -1
ENDLESS = 1 << 62

# A state's stage: it waits in a bucket, it was expanded, it waits to be expanded once more, or it
# is too deep to be expanded.
WAITS, EXPANDED, WAITS_AGAIN, TOO_DEEP = range(4)


@native
def put(k: Any, bucket: int, last: bool, links: Any, heads: Any, tails: Any) -> None:
    """Put state k into a bucket, at its end or at its front."""
    if heads[bucket] == NOWHERE:
        heads[bucket] = tails[bucket] = k
        links[k] = NOWHERE
    elif last:
        links[tails[bucket]] = k
        tails[bucket] = k
        links[k] = NOWHERE
    else:
        links[k] = heads[bucket]
        heads[bucket] = k


@native
def search(
    successors: int,
    check: int,
    distance: int,
    weight: int,
    words: int,
    bad: int,
    limit: int,
    bound: int,
    most: int,
    states: Any,
    parents: Any,
    depths: Any,
    links: Any,
    stages: Any,
    heads: Any,
    tails: Any,
    table: Any,
    control: Any,
    fired: Any,
    fired_again: Any,
    out: Any,
    labels: Any,
    expansions: int,
) -> int:
    """Expand up to `expansions` states; returns why it stopped, with progress in `control`.

    With a `weight` the priority of a state is its depth plus weight times its distance; without,
    the state found last comes first. A state at depth `bound` is not expanded; one that turns out
    to be nearer than it was when it was expanded is expanded once more, which counts its
    transitions in `fired_again`. `bad` is as in `driver.search`.
    """
    mask = np.uint64(len(table) - 1)
    room = len(parents)
    count, lowest = control[COUNT], control[LOWEST]
    status = PAUSED
    left = expansions
    while status == PAUSED and left > 0:
        left -= 1
        if count + most > room or 2 * (count + most) > len(table):
            status = FULL
            break
        while lowest < len(heads) and heads[lowest] == NOWHERE:
            lowest += 1
        if lowest == len(heads):
            status = DONE
            break
        k = heads[lowest]
        heads[lowest] = links[k]
        control[WAITING] -= 1
        depth = depths[k] + 1
        if depth > bound:
            stages[k] = TOO_DEEP
            control[CUT] += 1
            continue
        counts = fired_again if stages[k] == WAITS_AGAIN else fired
        stages[k] = EXPANDED
        n = call_successors(successors, states, k * words, out, 0, labels, 0, counts, 0)
        for j in range(n):
            at = j * words
            if labels[j] >= np.uint32(UNDEFINED_STEP):
                control[FOUND] = np.int64(labels[j] & np.uint32(INSTANCE))
                control[WHERE] = k
                status = UNDEFINED
                break
            h = hash_of(out, at, words) & mask
            known = np.int64(table[h]) - 1
            while known >= 0 and not equal(states, known * words, out, at, words):
                h = (h + np.uint64(1)) & mask
                known = np.int64(table[h]) - 1
            if known >= 0:
                if bound < ENDLESS and depth < depths[known]:
                    depths[known], parents[known] = depth, k
                    if stages[known] == EXPANDED or stages[known] == TOO_DEEP:
                        control[CUT] -= stages[known] == TOO_DEEP
                        stages[known] = WAITS if stages[known] == TOO_DEEP else WAITS_AGAIN
                        put(known, 0, False, links, heads, tails)
                        control[WAITING] += 1
                continue
            table[h] = count + 1
            for i in range(words):
                states[count * words + i] = out[at + i]
            parents[count], depths[count], stages[count] = k, depth, WAITS
            control[DEEPEST] = max(control[DEEPEST], depth)
            verdict = call_check(check, out, at, labels, j)
            control[REACHED] |= verdict & ~bad
            bucket = 0
            if weight != 0:
                far = call_check(distance, out, at, labels, j)
                bucket = min(depth + weight * far, len(heads) - 1)
            put(count, bucket, False, links, heads, tails)
            control[WAITING] += 1
            lowest = min(lowest, bucket)
            count += 1
            if verdict & bad:
                control[FOUND], control[WHERE] = verdict & bad, count - 1
                status = VIOLATED
                break
            if count == limit:
                status = LIMIT
                break
    control[COUNT], control[LOWEST] = count, lowest
    return status
