"""The operators: which changes they make of a method, and that each can be read as a protocol."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from quorate.checker.ground.proper import always_proper
from quorate.checker.mutation import ALL_OPERATORS
from quorate.checker.mutation.bodies import changeable, unchangeable
from quorate.checker.mutation.building import Candidate, changes, method_of
from quorate.checker.mutation.delaying import delay_effect
from quorate.model.language import ModelError, Protocol
from quorate.model.language.description import describe
from quorate.model.language.digest import digest
from quorate.model.multipaxos import MultiPaxos
from quorate.model.paxos import Paxos
from quorate.model.paxos_roles import PaxosRoles
from quorate.model.raft import Raft
from quorate.model.raft_election import RaftElection
from quorate.model.two_phase_commit import TwoPhaseCommit

from .locks import Counter, Later, Lock

PHASE2 = """\
drop-guard: require(Accept(b, v) in self.sent) → pass
drop-guard: require(self.max_bal[a] <= b) → pass
drop-effect: self.sent.add(Accepted(a, b, v)) → pass
drop-effect: self.max_bal[a] = b → pass
drop-effect: self.max_vbal[a] = b → pass
drop-effect: self.max_val[a] = v → pass
shift-comparison: self.max_bal[a] <= b → self.max_bal[a] < b
flip-comparison: self.max_bal[a] <= b → self.max_bal[a] > b
accept-stale: Accept(b, v) in self.sent → any(other.b <= (b) and other.v == (v) for other in \
self.sent[Accept])
accept-stale: Accept(b, v) in self.sent → any(other.b >= (b) and other.v == (v) for other in \
self.sent[Accept])
accept-stale: Accept(b, v) in self.sent → any(other.b == (b) and other.v <= (v) for other in \
self.sent[Accept])
accept-stale: Accept(b, v) in self.sent → any(other.b == (b) and other.v >= (v) for other in \
self.sent[Accept])
delay-effect: self.max_bal[a] = b → self.phase2b_max_bal_pending[a, b] = True
delay-effect: self.max_vbal[a] = b → self.phase2b_max_vbal_pending[a, b] = True
delay-effect: self.max_val[a] = v → self.phase2b_max_val_pending[a, v] = True
"""


def test_every_change_of_a_method() -> None:
    found = [c.edit for c in changes(Paxos) if c.name == "phase2b"]
    assert "".join(f"{e.operator}: {e}\n" for e in found) == PHASE2


def test_every_operator_makes_a_protocol() -> None:
    missing = set(ALL_OPERATORS)
    for change in _some(missing):
        try:
            described = describe(change.build())
        except ModelError:
            continue
        assert digest(described) != digest(describe(change.protocol))
        missing.discard(change.edit.operator)
    assert not missing


def _some(missing: set[str]) -> Iterator[Candidate]:
    """Changes by operators that are still missing, of several protocols."""
    for protocol in (Lock, Counter, Paxos, TwoPhaseCommit, PaxosRoles):
        for change in changes(protocol):
            if change.edit.operator in missing:
                yield change


@pytest.mark.parametrize("text", ["require(self.is_free())", "self.held[n] = True"])
def test_a_mistake_in_a_mutant_is_shown_at_its_place(text: str) -> None:
    """Lines keep their numbers; the file of a mutant is named after the change."""
    (change,) = [c for c in changes(Lock) if c.edit.before == text and "drop" in c.edit.operator]
    try:
        described = describe(change.build())
    except ModelError as error:
        assert "drop-effect" in str(error) and ":53:" in str(error)
        return
    (take,) = [a for a in described.actions if a.name == "take"]
    assert [g.span.line for g in take.guards] == [50, 51]


def test_claims_are_not_changed() -> None:
    assert "is_free" in _changed(Lock)
    assert "chosen" not in _changed(Paxos)  # agreement reads it


def _changed(protocol: type[Protocol]) -> list[str]:
    return [body.name for body in changeable(protocol)]


def test_what_super_calls_is_changed_where_it_stands() -> None:
    """`Raft.lead` calls `RaftElection.lead`: a mutant of either runs the other as it was."""
    assert unchangeable(Raft) == []
    owners = [body.owner for body in changeable(Raft) if body.name == "lead"]
    assert owners == [Raft, RaftElection]
    found = {c.body.owner: c for c in changes(Raft, ["drop-guard"]) if c.name == "lead"}
    assert (
        str(found[RaftElection].edit) == "require(any(q <= self.votes[s] for q in Quorum)) → pass"
    )
    before, after = (describe(p) for p in (Raft, found[RaftElection].build()))
    lead = [next(a for a in d.actions if a.name == "lead") for d in (before, after)]
    assert [e.variable for e in lead[1].effects] == ["role", "match"]
    assert len(lead[1].guards) == len(lead[0].guards) - 1


@pytest.mark.parametrize(
    ("protocol", "method", "delayed"),
    [
        (Counter, "up", []),  # what it writes depends on when
        (Lock, "vote", ["self.last[n] = t"]),  # a message is late anyway
        (MultiPaxos, "promise", ["self.promised[a] = m.b"]),
    ],
)
def test_only_what_reads_parameters_alone_is_delayed(
    protocol: type[Protocol], method: str, delayed: list[str]
) -> None:
    found = [c for c in changes(protocol, ["delay-effect"]) if c.name == method]
    assert [c.edit.before for c in found] == delayed
    for change in found:
        described = describe(change.build())
        later = described.actions[-1]
        assert later.name.endswith("_later") and later.fair == "weak"
        assert len(later.effects) == 2 and len(later.guards) == 1


def test_what_may_be_the_bottom_of_its_sort_is_not_delayed() -> None:
    """No map has a key for it, so the mutant would be undefined for no fault of the protocol's."""
    for protocol, name, unknown in (
        (MultiPaxos, "promise", {"proper": ()}),
        (Lock, "vote", {"direct": False}),
    ):
        proper = always_proper(describe(protocol))
        (body,) = [b for b in changeable(protocol) if b.name == name]
        method = replace(method_of(body), proper=proper)
        assert len(list(delay_effect(method))) == 1
        assert not list(delay_effect(replace(method, **unknown)))


def test_an_argument_of_super_may_be_no_parameter() -> None:
    """`RaftElection.lead` gets the parameter of `Raft.lead`; what is computed may be anything."""
    assert all(body.direct for body in changeable(Raft) if body.name == "lead")
    assert [b.direct for b in changeable(Later) if b.name == "vote"] == [True, False]
