"""A model as a Hypothesis state machine: what fails, how it is told, and that a run is short."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

import quorate
from quorate.checker.conform.adapter import AdapterError, Chose, Refusal, Setting, Unrealisable
from quorate.checker.conform.driving.machine import ConformanceMachine
from quorate.checker.errors import InputError
from quorate.model.language import Map, Protocol, Sort, action, durable, require
from quorate.model.paxos import Paxos
from quorate.traces import Record

SIZES = {"Acceptor": 2, "Ballot": 2, "Value": 1}


class Reader(Sort): ...


class Book(Sort): ...


class Library(Protocol):
    """Each reader takes a book that nobody has; then nothing is left to be done."""

    taken: Map[Book, bool] = durable(False)
    has: Map[Reader, bool] = durable(False)

    @action
    def take(self, r: Reader, b: Book) -> None:
        require(not self.has[r])
        require(not self.taken[b])
        self.has[r] = True
        self.taken[b] = True


class Shelf:
    """The library in code."""

    def start(self, setting: Setting) -> None:
        self.elements = setting.elements
        self.loans: dict[Any, Any] = {}

    def perform(self, action: str, args: Mapping[str, Any]) -> Iterable[Record] | Chose:
        self.take(args["r"], args["b"])
        return set()

    def take(self, reader: Any, book: Any) -> None:
        if reader in self.loans or book in self.loans.values():
            raise Refusal(f"{reader} cannot take {book}")
        self.loans[reader] = book

    def observe(self) -> dict[str, Any]:
        return {
            "taken": {b: b in self.loans.values() for b in self.elements["Book"]},
            "has": {r: r in self.loans for r in self.elements["Reader"]},
        }


def fails(
    machine: type[ConformanceMachine], examples: int = 60, phases: Iterable[Phase] = Phase
) -> str | None:
    """How the machine fails, with the run that Hypothesis tells; None if it does not."""
    chosen = settings(
        deadline=None,
        database=None,
        derandomize=True,
        max_examples=examples,
        phases=phases,
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(machine, settings=chosen)
    except AssertionError as error:
        return "\n".join([str(error), *error.__notes__])
    return None


def library(adapter: Any, **options: Any) -> type[ConformanceMachine]:
    sizes = {"Reader": 2, "Book": 2}
    return quorate.conformance_machine(Library, adapter, sizes=sizes, **options)


def test_what_conforms_passes() -> None:
    assert fails(library(Shelf), 20) is None
    assert fails(quorate.conformance_machine(Paxos, sizes=SIZES), 8) is None


@pytest.mark.parametrize(
    ("variant", "name"),
    [
        ("promise-not-recorded", "phase1b.changes.max_bal"),
        pytest.param(
            "phase-two-without-phase-one", "phase2a.allows.sent", marks=pytest.mark.exhaustive
        ),
    ],
)
def test_a_seeded_defect_is_found_by_a_short_run(variant: str, name: str) -> None:
    machine = quorate.conformance_machine(Paxos, variant=variant, sizes=SIZES)
    told = fails(machine)
    assert told is not None and f"1. {name}" in told
    assert told.count("state.do(") <= 2, told


@pytest.mark.exhaustive
def test_the_run_is_told_in_terms_of_the_model() -> None:
    class Generous(Shelf):
        def take(self, reader: Any, book: Any) -> None:
            if reader in self.loans:
                raise Refusal(f"{reader} has a book")
            self.loans[reader] = book

    told = fails(library(Generous))
    assert told is not None
    assert "take.allows.has: it takes a step that the model disables" in told
    assert "require(not self.taken[b])" in told
    assert "state.do(call=take(r=r1, b=b0))" in told
    assert "state.do(call=take(r=r0, b=b0) (disabled by the model))" in told
    assert fails(library(Generous, probes=False), 20) is None


def test_what_cannot_be_brought_about_is_no_difference() -> None:
    class Unable(Shelf):
        def take(self, reader: Any, book: Any) -> None:
            if book == "b1":
                raise Unrealisable("the book is elsewhere")
            super().take(reader, book)

    assert fails(library(Unable), 20) is None


def test_an_argument_of_its_own_choice_is_the_models() -> None:
    class Choosing(Shelf):
        wrong = False

        def perform(self, action: str, args: Mapping[str, Any]) -> Iterable[Record] | Chose:
            free = [b for b in self.elements["Book"] if b not in self.loans.values()]
            book = free[0] if free and not self.wrong else args["b"]
            self.take(args["r"], book)
            return Chose(b=book if not self.wrong else "b0")

    class Lying(Choosing):
        wrong = True

    assert fails(library(Choosing), 20) is None
    told = fails(library(Lying))
    assert told is not None and "it chooses what the model does not allow" in told


def test_an_adapter_by_name_has_one_process(tmp_path: Path) -> None:
    file = tmp_path / "dying.py"
    file.write_text(
        "import os\n"
        "class Dying:\n"
        "    def start(self, setting): pass\n"
        "    def perform(self, action, args): os._exit(7)\n"
        "    def observe(self): return {}\n"
    )
    machine = library(f"{file}:Dying")
    with pytest.raises(AdapterError, match=r"after 0 steps and probes.*exit code 7"):
        fails(machine, 2, [Phase.generate])


def test_what_is_no_adapter_is_refused() -> None:
    with pytest.raises(InputError, match="expected its class Shelf"):
        library(Shelf())
    with pytest.raises(InputError, match="no variant `promise`"):
        quorate.conformance_machine(Paxos, variant="promise", sizes=SIZES)
