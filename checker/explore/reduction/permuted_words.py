"""The words of permuted states, as LLVM values: cells moved, elements sorted."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from quorate.checker.explore.codegen.assembly import I1, I64, Builder, constant, integer
from quorate.checker.explore.codegen.lowering import const
from quorate.checker.ground.permutations import Cell, CellMove

from .symmetry import OwnedCells


def _shifted(b: Builder, word: Any, by: int) -> Any:
    """A word shifted to the left (to the right if negative)."""
    if by == 0:
        return word
    return b.shl(word, const(by)) if by > 0 else b.lshr(word, const(-by))


def joined(b: Builder, parts: Sequence[Any]) -> Any:
    found = parts[0] if parts else const(0)
    for part in parts[1:]:
        found = b.or_(found, part)
    return found


def compared(b: Builder, xs: list[Any], ys: list[Any]) -> tuple[Any, Any]:
    """Whether the first words are less than the second, and whether they are equal."""
    less: Any = constant(I1, 0)
    same: Any = constant(I1, 1)
    for x, y in zip(reversed(xs), reversed(ys), strict=True):
        equal = b.icmp_unsigned("==", x, y)
        less = b.select(equal, less, b.icmp_unsigned("<", x, y))
        same = b.and_(same, equal)
    return less, same


def exchanged(b: Builder, words: list[Any], moves: list[CellMove]) -> list[Any]:
    """The words of a permuted state: what moves the same way moves together."""
    whole: dict[tuple[int, int, int], int] = {}  # (from word, to word, distance): mask
    parts: list[list[Any]] = [[] for _ in words]
    for m in moves:
        (source, low), (target, bit) = m.source.place, m.target.place
        if m.table is None and m.guard is None:
            mask = ((1 << m.source.column.bits) - 1) << low
            key = source, target, bit - low
            whole[key] = whole.get(key, 0) | mask
            continue
        value = _cell(b, words, m.source)
        if m.table is not None:
            value = _looked_up(b, value, m.table, m.target.column.bits)
        if m.guard is not None:
            cell, least = m.guard
            there = b.icmp_unsigned(">=", _cell(b, words, cell), const(least))
            value = b.select(there, value, const(0))
        parts[target].append(_shifted(b, value, bit))
    for (source, target, distance), mask in whole.items():
        parts[target].append(_shifted(b, b.and_(words[source], const(mask)), distance))
    return [joined(b, p) for p in parts]


def _cell(b: Builder, words: list[Any], cell: Cell) -> Any:
    word, bit = cell.place
    return b.and_(_shifted(b, words[word], -bit), const((1 << cell.column.bits) - 1))


def _looked_up(b: Builder, code: Any, table: tuple[int, ...], bits: int) -> Any:
    if len(table) * bits <= 64:
        packed = sum(value << i * bits for i, value in enumerate(table))
        entry = b.lshr(const(packed), b.mul(code, const(bits)))
        return b.and_(entry, const((1 << bits) - 1))
    item = integer(8 if bits <= 8 else 16 if bits <= 16 else 32)
    array = b.module.shared_table(item, table)
    return b.zext(b.load(b.gep(array, code, item), item), I64)


@dataclass(frozen=True)
class _Rigid:
    """Cells that are at the same distances from each other for every element.

    `mask` is where they are for the first element; element i has them in word `words[i]`, shifted
    by `offsets[i]`. Its key holds them shifted by `shift`, in key word `key`.
    """

    mask: int
    words: tuple[int, ...]
    offsets: tuple[int, ...]
    key: int
    shift: int


class Sorter:
    """Sorts the elements of a sort by the contents of their cells."""

    def __init__(self, b: Builder, owned: OwnedCells) -> None:
        self.b, self.size = b, owned.size
        masks: dict[tuple[tuple[int, ...], tuple[int, ...]], int] = {}
        for chain in owned.chains:
            places = [cell.place for cell in chain]
            first = places[0][1]
            key = tuple(w for w, _ in places), tuple(bit - first for _, bit in places)
            masks[key] = masks.get(key, 0) | ((1 << chain[0].column.bits) - 1) << first
        self.rigid: list[_Rigid] = []
        taken: list[int] = []
        for (words, offsets), mask in sorted(masks.items(), key=lambda kv: -kv[1].bit_count()):
            key_word, shift = _free(mask, taken)
            taken[key_word] |= _moved(mask, shift)
            self.rigid.append(_Rigid(mask, words, offsets, key_word, shift))
        self.keys = len(taken)

    def _key(self, words: list[Any], i: int) -> list[Any]:
        """What the cells of element i hold, in as few words as possible."""
        parts: list[list[Any]] = [[] for _ in range(self.keys)]
        for r in self.rigid:
            here = _shifted(self.b, words[r.words[i]], r.shift - r.offsets[i])
            parts[r.key].append(self.b.and_(here, const(_moved(r.mask, r.shift))))
        return [joined(self.b, p) for p in parts]

    def sorted(self, words: list[Any]) -> list[Any]:
        """The words with the elements in increasing order."""
        b = self.b
        keys = [self._key(words, i) for i in range(self.size)]
        for last in range(self.size - 1, 0, -1):
            for i in range(last):
                less, _ = compared(b, keys[i + 1], keys[i])
                both = list(zip(keys[i], keys[i + 1], strict=True))
                keys[i] = [b.select(less, y, x) for x, y in both]
                keys[i + 1] = [b.select(less, x, y) for x, y in both]
        parts: list[list[Any]] = [[] for _ in words]
        holes = [0] * len(words)
        for r in self.rigid:
            for i, key in enumerate(keys):
                value = b.and_(key[r.key], const(_moved(r.mask, r.shift)))
                parts[r.words[i]].append(_shifted(b, value, r.offsets[i] - r.shift))
                holes[r.words[i]] |= _moved(r.mask, r.offsets[i])
        return [
            joined(b, [b.and_(word, const(~hole)), *p]) if hole else word
            for word, hole, p in zip(words, holes, parts, strict=True)
        ]

    def fixing(self, words: list[Any]) -> Any:
        """How many permutations of sorted elements change nothing: those among equal ones."""
        b = self.b
        keys = [self._key(words, i) for i in range(self.size)]
        run, found = const(1), const(1)
        for x, y in itertools.pairwise(keys):
            _, same = compared(b, x, y)
            run = b.select(same, b.add(run, const(1)), const(1))
            found = b.mul(found, run)
        return found


def _moved(mask: int, by: int) -> int:
    return mask << by if by >= 0 else mask >> -by


def _free(mask: int, taken: list[int]) -> tuple[int, int]:
    """A key word and a shift with room for these bits; a new word if there is none."""
    low, high = (mask & -mask).bit_length() - 1, mask.bit_length()
    for key, used in enumerate(taken):
        for shift in range(-low, 64 - high + 1):
            if not _moved(mask, shift) & used:
                return key, shift
    taken.append(0)
    return len(taken) - 1, 0
