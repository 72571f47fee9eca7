"""Conditions as masked comparisons of a state: sums of products, if they are short.

A term is a mask and a value, as wide as the state. It holds if `state & mask == value`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from quorate.checker.ground.columns import Column
from quorate.checker.ground.nodes import Bool, Node

Term = tuple[int, int]

MOST_TERMS = 24
MOST_FEW = 8  # terms that are not simplified before the end
FEW = 40  # terms that are compared one by one
MOST_BITS = 6  # of a cell whose sets of values are looked at bit by bit


def word_literal(p: Node, sign: str) -> tuple[int, int, int] | None:
    """`(word, mask, value)` if the condition is `word & mask == value` (or `!=`)."""
    if p.op != "isin":
        return None
    x, mask = p.args
    if x.op != "load" or isinstance(x.args[1], Node):
        return None
    if sign == "!=":
        mask = ~mask & ((1 << x.size) - 1)
    if mask.bit_count() != 1:
        return None
    column = x.args[0]
    word, bit = column.place(x.args[1])
    return word, ((1 << column.bits) - 1) << bit, (mask.bit_length() - 1) << bit


class Sums:
    """Translates conditions to disjunctions of terms; translations are remembered."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, bool], list[Term] | None] = {}
        self._least: dict[int, list[Term] | None] = {}

    def of(self, p: Bool) -> list[Term] | None:
        """The terms of a condition; None if they would be many, or none fit."""
        if not isinstance(p, Node):
            return self._sum_of(p, True)
        if p.id not in self._least:
            found = self._sum_of(p, True)
            self._least[p.id] = None if found is None else least(found)
        return self._least[p.id]

    def _sum_of(self, p: Bool, holds: bool) -> list[Term] | None:
        if not isinstance(p, Node):
            return [(0, 0)] if p == holds else []
        if (p.id, holds) not in self._known:
            self._known[p.id, holds] = self._translated(p, holds)
        return self._known[p.id, holds]

    def _translated(self, p: Node, holds: bool) -> list[Term] | None:
        match p.op:
            case "not":
                return self._sum_of(p.args[0], not holds)
            case "and" | "or":
                parts = (self._sum_of(q, holds) for q in p.args)
                return _product(parts) if (p.op == "and") == holds else _sum(parts)
            case "isin":
                x, mask = p.args
                if x.op != "load" or isinstance(x.args[1], Node):
                    return None
                return _cell(x.args[0], x.args[1], x.size, mask if holds else ~mask)
        return None


def _cell(column: Column, index: int, size: int, codes: int) -> list[Term] | None:
    """Where a cell has one of these codes: one term if some of its bits tell, else one for each."""
    word, bit = column.place(index)
    bit += 64 * word
    codes &= (1 << size) - 1
    if column.bits <= MOST_BITS:
        for bits in sorted(range(1 << column.bits), key=int.bit_count):
            values = {c & bits for c in range(size) if codes >> c & 1}
            if len(values) == 1:
                (value,) = values
                if codes == sum(1 << c for c in range(size) if c & bits == value):
                    return [(bits << bit, value << bit)]
    if codes.bit_count() > MOST_TERMS:
        return None
    whole = (1 << column.bits) - 1
    return [(whole << bit, c << bit) for c in range(size) if codes >> c & 1]


def _sum(parts: Iterable[list[Term] | None]) -> list[Term] | None:
    found: list[Term] = []
    for part in parts:
        if part is None:
            return None
        found = found + part
        if len(found) > MOST_TERMS and len(found := least(found)) > MOST_TERMS:
            return None
    return least(found) if len(found) > MOST_FEW else found


def _product(parts: Iterable[list[Term] | None]) -> list[Term] | None:
    found: list[Term] = [(0, 0)]
    unknown = False
    for part in parts:
        if part is None:
            unknown = True  # unless the others cannot hold together
            continue
        found = [
            (m | n, v | w)
            for (m, v), (n, w) in itertools.product(found, part)
            if not (v ^ w) & m & n  # else nowhere
        ]
        if len(found) > MOST_FEW and len(found := least(found)) > MOST_TERMS:
            return None
    return None if unknown and found else found


