"""Run a compiled function over the states of a store, all of them or a sample."""

from __future__ import annotations

from typing import Any

from quorate.checker.explore.codegen.native import call_blocked, call_blocked_from, native


@native
def sweep(function: int, words: int, states: Any, count: int, step: int, counts: Any) -> None:
    """Run the function at an address over every `step`-th state; it adds to `counts`."""
    for k in range(0, count, step):
        call_blocked(function, states, k * words, counts, 0)


@native
def sweep_parts(
    function: int, words: int, bases: Any, order: Any, cursors: Any, step: int, counts: Any
) -> None:
    """The same over states of several shards; `order` has the shard of each, in the same order."""
    for i in range(len(order)):
        p = order[i]
        if i % step == 0:
            call_blocked_from(function, bases[p], cursors[p] * words, counts, 0)
        cursors[p] += 1
