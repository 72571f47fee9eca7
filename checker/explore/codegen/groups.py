"""Action instances grouped by their effects, and by cheap tests that they share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from quorate.checker.ground.instances import Instance, used_in_effects
from quorate.checker.ground.nodes import Bool, Graph, Node, nodes_in

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
    actions = {i.action.name: i.action for i in instances}
    used = {name: used_in_effects(action) for name, action in actions.items()}
    for i, instance in enumerate(instances):
        name, arguments = instance.action.name, instance.arguments
        key: Any = (name, tuple(arguments[k] for k in used[name]), bool(instance.stores))
        found.setdefault(i if instance.loops else key, []).append(i)
    return [Group(tuple(instances[i] for i in g), tuple(g)) for g in found.values()]


def enabled(g: Graph, instance: Instance) -> Bool:
    """Where an instance can be taken."""
    return g.and_([instance.implicit, *instance.guards])


@dataclass(frozen=True)
class Cluster:
    """Groups of one action, and clusters of them, to look at only where these tests hold."""

    tests: Bool
    parts: tuple[Group | Cluster, ...]

    @property
    def action(self) -> str:
        return action_of(self.parts[0])


def action_of(part: Group | Cluster) -> str:
    """The name of the action that all instances are of."""
    return part.action if isinstance(part, Cluster) else part.instances[0].action.name


def clustered(graph: Graph, groups: Sequence[Group]) -> list[Group | Cluster]:
    """The groups in their order, clustered by tests that some in a row have in common.

    These tests are cheap (of cells against constants). They are worth a branch if the rest of the
    guards is long. Within a cluster there are clusters by further tests: a client that is not
    asking costs one branch, not one for each answer that it might have.
    """

    def common(group: Group) -> dict[int, Node]:
        if group.instances[0].loops:
            return {}
        tests = [cell_tests(enabled(graph, i)) for i in group.instances]
        # Where a guard is undefined, the step must be looked at as well.
        tests += [cell_tests(u.when) for i in group.instances for u in i.undefined[: i.early]]
        return {k: p for k, p in tests[0].items() if all(k in t for t in tests)}

    return _clusters(graph, [(group, common(group)) for group in groups])


def _clusters(
    graph: Graph, pairs: Sequence[tuple[Group, dict[int, Node]]]
) -> list[Group | Cluster]:
    """Clusters of groups, each of which comes with the tests that were not made yet."""
    found: list[Group | Cluster] = []
    start = 0
    while start < len(pairs):
        first, shared = pairs[start]
        end = start + 1
        while end < len(pairs) and action_of(pairs[end][0]) == action_of(first):
            both = {k: p for k, p in shared.items() if k in pairs[end][1]}
            if not both:
                break
            shared, end = both, end + 1
        if not shared:
            found.append(first)
        else:
            run = pairs[start:end]
            left = [(g, {k: p for k, p in own.items() if k not in shared}) for g, own in run]
            parts = _clusters(graph, left)
            guards = [enabled(graph, i) for g, _ in run for i in g.instances]
            rest = sum(1 for _ in nodes_in(guards)) - 2 * len(shared)
            if rest > LONG_GUARD:
                parts = [Cluster(graph.and_(shared.values()), tuple(parts))]
            found += parts
        start = end
    return found


def conjuncts(p: Bool) -> tuple[Node, ...]:
    """The parts that a condition is the conjunction of; of a constant none."""
    if not isinstance(p, Node):
        return ()
    return p.args if p.op == "and" else (p,)


def cell_tests(p: Bool) -> dict[int, Node]:
    """The conjuncts of a condition that test one cell against constants, by their numbers."""
    tests = [q for q in conjuncts(p) if q.op == "isin"]
    return {q.id: q for q in tests if _is_cell(q.args[0])}


def _is_cell(x: Node) -> bool:
    return x.op == "load" and not isinstance(x.args[1], Node)
