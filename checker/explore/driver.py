"""The breadth-first search itself: generic in the protocol, compiled by Numba once per machine.

The array of states is also the queue, so no state is stored twice; an open-addressing table holds
indices into it. The successors of a batch of states are made first, then hashed, then looked up,
each pass asking for the memory that the next one reads, so that cache misses overlap. Whole states
are compared: nothing is taken on a fingerprint. States are inserted in the order in which one state
after the other would be expanded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

F = TypeVar("F", bound=Callable[..., Any])

# Places in the control array.
HEAD, COUNT, DEPTH, LEVEL_END, REACHED, FOUND, WHERE = range(7)
CONTROLS = 7

# Why `search` returned.
DONE, PAUSED, FULL, CROWDED, VIOLATED, SENSELESS, LIMIT = range(7)

BATCH = 64  # states expanded together

_INT = ir.IntType(64)


def compiled(function: F) -> F:
    """Compiled by Numba at the first call; kept on disk where there is a place to keep it."""
    try:
        made: Any = njit(cache=True, nogil=True)(function)
    except RuntimeError:  # neither the package's folder nor the user's can be written
        made = njit(nogil=True)(function)
    return made  # type: ignore[no-any-return]


def _intrinsic(function: Callable[..., Any]) -> Callable[..., Any]:
    made: Callable[..., Any] = intrinsic(function)
    return made


def _call(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """Call a function with pointers: args are its address, then arrays and indices by turns."""
    address, *rest = args
    pairs = zip(signature.args[1::2], rest[0::2], rest[1::2], strict=True)
    pointers = [_element(context, builder, t, array, index) for t, array, index in pairs]
    function = ir.FunctionType(_INT, [p.type for p in pointers])
    return builder.call(builder.inttoptr(address, function.as_pointer()), pointers)


def _element(context: Any, builder: Any, t: Any, array: Any, index: Any) -> Any:
    data = context.make_array(t)(context, builder, array).data
    return builder.gep(data, [index])


@_intrinsic
def call_successors(
    context: Any,
    address: Any,
    state: Any,
    at: Any,
    out: Any,
    into: Any,
    labels: Any,
    label: Any,
    fired: Any,
    first: Any,
) -> Any:
    """Call a `successors` function by its address."""
    return types.int64(address, state, at, out, into, labels, label, fired, first), _call


def _call_from(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """Call a function on word `at` of the states at an address; the rest are arrays from 0."""
    address, base, at, *arrays = args
    zero = ir.Constant(_INT, 0)
    start = builder.inttoptr(base, _INT.as_pointer())
    pointers = [builder.gep(start, [at], source_etype=_INT)]
    for t, array in zip(signature.args[3:], arrays, strict=True):
        pointers.append(_element(context, builder, t, array, zero))
    function = ir.FunctionType(_INT, [p.type for p in pointers])
    return builder.call(builder.inttoptr(address, function.as_pointer()), pointers)


@_intrinsic
def call_successors_from(
    context: Any, address: Any, base: Any, at: Any, out: Any, labels: Any, fired: Any
) -> Any:
    """Call a `successors` function on word `at` of the states at an address in memory."""
    return types.int64(address, base, at, out, labels, fired), _call_from


@_intrinsic
def call_blocked_from(context: Any, address: Any, base: Any, at: Any, counts: Any) -> Any:
    """Call a `blocked` function on word `at` of the states at an address in memory."""
    return types.int64(address, base, at, counts), _call_from


@_intrinsic
def call_check(context: Any, address: Any, state: Any, at: Any, labels: Any, label: Any) -> Any:
    """Call a `check` function by its address."""
    return types.int64(address, state, at, labels, label), _call


@_intrinsic
def call_blocked(context: Any, address: Any, state: Any, at: Any, counts: Any, first: Any) -> Any:
    """Call a `blocked` function by its address."""
    return types.int64(address, state, at, counts, first), _call


@_intrinsic
def prefetch(context: Any, array: Any, index: Any) -> Any:
    """Ask for the cache line of array[index]."""
    signature = types.void(array, index)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        at = _element(context, builder, signature.args[0], *args)
        byte = ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [byte] + [ir.IntType(32)] * 3)
        function: Any = cgutils
        function = function.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        flags = [ir.Constant(ir.IntType(32), n) for n in (0, 3, 1)]
        builder.call(function, [builder.bitcast(at, byte), *flags])
        return context.get_dummy_value()

    return signature, generate


@compiled
def hash_of(states: Any, at: int, words: int) -> Any:
    """A 64-bit hash of the `words` words from `at`."""
    h = np.uint64(0x9E3779B97F4A7C15)
    for i in range(words):
        h = (h ^ states[at + i]) * np.uint64(0xFF51AFD7ED558CCD)
        h ^= h >> np.uint64(32)
    h *= np.uint64(0xC4CEB9FE1A85EC53)
    return h ^ (h >> np.uint64(29))


@compiled
def equal(states: Any, at: Any, others: Any, where: Any, words: int) -> bool:
    """Whether the words from two places are the same."""
    for i in range(words):  # noqa: SIM110 - compiled
        if states[at + i] != others[where + i]:
            return False
    return True


@compiled
def owner_of(h: Any, owners: Any) -> Any:
    """Which of so many owners has the states of a hash: by its upper half, as tables use the lower.

    Every owner has the same share of the hashes, whatever their number.
    """
    return np.int64(((h >> np.uint64(32)) * np.uint64(owners)) >> np.uint64(32))


@compiled
def deal(
    states: Any, words: int, count: int, owners: int, order: Any, numbers: Any, sizes: Any
) -> None:
    """For each state its owner, and its number among them; `sizes` counts each owner's states."""
    for k in range(count):
        p = owner_of(hash_of(states, k * words, words), owners)
        order[k] = p
        numbers[k] = sizes[p] * owners + p
        sizes[p] += 1


