"""Passes over a graph of states, in compiled code: each takes time linear in its size.

The edges that leave state k are those numbered from offsets[k] up to offsets[k + 1]. An edge to the
state itself changes nothing, and counts as no step anywhere here.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from quorate.checker.explore.codegen.native import call_check, native

FAR = 0xFFFFFFFF  # a distance: not reached


@native
def mark(function: int, words: int, states: Any, count: int, kinds: Any, marks: Any) -> None:
    """For each state what a compiled function says of it."""
    for k in range(count):
        marks[k] = call_check(function, states, k * words, kinds, 0)


@native
def mark_steps(
    function: int,
    words: int,
    states: Any,
    sources: Any,
    targets: Any,
    wanted: int,
    buffer: Any,
    kinds: Any,
    found: Any,
) -> None:
    """found[i] becomes the first edge for which a compiled function of two states sets bit i.

    Only bits that are `wanted` are looked for.
    """
    for e in range(len(sources)):
        s, t = np.int64(sources[e]), np.int64(targets[e])
        if s == t:
            continue
        for w in range(words):
            buffer[w] = states[s * words + w]
            buffer[words + w] = states[t * words + w]
        bits = call_check(function, buffer, 0, kinds, 0) & wanted
        if bits != 0:
            for i in range(63):
                if (bits >> i) & 1:
                    found[i] = e
            wanted &= ~bits
            if wanted == 0:
                break


@native
def depths(parents: Any, count: int, depth: Any) -> None:
    """The distance of each state from the initial ones, given its parent in a shortest path."""
    for k in range(count):
        parent = np.int64(parents[k])
        if parent == k:
            depth[k] = 0
        else:
            depth[k] = depth[parent] + 1


@native
def enabled_units(offsets: Any, targets: Any, units: Any, enabled: Any) -> None:
    """For each state the set of units that a step from it belongs to, as bits."""
    for k in range(len(enabled)):
        bits = np.uint64(0)
        for e in range(offsets[k], offsets[k + 1]):
            if np.int64(targets[e]) != k and units[e] >= 0:
                bits |= np.uint64(1) << np.uint64(units[e])
        enabled[k] = bits


@native
def spread(
    offsets: Any,
    targets: Any,
    allowed: Any,
    seeds: Any,
    depth: Any,
    distance: Any,
    via: Any,
    queue: Any,
) -> None:
    """Distances of the states that can be reached from the seeds through allowed states.

    A seed starts at its depth; the seeds are sorted by it. `via` is the edge by which a state is
    reached, -1 for a seed; `distance` must be FAR everywhere before.
    """
    # What waits in the queue is never more than one step further than the state under way, so a
    # seed can be taken out of turn where it is nearer than the queue's first. It may wait there
    # itself, reached from another seed that is as near.
    head, tail, following, most = 0, 0, 0, len(seeds)
    while head < tail or following < most:
        if head < tail and (following == most or distance[queue[head]] <= depth[seeds[following]]):
            k = np.int64(queue[head])
            head += 1
        else:
            k = np.int64(seeds[following])
            following += 1
            if distance[k] <= depth[k]:
                continue
            distance[k] = depth[k]
            via[k] = -1
        for e in range(offsets[k], offsets[k + 1]):
            t = np.int64(targets[e])
            if allowed[t] != 0 and distance[t] == FAR:
                distance[t] = distance[k] + 1
                via[t] = e
                queue[tail] = t
                tail += 1


@native
def components(
    offsets: Any,
    targets: Any,
    active: Any,
    nodes: Any,
    component: Any,
    index: Any,
    low: Any,
    stack: Any,
    calls: Any,
    position: Any,
) -> int:
    """Strongly connected components of the active states, which `nodes` lists; returns how many.

    Tarjan's algorithm (SIAM J. Comput. 1972, section 4), without recursion. component[k] becomes
    the number of k's component, from 1; `component` and `index` must be 0 for all before.
    """
    count, clock, top = 0, 0, 0
    for i in range(len(nodes)):
        if index[nodes[i]] != 0:
            continue
        depth, entering = 0, np.int64(nodes[i])
        while depth >= 0:
            if entering >= 0:
                clock += 1
                index[entering] = clock
                low[entering] = clock
                position[entering] = offsets[entering]
                stack[top] = entering
                top += 1
                calls[depth] = entering
                entering = np.int64(-1)
            k = np.int64(calls[depth])
            e = position[k]
            if e < offsets[k + 1]:
                position[k] = e + 1
                t = np.int64(targets[e])
                if active[t] != 0 and component[t] == 0:
                    if index[t] == 0:
                        entering = t
                        depth += 1
                    else:
                        low[k] = min(low[k], index[t])
                continue
            if low[k] == index[k]:
                count += 1
                while component[k] == 0:
                    top -= 1
                    component[stack[top]] = count
            depth -= 1
            if depth >= 0:
                above = np.int64(calls[depth])
                low[above] = min(low[above], low[k])
    return count


@native
def summaries(
    offsets: Any,
    targets: Any,
    units: Any,
    enabled: Any,
    wanted: Any,
    nodes: Any,
    component: Any,
    present: Any,
    absent: Any,
    taken: Any,
    good: Any,
) -> None:
    """For each component which units are enabled in some state, not enabled in some, and taken.

    A unit is taken if a step of it leads from a state of the component to another of the same
    component. `good` says whether one of its states is wanted.
    """
    for i in range(len(nodes)):
        k = np.int64(nodes[i])
        c = component[k]
        present[c] |= enabled[k]
        absent[c] |= ~enabled[k]
        good[c] |= wanted[k]
        for e in range(offsets[k], offsets[k + 1]):
            t = np.int64(targets[e])
            if t != k and component[t] == c and units[e] >= 0:
                taken[c] |= np.uint64(1) << np.uint64(units[e])
