"""Refinements proved for any number of elements; what is not one is never proved."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from quorate.checker.prove.unbounded.logic import conj
from quorate.checker.prove.unbounded.steps import SymbolicStep
from quorate.checker.refine.action_map import shown_calls
from quorate.checker.refine.choices import AFTER
from quorate.checker.refine.claims import ClaimChecker
from quorate.checker.refine.explored import RefinementStatus, check_refinement
from quorate.checker.refine.matching import Matching
from quorate.checker.refine.obligations import Claim, Simulation
from quorate.checker.refine.proof import RefinementProof, prove_refinement
from quorate.checker.refine.prover import RefinementProver
from quorate.model.consensus import Consensus, Value
from quorate.model.language import (
    Flexible,
    Majority,
    Map,
    Nat,
    Protocol,
    Record,
    Seq,
    Sort,
    action,
    durable,
    init,
    require,
)
from quorate.model.mutants import MUTANTS
from quorate.model.paxos import Paxos
from quorate.model.paxos_roles import PaxosRoles
from quorate.model.refinements import (
    Refinement,
    identity,
    multipaxos_to_paxos,
    paxos_roles_to_consensus,
    paxos_roles_to_paxos,
    paxos_to_voting,
    raft_to_log,
    voting_to_consensus,
)
from quorate.model.voting import Voting

from . import broken

THREE = {"Acceptor": 3, "Ballot": 2, "Value": 2}
ROLES = {"Proposer": 1, "Acceptor": 3, "Learner": 1, "Value": 2, "Ballot": 2}


def ways(proof: RefinementProof) -> dict[str, list[str]]:
    return {
        p.action: list(map(shown_calls, p.alternatives))
        for p in proof.parts
        if p.action is not None
    }


@pytest.mark.exhaustive
def test_paxos_is_voting() -> None:
    proof = prove_refinement(paxos_to_voting, THREE)
    assert proof.proved and proof.unmet == ()
    assert ways(proof) == {
        "phase1a": [],
        "phase1b": ["increase_max_bal(a, b)"],
        "phase2a": [],
        "phase2b": ["vote_for(a, b, v)"],
    }
    assert {"promises_are_honest", "proposals_were_allowed"} <= set(proof.used)


@pytest.mark.exhaustive
def test_without_the_lemma_what_is_missing_is_named() -> None:
    proof = prove_refinement(replace(paxos_to_voting, lemmas=None), THREE, effort=3)
    assert not proof.proved and "proposals_were_allowed" not in proof.invariants
    assert [p.action for p in proof.parts if not p.proved] == ["phase2b"]
    assert set(proof.part("phase2b").failed) == {
        "vote_for: require(any(self.shows_safe_at(q, b, v) for q in Quorum))"
    }


@pytest.mark.exhaustive  # the API proves the same link every day
def test_voting_is_consensus() -> None:
    proof = prove_refinement(voting_to_consensus, THREE)
    assert proof.proved and proof.used == ("agreement",)
    assert ways(proof) == {"increase_max_bal": [], "vote_for": ["choose(v)"]}


@pytest.mark.exhaustive
def test_paxos_roles_are_consensus() -> None:
    proof = prove_refinement(paxos_roles_to_consensus, ROLES)
    assert proof.proved and "agreement" in proof.used
    assert ways(proof)["receive_accepted"] == ["choose(m.v)"]


@pytest.mark.exhaustive
def test_multi_paxos_is_paxos_in_every_slot() -> None:
    sizes = {"Proposer": 1, "Acceptor": 2, "Slot": 2, "Value": 1, "Ballot": 1}
    proof = prove_refinement(multipaxos_to_paxos, sizes)
    assert proof.proved and proof.unmet == () and proof.unsupported is None
    assert {n: w for n, w in ways(proof).items() if w} == {
        "prepare": ["phase1a(b)"],
        "promise": ["phase1b(a, m.b)"],
        "propose": ["phase2a(self.ballot[p], v, any)"],
        "accept": ["phase2b(a, m.b, m.v)"],
    }
    assert {"leaders_were_promised", "recorded_votes_are_the_latest"} <= set(proof.used)


@pytest.mark.exhaustive
def test_paxos_roles_are_paxos() -> None:
    """A promise that is the first to tell of a vote is two steps of Paxos at once."""
    proof = prove_refinement(paxos_roles_to_paxos, {**ROLES, "Acceptor": 1})
    assert proof.proved and proof.unmet == () and proof.unsupported is None
    assert {n: w for n, w in ways(proof).items() if w} == {
        "prepare": ["phase1a(b)"],
        "reply_promise": [
            "phase1b(a, self.promised[a])",
            "phase2b(a, self.voted_ballot[a], self.voted_value[a]) then "
            "phase1b(a, self.promised[a])",
        ],
        "propose": ["phase2a(self.ballot[p], v, any)"],
        "reply_accepted": ["phase2b(a, self.promised[a], self.voted_value[a])"],
    }
    assert {"promises_tell_the_latest_vote", "the_best_vote_was_promised"} <= set(proof.used)


def by_sum(self):  # type: ignore[no-untyped-def]
    return {"chosen": {c for c in Value if sum(self.vote[v] == c for v in Voter) > 1}}


def test_what_cannot_be_read_is_open() -> None:
    proof = prove_refinement(Refinement(Election, Consensus, by_sum), {"Voter": 3, "Value": 2})
    assert not proof.proved and proof.unsupported is not None
    assert "the mapping" in proof.unsupported and proof.where.line > 0


@pytest.mark.parametrize(
    "protocol",
    [Consensus, *(pytest.param(p, marks=pytest.mark.exhaustive) for p in (Paxos, Voting))],
    ids=str,
)
def test_every_protocol_refines_itself(protocol: type[Protocol]) -> None:
    sizes = {n: k for n, k in THREE.items() if n in protocol.sorts()}
    assert prove_refinement(identity(protocol, protocol), sizes).proved


BROKEN: list[Refinement] = [
    identity(broken.ChoosesTwice, Consensus),
    identity(broken.ChoosesAtOnce, Consensus),
]

MORE_BROKEN: list[Refinement] = [
    replace(paxos_to_voting, concrete=broken.NoPromisesNeeded),
    identity(broken.StartsAhead, Paxos),
    replace(voting_to_consensus, concrete=broken.VotesUnsafely),
    identity(broken.VotesUnsafely, Voting),
    replace(paxos_to_voting, concrete=broken.AnyValueProposed),
    replace(paxos_to_voting, concrete=broken.PromiseNotCompared),
    replace(paxos_to_voting, concrete=broken.VotesBelowPromise),
    replace(paxos_to_voting, concrete=broken.StartsAhead),
    identity(broken.VotesUnasked, Paxos),
]


@pytest.mark.parametrize(
    "refinement",
    [*BROKEN, *(pytest.param(r, marks=pytest.mark.exhaustive) for r in MORE_BROKEN)],
    ids=str,
)
def test_what_does_not_refine_is_not_proved(refinement: Refinement) -> None:
    sizes = {n: k for n, k in THREE.items() if n in refinement.concrete.sorts()}
    assert check_refinement(refinement, sizes).status is RefinementStatus.FAILS
    assert not prove_refinement(refinement, sizes, effort=1).proved


@pytest.mark.exhaustive
def test_what_only_refines_is_proved() -> None:
    """It never votes, which is no mistake of its steps."""
    assert prove_refinement(identity(broken.NeverVotes, Voting), THREE).proved


@pytest.mark.exhaustive
@pytest.mark.parametrize("refinement", [paxos_to_voting, voting_to_consensus], ids=str)
def test_what_is_assumed_can_be(refinement: Refinement) -> None:
    """The hypotheses do not contradict the axioms or a step: then everything would be proved."""
    matching = Matching(refinement)
    simulation = Simulation(refinement, matching)
    o = simulation.obligations
    steps = {a.name: SymbolicStep(o.signature, a, o.before) for a in simulation.lower.actions}
    prover = RefinementProver(o.signature, 0, 2.0)
    known = o.assumed(list(o.invariants))
    for step in steps.values():
        taken = conj([*step.guards, *step.choices])
        assert prover.refuted(taken, known) is None and prover.searched(taken, known) is None


@pytest.mark.parametrize(
    ("name", "action", "missing"),
    [
        ("own-value", "propose", "require(not voted or any(m.v == v"),
        ("no-phase1", "propose", "require(all(any(m.a == a and m.b == b"),
        ("promise-anyway", "reply_promise", "phase1b: "),
        ("vote-anyway", "reply_accepted", "phase2b: require(self.max_bal[a] <= b)"),
        ("silent-promise", "reply_promise", "phase1b: "),
        ("shared-ballot", "propose", "phase2a: "),
        ("promise-once-more", "reply_promise", "phase1b: "),
    ],
)
@pytest.mark.exhaustive
def test_mutants_are_not_proved(name: str, action: str, missing: str) -> None:
    """They do not refine Paxos (`test_broken.py`): not shown is what it would have had to do."""
    link = replace(paxos_roles_to_paxos, concrete=MUTANTS[name].protocol)
    proof = prove_refinement(link, ROLES, effort=2)
    assert not proof.proved and proof.unsupported is None
    assert any(missing in what for what in proof.part(action).failed)


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    "name", [n for n, m in MUTANTS.items() if issubclass(m.protocol, PaxosRoles)]
)
def test_no_mutant_is_proved_that_exploration_refutes(name: str) -> None:
    link = replace(paxos_roles_to_paxos, concrete=MUTANTS[name].protocol)
    if prove_refinement(link, ROLES, effort=1).proved:
        for sizes, crashes in (({**ROLES, "Ballot": 1}, 1), (ROLES, 0)):
            found = check_refinement(link, sizes, {"crash": crashes})
            assert found.status is RefinementStatus.REFINES


@pytest.mark.exhaustive
def test_what_is_given_contradicts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Picks before and after a step, exchanged quorums and all invariants: steps stay possible."""
    asked = []

    def look(showing: ClaimChecker, claim: Claim) -> None:
        wrong = [w for way in (*claim.alternatives, claim.changes) for w in way]
        given = {name: f for w in wrong for name, f in w.given.items()}
        before = showing.obligations.assumed(showing.known) if claim.action else {}
        after = {f"{name}{AFTER}": f for name, f in claim.after.items()}
        assert showing.prover.refuted(claim.premise, {**given, **before, **after}) is None
        asked.append((claim.action, len(given)))

    monkeypatch.setattr(ClaimChecker, "show", look)
    prove_refinement(paxos_roles_to_paxos, {**ROLES, "Acceptor": 1})
    assert {(None, 3), ("reply_promise", 6), ("propose", 1), ("reply_accepted", 6)} <= set(asked)