@compiled
def forget(states: Any, words: int, count: int, end: int, table: Any) -> None:
    """Take the states from `count` to `end`, the last that were inserted, out of the table."""
    mask = np.uint64(len(table) - 1)
    for k in range(end - 1, count - 1, -1):
        h = hash_of(states, k * words, words) & mask
        while np.int64(table[h]) != k + 1:
            h = (h + np.uint64(1)) & mask
        table[h] = 0


@compiled
def rehash(states: Any, words: int, count: int, table: Any) -> None:
    """Fill an empty table with the first `count` states."""
    mask = np.uint64(len(table) - 1)
    hashes = np.empty(BATCH, np.uint64)
    for start in range(0, count, BATCH):
        end = min(count, start + BATCH)
        for k in range(start, end):
            h = hash_of(states, k * words, words) & mask
            hashes[k - start] = h
            prefetch(table, np.int64(h))
        for k in range(start, end):
            h = hashes[k - start]
            while table[h] != 0:
                h = (h + np.uint64(1)) & mask
            table[h] = k + 1


@compiled
def find(states: Any, words: int, table: Any, state: Any, at: int) -> int:
    """The index of the state at a place, or -1."""
    mask = np.uint64(len(table) - 1)
    h = hash_of(state, at, words) & mask
    while True:
        k = np.int64(table[h]) - 1
        if k < 0:
            return -1
        if equal(states, k * words, state, at, words):
            return int(k)
        h = (h + np.uint64(1)) & mask


@compiled
def sweep(blocked: int, words: int, states: Any, count: int, step: int, counts: Any) -> None:
    """Run a `blocked` function over every `step`-th state."""
    for k in range(0, count, step):
        call_blocked(blocked, states, k * words, counts, 0)


@compiled
def sweep_parts(
    blocked: int, words: int, bases: Any, order: Any, cursors: Any, step: int, counts: Any
) -> None:
    """The same over states of several owners; `order` has the owner of each, in the same order."""
    for i in range(len(order)):
        p = order[i]
        if i % step == 0:
            call_blocked_from(blocked, bases[p], cursors[p] * words, counts)
        cursors[p] += 1


