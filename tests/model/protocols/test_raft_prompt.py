"""Raft that sends whatever it may at once has the same states of servers as Raft."""

from __future__ import annotations

from typing import Any

import pytest

import quorate
from quorate.checker.explore.graph import StateGraph
from quorate.checker.explore.search.breadth_first import Explorer
from quorate.model.language import Protocol, define
from quorate.model.raft import Raft
from quorate.model.raft_election import Index, Server
from quorate.model.raft_prompt import PromptRaft

SHARED = ("term", "voted_for", "role", "log", "commit")
NAMES = ("Server", "Value", "Term", "Index")


class CountsOldEntries(Raft):
    @define
    def may_commit(self, s: Server, n: Index) -> bool:
        return True


class PromptlyCountsOldEntries(PromptRaft):
    @define
    def may_commit(self, s: Server, n: Index) -> bool:
        return True


def servers(protocol: type[Protocol], crashes: int, *sizes: int) -> set[str]:
    """What the servers hold in each state, without what they know of each other."""
    bound = protocol.sized({"crash": crashes}, **dict(zip(NAMES, sizes, strict=True)))
    explorer = Explorer(protocol, bound, invariants=frozenset())
    assert explorer.run(coverage=False).complete
    states: Any = StateGraph(explorer).to_networkx().nodes(data="state")
    return {str([state[name] for name in SHARED]) for _, state in states}


@pytest.mark.parametrize(
    ("raft", "prompt", "bound"),
    [
        (Raft, PromptRaft, (1, 2, 1, 1, 1)),
        pytest.param(Raft, PromptRaft, (0, 2, 1, 2, 1), marks=pytest.mark.exhaustive),
        pytest.param(Raft, PromptRaft, (1, 2, 1, 2, 1), marks=pytest.mark.exhaustive),
        pytest.param(Raft, PromptRaft, (0, 3, 1, 1, 1), marks=pytest.mark.exhaustive),
        pytest.param(
            CountsOldEntries,
            PromptlyCountsOldEntries,
            (1, 2, 1, 2, 1),
            marks=pytest.mark.exhaustive,
        ),
    ],
)
def test_servers_have_the_same_states(
    raft: type[Protocol], prompt: type[Protocol], bound: tuple[int, ...]
) -> None:
    found = servers(prompt, *bound)
    assert found == servers(raft, *bound) and len(found) > 20


def test_both_explorers_count_the_same(search: Any) -> None:
    bound = {"Server": 2, "Value": 1, "Term": 1, "Index": 1}
    slow = search(PromptRaft, {"crash": 1}, **bound)
    fast = quorate.check(PromptRaft, sizes=bound, faults={"crash": 1}).exploration
    assert not slow.broken and slow.counts == (fast.states, fast.transitions, fast.depth)


@pytest.mark.exhaustive
def test_two_terms_of_two_entries_with_a_crash() -> None:
    bound = {"Server": 3, "Value": 1, "Term": 2, "Index": 2}
    found = quorate.check(PromptRaft, sizes=bound, faults={"crash": 1}, symmetry=True)
    assert found.holds and found.states == 75_817
    assert found.exploration.full_states == 452_412
