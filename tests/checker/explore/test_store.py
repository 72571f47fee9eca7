"""Stores and their tables: they grow, forget and find, whatever is in them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.checker.explore.store.growing import Growing
from quorate.checker.explore.store.memory import StateStore, table_size
from quorate.checker.explore.store.table import (
    crowded,
    hash_of,
    insert_keyed,
    insert_whole,
    is_new,
    met_places,
    nothing_met,
    place_of,
    scale_of,
)


def filled(values: list[int], words: int, keyed: bool, room: int) -> StateStore:
    """A store of distinct states, inserted one after the other, growing when it must."""
    store = StateStore.empty(words, room, keyed)
    numbers = np.arange(1, dtype=np.uint32)
    found = np.zeros(1, np.uint32), np.zeros(1, np.uint32)
    for value in values:
        if store.count == store.room:
            store.grow(2 * store.room)
        state = np.array([value + i for i in range(words)], np.uint64)
        h = np.uint64(hash_of(state, 0, words))
        if keyed:
            place = place_of(h, np.uint64(scale_of(store.table)))
            insert, first = insert_keyed, ()
        else:
            place = h & np.uint64(len(store.table) - 1)
            insert, first = insert_whole, (words,)
        store.count = insert(
            *first, state, numbers, numbers, np.array([place], np.uint64), 0, 1,
            store.states, store.parents, store.table, store.count, *found,
        )  # fmt: skip
    return store


def entries(store: StateStore) -> list[int]:
    return sorted(int(e) for e in store.table if e)


@pytest.mark.parametrize("keyed", [False, True])
@given(
    values=st.lists(st.integers(0, 2**40), min_size=1, max_size=300, unique=True),
    room=st.integers(1, 40),
)
def test_what_is_inserted_is_found(keyed: bool, values: list[int], room: int) -> None:
    words = 1 if keyed else 2
    store = filled([*values, *values], words, keyed, room)
    assert [int(store.states[k * words]) for k in range(store.count)] == values
    for k in range(store.count):
        assert store.find(store.row(k).copy()) == k
    assert store.find(np.array([2**41] * words, np.uint64)) == -1
    before = entries(store)
    assert len(before) == store.count
    store.rehash()
    assert entries(store) == before
    half = store.count // 2
    store.truncate(half)
    assert entries(store) == entries(filled(values[:half], words, keyed, room))


@pytest.mark.parametrize(
    "count", [1, 100, 5_000, pytest.param(200_000, marks=pytest.mark.exhaustive)]
)
@pytest.mark.parametrize("spread_out", [True, False])
def test_a_keyed_table_spreads_in_place(count: int, spread_out: bool) -> None:
    generator = np.random.default_rng(count)
    keys = np.unique(generator.integers(0, 1 << 50, count).astype(np.uint64))
    if not spread_out:
        keys = np.arange(len(keys), dtype=np.uint64) << np.uint64(20)
    store = StateStore.empty(1, len(keys), keyed=True)
    store.states[: len(keys)] = keys
    store.count = len(keys)
    store.rehash()
    size = len(store.table)
    store.grow(2 * store.room)
    assert len(store.table) == 2 * size
    assert np.array_equal(np.sort(store.table[store.table != 0]), np.sort(keys + np.uint64(1)))
    _can_be_looked_up(store)


def _can_be_looked_up(store: StateStore) -> None:
    """No free place lies between where a state is looked for first and where it is."""
    found = np.zeros(2, np.uint32)
    hashes = [np.uint64(hash_of(store.states, k, 1)) for k in range(store.count)]
    places = np.array([place_of(h, np.uint64(scale_of(store.table))) for h in hashes], np.uint64)
    new = store.states[: store.count].copy()
    zeros = np.zeros(store.count, np.uint32)
    again = insert_keyed(
        new, zeros, zeros, places, 0, store.count,
        store.states, store.parents, store.table, store.count, found, found,
    )  # fmt: skip
    assert again == store.count


def test_a_table_that_does_not_spread_is_built_anew() -> None:
    """Entries at the wrong end cannot move up: more of them than can be put aside."""
    keys = np.arange(20_000, dtype=np.uint64)
    store = StateStore.empty(1, len(keys), keyed=True)
    store.states[: len(keys)] = keys
    store.count = len(keys)
    store.table[: len(keys)] = keys[::-1] + np.uint64(1)
    store.grow(2 * store.room)
    assert np.array_equal(np.sort(store.table[store.table != 0]), keys + np.uint64(1))
    _can_be_looked_up(store)


def test_tables_are_powers_of_two_and_have_free_places() -> None:
    for room in (1, 2, 3, 100, 65535, 65536, 65537):
        for keyed in (False, True):
            size = table_size(room, keyed)
            assert size & (size - 1) == 0 and room < size
            assert not crowded(room, size, keyed)


def test_an_array_grows_beside_a_reader() -> None:
    made = Growing(np.uint64, 1000)
    made.array[:] = np.arange(1000)
    seen = made.array[10:20]
    made.grow(5000)
    assert np.array_equal(made.array[:1000], np.arange(1000)) and not made.array[1000:].any()
    made.array[15] = 0
    assert np.array_equal(seen, np.arange(10, 20))
    del seen
    made.grow(1 << 20)
    assert made.array[14] == 14 and made.array[15] == 0 and len(made.array) == 1 << 20


def test_more_memory_than_there_is_is_refused() -> None:
    with pytest.raises(MemoryError):
        Growing(np.uint64, 1 << 60)
    store = StateStore.empty(1, 100)
    with pytest.raises(MemoryError):
        store.grow(1 << 60)
    assert store.room == 100


@pytest.mark.parametrize("words", [1, 2, 5, 10, 10_000])
def test_a_state_is_new_until_it_is_met(words: int) -> None:
    met, places = nothing_met(words), int(met_places(words))
    assert places & (places - 1) == 0 and len(met) == places * words
    states = np.zeros((2, words), np.uint64)
    states[1, -1] = 1
    for state in states:
        place = np.uint64(hash_of(state, 0, words)) & np.uint64(places - 1)
        met_now = [is_new.py_func(met, place, state, 0, words) for _ in range(2)]
        assert met_now == [True, False]
