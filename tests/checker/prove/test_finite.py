"""States, bounded runs and induction, against the explorer and plain Python."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
import z3
from hypothesis import given
from hypothesis import strategies as st

from quorate.checker.errors import InputError
from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.explore.search.reference import explore_reference
from quorate.checker.prove.bounded import (
    BoundedOutcome,
    Depth,
    DisagreementError,
    ObligationStatus,
    bounded,
    check_states,
    inductive,
)
from quorate.checker.prove.bounded import states as states_module
from quorate.checker.prove.bounded.unrolling import Unrolling
from quorate.model.language import (
    ModelError,
    Protocol,
    SizeError,
    StepError,
    action,
    reachable,
    require,
)
from quorate.model.language.interpreter import Interpreter
from quorate.model.mutants import KILLED, MUTANTS, Mutant
from quorate.model.paxos import Accept, Ballot, Paxos, Promise, Quorum, Value

from ...support.comparing.solvers import compare, compare_states, sample
from ...support.examples import share, some
from ...support.oracle import consult
from ...support.protocols.not_provable import FirstOfNone
from ...support.strategies import Source, loaded, sized, sources
from .variants import (
    SMALL,
    VARIANTS,
    AcceptWithoutComparing,
    NoPromiseCheck,
    TwoAcceptsInABallot,
)

PAXOS = {"Acceptor": 3, "Ballot": 2, "Value": 2}
Given = tuple[type[Protocol], dict[str, int]]
DAILY = [v for v in VARIANTS if v[0] in (NoPromiseCheck, TwoAcceptsInABallot)]


def name(given: Given) -> str:
    return given[0].__name__


# ---------------------------------------------------------------- bounded


@pytest.mark.parametrize("variant", some(VARIANTS, DAILY, name))
@pytest.mark.parametrize(
    "names",
    [pytest.param(None, marks=pytest.mark.exhaustive), ["agreement"]],
    ids=["all", "agreement"],
)
def test_a_broken_paxos_is_found_at_the_depth_of_breadth_first_search(
    variant: Given, names: list[str] | None
) -> None:
    protocol, sizes = variant
    if protocol is AcceptWithoutComparing and names:
        return  # its promises are undefined before agreement is lost
    only = None if names is None else frozenset(names)
    expected = Explorer(protocol, protocol.sized(**sizes), invariants=only).run()
    found = bounded(protocol, protocol.sized(**sizes), 16, names)
    assert found.outcome is BoundedOutcome.VIOLATED
    assert found.depth == len(found.path) == expected.depth
    assert found.violated is not None
    with protocol.sized(**sizes) as active:
        machine = Interpreter(protocol, active)
        state = found.initial
        assert state in machine.initial()
        for move in found.path:
            assert machine.holds(found.violated, state)
            state = machine.step(state, move.action, move.arguments)
            assert state == move.state
        assert not machine.holds(found.violated, state)


def test_nothing_is_found_above_the_depth_of_the_shortest() -> None:
    protocol, sizes = VARIANTS[1]
    found = bounded(protocol, protocol.sized(**sizes), 11, ["agreement"])
    assert found.outcome is BoundedOutcome.NONE_WITHIN and found.depth == 11
    assert found.path == () and found.violated is None


def test_a_step_without_a_value_is_an_error_of_the_model() -> None:
    sizes = AcceptWithoutComparing.sized(**PAXOS)
    found = bounded(AcceptWithoutComparing, sizes, 12, ["agreement"])
    assert found.outcome is BoundedOutcome.UNDEFINED and found.depth == len(found.path) + 1
    assert found.undefined is not None and "already was" in found.undefined.what


def test_a_timeout_is_unknown_and_says_how_deep_it_got() -> None:
    found = bounded(Paxos, Paxos.sized(**PAXOS), 10, effort=0.0)
    assert found.outcome is BoundedOutcome.UNKNOWN and found.depth == -1


def test_an_interrupt_ends_it_with_what_is_known() -> None:
    def stop(d: Depth) -> None:
        if d.depth == 3:
            raise KeyboardInterrupt

    found = bounded(Paxos, Paxos.sized(**PAXOS), 10, report=stop)
    assert found.outcome is BoundedOutcome.INTERRUPTED and found.depth == 3


def test_an_inductive_invariant_is_asked_about_initially_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str | None] = []
    wrong = Unrolling.wrong

    def spy(self: Unrolling, name: str | None, k: int) -> int:
        if k == 3:
            asked.append(name)
        return wrong(self, name, k)

    monkeypatch.setattr(Unrolling, "wrong", spy)
    assert bounded(Paxos, Paxos.sized(**PAXOS), 8).depth == 8 and not asked
    bounded(Paxos, Paxos.sized(**PAXOS), 3, ["agreement", "one_value_per_ballot"])
    assert "agreement" in asked and "one_value_per_ballot" not in asked


KILLED_MUTANTS = [m for m in MUTANTS.values() if m.verdict == KILLED]
QUICK = {"forgets-decision", "breaks-vote"}
TOO_LONG = {"lowest-vote", "vote-raises-nothing"}  # 34 steps: no answer in 100 s


@pytest.mark.parametrize(
    "mutant",
    [
        pytest.param(m, id=m.name, marks=[] if m.name in QUICK else pytest.mark.exhaustive)
        for m in KILLED_MUTANTS
        if m.name not in TOO_LONG
    ],
)
def test_a_mutant_dies_at_the_depth_of_breadth_first_search(mutant: Mutant) -> None:
    assert mutant.violates is not None
    sizes = mutant.protocol.sized(mutant.faults, **mutant.sizes)
    only = frozenset({mutant.violates})
    expected = Explorer(mutant.protocol, sizes, invariants=only).run()
    found = bounded(mutant.protocol, sizes, 40, [mutant.violates])
    assert found.outcome is BoundedOutcome.VIOLATED and found.violated == mutant.violates
    assert found.depth == len(found.path) == expected.depth


def test_every_depth_is_reported() -> None:
    seen: list[int] = []
    bounded(Paxos, Paxos.sized(**PAXOS), 4, report=lambda d: seen.append(d.depth))
    assert seen == [0, 1, 2, 3, 4]


def test_an_unknown_invariant_is_named() -> None:
    with pytest.raises(InputError, match="no invariant `agreed`"):
        bounded(Paxos, Paxos.sized(**PAXOS), 1, ["agreed"])


# ---------------------------------------------------------------- states


def test_no_state_of_paxos_violates() -> None:
    explorer = Explorer(Paxos, Paxos.sized(**PAXOS))
    explorer.run()
    checks = check_states(explorer)
    assert [c.invariant for c in checks] == list(Paxos.methods("invariant"))
    assert all(c.status is ObligationStatus.PROVED and c.complete for c in checks)
    assert all(c.states == 3921 and c.violating == 0 for c in checks)


def test_a_sample_is_called_one() -> None:
    explorer = Explorer(Paxos, Paxos.sized(**PAXOS))
    explorer.run()
    checks = check_states(explorer, most=100)
    assert all(c.states == 100 and not c.complete for c in checks)


@pytest.mark.exhaustive
def test_violations_are_counted() -> None:
    protocol, sizes = VARIANTS[0]
    explorer = Explorer(protocol, protocol.sized(**sizes), invariants=frozenset({"agreement"}))
    explorer.run()
    (check,) = check_states(explorer)
    assert (
        check.status is ObligationStatus.REFUTED
        and check.violating == 1
        and check.witness is not None
    )


def test_a_kernel_that_errs_is_found_out() -> None:
    explorer = Explorer(Paxos, Paxos.sized(**PAXOS))
    explorer.run()
    explorer.control[states_module.FOUND] = 1
    with pytest.raises(DisagreementError, match="agreement: the explorer finds it violated"):
        check_states(explorer)


# ---------------------------------------------------------------- induction


@pytest.mark.parametrize("ballots", [2, pytest.param(3, marks=pytest.mark.exhaustive)])
def test_the_invariants_of_paxos_are_inductive(ballots: int) -> None:
    found = inductive(Paxos, Paxos.sized(Acceptor=3, Ballot=ballots, Value=2))
    assert found.status is ObligationStatus.PROVED and not found.failed
    actions, invariants = len(Paxos.methods("action")), len(Paxos.methods("invariant"))
    assert len(found.obligations) == invariants + actions * (invariants + 1)


@pytest.mark.parametrize("left_out", some(Paxos.methods("invariant"), ["votes_were_proposed"]))
def test_a_counterexample_to_induction_is_cpythons_too(left_out: str) -> None:
    names = [n for n in Paxos.methods("invariant") if n != left_out]
    found = inductive(Paxos, Paxos.sized(**PAXOS), names, shrinking=0.2)
    with Paxos.sized(**PAXOS) as sizes:
        machine = Interpreter(Paxos, sizes)
        for obligation in found.failed:
            c = obligation.counterexample
            assert obligation.status is ObligationStatus.REFUTED and c is not None
            assert all(machine.holds(n, c.state) for n in names)
            if c.move is not None:
                after = machine.step(c.state, c.move.action, c.move.arguments)
                assert after == c.move.state and not machine.holds(c.violated, after)


def test_agreement_alone_is_not_inductive_and_the_counterexample_is_small() -> None:
    found = inductive(Paxos, Paxos.sized(**PAXOS), ["agreement"], shrinking=5.0)
    (vote,) = [o for o in found.failed if o.invariant == "agreement"]
    assert vote.action == "phase2b" and vote.counterexample is not None
    messages = vote.counterexample.state[-1]
    assert len(messages) == 4  # the accept, and three of the four votes that contradict


@pytest.mark.parametrize("variant", some(VARIANTS, DAILY, name))
def test_a_broken_paxos_is_not_inductive(variant: Given) -> None:
    protocol, sizes = variant
    found = inductive(protocol, protocol.sized(**sizes), shrinking=0.1)
    assert found.status is ObligationStatus.REFUTED


def test_a_timeout_of_an_obligation_is_unknown_and_no_pass(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(z3, "SolverFor", Undecided)
    found = inductive(TwoAcceptsInABallot, TwoAcceptsInABallot.sized(Acceptor=1, Ballot=1, Value=1))
    assert found.status is ObligationStatus.UNKNOWN
    assert all(o.status is ObligationStatus.UNKNOWN for o in found.obligations)


class Undecided:
    """A solver that never knows."""

    def __init__(self, logic: str, context: z3.Context) -> None:
        self.logic, self.ctx = logic, context

    def statistics(self) -> z3.Statistics:
        return z3.Solver().statistics()

    def check(self) -> z3.CheckSatResult:
        return z3.unknown

    def __getattr__(self, name: str) -> object:
        return lambda *args: None


# ---------------------------------------------------------------- against plain Python


@pytest.mark.usefixtures("small_sorts_sorted")
@pytest.mark.parametrize(
    "small",
    [SMALL[0], pytest.param(SMALL[1], marks=pytest.mark.exhaustive)],
    ids=lambda v: v[0].__name__,
)
def test_small_protocols_agree_with_plain_python(small: Given) -> None:
    protocol, sizes = small
    assert "strict" not in compare(protocol, protocol.sized(**sizes))
    explorer = Explorer(protocol, protocol.sized(**sizes))
    result = explorer.run()
    checks = check_states(explorer)
    reference = explore_reference(protocol, protocol.sized(**sizes))
    assert reference.depth == result.depth
    assert (result.violated is None) == all(c.status is ObligationStatus.PROVED for c in checks)
    found = bounded(protocol, protocol.sized(**sizes), result.depth)
    assert (found.outcome is BoundedOutcome.VIOLATED) == (result.violated is not None)
    assert found.depth == result.depth


def test_paxos_agrees_with_plain_python_on_its_states_and_steps() -> None:
    sizes = Paxos.sized(Acceptor=2, Ballot=2, Value=1)
    truth = consult(Paxos, sizes, 10_000)
    compare_states(Paxos, sizes, sample(truth, Random(1), 12))


def test_every_state_of_paxos_violates_for_z3_exactly_where_for_cpython() -> None:
    """States of all kinds, few of them reachable."""
    sizes = Paxos.sized(**PAXOS)
    with sizes:
        explorer = Explorer(Paxos, sizes)
        random = np.random.default_rng(5)
        found = []
        for _ in range(6):
            cells = np.zeros(explorer.kernel.words, np.uint64)
            for column in explorer.kernel.layout.columns():
                for index in range(column.count if column.bits else 0):
                    word, bit = column.place(index)
                    code = int(random.integers(column.size)) * int(random.random() < 0.4)
                    cells[word] |= np.uint64(code << bit)
            found.append(explorer.packing.unpack(cells))
    compare_states(Paxos, sizes, found)


@pytest.fixture
def small_sorts_sorted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Interchangeable elements are put in order however few they are."""
    monkeypatch.setattr("quorate.checker.prove.bounded.symmetry_breaking.FEWEST", 2)


