"""Finding invariants: what is found is proved as with_invariants, what is broken never is."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.checker.cli.main import run
from quorate.checker.ground.vector import Vector
from quorate.checker.prove.unbounded import prove_unbounded
from quorate.checker.synthesis import SynthesisStatus, find_invariants, instance, spending
from quorate.checker.synthesis.arrays import UncoveredError, Valuations
from quorate.checker.synthesis.batch import Batch
from quorate.checker.synthesis.candidates import candidate_lemmas
from quorate.checker.synthesis.clauses import Clause, LiteralColumns, _Cover
from quorate.checker.synthesis.grammar import CandidateGrammar
from quorate.checker.synthesis.instance import SampledInstance
from quorate.checker.synthesis.plausible import writable
from quorate.checker.synthesis.search import violating
from quorate.checker.synthesis.source import method, with_invariants
from quorate.model.flexible_paxos import FlexiblePaxos
from quorate.model.language.description import describe
from quorate.model.language.ir import core as c
from quorate.model.multipaxos import MultiPaxos
from quorate.model.mutants import MUTANTS
from quorate.model.paxos import Paxos
from quorate.model.raft_election import RaftElection
from quorate.model.two_phase_commit import TwoPhaseCommit

from . import toys

SMALL = {
    Paxos: {"Acceptor": 3, "Ballot": 2, "Value": 2},
    FlexiblePaxos: {"Acceptor": 3, "Ballot": 1, "Value": 2},
    MultiPaxos: {"Proposer": 1, "Acceptor": 3, "Slot": 1, "Value": 2, "Ballot": 1},
    TwoPhaseCommit: {"Coordinator": 1, "Participant": 2},
    toys.LeaderElection: {"Node": 3, "Value": 2},
}


def explored(protocol, sizes=None):
    given_sizes = protocol.sized(**(sizes or SMALL[protocol]))
    with given_sizes:
        found = SampledInstance(protocol, given_sizes)
        found.explore(frozenset(p.name for p in found.ground.description.invariants))
    return found


# ---------------------------------------------------------------- the whole


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("LockServer", marks=pytest.mark.exhaustive),  # the command finds its lemmas
        pytest.param("ToyConsensus", marks=pytest.mark.exhaustive),
        pytest.param("LeaderElection", marks=pytest.mark.exhaustive),
        pytest.param("TwoPhase", marks=pytest.mark.exhaustive),
    ],
)
def test_classics_are_proved_from_the_property_alone(name):
    protocol = getattr(toys, name)
    found = find_invariants(protocol, effort=1800)
    assert found.status is SynthesisStatus.PROVED, found.why
    # Pasted by hand, the text is proved like any other class.
    again = prove_unbounded(with_invariants(protocol, found.lemmas))
    assert again.proved
    assert {i.invariant for i in again.invariants} >= {*found.goals, *found.lemmas}


@pytest.mark.parametrize("name", ["ForgetfulLockServer", "RevoteConsensus"])
def test_what_is_broken_is_shown_as_a_run(name):
    found = find_invariants(getattr(toys, name), effort=1800)
    assert found.status is SynthesisStatus.VIOLATED and found.trace is not None
    assert found.lemmas == {} and found.proof is None


@pytest.mark.parametrize(
    "name",
    [
        "ForgetfulLockServer",
        pytest.param("RevoteConsensus", marks=pytest.mark.exhaustive),
        pytest.param("CarelessPaxos", marks=pytest.mark.exhaustive),
    ],
)
def test_what_is_broken_is_not_proved_where_no_run_was_found(name, monkeypatch):
    monkeypatch.setattr(instance, "MOST_EXPLORED", 2)
    monkeypatch.setattr(instance, "WALK_STEPS", 1)
    goals = ["agreement"] if name == "CarelessPaxos" else None
    found = find_invariants(getattr(toys, name), goals, effort=20)
    assert found.status is SynthesisStatus.OPEN and found.proof is None


def test_the_effort_is_kept():
    found = find_invariants(Paxos, effort=0.01)
    assert found.status is SynthesisStatus.OPEN
    assert found.why == "the effort of 0.01 is used up"


def ended(passing, monkeypatch):
    """Why a search with little effort ends, and what it did, while each look at the clock takes."""
    done, passed = [], itertools.count(0.0, passing)
    monkeypatch.setattr(spending.time, "perf_counter", lambda: next(passed))
    found = find_invariants(toys.ToyConsensus, effort=0.05, report=lambda p: done.append(p.doing))
    assert found.status is SynthesisStatus.OPEN
    return found.why, done


def test_a_busy_machine_changes_nothing_until_the_backstop(monkeypatch):
    why, done = ended(0.001, monkeypatch)
    assert why == "the effort of 0.05 is used up" and len(done) == 5
    assert ended(1.0, monkeypatch) == (why, done)
    why, less = ended(20.0, monkeypatch)
    assert why.startswith("the clock ended it") and len(less) < len(done)


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("protocol", "goal"),
    [
        (TwoPhaseCommit, "consistency"),
        (Paxos, "agreement"),
    ],
)
def test_own_invariants_can_be_started_from(protocol, goal):
    found = find_invariants(protocol, [goal], keep=True, effort=1800)
    assert found.status is SynthesisStatus.PROVED and found.proof.proved


@pytest.mark.parametrize(
    ("protocol", "goal"),
    [
        pytest.param(TwoPhaseCommit, "consistency", marks=pytest.mark.exhaustive),
        pytest.param(Paxos, "agreement", marks=pytest.mark.exhaustive),
        pytest.param(FlexiblePaxos, "agreement", marks=pytest.mark.exhaustive),
        pytest.param(MultiPaxos, "agreement", marks=pytest.mark.exhaustive),
        pytest.param(RaftElection, "election_safety", marks=pytest.mark.exhaustive),
    ],
)
def test_bundled_protocols_are_proved_from_one_property(protocol, goal):
    found = find_invariants(protocol, [goal], effort=1800)
    assert found.status is SynthesisStatus.PROVED, found.why
    assert prove_unbounded(
        with_invariants(protocol, found.lemmas), invariants=[goal, *found.lemmas], effort=60
    ).proved


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", [n for n, m in MUTANTS.items() if m.verdict == "killed"])
def test_no_mutant_is_proved(name):
    """A run is found, or the search ends open."""
    mutant = MUTANTS[name]
    found = find_invariants(mutant.protocol, [mutant.violates], effort=1800)
    assert found.status is not SynthesisStatus.PROVED


# ---------------------------------------------------------------- the command


def test_command(tmp_path, capsys, monkeypatch):
    name = f"{toys.__file__}:LockServer"
    assert run(["prove", name, "--find"]) == 0
    shown = capsys.readouterr().out
    assert "@invariant\n    def lemma_1(self) -> bool:" in shown and "✓ proved" in shown
    assert run(["prove", name, "--find", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["verdict"] == "proved" and data["proof"]["standing"] == "proved"
    assert run(["prove", f"{toys.__file__}:RevoteConsensus", "--find"]) == 1
    assert "agreement is violated" in capsys.readouterr().out
    assert run(["prove", "Paxos", "--find", "--effort", "0.01"]) == 4
    assert "open: the effort of 0.01 is used up" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["Paxos", "--find", "-i", "agrement"], "has no invariant `agrement`"),
        (["Paxos", "--find", "--core"], "paste the lemmas, then prove"),
        (["Paxos", "--keep"], "goes with --find"),
        (["Paxos", "--find", "--effort", "0"], "--effort"),
        (["Nothing", "--find"], "no such protocol"),
    ],
)
def test_bad_input(arguments, says, capsys):
    assert run(["prove", *arguments]) == 2
    assert says in capsys.readouterr().err


# ---------------------------------------------------------------- states and conditions


@pytest.mark.parametrize("protocol", SMALL)
def test_conditions_are_those_of_cpython(protocol):
    """Properties over many states at once, in both ways, against the class itself."""
    found = explored(protocol)
    random = np.random.default_rng(1)
    with found.sizes:
        states = found.states[random.permutation(len(found.states))[:150]]
        vector = Vector(states)
        for p in found.ground.description.invariants:
            node, _ = found.instantiator.property(p)
            want = [found.ground.holds(p.name, found.ground.state(s)) for s in states]
            assert vector.condition(node).tolist() == want
            try:
                rows = Valuations.over(Batch(found.layout, states), ())
                assert rows.truth(p.body).tolist() == want
            except UncoveredError:
                continue


@pytest.mark.parametrize("protocol", SMALL)
def test_literals_are_what_the_ground_formulas_say(protocol):
    """Of disturbed states too: each literal over all rows against the evaluator of the kernel."""
    found = explored(protocol)
    grammar = CandidateGrammar(found.ground.description)
    random = np.random.default_rng(2)
    with found.sizes:
        states = found.disturbed(found.states[:40], random)
        vector = Vector(states)
        for prefix in grammar.prefixes[:: max(1, len(grammar.prefixes) // 6)]:
            rows = Valuations.over(Batch(found.layout, states), prefix.binders)
            literals = grammar.literals(prefix)
            for x in literals[:: max(1, len(literals) // 12)]:
                truth = rows.truth(x.expr)
                somewhere = np.zeros(len(states), np.bool_)
                somewhere[rows.state[truth]] = True
                body = c.Quant(forall=False, binders=prefix.binders, body=x.expr, type=c.BOOL)
                node, _ = found.instantiator.property(
                    c.Property(name="literal", kind="invariant", body=body)
                )
                assert vector.condition(node).tolist() == somewhere.tolist(), x


@pytest.mark.exhaustive
def test_explored_states_are_reached_and_so_are_those_of_walks():
    found = explored(Paxos, {"Acceptor": 3, "Ballot": 2, "Value": 1})
    with found.sizes:
        interpreter = found.ground.interpreter
        known = set(interpreter.initial())
        todo = list(known)
        while todo:
            for _, _, state in interpreter.successors(todo.pop()):
                if state not in known:
                    known.add(state)
                    todo.append(state)
        assert len(known) == 1681
        walked = found.walk(np.random.default_rng(3))
        assert len(walked) > 100
        for words in (*found.states, *walked):
            assert found.ground.state(words) in known


# ---------------------------------------------------------------- clauses


@given(st.integers(0, 2**32), st.integers(1, 7), st.integers(1, 12))
def test_covers_are_the_smallest(seed, columns, rows):
    table = np.random.default_rng(seed).integers(0, 2, (rows, columns)).astype(bool)
    table = table[np.argsort(table.sum(axis=1), kind="stable")]

    def covers(size):
        return {
            frozenset(s)
            for s in itertools.combinations(range(columns), size)
            if table[:, s].any(axis=1).all()
        }

    smallest = next((k for k in range(1, columns + 1) if covers(k)), None)
    for size in range(1, columns + 1):
        found = {frozenset(s) for s in _Cover(table).sets(size)}
        assert found <= covers(size)
        if size == smallest:
            assert found and (len(covers(size)) > 12 or found == covers(size))
            break
        assert not found


@pytest.mark.parametrize(
    "protocol",
    [TwoPhaseCommit, *(pytest.param(p, marks=pytest.mark.exhaustive) for p in (Paxos, MultiPaxos))],
)
def test_text_says_what_the_candidate_says(protocol):
    """Candidates of every prefix, written, read again by the language, compared on states."""
    found = explored(protocol)
    grammar = CandidateGrammar(describe(protocol))
    random = np.random.default_rng(4)
    bodies = {}
    for k, prefix in enumerate(grammar.prefixes[::5]):
        columns = LiteralColumns(grammar, prefix)
        if len(columns.literals) < 3:
            continue
        where = tuple(sorted(random.choice(len(columns.literals), 3, replace=False).tolist()))
        signs = tuple(bool(b) for b in random.integers(0, 2, 3))
        clause = Clause(prefix, tuple(columns.literals[i] for i in where), signs, where)
        bodies[f"lemma_{k}"] = clause.body
    compare_text(found, bodies)


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    "protocol",
    [FlexiblePaxos, *(pytest.param(p, marks=pytest.mark.exhaustive) for p in (Paxos, MultiPaxos))],
)
def test_text_says_what_the_seed_says(protocol):
    found = explored(protocol)
    goals = [p.body for p in describe(protocol).invariants if p.name == "agreement"]
    suggested = candidate_lemmas(describe(protocol), goals)[:: 5 if protocol is MultiPaxos else 3]
    kept = writable(protocol, CandidateGrammar(describe(protocol)), suggested)
    bodies = {f"lemma_{k}": s.body for k, s in enumerate(kept)}
    assert bodies
    compare_text(found, bodies)


def compare_text(found, bodies):
    protocol, random = found.protocol, np.random.default_rng(4)
    grammar = CandidateGrammar(describe(protocol))
    cls = with_invariants(protocol, {n: method(grammar, n, b) for n, b in bodies.items()})
    read = {p.name: p for p in describe(cls).invariants}
    with found.sizes:
        states = np.concatenate([found.states[:60], found.disturbed(found.states[:60], random)])
        vector = Vector(states)
        for name, body in bodies.items():
            node, _ = found.instantiator.property(read[name])
            wrong = violating(found, states, body)
            assert np.flatnonzero(~vector.condition(node)).tolist() == wrong.tolist()


def test_seeds_close_earlier_ballots():
    """From agreement follows the lemma that a reader of the paper writes by hand."""
    found = explored(Paxos)
    by_name = {p.name: p.body for p in describe(Paxos).invariants}
    with found.sizes:
        states = found.disturbed(np.repeat(found.states, 3, axis=0), np.random.default_rng(5))
    want = violating(found, states, by_name["earlier_ballots_are_closed"])
    assert 0 < len(want) < len(states)
    assert any(
        np.array_equal(want, violating(found, states, s.body))
        for s in candidate_lemmas(describe(Paxos), [by_name["agreement"]])
    )
