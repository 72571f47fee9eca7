"""Actions over messages: loops take what is there, and two parameters cost what one does."""

from __future__ import annotations

import ctypes
from random import Random
from typing import Any

import numpy as np
import pytest

from quorate.checker.explore.codegen.assembly import I64, POINTER, Builder, Module
from quorate.checker.explore.codegen.lowering import NodeLowering, const, new_function
from quorate.checker.explore.codegen.lowering import load_words as loaded_words
from quorate.checker.explore.codegen.machine_code import MachineCode
from quorate.checker.explore.codegen.messages import _cells_in_use
from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.explore.search.reference import explore_reference
from quorate.checker.ground import instances
from quorate.checker.ground.columns import Column
from quorate.checker.ground.nodes import Graph
from quorate.model.language import (
    Message,
    Messages,
    Protocol,
    Sort,
    action,
    invariant,
    require,
)

# ---------------------------------------------------------------- loops over cells

WORDS = 5


def cells(column: Column) -> MachineCode:
    """`used(state*, out*)`: writes the indices of the cells that are not 0, and says how many."""
    module = Module()
    f = new_function(module, "used", [POINTER, POINTER])
    b = Builder(f.append_basic_block("entry"))
    count = b.alloca(I64)
    b.store(const(0), count)
    low = NodeLowering(b, loaded_words(b, f.args[0], WORDS), Graph())
    for index, close in _cells_in_use(b, f, low, column):
        n = b.load(count, I64)
        b.store(index, b.gep(f.args[1], n, I64))
        b.store(b.add(n, const(1)), count)
        close()
    b.ret(b.load(count, I64))
    return MachineCode(module, quick=True)


def columns(chance: Random) -> Column:
    """A column somewhere in a state, as `packing` might place it."""
    size = chance.choice([2, 2, 3, 4, 7, 30, 200])
    column = Column("some", chance.randint(1, 150), size)
    while column.bits * column.count > 64 * (WORDS - 1):
        column.count //= 2
    if column.bits * column.count <= 64:
        column.first_bit = chance.randint(0, 64 - column.bits * column.count)
        column.first_word = chance.randint(0, WORDS - 1)
    elif column.place(column.count - 1)[0] < WORDS - 1:
        column.first_word = chance.randint(0, 1)
    return column


@pytest.mark.parametrize(
    "seed", [pytest.param(k, marks=() if k < 12 else pytest.mark.exhaustive) for k in range(300)]
)
def test_a_loop_finds_the_cells_that_are_not_zero_in_order(seed: int) -> None:
    chance = Random(seed)
    column = columns(chance)
    code = cells(column)
    call = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_void_p] * 2)(code.address("used"))
    out = np.zeros(column.count, np.int64)
    for _ in range(30):
        row = [chance.getrandbits(64) for _ in range(WORDS)]  # other columns are not empty
        for i in range(column.count):
            word, bit = column.place(i)
            row[word] &= ~(((1 << column.bits) - 1) << bit)
            if chance.random() < chance.choice([0.0, 0.1, 0.5, 1.0]):
                row[word] |= chance.randint(1, column.size - 1) << bit
        words = np.array(row, np.uint64)
        expected = []
        for i in range(column.count):
            word, bit = column.place(i)
            if row[word] >> bit & (1 << column.bits) - 1:
                expected.append(i)
        n = call(words.ctypes.data, out.ctypes.data)
        assert out[:n].tolist() == expected


# ---------------------------------------------------------------- two messages


class Node(Sort): ...


class Value(Sort): ...


class Vote(Message):
    n: Node
    v: Value


class Told(Message):
    v: Value


class Chosen(Message):
    v: Value


class Votes(Protocol):
    sent: Messages[Vote, Told, Chosen]

    @action
    def vote(self, n: Node, v: Value) -> None:
        require(not any(m.n == n for m in self.sent[Vote]))
        self.sent.add(Vote(n, v))

    @action
    def tell(self, v: Value) -> None:
        self.sent.add(Told(v))

    @invariant
    def chosen_was_told(self) -> bool:
        return all(Told(m.v) in self.sent for m in self.sent[Chosen])


class TwoParameters(Votes):
    @action
    def choose(self, a: Vote, t: Told, b: Vote) -> None:
        require(t.v == a.v)
        require(a.n != b.n and a.v == b.v)
        self.sent.add(Chosen(a.v))


class OneParameter(Votes):
    @action
    def choose(self, a: Vote, n: Node) -> None:
        require(Told(a.v) in self.sent)
        require(a.n != n and Vote(n, a.v) in self.sent)
        self.sent.add(Chosen(a.v))


COUNTS = ("outcome", "states", "transitions", "depth", "fired")


def loops(search: Explorer) -> set[int]:
    """How many loops the instances of `choose` have."""
    return {len(i.loops) for i in search.kernel.source.instances if i.action.name == "choose"}


@pytest.mark.parametrize(
    ("unrolled", "tried", "expected"),
    [(512, 0, {0}), (18, 4096, {0}), (18, 50, {1}), (11, 4096, {2}), (1, 0, {3})],
)
def test_two_messages_in_every_form(
    unrolled: int, tried: int, expected: set[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 72 choices 12 are possible: unrolled if so few may be, else with loops."""
    monkeypatch.setattr(instances, "MOST_UNROLLED", unrolled)
    monkeypatch.setattr(instances, "MOST_TRIED", tried)
    sizes = TwoParameters.sized(Node=3, Value=2)
    search = Explorer(TwoParameters, sizes)
    found = search.run()
    oracle = explore_reference(TwoParameters, sizes)
    other = Explorer(OneParameter, OneParameter.sized(Node=3, Value=2)).run()
    assert loops(search) == expected
    assert [getattr(found, name) for name in COUNTS] == [getattr(oracle, name) for name in COUNTS]
    assert [g.blocked for g in found.guards] == [576, 366, 282]
    assert (found.states, found.transitions, found.depth, found.fired) == (
        other.states, other.transitions, other.depth, other.fired,
    )  # fmt: skip


def test_what_takes_too_many_terms_to_try_is_looped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instances, "MOST_UNROLLED", 20)
    sizes = TwoParameters.sized(Node=3, Value=2)
    plain = Explorer(TwoParameters, sizes)
    monkeypatch.setattr(instances, "MOST_TERMS_TRIED", 5)
    looped = Explorer(TwoParameters, sizes)
    assert loops(plain) == {0} and max(loops(looped)) > 0

    def counts(search: Explorer) -> list[Any]:
        found = search.run()
        return [getattr(found, name) for name in COUNTS]

    assert counts(plain) == counts(looped)