class Voter(Sort, short="o"): ...


class Quorum(Majority[Voter]): ...


class Two(Flexible[Voter], size=2): ...


class Election(Protocol):
    vote: Map[Voter, Value | None] = durable(None)

    @action
    def cast(self, v: Voter, c: Value) -> None:
        require(self.vote[v] is None)
        self.vote[v] = c


def to_consensus(self):  # type: ignore[no-untyped-def]
    return {"chosen": {c for c in Value for q in Quorum if all(self.vote[v] == c for v in q)}}


def by_two(self):  # type: ignore[no-untyped-def]
    return {"chosen": {c for c in Value for q in Two if all(self.vote[v] == c for v in q)}}


def by_len(self):  # type: ignore[no-untyped-def]
    return {"chosen": {c for c in Value if len([v for v in Voter if self.vote[v] == c]) > 1}}


def test_quorums_that_only_the_mapping_names() -> None:
    """That they meet is assumed, and shown; of those that need not meet nothing is assumed."""
    sizes = {"Voter": 3, "Value": 2}
    proof = prove_refinement(Refinement(Election, Consensus, to_consensus), sizes)
    assert proof.proved and proof.unmet == () and proof.quorums
    two = Refinement(Election, Consensus, by_two)
    assert check_refinement(two, sizes).status is RefinementStatus.REFINES  # so it is, of three
    assert not prove_refinement(two, sizes, effort=1).proved  # but not of four


