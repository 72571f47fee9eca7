"""The unknown cells of one state: Booleans for every cell of every column, in binary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import z3

from quorate.checker.ground.columns import Column
from quorate.checker.ground.layout import Layout
from quorate.checker.ground.packing import Words

from .formulas import Formula, Variable, choice, true_in

# A value summary: under which condition a scalar has each of its values. The conditions are
# exclusive and exhaustive; a value that is missing is impossible.
Summary = dict[int, Formula]


class Cells:
    """One state's variables. Names are `<suffix>column[index].bit`: one suffix per moment."""

    def __init__(self, layout: Layout, suffix: str) -> None:
        self.layout = layout
        self.columns = [c for c in layout.columns() if c.bits]
        self._bits: dict[tuple[Column, int], tuple[Variable, ...]] = {
            (c, i): tuple(z3.Bool(f"{suffix}{c.name}[{i}].{k}") for k in range(c.bits))
            for c in self.columns
            for i in range(c.count)
        }
        self._summaries: dict[tuple[Column, int], Summary] = {}
        self.variables = [b for bits in self._bits.values() for b in bits]

    def bits(self, column: Column, index: int) -> tuple[Variable, ...]:
        """The digits of a cell, the lowest first."""
        return self._bits[column, index]

    def places(self) -> Iterator[tuple[Column, int]]:
        """Every cell that has more than one value."""
        return iter(self._bits)

    def member(self, column: Column, index: int, mask: int) -> Formula:
        """Whether the value of a cell is in a set of codes. Codes past the size are don't-cares."""
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
        """That every cell holds one of its column's values."""
        return [
            _below(self._bits[column, index], column.size)
            for column, index in self._bits
            if column.size < 1 << column.bits
        ]

    def words(self, model: object) -> Words:
        """The packed state that a model gives."""
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
        """Each variable with the word and the bit of a packed state that it stands for.

        In an order that is good for decision diagrams: cells at the same place of their columns
        go together, since they tend to be about the same process.
        """
        for column, index in sorted(self._bits, key=lambda cell: cell[1] / cell[0].count):
            word, low = column.place(index)
            for k, variable in reversed(list(enumerate(self._bits[column, index]))):
                yield variable, word, low + k


def _below(bits: tuple[Variable, ...], size: int) -> Formula:
    """Whether the number is less than `size`, which needs all its bits."""
    if size == 1 << len(bits):
        return True
    top, rest, half = bits[-1], bits[:-1], 1 << (len(bits) - 1)
    if size <= half:
        return choice(top, False, _below(rest, size))
    return choice(top, _below(rest, size - half), True)
