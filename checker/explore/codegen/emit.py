"""Ground instances to machine code: `successors` and `check`, through LLVM.

A state is `words` 64-bit words. A scalar is an i64, a condition an i1. Tests of cells against
constants that stand in one word are melted into one mask comparison; effects become and/or with
masks on the words, which live in registers.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from llvmlite import ir

from quorate.checker.ground.instances import Instance, Loop, Store
from quorate.checker.ground.layout import Column
from quorate.checker.ground.nodes import Bool, Graph, Node, Scalar, nodes_in
from quorate.model.language import SizeError

from .labels import UNDEFINED_STEP
from .literals import Sums, Term, least, word_literal
from .masks import Lanes, MaskedStep, MaskedSteps, masked_step

I64, I32, I1 = ir.IntType(64), ir.IntType(32), ir.IntType(1)
WORD = (1 << 64) - 1

# Of the properties: how many terms may be joined to put in what is known after a step, and how
# many operations there may be in code for one step, in all.
MOST_TERMS_PUT = 300_000
MOST_CODE = 100_000

# Terms that are simplified together: the work grows with the square of their number.
MOST_COMPARED = 256

# Guards with more operations than this are looked at only where a cheap part of them holds.
LONG_GUARD = 16

# So many steps in a row that are masks are worth a loop.
FEW_MASKS = 4
MOST_IN_GROUP = 32  # of steps that do the same


def const(value: int) -> ir.Constant:
    return ir.Constant(I64, value & WORD)


@dataclass
class Words:
    """The words of a state as SSA values, and the memory they were read from."""

    values: list[Any]
    memory: Any


class Lowering:
    """Lowers nodes over one state, in one function; what is computed once is reused below it."""

    def __init__(self, builder: ir.IRBuilder, words: Words, graph: Graph) -> None:
        self.b, self.words, self.g = builder, words, graph
        self.known: dict[int, Any] = {}

    def scoped(self) -> Lowering:
        """A copy whose new results are not visible outside (for code in a branch)."""
        inner = Lowering(self.b, self.words, self.g)
        inner.known = dict(self.known)
        return inner

    # ------------------------------------------------------------ conditions

    def condition(self, p: Bool) -> Any:
        """A condition as an i1."""
        if not isinstance(p, Node):
            return ir.Constant(I1, int(p))
        if p.id not in self.known:
            self.known[p.id] = getattr(self, f"_{p.op}")(p)
        return self.known[p.id]

    def _not(self, p: Node) -> Any:
        return self.b.not_(self.condition(p.args[0]))

    def _eq(self, p: Node) -> Any:
        return self.b.icmp_unsigned("==", self.scalar(p.args[0]), self.scalar(p.args[1]))

    def _lt(self, p: Node) -> Any:
        return self.b.icmp_unsigned("<", self.scalar(p.args[0]), self.scalar(p.args[1]))

    def _iff(self, p: Node) -> Any:
        return self.b.icmp_unsigned("==", self.condition(p.args[0]), self.condition(p.args[1]))

    def _and(self, p: Node) -> Any:
        return self._melted(p.args, "==")

    def _or(self, p: Node) -> Any:
        return self._melted(p.args, "!=")

    def _melted(self, parts: Sequence[Node], sign: str) -> Any:
        """Join parts by and ("==") or or ("!="), one comparison for all tests in one word.

        All of `w & m1 == v1, w & m2 == v2` is `w & (m1|m2) == v1|v2`; dually, one of
        `w & m1 != v1, w & m2 != v2` is `w & (m1|m2) != v1|v2`.
        """
        by_word: dict[int, tuple[int, int]] = {}
        terms = []
        for part in parts:
            literal = word_literal(part, sign)
            if literal is None:
                terms.append(self.condition(part))
                continue
            word, mask, value = literal
            m, v = by_word.get(word, (0, 0))
            by_word[word] = (m | mask, v | value)
        for word, (mask, value) in by_word.items():
            terms.append(self._masked(word, mask, sign, value))
        join = self.b.and_ if sign == "==" else self.b.or_
        found = terms[0]
        for term in terms[1:]:
            found = join(found, term)
        return found

    def _masked(self, word: int, mask: int, sign: str, value: int) -> Any:
        masked = self.b.and_(self.words.values[word], const(mask))
        return self.b.icmp_unsigned(sign, masked, const(value))

    def _isin(self, p: Node) -> Any:
        for sign in ("==", "!="):
            if (literal := word_literal(p, sign)) is not None:
                word, mask, value = literal
                return self._masked(word, mask, sign, value)
        x, mask = p.args
        return self._one_of(self.scalar(x), x.size, mask)

    def _one_of(self, x: Any, size: int, mask: int) -> Any:
        full = (1 << size) - 1
        if mask & (mask + 1) == 0:
            return self.b.icmp_unsigned("<", x, const(mask.bit_length()))
        rest = full & ~mask
        if rest & (rest + 1) == 0:
            return self.b.icmp_unsigned(">=", x, const(rest.bit_length()))
        if mask.bit_count() == 1:
            return self.b.icmp_unsigned("==", x, const(mask.bit_length() - 1))
        if rest.bit_count() == 1:
            return self.b.icmp_unsigned("!=", x, const(rest.bit_length() - 1))
        if size <= 64:
            return self.b.trunc(self.b.lshr(const(mask), x), I1)
        found: Any = None
        for low, high in _runs(mask):
            inside = self.b.icmp_unsigned("<", self.b.sub(x, const(low)), const(high - low))
            found = inside if found is None else self.b.or_(found, inside)
        return found

    # ------------------------------------------------------------ scalars

    def scalar(self, x: Scalar) -> Any:
        """A scalar as an i64."""
        if not isinstance(x, Node):
            return const(x)
        if x.id not in self.known:
            self.known[x.id] = getattr(self, f"_{x.op}")(x)
        return self.known[x.id]

    def _load(self, x: Node) -> Any:
        column, index = x.args
        if not isinstance(index, Node):
            word, bit = column.place(index)
            shifted = self.words.values[word]
            if bit:
                shifted = self.b.lshr(shifted, const(bit))
            if bit + column.bits < 64:
                shifted = self.b.and_(shifted, const((1 << column.bits) - 1))
            return shifted
        word, bit = self.place(column, self.scalar(index))
        value = self.b.load(self.b.gep(self.words.memory, [word], source_etype=I64), typ=I64)
        return self.b.and_(self.b.lshr(value, bit), const((1 << column.bits) - 1))

    def place(self, column: Column, index: Any) -> tuple[Any, Any]:
        """Word and bit of a cell whose index is known only at run time."""
        bits = const(column.bits)
        if column.bits * column.count <= 64:
            bit = self.b.add(self.b.mul(index, bits), const(column.first_bit))
            return const(column.first_word), bit
        word = self.b.udiv(index, const(column.per_word))
        within = self.b.sub(index, self.b.mul(word, const(column.per_word)))
        return self.b.add(word, const(column.first_word)), self.b.mul(within, bits)

    def _add(self, x: Node) -> Any:
        return self.b.add(self.scalar(x.args[0]), self.scalar(x.args[1]))

    def _sub(self, x: Node) -> Any:
        return self.b.sub(self.scalar(x.args[0]), self.scalar(x.args[1]))

    def _mul(self, x: Node) -> Any:
        return self.b.mul(self.scalar(x.args[0]), const(x.args[1]))

    def _div(self, x: Node) -> Any:
        return self.b.udiv(self.scalar(x.args[0]), const(x.args[1]))

    def _mod(self, x: Node) -> Any:
        return self.b.urem(self.scalar(x.args[0]), const(x.args[1]))

    def _select(self, x: Node) -> Any:
        test, a, b = x.args
        return self.b.select(self.condition(test), self.scalar(a), self.scalar(b))

    def _number(self, x: Node) -> Any:
        return self.b.zext(self.condition(x.args[0]), I64)

    # ------------------------------------------------------------ stores

    def stored(self, stores: Iterable[Store]) -> list[Any]:
        """The words after these stores, applied in order; values read the words before."""
        words = list(self.words.values)
        for s in stores:
            when = self.condition(s.when)
            value = self.scalar(s.value)
            if isinstance(s.index, Node):
                self._store_anywhere(words, s, value, when)
            else:
                word, bit = s.column.place(s.index)
                new = self._patched(words[word], s.column, const(bit), value)
                words[word] = new if s.when is True else self.b.select(when, new, words[word])
        return words

    def _patched(self, word: Any, column: Column, bit: Any, value: Any) -> Any:
        hole = self.b.shl(const((1 << column.bits) - 1), bit)
        kept = self.b.and_(word, self.b.xor(hole, const(WORD)))
        return self.b.or_(kept, self.b.shl(value, bit))

    def _store_anywhere(self, words: list[Any], s: Store, value: Any, when: Any) -> None:
        where, bit = self.place(s.column, self.scalar(s.index))
        last = s.column.place(s.column.count - 1)[0]
        for word in range(s.column.first_word, last + 1):
            here = self.b.icmp_unsigned("==", where, const(word))
            here = here if s.when is True else self.b.and_(here, when)
            new = self._patched(words[word], s.column, bit, value)
            words[word] = self.b.select(here, new, words[word])


def _runs(mask: int) -> Iterator[tuple[int, int]]:
    start = None
    for i in range(mask.bit_length() + 1):
        if mask >> i & 1:
            start = i if start is None else start
        elif start is not None:
            yield start, i
            start = None


# ---------------------------------------------------------------- functions


def _function(module: ir.Module, name: str, arguments: Sequence[Any]) -> Any:
    function = ir.Function(module, ir.FunctionType(I64, arguments), name)
    for argument in function.args:
        if isinstance(argument.type, ir.PointerType):
            argument.add_attribute("noalias")
    return function


def _words(b: ir.IRBuilder, memory: Any, count: int) -> Words:
    values = [b.load(b.gep(memory, [const(i)], source_etype=I64), typ=I64) for i in range(count)]
    return Words(values, memory)


@dataclass(frozen=True)
class Group:
    """Instances that differ only in arguments their effects do not mention: one successor."""

    instances: tuple[Instance, ...]
    labels: tuple[int, ...]


def grouped(instances: Sequence[Instance]) -> list[Group]:
    """Group instances by what they do, keeping their order; labels are their positions.

    One that is never enabled, and is there because a guard of it may make no sense, has no stores:
    it does not stand for those that do something.
    """
    found: dict[Any, list[int]] = {}
    for i, instance in enumerate(instances):
        key: Any = (instance.action.name, instance.effect_arguments, bool(instance.stores))
        found.setdefault(i if instance.loops else key, []).append(i)
    return [Group(tuple(instances[i] for i in g), tuple(g)) for g in found.values()]


def add_successors(
    module: ir.Module,
    graph: Graph,
    words: int,
    instances: Sequence[Instance],
    actions: list[str],
    codes: Sequence[int] | None = None,
) -> None:
    """`i64 successors(state*, out*, labels*, fired*)`: the changed successors of a state.

    Writes each as `words` words to out and the index of an instance to labels, adds to `fired`
    how often each action is enabled, and returns how many successors were written. With `codes`,
    there is one successor for each enabled instance, also where it is the state itself, and its
    label has 64 bits: the code of the instance, more by 1 for each choice of its messages before.
    """
    pointer = ir.PointerType()
    f = _function(module, "successors", [pointer, pointer, pointer, pointer])
    state, out, labels, fired = f.args
    b = ir.IRBuilder(f.append_basic_block("entry"))
    count = b.alloca(I64, name="count")
    b.store(const(0), count)
    before = Lowering(b, _words(b, state, words), graph)
    emit = _Emitter(f, b, before, count, out, labels, codes)
    masked = MaskedSteps(f, b, before.words.values)
    totals: dict[str, Any] = {}
    single = [Group((x,), (i,)) for i, x in enumerate(instances)]
    groups = grouped(instances) if codes is None else single

    def add_fired(name: str, number: Any) -> None:
        totals[name] = b.add(totals[name], number) if name in totals else number

    def count_fired(name: str, number: Any) -> None:
        cell = b.gep(fired, [const(actions.index(name))], source_etype=I64)
        b.store(b.add(b.load(cell, typ=I64), number), cell)

    def emit_cluster(shared: Bool, cluster: list[Group]) -> None:
        name = cluster[0].instances[0].action.name
        if cluster[0].instances[0].loops:
            cell = b.gep(fired, [const(actions.index(name))], source_etype=I64)
            emit.looped(cluster[0].instances[0], cluster[0].labels[0], cell)
        elif shared is True:
            for group in cluster:
                add_fired(name, emit.straight(group, before))
        else:
            with b.if_then(before.condition(shared)):
                inner = before.scoped()
                for group in cluster:
                    count_fired(name, emit.straight(group, inner))

    for steps, run in alike(graph, groups, codes is None):
        if steps:
            for name, number in masked.emit(steps, count, out, labels):
                add_fired(name, number)
        for shared, cluster in clustered(graph, run):
            emit_cluster(shared, cluster)
    for name, total in totals.items():
        count_fired(name, total)
    b.ret(b.load(count, typ=I64))
    masked.close()


def alike(
    graph: Graph, groups: Sequence[Group], masks: bool
) -> Iterator[tuple[list[MaskedStep], list[Group]]]:
    """The groups in their order, in runs: either of steps that are masks, or of others."""

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
    """Whether there may be states where a guard, or an enabled step, has no meaning."""
    if any(u.when is not False for u in instance.undefined[: instance.early]):
        return True
    known, can = Known(graph, instance, after=False), enabled(graph, instance)
    late = instance.undefined[instance.early :]
    return any(graph.and_([can, known.value(u.when)]) is not False for u in late)


def clustered(graph: Graph, groups: Sequence[Group]) -> Iterator[tuple[Bool, list[Group]]]:
    """Runs of groups with the condition to test before the rest of their guards is looked at.

    That condition is what is cheap, a test of cells against constants, and common to them all; it
    is worth a branch where the rest is long. Otherwise it is True.
    """

    def common(group: Group) -> tuple[Node, ...]:
        tests = [_tests(enabled(graph, i)) for i in group.instances]
        # Where a guard has no value, the step must be looked at as well.
        tests += [_tests(u.when) for i in group.instances for u in i.undefined[: i.early]]
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


def _tests(p: Bool) -> dict[int, Node]:
    """The conjuncts of a condition that test one cell against constants, by their numbers."""
    parts = p.args if isinstance(p, Node) and p.op == "and" else (p,)
    tests = [q for q in parts if isinstance(q, Node) and q.op == "isin"]
    return {q.id: q for q in tests if _is_cell(q.args[0])}


def _is_cell(x: Node) -> bool:
    return x.op == "load" and not isinstance(x.args[1], Node)


class _Emitter:
    def __init__(
        self,
        f: Any,
        b: ir.IRBuilder,
        before: Lowering,
        count: Any,
        out: Any,
        labels: Any,
        codes: Sequence[int] | None,
    ) -> None:
        self.f, self.b, self.before, self.codes = f, b, before, codes
        self.count, self.out, self.labels = count, out, labels

    def straight(self, group: Group, low: Lowering) -> Any:
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
        label: Any = ir.Constant(I32, group.labels[-1])
        for g, index in reversed(list(zip(guards[:-1], group.labels[:-1], strict=True))):
            label = b.select(g, ir.Constant(I32, index), label)
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

        def body(low: Lowering) -> None:
            holds = low.condition(enabled(g, instance))
            some = holds if early is False else b.or_(holds, low.condition(early))
            with b.if_then(some, likely=False):
                b.store(b.add(b.load(fired, typ=I64), b.zext(holds, I64)), fired)
                self._emit(low.scoped(), instance, ir.Constant(I32, label), undefined)

        over_messages(b, self.f, list(instance.loops), self.before.scoped(), body)

    def _looped_every(self, instance: Instance, code: int, fired: Any) -> None:
        b, g = self.b, self.before.g

        def body(low: Lowering) -> None:
            number: Any = const(0)
            for loop in instance.loops:
                choice = b.mul(low.scalar(loop.index), const(loop.messages.payloads))
                choice = b.add(choice, low.scalar(loop.payload))
                number = b.add(b.mul(number, const(loop.choices)), choice)
            with b.if_then(low.condition(enabled(g, instance))):
                b.store(b.add(b.load(fired, typ=I64), const(1)), fired)
                self._emit(low.scoped(), instance, b.add(number, const(code)), False)

        over_messages(b, self.f, list(instance.loops), self.before.scoped(), body)

    def _emit(self, low: Lowering, instance: Instance, label: Any, undefined: Bool) -> None:
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
            mark = b.select(wrong, ir.Constant(I32, UNDEFINED_STEP), ir.Constant(I32, 0))
            label = b.or_(label, mark)
            different = wrong if different is None else b.or_(different, wrong)
        if self.codes is not None:
            different = ir.Constant(I1, 1)
        if different is None:
            return
        with b.if_then(different):
            n = b.load(self.count, typ=I64)
            base = b.mul(n, const(len(after)))
            for i, word in enumerate(after):
                at = b.gep(self.out, [b.add(base, const(i))], source_etype=I64)
                b.store(word, at)
            b.store(label, b.gep(self.labels, [n], source_etype=label.type))
            b.store(b.add(n, const(1)), self.count)


def over_messages(
    b: ir.IRBuilder, f: Any, loops: list[Loop], low: Lowering, body: Callable[[Lowering], None]
) -> None:
    """Run `body` with the symbols of the loops bound to each choice of messages sent."""
    if not loops:
        body(low)
        return
    loop, *rest = loops
    column = loop.messages.column
    for index, close in _cells_set(b, f, low, loop.messages.kept):
        inner = low.scoped()
        if isinstance(loop.index, Node):
            inner.known[loop.index.id] = index
        cell = inner.scalar(low.g.load(column, loop.index))
        if isinstance(loop.payload, Node):
            inner.known[loop.payload.id] = b.sub(cell, const(1))
        over_messages(b, f, rest, inner, body)
        close()


def enabled(g: Graph, instance: Instance) -> Bool:
    """Where an instance can be taken."""
    return g.and_([instance.implicit, *instance.guards])


def _cells_set(
    b: ir.IRBuilder, f: Any, low: Lowering, column: Column
) -> Iterator[tuple[Any, Callable[[], None]]]:
    """Loop over the cells of a column that are not 0: yields the index, then closes the loop."""
    head, body = f.append_basic_block("cells"), f.append_basic_block("cell")
    step, done = f.append_basic_block("next"), f.append_basic_block("done")
    entry = b.block
    b.branch(head)
    b.position_at_end(head)
    index = b.phi(I64)
    index.add_incoming(const(0), entry)
    b.cbranch(b.icmp_unsigned("<", index, const(column.count)), body, done)
    b.position_at_end(body)
    word, bit = low.place(column, index)
    value = b.load(b.gep(low.words.memory, [word], source_etype=I64), typ=I64)
    cell = b.and_(b.lshr(value, bit), const((1 << column.bits) - 1))
    inside = f.append_basic_block("sent")
    b.cbranch(b.icmp_unsigned("!=", cell, const(0)), inside, step)
    b.position_at_end(inside)

    def close() -> None:
        b.branch(step)
        b.position_at_end(step)
        index.add_incoming(b.add(index, const(1)), step)
        b.branch(head)
        b.position_at_end(done)

    yield index, close


def add_check(
    module: ir.Module,
    graph: Graph,
    words: int,
    conditions: Sequence[Bool],
    instances: Sequence[Instance],
) -> None:
    """`i64 check(state*, label*)`: bit i is set where condition i holds.

    The state is the successor, by the instance that the label numbers, of a state where no
    condition held, or where it is known that it did: so of each disjunction only those parts are
    looked at that read a cell which the instance may have written.
    """
    pointer = ir.PointerType()
    f = _function(module, "check", [pointer, pointer])
    b = ir.IRBuilder(f.append_basic_block("entry"))
    low = Lowering(b, _words(b, f.args[0], words), graph)
    lanes = Lanes(f, b, low.words.values)
    other = f.append_basic_block("other")
    switch = b.switch(b.load(f.args[1], typ=I32), other)
    b.position_at_end(other)
    b.ret(const(0))
    for parts, labels in _after_steps(graph, Sums(), conditions, instances, words):
        block = f.append_basic_block("variant")
        for label in labels:
            switch.add_case(ir.Constant(I32, label), block)
        b.position_at_end(block)
        inner = low.scoped()
        found: Any = const(0)
        for part in parts:
            holds = lanes.any(part.terms)
            if part.others:
                holds = b.or_(holds, inner.condition(graph.or_(part.others)))
            found = b.or_(found, b.shl(b.zext(holds, I64), const(part.number)))
        b.ret(found)
    lanes.close()


@dataclass(frozen=True)
class Part:
    """Of condition `number` a part, which holds where one of the terms or of the others does."""

    number: int
    terms: list[Term]
    others: list[Bool]


def _after_steps(
    graph: Graph, sums: Sums, conditions: Sequence[Bool], instances: Sequence[Instance], words: int
) -> list[tuple[list[Part], list[int]]]:
    """What to check after a step, and the positions of the instances after which it is that.

    That is, of each disjunction, the parts which read a cell that the instance may have written,
    with what is known after it put in. Where that would be long, all is checked after every step.
    """
    parts = [(i, p) for i, q in enumerate(conditions) for p in _disjuncts(graph, q)]
    cells = Footprint()
    found: dict[tuple[tuple[int, Bool], ...], tuple[list[Part], list[int]]] = {}
    code = 0
    try:
        with graph.aside(MOST_TERMS_PUT):
            for label, instance in enumerate(instances):
                written = cells.written(instance.stores)
                after = Known(graph, instance)
                read = [(i, p) for i, p in parts if p is True or cells.read(p) & written]
                left = [(i, q) for i, p in read if (q := after.value(p)) is not False]
                if tuple(left) not in found:
                    made = list(_parts(sums, left))
                    code += sum(words * len(p.terms) for p in made)
                    code += sum(1 for p in made for _ in nodes_in(p.others))
                    if code > MOST_CODE:
                        raise SizeError("too much code")
                    found[tuple(left)] = made, []
                found[tuple(left)][1].append(label)
            return list(found.values())
    except SizeError:
        return [(list(_parts(sums, parts)), list(range(len(instances))))]


def _parts(sums: Sums, pairs: Iterable[tuple[int, Bool]]) -> Iterator[Part]:
    for number, some in itertools.groupby(pairs, key=lambda pair: pair[0]):
        terms: list[Term] = []
        others: list[Bool] = []
        for _, p in some:
            of_p = sums.of(p)
            if of_p is None:
                others.append(p)
            else:
                terms += of_p
        chunks = (terms[k : k + MOST_COMPARED] for k in range(0, len(terms), MOST_COMPARED))
        yield Part(number, [term for chunk in chunks for term in least(chunk)], others)


def _disjuncts(graph: Graph, p: Bool) -> Iterator[Bool]:
    """Parts that the condition is the disjunction of."""
    if isinstance(p, Node) and p.op == "or":
        yield from p.args
    elif isinstance(p, Node) and p.op == "not" and p.args[0].op == "and":
        yield from (graph.not_(q) for q in p.args[0].args)
    elif p is not False:
        yield p


class Known:
    """Conditions after a step of an instance, given the cells that are then known constants.

    Those are what it writes, and what its guards say of cells that it does not write. Or conditions
    before it, given what its guards say.
    """

    def __init__(self, graph: Graph, instance: Instance, after: bool = True) -> None:
        self.g = graph
        self._constants: dict[int, int] = {}
        self._done: dict[int, Any] = {}
        if instance.loops:
            return
        for p in _tests(enabled(graph, instance)).values():
            if p.args[1].bit_count() == 1:
                self._constants[p.args[0].id] = p.args[1].bit_length() - 1
        if not after:
            return
        for s in instance.stores:
            if isinstance(s.index, Node):
                self._constants = {}
                return
        for s in instance.stores:
            cell = graph.load(s.column, s.index)
            assert isinstance(cell, Node)
            self._constants.pop(cell.id, None)
            if s.when is True and not isinstance(s.value, Node):
                self._constants[cell.id] = s.value

    def value(self, p: Any) -> Any:
        """The condition or scalar, with what is known put in."""
        if not self._constants:
            return p
        for node in nodes_in([p], self._done):
            self._done[node.id] = self._put(node)
        return self._done[p.id] if isinstance(p, Node) else p

    def _put(self, node: Node) -> Any:
        if node.id in self._constants:
            return self._constants[node.id]
        done = self._done
        new = [done[a.id] if isinstance(a, Node) else a for a in node.args]
        return self.g.rebuilt(node, new)


class Footprint:
    """Which cells conditions read and instances write, as bit sets."""

    def __init__(self) -> None:
        self._first: dict[int, tuple[int, Column]] = {}
        self._count = 0
        self._reads: dict[int, int] = {}

    def _cells(self, column: Column, index: Scalar) -> int:
        if id(column) not in self._first:
            self._first[id(column)] = (self._count, column)
            self._count += column.count
        first = self._first[id(column)][0]
        if isinstance(index, Node):
            return ((1 << column.count) - 1) << first
        return 1 << (first + index)

    def written(self, stores: Iterable[Store]) -> int:
        found = 0
        for s in stores:
            found |= self._cells(s.column, s.index)
        return found

    def read(self, p: Bool | Scalar) -> int:
        if not isinstance(p, Node):
            return 0
        for node in nodes_in([p], self._reads):
            mask = self._cells(*node.args) if node.op == "load" else 0
            for a in node.args:
                mask |= self._reads[a.id] if isinstance(a, Node) else 0
            self._reads[node.id] = mask
        return self._reads[p.id]


Goal = tuple[str, int]  # an action and the position of one of its guards


def add_blocked(
    module: ir.Module, graph: Graph, words: int, instances: Sequence[Instance], goals: list[Goal]
) -> None:
    """`i64 blocked(state*, counts*)`: adds, for each goal, how often its guard failed first.

    A guard fails first where the message exists, the budget lasts and all earlier guards hold.
    """
    pointer = ir.PointerType()
    f = _function(module, "blocked", [pointer, pointer])
    b = ir.IRBuilder(f.append_basic_block("entry"))
    low = Lowering(b, _words(b, f.args[0], words), graph)
    totals: dict[Goal, Any] = {}

    def count(instance: Instance, add: Callable[[Goal, Any], None], low: Lowering) -> None:
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
        cell = b.gep(f.args[1], [const(goals.index(goal))], source_etype=I64)
        b.store(b.add(b.load(cell, typ=I64), number), cell)

    for instance in instances:
        if instance.loops:
            body = partial(count, instance, store)
            over_messages(b, f, list(instance.loops), low.scoped(), body)
        else:
            count(instance, accumulate, low)
    for goal, total in totals.items():
        store(goal, total)
    b.ret(const(0))