def test_counting_is_open() -> None:
    proof = prove_refinement(Refinement(Election, Consensus, by_len), {"Voter": 3, "Value": 2})
    assert not proof.proved and "counting" in (proof.unsupported or "")


class Ballots(Nat): ...


class Log(Election):
    log: Seq[Value, Ballots] = durable(())

    @action
    def append(self, c: Value) -> None:
        require(any(len(self.log) < n for n in Ballots))
        require(all(c == x for x in self.log))
        self.log = self.log + (c,)  # noqa: RUF005


def past(self):  # type: ignore[no-untyped-def]
    return {"chosen": {c for c in Value if len(self.log) > 2 and self.log[3] == c}}


def within(self):  # type: ignore[no-untyped-def]
    return {"chosen": {c for c in Value if len(self.log) > 3 and self.log[3] == c}}


def test_a_mapping_that_may_have_no_value_is_open() -> None:
    sizes = {"Voter": 3, "Value": 2, "Ballots": 2}
    proof = prove_refinement(Refinement(Log, Consensus, past), sizes, effort=1)
    (place,) = [p for p in proof.undefined if "self.log[3]" in p]
    assert not proof.proved and place.endswith("past the end of the sequence")
    proof = prove_refinement(Refinement(Log, Consensus, within), sizes, effort=1)
    assert not any("self.log[3]" in p for p in proof.undefined), proof.undefined


