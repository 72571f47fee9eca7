"""Action instances grouped by their effects, and by cheap tests that they share."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from quorate.checker.ground.nodes import Bool, Graph, Node, nodes_in

if TYPE_CHECKING:
    from quorate.checker.ground.instances import Instance

# Guards with more operations than this are evaluated only where a cheap part of them holds.
LONG_GUARD = 16


@dataclass(frozen=True)
class Group:
    """Instances that differ only in arguments their effects do not mention: one successor."""

    instances: tuple[Instance, ...]
    labels: tuple[int, ...]


def grouped(instances: Sequence[Instance]) -> list[Group]:
    """Group instances by their effects, in order; labels are their positions.

    An instance that is never enabled, but has a guard that may be undefined, has no stores. It
    represents no instance with effects.
    """
    found: dict[Any, list[int]] = {}
    for i, instance in enumerate(instances):
        key: Any = (instance.action.name, instance.effect_arguments, bool(instance.stores))
        found.setdefault(i if instance.loops else key, []).append(i)
    return [Group(tuple(instances[i] for i in g), tuple(g)) for g in found.values()]


def enabled(g: Graph, instance: Instance) -> Bool:
    """Where an instance can be taken."""
    return g.and_([instance.implicit, *instance.guards])


def clustered(graph: Graph, groups: Sequence[Group]) -> Iterator[tuple[Bool, list[Group]]]:
    """Runs of groups, each with a condition to test before the rest of their guards.

    That condition is cheap (tests of cells against constants) and common to all of them. It is
    worth a branch if the rest is long; otherwise it is True.
    """

    def common(group: Group) -> tuple[Node, ...]:
        tests = [cell_tests(enabled(graph, i)) for i in group.instances]
        # Where a guard is undefined, the step must be looked at as well.
        tests += [cell_tests(u.when) for i in group.instances for u in i.undefined[: i.early]]
        return tuple(p for k, p in tests[0].items() if all(k in t for t in tests))

    def key(group: Group) -> Any:
        if group.instances[0].loops:
            return group.labels
        return group.instances[0].action.name, tuple(p.id for p in common(group))

    for _, run in itertools.groupby(groups, key):
        cluster = list(run)
        shared = common(cluster[0])
        guards = [enabled(graph, i) for g in cluster for i in g.instances]
        rest = sum(1 for _ in nodes_in(guards)) - 2 * len(shared)
        worth = shared and rest > LONG_GUARD and not cluster[0].instances[0].loops
        yield graph.and_(shared) if worth else True, cluster


def cell_tests(p: Bool) -> dict[int, Node]:
    """The conjuncts of a condition that test one cell against constants, by their numbers."""
    parts = p.args if isinstance(p, Node) and p.op == "and" else (p,)
    tests = [q for q in parts if isinstance(q, Node) and q.op == "isin"]
    return {q.id: q for q in tests if _is_cell(q.args[0])}


def _is_cell(x: Node) -> bool:
    return x.op == "load" and not isinstance(x.args[1], Node)
