"""`blocked`: how often each guard is the first of its action to fail, as machine code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from quorate.checker.ground.instances import Instance
from quorate.checker.ground.nodes import Bool, Graph
from quorate.model.language.ir import core as c

from .assembly import I64, POINTER, Builder, Module
from .lowering import NodeLowering, const, load_words, new_function
from .messages import over_messages

Goal = tuple[str, int]  # an action and the position of one of its guards
OUTSIDE: Goal = "@constraint", 0
_BOUNDS = c.Action(name=OUTSIDE[0], parameters=(), guards=(), effects=(), fault=None)


def outside(condition: Bool, graph: Graph) -> Instance:
    """What `OUTSIDE` counts the states of, by the condition for a state to be outside."""
    return Instance(_BOUNDS, (), (), True, (graph.not_(condition),), ())


def add_blocked(
    module: Module, graph: Graph, words: int, instances: Sequence[Instance], goals: list[Goal]
) -> None:
    """`i64 blocked(state*, counts*)`: adds, for each goal, how often its guard failed first.

    A guard fails first where the message exists, the budget lasts and all earlier guards hold.
    """
    pointer = POINTER
    f = new_function(module, "blocked", [pointer, pointer])
    b = Builder(f.append_basic_block("entry"))
    low = NodeLowering(b, load_words(b, f.args[0], words), graph)
    totals: dict[Goal, Any] = {}

    def count(instance: Instance, add: Callable[[Goal, Any], None], low: NodeLowering) -> None:
        before: list[Bool] = [instance.implicit]
        for k, guard in enumerate(instance.guards):
            fails = graph.and_([*before, graph.not_(guard)])
            goal = (instance.action.name, k)
            if fails is not False and goal in goals:
                add(goal, b.zext(low.condition(fails), I64))
            before.append(guard)

    def accumulate(goal: Goal, number: Any) -> None:
        totals[goal] = b.add(totals[goal], number) if goal in totals else number

    def store(goal: Goal, number: Any) -> None:
        cell = b.gep(f.args[1], const(goals.index(goal)), I64)
        b.store(b.add(b.load(cell, I64), number), cell)

    for instance in instances:
        if instance.loops:
            body = partial(count, instance, store)
            over_messages(b, f, list(instance.loops), low.scoped(), body)
        else:
            count(instance, accumulate, low)
    for goal, total in totals.items():
        store(goal, total)
    b.ret(const(0))
