"""Proofs for any size: what is proved, what must not be, and agreement with what is finite."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest

from quorate.checker.cli.main import run
from quorate.checker.errors import InputError
from quorate.checker.explore.search.breadth_first import explore
from quorate.checker.prove.bounded import ObligationStatus, inductive
from quorate.checker.prove.bounded.results import FiniteObligation
from quorate.checker.prove.unbounded import Answer, ProofStatus, prove_unbounded, write_smt2
from quorate.model.cas_paxos import CasPaxos
from quorate.model.flexible_paxos import FlexiblePaxos
from quorate.model.language import (
    ModelError,
    Ordered,
    Protocol,
    Set,
    SizeError,
    Sizes,
    Sort,
    StepError,
    action,
    durable,
    invariant,
    require,
)
from quorate.model.language.interpreter import Interpreter
from quorate.model.multipaxos import MultiPaxos
from quorate.model.mutants import EQUIVALENT, MUTANTS, VACUOUS
from quorate.model.paxos import Paxos
from quorate.model.paxos_roles import PaxosRoles
from quorate.model.proofs.paxos import ProvedMultiPaxos, ProvedPaxos, ProvedPaxosRoles
from quorate.model.proofs.raft_election import ProvedRaftElection
from quorate.model.proofs.two_phase_commit import ProvedTwoPhaseCommit

from ....support.protocols.broken_paxos import (
    BROKEN,
    FALSE,
    TRUE,
    AnyValue,
    Mixture,
    NotHighestVote,
    TwoAccepts,
)
from ....support.strategies import generate, loaded, sized

PROVED = [
    Paxos,
    FlexiblePaxos,
    ProvedPaxos,
    ProvedMultiPaxos,
    ProvedPaxosRoles,
    ProvedTwoPhaseCommit,
    ProvedRaftElection,
]
# Of the same kind as Paxos, whose obligations are looked at below, are Flexible Paxos, Multi-Paxos,
# and the companions without roles; the bundled verification proves those with roles.
DAILY = [ProvedTwoPhaseCommit]
SEEDS = 20
QUICK = ("M6",)  # mutants tried in every run; `broken_paxos` has more of Paxos


# ---------------------------------------------------------------- what is proved


@pytest.mark.parametrize(
    "protocol",
    [pytest.param(p, marks=() if p in DAILY else pytest.mark.exhaustive) for p in PROVED],
)
def test_proved(protocol: Any) -> None:
    found = prove_unbounded(protocol, refute=False)
    assert found.proved and found.unsupported is None
    how = {i.invariant: i.how for i in found.invariants}
    assert how.get("agreement", "consequence") == "consequence"
    assert all(o.answer is Answer.PROVED and not o.clock for o in found.obligations)


@pytest.mark.exhaustive
@pytest.mark.parametrize("protocol", PROVED)
@pytest.mark.parametrize("seed", range(SEEDS))
def test_proved_whatever_the_seed(protocol: Any, seed: int) -> None:
    assert prove_unbounded(protocol, refute=False, seed=seed).proved


@pytest.mark.parametrize(
    ("protocol", "sizes"),
    [
        (FlexiblePaxos, {"Acceptor": 4, "Ballot": 2, "Value": 2}),
        pytest.param(
            ProvedMultiPaxos,
            {"Proposer": 2, "Acceptor": 3, "Slot": 1, "Value": 2, "Ballot": 2},
            marks=pytest.mark.exhaustive,
        ),
        pytest.param(
            ProvedPaxosRoles,
            {"Proposer": 2, "Acceptor": 2, "Learner": 1, "Value": 2, "Ballot": 2},
            marks=pytest.mark.exhaustive,
        ),
    ],
)
def test_what_was_added_holds_wherever_one_can_get(protocol: Any, sizes: dict[str, int]) -> None:
    found = explore(protocol, protocol.sized(**sizes))
    assert found.violated is None and found.complete


def test_obligations_say_what_they_need_and_where_they_are() -> None:
    found = prove_unbounded(Paxos, refute=False, shrink=True)
    named = {o.name: o for o in found.obligations}
    closed = named["phase2a / earlier_ballots_are_closed"]
    assert {"promises_are_honest", "votes_were_proposed"} <= set(closed.used)
    assert closed.action_span.line < closed.invariant_span.line
    assert named["phase1a / agreement"].untouched if "phase1a / agreement" in named else True
    assert named["phase1a / one_value_per_ballot"].untouched
    assert found.slowest is not None and found.seconds > found.slowest.seconds


def test_quorums_are_proved_to_meet() -> None:
    assert prove_unbounded(FlexiblePaxos, refute=False).unmet == ()


# ---------------------------------------------------------------- what must not be proved


@pytest.mark.parametrize(
    "protocol",
    [pytest.param(p, marks=() if p is AnyValue else pytest.mark.exhaustive) for p in BROKEN],
)
def test_broken_paxos_is_not_proved(protocol: Any) -> None:
    found = prove_unbounded(protocol, refute=False, effort=0.1)
    assert not found.proved
    assert found.invariant("agreement").status is not ProofStatus.PROVED


def test_where_there_is_a_model_no_more_is_tried() -> None:
    """Triggered instances alone do not end here, with however much effort."""
    found = prove_unbounded(CasPaxos, refute=False, effort=0.1)
    answers = {o.name: o.answer for o in found.obligations}
    assert answers["change / linearizable"] is Answer.NOT_PROVED
    assert found.invariant("linearizable").status is ProofStatus.OPEN


@pytest.mark.exhaustive
@pytest.mark.parametrize("protocol", [NotHighestVote])
def test_a_step_shows_what_breaks(protocol: Any) -> None:
    found = prove_unbounded(protocol, effort=0.5, refuting=6.0)
    assert found.status in (ProofStatus.NOT_INDUCTIVE, ProofStatus.VIOLATED)
    closed = found.invariant("earlier_ballots_are_closed")
    assert closed.trace is not None and closed.trace.violation is not None
    assert closed.trace.steps[-1].action == "phase2a"


def proved_mutants() -> list[Any]:
    """The mutants of protocols that are proved, with the companions that these need."""
    found = []
    for mutant in MUTANTS.values():
        for base, proved in ((PaxosRoles, ProvedPaxosRoles), (MultiPaxos, ProvedMultiPaxos)):
            if issubclass(mutant.protocol, base):
                body = {"__module__": mutant.protocol.__module__}
                both = type(mutant.protocol.__name__, (mutant.protocol, proved), body)
                marks = () if mutant.code in QUICK else (pytest.mark.exhaustive,)
                found.append(pytest.param(mutant, both, id=mutant.name, marks=marks))
    return found


@pytest.mark.parametrize(("mutant", "protocol"), proved_mutants())
def test_mutants_are_not_proved(mutant: Any, protocol: Any) -> None:
    found = prove_unbounded(protocol, refute=False, effort=0.1)
    assert not found.proved or mutant.verdict in (EQUIVALENT, VACUOUS)


def test_a_second_message_of_one_key_is_violated_by_a_run() -> None:
    found = prove_unbounded(
        TwoAccepts, invariants=["votes_were_proposed"], effort=0.1, refuting=3.0
    )
    key = found.invariant("Accept.key")
    assert key.status is ProofStatus.VIOLATED and "already was" in key.note
    assert "/" not in key.note  # of the file the name alone


@pytest.mark.exhaustive
def test_agreement_alone_is_not_inductive() -> None:
    found = prove_unbounded(Paxos, invariants=["agreement"], effort=0.5, refuting=6.0)
    assert found.invariant("agreement").status is ProofStatus.NOT_INDUCTIVE


def test_what_rests_on_what_fails_is_not_proved() -> None:
    names = [n for n in Paxos.methods("invariant") if n != "votes_were_proposed"]
    found = prove_unbounded(Paxos, invariants=names, refute=False, effort=0.1)
    assert not found.proved
    assert any(i.rests_on for i in found.invariants)


# ---------------------------------------------------------------- agreement with what is finite


def test_what_is_true_of_the_mixture_is_proved() -> None:
    found = prove_unbounded(Mixture, invariants=TRUE, refute=False)
    assert {i.invariant: i.status for i in found.invariants if i.failed} == {}
    assert found.proved


@pytest.mark.parametrize(
    "names",
    [FALSE, *(pytest.param([name], marks=pytest.mark.exhaustive) for name in FALSE)],
    ids=",".join,
)
def test_what_is_false_of_the_mixture_is_not(names: list[str]) -> None:
    """What is proved of one alone is proved among several: those that fail are dropped first."""
    found = prove_unbounded(Mixture, invariants=[*TRUE, *names], refute=False, effort=0.1)
    assert {found.invariant(name).status for name in names} == {ProofStatus.OPEN}
    assert {found.invariant(name).status for name in TRUE} == {ProofStatus.PROVED}


@pytest.mark.parametrize("sizes", [{"Node": 2, "Colour": 1, "Term": 1}])
def test_what_is_proved_is_inductive_at_any_size(sizes: dict[str, int]) -> None:
    found = inductive(Mixture, Mixture.sized(**sizes), TRUE)
    assert {str(o) for o in found.obligations if o.status is ObligationStatus.REFUTED} == set()


def breaks(protocol: Any, sizes: Sizes, o: FiniteObligation) -> bool:
    """Whether an invariant is false after the step, not just without a value (a missing key)."""
    if o.counterexample is None:
        return False
    move, name = o.counterexample.move, o.counterexample.violated
    with sizes:
        try:
            state = move.state if move is not None else o.counterexample.state
            return not Interpreter(protocol, sizes).holds(name, state)
        except StepError:
            return False


KNOWN = 51  # some invariant of it is proved, unless the generator has learnt something since


def agree(seed: int) -> int:
    """How many invariants of a random protocol are proved; each must be inductive where finite."""
    source = generate(Random(seed))
    with loaded(source) as protocol:
        try:
            found = prove_unbounded(protocol, refute=False, effort=0.5)
            names = [
                i.invariant
                for i in found.invariants
                if i.status is ProofStatus.PROVED and i.invariant in protocol.methods("invariant")
            ]
            if not names:
                return 0
            sizes = sized(protocol, source)
            finite = inductive(protocol, sizes, names, shrinking=0.1)
        except (ModelError, SizeError, StepError, InputError):
            return 0
        refuted = [o for o in finite.failed if o.invariant and breaks(protocol, sizes, o)]
        assert not refuted, f"seed {seed}: {refuted[0]}\n{source.text}"
        return len(names)


def test_random_protocols_agree() -> None:
    """Ten of them, and of one more something is proved, or of one of many."""
    assert sum(map(agree, (KNOWN, *range(10)))) or any(map(agree, range(10, 200)))


@pytest.mark.exhaustive
def test_many_random_protocols_agree() -> None:
    assert sum(map(agree, range(3000))) >= 60


# ---------------------------------------------------------------- the rest


@pytest.mark.parametrize(
    ("what", "place"), [("counting", "len(self.done)"), ("unions", "isinstance(one, Node)")]
)
def test_unsupported_is_said_with_its_place(what: str, place: str) -> None:
    found = prove_unbounded(Counts if what == "counting" else Either)
    assert found.status is ProofStatus.OPEN
    assert found.unsupported is not None and what in found.unsupported
    assert found.where.text() == place


def test_an_unknown_invariant_is_an_error() -> None:
    with pytest.raises(InputError, match="has no invariant `agrement`"):
        prove_unbounded(Paxos, invariants=["agrement"])


def test_where_nothing_is_claimed_nothing_is_proved() -> None:
    found = prove_unbounded(Nothing)
    assert found.status is ProofStatus.OPEN and found.invariants == ()


class Node(Sort):
    """Somebody."""


class Term(Ordered):
    """A time."""


class Either(Protocol):
    """A protocol with a local value of one of two types."""

    done: Set[Node] = durable(frozenset())

    @action
    def do(self, n: Node, t: Term) -> None:
        one: Node | Term = n if self.done else t
        require(isinstance(one, Node))
        self.done = self.done | {n}

    @invariant
    def nobody(self) -> bool:
        return not self.done


class Counts(Protocol):
    """A protocol with an invariant that counts."""

    done: Set[Node] = durable(frozenset())

    @action
    def do(self, n: Node) -> None:
        require(len(self.done) < 2)
        self.done = self.done | {n}

    @invariant
    def at_most_two(self) -> bool:
        return len(self.done) <= 2


class Nothing(Protocol):
    """A protocol that says nothing of itself."""

    done: bool = durable(False)

    @action
    def do(self) -> None:
        self.done = True


@pytest.mark.exhaustive
def test_smt2_files_are_refuted_by_z3_itself(tmp_path: Path) -> None:
    import z3

    files = write_smt2(Paxos, tmp_path)
    assert len(files) == 20 and not list(tmp_path.glob(".*"))
    for path in files:
        solver = z3.SimpleSolver()
        solver.set("auto_config", False)
        solver.set("mbqi", False)
        solver.set("timeout", 20_000)
        solver.from_file(str(path))
        assert solver.check() == z3.unsat, path.name


def test_the_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["prove", "ProvedTwoPhaseCommit", "--ascii"]) == 0
    assert "consistency: proved (follows from the others)" in capsys.readouterr().out
    assert run(["prove", "Paxos", "--smt2", "/proc/nowhere"]) == 2
    assert capsys.readouterr().err.startswith("error: ")
    assert run(["prove", f"{__name__}:Counts"]) == 4
    assert "not supported" in capsys.readouterr().out
