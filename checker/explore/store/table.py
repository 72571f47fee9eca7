"""Hash tables of packed states, compiled by Numba once per machine: hashing, finding, inserting.

Open addressing: the number of places is a power of two; 0 is a free place. Entries are indices
plus 1, 32 bits each. Whole states are compared, never only fingerprints. If a state is one word
that is never full, a table can be `keyed`: its entries are the states themselves, plus 1, and a
lookup reads nothing else.

States that are looked up together are first hashed and prefetched, so that cache misses overlap.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from quorate.checker.explore.codegen.native import native, prefetch

BATCH = 64  # states expanded together
TOGETHER = 16  # successors whose memory is asked for together: as many as a processor waits for
LINE = 8  # words that a processor reads together
MET = 1 << 13  # places for successors that were met, at most
MET_WORDS = 2 * MET  # their words, at most: what a processor keeps near itself


@native
def hash_of(states: Any, at: int, words: int) -> Any:
    """A 64-bit hash of the `words` words from `at`."""
    h = np.uint64(0x9E3779B97F4A7C15)
    for i in range(words):
        h = (h ^ states[np.uint64(at + i)]) * np.uint64(0xFF51AFD7ED558CCD)
        h ^= h >> np.uint64(32)
    return h * np.uint64(0xC4CEB9FE1A85EC53)


@native
def hash_of_word(word: Any) -> Any:
    """`hash_of` for a single word."""
    h = (np.uint64(0x9E3779B97F4A7C15) ^ word) * np.uint64(0xFF51AFD7ED558CCD)
    h ^= h >> np.uint64(32)
    return h * np.uint64(0xC4CEB9FE1A85EC53)


@native
def equal(states: Any, at: Any, others: Any, where: Any, words: int) -> bool:
    """Whether the words from two places are the same."""
    for i in range(words):  # noqa: SIM110 - compiled
        if states[np.uint64(at + i)] != others[np.uint64(where + i)]:
            return False
    return True


@native
def met_places(words: int) -> int:
    """How many successors of so many words are remembered: a power of two."""
    places = MET
    while places > 2 and places * words > MET_WORDS:
        places >>= 1
    return places


def nothing_met(words: int) -> npt.NDArray[np.uint64]:
    """`met_places`, each with a state that does not belong there: see `is_new`."""
    places = int(met_places(words))
    met = np.zeros(places * words, np.uint64)
    state = np.zeros(words, np.uint64)
    own = place = int(hash_of(state, 0, words)) % places
    while place == own:
        state[0] += np.uint64(1)
        place = int(hash_of(state, 0, words)) % places
    met[own * words : (own + 1) * words] = state
    return met


@native
def is_new(met: Any, place: Any, states: Any, at: int, words: int) -> bool:
    """Whether a state is new at its place among those met, by its hash; it is put there.

    Most duplicate successors come soon after each other (Paxos with 8.2 million states: 13 of 15
    million). This finds them without a lookup in the table. It has no branches, because no
    processor could predict them.
    """
    first = place * np.uint64(words)
    new = False
    for i in range(words):
        word = states[np.uint64(at + i)]
        new |= met[first + np.uint64(i)] != word
        met[first + np.uint64(i)] = word
    return new


@native
def shard_of(h: Any, shards: Any) -> Any:
    """The shard of a hash. It depends on the upper half of the hash; tables use the lower half.

    All shards have equal shares of the hashes, whatever their number.
    """
    return np.int64(((h >> np.uint64(32)) * np.uint64(shards)) >> np.uint64(32))


@native
def scale_of(table: Any) -> Any:
    """By how much the lower half of a hash is shifted to be a place in a keyed table."""
    shift = 32
    places = len(table)
    while places > 1:
        shift -= 1
        places >>= 1
    return np.uint64(shift)


@native
def find(states: Any, words: int, table: Any, state: Any, at: int) -> int:
    """The index of the state at a place, or -1, by a table that is not keyed."""
    mask = np.uint64(len(table) - 1)
    h = hash_of(state, at, words) & mask
    while True:
        k = np.int64(table[h]) - 1
        if k < 0:
            return -1
        if equal(states, k * words, state, at, words):
            return int(k)
        h = (h + np.uint64(1)) & mask


@native
def rehash(states: Any, words: int, count: int, table: Any, hashes: Any) -> None:
    """Fill an empty table that is not keyed with the first `count` states.

    `hashes` has room for some, which are looked up together.
    """
    mask = np.uint64(len(table) - 1)
    for start in range(0, count, len(hashes)):
        end = min(count, start + len(hashes))
        for k in range(start, end):
            h = hash_of(states, k * words, words) & mask
            hashes[k - start] = h
            prefetch(table, np.int64(h))
        for k in range(start, end):
            h = hashes[k - start]
            while table[h] != 0:
                h = (h + np.uint64(1)) & mask
            table[h] = k + 1


@native
def forget(states: Any, words: int, count: int, end: int, table: Any) -> None:
    """Take the states from `count` to `end`, the last that were inserted, out of such a table."""
    mask = np.uint64(len(table) - 1)
    for k in range(end - 1, count - 1, -1):
        h = hash_of(states, k * words, words) & mask
        while np.int64(table[h]) != k + 1:
            h = (h + np.uint64(1)) & mask
        table[h] = 0


@native
def place_of(h: Any, scale: Any) -> Any:
    """The place of a hash in a keyed table: such places ascend with the lower half of the hash."""
    return (h & np.uint64(0xFFFFFFFF)) >> scale


@native
def add_keys(keys: Any, more: int, table: Any) -> None:
    """Insert states into a keyed table, given `more` (0 or 1) less than its entries would be."""
    mask = np.uint64(len(table) - 1)
    scale = scale_of(table)
    for i in range(len(keys)):
        entry = keys[i] + np.uint64(more)
        place = place_of(hash_of_word(entry - np.uint64(1)), scale)
        while table[place] != 0:
            place = (place + np.uint64(1)) & mask
        table[place] = entry


@native
def spread(table: Any, old: int, aside: Any) -> bool:
    """Make one keyed table of the first `old` places, a table, and the empty ones behind them.

    From the last entry to the first each moves up, because places ascend with the hashes; the few
    first ones are put `aside` before. False if there is no room for them: build it anew, then.
    """
    mask = np.uint64(len(table) - 1)
    scale = scale_of(table)
    kept = 0
    first = min(old, len(aside) // 2)
    for i in range(first):
        if table[i] != 0:
            aside[kept] = table[i]
            kept += 1
            table[i] = 0
    for i in range(old - 1, first - 1, -1):
        entry = table[i]
        if entry == 0:
            continue
        table[i] = 0
        place = place_of(hash_of_word(entry - np.uint64(1)), scale)
        if place <= np.uint64(i):
            if kept == len(aside):
                return False
            aside[kept] = entry
            kept += 1
            continue
        while table[place] != 0:
            place = (place + np.uint64(1)) & mask
        table[place] = entry
    add_keys(aside[:kept], 0, table)
    return True


@native
def forget_keys(states: Any, count: int, end: int, table: Any) -> None:
    """`forget` for a keyed table."""
    mask = np.uint64(len(table) - 1)
    scale = scale_of(table)
    for k in range(end - 1, count - 1, -1):
        place = place_of(hash_of(states, k, 1), scale)
        while table[place] != states[k] + np.uint64(1):
            place = (place + np.uint64(1)) & mask
        table[place] = 0


@native
def deal(
    states: Any, words: int, count: int, shards: int, order: Any, numbers: Any, sizes: Any
) -> None:
    """For each state its shard, and its number among them; `sizes` counts each shard's states."""
    for k in range(count):
        p = shard_of(hash_of(states, k * words, words), shards)
        order[k] = p
        numbers[k] = sizes[p] * shards + p
        sizes[p] += 1


