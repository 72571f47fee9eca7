"""Expand here, insert there: the two halves of a step of a search over several shards.

`expand` computes the successors of some states and sorts them into an `Outbox` by the shard that
they belong to. That shard runs `insert` on its row. Both are compiled and release Python's lock.
They may run on different machines: an outbox is plain arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from quorate.checker.explore.codegen.labels import INSTANCE, UNDEFINED_STEP
from quorate.checker.explore.codegen.native import call_successors_from, native, prefetch
from quorate.checker.explore.store.table import (
    BATCH,
    TOGETHER,
    ask_for_states,
    hash_of,
    insert_keyed,
    insert_whole,
    is_new,
    met_places,
    nothing_met,
    place_of,
    scale_of,
    shard_of,
)

from . import driver as d

# Places in the array that says how far an expansion came.
AT, MADE, UNDEFINED, PARENT, LABEL = range(5)
EXPANDED = 5

SOME = 1 << 11  # room for successors that are made before any is sent, unless one state has more
NOWHERE = np.iinfo(np.int64).max


@dataclass
class Outbox:
    """Successors to send: row q of each array is for shard q, which gets `sizes[q]` of them.

    `states[q]` has their words, `labels[q]` the index of an instance that leads there, `parents[q]`
    the number of the state it leads from. `places[q]` says which of all successors that were sent
    from here each one is: it ascends within a row.
    """

    words: int
    states: npt.NDArray[np.uint64]
    labels: npt.NDArray[np.uint32]
    parents: npt.NDArray[np.uint32]
    places: npt.NDArray[np.uint32]
    sizes: npt.NDArray[np.int64]

    @classmethod
    def empty(
        cls, words: int, shards: int, room: int, number: type[np.unsignedinteger[Any]] = np.uint32
    ) -> Outbox:
        """Outbox with room for so many successors for each shard, with numbers of this type."""
        return cls(
            words,
            np.empty((shards, room * words), np.uint64),
            np.empty((shards, room), np.uint32),
            np.empty((shards, room), number),
            np.empty((shards, room), np.uint32),
            np.zeros(shards, np.int64),
        )

    @property
    def room(self) -> int:
        """How many successors there is room for, for each shard."""
        return int(self.labels.shape[1])

    def grow(self) -> None:
        """Twice the room. Raises MemoryError."""
        number = self.parents.dtype.type
        new = Outbox.empty(self.words, len(self.sizes), 2 * self.room, number)
        used = int(self.sizes.max())
        new.states[:, : used * self.words] = self.states[:, : used * self.words]
        for name in ("labels", "parents", "places"):
            getattr(new, name)[:, :used] = getattr(self, name)[:, :used]
        self.states, self.labels, self.parents, self.places = (
            new.states, new.labels, new.parents, new.places,
        )  # fmt: skip

    @property
    def arrays(self) -> tuple[npt.NDArray[Any], ...]:
        """What `expand` writes to."""
        return self.states, self.labels, self.parents, self.places, self.sizes

    def cut(self, place: int) -> None:
        """Forget the successors after a place."""
        for q, size in enumerate(self.sizes):
            self.sizes[q] = np.searchsorted(self.places[q, :size], place, side="right")


@dataclass
class Made:
    """The successors of a few states, before they go into the worker's outbox.

    Successors found in `met` were sent before, and are not sent again (`table.is_new`).
    """

    words: int
    met: npt.NDArray[np.uint64]
    states: npt.NDArray[np.uint64]
    labels: npt.NDArray[np.uint32]
    parents: npt.NDArray[Any]
    which: npt.NDArray[np.uint32]  # those to send, and the shards that they go to
    shards: npt.NDArray[np.uint8]

    @classmethod
    def empty(
        cls, words: int, most: int, number: type[np.unsignedinteger[Any]] = np.uint32
    ) -> Made:
        """Room for the successors of some states, `most` of each, with numbers of this type."""
        room = max(SOME, most)
        return cls(
            words,
            nothing_met(words),
            np.empty(room * words, np.uint64),
            np.empty(room, np.uint32),
            np.empty(room, number),
            np.empty(room, np.uint32),
            np.empty(room, np.uint8),
        )

    def forget(self) -> None:
        """What was met was not kept."""
        self.met = nothing_met(self.words)

    @property
    def arrays(self) -> tuple[npt.NDArray[Any], ...]:
        """What `expand` works with."""
        return self.met, self.states, self.labels, self.parents, self.which, self.shards

    @property
    def room(self) -> int:
        """How many successors there is room for."""
        return len(self.labels)


def _expanding(fixed: int) -> Callable[..., None]:
    @native
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
        progress: Any,
        met: Any,
        out: Any,
        kinds: Any,
        sources: Any,
        which: Any,
        towards: Any,
        states: Any,
        labels: Any,
        parents: Any,
        places: Any,
        sizes: Any,
    ) -> None:
        """Expand the states progress[AT] to `last` in the order of discovery, into an outbox.

        `order[i]` is the shard of the i-th of them, `cursors[p]` the index of shard p's next one,
        `bases[p]` the address of p's states. It ends early where the next successors might not fit,
        after the state whose successor has the place `cut`, and at a step that is undefined:
        progress[UNDEFINED] is then the place that its successor would have had. The arrays
        from `met` are those of `Made`, those from `states` of `Outbox`.
        """
        words = fixed if fixed else given
        near = np.uint64(met_places(words) - 1)
        shards = len(bases)
        capacity, room = len(kinds), labels.shape[1]
        together = BATCH if cut == NOWHERE else 1
        at, made = progress[AT], progress[MADE]
        slack = 0
        while at < last and made <= cut:
            if slack < capacity:
                slack = room
                for size in sizes:
                    slack = min(slack, room - size)
                if slack < capacity:
                    break
            # Make the successors of some states, up to a step that is undefined.
            some, undefined = 0, -1
            end = min(last, at + together)
            while at < end and some + most <= capacity and undefined < 0:
                p = np.uint64(order[np.uint64(at)])  # indices that cannot be negative cost less
                k = cursors[p]
                n = call_successors_from(
                    successors, bases[p], k * words, out, some * words, kinds, some, fired, 0
                )
                for i in range(some, some + n):
                    j = np.uint64(i)
                    sources[j] = k * shards + np.int64(p)
                    if undefined < 0 and kinds[j] >= np.uint32(UNDEFINED_STEP):
                        undefined = i
                some += n
                cursors[p] = k + 1
                at += 1
            if undefined >= 0:
                some = undefined
            # Leave out what was sent just before.
            kept = 0
            for i in range(some):
                j = np.uint64(i)
                h = hash_of(out, i * words, words)
                which[np.uint64(kept)] = i
                towards[np.uint64(kept)] = shard_of(h, shards)
                kept += is_new(met, h & near, out, i * words, words)
            for i in range(kept):
                j = np.uint64(which[np.uint64(i)])
                q = np.uint64(towards[np.uint64(i)])
                into = np.uint64(sizes[q])
                for w in range(words):
                    word = out[j * np.uint64(words) + np.uint64(w)]
                    states[q, into * np.uint64(words) + np.uint64(w)] = word
                labels[q, into] = kinds[j]
                parents[q, into] = sources[j]
                places[q, into] = made + i
                sizes[q] = np.int64(into) + 1
            made += kept
            slack -= some
            if undefined >= 0:
                progress[UNDEFINED] = made
                progress[PARENT] = sources[np.uint64(undefined)]
                progress[LABEL] = kinds[np.uint64(undefined)] & np.uint32(INSTANCE)
                break
        progress[AT], progress[MADE] = at, made

    return expand


def few() -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    """Room for what `insert` knows of two batches of successors."""
    rooms = np.zeros((2, TOGETHER), np.uint64)
    return rooms, np.zeros(TOGETHER, np.uint32), np.zeros(TOGETHER, np.uint32)


def _inserting(fixed: int, keyed: bool) -> Callable[..., int]:
    @native
    def insert_all(
        check: int,
        given: int,
        bad: int,
        shards: int,
        shard: int,
        new: Any,
        labels: Any,
        sources: Any,
        places: Any,
        size: int,
        states: Any,
        parents: Any,
        table: Any,
        count: int,
        fresh: Any,
        hashes: Any,
        kinds: Any,
        which: Any,
        result: Any,
    ) -> int:
        """Insert the successors of a row that are not known; returns how many states there are.

        Each of them is checked. `fresh[place]` becomes 1 + shard for a new one. Soon after the
        first that breaks an invariant it stops, with what `driver.check_new` says in
        result[d.FOUND], its place in [d.WHERE] and its index in [d.COUNT]. There must be room for
        all. `hashes`, `kinds` and `which` are those of `few`.
        """
        words = fixed if fixed else given
        mask, scale = np.uint64(len(table) - 1), np.uint64(0)
        if keyed:
            scale = scale_of(table)
        for start in range(-TOGETHER, size, TOGETHER):
            # The places of the next batch are asked for before this one is looked up.
            after = start + TOGETHER
            ahead = hashes[(after // TOGETHER) % 2]
            for j in range(after, min(size, after + TOGETHER)):
                h = hash_of(new, j * words, words)
                place = place_of(h, scale) if keyed else h & mask
                ahead[np.uint64(j - after)] = place
                prefetch(table, np.int64(place))
            if start < 0:
                continue
            before = count
            end = min(size, after)
            if keyed:
                count = insert_keyed(
                    new, labels, sources, hashes[(start // TOGETHER) % 2], start, end,
                    states, parents, table, count, kinds, which,
                )  # fmt: skip
            else:
                found_at = hashes[(start // TOGETHER) % 2]
                ask_for_states(words, found_at, 0, end - start, states, table)
                count = insert_whole(
                    words, new, labels, sources, found_at, start, end,
                    states, parents, table, count, kinds, which,
                )  # fmt: skip
            for i in range(count - before):
                fresh[np.uint64(places[np.uint64(which[np.uint64(i)])])] = shard + 1
            wrong = d.check_new(check, words, bad, states, before, count, kinds, result)
            if wrong >= 0:
                result[d.WHERE], result[d.COUNT] = places[which[wrong - before]], wrong
                break
        return count

    return insert_all


@native
def append_shards(fresh: Any, made: int, order: Any, count: int) -> int:
    """Append the shards of the new states to the order of discovery; returns its length."""
    for i in range(made):
        shard = fresh[np.uint64(i)]
        order[np.uint64(count)] = shard - 1  # overwritten if there is none
        count += shard != 0
    return count


@native
def advance(order: Any, first: int, last: int, cursors: Any) -> None:
    """Move the cursors of the shards past the states `first` to `last` of the order."""
    if len(cursors) > 16:
        for i in range(first, last):
            cursors[order[i]] += 1
        return
    for p in range(len(cursors)):  # passes that are vectors are faster than one that is not
        mine = 0
        for i in range(first, last):
            mine += order[np.uint64(i)] == p
        cursors[p] += mine


@dataclass(frozen=True)
class Functions:
    """What is compiled for states of some number of words."""

    expand: Callable[..., None]
    insert: Callable[..., int]


_functions: dict[tuple[int, bool], Functions] = {}


def functions_for(words: int, keyed: bool) -> Functions:
    """`expand` and `insert` for states of so many words: loops over few of them are unrolled."""
    fixed = words if words <= 4 else 0
    if (fixed, keyed) not in _functions:
        _functions[fixed, keyed] = Functions(_expanding(fixed), _inserting(fixed, keyed))
    return _functions[fixed, keyed]
