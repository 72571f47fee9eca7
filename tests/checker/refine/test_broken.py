"""What does not refine is named: the step, what it does abstractly, what stands in the way."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.refine.explored import RefinementFailure, RefinementStatus, check_refinement
from quorate.checker.results import Outcome
from quorate.model.consensus import Consensus
from quorate.model.language import Protocol
from quorate.model.language.interpreter import Interpreter
from quorate.model.mutants import MUTANTS
from quorate.model.paxos import Paxos
from quorate.model.refinements import (
    Refinement,
    identity,
    paxos_roles_to_consensus,
    paxos_roles_to_paxos,
    paxos_to_voting,
    voting_to_consensus,
)

from ...support.examples import some
from . import broken

SIZES = {"Acceptor": 3, "Ballot": 2, "Value": 2}


def failure(
    refinement: Refinement, sizes: dict[str, int], crashes: int | None = None
) -> RefinementFailure:
    faults = None if crashes is None else {"crash": crashes}
    found = check_refinement(refinement, sizes, faults)
    assert found.status is RefinementStatus.FAILS and found.failure is not None
    return found.failure


def as_paxos(mutant: type[Protocol]) -> Refinement:
    return identity(mutant, Paxos)


def as_voting(mutant: type[Protocol]) -> Refinement:
    return replace(paxos_to_voting, concrete=mutant)


@dataclass(frozen=True)
class Case:
    """A refinement that fails: after how many steps, at which action, and why."""

    refinement: Refinement
    steps: int
    action: str
    nearest: str
    fails: tuple[str, ...]  # guards that do not hold
    sizes: dict[str, int]

    def __str__(self) -> str:
        return str(self.refinement)


def case(
    refinement: Refinement, steps: int, action: str, nearest: str, *fails: str, **sizes: int
) -> Case:
    return Case(refinement, steps, action, nearest, fails, {**SIZES, **sizes})


NO_MORE_PROMISED = "self.max_bal[a] < b"
SAFE = "any(self.shows_safe_at(q, b, v) for q in Quorum)"
PROMISED = "all(any(m.a == a and m.b == b for m in self.sent[Promise]) for a in q)"
PROPOSED = "Accept(b, v) in self.sent"
NOT_LESS = "self.max_bal[a] <= b"

CASES = [
    case(
        as_paxos(broken.AnyValueProposed),
        9,
        "phase2a",
        "phase2a",
        "not voted or any(m.v == v and all(n.vb <= m.vb for n in voted) for m in voted)",
    ),
    case(as_voting(broken.AnyValueProposed), 10, "phase2b", "vote_for", SAFE),
    case(as_paxos(broken.PromiseNotCompared), 4, "phase1b", "phase1b", NO_MORE_PROMISED),
    case(as_voting(broken.PromiseNotCompared), 4, "phase1b", "increase_max_bal", NO_MORE_PROMISED),
    case(as_paxos(broken.VotesBelowPromise), 7, "phase2b", "phase2b", NOT_LESS),
    case(as_voting(broken.VotesBelowPromise), 7, "phase2b", "vote_for", NOT_LESS),
    case(as_paxos(broken.NoPromisesNeeded), 1, "phase2a", "phase2a", PROMISED),
    case(as_voting(broken.NoPromisesNeeded), 2, "phase2b", "vote_for", SAFE),
    case(as_paxos(broken.VotesUnasked), 1, "phase2b", "phase2b", PROPOSED, Value=1),
    case(as_voting(broken.VotesUnasked), 1, "phase2b", "vote_for", SAFE, Value=1),
]


def runs_in_cpython(
    concrete: type[Protocol], sizes: dict[str, int], found: RefinementFailure
) -> None:
    """The actions of the trace lead to the failing step's state."""
    with concrete.sized(**sizes) as active:
        machine = Interpreter(concrete, active)
        front = set(machine.initial())
        for step in found.trace.steps:
            after = [x for s in front for x in machine.successors(s)]
            front = {t for action, _, t in after if action == step.action}
        assert found.move is not None and found.move.state in front


# Whether an accepted value or a promise is ignored, it fails in the same way.
LATER = [c for c in CASES if c.refinement.concrete is broken.VotesBelowPromise or c.steps == 9]


@pytest.mark.parametrize("case", some(CASES, [c for c in CASES if c not in LATER]))
def test_broken_paxos(case: Case) -> None:
    found = failure(case.refinement, case.sizes)
    assert found.move is not None and found.nearest is not None
    assert (len(found.trace.steps), found.move.action) == (case.steps, case.action)
    assert found.trace.steps[-1].action == case.action
    assert found.nearest.action == case.nearest
    assert tuple(g.text for g in found.nearest.guards if not g.held) == case.fails
    assert found.nearest.differs is not None
    assert not found.nearest.differs.changes and not found.nearest.differs.added
    runs_in_cpython(case.refinement.concrete, case.sizes, found)