def _searching(fixed: int) -> Callable[..., int]:
    """The search for states of `fixed` words, whose loops are unrolled; of any number if 0."""

    @compiled
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
        out: Any,
        labels: Any,
        ends: Any,
        hashes: Any,
        expansions: int,
    ) -> int:
        """Expand up to `expansions` states; returns why it stopped, with progress in `control`.

        `bad` has bit i set if property i is an invariant (whose bit in `check` means violated); the
        other bits of `check` are collected in control[REACHED].
        """
        words = fixed if fixed else given
        mask = np.uint64(len(table) - 1)
        room = len(parents)
        head, count = control[HEAD], control[COUNT]
        depth, level_end = control[DEPTH], control[LEVEL_END]
        reached = control[REACHED]
        status = PAUSED
        stop = head + expansions
        while status == PAUSED:
            if head == count:
                status = DONE
                break
            if head >= stop:
                break
            if head == level_end:
                depth += 1
                level_end = count
            # Make the successors of some states, as many as surely fit.
            fired_before[:] = fired
            most_states = min(BATCH, level_end - head, stop - head)
            batch, made = 0, 0
            while batch < most_states and made + most <= len(labels):
                at = (head + batch) * words
                n = call_successors(
                    successors, states, at, out, made * words, labels, made, fired, 0
                )
                for j in range(made, made + n):
                    h = hash_of(out, j * words, words)
                    hashes[j] = h
                    prefetch(table, np.int64(h & mask))
                made += n
                ends[batch] = made
                batch += 1
            if count + made > room:
                status = FULL
            elif 2 * (count + made) > len(table):
                status = CROWDED
            if status != PAUSED:
                fired[:] = fired_before
                break
            for j in range(made):
                k = np.int64(table[hashes[j] & mask]) - 1
                if k >= 0:
                    prefetch(states, k * words)
            # Insert those that are new.
            j = 0
            for b in range(batch):
                while j < ends[b]:
                    at = j * words
                    if labels[j] >= np.uint32(0x80000000):
                        control[FOUND] = np.int64(labels[j] & np.uint32(0x7FFFFFFF))
                        control[WHERE] = head
                        status = SENSELESS
                        break
                    h = hashes[j] & mask
                    k = np.int64(table[h]) - 1
                    while k >= 0 and not equal(states, k * words, out, at, words):
                        h = (h + np.uint64(1)) & mask
                        k = np.int64(table[h]) - 1
                    label = j
                    j += 1
                    if k >= 0:
                        continue
                    table[h] = count + 1
                    for i in range(words):
                        states[count * words + i] = out[at + i]
                    parents[count] = head
                    verdict = call_check(check, out, at, labels, label)
                    reached |= verdict & ~bad
                    if verdict & bad:
                        control[FOUND], control[WHERE] = verdict & bad, count
                        status = VIOLATED
                    count += 1
                    if status == PAUSED and count == limit:
                        status = LIMIT
                    if status != PAUSED:
                        break
                head += 1
                if status != PAUSED:
                    # Count the transitions of the states that were expanded, and no others.
                    fired[:] = fired_before
                    for s in range(head - b - 1, head):
                        call_successors(successors, states, s * words, out, 0, labels, 0, fired, 0)
                    break
        control[HEAD], control[COUNT] = head, count
        control[DEPTH], control[LEVEL_END] = depth, level_end
        control[REACHED] = reached
        return status

    return search


_searches: dict[int, Callable[..., int]] = {}


def search_for(words: int) -> Callable[..., int]:
    """The search for states of so many words: unrolled for few."""
    fixed = words if words <= 4 else 0
    if fixed not in _searches:
        _searches[fixed] = _searching(fixed)
    return _searches[fixed]


@compiled
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
