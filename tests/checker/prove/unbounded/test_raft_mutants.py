"""Raft with a bug is not proved, and a step that CPython takes at small sizes shows why."""

from __future__ import annotations

from typing import Any

import pytest

from quorate.checker.prove.bounded import ObligationStatus, inductive
from quorate.checker.prove.bounded.results import FiniteObligation
from quorate.checker.prove.unbounded import Answer, ProofStatus, prove_unbounded
from quorate.checker.prove.unbounded.hints import Hint, hints_of
from quorate.checker.prove.unbounded.obligations import Obligations
from quorate.checker.prove.unbounded.queries import Prover
from quorate.checker.prove.unbounded.refute import step_trace
from quorate.model.language.description import describe
from quorate.model.language.interpreter import Interpreter

from .raft_mutants import CASES, Case


class _FoundError(Exception):
    """The obligation looked for was asked."""


def kept(case: Case) -> list[str]:
    return [n for n in case.protocol.methods("invariant") if n != case.without]


def but(*slow: str) -> list[Any]:
    """The cases; these with the exhaustive tests."""
    return [
        pytest.param(c, id=c.code, marks=[pytest.mark.exhaustive] if c.code in slow else [])
        for c in CASES
    ]


@pytest.mark.parametrize("case", but("R1", "R5", "R7", "R8", "R11", "R10", "R12", "R18"))
def test_a_step_breaks_the_proof(case: Case) -> None:
    sizes = case.protocol.sized({"crash": 1}, Value=1, **case.sizes)
    found: list[FiniteObligation] = []

    def report(o: FiniteObligation) -> None:
        if (o.action, o.invariant) == (case.action, case.invariant):
            found.append(o)
            raise _FoundError

    with pytest.raises(_FoundError):
        inductive(case.protocol, sizes, kept(case), report, shrinking=0.5)
    (o,) = found
    assert o.status is ObligationStatus.REFUTED and o.counterexample is not None
    before, move = o.counterexample.state, o.counterexample.move
    assert move is not None and move.action == case.action
    with sizes:
        machine = Interpreter(case.protocol, sizes)
        assert all(machine.holds(n, before) for n in kept(case))
        assert move.state in [s for n, _, s in machine.successors(before) if n == case.action]
        assert not machine.holds(case.invariant, move.state)
    trace = step_trace(case.protocol, sizes, o.counterexample)
    assert trace is not None and trace.violation is not None
    assert trace.violation.property == case.invariant


def answer(protocol: Any, case: Case, seconds: float, without: str = "") -> Answer:
    """Of the obligation that the bug breaks, given all invariants but one."""
    obligations = Obligations(describe(protocol))
    query = obligations.query(case.action, case.invariant)
    given = obligations.assumed([n for n in obligations.invariants if n != without])
    name = f"{case.action} / {case.invariant}"
    hint = hints_of(protocol).get(name, Hint((case.invariant,)))
    return Prover(obligations.signature, 0, seconds).ask(given, query, hint).answer


@pytest.mark.exhaustive
@pytest.mark.parametrize("case", but("R3", "R5", "R7", "R8", "R11", "R10", "R12", "R18"))
def test_the_proof_rests_on_the_rule(case: Case) -> None:
    assert answer(case.healthy, case, 60.0) is Answer.PROVED
    assert answer(case.protocol, case, 2.0, case.without) is not Answer.PROVED


@pytest.mark.exhaustive
@pytest.mark.parametrize("case", [c for c in CASES if c.code in ("R1", "R3")], ids=lambda c: c.code)
def test_a_mutant_is_not_proved(case: Case) -> None:
    found = prove_unbounded(case.protocol, refute=False, effort=2.0)
    assert found.status is ProofStatus.OPEN
    assert found.invariant(case.breaks).status is ProofStatus.OPEN
