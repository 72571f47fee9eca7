"""What a test shows to be there may be used: a small protocol for each way of testing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from quorate.checker.explore.search.breadth_first import explore
from quorate.checker.explore.search.reference import explore_reference
from quorate.checker.ground.instances import Instantiator
from quorate.checker.ground.layout import Layout
from quorate.model.language import (
    Map,
    Message,
    Messages,
    ModelError,
    Ordered,
    Protocol,
    Record,
    Set,
    Sort,
    action,
    define,
    durable,
    invariant,
    reachable,
    require,
)
from quorate.model.language.description import describe
from quorate.model.language.ir import core
from quorate.model.language.ir.traverse import walk


class Node(Sort): ...


class Value(Sort): ...


class Term(Ordered, bottom="zero"): ...


class Entry(Record):
    t: Term
    v: Value | None


class Told(Message):
    v: Value
    entry: Entry | None


class Noted(Message):
    """A message with nothing that may be None."""

    t: Term
    v: Value


class Options(Protocol):
    """What the others share: cells that are None at first, and what fills them."""

    held: Map[Node, Value | None] = durable(None)
    flag: bool | None = durable(None)
    entry: Map[Node, Entry | None] = durable(None)
    kept: Map[Node, Value] = durable(Value(0))
    seen: Set[Value] = durable(frozenset())
    sent: Messages[Told, Noted]

    @action
    def hold(self, n: Node, v: Value) -> None:
        require(self.held[n] is None)
        self.held[n] = v

    @action
    def enter(self, n: Node, t: Term) -> None:
        require(self.entry[n] is None)
        self.entry[n] = Entry(t, self.held[n])

    @action
    def decide(self, n: Node) -> None:
        require(self.flag is None and self.held[n] is not None)
        self.flag = self.entry[n] is not None

    @reachable
    def all_held(self) -> bool:
        return all(self.held[n] is not None for n in Node)


class AfterRequire(Options):
    @action
    def keep(self, n: Node) -> None:
        value = self.held[n]
        require(value is not None)
        require(value not in self.seen)
        self.kept[n] = value
        self.seen = self.seen | {value}

    @action
    def note(self, n: Node) -> None:
        require(self.entry[n] is not None and self.entry[n].v is not None)
        self.sent.add(Noted(self.entry[n].t, self.entry[n].v))


class InIf(Options):
    @action
    def keep(self, n: Node) -> None:
        value = self.held[n]
        if value is not None:
            self.kept[n] = value
        if self.held[n] is None:
            self.seen = frozenset()
        else:
            self.seen = self.seen | {self.held[n]}

    @action
    def note(self, n: Node, v: Value) -> None:
        entry = self.entry[n]
        if not (entry is None or entry.v is None):
            self.sent.add(Noted(entry.t, entry.v))
            self.sent.add(Told(entry.v, entry))
        elif entry is not None:
            self.sent.add(Told(v, entry))


class InConnective(Options):
    @define
    def agrees(self, v: Value, w: Value | None) -> bool:
        return w is not None and self.same(v, w)

    @define
    def same(self, v: Value, w: Value) -> bool:
        return v == w

    @action
    def keep(self, n: Node, v: Value) -> None:
        require(self.agrees(v, self.held[n]))
        require(self.flag is None or self.flag)
        self.kept[n] = v

    @invariant
    def in_order(self) -> bool:
        return all(
            self.entry[n] is None or self.entry[n].v is None or self.same(self.entry[n].v, v)
            for n in Node
            for v in Value
            if self.held[n] is not None and self.same(self.held[n], v)
        )


class InConditional(Options):
    @define
    def value_of(self, n: Node, otherwise: Value) -> Value:
        return self.held[n] if self.held[n] is not None else otherwise

    @define
    def term_of(self, n: Node) -> Term:
        return Term.zero if self.entry[n] is None else self.entry[n].t

    @action
    def note(self, n: Node, v: Value) -> None:
        require(self.term_of(n) != Term.zero)
        self.sent.add(Noted(self.term_of(n), self.value_of(n, v)))

    @action
    def keep(self, n: Node) -> None:
        self.kept[n] = self.value_of(n, self.kept[n])
        self.held[n] = self.held[n] if self.held[n] is not None else None


class InComprehension(Options):
    @action
    def keep(self) -> None:
        self.seen = {self.held[n] for n in Node if self.held[n] is not None}

    @action
    def note(self, n: Node) -> None:
        for m in Node:
            if self.entry[m] is not None and self.entry[m].v is not None:
                self.sent.add(Noted(self.entry[m].t, self.entry[m].v))

    @action
    def tell(self, v: Value, n: Node) -> None:
        self.sent.add(Told(v, self.entry[n]))

    @invariant
    def noted(self) -> bool:
        return all(
            v == self.held[n] or m.entry.v in self.seen
            for m in self.sent[Told]
            if m.entry is not None
            if m.entry.v is not None
            for v in Value
            for n in Node
            if v == m.entry.v and self.entry[n] == m.entry
        )


class Box(Record):
    inside: Set[Node]


class InLoops(Protocol):
    """What a loop goes over may be there only where the tests around the loop hold."""

    box: Map[Node, Box | None] = durable(None)
    out: Map[Node, Node, bool] = durable(False)

    @action
    def fill(self, n: Node, m: Node) -> None:
        require(self.box[n] is None)
        self.box[n] = Box({n, m})

    @action
    def spread(self) -> None:
        for n in Node:
            if self.box[n] is not None:
                for m in self.box[n].inside:
                    self.out[n, m] = True

    @invariant
    def spread_from_boxes(self) -> bool:
        return all(
            any(m == k for k in Node if self.box[k] is not None for m in self.box[k].inside)
            for n in Node
            for m in Node
            if self.out[n, m]
        )


FORMS = [AfterRequire, InIf, InConnective, InConditional, InComprehension, InLoops]


def sizes_of(protocol: type[Protocol]) -> Any:
    if protocol is InLoops:
        return protocol.sized(Node=2)
    return protocol.sized(Node=2, Value=1 if protocol is InComprehension else 2, Term=1)


def unwrapped(protocol: type[Protocol]) -> Iterator[core.Expr]:
    described = describe(protocol)
    parts: list[Any] = [p.body for p in described.properties]
    for a in described.actions:
        parts += [g.condition for g in a.guards]
        for e in a.effects:
            parts += [e.when, *([e.value] if isinstance(e, core.Write) else [e.message])]
            parts += e.binders
    for part in parts:
        yield from (n for n in walk(part) if isinstance(n, core.Unwrap))


@pytest.mark.parametrize("protocol", FORMS, ids=lambda p: p.__name__)
def test_the_kernel_agrees_with_plain_python(protocol: type[Protocol]) -> None:
    slow = explore_reference(protocol, sizes_of(protocol))
    fast = explore(protocol, sizes_of(protocol))
    assert (fast.outcome, fast.violated) == (slow.outcome, slow.violated)
    assert (fast.states, fast.transitions, fast.depth) == (
        slow.states,
        slow.transitions,
        slow.depth,
    )
    assert (dict(fast.fired), fast.reached) == (dict(slow.fired), slow.reached)
    assert slow.states > 20 and all(slow.fired.values())


@pytest.mark.parametrize("protocol", FORMS, ids=lambda p: p.__name__)
def test_a_value_is_taken_out_of_what_may_be_none(protocol: type[Protocol]) -> None:
    found = list(unwrapped(protocol))
    assert found
    assert all(node.span.text() for node in found)


def test_where_it_is_none_all_the_same_there_is_no_value() -> None:
    """Without the guard that rules it out, the step is reported."""
    with sizes_of(AfterRequire) as sizes:
        described = describe(AfterRequire)
        instantiator = Instantiator(Layout(described, sizes))
        for name, what in (("keep", "None where a Value is wanted"), ("note", "Entry")):
            action = described.action(name)
            assert not any(
                what in u.what and u.when is True
                for i in instantiator.instances(action)
                for u in i.undefined
            )
            bare = replace(action, guards=())
            for instance in instantiator.instances(bare):
                assert any(what in u.what for u in instance.undefined)


class Unshown(Options):
    """No test has shown any of these to be there; each is a mistake of its own."""

    @action
    def another_cell(self, n: Node, m: Node) -> None:
        require(self.held[n] is not None)
        self.kept[n] = self.held[m]

    @action
    def the_other_branch(self, n: Node) -> None:
        if self.held[n] is not None:
            self.seen = frozenset()
        else:
            self.kept[n] = self.held[n]

    @action
    def after_the_branch(self, n: Node) -> None:
        if self.held[n] is not None:
            self.seen = frozenset()
        self.kept[n] = self.held[n]

    @action
    def either(self, n: Node) -> None:
        require(self.held[n] is not None or self.flag is not None)
        self.kept[n] = self.held[n]

    @action
    def the_other_of_or(self, n: Node, v: Value) -> None:
        require(self.held[n] is not None or self.same(self.held[n], v))
        self.kept[n] = v

    @action
    def the_other_of_conditional(self, n: Node) -> None:
        self.kept[n] = self.kept[n] if self.held[n] is not None else self.held[n]

    @define
    def same(self, v: Value, w: Value) -> bool:
        return v == w


def test_what_no_test_shows_may_be_none() -> None:
    with pytest.raises(ModelError) as caught:
        describe(Unshown)
    assert [d.code for d in caught.value.diagnostics] == ["may-be-none"] * 6
    assert {d.where.rpartition(".")[2] for d in caught.value.diagnostics} == {
        "another_cell",
        "the_other_branch",
        "after_the_branch",
        "either",
        "the_other_of_or",
        "the_other_of_conditional",
    }
    assert "`require(self.held[m] is not None)`" in caught.value.render()


class Again(Options):
    """A test repeated, or compared, or copied, where it is known to hold."""

    @action
    def copy(self, n: Node, m: Node) -> None:
        require(self.held[n] is not None)
        require(self.held[n] is not None and self.held[n] != self.held[m])
        self.held[m] = self.held[n]


def test_a_test_may_be_repeated() -> None:
    slow = explore_reference(Again, sizes_of(Again))
    fast = explore(Again, sizes_of(Again))
    assert (fast.states, fast.transitions) == (slow.states, slow.transitions)
    copy = describe(Again).action("copy")
    assert not any(isinstance(n, core.Unwrap) for n in walk(copy.effects[0].value))  # type: ignore[union-attr]
