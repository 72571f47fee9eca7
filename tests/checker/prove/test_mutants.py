"""What a bug breaks: every mutant of a proof fails it, by a step that CPython takes."""

from __future__ import annotations

from typing import Any

import pytest

from quorate.checker.prove.bounded import ObligationStatus, inductive
from quorate.checker.prove.bounded.results import FiniteObligation
from quorate.checker.prove.unbounded import ProofStatus, prove_unbounded
from quorate.checker.prove.unbounded.refute import step_trace
from quorate.model.language import QuorumSystem, Sizes, StepError
from quorate.model.language.interpreter import Interpreter
from quorate.model.multipaxos import MultiPaxos
from quorate.model.mutants import EQUIVALENT, MUTANTS, VACUOUS
from quorate.model.paxos_roles import PaxosRoles
from quorate.model.two_phase_commit import TwoPhaseCommit

from ...support.examples import some
from .mutants import COMMIT, HARMLESS, MULTI, PAXOS, ROLES, SMALLEST, Case

CASES = [*PAXOS, *MULTI, *ROLES, *COMMIT]


# One of each protocol: by a guard, by quorums, by a crash, by a message.
QUICK = {"VoteWithoutComparing-P5", "FlexibleHalfPromises-P11", "CounterForgotten-P23"}


DAILY = [*COMMIT[:1], *(c for c in CASES if c.name in QUICK)]


class _FoundError(Exception):
    """The obligation looked for was asked."""


def sizes_of(case: Case) -> Sizes:
    sorts = case.protocol.sorts().items()
    names = [n for n, s in sorts if not issubclass(s, QuorumSystem)]
    sizes = {n: case.sizes.get(n, SMALLEST[n]) for n in names}
    found: Sizes = case.protocol.sized(dict.fromkeys(case.protocol.budgets(), 1), **sizes)
    return found


def failing(case: Case, sizes: Sizes) -> FiniteObligation:
    """The obligation that must fail, as the check at these sizes answers it."""
    found: list[FiniteObligation] = []

    def report(o: FiniteObligation) -> None:
        if (o.action, o.invariant) == (case.action, case.invariant):
            found.append(o)
            raise _FoundError

    with pytest.raises(_FoundError):
        inductive(case.protocol, sizes, report=report, shrinking=0.3)
    return found[0]


@pytest.mark.parametrize("case", some(CASES, DAILY, lambda c: c.name))
def test_a_mutant_breaks_its_proof_by_a_step(case: Case) -> None:
    """From a state where all invariants hold, as CPython says, a step that it takes too."""
    sizes = sizes_of(case)
    o = failing(case, sizes)
    assert o.status is ObligationStatus.REFUTED and o.counterexample is not None
    before, move = o.counterexample.state, o.counterexample.move
    with sizes:
        machine = Interpreter(case.protocol, sizes)
        invariants = case.protocol.methods("invariant")
        assert all(machine.holds(n, before) for n in invariants)
        if case.invariant is None:
            assert move is None and "already was" in o.counterexample.violated
            with pytest.raises(StepError, match="already was"):
                list(machine.successors(before))
            return
        assert move is not None and move.action == case.action
        steps = [s for n, _, s in machine.successors(before) if n == case.action]
        assert move.state in steps
        assert not machine.holds(case.invariant, move.state)
    trace = step_trace(case.protocol, sizes, o.counterexample)
    assert trace is not None and [s.action for s in trace.steps] == [case.action]
    assert trace.violation is not None and trace.violation.property == case.invariant


@pytest.mark.exhaustive
@pytest.mark.parametrize("case", [pytest.param(c, id=c.name) for c in CASES])
def test_a_mutant_is_not_proved_and_a_step_or_run_is_shown(case: Case) -> None:
    found = prove_unbounded(case.protocol, effort=1.0, refuting=30.0)
    if found.unsupported is not None and found.status is ProofStatus.OPEN:
        return  # what counts is not covered for any size: the test above shows the step
    assert found.status in (ProofStatus.NOT_INDUCTIVE, ProofStatus.VIOLATED)
    shown = [i for i in found.invariants if i.trace is not None or i.note]
    assert shown and all(i.note or i.trace.violation is not None for i in shown)


@pytest.mark.exhaustive
@pytest.mark.parametrize(("code", "protocol"), [pytest.param(*h, id=h[0]) for h in HARMLESS])
def test_what_changes_nothing_that_matters_is_proved(code: str, protocol: Any) -> None:
    assert prove_unbounded(protocol, refute=False, effort=30.0).proved


def test_every_mutant_of_these_protocols_is_in_the_table() -> None:
    known = {c.code for c in CASES} | {c for c, _ in HARMLESS}
    for mutant in MUTANTS.values():
        if issubclass(mutant.protocol, (PaxosRoles, MultiPaxos, TwoPhaseCommit)):
            assert mutant.code in known
            assert (mutant.verdict in (EQUIVALENT, VACUOUS)) == (mutant.code in dict(HARMLESS))
