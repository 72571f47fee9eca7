"""The mutants of the other bundled protocols: found by exploring at the bound that they name."""

from __future__ import annotations

import re
from typing import Any

import pytest

from quorate.model.language.description import describe
from quorate.model.mutants import KILLED, MUTANTS, Mutant
from quorate.model.paxos_roles import PaxosRoles
from quorate.model.raft import Ack, Append, Entry, Raft, RequestVote, Server, Term, Value, Vote

from .mutant_table import PAGE, table

OTHERS = [m for m in MUTANTS.values() if not issubclass(m.protocol, PaxosRoles)]
BY_THE_REFERENCE = ("T1", "T2", "R1")
S0, S1, S2 = (Server(i) for i in range(3))
T1, T2 = (Term(i) for i in range(2))


def test_names_and_codes_are_unique() -> None:
    assert len({m.code for m in MUTANTS.values()}) == len(MUTANTS)
    assert all(name == m.name for name, m in MUTANTS.items())


def test_the_page_lists_all_of_them() -> None:
    assert table() in PAGE.read_text(encoding="utf-8")


#: The codes of the collection of real bugs that the mutants are taken from.
CODES = {"P": range(1, 24), "M": range(1, 11), "R": range(1, 26), "E": (1, 2), "L": (1,)}


def test_the_page_says_of_each_real_bug_where_it_is() -> None:
    rows, _, notes = PAGE.read_text(encoding="utf-8").partition("What is not there, or elsewhere")
    for code in (f"{kind}{n}" for kind, numbers in CODES.items() for n in numbers):
        assert f"| {code} `" in rows or re.search(rf"\b{code}\b", notes), code


@pytest.mark.parametrize("mutant", OTHERS, ids=lambda m: m.code)
def test_is_read_and_sized(mutant: Mutant) -> None:
    described = describe(mutant.protocol)
    mutant.protocol.sized(mutant.faults, **mutant.sizes)
    assert mutant.verdict == KILLED
    assert mutant.violates in {p.name for p in described.invariants}


@pytest.mark.parametrize(
    "mutant", [m for m in OTHERS if m.code in BY_THE_REFERENCE], ids=lambda m: m.code
)
def test_killed(mutant: Mutant, search: Any) -> None:
    found = search(mutant.protocol, mutant.faults, until=mutant.violates, **mutant.sizes)
    assert found.broken[mutant.violates] == mutant.steps


def truncate(do: Any) -> None:
    """An old heartbeat, received late, takes a committed entry away from a follower."""
    entry = Entry(T1, Value(0))
    do("timeout", S0, T1)
    do("step_down", S1, T1)
    do("grant", S1, RequestVote(T1, S0, 0, Term.zero))
    do("receive_vote", S0, Vote(T1, S1, S0))
    do("lead", S0)
    do("append", S0, 0)
    do("request", S0, Value(0))
    do("append", S0, 0)
    do("receive_append", S1, Append(T1, S0, 0, Term.zero, (entry,), 0))
    do("receive_ack", S0, Ack(T1, S1, S0, 1))
    do("advance_commit", S0, 1)
    do("receive_append", S1, Append(T1, S0, 0, Term.zero, (), 0))
    do("timeout", S1, T2)
    do("step_down", S2, T2)
    do("grant", S2, RequestVote(T2, S1, 0, Term.zero))
    do("receive_vote", S1, Vote(T2, S2, S1))
    do("lead", S1)


TWO_TERMS = {"Server": 3, "Value": 1, "Term": 2, "Index": 1}


def test_truncating_what_matches_elects_a_leader_without_it(script: Any) -> None:
    mutant = MUTANTS["always-truncates"]
    run = script(mutant.protocol, mutant.faults, **TWO_TERMS)
    truncate(run)
    assert not run.holds("leader_completeness")


def test_raft_keeps_what_matches(script: Any) -> None:
    with pytest.raises(AssertionError, match="step 15, grant"):
        truncate(script(Raft, {"crash": 0}, **TWO_TERMS))
