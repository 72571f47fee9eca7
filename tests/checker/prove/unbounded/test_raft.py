"""Raft and two-phase commit for any size: what is proved, on what it rests, what must not be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from quorate.checker.explore.search.breadth_first import explore
from quorate.checker.prove.unbounded import Answer, ProofStatus, prove_unbounded
from quorate.checker.prove.unbounded.hints import hints_of
from quorate.checker.prove.unbounded.obligations import Obligations
from quorate.checker.prove.unbounded.queries import Prover
from quorate.model.language import define
from quorate.model.language.description import describe
from quorate.model.language.ir.core import Description
from quorate.model.mutants import MUTANTS
from quorate.model.proofs.raft_agreed import ProvedRecordedRaft
from quorate.model.proofs.raft_atomic import ProvedAtomicRaft
from quorate.model.proofs.raft_commit import ProvedRaft
from quorate.model.proofs.raft_election import ProvedRaftElection
from quorate.model.proofs.raft_leases import ProvedLeaseReads
from quorate.model.proofs.raft_log import ProvedRaftLogs
from quorate.model.proofs.raft_prevote import ProvedPreVoting
from quorate.model.proofs.raft_prompt import ProvedPromptRaft
from quorate.model.proofs.raft_reads import ProvedReadIndex
from quorate.model.proofs.raft_snapshots import ProvedRaftSnapshots
from quorate.model.proofs.two_phase_commit import ProvedTwoPhaseCommit
from quorate.model.raft import Raft
from quorate.model.raft_atomic import AtomicRaft
from quorate.model.raft_election import Server
from quorate.model.raft_leases import Drift, Lease, LeaseReads
from quorate.model.raft_prevote import PreVoting
from quorate.model.raft_prompt import PromptRaft
from quorate.model.raft_reads import ReadIndex
from quorate.model.raft_snapshots import RaftSnapshots
from quorate.model.refined import RecordedRaft

LOGS = [
    n
    for n in ProvedRaftLogs.methods("invariant")
    if n not in ("leader_completeness", "state_machine_safety")
]


class TwiceTheDrift(LeaseReads):
    """The margin that `ProvedLeaseReads` has."""

    has_waited = ProvedLeaseReads.has_waited


class OnceTheDrift(ProvedLeaseReads):
    """A margin that is not enough: a promise is counted from when it is heard."""

    @define
    def has_waited(self, s: Server) -> bool:
        heard = self.heard[s]
        return heard is not None and all(
            heard + k + d <= self.clock[s] for k in Lease for d in Drift
        )


HISTORY = {"elected", "history", "acknowledged", "since", "counted"}
EXTENSIONS = [
    (ProvedPromptRaft, PromptRaft),
    (ProvedAtomicRaft, AtomicRaft),
    (ProvedRaftSnapshots, RaftSnapshots),
    (ProvedReadIndex, ReadIndex),
    (ProvedLeaseReads, LeaseReads),
    (ProvedRecordedRaft, RecordedRaft),
    (ProvedPreVoting, PreVoting),
]


def without(description: Description, history: set[str]) -> list[Any]:
    """The actions of a description, without what they write to variables of history."""
    return [
        replace(a, effects=tuple(e for e in a.effects if e.variable not in history))
        for a in description.actions
    ]


@pytest.mark.parametrize(
    ("proved", "protocol", "added"),
    [
        (ProvedRaftLogs, Raft, {"elected", "history"}),
        (ProvedRaft, Raft, HISTORY),
        (ProvedPromptRaft, PromptRaft, {"voters", "acknowledged", "since", "counted"}),
        (ProvedAtomicRaft, AtomicRaft, HISTORY),
        (ProvedRaftSnapshots, RaftSnapshots, HISTORY),
        (ProvedReadIndex, ReadIndex, HISTORY),
        (ProvedLeaseReads, TwiceTheDrift, {*HISTORY, "voters"}),
        (ProvedRecordedRaft, RecordedRaft, HISTORY),
        (ProvedPreVoting, PreVoting, {"settled"}),
    ],
)
def test_history_changes_nothing(proved: Any, protocol: Any, added: set[str]) -> None:
    described, plain = describe(proved), describe(protocol)
    history = {v.name for v in described.variables} - {v.name for v in plain.variables}
    assert history == added
    kept = {a.name: a for a in without(described, history)}
    assert kept == {a.name: a for a in plain.actions}
    rest = [v for v in described.variables if v.name not in history]
    assert [(v.name, v.type, v.initial) for v in rest] == [
        (v.name, v.type, v.initial) for v in plain.variables
    ]


@pytest.mark.parametrize(
    ("protocol", "sizes"),
    [
        (ProvedTwoPhaseCommit, {"Participant": 3}),
        (ProvedRaftElection, {"Server": 3, "Value": 1, "Term": 1, "Index": 0}),
        (ProvedPreVoting, {"Server": 2, "Value": 1, "Term": 1, "Index": 1}),
        (ProvedPromptRaft, {"Server": 2, "Value": 1, "Term": 2, "Index": 1}),
        (ProvedAtomicRaft, {"Server": 2, "Value": 1, "Term": 1, "Index": 1}),
        (
            ProvedLeaseReads,
            {"Server": 2, "Value": 1, "Term": 2, "Index": 1, "Time": 2, "Lease": 1, "Drift": 1},
        ),
        pytest.param(
            ProvedPromptRaft,
            {"Server": 3, "Value": 1, "Term": 2, "Index": 2},
            marks=pytest.mark.exhaustive,
        ),
        pytest.param(
            ProvedReadIndex,
            {"Server": 3, "Value": 1, "Term": 2, "Index": 1},
            marks=pytest.mark.exhaustive,
        ),
        pytest.param(
            ProvedRaftSnapshots,
            {"Server": 3, "Value": 1, "Term": 2, "Index": 2},
            marks=pytest.mark.exhaustive,
        ),
        pytest.param(
            ProvedRaft,
            {"Server": 2, "Value": 1, "Term": 2, "Index": 1},
            marks=pytest.mark.exhaustive,
        ),
    ],
)
def test_what_was_added_holds_wherever_one_can_get(protocol: Any, sizes: dict[str, int]) -> None:
    found = explore(protocol, protocol.sized(**sizes))
    assert found.violated is None and found.complete


@pytest.mark.exhaustive
def test_what_is_agreed_is_committed_wherever_one_can_get() -> None:
    """The nine companions by themselves: with the others they are more than one search takes."""
    own = [n for n in ProvedRecordedRaft.methods("invariant") if n in vars(ProvedRecordedRaft)]
    sizes = ProvedRecordedRaft.sized(Server=2, Value=1, Term=1, Index=1)
    found = explore(ProvedRecordedRaft, sizes, invariants=own)
    assert len(own) == 9 and found.violated is None and found.complete


@pytest.mark.exhaustive
@pytest.mark.parametrize("seed", range(3))
def test_log_matching_is_proved(seed: int) -> None:
    found = prove_unbounded(ProvedRaftLogs, invariants=LOGS, refute=False, effort=300.0, seed=seed)
    assert found.proved
    assert found.invariant("log_matching").how == "consequence"


@pytest.mark.exhaustive
@pytest.mark.parametrize("seed", range(20))
def test_raft_is_proved(seed: int) -> None:
    """All of it; some obligations are proved every day, in `test_raft_mutants.py`."""
    found = prove_unbounded(ProvedRaft, refute=False, effort=300.0, seed=seed)
    assert [o.name for o in found.obligations if o.answer is not Answer.PROVED] == []
    assert found.status is ProofStatus.PROVED and found.unmet == ()
    assert {i.invariant for i in found.invariants} >= set(Raft.methods("invariant"))
    assert found.invariant("election_safety").how == "consequence"
    assert found.invariant("state_machine_safety").how == "consequence"


@pytest.mark.exhaustive
@pytest.mark.parametrize(("proved", "protocol"), EXTENSIONS)
def test_extensions_are_proved(proved: Any, protocol: Any) -> None:
    found = prove_unbounded(proved, refute=False)
    assert found.proved and found.unmet == ()
    assert {i.invariant for i in found.invariants} >= set(protocol.methods("invariant"))


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("leader-grants", "nobody_asks_for_votes_in_a_later_term"),
        ("ignores-the-timeout", "nobody_asks_for_votes_in_a_later_term"),
        ("ignores-the-log", "pre_votes_are_for_good_logs"),
    ],
)
def test_mutants_of_pre_votes_are_not_proved(name: str, broken: str) -> None:
    found = prove_unbounded(mutated(name, ProvedPreVoting), refute=False, effort=1.0)
    assert found.invariant(broken).failed[0].action == "grant_pre_vote"
    assert found.invariant(MUTANTS[name].violates or "").status is ProofStatus.OPEN


@pytest.mark.exhaustive
def test_a_read_that_comes_too_soon_is_not_proved() -> None:
    mutant = mutated("reads-too-soon", ProvedReadIndex)
    found = prove_unbounded(mutant, refute=False, effort=1.0)
    assert found.invariant("what_leaders_miss_was_committed_later").status is ProofStatus.OPEN
    assert found.invariant("no_read_is_stale").status is ProofStatus.OPEN


def test_a_margin_of_twice_the_drift_is_that_of_the_proof() -> None:
    sizes = {"Server": 2, "Value": 1, "Term": 2, "Index": 1, "Time": 4, "Lease": 1, "Drift": 1}
    found = explore(TwiceTheDrift, TwiceTheDrift.sized(**sizes))
    same = explore(LeaseReads, LeaseReads.sized(**sizes, Margin=2))
    less = explore(LeaseReads, LeaseReads.sized(**sizes, Margin=1))
    assert (found.states, found.transitions) == (same.states, same.transitions)
    assert found.states < less.states


@pytest.mark.exhaustive
def test_a_margin_of_the_drift_is_not_proved() -> None:
    """Only what a server does when it has waited for too short a time cannot be proved."""
    for protocol, expected in ((ProvedLeaseReads, True), (OnceTheDrift, False)):
        obligations = Obligations(describe(protocol))
        query = obligations.query("time_out", "who_answered_waits")
        hypotheses = obligations.assumed(list(obligations.invariants))
        hint = hints_of(protocol)["time_out / who_answered_waits"]
        assert Prover(obligations.signature, 0, 2.0).ask(hypotheses, query, hint).proved is expected


def mutated(name: str, proved: Any) -> Any:
    protocol = MUTANTS[name].protocol
    body = {"__module__": protocol.__module__}
    return type(protocol.__name__, (protocol, proved), body)


@pytest.mark.exhaustive
def test_a_forgotten_vote_is_not_proved() -> None:
    names = list(ProvedRaftElection.methods("invariant"))
    mutant = mutated("forgets-vote", ProvedRaftElection)
    found = prove_unbounded(mutant, invariants=names, refute=False, effort=1.0)
    assert found.invariant("election_safety").status is ProofStatus.OPEN
    assert found.invariant("votes_are_recorded").failed[0].action == "restart"


@pytest.mark.parametrize(
    "name", ["breaks-vote", pytest.param("forgets-decision", marks=pytest.mark.exhaustive)]
)
def test_mutants_of_two_phase_commit_are_violated(name: str) -> None:
    mutant = mutated(name, ProvedTwoPhaseCommit)
    found = prove_unbounded(mutant, effort=1.0, refuting=20.0)
    assert found.status in (ProofStatus.VIOLATED, ProofStatus.NOT_INDUCTIVE)
    broken = [i for i in found.invariants if i.trace is not None]
    assert broken and all(i.trace.violation is not None for i in broken)
