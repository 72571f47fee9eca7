"""Packed states in order: comparing, searching, sorting, merging and removing rows of words.

A row is `words` 64-bit words, the last of which counts most: first fit puts the narrow columns
there, so that neighbours in this order differ in few low bytes. Functions are made for each number
of words (`rows_for`), with loops unrolled where there are few; arrays are flat.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from quorate.checker.explore.codegen.native import leading_zeros, load_word, native, store_word

INSERTION = 24  # up to so many rows are sorted by insertion
DIGIT = 11  # bits of the largest radix


@dataclass(frozen=True)
class Rows:
    """The functions for one number of words."""

    lower_bound: Callable[..., int]
    cut: Callable[..., None]
    sort: Callable[..., None]
    unite: Callable[..., int]
    strike: Callable[..., int]
    encode: Callable[..., int]
    decode: Callable[..., int]


def rows_for(words: int) -> Rows:
    """The functions for rows of so many words: unrolled for few."""
    return _made(words if words <= 4 else 0)


@cache
def _made(fixed: int) -> Rows:
    less = _comparing(fixed)
    encode, decode = _coding(fixed)
    search, cut = _searching(less)
    return Rows(
        search,
        cut,
        _sorting(fixed, less),
        _uniting(fixed, less),
        _striking(less),
        encode,
        decode,
    )


# ---------------------------------------------------------------- order


def _comparing(fixed: int) -> Callable[..., bool]:
    @native
    def less(a: Any, i: int, b: Any, j: int, given: int) -> bool:
        """Whether row i of one array comes before row j of another."""
        words = fixed if fixed else given
        for w in range(words - 1, -1, -1):
            x, y = a[i * words + w], b[j * words + w]
            if x != y:
                return bool(x < y)
        return False

    return less


def _searching(less: Callable[..., bool]) -> tuple[Callable[..., int], Callable[..., None]]:
    @native
    def lower_bound(rows: Any, low: int, high: int, key: Any, at: int, words: int) -> int:
        """The first of the sorted rows from `low` to `high` that does not come before a key."""
        while low < high:
            middle = (low + high) >> 1
            if less(rows, middle, key, at, words):
                low = middle + 1
            else:
                high = middle
        return low

    @native
    def cut(rows: Any, count: int, keys: Any, parts: int, cuts: Any, words: int) -> None:
        """Where the sorted keys cut sorted rows: those of part k are from cuts[k] to cuts[k + 1].

        Rows before the first key are in no part.
        """
        at = 0
        for k in range(parts):
            at = lower_bound(rows, at, count, keys, k, words)
            cuts[k] = at
        cuts[parts] = count

    return lower_bound, cut


def _sorting(fixed: int, less: Callable[..., bool]) -> Callable[..., None]:
    @native
    def insert(rows: Any, order: Any, low: int, high: int, words: int) -> None:
        for i in range(low + 1, high):
            k, j = order[i], i
            while j > low and less(rows, np.int64(k), rows, np.int64(order[j - 1]), words):
                order[j] = order[j - 1]
                j -= 1
            order[j] = k

    @native
    def sort_with(
        rows: Any, order: Any, spare: Any, stack: Any, ends: Any, count: int, given: int
    ) -> None:
        words = fixed if fixed else given
        for i in range(count):
            order[i] = i
        stack[0], stack[1], top = 0, count, 2
        while top:
            top -= 2
            low, high = stack[top], stack[top + 1]
            if high - low <= INSERTION:
                insert(rows, order, low, high, words)
                continue
            # The highest word, and in it the highest bit, in which they differ.
            word, differing = words, np.uint64(0)
            first = np.int64(order[low]) * words
            while not differing and word:
                word -= 1
                start = rows[first + word]
                for i in range(low, high):
                    differing |= rows[np.int64(order[i]) * words + word] ^ start
            if not differing:
                continue
            width = 4
            while width < DIGIT and (high - low) >> (width + 3):
                width += 1
            shift = np.uint64(max(0, 64 - leading_zeros(differing) - width))
            mask = np.uint64((1 << width) - 1)
            for k in range((1 << width) + 1):
                ends[k] = 0
            for i in range(low, high):
                digit = (rows[np.int64(order[i]) * words + word] >> shift) & mask
                ends[np.int64(digit) + 1] += 1
            ends[0] = low
            for k in range(1, (1 << width) + 1):
                ends[k] += ends[k - 1]
            for i in range(low, high):
                digit = np.int64((rows[np.int64(order[i]) * words + word] >> shift) & mask)
                spare[ends[digit]] = order[i]
                ends[digit] += 1
            for i in range(low, high):
                order[i] = spare[i]
            begin = low
            for k in range(1 << width):
                if ends[k] - begin > 1:
                    stack[top], stack[top + 1] = begin, ends[k]
                    top += 2
                begin = ends[k]

    def sort(rows: Any, order: Any, spare: Any, count: int, words: int) -> None:
        """Fill `order` with the indices of the first `count` rows in their order.

        Radix sort from the highest bit in which the rows of a part differ; indices alone move.
        `spare` is as long as `order`.
        """
        stack = np.empty((64 * words + 2) << DIGIT, np.int64)
        ends = np.empty((1 << DIGIT) + 1, np.int64)
        sort_with(rows, order, spare, stack, ends, count, words)

    return sort


def _uniting(fixed: int, less: Callable[..., bool]) -> Callable[..., int]:
    @native
    def unite(a: Any, m: int, b: Any, n: int, out: Any, given: int) -> int:
        """Merge m and n sorted rows, those in both once; how many there are."""
        words = fixed if fixed else given
        i, j, k = 0, 0, 0
        while i < m and j < n:
            second = less(b, j, a, i, words)
            first = less(a, i, b, j, words)
            for w in range(words):
                out[k * words + w] = b[j * words + w] if second else a[i * words + w]
            i += not second
            j += not first
            k += 1
        for w in range(i * words, m * words):
            out[(k - i) * words + w] = a[w]
        k += m - i
        for w in range(j * words, n * words):
            out[(k - j) * words + w] = b[w]
        return k + n - j

    return unite


def _striking(less: Callable[..., bool]) -> Callable[..., int]:
    @native
    def strike(rows: Any, struck: Any, i: int, count: int, others: Any, n: int, words: int) -> int:
        """Mark those of the sorted rows from i that are among n sorted others; where to go on."""
        j = 0
        while i < count and j < n:
            before = less(rows, i, others, j, words)
            after = less(others, j, rows, i, words)
            if before == after:
                struck[i] = True
            i += not after
            j += not before
        return i

    return strike


# ---------------------------------------------------------------- coding


def _coding(fixed: int) -> tuple[Callable[..., int], Callable[..., int]]:
    """Sorted rows as differences: half a byte for the length of each, then its low bytes.

    A length of 0 stands for all the bytes of a row.
    """

    @native
    def encode(rows: Any, first: int, count: int, data: Any, at: int, given: int) -> int:
        """Write `count` sorted rows to data[at:]; returns the place after them."""
        words = fixed if fixed else given
        for w in range(words):
            store_word(data, at + 8 * w, rows[first * words + w])
        lengths = at + 8 * words
        at = lengths + count // 2
        for k in range(lengths, at):
            data[k] = 0
        for k in range(1, count):
            row, last = (first + k) * words, (first + k - 1) * words
            borrow, size = np.uint64(0), 0
            for w in range(words):
                x, y = rows[row + w], rows[last + w]
                difference = x - y - borrow
                borrow = np.uint64(1) if x < y or (x == y and borrow) else np.uint64(0)
                store_word(data, at + 8 * w, difference)
                if difference:
                    size = 8 * w + 8 - (leading_zeros(difference) >> 3)
            if size <= 15:
                data[lengths + ((k - 1) >> 1)] |= np.uint8(size << (4 * ((k - 1) & 1)))
                at += size
            else:
                at += 8 * words
        return at

    @native
    def decode(data: Any, at: int, count: int, rows: Any, first: int, given: int) -> int:
        """Read `count` rows from data[at:], which goes on for a row beyond; returns their end."""
        words = fixed if fixed else given
        for w in range(words):
            rows[first * words + w] = load_word(data, at + 8 * w)
        lengths = at + 8 * words
        at = lengths + count // 2
        ones = ~np.uint64(0)
        for k in range(1, count):
            row, last = (first + k) * words, (first + k - 1) * words
            size = int(data[lengths + ((k - 1) >> 1)] >> (4 * ((k - 1) & 1))) & 15
            carry = np.uint64(0)
            if 0 < size <= 8:
                carry = load_word(data, at) & (ones >> np.uint64(64 - 8 * size))
                at += size
                for w in range(words):
                    value = rows[last + w] + carry
                    carry = np.uint64(1) if value < carry else np.uint64(0)
                    rows[row + w] = value
                continue
            if size == 0:
                size = 8 * words
            for w in range(words):
                left = size - 8 * w
                part = load_word(data, at + 8 * w) if left > 0 else np.uint64(0)
                if 0 < left < 8:
                    part &= ones >> np.uint64(64 - 8 * left)
                value = rows[last + w] + part
                over = value < part
                value += carry
                over |= value < carry
                carry = np.uint64(1) if over else np.uint64(0)
                rows[row + w] = value
            at += size
        return at

    return encode, decode
