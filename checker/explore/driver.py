"""The breadth-first search itself: generic in the protocol, compiled by Numba once per machine.

The array of states is also the queue, so no state is stored twice; an open-addressing table holds
indices into it. Successors of one state are hashed and prefetched together before the first probe,
so that their cache misses overlap. Whole states are compared: nothing is taken on a fingerprint.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

# Places in the control array.
HEAD, COUNT, DEPTH, LEVEL_END, REACHED, FOUND, WHERE = range(7)
CONTROLS = 7

# Why `search` returned.
DONE, PAUSED, FULL, CROWDED, VIOLATED, SENSELESS = range(6)

_INT = ir.IntType(64)


@intrinsic  # type: ignore[untyped-decorator]
def _call_successors(
    context: Any, address: Any, state: Any, out: Any, labels: Any, fired: Any
) -> Any:
    """Call a `successors` function by its address, with the first elements of four arrays."""
    signature = types.int64(address, state, out, labels, fired)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _call(context, builder, args[0], list(zip(signature.args, args, strict=True))[1:])

    return signature, generate


@intrinsic  # type: ignore[untyped-decorator]
def _call_check(context: Any, address: Any, state: Any) -> Any:
    """Call a `check` function by its address."""
    signature = types.int64(address, state)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _call(context, builder, args[0], list(zip(signature.args, args, strict=True))[1:])

    return signature, generate


def _call(context: Any, builder: Any, address: Any, arrays: Any) -> Any:
    pointers = [context.make_array(t)(context, builder, a).data for t, a in arrays]
    function = ir.FunctionType(_INT, [p.type for p in pointers])
    return builder.call(builder.inttoptr(address, function.as_pointer()), pointers)


@intrinsic  # type: ignore[untyped-decorator]
def _prefetch(context: Any, array: Any, index: Any) -> Any:
    """Ask for the cache line of array[index], to be written soon."""
    signature = types.void(array, index)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        at = builder.gep(data, [args[1]])
        byte = ir.IntType(8).as_pointer()
        name = "llvm.prefetch.p0"
        kind = ir.FunctionType(ir.VoidType(), [byte] + [ir.IntType(32)] * 3)
        function = cgutils.get_or_insert_function(builder.module, kind, name)
        flags = [ir.Constant(ir.IntType(32), n) for n in (1, 3, 1)]
        builder.call(function, [builder.bitcast(at, byte), *flags])
        return context.get_dummy_value()

    return signature, generate


@njit(cache=True, inline="always")  # type: ignore[untyped-decorator]
def hash_of(states: Any, at: int, words: int) -> Any:
    """A 64-bit hash of the `words` words from `at`."""
    h = np.uint64(0x9E3779B97F4A7C15)
    for i in range(words):
        h = (h ^ states[at + i]) * np.uint64(0xFF51AFD7ED558CCD)
        h ^= h >> np.uint64(32)
    h *= np.uint64(0xC4CEB9FE1A85EC53)
    return h ^ (h >> np.uint64(29))


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def rehash(states: Any, words: int, count: int, table: Any) -> None:
    """Fill an empty table with the first `count` states."""
    mask = np.uint64(len(table) - 1)
    for k in range(count):
        h = hash_of(states, k * words, words) & mask
        while table[h] != 0:
            h = (h + np.uint64(1)) & mask
        table[h] = k + 1


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def find(states: Any, words: int, table: Any, state: Any) -> int:
    """The index of a state, or -1."""
    mask = np.uint64(len(table) - 1)
    h = hash_of(state, 0, words) & mask
    while True:
        k = np.int64(table[h]) - 1
        if k < 0:
            return -1
        same = True
        for i in range(words):
            if states[k * words + i] != state[i]:
                same = False
                break
        if same:
            return k
        h = (h + np.uint64(1)) & mask


@intrinsic  # type: ignore[untyped-decorator]
def _call_blocked(context: Any, address: Any, state: Any, counts: Any) -> Any:
    """Call a `blocked` function by its address."""
    signature = types.int64(address, state, counts)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _call(context, builder, args[0], list(zip(signature.args, args, strict=True))[1:])

    return signature, generate


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def sweep(blocked: int, words: int, states: Any, count: int, step: int, counts: Any) -> None:
    """Run a `blocked` function over every `step`-th state."""
    for k in range(0, count, step):
        _call_blocked(blocked, states[k * words :], counts)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def search(
    successors: int,
    check: int,
    words: int,
    bad: int,
    states: Any,
    parents: Any,
    table: Any,
    control: Any,
    fired: Any,
    out: Any,
    labels: Any,
    hashes: Any,
    expansions: int,
) -> int:
    """Expand up to `expansions` states; returns why it stopped, with progress in `control`.

    `bad` has bit i set if property i is an invariant (whose bit in `check` means violated); the
    other bits of `check` are collected in control[REACHED].
    """
    mask = np.uint64(len(table) - 1)
    room = len(parents)
    head, count = control[HEAD], control[COUNT]
    depth, level_end = control[DEPTH], control[LEVEL_END]
    reached = control[REACHED]
    most = len(hashes)
    status = PAUSED
    stop = head + expansions
    while True:
        if head == count:
            status = DONE
            break
        if head == stop:
            break
        if count + most > room:
            status = FULL
            break
        if 2 * (count + most) > len(table):
            status = CROWDED
            break
        if head == level_end:
            depth += 1
            level_end = count
        n = _call_successors(successors, states[head * words :], out, labels, fired)
        for j in range(n):
            h = hash_of(out, j * words, words)
            hashes[j] = h
            _prefetch(table, np.int64(h & mask))
        for j in range(n):
            at = j * words
            if labels[j] >= np.uint32(0x80000000):
                control[FOUND], control[WHERE] = np.int64(labels[j] & np.uint32(0x7FFFFFFF)), head
                status = SENSELESS
                break
            h = hashes[j] & mask
            while True:
                k = np.int64(table[h]) - 1
                if k < 0:
                    table[h] = count + 1
                    for i in range(words):
                        states[count * words + i] = out[at + i]
                    parents[count] = head
                    verdict = _call_check(check, out[at:])
                    if verdict & bad:
                        control[FOUND], control[WHERE] = verdict & bad, count
                        status = VIOLATED
                    reached |= verdict & ~bad
                    count += 1
                    break
                same = True
                for i in range(words):
                    if states[k * words + i] != out[at + i]:
                        same = False
                        break
                if same:
                    break
                h = (h + np.uint64(1)) & mask
            if status == VIOLATED:
                break
        if status in (VIOLATED, SENSELESS):
            break
        head += 1
    control[HEAD], control[COUNT] = head, count
    control[DEPTH], control[LEVEL_END] = depth, level_end
    control[REACHED] = reached
    return status


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
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
    """Collect the transitions between known states out of the first `expanded`; returns how many."""
    found = 0
    for k in range(expanded):
        n = _call_successors(successors, states[k * words :], out, labels, fired)
        for j in range(n):
            target = find(states, words, table, out[j * words : (j + 1) * words])
            if target >= 0:
                sources[found], targets[found], kinds[found] = k, target, labels[j]
                found += 1
    return found
