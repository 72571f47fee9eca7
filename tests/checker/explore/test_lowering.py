"""Formulas over one state, compiled, against the same over an array of states."""

from __future__ import annotations

import ctypes
from random import Random

import numpy as np
import pytest

from quorate.checker.explore.codegen.assembly import I64, POINTER, Builder, Module
from quorate.checker.explore.codegen.lowering import NodeLowering, load_words, new_function
from quorate.checker.explore.codegen.machine_code import MachineCode
from quorate.checker.ground.columns import Column
from quorate.checker.ground.nodes import Bool, Graph, Scalar
from quorate.checker.ground.vector import Vector

COLUMN = Column("some", 16, 16)  # one word


def chain(g: Graph, chance: Random, length: int) -> tuple[Bool, Scalar]:
    """A condition and a scalar, each operation within the one before."""
    p: Bool = False
    x: Scalar = g.load(COLUMN, 0)
    for k in range(length):
        cell = g.load(COLUMN, chance.randrange(COLUMN.count))
        mask = chance.choice([1 << chance.randrange(16), chance.getrandbits(16)])
        p = (g.and_ if k % 2 else g.or_)([g.isin(cell, mask), p])
        if k % 3 == 0:
            x = g.select(p, cell, x)
        if k % 7 == 0:
            p = g.not_(g.iff(p, g.less(x, cell)))
    return p, x


@pytest.mark.parametrize("length", [5, 1000])
@pytest.mark.parametrize("seed", range(2))
def test_compiled_and_array_agree_however_deep(length: int, seed: int) -> None:
    """The least of many messages is such a chain: one operation for each."""
    chance, g = Random(seed), Graph()
    p, x = chain(g, chance, length)
    module = Module()
    f = new_function(module, "value", [POINTER])
    b = Builder(f.append_basic_block("entry"))
    low = NodeLowering(b, load_words(b, f.args[0], 1), g)
    both = b.shl(low.scalar(x), low.scalar(1))
    b.ret(b.or_(both, b.zext(low.condition(p), I64)))
    code = MachineCode(module, quick=True)
    call = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p)(code.address("value"))
    states = np.array([[chance.getrandbits(64)] for _ in range(200)], np.uint64)
    vector = Vector(states)
    expected = vector.scalar(x) * 2 + vector.condition(p)
    assert [call(row.ctypes.data) for row in states] == expected.tolist()
    assert len(set(expected.tolist())) > 2
