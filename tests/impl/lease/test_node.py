"""The role of leader leases, by hand: promises, renewals, reads, and what a restart keeps."""

from __future__ import annotations

from typing import Any

import pytest

from quorate.impl.errors import ConfigError, ProtocolRefusal
from quorate.impl.lease import Ask, Grant, LeaseNode, LeaseRecord, Term, Wait
from quorate.impl.lease.defects import VARIANTS
from quorate.impl.lease.node import TABLE, Situation
from quorate.impl.outputs import Persist, Send

NAMES = ("n0", "n1", "n2")
WAIT = Wait(lease=10, margin=2)
T1, T2 = Term(1, "n0"), Term(2, "n1")


def node(name: str, variant: str = "healthy", record: LeaseRecord | None = None) -> LeaseNode:
    return VARIANTS[variant].node(name, NAMES, WAIT, record)


def leader(*grants: Grant, variant: str = "healthy") -> LeaseNode:
    n0 = node("n0", variant)
    n0.campaign(T1, now=0)
    for grant in grants:
        assert n0.receive(grant, now=1) == ()
    return n0


def test_a_request_is_recorded_before_it_is_granted() -> None:
    n2 = node("n2")
    granted = n2.receive(Ask(T1, 5), now=3)
    assert granted == (Persist(LeaseRecord(T1, 5)), Send("n0", Grant("n2", T1, 5)))


@pytest.mark.parametrize(
    ("message", "now", "situation"),
    [
        (Ask(T2, 9), 16, Situation.BOUND),
        (Ask(T2, 9), 17, Situation.FREE),
        (Ask(T1, 6), 9, Situation.LATER),
        (Ask(T1, 5), 9, Situation.KNOWN),
        (Ask(Term(0, "n1"), 9), 99, Situation.BELOW),
        (Grant("n1", T1, 5), 9, Situation.NOT_LED),
    ],
)
def test_a_promise_lasts_for_the_lease_and_the_margin(
    message: Any, now: int, situation: Situation
) -> None:
    n2 = node("n2", record=LeaseRecord(T1, 5))
    assert n2.situation(message, now) == situation
    assert bool(n2.receive(message, now)) == (situation in (Situation.FREE, Situation.LATER))


def test_the_table_is_total() -> None:
    assert {s for _, s in TABLE} == set(Situation)


def test_a_majority_grants_one_lease_and_it_ends() -> None:
    n0 = leader(Grant("n0", T1, 0))
    with pytest.raises(ProtocolRefusal, match=r"n0 holds no lease of term 1\.n0"):
        n0.read(T1, now=1)
    n0.receive(Grant("n1", T1, 0), now=2)
    assert n0.read(T1, now=9) == T1
    with pytest.raises(ProtocolRefusal, match="holds no lease"):
        n0.read(T1, now=10)


def test_grants_of_two_leases_make_none() -> None:
    n0 = leader(Grant("n0", T1, 0), Grant("n1", T1, 4))
    with pytest.raises(ProtocolRefusal, match="holds no lease"):
        n0.read(T1, now=5)
    mixing = leader(Grant("n0", T1, 0), Grant("n1", T1, 4), variant="renewed-by-one")
    assert mixing.read(T1, now=13) == T1


def test_leases_before_one_that_a_majority_granted_are_forgotten() -> None:
    n0 = leader(Grant("n0", T1, 0), Grant("n0", T1, 3), Grant("n1", T1, 3), Grant("n2", T1, 7))
    assert n0.grants == {T1: {3: {"n0", "n1"}, 7: {"n2"}}}


def test_who_follows_a_higher_term_no_longer_leads() -> None:
    n0 = leader(Grant("n0", T1, 0), Grant("n1", T1, 0))
    n0.receive(Ask(T2, 5), now=5)
    assert not n0.leads(T1) and n0.grants == {}
    for step in (n0.read, n0.renew):
        with pytest.raises(ProtocolRefusal, match=r"n0 does not lead term 1\.n0"):
            step(T1, now=6)


@pytest.mark.parametrize("term", [T1, T2, Term(0, "n0")])
def test_no_term_begins_twice_nor_below_the_promise(term: Term) -> None:
    record = LeaseRecord(Term(1, "a"), 0, frozenset({T1}))
    with pytest.raises(ProtocolRefusal, match="n0 cannot begin term"):
        node("n0", record=record).campaign(term, now=0)


def test_a_restart_keeps_the_promise_and_the_terms_led() -> None:
    n0 = leader(Grant("n0", T1, 0), Grant("n1", T1, 0))
    again = node("n0", record=n0.record)
    assert again.leads(T1)
    with pytest.raises(ProtocolRefusal, match="holds no lease"):
        again.read(T1, now=1)  # who granted it is lost


@pytest.mark.parametrize(("lease", "margin"), [(0, 1), (1, -1)])
def test_a_lease_and_its_margin_are_numbers_of_ticks(lease: int, margin: int) -> None:
    with pytest.raises(ConfigError, match="A lease lasts at least 1 tick"):
        Wait(lease, margin)