def least(found: list[Term]) -> list[Term]:
    """The same sum, with terms as wide as simple rules make them, and none within another.

    Of `A b + k` the bit test b can go where `A not-b` is within k: together they hold all of A.
    """
    kept = _outermost(found)
    near = _Near(kept) if len(kept) > FEW else None
    for i, t in enumerate(kept):
        wide = _widened(t, kept if near is None else [kept[j] for j in near.terms_of(i)])
        if near is not None and wide != t:
            near.replace(i, wide)
        kept[i] = wide
    return _outermost(kept)


def _widened(t: Term, others: list[Term]) -> Term:
    mask, value = t
    near: dict[int, list[int]] = {}  # masks of terms from which it differs in one bit alone
    for m, v in others:
        bit = (value ^ v) & m
        if bit and not bit & (bit - 1) and not m & ~mask:
            near.setdefault(bit, []).append(m)
    for bit in sorted(near):
        if any(m & ~mask == 0 for m in near[bit]):
            mask, value = mask & ~bit, value & ~bit
    return mask, value


def _outermost(found: list[Term]) -> list[Term]:
    """Without terms that hold only where another one does."""
    some = sorted(set(found), key=lambda t: (t[0].bit_count(), t))
    if len(some) > FEW:
        masks, values = _arrays(some, _words(some))
        other = ~np.eye(len(some), dtype=np.bool_)
        within = _where(masks[None] & ~masks[:, None]) & other
        within &= _where((values[:, None] ^ values[None]) & masks[None])
        inside: Any = within.any(axis=1)
        return [t for t, elsewhere in zip(some, inside, strict=True) if not elsewhere]
    kept: list[Term] = []
    for mask, value in some:
        for m, v in kept:
            if m & ~mask == 0 and (value ^ v) & m == 0:
                break
        else:
            kept.append((mask, value))
    return kept


# ------------------------------------------------------------ many terms at once

Words = npt.NDArray[np.uint64]  # the last axis is of the words of a state


class _Near:
    """From which terms a term differs in one bit alone, among those that it is."""

    def __init__(self, terms: list[Term]) -> None:
        self._words = _words(terms)
        self._masks, self._values = _arrays(terms, self._words)
        self._near = self._differ(self._masks[None], self._values[None])

    def _differ(self, masks: Words, values: Words) -> npt.NDArray[np.bool_]:
        """For each term, whether it is near each of some terms."""
        bits = (self._values[:, None] ^ values) & masks
        one = _where(bits & (bits - np.uint64(1)))
        one &= (bits != 0).sum(axis=-1) == 1
        return one & _where(masks & ~self._masks[:, None])

    def terms_of(self, i: int) -> list[int]:
        """The terms that are near term i."""
        found: list[int] = np.flatnonzero(self._near[i]).tolist()
        return found

    def replace(self, i: int, term: Term) -> None:
        """Term i is another one now."""
        masks, values = _arrays([term], self._words)
        self._near[:, i : i + 1] = self._differ(masks[None], values[None])


def _words(terms: list[Term]) -> int:
    return max(1, *(-(-mask.bit_length() // 64) for mask, _ in terms))


def _arrays(terms: list[Term], words: int) -> tuple[Words, Words]:
    data = b"".join([x.to_bytes(8 * words, "little") for t in terms for x in t])
    both = np.frombuffer(data, "<u8").reshape(len(terms), 2, words)
    return both[:, 0].copy(), both[:, 1].copy()


def _where(bits: Words) -> npt.NDArray[np.bool_]:
    """Where all words are 0."""
    zero: npt.NDArray[np.bool_] = (bits == 0).all(axis=-1)
    return zero