class Noted(Record):
    c: Value
    b: Ballots


class Notes(Protocol):
    notes: Seq[Noted, Ballots] = durable(())

    @action
    def note(self, c: Value, b: Ballots) -> None:
        require(any(len(self.notes) < n for n in Ballots))
        self.notes = self.notes + (Noted(c, b),)  # noqa: RUF005


class Shortened(Notes):
    @action
    def forget(self, b: Ballots) -> None:
        require(b < len(self.notes))
        self.notes = self.notes[:b]


class Kept(Protocol):
    values: Seq[Value, Ballots] = durable(())

    @action
    def extend(self, longer: Seq[Value, Ballots]) -> None:
        require(len(self.values) < len(longer))
        require(longer[: len(self.values)] == self.values)
        self.values = longer


def noted(self):  # type: ignore[no-untyped-def]
    return {"values": tuple(x.c for x in self.notes)}


def by_position(self):  # type: ignore[no-untyped-def]
    return {"values": tuple(self.notes[i].c for i in range(len(self.notes)))}


def late(self):  # type: ignore[no-untyped-def]
    return {"values": tuple(self.notes[i].c for i in range(1, len(self.notes)))}


def next_ones(self):  # type: ignore[no-untyped-def]
    return {"values": tuple(self.notes[i + 1].c for i in range(len(self.notes)))}


NOTES = {"Value": 2, "Ballots": 1}


@pytest.mark.parametrize("mapping", [noted, by_position])
def test_a_sequence_is_made_of_another(mapping: Any) -> None:
    proof = prove_refinement(Refinement(Notes, Kept, mapping), NOTES, effort=3)
    assert proof.proved and ways(proof) == {"note": ["extend(values after the step)"]}


def test_a_sequence_that_gets_shorter_does_not_grow() -> None:
    link = Refinement(Shortened, Kept, noted)
    assert check_refinement(link, NOTES).status is RefinementStatus.FAILS
    proof = prove_refinement(link, NOTES, effort=1)
    assert [p.action for p in proof.parts if not p.proved] == ["forget"]


def test_made_sequences_of_other_lengths_or_past_the_end_are_open() -> None:
    proof = prove_refinement(Refinement(Notes, Kept, late), NOTES, effort=1)
    assert "this sequence as a" in (proof.unsupported or "") and not proof.proved
    proof = prove_refinement(Refinement(Notes, Kept, next_ones), None, effort=1)
    assert [p for p in proof.undefined if p.endswith("past the end of the sequence")]
    assert not proof.proved


@pytest.mark.exhaustive
def test_recorded_raft_is_a_log_that_grows() -> None:
    sizes = {"Server": 2, "Value": 1, "Term": 1, "Index": 1}
    proof = prove_refinement(raft_to_log, sizes)
    assert proof.proved and proof.unmet == () and "leaders_agree" in proof.used
    assert {n: w for n, w in ways(proof).items() if w} == {
        "advance_commit": ["extend(log after the step)"]
    }


class Counted(Protocol):
    n: Ballots = durable(0)

    @action
    def rise(self, b: Ballots) -> None:
        require(self.n < b)
        self.n = b


class Below(Counted):
    @init
    def begin(self) -> None:
        self.n = self.n - 1


class Three(Counted):
    @init
    def begin(self) -> None:
        self.n = self.n + 3


@pytest.mark.parametrize(
    ("protocol", "said"), [(Below, RefinementStatus.UNDEFINED), (Three, RefinementStatus.REFINES)]
)
def test_an_init_that_may_be_undefined_is_open(
    protocol: type[Protocol], said: RefinementStatus
) -> None:
    """Also where it is defined at the sizes that are explored."""
    link, sizes = identity(protocol, protocol), {"Ballots": 3}
    assert check_refinement(link, sizes).status is said
    proof = prove_refinement(link, sizes, effort=1)
    assert not proof.proved and all(p.proved for p in proof.parts)
    assert any(p.endswith("out of the range of n") for p in proof.undefined), proof.undefined
