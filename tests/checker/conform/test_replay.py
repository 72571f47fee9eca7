"""Replay: every seeded bug is refused by healthy code and reproduced by code with the same bug."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.checker.conform.adapter import Refusal
from quorate.checker.conform.adapters.paxos import PaxosAdapter, PaxosRolesAdapter
from quorate.checker.conform.adapters.registry import adapter_for
from quorate.checker.conform.replaying.recorded import check_trace
from quorate.checker.conform.replaying.replay import ReplayVerdict, replay
from quorate.checker.conform.seen import holds
from quorate.checker.errors import InputError
from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.loading import load_protocol, name_of
from quorate.checker.results import Move
from quorate.checker.tracing.build import counterexample, make_trace
from quorate.model.language import Protocol
from quorate.model.language.interpreter import Interpreter
from quorate.model.mutants import MUTANTS, Mutant
from quorate.model.paxos import Paxos
from quorate.model.paxos_roles import PaxosRoles
from quorate.model.two_phase_commit import TwoPhaseCommit
from quorate.traces import Record, Trace, Value, read_itf, write_itf

from ...support import unnamed
from ...support.examples import share

#: Defects that violate no invariant of a model, or that need what no model has.
BESIDES_THE_MODEL = {
    "multipaxos": {
        "disjoint-quorums",
        "duplicate-promise-counted",
        "duplicate-vote-counted",
        "round-not-persisted",
        "skips-recovered-slots",
        "snapshot-without-sessions",
        "reconfigures-at-once",
        "trusts-any-vote",
    },
    "raft": {
        "leads-on",
        "leaves-clock-behind",
        "stops-at-old-terms",
    },
}
DAILY = {"P5", "M3", "M5"}  # all are tried by `quorate conform --mutants`
WITH_DEFECT = [m for m in MUTANTS.values() if m.defect is not None]


def trace_of(mutant: Mutant) -> Trace:
    assert mutant.violates is not None
    sizes = mutant.protocol.sized(mutant.faults, **mutant.sizes)
    found = Explorer(mutant.protocol, sizes, invariants=frozenset({mutant.violates})).run(
        coverage=False
    )
    trace = counterexample(mutant.protocol, name_of(mutant.protocol), sizes, found)
    assert trace is not None
    return trace


@pytest.mark.parametrize(
    "mutant",
    [
        pytest.param(m, id=m.code, marks=[] if m.code in DAILY else [pytest.mark.exhaustive])
        for m in WITH_DEFECT
    ],
)
def test_every_bug_is_told_from_healthy_code(mutant: Mutant, tmp_path: Path) -> None:
    path = tmp_path / "t.itf.json"
    write_itf(trace_of(mutant), path)
    trace = read_itf(path)
    check_trace(trace, mutant.protocol)

    healthy = replay(trace, mutant.protocol, adapter_for(mutant.protocol, "healthy"))
    assert healthy.verdict is ReplayVerdict.REFUSED
    assert healthy.divergence is not None
    assert 1 <= healthy.divergence.step <= len(trace.steps)

    assert mutant.defect is not None
    broken = replay(trace, mutant.protocol, adapter_for(mutant.protocol, mutant.defect))
    assert broken.verdict is ReplayVerdict.REPRODUCED, broken.divergence
    assert broken.violated == mutant.violates


def test_every_defect_of_the_implementation_has_its_mutant() -> None:
    """Or it is of replicas, or its bug violates no invariant of a model."""
    for system, defects in unnamed.DEFECTS.items():
        of = [m for m in WITH_DEFECT if unnamed.system_of(m.protocol) == system]
        assert defects - {m.defect for m in of} == BESIDES_THE_MODEL.get(system, set())


def walk(
    protocol: type[Protocol],
    sizes: Mapping[str, int],
    faults: Mapping[str, int],
    seed: int,
    length: int,
) -> Trace:
    """A random run of a protocol."""
    chance = random.Random(seed)
    bounds = protocol.sized(faults, **sizes)
    with bounds:
        machine = Interpreter(protocol, bounds)
        initial = state = machine.initial()[0]
        path: list[Move] = []
        for _ in range(length):
            moves = [Move(*m) for m in machine.successors(state) if m[2] != state]
            if not moves:
                break
            path.append(chance.choice(moves))
            state = path[-1].state
    return make_trace(protocol, name_of(protocol), bounds, initial, path)


@share(2)
@given(seed=st.integers(0, 10**9))
def test_healthy_code_follows_every_run_of_paxos_by_roles(seed: int) -> None:
    sizes = {"Proposer": 2, "Acceptor": 3, "Learner": 2, "Value": 2, "Ballot": 3}
    trace = walk(PaxosRoles, sizes, {"crash": 2}, seed, 60)
    found = replay(trace, PaxosRoles, PaxosRolesAdapter())
    assert found.verdict is ReplayVerdict.CONFORMS, found.divergence


@share(2)
@given(seed=st.integers(0, 10**9))
def test_healthy_code_follows_every_run_of_paxos(seed: int) -> None:
    trace = walk(Paxos, {"Acceptor": 3, "Value": 2, "Ballot": 3}, {}, seed, 40)
    found = replay(trace, Paxos, PaxosAdapter())
    assert found.verdict is ReplayVerdict.CONFORMS, found.divergence


SIZES = {"Proposer": 1, "Acceptor": 3, "Learner": 1, "Value": 2, "Ballot": 2}


@pytest.fixture(scope="module")
def healthy_run() -> Trace:
    return walk(PaxosRoles, SIZES, {"crash": 0}, seed=7, length=30)


class Lying(PaxosRolesAdapter):
    """Shows one cell wrongly, from some step on."""

    def observe(self) -> Mapping[str, Any]:
        seen = dict(super().observe())
        promised = seen["promised"]
        if promised["a1"] != "never":
            seen["promised"] = {**promised, "a1": "b2" if promised["a1"] == "b1" else "b1"}
        return seen


def test_one_wrong_cell_is_named(healthy_run: Trace) -> None:
    found = replay(healthy_run, PaxosRoles, Lying())
    assert found.verdict is ReplayVerdict.DIVERGES and found.divergence is not None
    d = found.divergence
    assert (d.variable, {d.model, d.implementation}) == ("promised[a1]", {"b1", "b2"})
    assert "promised[a1]: the model has" in str(d) and len(str(d).splitlines()) == 3


class Chatty(PaxosRolesAdapter):
    """Sends one message too many."""

    def perform(self, action: str, args: Mapping[str, Value]) -> frozenset[Record]:
        extra = Record("Accepted", (("a", "a0"), ("b", "b1"), ("v", "v0")))
        return super().perform(action, args) | {extra}


def test_a_message_too_many_is_named(healthy_run: Trace) -> None:
    found = replay(healthy_run, PaxosRoles, Chatty())
    assert found.divergence is not None and found.divergence.variable == "sent"
    assert "Accepted(a=a0, b=b1, v=v0)" in found.divergence.implementation


class Dead(PaxosRolesAdapter):
    """Does nothing at all."""

    def perform(self, action: str, args: Mapping[str, Value]) -> frozenset[Record]:
        raise Refusal("the process is gone")


def test_a_dead_process_refuses_the_first_step(healthy_run: Trace) -> None:
    found = replay(healthy_run, PaxosRoles, Dead())
    assert found.verdict is ReplayVerdict.DIVERGES and found.steps == 0
    assert found.divergence is not None
    assert found.divergence.implementation == "the process is gone"


def test_a_trace_of_another_protocol_is_refused(healthy_run: Trace) -> None:
    with pytest.raises(InputError, match="another description of Paxos"):
        check_trace(healthy_run, Paxos)


def test_only_bundled_protocols_have_a_bundled_adapter() -> None:
    with pytest.raises(InputError, match="no implementation of TwoPhaseCommit is bundled"):
        adapter_for(TwoPhaseCommit, "healthy")
    with pytest.raises(InputError, match="did you mean accept-ignores-promise"):
        adapter_for(PaxosRoles, "accept-ignore-promise")


def test_a_property_of_a_file_that_was_loaded_again(tmp_path: Path) -> None:
    """An adapter in the file of its model loads it a second time."""
    path = tmp_path / "votes.py"
    path.write_text(VOTES)
    protocol = load_protocol(f"{path}:Votes")
    load_protocol(f"{path}:Votes")
    sizes = protocol.sized(Voter=2)
    (voters,) = (x for s, x in sizes.elements.items() if s.__name__ == "Voter")
    vote = protocol.variables()["sent"].type.messages[0]
    state = ((True, False), frozenset({vote(voters[1])}))
    with sizes:
        assert holds(protocol, sizes, "some_voted", state, {"voted"})
        assert holds(protocol, sizes, "some_voted", state, {"sent"}) is None
        assert holds(protocol, sizes, "all_told", state, {"voted", "sent"}) is False


VOTES = """\
from __future__ import annotations

from quorate.model.language import Map, Message, Messages, Protocol, Sort, action, invariant


class Voter(Sort): ...


class Vote(Message):
    v: Voter


class Votes(Protocol):
    voted: Map[Voter, bool] = False
    sent: Messages[Vote]

    @action
    def vote(self, v: Voter) -> None:
        self.voted[v] = True

    @invariant
    def some_voted(self) -> bool:
        return any(self.voted[v] for v in Voter)

    @invariant
    def all_told(self) -> bool:
        return all(not self.voted[v] or Vote(v) in self.sent for v in Voter)
"""
