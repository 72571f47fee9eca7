"""The breadth-first search itself: generic in the protocol, compiled by Numba once per machine.

The array of states is also the queue, so no state is stored twice; an open-addressing table finds
them. The successors of a batch of states are made first, then hashed, then looked up, each pass
asking for the memory that the next one reads, so that cache misses overlap. Whole states are
compared: nothing is taken on a fingerprint. States are inserted in the order in which one state
after the other would be expanded.

A table has a power of two of places; 0 is a free one. Its entries are indices plus 1, 32 bits each.
Where a state is one word that is never full, a table can be `keyed`: its entries are the states
themselves, plus 1, and a lookup reads nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar

import numpy as np
import numpy.typing as npt

from quorate.checker.explore.codegen.native import Intrinsic, age_of, native

F = TypeVar("F", bound=Callable[..., Any])

# Places in the control array.
HEAD, COUNT, DEPTH, LEVEL_END, REACHED, FOUND, WHERE = range(7)
CONTROLS = 7

# Why `search` returned.
DONE, PAUSED, FULL, CROWDED, VIOLATED, SENSELESS, LIMIT = range(7)

BATCH = 64  # states expanded together
TOGETHER = 16  # successors whose memory is asked for together: as many as a processor waits for
MET = 1 << 13  # places for successors that were met: what a processor keeps near itself
UNDEFINED = 1 << 31  # in a label: the step makes no sense


def compiled(function: F, inline: Literal["never", "always"] = "never") -> F:
    """Compiled by Numba at the first call; kept on disk where there is a place to keep it.

    For what allocates memory; anything else is better `native`.
    """
    from numba import njit

    try:
        made: Any = njit(cache=True, nogil=True, inline=inline)(function)
    except RuntimeError:  # neither the package's folder nor the user's can be written
        made = njit(nogil=True, inline=inline)(function)
    else:
        # Numba looks at the age of a function's own file; what it calls may stand in this one.
        file: Any = made._cache._cache_file
        file._source_stamp = (file._source_stamp, age_of(__file__))
    return made  # type: ignore[no-any-return]


# Calls of machine code by its address, and a hint to the processor.
call_successors = Intrinsic("call_successors")
call_successors_from = Intrinsic("call_successors_from")
call_blocked_from = Intrinsic("call_blocked_from")
call_check = Intrinsic("call_check")
call_blocked = Intrinsic("call_blocked")
prefetch = Intrinsic("prefetch")


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


def nothing_met(words: int) -> npt.NDArray[np.uint64]:
    """`MET` places, each with a state that does not belong there: see `is_new`."""
    met = np.zeros(MET * words, np.uint64)
    state = np.zeros(words, np.uint64)
    own = place = int(hash_of(state, 0, words)) % MET
    while place == own:
        state[0] += np.uint64(1)
        place = int(hash_of(state, 0, words)) % MET
    met[own * words : (own + 1) * words] = state
    return met


@native
def is_new(met: Any, h: Any, states: Any, at: int, words: int) -> bool:
    """Whether a state, given with its hash, is not at its place among those met; now it is.

    Most successors that are made twice are made soon after each other (Paxos with 8.2 million
    states: 13 of 15 million), and to be sure of those takes no look at the table. It does without
    branches, which no processor could predict.
    """
    place = (h & np.uint64(MET - 1)) * np.uint64(words)
    new = False
    for i in range(words):
        word = states[np.uint64(at + i)]
        new |= met[place + np.uint64(i)] != word
        met[place + np.uint64(i)] = word
    return new


@native
def owner_of(h: Any, owners: Any) -> Any:
    """Which of so many owners has the states of a hash: by its upper half, as tables use the lower.

    Every owner has the same share of the hashes, whatever their number.
    """
    return np.int64(((h >> np.uint64(32)) * np.uint64(owners)) >> np.uint64(32))


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
    states: Any, words: int, count: int, owners: int, order: Any, numbers: Any, sizes: Any
) -> None:
    """For each state its owner, and its number among them; `sizes` counts each owner's states."""
    for k in range(count):
        p = owner_of(hash_of(states, k * words, words), owners)
        order[k] = p
        numbers[k] = sizes[p] * owners + p
        sizes[p] += 1


def crowded(count: int, places: int, keyed: bool) -> bool:
    """Whether a table of so many places should be larger for so many states."""
    return 10 * count > 7 * places if keyed else 2 * count > places


is_crowded = native(crowded)


@native
def sweep(blocked: int, words: int, states: Any, count: int, step: int, counts: Any) -> None:
    """Run a `blocked` function over every `step`-th state."""
    for k in range(0, count, step):
        call_blocked(blocked, states, k * words, counts, 0)


@native
def sweep_parts(
    blocked: int, words: int, bases: Any, order: Any, cursors: Any, step: int, counts: Any
) -> None:
    """The same over states of several owners; `order` has the owner of each, in the same order."""
    for i in range(len(order)):
        p = order[i]
        if i % step == 0:
            call_blocked_from(blocked, bases[p], cursors[p] * words, counts, 0)
        cursors[p] += 1


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
    for those that are known as well; their places in the table should have been asked for.
    """
    mask = np.uint64(len(table) - 1)
    base = count
    for j in range(begin, end):
        k = np.int64(table[hashes[j - begin]]) - 1
        if k >= 0:
            prefetch(states, k * words)
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
            # Make the successors of some states, as many as surely fit.
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
            # Keep those that were not met just before, up to a step that makes no sense.
            kept, valid = 0, 0
            while valid < made and labels[np.uint64(valid)] < np.uint32(UNDEFINED):
                j, to = np.uint64(valid), np.uint64(kept)
                h = hash_of(out, valid * words, words)
                new = is_new(met, h, out, valid * words, words)
                for w in range(words):
                    out[to * np.uint64(words) + np.uint64(w)] = out[np.uint64(valid * words + w)]
                labels[to], sources[to] = labels[j], sources[j]
                hashes[to] = place_of(h, scale) if keyed else h & mask
                kept += new
                valid += 1
            # Insert those that are new; the memory for the next few is asked for before.
            for start in range(-TOGETHER, kept, TOGETHER):
                end = min(kept, start + TOGETHER)
                for i in range(end, min(kept, end + TOGETHER)):
                    prefetch(table, np.int64(hashes[np.uint64(i)]))
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
                control[FOUND] = np.int64(labels[valid] & np.uint32(UNDEFINED - 1))
                control[WHERE] = sources[valid]
                status, found = SENSELESS, count
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
    """The search for states of so many words: loops over few of them are unrolled."""
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
