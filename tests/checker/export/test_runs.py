"""Fairness and properties of runs in TLA+: how they read, and what TLC says of them."""

from __future__ import annotations

from pathlib import Path

import pytest

import quorate
from quorate.checker.export.tla import export
from quorate.checker.liveness.results import TemporalVerdict
from quorate.model.duel import Duel, ElectedDuel
from quorate.model.language import Map, Protocol, action, durable, final, require

from ...support.protocols.runs import Fork, Pings, Proc, StronglyFair
from ...support.tlc import java, needs_tlc
from .exported import no_mistake


def lines_of(protocol: type[Protocol]) -> list[str]:
    return export(protocol, None).module.splitlines()


def test_fairness_is_part_of_the_specification() -> None:
    lines = lines_of(StronglyFair)
    at = lines.index("Fairness ==")
    assert lines[at + 1 : at + 3] == [
        "  /\\ \\A p \\in Proc : SF_vars(take(p))",
        "  /\\ WF_vars(\\E p \\in Proc : put(p))",
    ]
    assert "Spec == Init /\\ [][Next]_vars /\\ Fairness" in lines


def test_properties_of_runs_are_formulas() -> None:
    text = "\n".join(lines_of(Fork))
    for formula in (
        "all_are_served == \\A p \\in Proc : <>(served[p])",
        "it_gets_free == []<>(free)",
        "it_stays_free == <>[](free)",
        "it_is_put_back == \\A p \\in Proc : (owner = p) ~> (free)",
        "it_is_never_put_back == [][owner' # None]_vars",
    ):
        assert formula in text


class Hungry(Protocol):
    """Each waits for the other: a deadlock, but where a run may end."""

    served: Map[Proc, bool] = durable(False)
    waits: Map[Proc, bool] = durable(False)

    @action
    def wait(self, p: Proc) -> None:
        require(not self.waits[p] and not self.served[p])
        self.waits[p] = True

    @action
    def serve(self, p: Proc) -> None:
        require(self.waits[p] and not all(self.waits[q] or self.served[q] for q in Proc))
        self.waits[p] = False
        self.served[p] = True

    @action
    def idle(self, p: Proc) -> None:
        self.waits[p] = self.waits[p]

    @final
    def it_may_end(self) -> bool:
        return any(self.served[p] for p in Proc)


class Patient(Hungry):
    @final
    def it_may_end(self) -> bool:
        return any(self.waits[p] for p in Proc)


@needs_tlc
@pytest.mark.exhaustive
@pytest.mark.parametrize(("protocol", "stuck"), [(Hungry, True), (Patient, False)])
def test_tlc_agrees_about_deadlocks(protocol: type[Protocol], stuck: bool, tmp_path: Path) -> None:
    """As the README says: a step that changes nothing is none, which TLC's own check counts."""
    result = quorate.check(protocol, sizes={"Proc": 2}, deadlock=True)
    assert (result.violation is not None) == stuck
    found = export(protocol, protocol.sized(Proc=2))
    head, end = found.module.rstrip().rsplit("\n", 1)
    claim = "NoDeadlock == it_may_end \\/ ENABLED <<Next>>_vars"
    (tmp_path / f"{found.name}.tla").write_text(f"{head}\n{claim}\n{end}\n", encoding="ascii")
    configuration = (found.configuration or "").replace("CHECK_DEADLOCK FALSE\n", "")
    (tmp_path / f"{found.name}.cfg").write_text(
        configuration.replace("  TypeOK\n", "  TypeOK\n  NoDeadlock\n"), encoding="ascii"
    )
    said = java(tmp_path, "tlc2.TLC", "-deadlock", f"{found.name}.tla")
    assert ("Invariant NoDeadlock is violated" in said) == stuck, said
    assert stuck or "No error has been found" in said, said


CASES: list[tuple[type[Protocol], dict[str, int]]] = [
    (Fork, {"Proc": 2}),
    (StronglyFair, {"Proc": 2}),
    (Pings, {"Proc": 1, "Turn": 2}),
    (Duel, {"Proposer": 2, "Acceptor": 3}),
    (ElectedDuel, {"Proposer": 2, "Acceptor": 3}),
]


@needs_tlc
def test_its_parser_finds_no_mistake(tmp_path: Path) -> None:
    no_mistake(tmp_path, [Fork, Pings, ElectedDuel])


@needs_tlc
@pytest.mark.exhaustive
@pytest.mark.parametrize(("protocol", "sizes"), CASES, ids=[p.__name__ for p, _ in CASES])
def test_tlc_says_the_same(protocol: type[Protocol], sizes: dict[str, int], tmp_path: Path) -> None:
    result = quorate.check(protocol, sizes=sizes)
    assert result.liveness is not None and result.exploration.complete
    found = export(protocol, protocol.sized(**sizes))
    head, _, names = (found.configuration or "").partition("PROPERTIES\n")
    assert {c.name for c in result.liveness.checks} <= set(names.split())
    (tmp_path / f"{found.name}.tla").write_text(found.module, encoding="ascii")
    for check in result.liveness.checks:
        text = f"{head}PROPERTIES\n  {check.name}\n"
        (tmp_path / f"{found.name}.cfg").write_text(text, encoding="ascii")
        said = java(tmp_path, "tlc2.TLC", "-deadlock", f"{found.name}.tla")
        violated = "Temporal properties were violated" in said or "is violated" in said
        assert violated or "No error has been found" in said, said
        assert violated == (check.verdict is TemporalVerdict.VIOLATED), (check, said)
