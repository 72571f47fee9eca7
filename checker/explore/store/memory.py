"""The states found: one `StateStore`, or one for each shard of the hashes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from quorate.checker.ground.packing import Words

from .growing import Growing
from .sweep import sweep, sweep_parts
from .table import BATCH, add_keys, crowded, deal, find, forget, forget_keys, rehash, spread

Indices = npt.NDArray[np.uint32]
ShardNumbers = npt.NDArray[np.uint8]

GROWTH = 4  # a table of indices grows by hashing every state again, so seldom
KEYED_GROWTH = 2
MOST_SHARDS = 255  # a shard, or none, is kept in a byte
PIECE = 1 << 22
ASIDE = 1 << 13  # entries of a keyed table that grows


@dataclass
class StateStore:
    """States, `words` machine words each, and for each the number of its parent.

    State k is `states[k * words : (k + 1) * words]`, its parent `parents[k]`; `k < count`. Both
    arrays are append-only: an entry below `count` never changes, so that a copy is brought up to
    date by what was appended. `table` finds states by their hash (see `table.py`) and follows from
    them: after loading `states`, `parents` and `count`, call `rehash`. Its entries are the states
    themselves if the store is `keyed`, which states of one word can be that are never full.

    The parent of an initial state is itself. A store that is one of several shards' holds the
    states for which `table.shard_of(table.hash_of(...), shards)` is its shard, and numbers are
    those of `Partitions`; otherwise the number of a state is its index.
    """

    words: int
    states: Words
    parents: Indices
    table: npt.NDArray[Any]
    count: int = 0
    keyed: bool = False
    _index: Indices | None = field(default=None, repr=False)
    _growing: tuple[Growing, Growing] | None = field(default=None, repr=False)
    _keys: Growing | None = field(default=None, repr=False)  # the memory of a keyed table

    @classmethod
    def empty(
        cls,
        words: int,
        room: int,
        keyed: bool = False,
        number: type[np.unsignedinteger[Any]] = np.uint32,
    ) -> StateStore:
        """An empty store with room for so many states, whose parents have numbers of this type.

        Raises MemoryError.
        """
        states, parents = Growing(np.uint64, room * words), Growing(number, room)
        size = table_size(room, keyed)
        keys = Growing(np.uint64, size) if keyed else None
        table = Growing(np.uint32, size).array if keys is None else keys.array
        growing = states, parents
        return cls(words, states.array, parents.array, table, 0, keyed, None, growing, keys)

    def row(self, k: int) -> Words:
        """The words of state k."""
        return self.states[k * self.words : (k + 1) * self.words]

    def parent(self, k: int) -> int:
        """The number of state k's parent."""
        return int(self.parents[k])

    def chain(self, k: int) -> list[Words]:
        """The states of a shortest path to state k, the initial one first."""
        numbers = [k]
        while (parent := self.parent(numbers[-1])) != numbers[-1]:
            numbers.append(parent)
        return [self.row(n) for n in reversed(numbers)]

    @property
    def room(self) -> int:
        """The number of states that fit."""
        return len(self.parents)

    @property
    def growth(self) -> int:
        """The factor by which it grows when it is full."""
        return KEYED_GROWTH if self.keyed else GROWTH

    def grow(self, room: int) -> None:
        """Make room for more states. Raises MemoryError, and then the store is as before."""
        if table_size(room, self.keyed) > len(self.table):
            self._enlarge(table_size(room, self.keyed))
        states, parents = self._growing or (Growing.of(self.states), Growing.of(self.parents))
        del self.states, self.parents
        try:
            states.grow(room * self.words)
            parents.grow(room)
        finally:
            self.states, self.parents = states.array, parents.array
            self._growing = states, parents

    def _enlarge(self, size: int) -> None:
        """Resize the table to so many places."""
        if not self.keyed:
            table: Indices = Growing(np.uint32, size).array
            _rehash(self.states, self.words, self.count, table)
            self.table = table
            return
        old = len(self.table)
        pages = self._keys or Growing.of(self.table)
        del self.table
        try:
            pages.grow(size)
        finally:
            self.table, self._keys = pages.array, pages
        if not spread(self.table, old, np.empty(ASIDE, np.uint64)):
            self.rehash()

    def drop_table(self) -> None:
        """Release the table's memory; afterwards no state can be added or found."""
        self.table, self._keys = np.zeros(0, self.table.dtype), None

    def rehash(self) -> None:
        """Build the table from the states."""
        self.table[:] = 0
        if self.keyed:
            add_keys(self.states[: self.count], 1, self.table)
        else:
            _rehash(self.states, self.words, self.count, self.table)

    def truncate(self, count: int) -> None:
        """Forget all but the first `count` states."""
        if self.keyed:
            forget_keys(self.states, count, self.count, self.table)
        else:
            forget(self.states, self.words, count, self.count, self.table)
        self.count, self._index = count, None

    def find(self, words: Words) -> int:
        """The index of a packed state, or -1."""
        return int(find(self.states, self.words, self.index(), words, 0))

    def sweep(self, function: int, step: int, counts: npt.NDArray[np.int64]) -> None:
        """Run the function at an address over every `step`-th state; it adds to the counts."""
        sweep(function, self.words, self.states, self.count, step, counts)

    def index(self) -> Indices:
        """A table that is not keyed: the store's own, or one that is built at the first call.

        Call it after the last state was added.
        """
        if not self.keyed:
            return self.table
        if self._index is None:
            self._index = Growing(np.uint32, table_size(self.count, False)).array
            _rehash(self.states, self.words, self.count, self._index)
        return self._index


