"""Expand here, insert there: the two halves of a step of a search whose states have several owners.

`expand` makes the successors of some states and sorts them into `Buckets`, one for each owner; an
owner that gets a bucket runs `insert` on it. Both are compiled and let go of Python's lock. Which
machine they run on does not matter: buckets are plain arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from . import driver as d

# Places in the array that says how far an expansion came.
AT, MADE, SENSELESS, PARENT, LABEL = range(5)
EXPANDED = 5

# Places in the array that says what an insertion found.
ADDED, REACHED, FOUND, PLACE, WHERE, WORKER = range(6)
INSERTED = 6

NOWHERE = np.iinfo(np.int64).max


@dataclass
class Buckets:
    """Successors on their way: row q of each array is for owner q, who gets `sizes[q]` of them.

    `states[q]` has their words, `labels[q]` the index of an instance that leads there, `parents[q]`
    the number of the state it leads from. `places[q]` says which of all successors that were made
    here each one is: it ascends within a row.
    """

    words: int
    states: npt.NDArray[np.uint64]
    labels: npt.NDArray[np.uint32]
    parents: npt.NDArray[np.uint32]
    places: npt.NDArray[np.uint32]
    sizes: npt.NDArray[np.int64]

    @classmethod
    def empty(cls, words: int, owners: int, room: int) -> Buckets:
        """Buckets with room for so many successors for each owner."""
        return cls(
            words,
            np.empty((owners, room * words), np.uint64),
            np.empty((owners, room), np.uint32),
            np.empty((owners, room), np.uint32),
            np.empty((owners, room), np.uint32),
            np.zeros(owners, np.int64),
        )

    @property
    def room(self) -> int:
        """How many successors there is room for, for each owner."""
        return int(self.labels.shape[1])

    def grow(self) -> None:
        """Twice the room. Raises MemoryError."""
        new = Buckets.empty(self.words, len(self.sizes), 2 * self.room)
        used = int(self.sizes.max())
        new.states[:, : used * self.words] = self.states[:, : used * self.words]
        for name in ("labels", "parents", "places"):
            getattr(new, name)[:, :used] = getattr(self, name)[:, :used]
        self.states, self.labels, self.parents, self.places = (
            new.states, new.labels, new.parents, new.places,
        )  # fmt: skip

    def cut(self, place: int) -> None:
        """Forget the successors after a place."""
        for q, size in enumerate(self.sizes):
            self.sizes[q] = np.searchsorted(self.places[q, :size], place, side="right")


def _expanding(fixed: int) -> Callable[..., None]:
    @d.compiled
    def expand(
        successors: int,
        given: int,
        most: int,
        bases: Any,
        order: Any,
        cursors: Any,
        last: int,
        cut: int,
        fired: Any,
        out: Any,
        made_labels: Any,
        progress: Any,
        states: Any,
        labels: Any,
        parents: Any,
        places: Any,
        sizes: Any,
    ) -> None:
        """Expand the states progress[AT] to `last` in the order of discovery, into buckets.

        `order[i]` is the owner of the i-th of them, `cursors[p]` the index of owner p's next one,
        `bases[p]` the address of p's states. It ends early where the next successors might not fit,
        after the state that made the successor of place `cut`, and at a step that makes no sense:
        progress[SENSELESS] is then the place that its successor would have had.
        """
        words = fixed if fixed else given
        owners = len(bases)
        room = labels.shape[1]
        at, made = progress[AT], progress[MADE]
        slack = 0
        while at < last and made <= cut:
            if slack < most:
                slack = room - sizes.max()
                if slack < most:
                    break
            p = np.int64(order[at])
            k = cursors[p]
            n = d.call_successors_from(successors, bases[p], k * words, out, made_labels, fired)
            parent = k * owners + p
            for j in range(n):
                if made_labels[j] >= np.uint32(0x80000000):
                    progress[SENSELESS] = made
                    progress[PARENT] = parent
                    progress[LABEL] = made_labels[j] & np.uint32(0x7FFFFFFF)
                    last = at  # no further
                    break
                q = d.owner_of(d.hash_of(out, j * words, words), owners)
                s = sizes[q]
                for i in range(words):
                    states[q, s * words + i] = out[j * words + i]
                labels[q, s] = made_labels[j]
                parents[q, s] = parent
                places[q, s] = made
                sizes[q] = s + 1
                made += 1
            slack -= n
            cursors[p] = k + 1
            at += 1
        progress[AT], progress[MADE] = at, made

    return expand


def _inserting(fixed: int) -> Callable[..., int]:
    @d.compiled
    def insert(
        check: int,
        given: int,
        bad: int,
        owners: int,
        owner: int,
        new_states: Any,
        new_labels: Any,
        new_parents: Any,
        new_places: Any,
        size: int,
        states: Any,
        parents: Any,
        table: Any,
        count: int,
        fresh: Any,
        result: Any,
    ) -> int:
        """Insert the successors of a bucket that are not known; returns how many states there are.

        Each of them is checked. `fresh[place]` becomes 1 + owner for a new one. At the first that
        breaks an invariant it stops, with result[FOUND], [PLACE] and [WHERE] (its number); bits of
        other properties are collected in result[REACHED]. There must be room for all.
        """
        words = fixed if fixed else given
        mask = np.uint64(len(table) - 1)
        hashes = np.empty(d.BATCH, np.uint64)
        for start in range(0, size, d.BATCH):
            end = min(size, start + d.BATCH)
            for j in range(start, end):
                h = d.hash_of(new_states, j * words, words) & mask
                hashes[j - start] = h
                d.prefetch(table, np.int64(h))
            for j in range(start, end):
                k = np.int64(table[hashes[j - start]]) - 1
                if k >= 0:
                    d.prefetch(states, k * words)
            for j in range(start, end):
                at = j * words
                h = hashes[j - start]
                k = np.int64(table[h]) - 1
                while k >= 0 and not d.equal(states, k * words, new_states, at, words):
                    h = (h + np.uint64(1)) & mask
                    k = np.int64(table[h]) - 1
                if k >= 0:
                    continue
                table[h] = count + 1
                for i in range(words):
                    states[count * words + i] = new_states[at + i]
                parents[count] = new_parents[j]
                fresh[new_places[j]] = owner + 1
                verdict = d.call_check(check, new_states, at, new_labels, j)
                result[REACHED] |= verdict & ~bad
                count += 1
                if verdict & bad:
                    result[FOUND] = verdict & bad
                    result[PLACE] = new_places[j]
                    result[WHERE] = (count - 1) * owners + owner
                    return count
        return count

    return insert


@d.compiled
def append_owners(fresh: Any, made: int, order: Any, count: int) -> int:
    """Append the owners of the new states to the order of discovery; returns its length."""
    for i in range(made):
        if fresh[i]:
            order[count] = fresh[i] - 1
            count += 1
    return count


@d.compiled
def advance(order: Any, first: int, last: int, cursors: Any) -> None:
    """Move the cursors of the owners past the states `first` to `last` of the order."""
    for i in range(first, last):
        cursors[order[i]] += 1


_compiled: dict[int, tuple[Callable[..., None], Callable[..., int]]] = {}


def functions_for(words: int) -> tuple[Callable[..., None], Callable[..., int]]:
    """`expand` and `insert` for states of so many words: unrolled for few."""
    fixed = words if words <= 4 else 0
    if fixed not in _compiled:
        _compiled[fixed] = _expanding(fixed), _inserting(fixed)
    return _compiled[fixed]