def run(source: Source) -> None:
    with loaded(source) as protocol:
        try:
            compare(protocol, sized(protocol, source))
        except (SizeError, ModelError, StepError):
            return  # too large; not accepted; the first states are undefined


@pytest.mark.usefixtures("small_sorts_sorted")
@share(8)
@given(source=sources())
def test_random_protocols_agree_with_plain_python(source: Source) -> None:
    run(source)


@pytest.mark.exhaustive
@pytest.mark.usefixtures("small_sorts_sorted")
@given(source=sources(), extra=st.integers(0, 3))
def test_many_random_protocols_agree_with_plain_python(source: Source, extra: int) -> None:
    run(source)


class First(FirstOfNone):
    """A reachable predicate about the first item of a sequence that may be empty."""

    @action
    def see(self) -> None:
        self.seen = None

    @reachable
    def began(self) -> bool:
        return self.log[0] == self.log[0]


def test_a_reachable_predicate_has_a_value_in_every_state() -> None:
    found = inductive(First, First.sized(Num=1, Value=1))
    (failed,) = found.failed
    assert str(failed) == "began / makes sense: refuted" and failed.counterexample is not None
    assert "there is no entry 0" in failed.counterexample.violated


class Hasty(Paxos):
    """A proposer asks for its own value, whatever the acceptors voted for before."""

    @action
    def phase2a(self, b: Ballot, v: Value, q: Quorum) -> None:
        require(not any(m.b == b for m in self.sent[Accept]))
        require(all(any(m.a == a and m.b == b for m in self.sent[Promise]) for a in q))
        self.sent.add(Accept(b, v))


@pytest.mark.exhaustive
def test_seven_acceptors_that_no_enumeration_exhausts() -> None:
    """Twenty steps: 2 ballots begun, 4 promises and 1 proposal each, 4 votes each."""
    found = bounded(Hasty, Hasty.sized(Acceptor=7, Ballot=2, Value=2), 25, ["agreement"])
    assert found.outcome is BoundedOutcome.VIOLATED and found.depth == 20


@pytest.mark.exhaustive
def test_five_ballots_to_depth_thirteen() -> None:
    found = bounded(Paxos, Paxos.sized(Acceptor=3, Ballot=5, Value=2), 13, ["agreement"])
    assert found.outcome is BoundedOutcome.NONE_WITHIN


@pytest.mark.exhaustive
def test_no_state_of_three_ballots_violates() -> None:
    explorer = Explorer(Paxos, Paxos.sized(Acceptor=3, Ballot=3, Value=2))
    explorer.run()
    assert all(c.states == 185_369 and c.complete for c in check_states(explorer))
