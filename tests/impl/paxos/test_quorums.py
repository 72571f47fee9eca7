"""Quorum systems and the search for two that miss each other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.impl.errors import ConfigError
from quorate.impl.paxos import AnyOf, AtLeast, Quorums

ACCEPTORS = st.lists(st.sampled_from("abcdefg"), min_size=1, unique=True)


@given(ACCEPTORS)
def test_majorities_always_meet(acceptors):
    quorums = Quorums.majority(acceptors)
    assert quorums.disjoint_pair(acceptors) is None
    assert quorums.phase1.met_by(acceptors)
    assert not quorums.phase1.met_by(acceptors[: len(acceptors) // 2])


@given(ACCEPTORS, st.integers(1, 7), st.integers(1, 7))
def test_flexible_sizes_are_refused_exactly_if_they_need_not_meet(acceptors, one, two):
    if one + two > len(acceptors):
        assert Quorums.flexible(acceptors, one, two).disjoint_pair(acceptors) is None
    else:
        with pytest.raises(ConfigError, match="share nobody"):
            Quorums.flexible(acceptors, one, two)


def test_disjoint_quorums_are_shown_by_name():
    with pytest.raises(ConfigError, match=r"\{a0,a1\} and \{a2\} share nobody"):
        Quorums.flexible(("a0", "a1", "a2"), 2, 1)


def test_a_grid_meets_row_by_column():
    rows = AnyOf(frozenset({frozenset("ab"), frozenset("cd")}))
    columns = AnyOf(frozenset({frozenset("ac"), frozenset("bd")}))
    assert Quorums(rows, columns).disjoint_pair("abcd") is None
    assert Quorums(rows, rows).disjoint_pair("abcd") == (frozenset("ab"), frozenset("cd"))
    assert Quorums(rows, AtLeast(2)).disjoint_pair("abcd") is not None
