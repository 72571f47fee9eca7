"""`successors`: the successors of a state, as machine code."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from quorate.checker.ground.instances import Instance
from quorate.checker.ground.nodes import Bool, Graph

from .assembly import I1, I32, I64, POINTER, Builder, Module, constant
from .groups import Cluster, Group, action_of, clustered, conjuncts, enabled, grouped
from .known import Known
from .labels import UNDEFINED_STEP
from .literals import Sums
from .lowering import NodeLowering, const, load_words, new_function
from .masks import MaskedStep, MaskedSteps, masked_step
from .messages import over_messages

FEW_MASKS = 4  # so many steps in a row that are masks are worth a loop
MOST_IN_GROUP = 32  # steps of one group that become masks

Totals = dict[str, Any]  # how many instances of each action are enabled, of those emitted so far


def add_successors(
    module: Module,
    graph: Graph,
    words: int,
    instances: Sequence[Instance],
    actions: list[str],
    codes: Sequence[int] | None = None,
    masks: bool = True,
) -> None:
    """`i64 successors(state*, out*, labels*, fired*)`: the changed successors of a state.

    Writes each as `words` words to out and the index of an instance to labels, adds to `fired`
    how often each action is enabled, and returns how many successors were written. With `codes`,
    there is one successor for each enabled instance, also where it is the state itself, and its
    label has 64 bits: the code of the instance, more by 1 for each choice of its messages before.
    Without `masks`, no steps are taken side by side.
    """
    pointer = POINTER
    f = new_function(module, "successors", [pointer, pointer, pointer, pointer])
    state, out, labels, fired = f.args
    b = Builder(f.append_basic_block("entry"))
    count = b.alloca(I64)
    b.store(const(0), count)
    before = NodeLowering(b, load_words(b, state, words), graph)
    emit = _Emitter(f, b, before, count, out, labels, codes)
    masked = MaskedSteps(f, b, before.words.values)
    totals: Totals = {}
    single = [Group((x,), (i,)) for i, x in enumerate(instances)]
    groups = grouped(instances) if codes is None else single

    def add_fired(totals: Totals, name: str, number: Any) -> None:
        totals[name] = b.add(totals[name], number) if name in totals else number

    def count_fired(totals: Totals) -> None:
        for name, number in totals.items():
            cell = b.gep(fired, const(actions.index(name)), I64)
            b.store(b.add(b.load(cell, I64), number), cell)

    def emit_clusters(parts: Sequence[Group | Cluster], low: NodeLowering, totals: Totals) -> None:
        for part in parts:
            name = action_of(part)
            if isinstance(part, Cluster):
                with b.if_then(low.condition(part.tests)):
                    inside: Totals = {}
                    emit_clusters(part.parts, low.scoped(), inside)
                    count_fired(inside)
            elif part.instances[0].loops:
                cell = b.gep(fired, const(actions.index(name)), I64)
                emit.looped(part.instances[0], part.labels[0], cell)
            else:
                add_fired(totals, name, emit.straight(part, low))

    for steps, run in mask_runs(graph, groups, masks and codes is None):
        if steps:
            for name, number in masked.emit(steps, count, out, labels):
                add_fired(totals, name, number)
        emit_clusters(clustered(graph, run), before, totals)
    count_fired(totals)
    b.ret(b.load(count, I64))


def mask_runs(
    graph: Graph, groups: Sequence[Group], masks: bool
) -> Iterator[tuple[list[MaskedStep], list[Group]]]:
    """The groups in their order, as runs of masked steps and runs of others."""

    sums = Sums()

    def steps(number: int, group: Group) -> list[MaskedStep] | None:
        if not masks or len(group.instances) > MOST_IN_GROUP:
            return None
        found = []
        for instance, label in zip(group.instances, group.labels, strict=True):
            if _undefined(graph, instance):
                return None
            step = masked_step(graph, sums, instance, label, number)
            if step is None:
                return None
            found.append(step)
        return found

    pairs = [(steps(number, group), group) for number, group in enumerate(groups)]
    others: list[Group] = []
    for is_mask, run in itertools.groupby(pairs, key=lambda pair: pair[0] is not None):
        of_run = list(run)
        flat = [step for found, _ in of_run for step in found or ()]
        if is_mask and len(flat) >= FEW_MASKS:
            if others:
                yield [], others
            yield flat, []
            others = []
        else:
            others = others + [group for _, group in of_run]
    if others:
        yield [], others


def _undefined(graph: Graph, instance: Instance) -> bool:
    """Whether a guard, or an enabled step, may be undefined in some state."""
    if any(u.when is not False for u in instance.undefined[: instance.early]):
        return True
    known, can = Known(graph, instance, after=False), enabled(graph, instance)
    late = instance.undefined[instance.early :]
    return any(graph.and_([can, known.value(u.when)]) is not False for u in late)


class _Emitter:
    def __init__(
        self,
        f: Any,
        b: Builder,
        before: NodeLowering,
        count: Any,
        out: Any,
        labels: Any,
        codes: Sequence[int] | None,
    ) -> None:
        self.f, self.b, self.before, self.codes = f, b, before, codes
        self.count, self.out, self.labels = count, out, labels

    def straight(self, group: Group, low: NodeLowering) -> Any:
        """Emit a group's successor where any of its guards holds; returns how many hold."""
        b = self.b
        guards = [low.condition(enabled(low.g, i)) for i in group.instances]
        early = low.g.or_(u.when for i in group.instances for u in i.undefined[: i.early])
        undefined = low.g.or_(u.when for i in group.instances for u in i.undefined)
        numbers = [b.zext(g, I64) for g in guards]
        total = numbers[0]
        for n in numbers[1:]:
            total = b.add(total, n)
        some = guards[0]
        for g in guards[1:]:
            some = b.or_(some, g)
        label: Any = constant(I32, group.labels[-1])
        for g, index in reversed(list(zip(guards[:-1], group.labels[:-1], strict=True))):
            label = b.select(g, constant(I32, index), label)
        if self.codes is not None:
            label, early, undefined = const(self.codes[group.labels[0]]), False, False
        if early is not False:
            some = b.or_(some, low.condition(early))
        with b.if_then(some, likely=False):
            self._emit(low.scoped(), group.instances[0], label, undefined)
        return total

    def looped(self, instance: Instance, label: int, fired: Any) -> None:
        """Emit an instance once for every message that its loops find sent."""
        b = self.b

        g = self.before.g
        if self.codes is not None:
            self._looped_every(instance, self.codes[label], fired)
            return
        early = g.or_(u.when for u in instance.undefined[: instance.early])
        undefined = g.or_(u.when for u in instance.undefined)

        def body(low: NodeLowering) -> None:
            holds = low.condition(enabled(g, instance))
            some = holds if early is False else b.or_(holds, low.condition(early))
            with b.if_then(some, likely=False):
                b.store(b.add(b.load(fired, I64), b.zext(holds, I64)), fired)
                self._emit(low.scoped(), instance, constant(I32, label), undefined)

        sure = conjuncts(enabled(g, instance))
        if early is not False:
            possible = [conjuncts(u.when) for u in instance.undefined[: instance.early]]
            sure = tuple(p for p in sure if all(p in tests for tests in possible))
        over_messages(b, self.f, instance.loops, self.before.scoped(), body, sure)

    def _looped_every(self, instance: Instance, code: int, fired: Any) -> None:
        b, g = self.b, self.before.g

        def body(low: NodeLowering) -> None:
            number: Any = const(0)
            for loop in instance.loops:
                choice = b.mul(low.scalar(loop.index), const(loop.messages.payloads))
                choice = b.add(choice, low.scalar(loop.payload))
                number = b.add(b.mul(number, const(loop.choices)), choice)
            with b.if_then(low.condition(enabled(g, instance))):
                b.store(b.add(b.load(fired, I64), const(1)), fired)
                self._emit(low.scoped(), instance, b.add(number, const(code)), False)

        sure = conjuncts(enabled(g, instance))
        over_messages(b, self.f, instance.loops, self.before.scoped(), body, sure)

    def _emit(self, low: NodeLowering, instance: Instance, label: Any, undefined: Bool) -> None:
        """Append the successor, unless it is the state itself; mark it where it is undefined."""
        b = self.b
        after = low.stored(instance.stores)
        different: Any = None
        for old, new in zip(low.words.values, after, strict=True):
            if old is not new:
                changed = b.icmp_unsigned("!=", old, new)
                different = changed if different is None else b.or_(different, changed)
        if undefined is not False:
            wrong = low.condition(undefined)
            mark = b.select(wrong, constant(I32, UNDEFINED_STEP), constant(I32, 0))
            label = b.or_(label, mark)
            different = wrong if different is None else b.or_(different, wrong)
        if self.codes is not None:
            different = constant(I1, 1)
        if different is None:
            return
        with b.if_then(different):
            n = b.load(self.count, I64)
            base = b.mul(n, const(len(after)))
            for i, word in enumerate(after):
                at = b.gep(self.out, b.add(base, const(i)), I64)
                b.store(word, at)
            b.store(label, b.gep(self.labels, n, label.type))
            b.store(b.add(n, const(1)), self.count)
