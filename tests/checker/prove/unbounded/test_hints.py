"""Hints are kept beside the source, are inherited, and are only hints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from quorate.checker.errors import InputError
from quorate.checker.loading import load_protocol
from quorate.checker.prove.unbounded import hints, prove_unbounded, save_hints
from quorate.checker.prove.unbounded.hints import Hint
from quorate.model.proofs.raft_commit import ProvedRaft
from quorate.model.proofs.raft_log import ProvedRaftLogs
from quorate.model.proofs.two_phase_commit import ProvedTwoPhaseCommit

from .raft_mutants import ComparesLengths

COUNTER = """
from quorate.model.language import Nat, Protocol, action, durable, invariant, require


class Step(Nat): ...


class Counter(Protocol):
    low: Step = durable(0)
    high: Step = durable(0)

    @action
    def climb(self) -> None:
        require(self.low < self.high)
        self.low = self.low + 1

    @action
    def rise(self, to: Step) -> None:
        require(self.high < to)
        self.high = to

    @invariant
    def in_order(self) -> bool:
        return self.low <= self.high


class Slow(Counter): ...
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    path = tmp_path / "counter.py"
    path.write_text(COUNTER)
    return path


def test_hints_are_saved_beside_the_source_and_read_again(place: Path) -> None:
    counter = load_protocol(f"{place}:Counter")
    assert hints.hints_of(counter) == {}
    proof = prove_unbounded(counter)
    assert proof.proved
    assert save_hints(counter, proof) == place.with_suffix(".hints.json")
    assert hints.hints_of(counter)["rise / in_order"] == Hint(("in_order",), split=0)


def test_a_modification_has_the_hints_of_what_it_modifies(place: Path) -> None:
    assert hints.hints_of(ComparesLengths) == hints.hints_of(ProvedRaft)
    assert hints.hints_of(ProvedRaft).keys() >= hints.hints_of(ProvedRaftLogs).keys()
    assert hints.hints_of(ProvedTwoPhaseCommit) == {}
    counter = load_protocol(f"{place}:Counter")
    save_hints(counter, prove_unbounded(counter))
    assert hints.hints_of(load_protocol(f"{place}:Slow")) == hints.hints_of(counter) != {}


@pytest.mark.parametrize(
    "hint",
    [
        '{"used": [], "split": 0}',
        '{"used": ["no such invariant"], "split": 2}',
        '{"used": ["in_order"], "split": 7}',
    ],
)
def test_a_stale_hint_changes_no_answer(place: Path, hint: str) -> None:
    text = f'{{"Counter": {{"rise / in_order": {hint}}}}}'
    place.with_suffix(".hints.json").write_text(text)
    assert prove_unbounded(load_protocol(f"{place}:Counter")).proved


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"Counter": [1]}', '{"Counter": {"rise / in_order": ["in_order"]}}']
)
def test_a_broken_file_is_an_error_of_one_line(place: Path, text: str) -> None:
    place.with_suffix(".hints.json").write_text(text)
    counter: Any = load_protocol(f"{place}:Counter")
    with pytest.raises(InputError, match="expected what `save_hints` writes"):
        prove_unbounded(counter)
