"""Guard coverage: how often each `require` was the first of its action to fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from quorate.checker.explore.bounds import is_bound, keeps_links
from quorate.checker.lazily import lazily
from quorate.checker.results import GuardCoverage
from quorate.model.language import SizeError
from quorate.model.language.ir import core as c

if TYPE_CHECKING:
    from quorate.checker.explore.codegen import blocked
    from quorate.checker.explore.codegen.blocked import Goal
    from quorate.checker.explore.kernel import Kernel
else:
    blocked = lazily("quorate.checker.explore.codegen.blocked")

SAMPLE = 1_000_000  # guards are counted in at most this many states

# Counts for each guard (an action and the number of its `require`) over every n-th state.
Count = Callable[["list[Goal]", int], list[int]]


def outside(kernel: Kernel, reached: int, count: Count) -> int:
    """How many states are outside the constraints; `reached` are bits of all that were checked."""
    return count([blocked.OUTSIDE], 1)[0] if kernel.outside(reached) else 0


def guard_coverage(
    description: c.Description, states: int, count: Count
) -> tuple[tuple[GuardCoverage, ...], int | None]:
    """The coverage over all states or a sample, and the size of the sample (None for all).

    A guard that is never false in the sample is counted in all states. `count` may raise SizeError:
    with so many guards that only the search itself could be compiled, none is counted.
    """
    goals = [(a.name, k) for a in description.actions for k in range(len(a.guards))]
    if not goals:
        return (), None
    step = max(1, states // SAMPLE)
    try:
        counts = count(goals, step)
    except SizeError:
        return (), None
    missing = [g for g, n in zip(goals, counts, strict=True) if not n]
    if step > 1 and missing:
        found = dict(zip(missing, count(missing, 1), strict=True))
        counts = [n or found[g] for g, n in zip(goals, counts, strict=True)]
    guards = [(name, description.action(name).guards[k]) for name, k in goals]
    rows = tuple(
        GuardCoverage(name, guard.span.line, guard.text, n, is_bound(guard), keeps_links(guard))
        for (name, guard), n in zip(guards, counts, strict=True)
    )
    return rows, states // step if step > 1 else None
