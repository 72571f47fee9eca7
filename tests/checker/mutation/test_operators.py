"""The operators: which changes they make of a method, and that each can be read as a protocol."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from quorate.checker.mutation import ALL_OPERATORS
from quorate.checker.mutation.building import Candidate, changeable, changes, unchangeable
from quorate.model.language import ModelError
from quorate.model.language.description import describe
from quorate.model.language.digest import digest
from quorate.model.paxos import Paxos
from quorate.model.paxos_roles import PaxosRoles
from quorate.model.raft import Raft
from quorate.model.two_phase_commit import TwoPhaseCommit

from .locks import Counter, Lock

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
        assert "drop-effect" in str(error) and ":52:" in str(error)
        return
    (take,) = [a for a in described.actions if a.name == "take"]
    assert [g.span.line for g in take.guards] == [49, 50]


def test_claims_are_not_changed() -> None:
    assert "is_free" in changeable(Lock)
    assert "chosen" not in changeable(Paxos)  # agreement reads it


def test_what_depends_on_its_place_is_not_changed() -> None:
    assert unchangeable(Raft) == ["lead"]  # it calls super()
    assert "lead" not in changeable(Raft)
