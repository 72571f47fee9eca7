"""Functions that are called by their addresses do what they do under CPython."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quorate.checker.explore.codegen.native import native
from quorate.checker.explore.store import rows
from quorate.checker.explore.store.table import hash_of, hash_of_word

pytestmark = pytest.mark.usefixtures("cache")

LARGE = (1 << 64) - 3


def plain(function: Any) -> Callable[..., Any]:
    """The Python function that was compiled."""
    found: Callable[..., Any] = function.py_func
    return found


@native
def weighed(rows: Any, weights: Any, offset: int, twice: bool) -> int:
    total = offset
    for i in range(rows.shape[0]):
        for j in range(rows.shape[1]):
            total += rows[i, j] * weights[j]
    return 2 * total if twice else total


@native
def fill(target: Any, value: int) -> None:
    for i in range(len(target)):
        target[i] = value + i


@native
def halved(word: Any) -> Any:
    return word >> np.uint64(1)


@native
def mixed(word: Any) -> Any:
    return (word ^ np.uint64(12)) * np.uint64(1)


@native
def ascending(numbers: Any) -> bool:
    for i in range(1, len(numbers)):  # noqa: SIM110 - compiled
        if numbers[i - 1] > numbers[i]:
            return False
    return True


@pytest.mark.parametrize("twice", [False, True])
def test_arrays_of_two_dimensions_and_parts_of_them(twice: bool) -> None:
    rows = np.arange(-20, 40, dtype=np.int64).reshape(6, 10)
    weights = np.arange(10, dtype=np.int64)
    for part in (rows, rows[1:4], rows[:, 2:7], rows[::2, ::-1], rows.T, rows[:0]):
        given = part, weights[: part.shape[1]], 7, twice
        assert weighed(*given) == plain(weighed)(*given)
    assert weighed(rows.astype(np.int32), weights, 0, twice) == weighed(rows, weights, 0, twice)


def test_what_is_written_stays() -> None:
    target = np.zeros(7, np.uint32)
    assert fill(target[2:5], 9) is None
    assert target.tolist() == [0, 0, 9, 10, 11, 0, 0]


def test_numbers_of_64_bits_without_a_sign() -> None:
    assert halved(np.uint64(LARGE)) == LARGE >> 1
    with np.errstate(over="ignore"):
        assert mixed(np.uint64(LARGE)) == int(plain(mixed)(np.uint64(LARGE))) > 1 << 63
    words = np.array([LARGE, 5], np.uint64)
    with np.errstate(over="ignore"):
        for n in (1, 2):
            assert hash_of(words, 0, n) == int(plain(hash_of)(words, 0, n))
        assert hash_of(words, 1, 1) == hash_of_word(np.uint64(5))


def test_truth_values() -> None:
    assert ascending(np.array([1, 1, 4])) is True
    assert ascending(np.array([1, 4, 3])) is False


def test_what_is_fixed_is_part_of_the_code() -> None:
    def adding(fixed: int) -> Callable[[int], int]:
        @native
        def add(n: int) -> int:
            return n + fixed

        return add

    assert [adding(k)(10) for k in (1, 2, 1)] == [11, 12, 11]


def test_what_allocates_is_refused() -> None:
    from numba.core.errors import NumbaError

    @native
    def total(n: int) -> int:
        room = np.empty(n, np.int64)
        return len(room)

    with pytest.raises(NumbaError, match="empty"):
        total(3)


def test_an_exception_is_not_taken_for_a_result() -> None:
    @native
    def least(n: int) -> int:
        if n < 0:
            raise ValueError("negative")
        return n

    assert least(4) == 4
    with pytest.raises(RuntimeError, match="least raised an exception"):
        least(-1)


def test_the_code_of_a_closure_is_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its key says what it holds: numbers and functions, which are new ones in each process."""
    monkeypatch.setenv("QUORATE_CACHE", str(tmp_path / "new"))
    ordered = np.array([1, 5, 9], np.uint64)
    found = []
    for words in (1, 1, 3):
        made = rows._made.__wrapped__(words)
        assert made.lower_bound(ordered, 0, 3 // words, ordered, 0, words) == 0
        found.append({f.name for f in (tmp_path / "new" / "driver").iterdir()})
    assert found[0] == found[1] < found[2]
