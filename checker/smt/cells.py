"""The cells of one state as Z3 variables: each cell in binary, one Boolean for each bit.

They are in a Z3 context of their own. Z3 numbers terms in the order in which a context comes to
know them, and its models depend on that: so they depend on nothing that the process did before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import z3

from quorate.checker.ground.columns import Column
from quorate.checker.ground.layout import Layout
from quorate.checker.ground.packing import Words

from .context import Context
from .formulas import Formula, Variable, choice, true_in

# A value summary: for each possible value of a scalar the condition under which it has it. The
# conditions are exclusive and exhaustive.
Summary = dict[int, Formula]


class Cells:
    """The variables of one state, called `<suffix>column[index].bit`: a suffix for each state.

    States of which one formula speaks share a `context`; by default it is a new one.
    """

    def __init__(self, layout: Layout, suffix: str, context: z3.Context | None = None) -> None:
        self.layout = layout
        self.context = Context() if context is None else context
        self.columns = [c for c in layout.columns() if c.bits]
        self._bits: dict[tuple[Column, int], tuple[Variable, ...]] = {
            (c, i): tuple(
                z3.Bool(f"{suffix}{c.name}[{i}].{k}", self.context) for k in range(c.bits)
            )
            for c in self.columns
            for i in range(c.count)
        }
        self._summaries: dict[tuple[Column, int], Summary] = {}
        self.variables = [b for bits in self._bits.values() for b in bits]

    def bits(self, column: Column, index: int) -> tuple[Variable, ...]:
        """The bits of a cell, the lowest first."""
        return self._bits[column, index]

    def places(self) -> Iterator[tuple[Column, int]]:
        """Every cell with more than one value: its column and index."""
        return iter(self._bits)

    def member(self, column: Column, index: int, mask: int) -> Formula:
        """That the value of a cell is in a set of codes. Codes past the size are don't-cares."""
        bits = self._bits[column, index]

        def part(low: int, level: int) -> Formula:
            here = min(column.size, low + (1 << level)) - low
            window = mask >> low & ((1 << here) - 1)
            if window == 0 or window == (1 << here) - 1:
                return window != 0
            half = 1 << (level - 1)
            lower = part(low, level - 1)
            return (
                lower
                if low + half >= column.size
                else choice(bits[level - 1], part(low + half, level - 1), lower)
            )

        return part(0, len(bits))

    def summary(self, column: Column, index: int) -> Summary:
        """The value of a cell, as a summary."""
        if (column, index) not in self._summaries:
            self._summaries[column, index] = {
                v: self.member(column, index, 1 << v) for v in range(column.size)
            }
        return self._summaries[column, index]

    def ranges(self) -> list[Formula]:
        """That the code of every cell is less than the size of its column."""
        return [
            _below(self._bits[column, index], column.size)
            for column, index in self._bits
            if column.size < 1 << column.bits
        ]

    def words(self, model: object) -> Words:
        """The packed state in a model."""
        return self.packed(true_in(model, self.variables))

    def packed(self, bits_of_state: Iterable[bool]) -> Words:
        """The packed state in which the variables have these values."""
        values = iter(bits_of_state)
        words = [0] * self.layout.words
        for (column, index), bits in self._bits.items():
            word, low = column.place(index)
            for k in range(len(bits)):
                words[word] |= next(values) << (low + k)
        return np.array(words, dtype=np.uint64)

    def digits(self, words: Words) -> list[bool]:
        """The value of each variable in a packed state."""
        found = []
        for (column, index), bits in self._bits.items():
            word, low = column.place(index)
            found += [bool(int(words[word]) >> (low + k) & 1) for k in range(len(bits))]
        return found

    def placed(self) -> Iterator[tuple[Variable, int, int]]:
        """Each variable with its word and bit in a packed state.

        The order suits decision diagrams: cells with the same index in their columns, which tend
        to belong to the same process, are next to each other.
        """
        for column, index in sorted(self._bits, key=lambda cell: cell[1] / cell[0].count):
            word, low = column.place(index)
            for k, variable in reversed(list(enumerate(self._bits[column, index]))):
                yield variable, word, low + k


def _below(bits: tuple[Variable, ...], size: int) -> Formula:
    """That a number is less than `size`; all its bits are needed to write that."""
    if size == 1 << len(bits):
        return True
    top, rest, half = bits[-1], bits[:-1], 1 << (len(bits) - 1)
    if size <= half:
        return choice(top, False, _below(rest, size))
    return choice(top, _below(rest, size - half), True)