def crowded(count: int, places: int, keyed: bool) -> bool:
    """Whether a table of so many places should be larger for so many states."""
    return 10 * count > 7 * places if keyed else 2 * count > places


is_crowded = native(crowded)


@native
def insert_keyed(
    new: Any,
    labels: Any,
    sources: Any,
    hashes: Any,
    begin: int,
    end: int,
    states: Any,
    parents: Any,
    table: Any,
    count: int,
    kinds: Any,
    which: Any,
) -> int:
    """`insert` for a keyed table.

    It does without branches on what is known, which no processor can predict: a known state is
    written, too, where the next new one will be.
    """
    mask = np.uint64(len(table) - 1)
    base = count
    for i in range(begin, end):
        j = np.uint64(i)
        key = new[j] + np.uint64(1)
        place = hashes[np.uint64(i - begin)]
        entry = table[place]
        while entry != key and entry != 0:
            place = (place + np.uint64(1)) & mask
            entry = table[place]
        table[place] = key
        states[np.uint64(count)] = new[j]
        parents[np.uint64(count)] = sources[j]
        kinds[np.uint64(count - base)] = labels[j]
        which[np.uint64(count - base)] = i
        count += entry == 0
    return count


@native
def ask_for_states(words: int, hashes: Any, begin: int, end: int, states: Any, table: Any) -> None:
    """Ask for the memory of the states that a table has at the places `begin` to `end`."""
    for i in range(begin, end):
        k = np.int64(table[hashes[np.uint64(i)]]) - 1
        if k >= 0:
            for word in range(0, words, LINE):
                prefetch(states, k * words + word)
            if words > LINE // 2:  # it may begin in the middle of a line
                prefetch(states, k * words + words - 1)


def insert(
    words: int,
    new: Any,
    labels: Any,
    sources: Any,
    hashes: Any,
    begin: int,
    end: int,
    states: Any,
    parents: Any,
    table: Any,
    count: int,
    kinds: Any,
    which: Any,
) -> int:
    """Insert the states `begin` to `end` of `new` that are not known; returns the new count.

    `labels`, `sources` (numbers of their parents) and, from 0, `hashes` (their places in the table)
    go with them. For each that
    is inserted, from 0, its label is left in `kinds` and its index in `which`. There must be room,
    for those that are known as well; their places in the table should have been asked for, and the
    states there (`ask_for_states`).
    """
    mask = np.uint64(len(table) - 1)
    base = count
    for j in range(begin, end):
        at = j * words
        h = hashes[j - begin]
        k = np.int64(table[h]) - 1
        while k >= 0 and not equal(states, k * words, new, at, words):
            h = (h + np.uint64(1)) & mask
            k = np.int64(table[h]) - 1
        if k < 0:
            table[h] = count + 1
            for i in range(words):
                states[count * words + i] = new[at + i]
            parents[count] = sources[j]
            kinds[count - base] = labels[j]
            which[count - base] = j
            count += 1
    return count


insert_whole = native(insert, inline="always")  # so that loops over words are unrolled