@dataclass
class Partitions:
    """The states of one search in several stores, one for each shard of the hashes.

    The number of state k of shard p is `k * shards + p`. `order[i]` is the shard of the i-th state
    found, as a search by one thread numbers them; each store has its states in that order.
    """

    stores: list[StateStore]
    order: ShardNumbers
    count: int
    _growing: Growing | None = field(default=None, repr=False)

    @classmethod
    def split(cls, store: StateStore, shards: int) -> Partitions:
        """The states of one store, dealt out. Raises MemoryError."""
        sizes = np.zeros(shards, np.int64)
        growing = Growing(np.uint8, store.room)
        order = growing.array
        numbers = np.empty(store.count, np.uint32)
        deal(store.states, store.words, store.count, shards, order, numbers, sizes)
        stores = []
        for p in range(shards):
            room = max(int(sizes[p]), store.room // shards, 1)
            share = StateStore.empty(store.words, room, store.keyed)
            share.count = int(sizes[p])
            mine = np.flatnonzero(order[: store.count] == p)
            rows = store.states[: store.count * store.words].reshape(-1, store.words)
            share.states[: share.count * store.words] = rows[mine].reshape(-1)
            share.parents[: share.count] = numbers[store.parents[mine]]
            share.rehash()
            stores.append(share)
        return cls(stores, order, store.count, growing)

    def reserve(self, count: int) -> None:
        """Make room in the order for so many states. Raises MemoryError."""
        if count <= len(self.order):
            return
        growing = self._growing or Growing.of(self.order)
        del self.order
        try:
            growing.grow(max(count, 2 * len(growing.array)))
        finally:
            self.order, self._growing = growing.array, growing

    @property
    def shards(self) -> int:
        """How many stores there are."""
        return len(self.stores)

    def row(self, number: int) -> Words:
        """The words of a state, by its number."""
        k, p = divmod(number, self.shards)
        return self.stores[p].row(k)

    def parent(self, number: int) -> int:
        """The number of a state's parent."""
        k, p = divmod(number, self.shards)
        return int(self.stores[p].parents[k])

    def chain(self, number: int) -> list[Words]:
        """The states of a shortest path to the one of a number, the initial one first."""
        numbers = [number]
        while (parent := self.parent(numbers[-1])) != numbers[-1]:
            numbers.append(parent)
        return [self.row(n) for n in reversed(numbers)]

    def number(self, rank: int) -> int:
        """The number of the state that was found after `rank` others."""
        p = int(self.order[rank])
        return int(np.count_nonzero(self.order[:rank] == p)) * self.shards + p

    def rank(self, number: int) -> int:
        """How many states were found before the one of this number."""
        k, p = divmod(number, self.shards)
        start, seen = 0, 0
        while True:  # in pieces: there may be very many
            mine = np.flatnonzero(self.order[start : min(self.count, start + PIECE)] == p)
            if k < seen + len(mine):
                return start + int(mine[k - seen])
            start, seen = start + PIECE, seen + len(mine)

    def among_first(self, count: int) -> list[int]:
        """How many of the first `count` states found each store has."""
        found = np.zeros(self.shards, np.int64)
        for start in range(0, count, PIECE):
            piece = self.order[start : min(count, start + PIECE)]
            found += np.bincount(piece, minlength=self.shards)
        return [int(n) for n in found]

    def sweep(self, function: int, step: int, counts: npt.NDArray[np.int64]) -> None:
        """Run the function at an address over every `step`-th state in the order of discovery."""
        cursors = np.zeros(self.shards, np.int64)
        order = self.order[: self.count]
        sweep_parts(function, self.stores[0].words, self.addresses(), order, cursors, step, counts)

    def gathered(self) -> StateStore:
        """All states in one store, as a search by one thread leaves them. Raises MemoryError."""
        words = self.stores[0].words
        whole = StateStore.empty(words, max(1, self.count), self.stores[0].keyed)
        rows = whole.states.reshape(-1, words)
        order = self.order[: self.count]
        ranks = [np.flatnonzero(order == p).astype(np.uint32) for p in range(self.shards)]
        for p, share in enumerate(self.stores):
            rows[ranks[p]] = share.states[: share.count * words].reshape(-1, words)
            parents = share.parents[: share.count]
            mine = np.empty(share.count, np.uint32)
            for q in range(self.shards):
                of_q = parents % self.shards == q
                mine[of_q] = ranks[q][parents[of_q] // self.shards]
            whole.parents[ranks[p]] = mine
        whole.count = self.count
        whole.rehash()
        return whole

    def addresses(self) -> npt.NDArray[np.int64]:
        """Where each store's states begin in memory; they move when a store grows."""
        return np.array([s.states.ctypes.data for s in self.stores], np.int64)


def _rehash(states: Words, words: int, count: int, table: Indices) -> None:
    rehash(states, words, count, table, np.empty(BATCH, np.uint64))


def table_size(room: int, keyed: bool) -> int:
    """A power of two: the table is never more than half full, a keyed one never more than 70 %."""
    size = 2
    while crowded(room, size, keyed):
        size *= 2
    return size