def test_safe_and_yet_no_refinement() -> None:
    """With one value nothing can disagree, but votes that nobody proposed are no votes of Paxos."""
    sizes = {**SIZES, "Value": 1}
    protocol = broken.VotesUnasked
    safe = Explorer(protocol, protocol.sized(**sizes), invariants=frozenset({"agreement"})).run()
    assert safe.outcome is Outcome.HOLDS
    found = failure(as_paxos(protocol), sizes)
    assert found.nearest is not None
    assert [g.held for g in found.nearest.guards] == [False, True]


def test_voting_unsafely() -> None:
    found = failure(replace(voting_to_consensus, concrete=broken.VotesUnsafely), SIZES)
    assert found.move is not None and found.move.action == "vote_for"
    assert found.change is not None and len(found.change.changes) == 1
    assert str(found.change.changes[0]).startswith("chosen: {v")
    assert found.nearest is not None and [g.held for g in found.nearest.guards] == [False]


def test_effects_that_differ() -> None:
    found = failure(identity(broken.ChoosesAtOnce, Consensus), {"Value": 2})
    assert found.nearest is not None and all(g.held for g in found.nearest.guards)
    assert found.nearest.differs is not None
    (change,) = found.nearest.differs.changes
    assert str(change) == "chosen: {v0} → {v0,v1}"


def test_initial_state() -> None:
    found = failure(as_paxos(broken.StartsAhead), SIZES)
    assert found.move is None and found.before is None and not found.trace.steps
    assert found.change is not None
    assert [str(c) for c in found.change.changes] == ["max_bal[a0]: never → b1"]


def test_vacuous() -> None:
    found = check_refinement(replace(voting_to_consensus, concrete=broken.NeverVotes), SIZES)
    assert found.status is RefinementStatus.REFINES and found.stutters == found.transitions == 243
    assert found.warnings() == ["nothing was compared: no step changes anything of Consensus"]


def test_stopped_early() -> None:
    found = check_refinement(paxos_to_voting, SIZES, limit=100)
    assert found.status is RefinementStatus.INCONCLUSIVE and found.states == 100
    assert found.warnings() == []


@pytest.mark.parametrize(
    ("name", "refinement", "action"),
    [
        ("vote-anyway", paxos_roles_to_paxos, "reply_accepted"),
        *(
            pytest.param(*row, marks=pytest.mark.exhaustive)
            for row in [
                ("promise-anyway", paxos_roles_to_paxos, "reply_promise"),
                ("no-phase1", paxos_roles_to_paxos, "propose"),
                ("own-value", paxos_roles_to_paxos, "propose"),
                ("shared-ballot", paxos_roles_to_paxos, "propose"),
                ("silent-promise", paxos_roles_to_paxos, "reply_promise"),
                ("promise-once-more", paxos_roles_to_paxos, "reply_promise"),
            ]
        ),
    ],
)
def test_mutants(name: str, refinement: Refinement, action: str) -> None:
    """Real bugs of Paxos by roles, found where they are made and not where they do harm."""
    mutant = MUTANTS[name]
    sizes, crashes = dict(mutant.sizes), mutant.faults["crash"]
    found = failure(replace(refinement, concrete=mutant.protocol), sizes, crashes)
    assert found.move is not None and found.move.action == action


@pytest.mark.exhaustive
def test_learners_that_disagree() -> None:
    """Only what learners commit shows that one vote is no quorum."""
    protocol = MUTANTS["disjoint-quorums"].protocol
    sizes = {"Proposer": 1, "Acceptor": 3, "Learner": 2, "Value": 2, "Ballot": 2}
    found = failure(replace(paxos_roles_to_consensus, concrete=protocol), sizes, 0)
    assert found.move is not None and found.move.action == "receive_accepted"
    assert found.change is not None
    assert [str(c) for c in found.change.changes] == ["chosen: {v0} → {v0,v1}"]


@pytest.mark.parametrize(
    ("name", "refines_paxos"),
    [
        ("keeps-higher-vote", True),
        pytest.param("promise-once-more", False, marks=pytest.mark.exhaustive),
    ],
)
def test_mutants_without_a_bug(name: str, refines_paxos: bool) -> None:
    """Safe either way; but a promise after a vote in the same ballot is no promise of Paxos."""
    sizes = {"Proposer": 1, "Acceptor": 3, "Learner": 1, "Value": 2, "Ballot": 1}
    for link, refines in (
        (paxos_roles_to_paxos, refines_paxos),
        (paxos_roles_to_consensus, True),
    ):
        changed = replace(link, concrete=MUTANTS[name].protocol)
        found = check_refinement(changed, sizes, {"crash": 1})
        assert (found.status is RefinementStatus.REFINES) == refines
