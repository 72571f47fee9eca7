"""Sorted runs on disk, against sorted lists and sets of tuples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.checker.explore.store import merge, runs
from quorate.checker.explore.store.merge import merged
from quorate.checker.explore.store.rows import rows_for
from quorate.checker.explore.store.runs import Blocks, DamagedError, Run, write_run

Row = tuple[int, ...]
LARGEST = 2**64 - 1

numbers = st.one_of(
    st.integers(0, 3),
    st.integers(0, LARGEST),
    st.sampled_from([LARGEST, LARGEST - 1, 2**32, 2**56 - 1, 2**56]),
)


@st.composite
def rows_of(draw: st.DrawFn, words: int, most: int = 60) -> list[Row]:
    row = st.tuples(*[numbers] * words)
    return draw(st.lists(row, max_size=most, unique=True))


@st.composite
def several(draw: st.DrawFn) -> tuple[int, list[list[Row]], list[list[Row]]]:
    words = draw(st.sampled_from([2, 5]))
    small = st.lists(st.tuples(*[st.integers(0, 2)] * words), max_size=60, unique=True)
    lists = st.one_of(rows_of(words), small)
    return words, draw(st.lists(lists, min_size=1, max_size=4)), draw(st.lists(lists, max_size=3))


def flat(rows: list[Row]) -> npt.NDArray[np.uint64]:
    return np.array(rows, np.uint64).reshape(-1)


def in_order(rows: list[Row]) -> list[Row]:
    """The last word counts most."""
    return sorted(rows, key=lambda row: row[::-1])


def listed(words: int, run: Run) -> list[Row]:
    return [tuple(map(int, row)) for part in run.pieces() for row in part.reshape(-1, words)]


def written(path: Path, words: int, rows: list[Row]) -> Run:
    return write_run(path, words, [Blocks.of(flat(in_order(rows)), words)])


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "BLOCK", 4)
    monkeypatch.setattr(runs, "READ", 3)
    monkeypatch.setattr(merge, "STRETCH", 20)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@given(several())
def test_a_run_gives_back_what_was_written(
    folder: Path, drawn: tuple[int, list[list[Row]], list[list[Row]]]
) -> None:
    words, (rows, *_), _ = drawn
    run = written(folder / "a", words, rows)
    assert listed(words, run) == in_order(rows)
    assert (run.count, run.size) == (len(rows), (folder / "a").stat().st_size)


@given(several())
def test_sorting(drawn: tuple[int, list[list[Row]], list[list[Row]]]) -> None:
    words, (rows, *_), _ = drawn
    order = np.zeros(len(rows), np.uint32)
    rows_for(words).sort(flat(rows), order, np.zeros_like(order), len(rows), words)
    assert [rows[k] for k in order] == in_order(rows)


@pytest.mark.parametrize("words", [2, 5])
def test_sorting_many(words: int) -> None:
    """More than fit one digit, some of them very close."""
    random = np.random.default_rng(words)
    rows = random.integers(0, 2**40, (30_000, words), dtype=np.uint64)
    rows[::2, 0] = np.arange(15_000)
    rows[::2, 1:] = 7
    order = np.zeros(len(rows), np.uint32)
    rows_for(words).sort(rows.reshape(-1), order, np.zeros_like(order), len(rows), words)
    expected = np.lexsort(list(rows.T))
    assert (rows[order] == rows[expected]).all()


@given(several())
def test_merging_is_union_and_difference(
    folder: Path, drawn: tuple[int, list[list[Row]], list[list[Row]]]
) -> None:
    words, some, others = drawn
    left = [written(folder / f"left{i}", words, rows) for i, rows in enumerate(some)]
    right = [written(folder / f"right{i}", words, rows) for i, rows in enumerate(others)]
    out = write_run(folder / "out", words, merged(left, right))
    expected = {row for rows in some for row in rows} - {row for rows in others for row in rows}
    assert listed(words, out) == in_order(list(expected))


def test_no_block_is_read_without_need(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = written(folder / "long", 1, [(k,) for k in range(0, 4000, 2)])
    read: list[tuple[int, int]] = []
    whole = Run.read

    def noted(self: Run, first: int, last: int) -> npt.NDArray[np.uint64]:
        read.append((first, last))
        return whole(self, first, last)

    monkeypatch.setattr(Run, "read", noted)
    struck = np.zeros(3, np.bool_)
    run.strike(flat([(0,), (17,), (3998,)]), struck)
    assert struck.tolist() == [True, False, True]
    assert read == [(0, 1), (2, 3), (499, 500)]


def test_a_run_cut_short_is_damaged(folder: Path) -> None:
    run = written(folder / "cut", 2, [(k, k) for k in range(100)])
    data = run.path.read_bytes()
    run.path.write_bytes(data[: int(run.starts[-1]) - 1])
    with pytest.raises(DamagedError, match=r"cut: shorter than the .* bytes written"):
        list(run.pieces())


def test_a_run_that_fails_leaves_no_file(folder: Path) -> None:
    def parts() -> object:
        yield Blocks.of(flat([(1,)]), 1)
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        write_run(folder / "torn", 1, parts())  # type: ignore[arg-type]
    assert not (folder / "torn").exists()
