"""`check`: which properties a state violates or satisfies, as machine code."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from quorate.checker.ground.instances import Instance
from quorate.checker.ground.nodes import Bool, Graph, Node, nodes_in
from quorate.model.language import SizeError

from .assembly import I32, I64, POINTER, Builder, Module, constant
from .known import Footprint, Known
from .literals import Sums, Term, least
from .lowering import NodeLowering, const, load_words, new_function
from .masks import Lanes

# How many terms may be joined to put in what is known after a step, and how many operations
# there may be in the code for one step, in all.
MOST_TERMS_PUT = 300_000
MOST_CODE = 100_000

# Terms that are simplified together: the work grows with the square of their number.
MOST_COMPARED = 256


def add_check(
    module: Module,
    graph: Graph,
    words: int,
    conditions: Sequence[Bool],
    instances: Sequence[Instance],
    after_steps: bool = True,
) -> None:
    """`i64 check(state*, label*)`: bit i is set where condition i holds.

    The state is a successor, by the instance with the number in the label. Every condition that
    held in the state before is known already. So of each disjunction, only the parts that read a
    cell which the instance may have written are evaluated. With `NO_STEP` for a label, which stands
    for an initial state, only the last condition is: that something is undefined. Unless
    `after_steps`, nobody looks what is written, and all conditions are evaluated after each step.
    """
    pointer = POINTER
    f = new_function(module, "check", [pointer, pointer])
    b = Builder(f.append_basic_block("entry"))
    low = NodeLowering(b, load_words(b, f.args[0], words), graph)
    lanes = Lanes(f, b, low.words.values)
    other = f.append_basic_block("other")
    switch = b.switch(b.load(f.args[1], I32), other)
    b.position_at_end(other)
    undefined = low.scoped().condition(conditions[-1])
    b.ret(b.shl(b.zext(undefined, I64), const(len(conditions) - 1)))
    if after_steps:
        variants = _after_steps(graph, Sums(), conditions, instances, words)
    else:
        whole = [PropertyPart(i, [], [p]) for i, p in enumerate(conditions)]
        variants = [(whole, list(range(len(instances))))]
    for parts, labels in variants:
        block = f.append_basic_block("variant")
        for label in labels:
            switch.add_case(constant(I32, label), block)
        b.position_at_end(block)
        inner = low.scoped()
        found: Any = const(0)
        for part in parts:
            holds = lanes.any(part.terms)
            if part.others:
                holds = b.or_(holds, inner.condition(graph.or_(part.others)))
            found = b.or_(found, b.shl(b.zext(holds, I64), const(part.number)))
        b.ret(found)


def add_check_whole(module: Module, graph: Graph, words: int, conditions: Sequence[Bool]) -> None:
    """`i64 check_whole(state*, label*)`: bit i is set where condition i holds.

    Nothing is known of the state before, and the label is not read.
    """
    f = new_function(module, "check_whole", [POINTER] * 2)
    b = Builder(f.append_basic_block("entry"))
    low = NodeLowering(b, load_words(b, f.args[0], words), graph)
    found: Any = const(0)
    for i, p in enumerate(conditions):
        found = b.or_(found, b.shl(b.zext(low.condition(p), I64), const(i)))
    b.ret(found)


def add_look(module: Module, checking: str, words: int, bad: int) -> None:
    """`i64 look(states*, count, reached*)`: the index of the first state with a bit of `bad`.

    If there is none, it is the count. The function named `checking`, which does not read its
    second argument, gives the bits; those of the states before are added to what was reached.
    """
    f = new_function(module, "look", [POINTER, I64, POINTER])
    states, count, reached = f.args
    entry, head, body, done = map(f.append_basic_block, ("entry", "head", "body", "done"))
    b = Builder(entry)
    b.branch(head)
    b.position_at_end(head)
    k = b.phi(I64)
    k.add_incoming(const(0), entry)
    b.cbranch(b.icmp_unsigned("<", k, count), body, done)
    b.position_at_end(body)
    state = b.gep(states, b.mul(k, const(words)), I64)
    bits = b.call(module[checking], [state, reached])
    with b.if_then(b.icmp_unsigned("!=", b.and_(bits, const(bad)), const(0)), likely=False):
        b.ret(k)
    b.store(b.or_(b.load(reached, I64), bits), reached)
    k.add_incoming(b.add(k, const(1)), b.block)
    b.branch(head)
    b.position_at_end(done)
    b.ret(count)


@dataclass(frozen=True)
class PropertyPart:
    """Of condition `number` a part, which holds where one of the terms or of the others does."""

    number: int
    terms: list[Term]
    others: list[Bool]


def _after_steps(
    graph: Graph, sums: Sums, conditions: Sequence[Bool], instances: Sequence[Instance], words: int
) -> list[tuple[list[PropertyPart], list[int]]]:
    """What to check after a step, with the positions of the instances that it applies to.

    Of each disjunction, these are the parts that read a cell which the instance may have written,
    simplified with what is known after the step. If that were too long, everything is checked.
    """
    parts = [(i, p) for i, q in enumerate(conditions) for p in _disjuncts(graph, q)]
    cells = Footprint()
    found: dict[tuple[tuple[int, Bool], ...], tuple[list[PropertyPart], list[int]]] = {}
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


def _parts(sums: Sums, pairs: Iterable[tuple[int, Bool]]) -> Iterator[PropertyPart]:
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
        yield PropertyPart(number, [term for chunk in chunks for term in least(chunk)], others)


def _disjuncts(graph: Graph, p: Bool) -> Iterator[Bool]:
    """Parts that the condition is the disjunction of."""
    if isinstance(p, Node) and p.op == "or":
        yield from p.args
    elif isinstance(p, Node) and p.op == "not" and p.args[0].op == "and":
        yield from (graph.not_(q) for q in p.args[0].args)
    elif p is not False:
        yield p
